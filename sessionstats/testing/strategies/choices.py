"""A stream of small choices, read from bytes.

1. A few short byte strings are drawn; plain Python turns them into a case. Drawing bytes costs little, and
   Hypothesis shrinks them one byte at a time.
2. Each choice takes one byte, modulo the number of options. Byte 0 is the first option, so every pool starts
   with what is simplest, and a case of zeros is the simplest case.
3. After the last byte, every further one is 0.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Choices made by the bytes of one drawn string.

    Parameters
    ----------
    data : bytes
        One byte per choice.

    Examples
    --------
    >>> choices = Choices(bytes([1, 5, 2]))
    >>> choices.pick("abc"), choices.one_in(3), choices.below(10), choices.pick("abc")
    ('b', True, 2, 'a')
    """

    __slots__ = ("_data", "_read")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._read = 0

    def below(self, n: int) -> int:
        """A number from 0 to n − 1, for n up to 256."""
        read = self._read
        self._read = read + 1
        return self._data[read] % n if read < len(self._data) else 0

    def pick(self, pool: Sequence[T]) -> T:
        """One of a pool of at most 256."""
        return pool[self.below(len(pool))]

    def one_in(self, n: int) -> bool:
        """True once in n times; False if the byte is 0."""
        return self.below(n) == n - 1

    @property
    def exhausted(self) -> bool:
        """Whether all bytes are read."""
        return self._read >= len(self._data)
