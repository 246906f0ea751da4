"""The plain engine: whole columns, stage after stage (§4 to §6).

1. Select the sessions that count (`sessionstats.filtering`).
2. Find their base groups (`sessionstats.grouping`).
3. Give every session its slot, a group or a cell, and measure all slots together (`sessionstats.measures`).

This is the code that people read, and that every other engine must match bit for bit.
"""

import numpy as np
from numpy.typing import NDArray

from sessionstats.bucketing import bucket_index
from sessionstats.engines.interface import slot_of_group
from sessionstats.filtering import select
from sessionstats.grouping import base_groups
from sessionstats.measures import Measures, Needs, measure
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions


class PlainEngine:
    """Measures the base groups of sessions, column by column.

    Parameters
    ----------
    sessions : Sessions
    query : Query

    Attributes
    ----------
    groups : BaseGroups
    """

    def __init__(self, sessions: Sessions, query: Query) -> None:
        self._query = query
        self._counting = select(sessions, query)
        self.groups, self._group = base_groups(self._counting, query.group_by, query.counting_fields)

    def totals(self, needs: Needs) -> Measures:
        """Measures over the whole window: one slot per base group."""
        sessions, slot = _with_slot(self._counting, self._group)
        return self._measure(sessions, slot, self.groups.size, needs)

    def measure(self, shown: NDArray[np.intp], needs: Needs) -> tuple[Measures, Measures | None]:
        """Totals per shown group, and series per cell; see `sessionstats.engines.interface.Engine`."""
        slot = slot_of_group(shown, self.groups.size)[self._group]
        sessions, slot = _with_slot(self._counting, slot)
        totals = self._measure(sessions, slot, len(shown), needs)
        if not self._query.include_series:
            return totals, None
        window = self._query.window
        cell = slot * window.n_intervals + bucket_index(sessions.started, window)
        return totals, self._measure(sessions, cell, len(shown) * window.n_intervals, needs)

    def _measure(self, sessions: Sessions, slot: NDArray[np.intp], n_slots: int, needs: Needs) -> Measures:
        return measure(sessions, slot, n_slots, needs, self._query.rules.health_classes)


def _with_slot(sessions: Sessions, slot: NDArray[np.intp]) -> tuple[Sessions, NDArray[np.intp]]:
    """The sessions that have a slot, and their slots."""
    inside = slot >= 0
    return (sessions, slot) if inside.all() else (sessions[inside], slot[inside])
