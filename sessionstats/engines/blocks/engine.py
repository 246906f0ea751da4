"""The block engine: base groups found in one pass over the blocks, measured in another.

1. Find the base groups, and count their sessions (`groups`).
2. Totals that only count sessions are then known; others are measured for all groups (`measuring`).
3. Totals and series of the groups on the page are measured together (`measuring`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sessionstats.engines.blocks.groups import find_groups
from sessionstats.engines.blocks.measuring import measure
from sessionstats.engines.blocks.placing import Placing
from sessionstats.engines.blocks.scan import Scan, has_small_table
from sessionstats.engines.blocks.settings import Settings
from sessionstats.engines.interface import slot_of_group
from sessionstats.measures import Measures, Needs
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions


class BlockEngine:
    """Measures the base groups of sessions, block by block.

    Parameters
    ----------
    sessions : Sessions, or sequence of Sessions
        `can_measure` must hold for them; several parts must be aligned (`parts.aligned`).
    query : Query
    settings : Settings
        Sizes; they do not change the answer.

    Attributes
    ----------
    groups : BaseGroups
    """

    def __init__(
        self,
        sessions: Sessions | Sequence[Sessions],
        query: Query,
        settings: Settings = Settings(),  # noqa: B008 - immutable
    ) -> None:
        self._query = query
        self._scan = Scan.of(_parts(sessions), query, settings)
        self._found = find_groups(self._scan)
        self.groups = self._found.base

    def totals(self, needs: Needs) -> Measures:
        """Measures over the whole window: one slot per base group."""
        if not needs.user_sets and not needs.statistics:
            return Measures(self._found.sessions, {}, {})
        return measure(Placing(self._scan, self._found.table, self.groups.size, 1, needs))[0]

    def measure(self, shown: NDArray[np.intp], needs: Needs) -> tuple[Measures, Measures | None]:
        """Totals per shown group, and series per cell; see `sessionstats.engines.interface.Engine`."""
        slot = slot_of_group(shown, self.groups.size)[self._found.table]
        n_buckets = self._query.window.n_intervals if self._query.include_series else 1
        totals, cells = measure(Placing(self._scan, slot, len(shown), n_buckets, needs))
        return totals, cells if self._query.include_series else None


def can_measure(sessions: Sessions | Sequence[Sessions], query: Query) -> bool:
    """Whether the block engine suits a request: its table of combinations must not outgrow the rows."""
    return has_small_table(_parts(sessions), query)


def _parts(sessions: Sessions | Sequence[Sessions]) -> Sequence[Sessions]:
    return (sessions,) if isinstance(sessions, Sessions) else sessions
