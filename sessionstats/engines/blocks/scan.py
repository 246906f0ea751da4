"""Reading rows block by block.

1. A block is a slice of the columns: rows are copied only once it is known which of them count.
2. The plain engine's own filter, prepared once, selects the rows that count; a block whose rows all
   count is used as it is.
3. The values of a row in the groupBy columns form one number, its *combination*: the codes are the digits of
   a mixed radix. The text itself is not read.

Ten million sessions are selected, grouped and placed with a few megabytes of temporary memory, where the
plain engine makes arrays as long as the columns, and each pass reads from cache.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import Encoded
from sessionstats.engines.blocks.settings import Settings
from sessionstats.fields import KEY_COLUMNS
from sessionstats.filtering import row_filter
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions

SMALL_TABLE: Final = 1 << 20
"""A table of up to this many combinations is always worthwhile; a larger one only with as many rows."""


@dataclass(frozen=True)
class Scan:
    """The rows of some sessions that count for a request, in blocks.

    Parameters
    ----------
    parts : sequence of Sessions
        At least one, all with the same categories.
    query : Query
    settings : Settings
    keep : callable
        From `filtering.row_filter`.
    keys : mapping of groupBy to Encoded
        The groupBy columns, in the order of keys (§7.3).
    """

    parts: Sequence[Sessions]
    query: Query
    settings: Settings
    keep: Callable[[Sessions], NDArray[np.bool_]]
    keys: dict[str, Encoded[Any]]

    @classmethod
    def of(cls, parts: Sequence[Sessions], query: Query, settings: Settings) -> "Scan":
        """Prepare to read."""
        return cls(parts, query, settings, row_filter(parts[0], query), key_columns(parts[0], query))

    @property
    def radix(self) -> tuple[int, ...]:
        """Number of values that each groupBy column can have."""
        return tuple(len(column.categories) for column in self.keys.values())

    @property
    def n_combinations(self) -> int:
        """Number of possible combinations."""
        return math.prod(self.radix)

    @cached_property
    def blocks(self) -> list[tuple[int, slice]]:
        """The blocks: which part, and which of its rows.

        Each is as long as the table of combinations, if its part is, so that rows outweigh tables.
        """
        step = max(self.settings.block_rows, self.n_combinations)
        return [
            (number, slice(at, at + step))
            for number, part in enumerate(self.parts)
            for at in range(0, len(part) or 1, step)
        ]

    def read(self, block: tuple[int, slice]) -> tuple[Sessions, NDArray[np.intp]]:
        """The rows of a block that count, and their combinations."""
        number, some = block
        rows = self.parts[number][some]
        keep = self.keep(rows)
        if not keep.all():
            rows = rows[keep.nonzero()[0]]
        combination = np.zeros(len(rows), np.intp)
        for name, size in zip(self.keys, self.radix, strict=True):
            combination *= size
            combination += getattr(rows, KEY_COLUMNS[name]).codes
        return rows, combination


def key_columns(sessions: Sessions, query: Query) -> dict[str, Encoded[Any]]:
    """The groupBy columns, in the order of keys (§7.3)."""
    return {name: getattr(sessions, column) for name, column in KEY_COLUMNS.items() if name in query.group_by}


def has_small_table(parts: Sequence[Sessions], query: Query) -> bool:
    """Whether a table with an entry for every combination is small enough."""
    size = math.prod(len(column.categories) for column in key_columns(parts[0], query).values())
    return size <= max(SMALL_TABLE, sum(map(len, parts)) // len(parts))
