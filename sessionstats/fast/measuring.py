"""Measuring cells, and the groups they make up (§6).

1. Place the rows (`placing`).
2. For each kind of values, cut the groups into tasks of some hundred thousand values; a task fetches its
   values and measures its cells, for the series, and then its groups, for the totals.
3. A total of sessions adds whole numbers of cells. Totals of users and durations are measured from the rows
   again: they are no sums.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.fast.cells import CellValues
from sessionstats.fast.durations import parts_of_groups, statistics, sums_of_cells
from sessionstats.fast.placing import DURATIONS, Placing
from sessionstats.fast.threads import run
from sessionstats.fast.users import distinct
from sessionstats.measures import Measures

Pair: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""Something of groups, and of cells: (measures, groups) and (measures, cells)."""

Counts: TypeAlias = NDArray[np.int64]
"""Values of each cell, or of each group."""


def measure(placing: Placing) -> tuple[Measures, Measures]:
    """Measures of the groups, and of the cells, that rows are placed in."""
    sessions, kept = placing.run()
    by_group = sessions.reshape(placing.n_groups, placing.n_buckets, sessions.shape[1]).sum(axis=1)
    measured = _measure_values(kept, placing)
    names = placing.needs.statistics

    def part(number: int, counts: Counts) -> Measures:
        users = {kind: measured[kind][number][0] for kind in placing.needs.user_sets}
        durations = dict(zip(names, measured[DURATIONS][number], strict=True)) if names else {}
        return Measures(counts, users, durations)

    return part(0, by_group), part(1, sessions)


def _measure_values(kept: dict[str, CellValues], placing: Placing) -> dict[str, Pair]:
    """Measures of every kind of values; the tasks of all kinds share the threads."""
    n_buckets, settings = placing.n_buckets, placing.scan.settings
    counts = {kind: values.counts() for kind, values in kept.items()}

    def task(work: tuple[str, int, int]) -> Pair:
        kind, first, end = work
        values = kept[kind].of(first * n_buckets, end * n_buckets)
        of_cells = counts[kind][first * n_buckets : end * n_buckets]
        of_groups = of_cells.reshape(-1, n_buckets).sum(axis=1)
        if kind == DURATIONS:
            return _durations(values, of_cells, of_groups, placing.needs.statistics)
        return _users(values, of_cells, of_groups)

    tasks = [
        (kind, first, end)
        for kind in reversed(kept)  # durations take longest: they come first
        for first, end in _ranges(
            counts[kind].reshape(placing.n_groups, n_buckets).sum(axis=1), settings.task_rows
        )
    ]
    done = run(task, tasks, settings.threads)
    measured = {}
    for kind in kept:
        groups, cells = zip(
            *[pair for (of, *_), pair in zip(tasks, done, strict=True) if of == kind], strict=True
        )
        measured[kind] = (np.concatenate(groups, axis=1), np.concatenate(cells, axis=1))
    return measured


def _users(users: NDArray[np.int32], cells: Counts, groups: Counts) -> Pair:
    of_cells = distinct(users, cells)[np.newaxis]
    return (of_cells if len(cells) == len(groups) else distinct(users, groups)[np.newaxis]), of_cells


def _durations(values: NDArray[np.float64], cells: Counts, groups: Counts, names: tuple[str, ...]) -> Pair:
    parts = sums_of_cells(values, cells, names)
    of_cells = statistics(values, cells, names, parts)
    if len(cells) == len(groups):
        return of_cells, of_cells
    if parts is not None:
        parts = parts_of_groups(parts, len(groups))
    return statistics(values, groups, names, parts), of_cells


def _ranges(counts: Counts, least: int) -> list[tuple[int, int]]:
    """Ranges of groups with at least `least` values each, but for the last.

    Examples
    --------
    >>> _ranges(np.array([5, 1, 1, 9, 0]), 7)
    [(0, 3), (3, 4), (4, 5)]
    """
    ends, held = [], 0
    for group, count in enumerate(counts.tolist(), 1):
        held += count
        if held >= least:
            ends.append(group)
            held = 0
    if not ends or ends[-1] < len(counts):
        ends.append(len(counts))
    return list(zip([0, *ends], ends, strict=False))
