"""Series as a line of marks: the total says how much, the line says when.

1. A mark is an interval. Beyond `MAX_MARKS` intervals, equal numbers of neighbours share a mark, which shows
   the largest of them, or the smallest for ``crash_free_rate``: merging hides no bad day, and shows nothing
   that would be wrong, such as the sum of daily users or the mean of daily percentiles.
2. Every line has its own scale, from zero to its largest value; for ``crash_free_rate``, where everything
   of interest happens near one, from its smallest to its largest. One shared scale would hide a small
   release beside a large one, and crashed sessions beside healthy ones.
3. The lowest mark is for the lowest value alone, so that a single crash is distinct from none.
4. Where smallest and largest are the same, zeros are low and a steady ``crash_free_rate`` is in the middle.
5. A null has its own mark, `NULL`.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MARKS: Final = "▁▂▃▄▅▆▇█"
"""From the lowest to the highest."""

TOP: Final = len(MARKS) - 1
"""Level of the highest mark."""

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
    """One line of marks per row.

    Parameters
    ----------
    series : (rows, intervals) array
        Not negative; NaN is null.
    complement : bool
        Whether small values are the ones of interest, as in ``crash_free_rate``.

    Examples
    --------
    >>> for line in sparklines(np.array([[0.0, 1.0, 200.0], [700.0, np.nan, 350.0], [0.0, 0.0, 0.0]])):
    ...     print(line)
    ▁▂█
    █·▅
    ▁▁▁
    >>> sparklines(np.array([[0.995, 0.5], [0.995, 0.995]]), complement=True)
    ['█▁', '▄▄']
    """
    values = merged(series, complement)
    high = np.fmax.reduce(values, axis=1, keepdims=True)
    low = np.fmin.reduce(values, axis=1, keepdims=True) if complement else np.zeros_like(high)
    with np.errstate(invalid="ignore"):  # 0/0 where a line is flat; replaced below
        levels = np.ceil((values - low) / (high - low) * TOP)
    levels[np.isnan(levels)] = TOP // 2 if complement else 0
    codes = np.where(np.isnan(values), len(MARKS), levels).astype(np.intp)
    return ["".join(row) for row in np.array([*MARKS, NULL])[codes].tolist()]


def merged(series: NDArray[Any], complement: bool, most: int = MAX_MARKS) -> NDArray[np.float64]:
    """The series with equal numbers of neighbours merged, so that there are at most `most` values per row.

    Examples
    --------
    >>> merged(np.array([[1.0, 5.0, 2.0, np.nan, np.nan]]), complement=False, most=3)
    array([[ 5.,  2., nan]])
    """
    rows, n = series.shape
    together = max(1, -(-n // most))
    padded = np.full((rows, -(-n // together) * together), np.nan)
    padded[:, :n] = series
    merge = np.fmin if complement else np.fmax
    merged: NDArray[np.float64] = merge.reduce(padded.reshape(rows, -1, together), axis=2)
    return merged
