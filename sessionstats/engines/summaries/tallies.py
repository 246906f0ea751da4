"""Tallies: numbers for those positions of a table that have one.

1. A table has three axes; the position (i, j, k) is the *key* ``(i × J + j) × K + k``. A tally holds the keys
   that occur, ascending, and a number for each. Keys and numbers use the narrowest types that hold them.
2. Numbers of equal keys are combined by a ufunc whose order does not matter: added, or united as sets of
   bits.
3. Axes grow when tallies are combined. Renumbering an axis keeps its order (`sorted_sets`), so
   renumbered keys are still sorted, and combining tallies is merging sorted arrays.
4. Work is done block by block: the memory it takes besides the tallies themselves does not grow with them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.engines.summaries.sorted_keys import SortedKeys, empty_halves
from sessionstats.errors import SessionStatsError

Shape: TypeAlias = tuple[int, int, int]

KEYS_TOGETHER: Final = 1 << 20
"""Keys that are processed together: some tens of megabytes of intermediate arrays."""

MOST_PLACES: Final = 2**63 - 1
"""Size of the largest table whose positions have keys."""

WIDTH: Final = 8
"""Bits of a number that is sorted in one word with its key."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Numbers by position.

    Parameters
    ----------
    shape : tuple of int
        Length of each axis.
    keys : SortedKeys
    numbers : (n,) unsigned integer array
    """

    shape: Shape
    keys: SortedKeys
    numbers: NDArray[Any]

    def __len__(self) -> int:
        return len(self.keys)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return NotImplemented
        same_keys = self.shape == other.shape and self.keys == other.keys
        return same_keys and np.array_equal(self.numbers, other.numbers)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.keys.nbytes + self.numbers.nbytes

    def blocks(self, depth: int) -> Iterator[tuple[NDArray[np.int64], ...]]:
        """The positions, axis by axis, and their numbers, one block at a time.

        Parameters
        ----------
        depth : int
            Positions that agree on this many of the first axes come in one block.

        Yields
        ------
        tuple of four (n,) int64
        """
        unit = prod(self.shape[depth:])
        first, end = 0, len(self)
        while first < end:
            last = self._end_of_unit(min(first + KEYS_TOGETHER, end), unit)
            places = np.unravel_index(self.keys[first:last].view(np.int64), self.shape)
            yield (*places, self.numbers[first:last].astype(np.int64))
            first = last

    def _end_of_unit(self, last: int, unit: int) -> int:
        """Where the keys end that begin with the same unit as the one before `last`."""
        (key,) = self.keys[last - 1 : last].tolist()
        return self.keys.find((key // unit + 1) * unit)

    def renumbered(self, shape: Shape, ranks: Sequence[NDArray[Any] | None]) -> "Tally":
        """The same numbers in a larger table.

        Parameters
        ----------
        shape : tuple of int
        ranks : sequence of (axis,) integer arrays, or None
            For each axis, the new position of each old one, ascending; `None` where it stays.
        """
        if shape == self.shape:
            return self
        _check_size(shape)
        return _joined(shape, len(self), self._moved(shape, ranks))

    def _moved(
        self, shape: Shape, ranks: Sequence[NDArray[Any] | None]
    ) -> Iterator[tuple[NDArray[np.uint64], NDArray[Any]]]:
        first = 0
        for *places, numbers in self.blocks(3):
            moved = [at if rank is None else rank[at] for at, rank in zip(places, ranks, strict=True)]
            last = first + len(numbers)
            yield np.ravel_multi_index(moved, shape).astype(np.uint64), self.numbers[first:last]
            first = last


def tally(shape: Shape, places: Sequence[NDArray[Any]], numbers: NDArray[Any], combine: np.ufunc) -> Tally:
    """Combine the numbers at each position.

    Parameters
    ----------
    shape : tuple of int
    places : three (n,) integer arrays
    numbers : (n,) integer array
        From 0.
    combine : ufunc
        `np.add` or `np.bitwise_or`.

    Raises
    ------
    SessionStatsError
        If the table has more positions than 63 bits can number.

    Examples
    --------
    >>> place = np.array([0, 0, 0]), np.array([1, 0, 1]), np.array([2, 0, 2])
    >>> counts = tally((1, 2, 3), place, np.array([5, 1, 5]), np.add)
    >>> counts.keys[:].tolist(), counts.numbers.tolist()
    ([0, 5], [1, 10])
    """
    _check_size(shape)
    keys = np.ravel_multi_index(tuple(places), shape).astype(np.uint64)
    return _joined(shape, len(keys), [_combined(keys, numbers, combine)])


def empty_tally(shape: Shape) -> Tally:
    """A tally without positions."""
    _check_size(shape)
    return _joined(shape, 0, [])


def merged(parts: Sequence[Tally], combine: np.ufunc) -> Tally:
    """Combine tallies of one table.

    Parameters
    ----------
    parts : sequence of Tally
        At least one, all of one shape.
    combine : ufunc

    Examples
    --------
    >>> zero = np.array([0])
    >>> once = tally((1, 1, 1), [zero] * 3, np.array([200]), np.add)
    >>> merged([once, once], np.add).numbers
    array([400], dtype=uint16)
    """
    parts = [part for part in parts if len(part)] or [parts[0]]
    if len(parts) == 1:
        return parts[0]
    return _joined(parts[0].shape, sum(map(len, parts)), _blocks_together(parts, combine))


def _blocks_together(
    parts: Sequence[Tally], combine: np.ufunc
) -> Iterator[tuple[NDArray[np.uint64], NDArray[Any]]]:
    """The combined keys and numbers, one block at a time."""
    longest = max(parts, key=len)
    firsts = [0] * len(parts)
    for place in range(KEYS_TOGETHER, len(longest) + KEYS_TOGETHER, KEYS_TOGETHER):
        lasts = [len(part) for part in parts]
        if place < len(longest):
            (bound,) = longest.keys[place : place + 1].tolist()
            lasts = [part.keys.find(bound) for part in parts]
        slices = [slice(*ends) for ends in zip(firsts, lasts, strict=True)]
        keys = np.concatenate([part.keys[s] for part, s in zip(parts, slices, strict=True)])
        numbers = np.concatenate([part.numbers[s] for part, s in zip(parts, slices, strict=True)])
        yield _combined(keys, numbers, combine)
        firsts = lasts


def _joined(shape: Shape, most: int, blocks: Iterable[tuple[NDArray[np.uint64], NDArray[Any]]]) -> Tally:
    """Blocks in ascending order as one tally of at most so many keys, written as they come.

    Concatenating them would hold them twice.
    """
    low, bounds = empty_halves(prod(shape), most)
    numbers, begins, n = np.empty(most, np.uint8), np.zeros(len(bounds), np.int64), 0
    for keys, more in blocks:
        end = n + len(keys)
        low[n:end] = keys
        begins += np.searchsorted(keys, bounds)
        if more.itemsize > numbers.itemsize:
            numbers = numbers.astype(more.dtype)
        numbers[n:end] = more
        n = end
    return Tally(shape, SortedKeys(low[:n], begins), numbers[:n])


def _combined(
    keys: NDArray[np.uint64], numbers: NDArray[Any], combine: np.ufunc
) -> tuple[NDArray[np.uint64], NDArray[Any]]:
    """The distinct keys, ascending, and the combined numbers of each, in the narrowest type."""
    if not len(keys):
        return keys, np.empty(0, np.uint8)
    keys, numbers = _sorted_by_key(keys, numbers)
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    combined = combine.reduceat(numbers.astype(np.int64, copy=False), starts)
    return keys[starts], combined.astype(np.min_scalar_type(int(combined.max())))


def _sorted_by_key(
    keys: NDArray[np.uint64], numbers: NDArray[Any]
) -> tuple[NDArray[np.uint64], NDArray[Any]]:
    """Both in the order of the keys; numbers of equal keys in any order."""
    if int(numbers.max()) < 1 << WIDTH and int(keys.max()) < 1 << (64 - WIDTH):
        # In one word with its number a key is sorted several times as fast as by `argsort`.
        words = keys << np.uint64(WIDTH) | numbers.astype(np.uint64)
        words.sort()
        return words >> np.uint64(WIDTH), words.astype(np.uint8)
    order = keys.argsort()
    return keys[order], numbers[order]


def _check_size(shape: Shape) -> None:
    if prod(shape) > MOST_PLACES:
        raise SessionStatsError(
            "a summary numbers combinations of groups, intervals and users or durations with 63 bits; "
            f"{' × '.join(f'{size:,}' for size in shape)} are too many: ask for fewer groups or intervals"
        )
