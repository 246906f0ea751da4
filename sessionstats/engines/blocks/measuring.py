"""Measuring cells, and the groups they make up (§6).

1. Place the rows (`placing`).
2. For each kind of value, divide the groups into tasks of some hundred thousand values. A task reads its
   values, measures its cells, for the series, and then its groups, for the totals. Tasks of all kinds share
   the threads.
3. A group much larger than a task is measured alone, and the threads share its cells.
4. A total of sessions is the sum over its cells, which are whole numbers. Totals of users and durations are
   not sums: they are measured again from the rows.
"""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.engines.blocks.cells import CellValues
from sessionstats.engines.blocks.durations import join_parts, parts_of_groups, statistics, sums_of_cells
from sessionstats.engines.blocks.placing import DURATIONS, Placing
from sessionstats.engines.blocks.threads import run
from sessionstats.engines.blocks.users import distinct
from sessionstats.measures import Measures

LARGE: Final = 4
"""A task with more than this many times the usual number of values is large."""

Pair: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""The same measures per group and per cell: (measures, groups) and (measures, cells)."""

Task: TypeAlias = tuple[str, int, int]
"""A kind of value, the first group, and the end of the range of groups."""

Counts: TypeAlias = NDArray[np.int64]
"""Number of values per cell, or per group."""


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
    """Measures of every kind of value."""
    threads, task_rows, n_buckets = (
        placing.scan.settings.threads,
        placing.scan.settings.task_rows,
        placing.n_buckets,
    )
    small: list[Task] = []
    large: list[Task] = []
    for kind in reversed(kept):  # durations take longest, so they come first
        counts = kept[kind].counts().reshape(placing.n_groups, n_buckets).sum(axis=1)
        for first, end in _ranges(counts, task_rows):
            is_large = counts[first:end].sum() > LARGE * task_rows
            (large if is_large else small).append((kind, first, end))

    def measured(task: Task, threads: int = 1) -> Pair:
        kind, first, end = task
        values, counts = kept[kind].of(first * n_buckets, end * n_buckets)
        return _measure_groups(values, counts, placing, is_duration=kind == DURATIONS, threads=threads)

    done = dict(zip(small, run(measured, small, threads), strict=True))
    done |= {task: measured(task, threads) for task in large}
    result = {}
    for kind in kept:
        groups, cells = zip(*[done[task] for task in sorted(done) if task[0] == kind], strict=True)
        result[kind] = (np.concatenate(groups, axis=1), np.concatenate(cells, axis=1))
    return result


def _measure_groups(
    values: NDArray[Any], counts: Counts, placing: Placing, *, is_duration: bool, threads: int
) -> Pair:
    """Measures of some groups and their cells from their values, which it sorts in place."""
    names = placing.needs.statistics
    offsets = np.concatenate(([0], np.cumsum(counts)))

    def cells(cells: tuple[int, int]) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
        first, end = cells
        of_cells, lengths = values[offsets[first] : offsets[end]], counts[first:end]
        if not is_duration:
            return distinct(of_cells, lengths)[np.newaxis], None
        parts = sums_of_cells(of_cells, lengths, names)
        return statistics(of_cells, lengths, names, parts), parts

    ranges = _ranges(counts, placing.scan.settings.task_rows)
    measured, parts = zip(*run(cells, ranges, threads), strict=True)
    by_cell = np.concatenate(measured, axis=1)
    if placing.n_buckets == 1:
        return by_cell, by_cell
    n_groups = len(counts) // placing.n_buckets
    by_group = counts.reshape(n_groups, placing.n_buckets).sum(axis=1)
    if not is_duration:
        return distinct(values, by_group)[np.newaxis], by_cell
    parts_by_group = parts_of_groups(join_parts(parts), n_groups)
    return statistics(values, by_group, names, parts_by_group), by_cell


def _ranges(counts: Counts, least: int) -> list[tuple[int, int]]:
    """Ranges of groups, or cells, with at least `least` values each, except for the last.

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
