"""Which groups an answer shows: none too many, none missing, in the order of their ranks (§5, §7).

1. A row that the case does not have is reported, and not compared further (§5).
2. The positions at which a unit may be follow from its rank; the units shown are checked against them
   (`pages`).
3. Units that are neither extra nor missing can still be too many or too few of equal rank (§7.6), lack some
   of their status groups (§5), or be out of order (§7.1).

The unit is the base group; ordered by ``release.timestamp`` it is the row (§7.5).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sessionstats.fields import STATUS
from sessionstats.request.ordering import ByReleaseDate, ranked_class
from sessionstats.testing.findings import ABSENT, GROUPS, Finding, GroupKey, Path
from sessionstats.testing.oracle import Oracle, base_of
from sessionstats.testing.pages import Verdict, check_page, positions
from sessionstats.testing.tolerance import Bounds, Measured, Tolerance, bounds, is_exact, may_overflow


def wrong_groups(
    oracle: Oracle, expected: Sequence[GroupKey], actual: Sequence[GroupKey], tolerance: Tolerance
) -> Iterator[Finding]:
    """What is wrong with the groups of an answer.

    Parameters
    ----------
    oracle : Oracle
        Of the case.
    expected, actual : sequence of distinct group keys
        Those of the kernel's answer and those to check, in the order of the answers.
    tolerance : Tolerance
        Of the ranking values.

    Yields
    ------
    Finding
        One for each group that is extra (`expected` is `ABSENT`) or missing (`actual` is), else for the list.
    """
    membership = _Membership(oracle, tolerance)
    if not membership.rows_of:
        yield from (
            group_finding(key, ABSENT, dict(key), "2.2", "the answer has no groups") for key in actual
        )
        return
    known = [key for key in actual if key in membership.unit_of]
    for key in actual:
        if key not in membership.unit_of:
            yield group_finding(key, ABSENT, dict(key), "5", "there is no such group")
    verdict = membership.check(expected, known)
    shown = set(known)
    for unit in verdict.extra:
        for key in membership.rows_of[unit]:
            if key in shown:
                yield group_finding(key, ABSENT, dict(key), "7.1", "the group does not belong to this page")
    for unit in verdict.missing:
        for key in membership.rows_of[unit]:
            yield group_finding(key, dict(key), ABSENT, "7.1", "the group is missing")
    if not verdict.extra and not verdict.missing:
        yield from membership.incomplete(expected, known)
        if verdict.misplaced:
            message = "the order of the groups contradicts their ranks"
            yield group_finding(None, _listed(expected), _listed(actual), "7.1", message)


def group_finding(
    key: GroupKey | None, expected: object, actual: object, section: str, message: str
) -> Finding:
    """A finding about a group as a whole, or about the list of groups."""
    return Finding(Path(key, None, GROUPS), expected, actual, None, section, message)


def _listed(keys: Sequence[GroupKey]) -> list[dict[str, object]]:
    return [dict(key) for key in keys]


@dataclass(frozen=True)
class _Membership:
    """The units of a page and the rows that each of them has."""

    oracle: Oracle
    tolerance: Tolerance

    @cached_property
    def rows_of(self) -> dict[GroupKey, list[GroupKey]]:
        """The rows of every unit, over all pages, in the order of the kernel."""
        query = self.oracle.query
        if query.order is None or query.window.n_intervals == 0:
            return {}
        rows = {base: self._rows(base) for base in self.oracle.ranking}
        if query.by_release_timestamp:
            return {row: [row] for of_base in rows.values() for row in of_base}
        return rows

    def _rows(self, base: GroupKey) -> list[GroupKey]:
        query, by = self.oracle.query, dict(base)
        if not query.by_status:
            return [base]
        classes: Sequence[str | None] = query.shown_classes
        if query.by_release_timestamp and base not in self.oracle.index_of:
            classes = [None]  # a release without sessions has no status groups (§7.5)
        return [
            tuple((name, name_class if name == STATUS else by[name]) for name in query.group_by)
            for name_class in classes
        ]

    @cached_property
    def unit_of(self) -> dict[GroupKey, GroupKey]:
        """The unit that each row belongs to."""
        return {row: unit for unit, rows in self.rows_of.items() for row in rows}

    def units(self, rows: Sequence[GroupKey]) -> list[GroupKey]:
        """The units of rows, in order of appearance."""
        return list(dict.fromkeys(self.unit_of[row] for row in rows))

    def check(self, expected: Sequence[GroupKey], known: Sequence[GroupKey]) -> Verdict[GroupKey]:
        """Check the units shown against the positions at which they may be."""
        order = self.oracle.query.order
        assert order is not None
        allowed = positions(self._ranks(), descending=order.descending)
        return check_page(
            allowed, self.units(known), self.oracle.query.page.offset, len(self.units(expected))
        )

    def _ranks(self) -> dict[GroupKey, Bounds | None]:
        """Bounds of the ranking value of every unit."""
        ranking, order = self.oracle.ranking, self.oracle.query.order
        assert order is not None
        bounds_of: dict[GroupKey, Bounds | None] = {}
        for base, rank in ranking.items():
            if rank is None:
                bounds_of[base] = None
            elif isinstance(order, ByReleaseDate) or is_exact(order.field, self.tolerance):
                bounds_of[base] = (rank, rank)
            else:
                classes = ranked_class(self.oracle.query.search.classes)
                ranked = Measured(order.field, base, classes)
                low, high = bounds(self.oracle, ranked, rank, self.tolerance)
                if may_overflow(self.oracle, ranked, self.tolerance):  # null, which is last, is right, too
                    low, high = (-math.inf, high) if order.descending else (low, math.inf)
                bounds_of[base] = low, high
        return {unit: bounds_of[base_of(unit)] for unit in self.rows_of}

    def incomplete(self, expected: Sequence[GroupKey], known: Sequence[GroupKey]) -> Iterator[Finding]:
        """Too few or too many units of equal rank (§7.6), and status groups that are missing (§5)."""
        units, size = self.units(known), len(self.units(expected))
        if len(units) != size:
            message = f"{len(units)} groups instead of {size}"
            yield group_finding(None, _listed(expected), _listed(known), "7.6", message)
            return
        shown = set(known)
        for unit in units:
            for key in self.rows_of[unit]:
                if key not in shown:
                    yield group_finding(key, dict(key), ABSENT, "5", "the status group is missing")
