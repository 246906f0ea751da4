"""Small samples of a large case that a response came from: units that differ, and units that agree.

1. A *unit* is a base group, or one of its buckets if groups are too large or too few. Except for ranking,
   units are independent of each other: the values of a unit depend on its own sessions alone.
2. A sample has small units: first one for each field that differs, then more, then some that agree.
3. It is a case of its own, without page and order, whose answer has every unit.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from sessionstats.bucketing import microseconds
from sessionstats.fields import KEY_COLUMNS
from sessionstats.instants import format_instant
from sessionstats.io.records import to_records
from sessionstats.request.parameters import NAMES, Parameters
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions
from sessionstats.testing.bugs.bug import Bug
from sessionstats.testing.findings import TOTALS, GroupKey, Path
from sessionstats.testing.oracle import UNCAPPED, base_of

Unit: TypeAlias = tuple[GroupKey, int | None]
"""A base group, and a bucket or `None` for all of it."""

Symptom: TypeAlias = tuple[bool, str | None]
"""The kind of a position: whether it is a total, and its field."""

MOST_UNITS: Final = 60
"""Units of a sample."""

USUAL: Final = 16
"""Units of a sample if there are some of a suitable size."""

AGREEING: Final = 0.3
"""Share of a sample's rows that belong to units that agree."""

STRETCHED: Final = 12
"""How many times its intended size a sample may have."""

UNPAGED: Final = ("per_page", "cursor", "orderBy")
"""Parameters that decide which groups are shown, but not their values."""


UNRELATED: Final = ("1.2", "2", "7", "8")
"""Sections, or their beginnings, of bugs that no unit shows: there are no updates, and no page."""

OF_TABLES: Final = ("rows-limited", "last-rows-lost")
"""Bugs that show only in whole tables."""


def symptom(path: Path) -> Symptom:
    """The kind of a position."""
    return path.part == TOTALS, path.field


