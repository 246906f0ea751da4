"""The search for the causes of what differs: field by field, fewest causes first.

1. Every variant of every known bug is tried on a few small places. Those that do the same to a field there
   are of one *class*; those that do nothing to it are left out.
2. A field is explained by the fewest classes that together, and together with those of the fields before it,
   give every actual value of some small places, and then of a sample of places of all sizes. Ways to do so
   that are equally short are kept.
3. All fields are tried with one more cause each before any is with two.
4. The time for finding ends earlier than that for confirming, so that what was found is not lost.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Final, TypeVar

from sessionstats.testing.findings import Finding
from sessionstats.testing.hypotheses import Hypothesis
from sessionstats.testing.merging import Renaming, other_groups, renamings
from sessionstats.testing.plausibility import concerns, possible
from sessionstats.testing.samples import Place, Symptom, symptom
from sessionstats.testing.trials import Cell, Response, State, Trial

T = TypeVar("T")

SMALL: Final = 400
"""Sessions of the places on which everything is tried."""

PROBED: Final = 60
"""Sessions of a place that are enough to see what a hypothesis does."""

MANY: Final = 500
"""Sessions of a place from which on a part of them is tried first."""

LARGE: Final = 3000
"""Sessions of the sample of a field that hypotheses must explain."""

LARGEST: Final = 6000
"""Sessions of the samples on which causes are confirmed."""

ALL: Final = 20_000
"""Sessions among which causes are looked for that show in few places."""

RARE: Final = 32
"""Places of which there are as many among them as of each size."""

NEEDED: Final = 5
"""Further units that a cause must have predicted."""

NEARLY: Final = 0.25
"""Share of its places that a field may lack before a further cause is looked for there."""

PASSES: Final = ((1, 0.0), (1, NEARLY), (1, 0.0), (2, 0.0), (3, 0.0))
"""How many more causes a field may need, and the share of its places that they may leave."""

MOST_WAYS: Final = 6
"""Equally short ways to explain a field that are kept."""

MOST_BEST: Final = 4
"""Incomplete ways that are followed further."""

FEW: Final = 3
"""Places of which a further hypothesis must explain one."""

SURE: Final = 0.95
"""Share of the units that need a cause in which it must be right."""

BUSY: Final = 1.25
"""How many times its processor time a search may take by the clock, if the machine is busy."""

FINDING: Final = 0.65
"""Part of the time that is for finding; the rest is for confirming."""


class OutOfTimeError(Exception):
    """The time is up."""


class Search:
    """The search for causes.

    Parameters
    ----------
    response : Response
    findings : sequence of Finding
        What differs.
    seconds : float
        Processor time for it.
    known : tuple of Hypothesis
        What explains the groups of the response.
    """

    def __init__(
        self, response: Response, findings: Sequence[Finding], seconds: float, known: State = ()
    ) -> None:
        self._response, self._table = response, response.table
        self._findings, self._known = findings, known
        self.begun = time.thread_time()
        self.seconds = seconds
        self._deadline = self.begun + FINDING * seconds
        self._latest = time.monotonic() + BUSY * seconds
        self.out_of_time = False
        self._wrong = {symptom(finding.path) for finding in findings}
        self._differing: dict[str, dict[Place, None]] = {}
        for finding in findings:
            for place in self._table.places_of(finding.path):
                if self._table.size(place):
                    self._differing.setdefault(str(finding.path.field), {})[place] = None
        self._parts: dict[Cell, Cell] = {}
        self._solved: dict[str, None] = {}
        for base in self._table.merged & response.groups.keys():
            for is_total, field in response.kinds:
                place = Place(base, None, is_total)
                if self._table.size(place):
                    self._differing.setdefault(str(field), {})[place] = None
        self._samples: dict[tuple[str, int], Trial] = {}

    def found(self) -> list[State]:
        """The ways to explain fields, as many as could be explained in time; the first are the best."""
        states: list[State] = [self._known]
        left = self.fields
        try:
            for most, share in PASSES:
                remaining = []
                for field in left:
                    extended = self._extended(states, field, most, share)
                    if extended:
                        self._solved[field] = None
                        states = list(dict.fromkeys([*extended, *(states if share else ())]))
                    if share or not extended:
                        remaining.append(field)
                left = remaining
            for field in self.fields:
                if self._look_for_rare(field, states[0]):
                    states = self._extended(states, field, 1, 0.0) or states
        except OutOfTimeError:
            self.out_of_time = True
        self._deadline = self.begun + self.seconds
        return [state for state in states if state]

    def renaming(self) -> Renaming | None:
        """What explains the groups of the response, if they are not the right ones."""
        missing, extra = other_groups(self._findings)
        if not missing and not extra:
            return None
        firsts, asked = self._table.firsts(), self._response.asked
        hypotheses = possible(self._response, list(firsts.values()))
        try:
            found = renamings(asked, firsts, missing, extra, self.in_time(hypotheses))
        except OutOfTimeError:
            return None
        return found[0] if found else None

    @property
    def fields(self) -> list[str]:
        """The fields that differ: rates last, users last of all; those that differ in few places first."""
        places = {field: len(places) for field, places in self._differing.items()}
        return sorted(places, key=lambda field: ("(user)" in field, "rate" in field, places[field], field))

    def left(self) -> float:
        """The time that is left."""
        return max(0.0, self.begun + self.seconds - time.thread_time())

    @cached_property
    def largest(self) -> Trial:
        """The sample to confirm on: the places of the fields that are explained, and some with all fields."""
        cells = [cell for field in self._solved for trial in self._tiers(field) for cell in trial.cells]
        places = dict.fromkeys(cell.place for field in self.fields for cell in self._small(field).cells)
        return Trial([*cells, *self._response.cells(list(places), self._response.asked.fields)])

    def unexplained(self, state: State) -> list[str]:
        """The fields for which some hypotheses leave more than a few places of a sample."""
        return [
            field
            for field in self.fields
            for trial in (self._tiers(field) if field in self._solved else [self._small(field)])
            if sum(not cell.is_right(state) for cell in trial.cells)
            > (NEEDED if field in self._solved else 0)
        ]

    def rivals(self, state: State, each: Hypothesis) -> list[Hypothesis]:
        """A hypothesis, those that could replace it, and for each of their bugs its other ways that could."""
        paths = needed(self.largest, state, each)
        fields = sorted({str(path.field) for _, path in paths})
        likely = [one for one in self._possible if any(concerns(one, field) for field in fields)]
        first = Trial([cell for cell in self.largest.cells if not cell.same(state, _but(state, each))])
        whole, near = [first, self.largest], [first, *map(self._small, fields), Trial(self._broad)]
        found = {each.bug: [each]}
        for one in self.in_time(likely):
            if one not in state:
                other = _instead(state, each, one)
                if all(trial.same(other, state) for trial in (near if one.bug in found else whole)):
                    found.setdefault(one.bug, []).append(one)
        return [one for alike in found.values() for one in alike]

    def _extended(self, states: Sequence[State], field: str, most: int, share: float) -> list[State]:
        """The shortest extensions that explain a field as well, but for a share of its places."""
        if enough := self._whole(states, field, share):
            return enough
        best = self._distinct(states, field)[:MOST_BEST]
        for _ in range(most):
            grown = [way for state in best for way in self._grown(state, field, share)]
            if whole := self._whole(self._distinct(grown, field) if share else grown, field, share):
                return whole
            best = self._distinct(grown, field)[:MOST_BEST]
        return []

    def _whole(self, states: Iterable[State], field: str, share: float) -> list[State]:
        """Those of some states that leave the fewest places, if these are few."""
        left: dict[State, int] = {}
        most = None
        for state in states:
            number = self._left(state, field, share, most)
            if number is not None and (len(state) == 0 or self._fits(state)):
                left[state] = number
                most = min(left.values())
            if list(left.values()).count(0) >= MOST_WAYS:
                break
        return [state for state, number in left.items() if number == most][:MOST_WAYS]

    def _left(self, state: State, field: str, share: float, most: int | None) -> int | None:
        """How many places hypotheses do not explain; `None` if these are too many."""
        left = 0
        for number, trial in enumerate(self._tiers(field)):
            here = 0
            allowed = max(NEEDED if number else 0, share * sum(not cell.is_right(()) for cell in trial.cells))
            for cell in self.in_time(trial.cells):
                here += not cell.is_right(state)
                if here > allowed or (most is not None and left + here > most):
                    return None
            left += here
        return left

    def _tiers(self, field: str) -> Iterator[Trial]:
        """Samples of a field, the smallest first."""
        yield self._small(field)
        yield self._sample(field, LARGE, 3)
        yield self._sample(field, LARGEST, 8)
        if (field, ALL) in self._samples:
            yield self._samples[field, ALL]

    def _look_for_rare(self, field: str, state: State) -> bool:
        """Whether there are enough places that hypotheses leave to find a further cause, which are kept."""
        cells = (cell for trial in self._tiers(field) for cell in trial.cells)
        rare = {cell.place: cell for cell in self.in_time(cells) if not cell.is_right(state)}
        places = self._table.by_size(self._table.sample(self._differing[field], RARE, ALL)) if rare else []
        for begin in range(0, len(places), RARE):
            some = self.in_time(self._response.cells(places[begin : begin + RARE], [field]))
            rare |= {cell.place: cell for cell in some if not cell.is_right(state)}
            if len(rare) > 2 * NEEDED:
                self._samples[field, ALL] = Trial(list(rare.values()))
                return True
        return False

    def _distinct(self, states: Sequence[State], field: str) -> list[State]:
        """States that do not give the same in a few places; those that explain most come first."""
        cells = self._small(field).cells
        distinct: dict[tuple[Any, ...], State] = {}
        for state in states:
            values = tuple(value for cell in cells for value in cell.gives(state))
            distinct.setdefault(values, state)
        return sorted(distinct.values(), key=lambda state: sum(not cell.is_right(state) for cell in cells))

    def _grown(self, state: State, field: str, share: float) -> list[State]:
        """Extensions by one hypothesis that mend one of a few places, and spoil no more than a share."""
        small = self._small(field).cells
        right = [cell for cell in small if cell.is_right(state)]
        some: list[Cell] = []
        for trial in self._tiers(field):
            wrong = (cell for cell in self.in_time(trial.cells) if not cell.is_right(state))
            some = some or list(islice(wrong, 0, 2 * FEW, 2))
        some = [cell for number, cell in enumerate(some) if not number or len(cell.sessions) <= PROBED]
        grown = []
        for each in self.in_time(self._possible):
            more = (*state, each)
            if each in state or not concerns(each, field):
                continue
            if not any(self._mends(cell, more) for cell in some):
                continue
            if sum(not cell.is_right(more) for cell in right) <= share * len(right):
                grown.append(more)
        return grown

    def _mends(self, cell: Cell, state: State) -> bool:
        """Whether hypotheses give what is there; of many sessions a part shows whether they do anything."""
        if len(cell.sessions) > MANY:
            part = self._parts.setdefault(cell, cell.cut(MANY))
            if part.gives(state) == part.gives(state[:-1]):
                return False
        return cell.is_right(state)

    def _fits(self, state: State) -> bool:
        """Whether the last of some hypotheses touches nothing but fields that differ somewhere."""
        touched: set[Symptom] = set()
        for cell in self._broad:
            self._check_time()
            given = cell.differing(cell.gives(state[-1:]), cell.expected)
            touched |= {symptom(cell.paths[number]) for number in given}
        return touched <= self._wrong

    @cached_property
    def _broad(self) -> list[Cell]:
        """A few places with all fields."""
        places = dict.fromkeys(cell.place for field in self.fields for cell in self._small(field).cells[::4])
        return [cell.cut(PROBED) for cell in self._response.cells(list(places), self._response.asked.fields)]

    def _small(self, field: str) -> Trial:
        """A few places; whole series only if their intervals are not enough."""
        if (field, 0) not in self._samples:
            chosen = []
            for places, most in zip(self._apart(field), (12, 8), strict=True):
                some = [place for place in places if place.is_total or place.bucket is not None] or places
                chosen += self._table.by_size(self._table.sample(some, 2, SMALL))[:most]
            self._samples[field, 0] = Trial(self._response.cells(chosen, [field]))
        return self._samples[field, 0]

    def _sample(self, field: str, most: int, each: int) -> Trial:
        """Places of all sizes; some bugs show in large ones only."""
        if (field, most) not in self._samples:
            differing, agreeing = self._apart(field)
            chosen = [
                *self._table.sample(differing, each, most // 2),
                *self._table.sample(agreeing, each, most // 2),
            ]
            self._samples[field, most] = Trial(self._response.cells(chosen, [field]))
        return self._samples[field, most]

    def _apart(self, field: str) -> tuple[list[Place], list[Place]]:
        """The places in which a field differs, and those in which it agrees."""
        differing = self._differing[field]
        kinds = {is_total for is_total, name in self._response.kinds if name == field}
        agreeing = (place for place in self._places if place not in differing and place.is_total in kinds)
        return list(differing), list(agreeing)

    @cached_property
    def _places(self) -> list[Place]:
        return self._table.places(self._response.groups)

    @cached_property
    def _possible(self) -> list[Hypothesis]:
        """The hypotheses that leave the window as the response has it."""
        rows = [row for field in self.fields for cell in self._small(field).cells for row in cell.sessions]
        return possible(self._response, rows)

    def _check_time(self) -> None:
        if time.thread_time() > self._deadline or time.monotonic() > self._latest:
            raise OutOfTimeError

    def in_time(self, things: Iterable[T]) -> Iterator[T]:
        """Some things, as long as there is time."""
        for each in things:
            self._check_time()
            yield each


def _but(state: State, each: Hypothesis) -> State:
    return tuple(one for one in state if one is not each)


def _instead(state: State, each: Hypothesis, other: Hypothesis) -> State:
    return tuple(other if one is each else one for one in state)


def needed(trial: Trial, state: State, each: Hypothesis) -> frozenset[Any]:
    """The positions for which one of several hypotheses is needed."""
    return trial.between(state, _but(state, each))


def units_of(paths: Iterable[Any]) -> tuple[int, str]:
    """How many groups positions are in as a whole; or if these are few, how many intervals."""
    groups = {place.base for place, _ in paths if place.bucket is None}
    if len(groups) > NEEDED:
        return len(groups), "groups"
    return len({(place.base, path.part) for place, path in paths if not place.is_total}), "intervals"


def clean(trial: Trial, state: State) -> State:
    """Those of some hypotheses that give what is there in more than `NEEDED` units that need them.

    They do in at least 19 of 20 units, and in most totals, and most intervals, of each field.
    """
    while state:
        wrong = trial.wrong(state)
        kept = []
        for each in state:
            paths = needed(trial, state, each)
            tried, right = units_of(paths)[0], units_of(paths - wrong)[0]
            kinds = Counter(symptom(path) for _, path in paths)
            bad = Counter(symptom(path) for _, path in paths & wrong)
            mostly = all(2 * bad[kind] <= number for kind, number in kinds.items())
            if right > NEEDED and right >= SURE * tried and mostly:
                kept.append(each)
        if len(kept) == len(state):
            break
        state = tuple(kept)
    return state
