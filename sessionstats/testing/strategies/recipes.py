"""The bytes that a case is made of: drawn, and made simpler.

1. A recipe is a few short byte strings; `assembly` turns it into a case.
2. A check draws recipes from a seeded generator: cases are independent of each other, and drawing costs
   little. Hypothesis would also try variants of what it drew before, and so see fewer different cases.
3. One in twenty has a large table, for which it holds the size and the seed.
4. If a case fails, Hypothesis makes its recipe simpler: it draws what to keep of it, at first nearly
   everything, then less and less.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from hypothesis import strategies as st

from sessionstats.testing.strategies import bulk, lives, metadata, queries, rows, searches, windows, worlds

MOST_ROWS: Final = 16
"""Most drawn rows of a case by default, not counting echoes: enough for every rule, few enough to read."""

LARGE_ONE_IN: Final = 20
"""One case in this many has a large table."""

FAULT_BYTES: Final = 8
"""Bytes that choose faults."""

ECHO_BYTES: Final = 2
"""Bytes that choose the echo of a row."""

KEEPS: Final = 8
"""In a mask, values from this on keep the recipe's byte; smaller ones are an upper bound for it."""

_HEAD: Final = (windows.BYTES, worlds.BYTES, queries.BYTES, metadata.BYTES, FAULT_BYTES)
_ENDS: Final = tuple(accumulate(_HEAD))
_ROW: Final = rows.BYTES + ECHO_BYTES + lives.BYTES


@dataclass(frozen=True)
class Recipe:
    """The bytes that one case is made of.

    Parameters
    ----------
    head : bytes
        For the frame, the world, the request, the metadata and the faults, in this order.
    names : bytes
        For the fields.
    text : bytes
        For the search.
    rows : tuple of bytes
        For the rows, one each.
    bulk : int
        How many more rows there are, for a large table (`bulk`).
    bulk_seed : int
        Draws these rows.
    """

    head: bytes
    names: bytes
    text: bytes
    rows: tuple[bytes, ...] = ()
    bulk: int = 0
    bulk_seed: int = 0

    @property
    def head_parts(self) -> list[bytes]:
        """The parts of the head."""
        return [self.head[end - size : end] for size, end in zip(_HEAD, _ENDS, strict=True)]


HEADS: Final = st.binary(min_size=_ENDS[-1], max_size=_ENDS[-1])
"""Hypothesis strategy for the head of a recipe."""

NAMES: Final = st.binary(max_size=queries.MOST_FIELDS)
"""Hypothesis strategy for the bytes of the fields."""

TEXTS: Final = st.binary(min_size=searches.LEAST_BYTES, max_size=searches.BYTES)
"""Hypothesis strategy for the bytes of the search."""


def tables(max_rows: int) -> st.SearchStrategy[tuple[bytes, ...]]:
    """Hypothesis strategy for the bytes of the rows."""
    # Lists that may be empty are empty too often; `Scene.sessions` leaves out all rows now and then.
    row = st.binary(min_size=_ROW, max_size=_ROW)
    return st.lists(row, min_size=1, max_size=max_rows).map(tuple)


def draws(seed: int) -> Iterator[Recipe]:
    """Endlessly many recipes, the same for the same seed.

    Parameters
    ----------
    seed : int

    Examples
    --------
    >>> first, second = next(draws(7)), next(draws(7))
    >>> first == second, len(first.head) == len(next(draws(8)).head)
    (True, True)
    """
    chance = random.Random(seed)
    while True:
        yield Recipe(
            head=chance.randbytes(_ENDS[-1]),
            names=chance.randbytes(chance.randint(0, queries.MOST_FIELDS)),
            text=chance.randbytes(chance.randint(searches.LEAST_BYTES, searches.BYTES)),
            rows=tuple(chance.randbytes(_ROW) for _ in range(chance.randint(1, MOST_ROWS))),
            bulk=chance.choice(bulk.SIZES) if chance.randrange(LARGE_ONE_IN) == 0 else 0,
            bulk_seed=chance.getrandbits(32),
        )


def simpler(recipe: Recipe) -> st.SearchStrategy[Recipe]:
    """Recipes made from another by leaving out rows and fields and making bytes smaller.

    The simplest is a case of zeros without rows; most of those drawn at random keep nearly everything.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    strategy of Recipe
    """
    parts = [*recipe.head_parts, recipe.text]

    def masked(masks: tuple[bytes, ...], field_mask: bytes, row_masks: tuple[bytes, ...]) -> Recipe:
        *head, text = map(_under, parts, masks)
        names = bytes(name for name, kept in zip(recipe.names, field_mask, strict=True) if kept)
        # The first byte of the mask of a row says whether the row stays.
        rows_left = zip(recipe.rows, row_masks, strict=True)
        left = tuple(_under(row, mask[1:]) for row, mask in rows_left if mask[0])
        return Recipe(b"".join(head), names, text, left, recipe.bulk, recipe.bulk_seed)

    return st.builds(
        masked,
        _masks(map(len, parts)),
        _mask(len(recipe.names)),
        _masks(1 + len(row) for row in recipe.rows),
    )


def _masks(sizes: Iterable[int]) -> st.SearchStrategy[tuple[bytes, ...]]:
    return st.tuples(*map(_mask, sizes))


def _mask(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def _under(data: bytes, mask: bytes) -> bytes:
    return bytes(d if m >= KEEPS else min(d, m) for d, m in zip(data, mask, strict=True))
