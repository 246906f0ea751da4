"""Reading ahead: the next block is read while the one before is converted."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

END: Final = object()
"""What comes after the last item."""


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, the next one always being made by a thread.

    An error comes where its item would; what is left unread when the caller stops is not made.

    Examples
    --------
    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    rest = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, rest, END)
        while (item := coming.result()) is not END:
            coming = pool.submit(next, rest, END)
            yield item  # type: ignore[misc]  # END, which is not of the type, ended the loop
