"""Texts in words of eight bytes: many distinct texts without a Python string for each.

1. A text is its UTF-8 bytes (lone surrogates are allowed), an end mark, and zeros up to a whole word. The end
   mark is a byte that never occurs in UTF-8, so two texts are equal exactly if their words are.
2. The words of all texts follow each other in one array; `starts` says where those of each text begin.
3. A text becomes a string only when it is read.

No answer shows a user (§6.2): users need identity, which words provide, but neither order nor strings.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, Protocol, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

WORD: Final = 8
"""Bytes per word."""

END: Final = 0xFF
"""The end mark."""

SPARE: Final = np.zeros(WORD, np.uint8)
"""Padding after the last text of an array, so that a whole word can be read at each of its bytes."""

KEPT: Final = np.array([(1 << WORD * size) - 1 for size in range(WORD)] + [2**64 - 1], np.uint64)
"""Masks of the bits of a word that belong to a text, if 0 to 8 of its bytes do."""

MARKS: Final = np.array([END << WORD * size for size in range(WORD)] + [0], np.uint64)
"""The end mark after 0 to 7 bytes of a text; a word with 8 bytes has none."""

Column: TypeAlias = tuple[NDArray[np.intp] | None, NDArray[np.uint64]]
"""The words at one position of their texts: which texts have one (`None`: all), and the words."""


class Origin(Protocol):
    """Where a text is found by its hash."""

    def find(self, text: str) -> int:
        """Position of a text, −1 if it is not there."""


class PackedTexts(Sequence[str]):
    """Distinct texts, decoded one at a time; immutable.

    Parameters
    ----------
    words : (w,) uint64
    starts : (n + 1,) int64
        Where the words of each text begin, and where those of the last text end.
    origin : TextDictionary, optional
        The dictionary that they come from: of two with the same origin, the longer continues the shorter.

    Examples
    --------
    >>> texts = PackedTexts.of(["ann", "", "benedikta"])
    >>> texts[2], len(texts), texts.find("ann"), texts.find("an")
    ('benedikta', 3, 0, -1)
    """

    __slots__ = ("origin", "starts", "words")

    def __init__(
        self, words: NDArray[np.uint64], starts: NDArray[np.int64], origin: Origin | None = None
    ) -> None:
        self.words = words
        self.starts = starts
        self.origin = origin

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedTexts, (self.words, self.starts)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "PackedTexts":
        """The texts, packed; they must be distinct."""
        data, offsets = utf8_of(texts)
        columns = word_columns(data, offsets)
        sizes = np.diff(offsets) // WORD + 1
        starts = np.concatenate([[0], np.cumsum(sizes)])
        words = np.empty(starts[-1], np.uint64)
        for place, (rows, column) in enumerate(columns):
            words[(starts[:-1] if rows is None else starts[rows]) + place] = column
        return cls(words, starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple([self[place] for place in range(*index.indices(len(self)))])
        place = range(len(self))[index]
        words = self.words[self.starts[place] : self.starts[place + 1]]
        return words.astype("<u8", copy=False).tobytes().rstrip(b"\0")[:-1].decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        data, offsets = self.utf8()
        whole, ends = data.tobytes(), offsets.tolist()
        for start, end in pairwise(ends):
            yield whole[start:end].decode("utf-8", "surrogatepass")

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.find(text) >= 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PackedTexts):
            return NotImplemented
        same = np.array_equal(self.starts, other.starts) and np.array_equal(self.words, other.words)
        return self is other or same

    __hash__ = None  # type: ignore[assignment]  # equal by value over millions of texts

    def __repr__(self) -> str:
        return f"PackedTexts({len(self):,} texts, {self.nbytes:,} bytes)"

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.words.nbytes + self.starts.nbytes

    def find(self, text: str) -> int:
        """Position of a text, −1 if it is not there; no text is decoded."""
        if self.origin is not None:
            code = self.origin.find(text)
            return code if code < len(self) else -1
        words = PackedTexts.of([text]).words
        found = np.flatnonzero(np.diff(self.starts) == len(words))
        for at, word in enumerate(words):
            found = found[self.words[self.starts[found] + at] == word]
        return int(found[0]) if len(found) else -1

    def index(self, text: Any, start: int = 0, stop: int | None = None) -> int:
        """Position of a text; a `ValueError` if it is not there."""
        place = self.find(text)
        if place not in range(*slice(start, stop).indices(len(self))):
            raise ValueError(f"{text!r} is not one of the texts")
        return place

    def take(self, positions: NDArray[np.integer[Any]]) -> "PackedTexts":
        """The texts at some positions.

        Examples
        --------
        >>> list(PackedTexts.of(["ann", "benedikta", "cleo"]).take(np.array([2, 1])))
        ['cleo', 'benedikta']
        """
        sizes = np.diff(self.starts)[positions]
        starts = np.zeros(len(positions) + 1, np.int64)
        np.cumsum(sizes, out=starts[1:])
        at = np.repeat(self.starts[positions] - starts[:-1], sizes)
        at += np.arange(len(at))
        return PackedTexts(self.words[at], starts)

    def utf8(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        r"""The bytes of all texts, and the offsets that separate them: (bytes,) uint8 and (n + 1,) int64.

        Examples
        --------
        >>> data, offsets = PackedTexts.of(["ann", "", "é"]).utf8()
        >>> data.tobytes(), offsets.tolist()
        (b'ann\xc3\xa9', [0, 3, 3, 5])
        """
        last = self.starts[1:] - 1
        # The end mark is the highest byte that is not zero.
        rest = np.searchsorted(MARKS[:WORD], self.words[last], side="right") - 1
        kept = np.ones((len(self.words), WORD), np.bool_)
        kept[last] = np.arange(WORD) < rest[:, np.newaxis]
        lengths = (np.diff(self.starts) - 1) * WORD + rest
        data = self.words.astype("<u8", copy=False).view(np.uint8)[kept.ravel()]
        return data, np.concatenate([[0], np.cumsum(lengths)])


def utf8_of(texts: Iterable[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    r"""The UTF-8 bytes of texts, and the offsets that separate them.

    Examples
    --------
    >>> data, offsets = utf8_of(["ann", "é"])
    >>> data.tobytes(), offsets.tolist()
    (b'ann\xc3\xa9', [0, 3, 5])
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def word_columns(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> list[Column]:
    """The words of texts: the first of every text, then the second of the texts that have one, and so on.

    Parameters
    ----------
    data : (bytes,) uint8
        UTF-8.
    offsets : (n + 1,) int64
        Where each text begins in `data`, and where the last one ends.

    Returns
    -------
    list of Column

    Examples
    --------
    >>> [(rows, [hex(word) for word in words.tolist()]) for rows, words in word_columns(*utf8_of(["a", ""]))]
    [(None, ['0xff61', '0xff'])]
    """
    if offsets[-1] + WORD > len(data):
        data, offsets = np.concatenate([data[offsets[0] : offsets[-1]], SPARE]), offsets - offsets[0]
    at_byte = np.ndarray((len(data) - WORD + 1,), "<u8", data, strides=(1,))
    starts, lengths = offsets[:-1], np.diff(offsets)
    whole, rest = lengths // WORD, lengths % WORD
    if not len(whole):
        return []
    shortest, longest = int(whole.min()), int(whole.max())
    columns: list[Column] = []
    for place in range(longest + 1):
        if place < shortest:  # every text fills this word
            columns.append((None, at_byte[starts + WORD * place].astype(np.uint64, copy=False)))
            continue
        rows = None if place == 0 else np.flatnonzero(whole >= place)
        size, first = (rest, starts) if rows is None else (rest[rows], starts[rows])
        size = np.where((whole if rows is None else whole[rows]) == place, size, WORD)
        words = at_byte[first + WORD * place].astype(np.uint64, copy=False)
        words &= KEPT.take(size)
        words |= MARKS.take(size)
        columns.append((rows, words))
    return columns
