"""Synthetic sessions that look like those of real applications.

1. A sample covers the `DAYS` before `UNTIL`. Three projects of different size each ship a release every other
   day; a release starts small and takes over from the one before it within a day or two.
2. Users belong to one project. Most come back seldom, a few daily, most of them in the afternoon.
3. Sessions mostly end well, after a log-normal time. Crashes cluster in `BAD_RELEASE`; some sessions hang
   (``abnormal``) with an ``anr`` mechanism; some have handled errors; some are still open.
4. Some sessions have no user. Everything follows from the seed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns import constant
from sessionstats.encoding import MISSING, Encoded
from sessionstats.errors import SessionStatsError
from sessionstats.health import STATUSES
from sessionstats.instants import DAY, HOUR, SECOND
from sessionstats.sessions import Sessions

UNTIL: Final = np.datetime64("2024-01-29T12:00:00", "us")
"""No sample reaches this instant."""

DAYS: Final = 14
"""Days that a sample covers."""

PROJECTS: Final = {1: ("shop-ios", 0.5), 2: ("shop-android", 0.35), 3: ("shop-web", 0.15)}
"""Project, its name in releases, and its share of the sessions."""

RELEASE_EVERY: Final = 2.0
"""Days from one release to the next; there are as many releases as begin in the period."""

ROLLOUT: Final = 0.4
"""Days in which a release goes from 12 to 50 % of the sessions."""

BAD_RELEASE: Final = 4
"""Place, among the releases of a project, of the one that crashes."""

CRASHING: Final = (0.004, 0.06)
"""Shares of crashed sessions: usual, and in the bad release."""

ENVIRONMENTS: Final = {"production": 0.9, "staging": 0.07, "": 0.03}
"""Environments and their shares."""

ENDINGS: Final = {"abnormal": 0.006, "errored": 0.03, "ok": 0.02}
"""Statuses other than ``crashed`` and ``exited``, and their shares."""

MECHANISMS: Final = ("", "anr_foreground", "anr_background")
"""What made a session abnormal."""

SESSIONS_PER_USER: Final = 6
"""Sessions for each user, on average."""

WITHOUT_USER: Final = 0.05
"""Share of the sessions without a user."""


def sample(n: int, seed: int = 0) -> Sessions:
    """Synthetic sessions, in the order in which they begin.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Equal seeds give equal samples.

    Returns
    -------
    Sessions

    Raises
    ------
    SessionStatsError
        If one of them is negative.

    Examples
    --------
    >>> sample(10_000)  # doctest: +NORMALIZE_WHITESPACE
    Sessions(10,000 rows, 10,000 sessions, 2024-01-15T12:00:17Z to 2024-01-29T11:58:04Z,
             3 projects, 24 releases, 3,595 users)
    """
    if n < 0 or seed < 0:
        raise SessionStatsError(f"a sample of {n} sessions from seed {seed}: neither may be negative")
    rng = np.random.Generator(np.random.PCG64(seed))
    started = _started(rng, n)
    project = _choice(rng, n, [share for _, share in PROJECTS.values()])
    release = _release(rng, started)
    status = _status(rng, release)
    return Sessions.from_columns(
        started,
        Encoded(project, tuple(PROJECTS)),
        _release_column(project, release),
        Encoded(_choice(rng, n, list(ENVIRONMENTS.values())), tuple(ENVIRONMENTS)),
        status,
        _errors(rng, status),
        _users(rng, project),
        _durations(rng, status),
        _mechanisms(rng, status),
        constant(1, n, np.int64),
    )


def _choice(rng: np.random.Generator, n: int, shares: list[float]) -> NDArray[np.int32]:
    """Codes that occur with the given shares."""
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(n), side="right").astype(np.int32)


def _started(rng: np.random.Generator, n: int) -> NDArray[np.datetime64]:
    """Instants in ascending order, several times as many by day as by night, cut to milliseconds."""
    day = rng.integers(0, DAYS, n)
    hour = np.where(rng.random(n) < 0.3, rng.random(n) * 24, rng.normal(15, 4, n) % 24)
    before = (day * DAY + hour * HOUR).astype(np.int64) // 1000 * 1000
    # Noon, not midnight, ends the sample: the last day is as full as the others.
    return np.sort(UNTIL - DAYS * np.timedelta64(DAY, "us") + ((before + 12 * HOUR) % (DAYS * DAY)).view("m8[us]"))


def _release(rng: np.random.Generator, started: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Number of the release: the newest whose rollout has reached the session."""
    age = (started - (UNTIL - DAYS * np.timedelta64(DAY, "us"))).view(np.int64) / DAY
    lag = rng.logistic(1.0, ROLLOUT / 2, len(started))
    return np.clip(np.floor((age - lag) / RELEASE_EVERY) + 1, 0, None).astype(np.int64)


def _release_column(project: NDArray[np.int32], release: NDArray[np.int64]) -> Encoded[str]:
    """Texts like ``shop-ios@2.4.0``."""
    count = int(release.max(initial=0)) + 1
    names = [f"{name}@2.{minor}.0" for name, _ in PROJECTS.values() for minor in range(count)]
    return Encoded((project * count + release).astype(np.int32), tuple(names))


def _status(rng: np.random.Generator, release: NDArray[np.int64]) -> NDArray[np.int8]:
    usual, bad = CRASHING
    draw = rng.random(len(release))
    status = np.full(len(release), STATUSES.index("exited"), np.int8)
    for name, low in zip(ENDINGS, np.cumsum([0.0, *ENDINGS.values()]).tolist(), strict=False):
        status[(draw >= low) & (draw < low + ENDINGS[name])] = STATUSES.index(name)
    # Crashes take the other end of the same draw.
    status[draw >= 1 - np.where(release == BAD_RELEASE, bad, usual)] = STATUSES.index("crashed")
    return status


def _errors(rng: np.random.Generator, status: NDArray[np.int8]) -> NDArray[np.int64]:
    """Handled errors: at least one in errored sessions, one or two in a few others."""
    some = rng.random(len(status)) < 0.03
    return np.where(status == STATUSES.index("errored"), 1, 0) + some * rng.integers(1, 3, len(status))


def _users(rng: np.random.Generator, project: NDArray[np.int32]) -> Encoded[str]:
    """Users of each project; the square makes some of them come back much more often than others."""
    per_project = max(1, len(project) // SESSIONS_PER_USER)
    user = (rng.random(len(project)) ** 2 * per_project).astype(np.int32)
    codes = np.where(rng.random(len(project)) < WITHOUT_USER, MISSING, project * per_project + user)
    used, codes = np.unique(codes, return_inverse=True)
    names = [f"user-{number}" for number in used.tolist() if number != MISSING]
    return Encoded((codes - (len(used) - len(names))).astype(np.int32), names)


def _durations(rng: np.random.Generator, status: NDArray[np.int8]) -> NDArray[np.float64]:
    """Log-normal seconds, to the millisecond; sessions that have not ended have none."""
    seconds = np.round(rng.lognormal(4.0, 1.2, len(status)), 3)
    return np.where(status >= STATUSES.index("exited"), seconds, np.nan)


def _mechanisms(rng: np.random.Generator, status: NDArray[np.int8]) -> Encoded[str]:
    hangs = status == STATUSES.index("abnormal")
    codes = np.where(hangs, rng.integers(0, len(MECHANISMS), len(status)), 0)
    return Encoded(codes.astype(np.int32), MECHANISMS)
