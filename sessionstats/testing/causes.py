"""Causes of the differences in one response, confirmed on units other than those that they were found on.

1. On a small sample (`samples`) every variant of every known bug is tried: those are kept that give the
   actual value at some position that differs.
2. On a larger sample they are combined greedily: the one that leaves least unexplained, then the next.
3. On a larger sample still they are confirmed. A cause is named only if it predicts every actual value at the
   kinds of positions that it touches, those that differ and those that agree; and if it is needed for at
   least `NEEDED` units besides the first.
4. Rivals that no unit distinguishes are named together; if there are many, none is named.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sessionstats.instants import format_instant
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions
from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Bug
from sessionstats.testing.findings import ABSENT, GROUPS, SERIES, TOTALS, Finding, Path
from sessionstats.testing.flat import Flat, close
from sessionstats.testing.hypotheses import OK, Evidence, Hypothesis, hypotheses_for, together
from sessionstats.testing.samples import (
    Symptom,
    Table,
    Unit,
    base_group,
    case_of,
    shows_in_units,
    symptom,
)

Score: TypeAlias = tuple[bool, int]
"""Whether a hypothesis gives any wrong value; and how many more of its values are wrong than right."""

SMALL: Final = 40
"""Sessions of the sample on which every hypothesis is tried."""

LARGE: Final = 600
"""Sessions of the sample on which the remaining ones are combined."""

LARGEST: Final = 4000
"""Sessions of the sample on which they are confirmed."""

NEEDED: Final = 5
"""Further units that a cause must have predicted."""

MOST_CAUSES: Final = 4
"""Causes that are looked for at once."""

MOST_KEPT: Final = 20
"""Hypotheses about the same fields that are tried on the larger sample."""

MOST_COMBINED: Final = 4
"""Of these, those that are combined."""

MOST_RIVALS: Final = 3
"""Bugs that may be named for one cause."""

SECONDS: Final = 12.0
"""Processor time for all of it; beyond that no cause is named."""


@dataclass(frozen=True)
class Confirmed:
    """What explains some of the differences.

    Parameters
    ----------
    hypotheses : tuple of Hypothesis
        The cause; several are rivals that no unit distinguished.
    predicted : int
        How many further units it predicted: all that there were.
    unit : str
        What a unit is: ``groups`` or ``intervals``.
    """

    hypotheses: tuple[Hypothesis, ...]
    predicted: int
    unit: str

    @property
    def bugs(self) -> list[Bug]:
        """The bugs of the rivals, each once."""
        return list({each.bug.id: each.bug for each in self.hypotheses}.values())

    def __str__(self) -> str:
        titles = " or ".join(f"{bug.title} (§{bug.section})" for bug in self.bugs)
        return f"{titles}: predicted {self.predicted} of {self.predicted} further {self.unit}"

    def to_dict(self) -> dict[str, Any]:
        """The cause as JSON-ready values."""
        return {
            "diagnoses": [bug.id for bug in self.bugs],
            "titles": [bug.title for bug in self.bugs],
            "predicted": self.predicted,
            "tried": self.predicted,
            "unit": self.unit,
        }


class _TooLong(Exception):  # noqa: N818 - not an error
    """The time is up."""


def causes_of(
    sessions: Sessions,
    params: str | Mapping[str, object],
    query: Query,
    body: Mapping[str, Any],
    findings: Sequence[Finding],
    *,
    now: object = None,
    projects: Mapping[str, int] | None = None,
    seconds: float,
) -> tuple[Confirmed, ...]:
    """The causes of the differences between a response and its sessions.

    Parameters
    ----------
    sessions : Sessions
    params : str or mapping
        The request.
    query : Query
        The request, as it was read.
    body : mapping
        The response.
    findings : sequence of Finding
        The differences.
    now : object
        The instant of the request, if it is known.
    projects : mapping, optional
    seconds : float

    Returns
    -------
    tuple of Confirmed
        Empty if nothing is confirmed.
    """
    deadline = time.process_time() + seconds
    ends = (query.window.end - 1, query.window.end)
    instants = [now] if isinstance(now, str) else [format_instant(at) for at in ends]
    cases = [case_of(params, query, instant, projects) for instant in instants]
    try:
        for by_bucket in (False, True):
            table = Table(sessions, query, by_bucket=by_bucket)
            case = next((case for case in cases if _intervals(case) == table.intervals), None)
            if case is not None and (found := _Search(table, case, body, findings, deadline).causes()):
                return found
    except _TooLong:
        pass
    return ()


def _intervals(case: Mapping[str, Any]) -> Any:
    return model.answer({**case, "sessions": []})["body"].get("intervals")


class _Trial:
    """A sample, the actual values there, and what hypotheses give."""

    def __init__(
        self, case: Mapping[str, Any], body: Mapping[str, Any], table: Table, units: Sequence[Unit]
    ) -> None:
        chosen = set(units)
        bases = {base for base, _ in units}
        groups = [group for group in body[GROUPS] if base_group(group, case) in bases]
        actual = {"status": OK, "body": {GROUPS: groups}}
        self.evidence = Evidence({**case, "sessions": table.rows(units)}, actual)
        lacking = _lacking(self.evidence)
        expected = self.evidence.expected
        self.unit: dict[Path, Unit] = {}
        for path in expected.keys() | self.evidence.actual.keys():
            unit = table.unit_of(path)
            if unit in chosen and unit is not None and symptom(path) not in lacking:
                self.unit[path] = unit
        if "0" in case["params"].get("includeSeries", ()):
            self.unit = {path: unit for path, unit in self.unit.items() if path.part == TOTALS}
        self.expected: Flat = {path: expected.get(path, ABSENT) for path in self.unit}
        self.actual: Flat = {path: self.evidence.actual.get(path, ABSENT) for path in self.unit}
        self._known: dict[Hypothesis, Flat] = {}

    def differing(self, one: Flat, other: Flat) -> frozenset[Path]:
        """Positions at which two answers differ."""
        return frozenset(path for path in self.unit if not close(path, one[path], other[path]))

    def gives(self, each: Hypothesis) -> Flat:
        """What a hypothesis gives."""
        if each not in self._known:
            predicted = self.evidence.predicted(each.variant)
            self._known[each] = {path: predicted.get(path, ABSENT) for path in self.unit}
        return self._known[each]

    def touched(self, each: Hypothesis) -> frozenset[Path]:
        """Positions at which a hypothesis differs from the right answer."""
        return self.differing(self.gives(each), self.expected)

    def give(self, chosen: Sequence[Hypothesis]) -> Flat:
        """What several hypotheses give together; where they touch different positions, each on its own."""
        laid = dict(self.expected)
        seen: frozenset[Path] = frozenset()
        for each in chosen:
            touched = self.touched(each)
            if touched & seen:
                predicted = self.evidence.predicted(together([one.variant for one in chosen]))
                return {path: predicted.get(path, ABSENT) for path in self.unit}
            seen |= touched
            laid |= {path: self.gives(each)[path] for path in touched}
        return laid

    def units_of(self, paths: frozenset[Path]) -> set[Unit]:
        """The units of positions."""
        return {self.unit[path] for path in paths}


class _Search:
    """The search for causes among units of one kind."""

    def __init__(
        self,
        table: Table,
        case: Mapping[str, Any],
        body: Mapping[str, Any],
        findings: Sequence[Finding],
        deadline: float,
    ) -> None:
        self._table, self._case, self._body, self._deadline = table, case, body, deadline
        self._differing: dict[Unit, set[Symptom]] = {}
        for finding in findings:
            unit = table.unit_of(finding.path)
            if unit is not None and table.size(unit):
                self._differing.setdefault(unit, set()).add(symptom(finding.path))

    def causes(self) -> tuple[Confirmed, ...]:
        """What was confirmed."""
        totals = {field for kinds in self._differing.values() for is_total, field in kinds if is_total}
        fields = {field for kinds in self._differing.values() for _, field in kinds}
        small = self._trial(SMALL, {} if fields - totals else {"includeSeries": ["0"]})
        large = self._trial(LARGE, {})
        if small is None or large is None:
            return ()
        plausible = self._plausible(small)
        likely = self._likely(small, plausible)
        explained = [_fields(small.touched(each)) for each, (missed, _) in likely.items() if not missed]
        if left := _fields(small.differing(small.expected, small.actual)).difference(*explained):
            # Two bugs in one field: in short intervals there may be one of them alone.
            touching = [each for each in plausible if left & _fields(small.touched(each))]
            likely |= self._likely(self._trial(SMALL, {}) or small, touching)
        likely = self._likely(large, _best(small, likely, MOST_KEPT))
        combined = _best(large, self._distinguished(large, likely), MOST_COMBINED)
        chosen = self._clean(large, self._together(large, combined))
        largest = self._trial(LARGEST, {}) if chosen else None
        if largest is None:
            return ()
        chosen = self._clean(largest, chosen)
        rivals = {each: self._in_its_place(large, each, chosen, likely) for each in chosen}
        found = (self._confirmed(largest, each, chosen, rivals[each]) for each in chosen)
        return tuple(each for each in found if each is not None)

    def _trial(self, rows: int, params: Mapping[str, Any]) -> _Trial | None:
        """A sample of so many sessions; `None` if there is none, or its answer is not that of all sessions.

        If the totals of every field differ, they are enough to begin with.
        """
        if len(self._differing) <= NEEDED:
            return None
        bases = {base for group in self._body[GROUPS] if (base := base_group(group, self._case)) is not None}
        agreeing = [unit for unit in self._table.units(bases) if unit not in self._differing]
        units = self._table.sample(self._differing, agreeing, rows)
        if not units:
            return None
        case = {**self._case, "params": {**self._case["params"], **params}}
        trial = _Trial(case, self._body, self._table, units)
        wrong = trial.units_of(trial.differing(trial.expected, trial.actual))
        return trial if trial.evidence.answer["status"] == OK and wrong <= self._differing.keys() else None

    def _plausible(self, trial: _Trial) -> list[Hypothesis]:
        """The hypotheses to begin with; for many sessions, those that in a few touch only differences.

        Those that touch nothing there may need more sessions.
        """
        case = trial.evidence.case
        rows = case["sessions"]
        few = Evidence({**case, "sessions": rows[:: -(-len(rows) // SMALL)]}, None)
        every = [each for each in hypotheses_for(few.case) if shows_in_units(each.bug)]
        if len(rows) <= 3 * SMALL:
            return every
        wrong = set().union(*self._differing.values())
        compared = set(map(symptom, trial.unit))
        plausible = []
        for each in self._in_time(every):
            touched = few.apart(few.predicted(each.variant), few.expected)
            kinds = compared & set(map(symptom, touched))
            if kinds <= wrong:
                plausible.append(each)
        return plausible

    def _likely(self, trial: _Trial, hypotheses: Sequence[Hypothesis]) -> dict[Hypothesis, Score]:
        """The hypotheses that give an actual value somewhere, with their scores: less is better."""
        scores: dict[Hypothesis, Score] = {}
        for each in self._in_time(hypotheses):
            touched = trial.touched(each)
            missed = touched & trial.differing(trial.gives(each), trial.actual)
            if touched - missed:
                scores[each] = bool(missed), len(missed) - len(touched - missed)
        return scores

    def _together(self, trial: _Trial, kept: Sequence[Hypothesis]) -> list[Hypothesis]:
        """Hypotheses that together leave least unexplained, chosen one by one."""
        chosen: list[Hypothesis] = []
        left = len(trial.differing(trial.expected, trial.actual))
        while left and len(chosen) < MOST_CAUSES:
            ways = {
                each: len(trial.differing(trial.give([*chosen, each]), trial.actual))
                for each in self._in_time(kept)
                if each not in chosen
            }
            best = min(ways, key=lambda each: ways[each], default=None)
            if best is None or ways[best] >= left:
                break
            chosen.append(best)
            left = ways[best]
        return chosen

    def _clean(self, trial: _Trial, chosen: list[Hypothesis]) -> list[Hypothesis]:
        """Those of them that leave nothing unexplained at the kinds of positions that they touch."""
        while chosen:
            wrong = {symptom(path) for path in trial.differing(trial.give(chosen), trial.actual)}
            clean = [each for each in chosen if wrong.isdisjoint(map(symptom, trial.touched(each)))]
            if len(clean) == len(chosen):
                break
            chosen = clean
        return chosen

    def _distinguished(self, trial: _Trial, likely: Mapping[Hypothesis, Score]) -> dict[Hypothesis, Score]:
        """One for each distinct prediction; 1 and 1.0 are equal, so how a rate is written does not matter."""
        first: dict[Any, Hypothesis] = {}
        for each in likely:
            gives = trial.gives(each)
            first.setdefault(frozenset((path, gives[path]) for path in trial.touched(each)), each)
        return {each: likely[each] for each in first.values()}

    def _in_its_place(
        self, trial: _Trial, each: Hypothesis, chosen: Sequence[Hypothesis], hypotheses: Iterable[Hypothesis]
    ) -> list[Hypothesis]:
        """The hypotheses that could replace a cause beside the other causes; alone they may differ."""
        others = [other for other in chosen if other is not each]
        whole, fields = trial.give(chosen), _fields(trial.touched(each))
        return [
            one
            for one in self._in_time(hypotheses)
            if one not in others
            and not fields.isdisjoint(_fields(trial.touched(one)))
            and not trial.differing(trial.give([*others, one]), whole)
        ]

    def _confirmed(
        self, trial: _Trial, each: Hypothesis, chosen: list[Hypothesis], rivals: Sequence[Hypothesis]
    ) -> Confirmed | None:
        whole = trial.give(chosen)
        without = trial.give([other for other in chosen if other is not each])
        needed = trial.units_of(trial.differing(whole, without))
        if len(needed) <= NEEDED:
            return None
        rivals = self._in_its_place(trial, each, chosen, rivals)
        unit = "intervals" if self._table.by_bucket else "groups"
        found = Confirmed(tuple(rivals), len(needed) - 1, unit)
        return found if len(found.bugs) <= MOST_RIVALS else None

    def _in_time(self, hypotheses: Iterable[Hypothesis]) -> Iterator[Hypothesis]:
        for each in hypotheses:
            if time.process_time() > self._deadline:
                raise _TooLong
            yield each


def _fields(paths: Iterable[Path]) -> frozenset[str | None]:
    return frozenset(path.field for path in paths)


def _best(trial: _Trial, scores: Mapping[Hypothesis, Score], most: int) -> list[Hypothesis]:
    """The best few of the hypotheses that touch the same fields, and all that are as good as these."""
    ranked: dict[frozenset[str | None], list[Score]] = {}
    chosen = []
    for each in sorted(scores, key=lambda each: scores[each]):
        better = ranked.setdefault(_fields(trial.touched(each)), [])
        if len(better) < most or scores[each] == better[-1]:
            better.append(scores[each])
            chosen.append(each)
    return chosen


def _lacking(evidence: Evidence) -> set[Symptom]:
    """The kinds of positions that no group of the response has."""
    there = {symptom(path) for path in evidence.actual if path.part != SERIES}
    return {symptom(path) for path in evidence.expected if path.field is not None} - there
