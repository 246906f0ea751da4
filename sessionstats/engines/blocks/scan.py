"""Reading rows block by block.

1. A block is a slice of the columns: rows are copied only once it is known which of them count.
2. The rows that count are chosen by the plain engine's own filter, prepared once; a block whose rows all
   count is used as it is.
3. The values of a row in the groupBy columns make one number, its *combination*: the codes are the digits of
   a mixed radix. The text itself is not read.

Ten million sessions are selected, grouped and placed with a few megabytes of temporary memory, where the
plain engine makes arrays as long as the columns, and each pass reads from cache.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
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
"""A table of up to this many combinations is always worthwhile; a larger one, if there are as many rows."""


@dataclass(frozen=True)
class Scan:
    """The rows of some sessions that count for a request, in blocks.

    Parameters
    ----------
    sessions : Sessions
    query : Query
    settings : Settings
    keep : callable
        From `filtering.row_filter`.
    keys : mapping of groupBy to Encoded
        The groupBy columns, in the order of keys (§7.3).
    """

    sessions: Sessions
    query: Query
    settings: Settings
    keep: Callable[[Sessions], NDArray[np.bool_]]
    keys: dict[str, Encoded[Any]]

    @classmethod
    def of(cls, sessions: Sessions, query: Query, settings: Settings) -> "Scan":
        """Prepare to read."""
        return cls(sessions, query, settings, row_filter(sessions, query), key_columns(sessions, query))

    @property
    def radix(self) -> tuple[int, ...]:
        """Number of values that each groupBy column can have."""
        return tuple(len(column.categories) for column in self.keys.values())

    @property
    def n_combinations(self) -> int:
        """Number of possible combinations."""
        return math.prod(self.radix)

    @property
    def blocks(self) -> list[slice]:
        """The blocks; each at least as long as the table of combinations, so that rows outweigh tables."""
        step = max(self.settings.block_rows, self.n_combinations)
        return [slice(at, at + step) for at in range(0, len(self.sessions) or 1, step)]

    def read(self, block: slice) -> tuple[Sessions, NDArray[np.intp]]:
        """The rows of a block that count, and their combinations."""
        rows = self.sessions[block]
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


def has_small_table(sessions: Sessions, query: Query) -> bool:
    """Whether a table with one entry per combination is small enough."""
    size = math.prod(len(column.categories) for column in key_columns(sessions, query).values())
    return size <= max(SMALL_TABLE, len(sessions))
