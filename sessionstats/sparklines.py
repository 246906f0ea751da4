"""Series as a line of marks.

1. A mark is an interval. Beyond `MAX_MARKS` intervals, equal numbers of neighbours share a mark, which shows
   the largest of them, or the smallest for ``crash_free_rate``: merging hides no spike, and it draws nothing
   that would be wrong, such as the sum of daily users or the mean of daily percentiles.
2. All rows of a field share one scale, so that rows compare: a rollout shows as one row rising while another
   falls. The scale goes from zero, or for ``crash_free_rate`` from the smallest value, to the largest.
3. The lowest mark is for the lowest value alone: a single crash stands out from none.
4. If all values are the same, the line is low for zeros, else flat in the middle.
5. A null has its own mark, `NULL`.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MARKS: Final = "▁▂▃▄▅▆▇█"
"""From the lowest to the highest."""

NULL: Final = "·"
"""Null: nothing was measured."""

MAX_MARKS: Final = 40
"""Most marks of a line."""


def intervals_per_mark(n_intervals: int) -> int:
    """How many neighbours share a mark.

    Examples
    --------
    >>> [intervals_per_mark(n) for n in (15, 40, 41, 91, 1000)]
    [1, 1, 2, 3, 25]
    """
    return max(1, -(-n_intervals // MAX_MARKS))


def sparklines(series: NDArray[Any], *, complement: bool = False) -> list[str]:
    """A line of marks a row.

    Parameters
    ----------
    series : (rows, intervals) array
        Not negative; NaN is null.
    complement : bool
        Whether small values are the ones to see, as in ``crash_free_rate``.

    Examples
    --------
    >>> for line in sparklines(np.array([[0.0, 1.0, 200.0], [700.0, np.nan, 350.0]])):
    ...     print(line)
    ▁▂▃
    █·▅
    >>> sparklines(np.array([[0.5, 0.5]]), complement=True), sparklines(np.array([[0, 0]]))
    (['▄▄'], ['▁▁'])
    """
    values = _merged(series, complement)
    present = ~np.isnan(values)
    low = values[present].min(initial=np.inf) if complement else 0.0
    high = values[present].max(initial=low)
    if high > low:
        # Halves first: high − low and values − low stay finite whatever the values.
        levels = np.ceil((values / 2 - low / 2) / (high / 2 - low / 2) * (len(MARKS) - 1))
    else:
        levels = np.where(present, 3.0 if complement else 0.0, np.nan)
    marks = np.array([*MARKS, NULL])
    codes = np.where(present, levels, len(MARKS)).astype(np.intp)
    return ["".join(row) for row in marks[codes].tolist()]


def _merged(series: NDArray[Any], complement: bool) -> NDArray[np.float64]:
    """One value a mark."""
    rows, n = series.shape
    together = intervals_per_mark(n)
    padded = np.full((rows, -(-n // together) * together), np.nan)
    padded[:, :n] = series
    merge = np.fmin if complement else np.fmax
    return merge.reduce(padded.reshape(rows, -1, together), axis=2)
