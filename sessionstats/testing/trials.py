"""A trial: a sample of places, the actual values there, and what hypotheses give.

1. Each place is a case of its own (`samples`), answered by the model; the smallest come first, so that a
   wrong hypothesis fails quickly.
2. Several hypotheses are one model with several changes. Two that replace one definition cannot be: where
   they touch different positions, each counts for its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from sessionstats.testing.asking import Asked, Few
from sessionstats.testing.bugs.bug import Variant
from sessionstats.testing.findings import ABSENT, GROUPS, SERIES, TOTALS, GroupKey, Path
from sessionstats.testing.flat import close
from sessionstats.testing.hypotheses import RIGHT, Hypothesis, contradict, together
from sessionstats.testing.samples import Place, Symptom, Table, base_group

Values: TypeAlias = list[Any]
"""The values of a cell, by position."""

State: TypeAlias = tuple[Hypothesis, ...]
"""Hypotheses that are all true at once."""


class Response:
    """The request, the response, and the sessions by place.

    Parameters
    ----------
    case : mapping
        The request, without sessions.
    body : mapping
        The response.
    table : Table
    """

    def __init__(self, case: Mapping[str, Any], body: Mapping[str, Any], table: Table) -> None:
        self.asked = Asked(case)
        self.table, self.case, self.frame = table, case, body
        self.names: list[str] = list(dict.fromkeys(case["params"].get("groupBy", [])))
        self.groups: dict[GroupKey, list[Any]] = {}
        for group in body[GROUPS]:
            base = base_group(group, case)
            if base is not None:
                self.groups.setdefault(base, []).append(group)
        self._variants: dict[State, Variant] = {(): RIGHT}
        self._cells: dict[tuple[Place, tuple[str, ...]], Cell] = {}

    @cached_property
    def kinds(self) -> set[Symptom]:
        """The kinds of positions that the response has."""
        return {
            (part == TOTALS, field)
            for groups in self.groups.values()
            for group in groups
            for part in (TOTALS, SERIES)
            for field in group.get(part) or ()
        }

    def variant(self, state: State) -> Variant:
        """The variant that some hypotheses are together."""
        if state not in self._variants:
            self._variants[state] = together([each.variant for each in state])
        return self._variants[state]

    def cells(self, places: Sequence[Place], fields: Sequence[str]) -> list["Cell"]:
        """Some places, with the fields that are compared there, the smallest first."""
        known = tuple(fields)
        new = [place for place in places if (place, known) not in self._cells]
        for place, sessions in zip(new, self.table.rows(new), strict=True):
            self._cells[place, known] = Cell(self, place, sessions, known)
        return sorted(
            (self._cells[place, known] for place in places),
            key=lambda cell: len(cell.sessions) + 5 * len(cell.paths),
        )


class Cell:
    """One place with its sessions: the actual values, and those that hypotheses give.

    Parameters
    ----------
    response : Response
    place : Place
    sessions : list of dict
    fields : tuple of str
    """

    def __init__(
        self, response: Response, place: Place, sessions: list[dict[str, Any]], fields: tuple[str, ...]
    ) -> None:
        self._response, self.place = response, place
        self._few = Few(response.asked, sessions)
        self.fields = tuple(name for name in fields if (place.is_total, name) in response.kinds)
        right, actual = self._groups(()), self._keyed(response.groups.get(place.base, []))
        buckets = range(len(response.table.intervals)) if place.bucket is None else [place.bucket]
        self._positions: list[tuple[GroupKey, str, int]] = [
            (key, field, bucket)
            for key in dict.fromkeys((*actual, *right))
            for field in self.fields
            for bucket in ([-1] if place.is_total else buckets)
        ]
        parts = [*response.table.intervals, TOTALS]
        self.paths = [Path(key, field, parts[bucket]) for key, field, bucket in self._positions]
        self.actual = [_value(actual.get(key), field, bucket) for key, field, bucket in self._positions]
        self.expected = self._values(right)
        self._known: dict[State, Values] = {(): self.expected}

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """The sessions of the place."""
        return self._few.sessions

    def cut(self, most: int) -> "Cell":
        """The same place with a part of its sessions; its actual values are of no use."""
        if len(self.sessions) <= most:
            return self
        return Cell(self._response, self.place, self.sessions[:: -(-len(self.sessions) // most)], self.fields)

    def gives(self, state: State) -> Values:
        """What some hypotheses give together."""
        if state not in self._known:
            self._known[state] = self._given(state)
        return self._known[state]

    def differing(self, one: Values, other: Values) -> list[int]:
        """Numbers of the positions at which two answers differ."""
        return [
            number for number, path in enumerate(self.paths) if not _alike(path, one[number], other[number])
        ]

    def is_right(self, state: State) -> bool:
        """Whether some hypotheses together give every actual value."""
        return all(map(_alike, self.paths, self.gives(state), self.actual))

    def same(self, one: State, other: State) -> bool:
        """Whether some hypotheses give the same as some others."""
        return all(map(_alike, self.paths, self.gives(one), self.gives(other)))

    def _given(self, state: State) -> Values:
        if len(state) > 1 and contradict([each.variant for each in state]):
            laid, seen = list(self.expected), set[int]()
            for each in state:
                alone = self.gives((each,))
                touched = set(self.differing(alone, self.expected))
                if touched & seen:
                    break
                seen |= touched
                for number in touched:
                    laid[number] = alone[number]
            else:
                return laid
        return self._values(self._groups(state))

    def _groups(self, state: State) -> dict[GroupKey, Any]:
        asked, place = self._response.asked, self.place
        variant = self._response.variant(state)
        groups = asked.groups(variant, self._few, self.fields, totals=place.is_total)
        if not groups and place.bucket is not None:  # the group may have sessions in other intervals
            groups = asked.empty(variant, place.base, self.fields)
        bases = {base_group(group, self._response.case) for group in groups}
        if place.bucket is not None and len(bases) == 1 and place.base in self._response.table.merged:
            bases = {place.base}  # the name of a merged group may depend on sessions in other intervals
            groups = [{**group, "by": {**group["by"], **dict(place.base)}} for group in groups]
        if bases == {place.base}:
            return self._keyed(groups)
        return self._keyed(group for group in groups if base_group(group, self._response.case) == place.base)

    def _keyed(self, groups: Iterable[Any]) -> dict[GroupKey, Any]:
        names = self._response.names
        return {tuple((name, group["by"][name]) for name in names): group for group in groups}

    def _values(self, groups: Mapping[GroupKey, Any]) -> Values:
        return [_value(groups.get(key), field, bucket) for key, field, bucket in self._positions]


def _value(group: Any, field: str, bucket: int) -> Any:
    """A total (−1), or the value of an interval."""
    try:
        return group[TOTALS][field] if bucket < 0 else group[SERIES][field][bucket]
    except (TypeError, KeyError, IndexError):
        return ABSENT


def _alike(path: Path, one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and one == other) or close(path, one, other)


class Trial:
    """A sample of cells together.

    Parameters
    ----------
    cells : sequence of Cell
        The smallest first.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = list(cells)

    def is_right(self, state: State) -> bool:
        """Whether some hypotheses together give every actual value."""
        return all(cell.is_right(state) for cell in self.cells)

    def same(self, one: State, other: State) -> bool:
        """Whether some hypotheses give the same as some others."""
        return all(cell.same(one, other) for cell in self.cells)

    def wrong(self, state: State) -> frozenset[tuple[Place, Path]]:
        """Positions at which some hypotheses together do not give the actual value."""
        return self._apart(lambda cell: (cell.gives(state), cell.actual))

    def between(self, one: State, other: State) -> frozenset[tuple[Place, Path]]:
        """Positions at which some hypotheses do not give the same as some others."""
        return self._apart(lambda cell: (cell.gives(one), cell.gives(other)))

    def _apart(self, values: Callable[[Cell], tuple[Values, Values]]) -> frozenset[tuple[Place, Path]]:
        return frozenset(
            (cell.place, cell.paths[number])
            for cell in self.cells
            for number in cell.differing(*values(cell))
        )
