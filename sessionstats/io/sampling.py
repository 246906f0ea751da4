"""Synthetic sessions that look like those of real applications.

1. A sample covers the `DAYS` before `UNTIL`. Three projects of different size each ship a release every other
   day; a release starts small and takes over from the one before it within a day or two.
2. Users belong to one project. Most return rarely, a few daily, most of them in the afternoon; some
   sessions have no user.
3. Sessions mostly end well, after a log-normal time. Crashes cluster in `BAD_RELEASE`; some sessions hang
   (``abnormal``) with an ``anr`` mechanism; some have handled errors; some are still open.
4. Everything follows from the seed, under any version of NumPy: only the bits of its PCG64 generator
   are used, which NumPy promises to keep; instants and durations are cut to milliseconds, far above the last
   digit, in which the logarithms of two machines may differ.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import MISSING, Encoded
from sessionstats.columns.texts import encode_integers
from sessionstats.columns.values import constant
from sessionstats.errors import SessionStatsError
from sessionstats.health import STATUSES
from sessionstats.instants import DAY, HOUR, SECOND
from sessionstats.sessions import Sessions

DAYS: Final = 14
"""Days that a sample covers."""

UNTIL: Final = np.datetime64("2024-01-29T12:00:00", "us")
"""No sample reaches this instant."""

SINCE: Final = UNTIL - np.timedelta64(DAYS, "D")
"""No session of a sample begins before this instant."""

PROJECTS: Final = {1: ("shop-ios", 0.5), 2: ("shop-android", 0.35), 3: ("shop-web", 0.15)}
"""Project, its name in releases, and its share of the sessions."""

RELEASE_EVERY: Final = 2.0
"""Days from one release to the next; there are as many releases as begin in the period."""

LAG: Final = 1.0
"""Days until a release has half of the sessions."""

ROLLOUT: Final = 0.4
"""Days in which a release goes from 12 to 50 % of the sessions."""

BAD_RELEASE: Final = "shop-ios@2.4.0"
"""The release that crashes."""

CRASHING: Final = 0.004
"""Share of crashed sessions, usually."""

CRASHING_BADLY: Final = 0.06
"""Share of crashed sessions of the bad release."""

ENVIRONMENTS: Final = {"production": 0.9, "staging": 0.07, "": 0.03}
"""Environments and their shares."""

ENDINGS: Final = {"abnormal": 0.006, "errored": 0.03, "ok": 0.02}
"""Statuses other than ``crashed`` and ``exited``, and their shares."""

MECHANISMS: Final = ("", "anr_foreground", "anr_background")
"""Mechanisms of abnormal sessions."""

SESSIONS_PER_USER: Final = 6
"""Sessions per user, on average."""

WITHOUT_USER: Final = 0.05
"""Share of the sessions without a user."""

MILLISECOND: Final = SECOND // 1000


def sample(n: int, seed: int = 0) -> Sessions:
    """Synthetic sessions, in the order in which they begin.

    Parameters
    ----------
    n : int
        Number of sessions.
    seed : int
        Equal seeds give equal samples.

    Returns
    -------
    Sessions

    Raises
    ------
    SessionStatsError
        If either of them is negative.

    Examples
    --------
    >>> sample(10_000)  # doctest: +NORMALIZE_WHITESPACE
    Sessions(10,000 rows, 10,000 sessions, 2024-01-15T12:00:19Z to 2024-01-29T11:59:34Z,
             3 projects, 24 releases, 1,648 users)
    """
    if n < 0 or seed < 0:
        raise SessionStatsError(f"a sample of {n} sessions from seed {seed}: neither may be negative")
    bits = np.random.PCG64(seed)
    started = _started(bits, n)
    project = _choice(bits, n, [share for _, share in PROJECTS.values()])
    release = _release(bits, started, project)
    status = _status(bits, release)
    return Sessions.from_columns(
        started,
        Encoded(project, tuple(PROJECTS)),
        release,
        Encoded(_choice(bits, n, list(ENVIRONMENTS.values())), tuple(ENVIRONMENTS)),
        status,
        _errors(bits, status),
        _user(bits, project),
        _duration(bits, status),
        _mechanism(bits, status),
        constant(1, n, np.int64),
    )


def _uniform(bits: np.random.PCG64, n: int) -> NDArray[np.float64]:
    """Numbers strictly between 0 and 1: odd multiples of 2⁻⁵³."""
    odd = bits.random_raw(n) >> np.uint64(11) | np.uint64(1)
    return odd.astype(np.float64) * 2.0**-53


def _normal(bits: np.random.PCG64, n: int) -> NDArray[np.float64]:
    """Normally distributed numbers of mean 0 and deviation 1, by the method of Box and Muller."""
    radius = np.sqrt(-2.0 * np.log(_uniform(bits, n)))
    return radius * np.cos(2.0 * np.pi * _uniform(bits, n))


def _choice(bits: np.random.PCG64, n: int, shares: list[float]) -> NDArray[np.int32]:
    """Codes that occur with the given shares."""
    return np.searchsorted(np.cumsum(shares)[:-1], _uniform(bits, n), side="right").astype(np.int32)


def _started(bits: np.random.PCG64, n: int) -> NDArray[np.datetime64]:
    """Instants in ascending order, several times as many by day as by night, cut to milliseconds."""
    day = np.floor(_uniform(bits, n) * DAYS)
    any_hour, afternoon = _uniform(bits, n) * 24, (15 + 4 * _normal(bits, n)) % 24
    hour = np.where(_uniform(bits, n) < 0.3, any_hour, afternoon)
    # From noon to noon: the morning of the first day is that of the last, which is as full as the others.
    after = ((day * DAY + (hour - 12) * HOUR) % (DAYS * DAY)).astype(np.int64)
    return np.sort(SINCE + (after // MILLISECOND * MILLISECOND).view("m8[us]"))


def _release(
    bits: np.random.PCG64, started: NDArray[np.datetime64], project: NDArray[np.int32]
) -> Encoded[str]:
    """The newest release whose rollout, a logistic curve, has reached the session: ``shop-ios@2.4.0``."""
    age = (started - SINCE).view(np.int64) / DAY
    reached = _uniform(bits, len(started))
    lag = LAG + ROLLOUT / 2 * np.log(reached / (1 - reached))
    number = (np.floor((age - lag) / RELEASE_EVERY) + 1).clip(min=0).astype(np.int32)
    count = int(number.max(initial=0)) + 1
    names = [f"{name}@2.{minor}.0" for name, _ in PROJECTS.values() for minor in range(count)]
    return Encoded(project * np.int32(count) + number, names)


def _status(bits: np.random.PCG64, release: Encoded[str]) -> NDArray[np.int8]:
    draw = _uniform(bits, len(release))
    status = np.full(len(release), STATUSES.index("exited"), np.int8)
    least = 0.0
    for name, share in ENDINGS.items():
        status[(draw >= least) & (draw < least + share)] = STATUSES.index(name)
        least += share
    crashing = np.array([CRASHING_BADLY if name == BAD_RELEASE else CRASHING for name in release.categories])
    # Crashes use the other end of the same draw.
    status[draw >= 1 - crashing[release.codes]] = STATUSES.index("crashed")
    return status


def _errors(bits: np.random.PCG64, status: NDArray[np.int8]) -> NDArray[np.int64]:
    """Handled errors: at least one in errored sessions, one or two more in a few of all sessions."""
    errors = np.searchsorted([0.97, 0.985], _uniform(bits, len(status)), side="right")
    errors[status == STATUSES.index("errored")] += 1
    return errors.astype(np.int64)


def _user(bits: np.random.PCG64, project: NDArray[np.int32]) -> Encoded[str]:
    """Users of each project; the power makes some of them return much more often than others."""
    sizes = np.bincount(project, minlength=len(PROJECTS)) // SESSIONS_PER_USER + 1
    firsts = np.cumsum(sizes) - sizes
    user = firsts[project] + (_uniform(bits, len(project)) ** 1.5 * sizes[project]).astype(np.int64)
    anonymous = _uniform(bits, len(project)) < WITHOUT_USER
    users = encode_integers(np.where(anonymous, MISSING, user))
    names = [f"user-{number}" for number in users.categories if number != MISSING]
    # The missing user, if there is one, is the first category: its code becomes −1.
    return Encoded(users.codes - np.int32(len(users.categories) - len(names)), names)


def _duration(bits: np.random.PCG64, status: NDArray[np.int8]) -> NDArray[np.float64]:
    """Log-normal seconds, to the millisecond; sessions that have not ended have none."""
    seconds = np.round(np.exp(4.0 + 1.2 * _normal(bits, len(status))), 3)
    return np.where(status >= STATUSES.index("exited"), seconds, np.nan)


def _mechanism(bits: np.random.PCG64, status: NDArray[np.int8]) -> Encoded[str]:
    which = _uniform(bits, len(status)) * len(MECHANISMS)
    hangs = status == STATUSES.index("abnormal")
    return Encoded(np.where(hangs, which, 0).astype(np.int32), MECHANISMS)
