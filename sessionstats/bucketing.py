"""Placing sessions in buckets (§3.5).

1. Bucket ``i`` of a window holds the instants from ``start + i × interval`` up to, but not including, those
   of the next bucket.
2. Integer division of whole microseconds decides: no float, so an instant on an edge is never misplaced.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.rounding import Window

OUTSIDE: Final = -1
"""Bucket index of an instant outside the window."""


def microseconds(started: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Microseconds since the epoch of datetime64[us] instants, without a copy."""
    return started.view(np.int64)


def in_window(started: NDArray[np.datetime64], window: Window) -> NDArray[np.bool_]:
    """Whether each instant lies in the half-open window (§3.5)."""
    instants = microseconds(started)
    return (instants >= window.start) & (instants < window.end)


def bucket_index(started: NDArray[np.datetime64], window: Window) -> NDArray[np.int64]:
    """Bucket of each instant (§3.5).

    Parameters
    ----------
    started : (n,) datetime64[us]
    window : Window

    Returns
    -------
    (n,) int64
        From 0 to ``window.n_intervals - 1``, or −1 outside the window.

    Examples
    --------
    >>> window = Window(start=0, end=20_000_000, interval=10_000_000, length=20_000_000)
    >>> instants = np.array([-1, 0, 9_999_999, 10_000_000, 20_000_000], "datetime64[us]")
    >>> bucket_index(instants, window).tolist()
    [-1, 0, 0, 1, -1]
    """
    index = (microseconds(started) - window.start) // window.interval
    return np.where(in_window(started, window), index, OUTSIDE)
