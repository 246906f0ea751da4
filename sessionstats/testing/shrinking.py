"""Making a failing case smaller by leaving out rows.

1. Rows are left out in pieces: halves first, then pieces of half that size, down to single rows.
2. A piece that the failure does not need is gone for good; what is left is tried again.
3. It ends when no single row can be left out, or when the time is up.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def fewer(rows: list[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """The rows that a failure needs: none of them can be left out alone.

    Parameters
    ----------
    rows : list
        Rows with which the case fails.
    fails : callable
        Whether a case with fewer rows still fails; it raises `StopIteration` when the time is up.

    Examples
    --------
    >>> fewer(list(range(100)), lambda rows: {17, 62} <= set(rows))
    [17, 62]
    """
    size = max(1, len(rows) // 2)
    while True:
        before = len(rows)
        start = 0
        while start < len(rows):
            left = rows[:start] + rows[start + size :]
            try:
                needless = fails(left)
            except StopIteration:
                return rows
            if needless:
                rows = left
            else:
                start += size
        if size == 1 and len(rows) == before:
            return rows
        size = max(1, min(size, len(rows)) // 2)
