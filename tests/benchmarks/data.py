"""Sessions for benchmarks: uniform in release and time, log-normal durations, six sessions per user.

1. Columns are dictionary codes already; what encoding costs is measured separately (`loading`).
2. A `shape` makes one property extreme, to find inputs that cost more than the usual one.
3. Everything follows from the seed.
"""

from typing import Final

import numpy as np

from sessionstats.columns.encoding import MISSING, Encoded
from sessionstats.columns.values import constant
from sessionstats.health import STATUSES
from sessionstats.instants import DAY
from sessionstats.sessions import Sessions

END: Final = np.datetime64("2024-01-29T00:00:00", "us")
"""Where the window of every request ends."""

STATUS_SHARES: Final = {"ok": 0.05, "errored": 0.02, "exited": 0.895, "unhandled": 0.0, "abnormal": 0.015}
"""Shares of the statuses; the rest crashed."""

MECHANISMS: Final = ("", "anr_foreground", "anr_background")
"""What made a session abnormal."""

SHAPES: Final = ("usual", "one release", "own users", "equal durations", "sorted by time", "all crashed")
"""The usual input, and those that might cost more."""


def make(
    n: int,
    *,
    releases: int = 50,
    days: int = 14,
    shape: str = "usual",
    sessions_per_user: int = 6,
    seed: int = 0,
) -> Sessions:
    """Sessions of `days` days up to `END`, in no order.

    Parameters
    ----------
    n, releases, days : int
    shape : str
        One of `SHAPES`.
    sessions_per_user : int
        On average.
    seed : int
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    started = rng.integers(0, days * DAY, n)
    if shape == "sorted by time":
        started.sort()
    started += END.astype(np.int64) - days * DAY
    release = rng.integers(0, releases, n, np.int32)
    if shape == "one release":
        release[rng.random(n) < 0.999] = 0
    status = _statuses(rng, n)
    if shape == "all crashed":
        status[:] = STATUSES.index("crashed")
    users = max(1, n // sessions_per_user)
    user = (
        rng.permutation(n).astype(np.int32) if shape == "own users" else rng.integers(0, users, n, np.int32)
    )
    user[rng.random(n, np.float32) < 0.02] = MISSING
    hangs = status == STATUSES.index("abnormal")
    mechanism = np.where(hangs, rng.integers(0, len(MECHANISMS), n, np.int32), np.int32(0))
    return Sessions.from_columns(
        started.view("datetime64[us]"),
        Encoded(rng.integers(0, 3, n, np.int32), (1, 2, 3)),
        Encoded(release, tuple(f"app@{number}.0" for number in range(releases))),
        Encoded(rng.integers(0, 3, n, np.int32), ("", "production", "staging")),
        status,
        (rng.random(n, np.float32) < 0.03).astype(np.int64),
        Encoded(user, range(n if shape == "own users" else users)),
        _durations(rng, n, status, equal=shape == "equal durations"),
        Encoded(mechanism, MECHANISMS),
        constant(1, n, np.int64),
    )


def _statuses(rng: np.random.Generator, n: int) -> np.ndarray:
    edges = np.cumsum(list(STATUS_SHARES.values()))
    return np.searchsorted(edges, rng.random(n), side="right").astype(np.int8)


def _durations(rng: np.random.Generator, n: int, status: np.ndarray, *, equal: bool) -> np.ndarray:
    """Seconds to the millisecond, for sessions that ended."""
    seconds = np.full(n, 30.0) if equal else np.round(rng.lognormal(4.0, 1.2, n), 3)
    seconds[status < STATUSES.index("exited")] = np.nan
    return seconds
