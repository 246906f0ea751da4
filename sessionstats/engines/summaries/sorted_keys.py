"""Ascending keys of up to 63 bits, in four bytes each.

1. Keys are cut into ranges of 2³². The upper half of a key is the number of its range; since keys ascend, it
   is enough to know where each range begins.
2. Only if there could be more than `MOST_RANGES` ranges, keys are kept whole, in eight bytes.

Why: the summary of a hundred million sessions is nearly all keys, and a merge holds it twice.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

HALF: Final = np.uint64(32)
"""Bits of a key that are kept."""

MOST_RANGES: Final = 256


class SortedKeys:
    """Distinct keys, ascending.

    Parameters
    ----------
    low : (n,) uint32 or uint64
        The lower halves, or whole keys.
    begins : (ranges - 1,) int64
        Where in `low` the second range begins, the third, and so on; empty if keys are whole.

    Examples
    --------
    >>> keys = SortedKeys(np.array([5, 1, 7], np.uint32), np.array([1]))
    >>> keys[:].tolist(), keys[2:].tolist(), keys.find(2**32 + 2), keys.find(2**33), keys.nbytes
    ([5, 4294967297, 4294967303], [4294967303], 2, 3, 20)
    """

    __slots__ = ("begins", "low")

    def __init__(self, low: NDArray[Any], begins: NDArray[np.int64]) -> None:
        self.low = low
        self.begins = begins

    def __len__(self) -> int:
        return len(self.low)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SortedKeys):
            return NotImplemented
        return np.array_equal(self.low, other.low) and np.array_equal(self.begins, other.begins)

    __hash__ = None  # type: ignore[assignment]  # equal by value over millions of keys

    def __getitem__(self, part: slice) -> NDArray[np.uint64]:
        first, last, _ = part.indices(len(self))
        keys = self.low[first:last].astype(np.uint64)
        if len(self.begins):
            ends = np.clip(self.begins, first, last)
            upper = np.arange(len(ends) + 1, dtype=np.uint64) << HALF
            keys |= np.repeat(upper, np.diff(ends, prepend=first, append=last))
        return keys

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.low.nbytes + self.begins.nbytes

    def find(self, key: int) -> int:
        """How many keys are less than this one."""
        if self.low.dtype == np.uint64:
            return int(np.searchsorted(self.low, np.uint64(key)))
        upper, lower = divmod(key, 2**32)
        ends = [0, *self.begins.tolist(), len(self)]
        if upper + 1 >= len(ends):
            return len(self)
        part = self.low[ends[upper] : ends[upper + 1]]
        return int(ends[upper] + np.searchsorted(part, np.uint32(lower)))


def empty_halves(places: int, most: int) -> tuple[NDArray[Any], NDArray[np.uint64]]:
    """What keys below a number are written into, and from which keys on ranges begin, but for the first.

    Parameters
    ----------
    places : int
        Keys are below it.
    most : int
        Number of keys.

    Examples
    --------
    >>> low, bounds = empty_halves(2**33, 100)
    >>> low.dtype, len(low), bounds
    (dtype('uint32'), 100, array([4294967296], dtype=uint64))
    """
    ranges = -(-places >> 32)
    if ranges > MOST_RANGES:
        return np.empty(most, np.uint64), np.empty(0, np.uint64)
    return np.empty(most, np.uint32), np.arange(1, ranges, dtype=np.uint64) << HALF
