"""The summary engine: measures from summaries of chunks of sessions (§5, §6).

1. The base groups are the summary's.
2. Measures come from the tallies, block by block: Σ quantity, users and samples of a slot, by the
   functions that count sessions.
3. Totals are measured over the whole window from the tallies, never from the series (§6).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sessionstats import percentiles
from sessionstats.counting import distinct_users, sessions_by_class
from sessionstats.engines.interface import slot_of_group
from sessionstats.engines.summaries.summary import Summary
from sessionstats.fields import KEY_COLUMNS
from sessionstats.grouping import BaseGroups
from sessionstats.measures import Measures, Needs, needs_of
from sessionstats.percentiles import OrderedSamples


class _Slots:
    """Where to count a group, or an interval of a group.

    Parameters
    ----------
    place : (groups,) intp
        Position of each group, −1 where it is not counted.
    n_places : int
    n_intervals : int
        Intervals to distinguish; 1 for totals.
    """

    def __init__(self, place: NDArray[np.intp], n_places: int, n_intervals: int) -> None:
        self.place = place
        self.n_intervals = n_intervals
        self.size = n_places * n_intervals
        self.by_interval = n_intervals > 1

    def of(
        self, group: NDArray[np.int64], interval: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        place = self.place[group]
        inside = place >= 0
        slot = place[inside]
        return inside, slot * self.n_intervals + interval[inside] if self.by_interval else slot


class SummaryEngine:
    """Measures the base groups of all sessions that were summarized.

    Parameters
    ----------
    summary : Summary

    Attributes
    ----------
    groups : BaseGroups
    """

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self.groups = _base_groups(summary)

    def totals(self, needs: Needs) -> Measures:
        """Measures over the whole window: one slot per base group."""
        size = self.groups.size
        return _measured(self._summary, _Slots(np.arange(size), size, 1), needs)

    def measure(self, shown: NDArray[np.intp], needs: Needs) -> tuple[Measures, Measures | None]:
        """Totals per shown group, and series per cell; see `sessionstats.engines.interface.Engine`."""
        query, slot = self._summary.query, slot_of_group(shown, self.groups.size)
        totals = _measured(self._summary, _Slots(slot, len(shown), 1), needs)
        if not query.include_series:
            return totals, None
        return totals, _measured(self._summary, _Slots(slot, len(shown), query.window.n_intervals), needs)


def _base_groups(summary: Summary) -> BaseGroups:
    names = [name for name in KEY_COLUMNS if name in summary.query.group_by]
    keys = {}
    for axis, name in enumerate(names):
        keys[name] = np.empty(len(summary.groups), np.object_)
        keys[name][:] = [key[axis] for key in summary.groups]
    return BaseGroups(keys, len(summary.groups), len(summary.groups))


def _measured(summary: Summary, slots: _Slots, needs: Needs) -> Measures:
    """Measure what is requested (§6), for every slot."""
    counts = np.zeros((slots.size, 0), np.int64)
    if needs.sessions:
        counts = _counts(summary, slots)
    users = _users(summary, slots) if needs.user_sets else {}
    return Measures(counts, users, _durations(summary, slots, needs.statistics) if needs.statistics else {})


def _counts(summary: Summary, slots: _Slots) -> NDArray[np.int64]:
    n_classes = len(summary.query.rules.health_classes)
    counts = np.zeros((slots.size, n_classes), np.int64)
    for group, interval, health, quantity in summary.counts.blocks(depth=3):
        inside, slot = slots.of(group, interval)
        counts += sessions_by_class(
            slot, health[inside].astype(np.int8), quantity[inside], slots.size, n_classes
        )
    return counts


def _users(summary: Summary, slots: _Slots) -> Mapping[str, NDArray[np.int64]]:
    sets = needs_of(summary.query).user_sets
    counts = np.zeros((slots.size, len(sets)), np.int64)
    # All intervals of a group's user come in one block, so no user is counted by two blocks.
    for group, user, interval, member in summary.memberships.blocks(depth=2):
        inside, slot = slots.of(group, interval)
        belongs = member[inside].astype(np.uint8)
        counts += distinct_users(slot, user[inside].astype(np.int32), belongs, slots.size, len(sets))
    return dict(zip(sets, counts.T, strict=True))


def _durations(summary: Summary, slots: _Slots, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    statistics = {name: np.full(slots.size, np.nan) for name in names}
    # All samples of a slot come in one block.
    for group, interval, duration, count in summary.samples.blocks(depth=2 if slots.by_interval else 1):
        inside, slot = slots.of(group, interval)
        used, slot = np.unique(slot, return_inverse=True)
        samples = _samples(slot, summary.durations[duration[inside]], count[inside], len(used))
        for name, values in statistics.items():
            values[used] = percentiles.statistic(samples, name)
    return statistics


def _samples(
    slot: NDArray[np.intp], values: NDArray[np.float64], counts: NDArray[np.int64], n_slots: int
) -> OrderedSamples:
    """Each value as often as it occurs, ordered by slot, and within a slot by value."""
    order = np.lexsort((values, slot))
    by_slot = np.zeros(n_slots, np.intp)
    np.add.at(by_slot, slot, counts)
    return OrderedSamples(np.repeat(values[order], counts[order]), np.cumsum(by_slot) - by_slot, by_slot)
