"""Rates: a part divided by the whole (§6.5).

1. A rate is part / whole in binary64.
2. A crash-free rate is 1 − crash rate, computed in that order: with two crashes in three sessions it is
   0.33333333333333337, and not 1/3, which would be 0.3333333333333333.
3. 0 / 0 is null, here NaN: without sessions, the rate is neither 0 % nor 100 %.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

EXACT_IN_BINARY64: Final = 2**53
"""Up to here every integer is exact in binary64, so a division rounds only once."""


def rate(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    """Part of a whole (§6.5): the exact quotient, rounded once.

    Parameters
    ----------
    part, whole : (...) int64
        Counts of sessions or users.

    Returns
    -------
    (...) float64
        NaN where `whole` is 0.

    Examples
    --------
    >>> rate([1, 0], [4, 0]).tolist()
    [0.25, nan]
    """
    parts, wholes = np.asarray(part, np.int64), np.asarray(whole, np.int64)
    if parts.shape != wholes.shape:
        parts, wholes = np.broadcast_arrays(parts, wholes)
    if np.maximum(parts, wholes).max(initial=0) > EXACT_IN_BINARY64:
        return _big_rate(parts, wholes)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: NDArray[np.float64] = np.asarray(parts / wholes)
    quotient[wholes == 0] = np.nan
    return quotient


def _big_rate(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    # Python divides integers of any size with a single rounding; NumPy would round them to floats first.
    quotients = [
        p / w if w else np.nan for p, w in zip(parts.ravel().tolist(), wholes.ravel().tolist(), strict=True)
    ]
    return np.array(quotients).reshape(wholes.shape)


def crash_rate(crashed: ArrayLike, total: ArrayLike) -> NDArray[np.float64]:
    """Share of sessions, or of users, that crashed (§6.5); NaN where there are none."""
    return rate(crashed, total)


def crash_free_rate(crashed: ArrayLike, total: ArrayLike) -> NDArray[np.float64]:
    """One minus the crash rate (§6.5); NaN where there are no sessions, or users.

    Examples
    --------
    >>> crash_free_rate([2, 0], [3, 0]).tolist()
    [0.33333333333333337, nan]
    """
    return 1.0 - rate(crashed, total)
