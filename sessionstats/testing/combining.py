"""The search for the causes of what differs: field by field, fewest causes first.

1. On a small sample every variant of every known bug is tried; those that give the actual value somewhere are
   *likely* for the fields where they do.
2. A field is explained by the fewest likely hypotheses that together, and together with those of the fields
   before it, give every actual value of a larger sample. Ways to do so that are equally short are kept.
3. For a field that is not explained, they are tried again, beside what was found, on what is left.
4. The time for finding ends earlier than that for confirming, so that what was found is not lost.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import Any, Final, TypeVar

from sessionstats.testing.findings import GROUPS, Finding
from sessionstats.testing.hypotheses import RIGHT, Evidence, Hypothesis, hypotheses_for, replaced
from sessionstats.testing.samples import USUAL, Symptom, Table, Unit, base_group, shows_in_units, symptom
from sessionstats.testing.trials import State, Trial

T = TypeVar("T")

SMALL: Final = 60
"""Sessions of the sample on which every hypothesis is tried."""

LARGE: Final = 1000
"""Sessions of the sample on which the likely ones are combined."""

LARGEST: Final = 3000
"""Sessions of the sample on which they are confirmed."""

MANY: Final = 48
"""Units of that sample."""

NEEDED: Final = 5
"""Further units that a cause must have predicted."""

MOST_LIKELY: Final = 24
"""Likely hypotheses of a field that are combined with each other."""

MOST_AT_ONCE: Final = 3
"""Further hypotheses that a field may need."""

MOST_WAYS: Final = 6
"""Equally short ways to explain a field that are kept."""

LEFT_UNITS: Final = 3
"""Units of a field that is left on which hypotheses are tried again."""

OF_WINDOWS: Final = (
    "aligned", "begin", "date", "dates", "default_interval", "is_longer_than_a_day", "period", "too_many",
)  # fmt: skip
"""The definitions that decide the window."""

OF_FIELDS: Final = (
    (
        frozenset({"counted_duration", "duration", "mean", "milliseconds", "quantile", "contributes"}),
        "duration",
    ),
    (frozenset({"distinct", "person", "user", "user_counts", "contributes"}), "(user)"),
    (frozenset({"session_counts"}), "(session)"),
    (frozenset({"rate"}), "rate"),
)
"""The definitions that decide some fields only, and a part of the names of these."""

OF_RANKS: Final = frozenset(
    {"cap", "fold_one", "page", "primary", "rank_classes", "rank_key", "rank_total", "ranked", "session_of"}
)
"""The definitions that no unit shows: those of the page, and of updates, which are folded already."""

FINDING: Final = 0.75
"""Part of the time that is for finding; the rest is for confirming."""


class OutOfTimeError(Exception):
    """The time is up."""


class Search:
    """The search for causes among units of one kind.

    Parameters
    ----------
    table : Table
    case : mapping
        The request, without sessions.
    body : mapping
        The response.
    findings : sequence of Finding
        What differs.
    seconds : float
        Processor time for it.
    """

    def __init__(
        self,
        table: Table,
        case: Mapping[str, Any],
        body: Mapping[str, Any],
        findings: Sequence[Finding],
        seconds: float,
    ) -> None:
        self._table, self._case, self._body = table, case, body
        self.begun = time.thread_time()
        self.seconds = seconds
        self._deadline = self.begun + FINDING * seconds
        self.out_of_time = False
        self._differing: dict[Unit, set[Symptom]] = {}
        for finding in findings:
            unit = table.unit_of(finding.path)
            if unit is not None and table.size(unit):
                self._differing.setdefault(unit, set()).add(symptom(finding.path))
        self._likely: dict[str, dict[Hypothesis, int]] = {}
        self._trials: dict[tuple[object, ...], Trial | None] = {}
        self._broad: dict[tuple[str, int], Trial | None] = {}

    def found(self) -> list[State]:
        """The ways to explain fields, as many as could be explained in time; the first are the best."""
        left = self.fields
        small = self._trial(SMALL, left)
        large = small is not None and len(small.evidence.case["sessions"]) > 4 * SMALL
        if small is None or (large and not self._table.by_bucket):
            return []
        states: list[State] = [()]
        try:
            for most in range(1, 2 if large else MOST_AT_ONCE + 1):
                remaining = []
                for field in left:
                    extended = self._extended(states, field, range(1))
                    if not extended:
                        self._try(self._left(states[0], field, first=most == 1), states[0])
                        extended = self._extended(states, field, range(1, most + 1))
                    states = extended or states
                    remaining += [] if extended else [field]
                left = remaining
        except OutOfTimeError:
            self.out_of_time = True
        self._deadline = self.begun + self.seconds
        return [state for state in states if state]

    @property
    def fields(self) -> list[str]:
        """The fields that differ, rates last; those that differ in the fewest units first."""
        units: dict[str, int] = {}
        for kinds in self._differing.values():
            for field in {field for _, field in kinds if field is not None}:
                units[field] = units.get(field, 0) + 1
        return sorted(units, key=lambda field: ("rate" in field, units[field], field))

    def left(self) -> float:
        """The time that is left."""
        return max(0.0, self.begun + self.seconds - time.thread_time())

    def largest(self, fields: Sequence[str]) -> Trial | None:
        """The sample to confirm on: many units of every field."""
        chosen: dict[Unit, None] = {}
        for field in fields:
            differing, agreeing = self._apart([field])
            chosen |= dict.fromkeys(
                self._table.sample(differing, agreeing, LARGEST // len(fields), usual=MANY)
            )
        return self._trial(0, fields, series=True, only=list(chosen))

    def unexplained(self, state: State) -> list[str]:
        """The fields for which some hypotheses do not give every value in units of all sizes."""
        trials = {field: self._of_all_sizes(field, 5) for field in self.fields}
        return [field for field, trial in trials.items() if trial is None or not trial.is_right(state)]

    def rivals(self, state: State, each: Hypothesis, largest: Trial) -> list[Hypothesis]:
        """The hypotheses that could replace one of several."""
        fields = sorted({str(path.field) for path in needed(largest, state, each)})
        likely = dict.fromkeys(one for field in fields for one in self._likely.get(field, ()))
        others = [one for one in likely if one not in state]
        for trial in (
            *(self._trial(SMALL, [field]) for field in fields),
            *(self._of_all_sizes(field) for field in fields),
            self._trial(LARGE, self.fields),
            largest,
        ):
            if trial is not None:
                whole = trial.gives(state)
                others = [
                    one
                    for one in self._in_time(others)
                    if not trial.differing(trial.gives(_instead(state, each, one)), whole)
                ]
        return [each, *others]

    def _trial(
        self,
        rows: int,
        fields: Sequence[str],
        *,
        series: bool = False,
        only: Iterable[Unit] | None = None,
    ) -> Trial | None:
        """A sample of so many sessions; `None` if there is none, or its answer is not that of all sessions.

        If the totals of every field differ, they are enough to begin with.
        """
        name = (rows, *fields, series)
        if only is not None or name not in self._trials:
            trial = self._made(rows, fields, series=series, only=only)
            if only is not None:
                return trial
            self._trials[name] = trial
        return self._trials[name]

    def _made(
        self, rows: int, fields: Sequence[str], *, series: bool, only: Iterable[Unit] | None
    ) -> Trial | None:
        differing, agreeing = self._apart(fields)
        if len(differing) <= NEEDED:
            return None
        units = self._table.sample(differing, agreeing, rows) if only is None else list(only)
        if not units:
            return None
        params = {**self._case["params"], "field": self._beside(fields)}
        kinds = set().union(*differing.values())
        if not series and all((True, field) in kinds for field in fields):
            params["includeSeries"] = ["0"]
        trial = Trial({**self._case, "params": params}, self._body, self._table, units, fields)
        return trial if trial.is_answered and trial.units_of(trial.wrong(())) <= differing.keys() else None

    def _beside(self, fields: Sequence[str]) -> list[str]:
        """Fields with what else makes groups: one that every session has data for, or else all of them."""
        requested = self._case["params"]["field"]
        always = [name for name in requested if name.endswith("(session)")]
        return list(dict.fromkeys([*fields, *(always[:1] or requested)]))

    def _apart(self, fields: Sequence[str]) -> tuple[dict[Unit, set[Symptom]], list[Unit]]:
        """The units in which some fields differ, with how; and those in which they agree."""
        differing = {
            unit: chosen
            for unit, kinds in self._differing.items()
            if (chosen := {kind for kind in kinds if kind[1] in fields})
        }
        return differing, [unit for unit in self._units if unit not in differing]

    @cached_property
    def _units(self) -> list[Unit]:
        bases = dict.fromkeys(base_group(group, self._case) for group in self._body[GROUPS])
        return self._table.units(base for base in bases if base is not None)

    @cached_property
    def _possible(self) -> list[Hypothesis]:
        """The hypotheses that leave the window as the response has it."""
        case = {**self._case, "sessions": [], "params": {**self._case["params"], "includeSeries": ["0"]}}
        frame = Evidence(case, None)
        given = {name: self._body[name] for name in ("start", "end") if name in self._body}

        def fits(each: Hypothesis) -> bool:
            variant = each.variant
            if variant.alter is RIGHT.alter and replaced(variant).keys().isdisjoint(OF_WINDOWS):
                return True
            body = (frame.answer_of(variant) or {}).get("body", {})
            return all(body.get(name) == value for name, value in given.items())

        few = {**self._case, "sessions": self._table.rows(self._table.few(self._differing))[:SMALL]}
        return [
            each
            for each in hypotheses_for(few)
            if shows_in_units(each.bug) and not _only(each, OF_RANKS) and fits(each)
        ]

    def _plausible(self, trial: Trial) -> list[Hypothesis]:
        """The hypotheses to try; for many sessions, those that in a few touch only what differs."""
        case = trial.evidence.case
        rows = case["sessions"]
        concerned = [each for each in self._possible if any(_concerns(each, kind[1]) for kind in trial.kinds)]
        if len(rows) <= 3 * SMALL:
            return concerned
        few = Evidence({**case, "sessions": rows[:: -(-len(rows) // SMALL)]}, None)
        wrong = set().union(*self._differing.values())
        return [
            each
            for each in self._in_time(concerned)
            if trial.kinds & set(map(symptom, few.apart(few.predicted(each.variant), few.expected))) <= wrong
        ]

    def _try(self, trial: Trial | None, state: State) -> None:
        """Keep the hypotheses that, beside others, give an actual value that these do not give."""
        if trial is None:
            return
        before, given = trial.wrong(state), trial.gives(state)
        for each in self._in_time(self._plausible(trial)):
            if each in state:
                continue
            gives = trial.gives((*state, each))
            changed = trial.differing(gives, given)
            after = trial.differing(gives, trial.actual) if changed else before
            for field in {path.field for path in before - after if path.field is not None}:
                broken = sum(path.field == field for path in after - before)
                mended = sum(path.field == field for path in before - after)
                likely = self._likely.setdefault(field, {})
                likely[each] = min(likely.get(each, 0), broken - mended)

    def _extended(self, states: Sequence[State], field: str, numbers: range) -> list[State]:
        """The shortest extensions that explain a field as well."""
        small, large = self._trial(SMALL, [field]), self._trial(LARGE, [field], series=True)
        if small is None or large is None:
            return []
        trials = (small, self._trial(LARGE, [field]), large, self._of_all_sizes(field))
        samples = [trial for trial in trials if trial is not None]
        scores = self._likely.get(field, {})
        likely = sorted(scores, key=lambda each: scores[each])
        for most in numbers:
            usable = likely if most == 1 else likely[: MOST_LIKELY // max(1, most - 1)]
            ways: list[State] = []
            for state in states:
                for more in combinations([each for each in usable if each not in state], most):
                    self._check_time()
                    if all(trial.is_right((*state, *more)) for trial in samples):
                        ways.append((*state, *more))
                    if len(ways) >= MOST_WAYS:
                        return ways
            if ways:
                return ways
        return []

    def _of_all_sizes(self, field: str, times: int = 1) -> Trial | None:
        """A sample of units of all sizes; some bugs show in large ones only."""
        if (field, times) not in self._broad:
            chosen: list[Unit] = []
            for units in self._apart([field]):
                ordered = self._table.by_size(unit for unit in units if self._table.size(unit))
                for unit in ordered[:: -(-len(ordered) // (times * USUAL)) or 1]:
                    if sum(map(self._table.size, [*chosen, unit])) <= times * LARGEST:
                        chosen.append(unit)
            self._broad[field, times] = self._trial(0, [field], only=chosen)
        return self._broad[field, times]

    def _left(self, state: State, field: str, *, first: bool) -> Trial | None:
        """What to try hypotheses on: small units at first, then the smallest that are not explained yet."""
        for large in () if first else (self._trial(LARGE, [field]), self._of_all_sizes(field)):
            if large is not None and not large.is_right(state):
                left = self._table.by_size(large.units_of(large.wrong(state)))
                few = [unit for unit in left[:LEFT_UNITS] if self._table.size(unit) <= 3 * SMALL]
                return self._trial(SMALL, [field], only=few or left[:1])
        return self._trial(SMALL, [field])

    def _check_time(self) -> None:
        if time.thread_time() > self._deadline:
            raise OutOfTimeError

    def _in_time(self, things: Iterable[T]) -> Iterator[T]:
        for each in things:
            self._check_time()
            yield each


def _only(each: Hypothesis, names: frozenset[str]) -> bool:
    """Whether a hypothesis replaces some definitions and does nothing else."""
    variant = each.variant
    plain = variant.alter is RIGHT.alter and variant.retouch is RIGHT.retouch
    return plain and replaced(variant).keys() <= names


def _concerns(each: Hypothesis, field: str | None) -> bool:
    """Whether a hypothesis may show in a field."""
    parts = [part for names, part in OF_FIELDS if _only(each, names)]
    anr = field is not None and "anr" in field
    return not parts or anr or any(part in str(field) for part in parts)


def _but(state: State, each: Hypothesis) -> State:
    return tuple(one for one in state if one is not each)


def _instead(state: State, each: Hypothesis, other: Hypothesis) -> State:
    return tuple(other if one is each else one for one in state)


def needed(trial: Trial, state: State, each: Hypothesis) -> frozenset[Any]:
    """The positions for which one of several hypotheses is needed."""
    return trial.differing(trial.gives(state), trial.gives(_but(state, each)))


def clean(trial: Trial, state: State) -> State:
    """Those of some hypotheses that are needed for more than `NEEDED` units in fields that are all right.

    In other fields they may not touch a value that is right.
    """
    while state:
        wrong = trial.wrong(state)
        fields = {path.field for path in wrong}
        spoilt = wrong - trial.wrong(())
        kept = []
        for each in state:
            paths = needed(trial, state, each)
            right = frozenset(path for path in paths if path.field not in fields)
            if len(trial.units_of(right)) > NEEDED and not paths & spoilt:
                kept.append(each)
        if len(kept) == len(state):
            break
        state = tuple(kept)
    return state
