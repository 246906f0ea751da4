"""Small samples of a large case that a response came from: places that differ, and places that agree.

1. A *place* is the total of a base group, its whole series, or one interval of it. Except for ranking, places
   are independent of each other: their values depend on the sessions of their group, or of their interval of
   it, alone.
2. A sample has places of all sizes, as few sessions make a wrong hypothesis fail quickly, and some bugs show
   among many only. The smallest come first.
3. Each place is a case of its own, without page and order.
"""

import dataclasses
import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

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

Symptom: TypeAlias = tuple[bool, str | None]
"""The kind of a position: whether it is a total, and its field."""


class Place(NamedTuple):
    """Values that depend on some sessions alone.

    Parameters
    ----------
    base : group key
        A base group.
    bucket : int or None
        An interval of it; `None` for all of it.
    is_total : bool
        Whether it is the total, and not the series.
    """

    base: GroupKey
    bucket: int | None
    is_total: bool


FEW: Final = 16
"""Places that are worth more sessions than intended."""

STRETCHED: Final = 3
"""How many times the intended sessions these may have."""

SIZES: Final = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
"""Sessions of the places that samples have, about."""


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
    """The sessions of a case by place.

    Parameters
    ----------
    sessions : Sessions
    query : Query
    renamed : mapping of group to group
        The base groups whose sessions are in another one.
    """

    def __init__(
        self, sessions: Sessions, query: Query, renamed: Mapping[GroupKey, GroupKey] = MappingProxyType({})
    ) -> None:
        names = [name for name in query.group_by if name in KEY_COLUMNS]
        columns = [getattr(sessions, KEY_COLUMNS[name]) for name in names]
        window = query.window
        self._sessions = sessions
        self.n_buckets = max(1, window.n_intervals)
        self._buckets = {
            format_instant(window.start + bucket * window.interval): bucket
            for bucket in range(window.n_intervals)
        }
        self._codes: list[dict[Any, int]] = [
            {value: code for code, value in enumerate(column.categories)} for column in columns
        ]
        self._radix = [len(column.categories) for column in columns]
        groups = np.zeros(len(sessions), np.int64)
        for column in columns:
            groups = groups * len(column.categories) + column.codes
        self._names, self._columns = names, columns
        self.merged = frozenset(renamed.values())
        self._others: dict[GroupKey, int] = {}
        for old, new in renamed.items():
            number = self._number(new)
            if number < 0:
                number = self._others.setdefault(new, math.prod(self._radix) + len(self._others))
            groups[groups == self._number(old)] = number
        # What begins just beside the window shows bugs of its edges: it belongs to the outermost intervals.
        at = (microseconds(sessions.started) - window.start) // window.interval
        bucket = np.clip(at, 0, self.n_buckets - 1)
        self._inside = at == bucket
        self._groups = _Index(groups)
        self._cells = _Index(np.where(np.abs(at - bucket) > 1, -1, groups * self.n_buckets + bucket))

    @property
    def intervals(self) -> list[str]:
        """Starts of the buckets."""
        return list(self._buckets)

    def places_of(self, path: Path) -> list[Place]:
        """The places that a position belongs to."""
        if path.group is None or path.field is None:
            return []
        base = base_of(path.group)
        if path.part == TOTALS:
            return [Place(base, None, True)]
        bucket = self._buckets.get(path.part)
        return [] if bucket is None else [Place(base, None, False), Place(base, bucket, False)]

    def size(self, place: Place) -> int:
        """Number of sessions of a place."""
        index, number = self._found(place)
        return index.size(number)

    def places(self, bases: Iterable[GroupKey]) -> list[Place]:
        """Every place of some base groups that has sessions."""
        whole = [Place(base, None, is_total) for base in bases for is_total in (True, False)]
        cells = [Place(base, bucket, False) for base in bases for bucket in range(self.n_buckets)]
        return [place for place in (*whole, *cells) if self.size(place)]

    def sample(self, places: Iterable[Place], each: int, most: int) -> list[Place]:
        """Places of all sizes, about `each` of a size and a kind, with at most `most` sessions together.

        Of a few there may be some times as many sessions; `each` of the smallest are there in any case.
        """
        chosen: list[Place] = []
        kinds: dict[tuple[bool, bool], list[Place]] = {}
        for place in self.by_size(places):
            kinds.setdefault((place.bucket is None, place.is_total), []).append(place)
        smallest = min((self.size(ordered[0]) for ordered in kinds.values()), default=0)
        most = max(most // max(1, len(kinds)), each * smallest)
        for ordered in kinds.values():
            sizes = [self.size(place) for place in ordered]
            taken = set(range(0, len(sizes), -(-len(sizes) // (4 * each))))
            for wanted in SIZES:
                begin = max(0, min(bisect_left(sizes, wanted), len(sizes) - each))
                taken |= set(range(begin, min(begin + each, len(sizes))))
            used, few = 0, len(chosen) + FEW
            for number in sorted(taken):
                used += sizes[number]
                if used > (1 if len(chosen) >= few else STRETCHED) * most:
                    break
                chosen.append(ordered[number])
        return chosen

    def firsts(self) -> dict[GroupKey, dict[str, Any]]:
        """The first session of every base group in the window, in their order."""
        inside = np.flatnonzero(self._inside)
        numbers = np.zeros(len(inside), np.int64)
        for column, radix in zip(self._columns, self._radix, strict=True):
            numbers = numbers * radix + column.codes[inside]
        _, first = np.unique(numbers, return_index=True)
        records = to_records(self._sessions[inside[np.sort(first)]])
        return {tuple((name, each[KEY_COLUMNS[name]]) for name in self._names): each for each in records}

    def by_size(self, places: Iterable[Place]) -> list[Place]:
        """Some places, the smallest first, in the same order in every run."""
        return sorted(places, key=lambda place: (self.size(place), repr(place)))

    def rows(self, places: Sequence[Place]) -> list[list[dict[str, Any]]]:
        """The sessions of some places."""
        rows = [index.rows(number) for index, number in map(self._found, places)]
        records = iter(to_records(self._sessions[np.concatenate([[], *rows]).astype(np.intp)]))
        return [[next(records) for _ in each] for each in rows]

    def _found(self, place: Place) -> tuple["_Index", int]:
        number = self._number(place.base)
        if place.bucket is None or number < 0:
            return self._groups, number
        return self._cells, number * self.n_buckets + place.bucket

    def _number(self, base: GroupKey) -> int:
        if base in self._others:
            return self._others[base]
        number: int = 0
        for (_, value), codes, radix in zip(base, self._codes, self._radix, strict=True):
            if value not in codes:
                return -2
            number = number * radix + codes[value]
        return number


class _Index:
    """The rows of each number."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        self._order = np.argsort(numbers, kind="stable")
        present, begin, counts = np.unique(numbers[self._order], return_index=True, return_counts=True)
        self._runs: dict[int, tuple[int, int]] = dict(
            zip(present.tolist(), zip(begin.tolist(), counts.tolist(), strict=True), strict=True)
        )

    def size(self, number: int) -> int:
        """How many rows have a number."""
        return self._runs.get(number, (0, 0))[1]

    def rows(self, number: int) -> NDArray[np.intp]:
        """Those rows."""
        begin, count = self._runs.get(number, (0, 0))
        return self._order[begin : begin + count]


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