class Table:
    """The sessions of a case by unit.

    Parameters
    ----------
    sessions : Sessions
    query : Query
    by_bucket : bool
        Whether a unit is a bucket of a base group.
    """

    def __init__(self, sessions: Sessions, query: Query, *, by_bucket: bool) -> None:
        names = [name for name in query.group_by if name in KEY_COLUMNS]
        columns = [getattr(sessions, KEY_COLUMNS[name]) for name in names]
        window = query.window
        self._sessions, self.by_bucket = sessions, by_bucket
        self._buckets = {
            format_instant(window.start + bucket * window.interval): bucket
            for bucket in range(window.n_intervals)
        }
        self._codes: list[dict[Any, int]] = [
            {value: code for code, value in enumerate(column.categories)} for column in columns
        ]
        self._radix = [len(column.categories) for column in columns]
        rows = np.zeros(len(sessions), np.int64)
        for column in columns:
            rows = rows * len(column.categories) + column.codes
        if by_bucket:
            # What begins just beside the window shows bugs of its edges: it belongs to the outermost buckets.
            at = (microseconds(sessions.started) - window.start) // window.interval
            bucket = np.clip(at, 0, window.n_intervals - 1)
            rows = np.where(np.abs(at - bucket) > 1, -1, rows * window.n_intervals + bucket)
        self._rows = rows
        numbers, counts = np.unique(rows, return_counts=True)
        self._sizes: dict[int, int] = dict(zip(numbers.tolist(), counts.tolist(), strict=True))

    @property
    def intervals(self) -> list[str]:
        """Starts of the buckets."""
        return list(self._buckets)

    def unit_of(self, path: Path) -> Unit | None:
        """The unit that a position belongs to; `None` if it belongs to none."""
        if path.group is None or path.field is None:
            return None
        bucket = self._buckets.get(path.part)
        if bucket is None and (self.by_bucket or path.part != TOTALS):
            return None
        return base_of(path.group), bucket if self.by_bucket else None

    def size(self, unit: Unit) -> int:
        """Number of sessions of a unit."""
        return self._sizes.get(self._number(unit), 0)

    def units(self, bases: Iterable[GroupKey]) -> list[Unit]:
        """Every unit of some base groups that has sessions."""
        buckets: Sequence[int | None] = list(self._buckets.values()) if self.by_bucket else [None]
        return [unit for base in bases for bucket in buckets if self.size(unit := (base, bucket))]

    def sample(
        self, differing: Mapping[Unit, set[Symptom]], agreeing: Iterable[Unit], most: int, usual: int = USUAL
    ) -> list[Unit]:
        """Units of `most` sessions together, or a few times as many if fewer cannot show every field.

        If there are units of a suitable size, there are about `usual` of them.
        """
        order = self._fitting_best(differing, most // usual)
        first = [
            next((unit for unit in order if kind in differing[unit]), None)
            for kind in sorted(set().union(*differing.values()), key=repr)
        ]
        chosen = [unit for unit in dict.fromkeys(first) if unit is not None]
        left = most - sum(map(self.size, chosen))
        if left < (1 - STRETCHED) * most:
            return []
        kept = int(AGREEING * max(0, left))
        more = self._fitting([unit for unit in order if unit not in chosen], left - kept)
        return chosen + more + self._fitting(self._fitting_best(agreeing, most // usual), kept)

    def few(self, units: Iterable[Unit]) -> list[Unit]:
        """The smallest of some units."""
        return self.by_size(units)[:USUAL]

    def by_size(self, units: Iterable[Unit]) -> list[Unit]:
        """Some units, the smallest first, in the same order in every run."""
        return sorted(units, key=lambda unit: (self.size(unit), repr(unit)))

    def rows(self, units: Sequence[Unit]) -> list[dict[str, Any]]:
        """The sessions of some units."""
        chosen = np.isin(self._rows, [self._number(unit) for unit in units])
        return to_records(self._sessions[np.flatnonzero(chosen)])

    def _number(self, unit: Unit) -> int:
        base, bucket = unit
        number: int = 0
        for (_, value), codes, radix in zip(base, self._codes, self._radix, strict=True):
            if value not in codes:
                return -2
            number = number * radix + codes[value]
        return number if bucket is None else number * len(self._buckets) + bucket

    def _fitting_best(self, units: Iterable[Unit], suitable: int) -> list[Unit]:
        sizes = {unit: size for unit in units if (size := self.size(unit))}
        return sorted(sizes, key=lambda unit: abs(sizes[unit] - suitable))

    def _fitting(self, units: Sequence[Unit], most: int) -> list[Unit]:
        chosen: list[Unit] = []
        for unit in units[:MOST_UNITS]:
            most -= self.size(unit)
            if most < 0:
                break
            chosen.append(unit)
        return chosen


def case_of(
    params: str | Mapping[str, object], query: Query, now: str, projects: Mapping[str, int] | None
) -> dict[str, Any]:
    """A request as the protocol has it (§9), without sessions, page and order."""
    given = Parameters(params)
    values = {name: given.all(name) for name in NAMES if name not in UNPAGED}
    rules = {**dataclasses.asdict(query.rules), "max_points": UNCAPPED}
    return {
        "now": now,
        "params": {name: each for name, each in values.items() if each},
        "projects": None if projects is None else dict(projects),
        "rules": rules,
    }


def base_group(group: Any, case: Mapping[str, Any]) -> Any:
    """The base group of a group of a response; `None` if it is not one."""
    names = case["params"].get("groupBy", [])
    by = group.get("by") if isinstance(group, dict) else None
    if not isinstance(by, dict) or by.keys() != set(names):
        return None
    if any(isinstance(value, (dict, list)) for value in by.values()):
        return None
    return base_of(tuple((name, by[name]) for name in dict.fromkeys(names)))


def shows_in_units(bug: Bug) -> bool:
    """Whether a bug can show in a unit by itself."""
    section = bug.section
    return bug.id not in OF_TABLES and not any(
        section == each or section.startswith(f"{each}.") for each in UNRELATED
    )
