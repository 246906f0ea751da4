"""Placing rows in cells, block by block (§3.5, §6).

1. A row of a group on the page belongs to a cell, group × bucket; other rows are left out.
2. Sessions are counted by cell and health class (§6.1).
3. A row has *kinds*, one bit each: the user sets that it puts its user into (§6.2), and a duration that
   counts (§6.3). The block is sorted by cell once; the values of each kind are then gathered in that order.

One order serves every kind, and a set of few users costs little more than testing its bit.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.bucketing import bucket_index
from sessionstats.columns.encoding import MISSING
from sessionstats.counting import sessions_by_class, set_membership
from sessionstats.engines.blocks.cells import CellValues, order_by_cell
from sessionstats.engines.blocks.scan import Scan
from sessionstats.engines.blocks.threads import run
from sessionstats.health import has_duration, health_class
from sessionstats.measures import Needs
from sessionstats.sessions import Sessions

DURATIONS: Final = "durations"
"""Name of the durations among the kinds; the other kinds are user sets."""

MAX_KINDS: Final = 8
"""Kinds that the bits of a byte can distinguish."""


@dataclass(frozen=True)
class Placing:
    """Where rows go, and what is measured of them.

    Parameters
    ----------
    scan : Scan
    place : (combinations,) intp
        Group of each combination, from 0; −1 for rows to leave out.
    n_groups, n_buckets : int
        With one bucket, cells are groups.
    needs : Needs
    """

    scan: Scan
    place: NDArray[np.intp]
    n_groups: int
    n_buckets: int
    needs: Needs

    def __post_init__(self) -> None:
        if len(self.kinds) > MAX_KINDS:
            raise ValueError(f"{len(self.kinds)} kinds of values do not fit into {MAX_KINDS} bits")

    @property
    def n_cells(self) -> int:
        """Number of cells; the cells of group ``g`` begin at ``g * n_buckets``."""
        return self.n_groups * self.n_buckets

    @property
    def classes(self) -> tuple[str, ...]:
        """The edition's health classes."""
        return self.scan.query.rules.health_classes

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of value to measure, in the order of their bits."""
        return (*self.needs.user_sets, DURATIONS) if self.needs.statistics else self.needs.user_sets

    def run(self) -> tuple[NDArray[np.int64], dict[str, CellValues]]:
        """Sessions of each cell by class, and the values of each kind by cell."""
        blocks = self.scan.blocks
        kept = {kind: CellValues(len(blocks), self.n_cells) for kind in self.kinds}
        sessions = np.zeros((self.n_cells, len(self.classes) if self.needs.sessions else 0), np.int64)
        counted = run(lambda block: self._block(block, kept), range(len(blocks)), self.scan.settings.threads)
        for counts in counted:
            sessions += counts
        return sessions, kept

    def _block(self, block: int, kept: dict[str, CellValues]) -> NDArray[np.int64]:
        """Place one block: keep its values, return its sessions by cell and class."""
        rows, combination = self.scan.read(self.scan.blocks[block])
        cell = self.place[combination]
        inside = cell >= 0
        if not inside.all():
            rows, cell = rows[inside], cell[inside]
        if self.n_buckets > 1:
            cell *= self.n_buckets
            cell += bucket_index(rows.started, self.scan.query.window)
        health = np.empty(0, np.int8)
        if self.needs.sessions or self.needs.user_sets:
            health = health_class(rows.status, rows.errors, self.classes)
        if kept:
            self._keep(block, rows, cell, self._kinds_of(rows, health), kept)
        if not self.needs.sessions:
            return np.zeros((self.n_cells, 0), np.int64)
        return sessions_by_class(cell, health, rows.quantity, self.n_cells, len(self.classes))

    def _kinds_of(self, rows: Sessions, health: NDArray[np.int8]) -> NDArray[np.uint8]:
        """The kinds of each row, one bit each."""
        sets, mechanism = self.needs.user_sets, rows.abnormal_mechanism
        kinds = np.zeros(len(rows), np.uint8)
        if sets:
            kinds = set_membership(sets, health, self.classes, mechanism.codes, mechanism.categories)
            kinds *= rows.distinct_id.codes != MISSING
        if self.needs.statistics:
            kinds |= has_duration(rows.status, rows.duration) * np.uint8(1 << len(sets))
        return kinds

    def _keep(
        self,
        block: int,
        rows: Sessions,
        cell: NDArray[np.intp],
        kinds: NDArray[np.uint8],
        kept: dict[str, CellValues],
    ) -> None:
        order = order_by_cell(cell, self.n_cells)
        kinds = kinds.take(order)
        ends = np.cumsum(np.bincount(cell, minlength=self.n_cells))
        for bit, kind in enumerate(self.kinds):
            values: NDArray[Any] = rows.duration if kind == DURATIONS else rows.distinct_id.codes
            chosen = np.flatnonzero(kinds & np.uint8(1 << bit) != 0)
            kept[kind].put(block, np.searchsorted(chosen, ends), values.take(order.take(chosen)))
