"""Users of a stream by number: one growing dictionary for all its chunks.

1. A user's number is their code in the dictionary. Chunks that come from one dictionary, as those of one
   `read_chunks` do, bring their codes with them; the users of other chunks are looked up, each once a chunk.
2. So summaries of the chunks of one stream unite without comparing texts: the numbers stay as they are.
3. The axis of users is a power of two: it seldom grows, and keys are seldom renumbered.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.packed import PackedTexts

SHORTEST_AXIS: Final = 1 << 10
"""Size of the shortest axis."""


class NumberedTexts:
    """The texts of a dictionary, as far as it had grown.

    Parameters
    ----------
    dictionary : TextDictionary
    """

    __slots__ = ("dictionary", "size")

    def __init__(self, dictionary: TextDictionary) -> None:
        self.dictionary = dictionary
        self.size = max(SHORTEST_AXIS, 1 << (len(dictionary) - 1).bit_length())

    def __len__(self) -> int:
        return self.size

    @property
    def nbytes(self) -> int:
        """Bytes of memory of its own: the dictionary belongs to the stream."""
        return 0


class Numbering:
    """Numbers the users of a stream.

    Examples
    --------
    >>> from sessionstats.columns.encoding import encode
    >>> numbering = Numbering()
    >>> [numbering.of(encode(texts)).tolist() for texts in (["ann", "ben"], ["ben", "cleo", "ben"])]
    [[0, 1], [1, 2, 1]]
    """

    def __init__(self) -> None:
        self._dictionary: TextDictionary | None = None

    @property
    def texts(self) -> NumberedTexts:
        """The users so far."""
        return NumberedTexts(self._dictionary or TextDictionary())

    def of(self, users: Encoded[str]) -> NDArray[np.integer[Any]]:
        """The numbers of users, none of them missing: (n,) integers."""
        texts = users.categories
        origin = texts.origin if isinstance(texts, PackedTexts) else None
        if self._dictionary is None:
            self._dictionary = origin if isinstance(origin, TextDictionary) else TextDictionary()
        if origin is self._dictionary:
            return users.codes
        used, at = np.unique(users.codes, return_inverse=True)
        return self._dictionary.add(texts_at(texts, used))[at]


def texts_at(texts: Sequence[str], positions: NDArray[np.integer[Any]]) -> Sequence[str]:
    """The texts at some positions."""
    return (
        texts.take(positions) if isinstance(texts, PackedTexts) else [texts[at] for at in positions.tolist()]
    )
