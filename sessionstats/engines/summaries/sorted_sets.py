"""Sets of distinct values in one order, packed, so that sets of any origin can be united.

1. A value's *rank* is its position in the set's order. The order is that of the values themselves, never of
   their arrival: sets of the same values are the same arrays.
2. A union keeps the order of each of its parts. So what was sorted by the ranks of a part is still sorted by
   the ranks of the union.
3. Texts are kept as UTF-8 bytes (lone surrogates are allowed), one array per length, without a Python
   object per text: shorter ones first, then by bytes.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sessionstats.columns.packed import PackedTexts, utf8_of

Ranks: TypeAlias = NDArray[np.signedinteger[Any]]
"""Ranks in a union, by rank in one of its parts."""

NARROW: Final = 2**31
"""Up to this many values, ranks have 32 bits."""


def united(parts: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], list[Ranks]]:
    """Unite arrays of distinct values.

    Parameters
    ----------
    parts : sequence of (n,) arrays
        At least one, all of one dtype. Ascending ones are united in linear time.

    Returns
    -------
    union : (m,) array
        The distinct values, ascending.
    ranks : list of (n,) int32 or int64
        For each part, the ranks of its values in the union.

    Examples
    --------
    >>> united([np.array([1.5, 4.0]), np.array([0.0, 4.0])])
    (array([0. , 1.5, 4. ]), [array([1, 2], dtype=int32), array([0, 2], dtype=int32)])
    """
    together = np.concatenate(parts)
    # Timsort: runs that are sorted already are merged.
    order = together.argsort(kind="stable")
    together = together[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = together[1:] != together[:-1]
    kind = np.int32 if len(order) <= NARROW else np.int64
    ranks: NDArray[Any] = np.empty(len(order), kind)
    ranks[order] = np.cumsum(new, dtype=kind)
    ranks -= 1
    ends = np.cumsum([len(part) for part in parts])
    return together[new], np.split(ranks, ends[:-1])


class SortedTexts:
    """Distinct non-empty texts, in the order of rule 3.

    Parameters
    ----------
    blocks : mapping of int to (n,) bytes array
        The UTF-8 bytes of the texts of each length, ascending, in ascending order of length.

    Examples
    --------
    >>> texts, ranks = SortedTexts.of(["ben", "ann", "é"])
    >>> texts.decode(), ranks.tolist()
    (['é', 'ann', 'ben'], [2, 1, 0])
    """

    __slots__ = ("blocks",)

    def __init__(self, blocks: dict[int, NDArray[np.bytes_]]) -> None:
        self.blocks = blocks

    @classmethod
    def of(cls, texts: Sequence[str]) -> tuple["SortedTexts", Ranks]:
        """The set of distinct texts, and the rank of each of them."""
        data, offsets = texts.utf8() if isinstance(texts, PackedTexts) else utf8_of(texts)
        length = np.diff(offsets)
        by_length = np.argsort(length, kind="stable")
        blocks: dict[int, NDArray[np.bytes_]] = {}
        ranks = np.empty(len(length), np.int64)
        first = 0
        while first < len(length):
            width = int(length[by_length[first]])
            places = by_length[first : int(np.searchsorted(length, width, "right", sorter=by_length))]
            block = sliding_window_view(data, width)[offsets[places]].view(f"S{width}").ravel()
            order = block.argsort(kind="stable")
            blocks[width] = block[order]
            ranks[places[order]] = np.arange(first, first + len(places))
            first += len(places)
        return cls(blocks), ranks

    @classmethod
    def union(cls, parts: Sequence["SortedTexts"]) -> tuple["SortedTexts", list[Ranks]]:
        """The texts of all parts, and for each part, the ranks of its texts in the union.

        Examples
        --------
        >>> a, b = SortedTexts.of(["ann"])[0], SortedTexts.of(["al", "ann"])[0]
        >>> texts, ranks = SortedTexts.union([a, b])
        >>> texts.decode(), [part.tolist() for part in ranks]
        (['al', 'ann'], [[1], [0, 1]])
        """
        blocks: dict[int, NDArray[np.bytes_]] = {}
        pieces: list[list[Ranks]] = [[np.empty(0, np.int64)] for _ in parts]
        first = 0
        for width in sorted({width for part in parts for width in part.blocks}):
            sharing = [place for place, part in enumerate(parts) if width in part.blocks]
            blocks[width], ranks = united([parts[place].blocks[width] for place in sharing])
            for place, rank in zip(sharing, ranks, strict=True):
                pieces[place].append(rank + first)
            first += len(blocks[width])
        return cls(blocks), [np.concatenate(piece) for piece in pieces]

    def __len__(self) -> int:
        return sum(map(len, self.blocks.values()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SortedTexts):
            return NotImplemented
        return self.decode() == other.decode()

    __hash__ = None  # type: ignore[assignment]  # equal by value over millions of texts

    @property
    def nbytes(self) -> int:
        """Bytes of memory: those of the texts."""
        return sum(block.nbytes for block in self.blocks.values())

    def decode(self) -> list[str]:
        """The texts in ascending order."""
        # NumPy strips trailing NULs from a text when it returns it; `tobytes` does not.
        return [
            block.tobytes()[at : at + width].decode("utf-8", "surrogatepass")
            for width, block in self.blocks.items()
            for at in range(0, block.nbytes, width)
        ]
