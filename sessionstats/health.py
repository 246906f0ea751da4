"""Session statuses and health classes (§1.3).

1. A session has one status. Worst first: ``crashed``, ``abnormal``, ``unhandled``, ``exited``,
   ``errored``, ``ok`` (§1.2 folds by this order).
2. Its health class is exclusive: the status decides for ``crashed``, ``abnormal`` and ``unhandled``;
   otherwise handled errors, or the status ``errored``, make it ``errored``; the rest is ``healthy``.
3. Which classes exist is data of the edition: `Rules.health_classes` lists them in the order in which
   answers show them. A class code is a position in that list.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

STATUSES: Final = ("ok", "errored", "exited", "unhandled", "abnormal", "crashed")
"""All statuses, by ascending severity: a status code is its severity (§1.2)."""

TERMINAL: Final = ("exited", "unhandled", "abnormal", "crashed")
"""Statuses that end a session (§1.2)."""

EXITED: Final = STATUSES.index("exited")
"""Code of the status whose sessions have durations that count (§6.3)."""

HEALTH_CLASSES: Final = ("abnormal", "crashed", "errored", "healthy")
"""The health classes of the documented edition, in the order of answers (§5)."""

HEALTH_CLASSES_WITH_UNHANDLED: Final = (*HEALTH_CLASSES, "unhandled")
"""The health classes of the later edition (§5)."""


def health_class(
    status: NDArray[np.int8], errors: NDArray[np.int64], classes: tuple[str, ...] = HEALTH_CLASSES
) -> NDArray[np.int8]:
    """Health class of each session (§1.3).

    Parameters
    ----------
    status : (n,) int8
        Codes into `STATUSES`; all must be known to the edition.
    errors : (n,) int64
        Handled errors.
    classes : tuple of str
        The edition's classes, `Rules.health_classes`.

    Returns
    -------
    (n,) int8
        Positions in `classes`.

    Examples
    --------
    >>> statuses = ("ok", "exited", "exited", "errored", "crashed")
    >>> codes = np.array([STATUSES.index(status) for status in statuses], np.int8)
    >>> [HEALTH_CLASSES[c] for c in health_class(codes, np.array([0, 0, 2, 0, 7]))]
    ['healthy', 'healthy', 'errored', 'errored', 'crashed']
    """
    health: NDArray[np.int8] = _class_table(classes).take(status + (errors > 0) * np.int8(len(STATUSES)))
    return health


def has_duration(status: NDArray[np.int8], duration: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each session's duration counts: the session is ``exited`` and has a duration (§6.3).

    Parameters
    ----------
    status : (n,) int8
        Codes into `STATUSES`.
    duration : (n,) float64
        Seconds, NaN where missing.

    Returns
    -------
    (n,) bool
    """
    counts: NDArray[np.bool_] = (status == EXITED) & ~np.isnan(duration)
    return counts


@cache
def _class_table(classes: tuple[str, ...]) -> NDArray[np.int8]:
    """Health class of each status, first without and then with handled errors."""
    healthy, errored = classes.index("healthy"), classes.index("errored")
    by_status = {s: classes.index(s) if s in classes else healthy for s in STATUSES}
    without_errors = np.array([by_status[s] for s in STATUSES], np.int8)
    with_errors = np.where(without_errors == healthy, np.int8(errored), without_errors)
    return np.concatenate((without_errors, with_errors))
