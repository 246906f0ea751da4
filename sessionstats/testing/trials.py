"""A trial: a sample of units, the actual values there, and what hypotheses give.

1. A sample is a case of its own (`samples`), answered by the model: with all fields or one, with series or
   without.
2. Several hypotheses are one model with several changes. Two that replace one definition cannot be: where
   they touch different positions, each counts for its own.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from sessionstats.testing.findings import ABSENT, GROUPS, SERIES, TOTALS, Path
from sessionstats.testing.flat import Flat, close
from sessionstats.testing.hypotheses import OK, Evidence, Hypothesis, contradict, together
from sessionstats.testing.model.parameters import COUNTS
from sessionstats.testing.samples import Symptom, Table, Unit, base_group, symptom

State: TypeAlias = tuple[Hypothesis, ...]
"""Hypotheses that are all true at once."""


class Trial:
    """A sample, the actual values there, and what hypotheses give.

    Parameters
    ----------
    case : mapping
        The request, without sessions.
    body : mapping
        The response.
    table : Table
    units : sequence of (group, bucket)
        The sample.
    fields : sequence of str
        Those that are compared.
    """

    def __init__(
        self,
        case: Mapping[str, Any],
        body: Mapping[str, Any],
        table: Table,
        units: Sequence[Unit],
        fields: Sequence[str],
    ) -> None:
        chosen = set(units)
        bases = {base for base, _ in units}
        groups = [group for group in body[GROUPS] if base_group(group, case) in bases]
        self.evidence = Evidence(
            {**case, "sessions": table.rows(units)}, {"status": OK, "body": {GROUPS: groups}}
        )
        self.is_answered = self.evidence.answer["status"] == OK
        lacking = _lacking(self.evidence)
        expected = self.evidence.expected
        self.unit: dict[Path, Unit] = {}
        for path in expected.keys() | self.evidence.actual.keys():
            unit = table.unit_of(path)
            if unit in chosen and unit is not None and symptom(path) not in lacking and path.field in fields:
                self.unit[path] = unit
        if "0" in case["params"].get("includeSeries", ()):
            self.unit = {path: unit for path, unit in self.unit.items() if path.part == TOTALS}
        self._by_bucket = table.by_bucket
        self.expected: Flat = self._of_units(expected)
        self.actual: Flat = self._of_units(self.evidence.actual)
        self._known: dict[State, Flat] = {(): self.expected}

    def differing(self, one: Flat, other: Flat) -> frozenset[Path]:
        """Positions at which two answers differ."""
        return frozenset(path for path in self.unit if not close(path, one[path], other[path]))

    def wrong(self, state: State) -> frozenset[Path]:
        """Positions at which some hypotheses together do not give the actual value."""
        return self.differing(self.gives(state), self.actual)

    def is_right(self, state: State) -> bool:
        """Whether some hypotheses together give every actual value."""
        gives = self.gives(state)
        return all(close(path, gives[path], self.actual[path]) for path in self.unit)

    def touched(self, state: State) -> frozenset[Path]:
        """Positions at which some hypotheses together differ from the right answer."""
        return self.differing(self.gives(state), self.expected)

    def gives(self, state: State) -> Flat:
        """What some hypotheses give together."""
        if state not in self._known:
            self._known[state] = self._given(state)
        return self._known[state]

    def units_of(self, paths: frozenset[Path]) -> set[Unit]:
        """The units of positions."""
        return {self.unit[path] for path in paths}

    @cached_property
    def kinds(self) -> frozenset[Symptom]:
        """The kinds of positions that are compared."""
        return frozenset(map(symptom, self.unit))

    def _given(self, state: State) -> Flat:
        if contradict([each.variant for each in state]):
            laid, seen = dict(self.expected), frozenset[Path]()
            for each in state:
                touched = self.touched((each,))
                if touched & seen:
                    break
                seen |= touched
                laid |= {path: self.gives((each,))[path] for path in touched}
            else:
                return laid
        variant = state[0].variant if len(state) == 1 else together([each.variant for each in state])
        predicted = self.evidence.predicted(variant)
        return self._of_units(predicted)

    def _of_units(self, flat: Flat) -> Flat:
        """The values of the units. A group is absent if its sampled intervals hold nothing; others may."""
        return {path: flat[path] if path in flat else self._nothing(path, flat) for path in self.unit}

    def _nothing(self, path: Path, flat: Flat) -> Any:
        if self._by_bucket and path.part != TOTALS and Path(path.group, None, GROUPS) not in flat:
            return 0 if path.field in COUNTS else None
        return ABSENT


def _lacking(evidence: Evidence) -> set[Symptom]:
    """The kinds of positions that no group of the response has."""
    there = {symptom(path) for path in evidence.actual if path.part != SERIES}
    return {symptom(path) for path in evidence.expected if path.field is not None} - there
