"""Reading ahead: the next block is read while the current one is converted."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

END: Final = object()
"""Marks the end of the items."""


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, with a thread always making the next one.

    An error is raised in place of its item; items left unread when the caller stops are not made.

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
            yield item  # type: ignore[misc]  # the loop has ended at END, the only item of another type
