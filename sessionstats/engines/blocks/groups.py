"""Finding the base groups, and counting their sessions, in one pass (§5, §7.1).

1. Σ quantity of each combination and health class is counted block by block; quantities are positive, so a
   combination exists if its count is not 0.
2. Combinations that exist are sorted by key; a table maps every combination to its group.
3. A ranking by sessions needs nothing else: groups that the cap drops are never measured.

Measured: with 100,000 releases and 10 million sessions the groups of the page are known after 0.1 s.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sessionstats.counting import sessions_by_class
from sessionstats.engines.blocks.scan import Scan
from sessionstats.engines.blocks.threads import run
from sessionstats.grouping import NO_GROUP, BaseGroups, makes_group
from sessionstats.health import health_class
from sessionstats.request.ordering import ByField


@dataclass(frozen=True)
class FoundGroups:
    """The base groups, and the mapping from a row to its group.

    Parameters
    ----------
    base : BaseGroups
    table : (combinations,) intp
        Base group of each combination, `NO_GROUP` for combinations without one.
    sessions : (groups, classes) int64
        Sessions of each group by health class; all in one column if the ranking needs no classes.
    """

    base: BaseGroups
    table: NDArray[np.intp]
    sessions: NDArray[np.int64]


def find_groups(scan: Scan) -> FoundGroups:
    """Find the base groups of the rows that count (§5)."""
    order, classes = scan.query.order, scan.query.rules.health_classes
    by_class = isinstance(order, ByField) and order.field.subject == "session"
    n_classes = len(classes) if by_class else 1

    def count(block: tuple[int, slice]) -> NDArray[np.int64]:
        rows, combination = scan.read(block)
        relevant = makes_group(rows, scan.query.counting_fields)
        if not relevant.all():
            rows, combination = rows[relevant], combination[relevant]
        health = health_class(rows.status, rows.errors, classes) if by_class else np.zeros(len(rows), np.int8)
        return sessions_by_class(combination, health, rows.quantity, scan.n_combinations, n_classes)

    counts = np.zeros((scan.n_combinations, n_classes), np.int64)
    for counted in run(count, scan.blocks, scan.settings.threads):
        counts += counted
    return _in_order_of_keys(scan, counts)


def _in_order_of_keys(scan: Scan, counts: NDArray[np.int64]) -> FoundGroups:
    if not scan.keys:
        return FoundGroups(BaseGroups({}, 1, 1), np.zeros(1, np.intp), counts)
    found = np.flatnonzero(counts.any(axis=1))
    codes = np.unravel_index(found, scan.radix)
    columns = scan.keys.values()
    ranks = [column.ranks[code] for column, code in zip(columns, codes, strict=True)]
    by_key = np.lexsort(ranks[::-1])  # lexsort's last key is the primary one
    table = np.full(scan.n_combinations, NO_GROUP, np.intp)
    table[found[by_key]] = np.arange(len(found))
    keys = {}
    for (name, column), code in zip(scan.keys.items(), codes, strict=True):
        values = np.empty(len(found), np.object_)
        values[:] = [column.categories[c] for c in code[by_key].tolist()]
        keys[name] = values
    base = BaseGroups(keys, len(found), len(found))
    return FoundGroups(base, table, counts[found[by_key]])
