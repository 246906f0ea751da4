"""Causes proved by experiment: a hypothesis is a cause only if it predicts further answers.

1. Cases near the failing ones are drawn (`neighbours`). The program is run on those where some hypothesis
   differs from the right answer, and now and then on one where none does.
2. A hypothesis predicted the answer if, at every position where it differs from the right answer, the actual
   value is the one that it gives. After one answer that it did not predict it is dropped, unless the answer
   is also wrong where the hypothesis has no effect: there another bug is at work, and the case shows nothing.
3. A *cause* has predicted 20 of 20. Of several, the one that explains most wrong answers is named;
   rivals that gave the same in every case are named together.
4. A hypothesis that leaves much unexplained when the failing request is sent with other rows, at the kind of
   positions where it was found, is too narrow, and not a cause: the report says nothing that is not proved.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Bug, Case
from sessionstats.testing.findings import Path
from sessionstats.testing.hypotheses import Evidence, Hypothesis, changes_window

NEEDED: Final = 20
"""Answers that a cause must have been tested on."""

MISSES: Final = 0
"""How many of them it may have mispredicted: even one in twenty is a sign of another bug."""

MOST_ASKED: Final = 160
"""Most further cases that a program is run on for one finding."""

MOST_CASES: Final = 2500
"""Most further cases that are drawn for one finding; most are not worth running."""

MOST_QUIET: Final = 40
"""Most of them on which all hypotheses give the right answer."""

MOST_DRAWN: Final = 120
"""Cases drawn to distinguish rivals that have predicted enough."""

MOST_ALIKE: Final = 3
"""How many cases with the same request may count: a cause predicts more than one window or one search."""

SECONDS: Final = 20.0
"""Time for the experiments on one finding."""

TOO_NARROW: Final = 0.3
"""Share of wrong answers to the failing request that a cause may leave unexplained at its positions."""

Ask = Callable[[Case], Any]
"""Runs the program on one case; `None` if it breaks down."""


@dataclass(frozen=True)
class Cause:
    """What has been proved to be wrong with a program.

    Parameters
    ----------
    hypotheses : tuple of Hypothesis
        The cause; several are rivals that no case distinguished.
    predicted, tried : int
        How many further answers it predicted, and on how many it was tested.
    whole : bool
        Whether it predicted these answers entirely, or only the positions that it affects.
    """

    hypotheses: tuple[Hypothesis, ...]
    predicted: int
    tried: int
    whole: bool

    @property
    def bugs(self) -> list[Bug]:
        """The bugs of the rivals, each once."""
        return list({each.bug.id: each.bug for each in self.hypotheses}.values())


@dataclass(frozen=True)
class Proof:
    """How experiments ended.

    Parameters
    ----------
    cause : Cause or None
        What was proved.
    asked : list of Evidence
        The further cases that the program was run on.
    refuted : set of Hypothesis
        The hypotheses that cannot be true, whatever else is wrong: values that they change were right.
    """

    cause: Cause | None
    asked: list[Evidence]
    refuted: set[Hypothesis]


@dataclass
class _Trial:
    """How a hypothesis did."""

    tried: int = 0
    predicted: int = 0
    whole: int = 0
    explained: int = 0
    left: int = 0
    near: int = 0
    confounded: int = 0
    signature: list[Any] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether it mispredicted too many."""
        return self.tried - self.predicted > MISSES


def symptom(path: Path) -> tuple[str, str | None]:
    """The kind of a position, and its field."""
    return "bucket" if path.part[:1].isdigit() else path.part, path.field


def prove(
    hypotheses: Sequence[Hypothesis],
    near: Sequence[Evidence],
    cases: Iterator[Case],
    ask: Ask,
    *,
    most_alike: int,
) -> Proof:
    """Try hypotheses on further cases.

    Parameters
    ----------
    hypotheses : sequence of Hypothesis
        Those that explain what was found.
    near : sequence of Evidence
        Of failing cases; the last is the smallest.
    cases : iterator of mapping
        Further cases; as many as it takes are drawn.
    ask : callable
        Runs the program.
    most_alike : int
        How many cases with the same request may count.

    """
    bench = _Bench({each: _Trial() for each in hypotheses}, near, most_alike)
    deadline = time.monotonic() + SECONDS
    for case in islice(cases, MOST_CASES):
        if bench.is_over or time.monotonic() > deadline:
            break
        if not bench.is_new(case):
            continue
        right = Evidence(case, model.answer(case), details=near[-1].details)
        differing = [each for each in bench.trials if right.differs(each.variant)]
        if bench.wants(right, differing) and (actual := ask(case)) is not None:
            bench.face(right.answered(actual), differing)
    return Proof(_cause(bench.trials), bench.asked, bench.refuted)


class _Bench:
    """The hypotheses that are left, and the cases run so far."""

    def __init__(self, trials: dict[Hypothesis, _Trial], near: Sequence[Evidence], most_alike: int) -> None:
        self._most_alike = most_alike
        self.trials = trials
        self.asked: list[Evidence] = []
        self.refuted: set[Hypothesis] = set()
        self._kinds = frozenset(symptom(path) for path in near[-1].wrong)
        self._requests = {_request(each.case) for each in near}
        self._seen: set[str] = set()
        self._alike: Counter[str] = Counter()
        self._quiet = self._drawn = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing is left, or everything left has been tested enough and cannot be distinguished."""
        done = self._settled and (len(self.trials) == 1 or self._drawn > MOST_DRAWN)
        return done or not self.trials or len(self.asked) >= MOST_ASKED

    @property
    def _settled(self) -> bool:
        return all(trial.tried >= NEEDED for trial in self.trials.values())

    def is_new(self, case: Case) -> bool:
        """Whether a case was not drawn before, and its request has not counted often enough."""
        text = json.dumps(case, sort_keys=True)
        if text in self._seen or self._alike[_request(case)] >= self._most_alike:
            return False
        self._seen.add(text)
        return True

    def wants(self, right: Evidence, differing: Sequence[Hypothesis]) -> bool:
        """Whether a new case is worth running: it says something."""
        self._drawn += self._settled
        if not differing:
            self._quiet += 1
            return self._quiet <= MOST_QUIET and not self._settled
        self._alike[_request(right.case)] += 1
        return not self._settled or _distinguishes(right, list(self.trials))

    def face(self, evidence: Evidence, differing: Sequence[Hypothesis]) -> None:
        """Test every hypothesis on an answer; those that failed are dropped."""
        self.asked.append(evidence)
        near = _request(evidence.case) in self._requests
        for each, trial in list(self.trials.items()):
            _judge(trial, each, evidence, each in differing, self._kinds if near else frozenset())
            if each in differing and is_refuted(each, evidence):
                self.refuted.add(each)
            if trial.failed:
                del self.trials[each]


def _request(case: Case) -> str:
    """A case without its sessions, as text."""
    return json.dumps([case[name] for name in sorted(case) if name not in ("sessions", "id")], sort_keys=True)


def _judge(
    trial: _Trial,
    each: Hypothesis,
    evidence: Evidence,
    differs: bool,
    kinds: frozenset[tuple[str, str | None]],
) -> None:
    """Test one hypothesis on one answer."""
    explained = evidence.explained(each.variant)
    if not explained and evidence.wrong and _another_bug(evidence, each):
        trial.confounded += differs
        return
    # An answer that is right by another choice among ties, which the hypothesis also gives, says nothing.
    if explained or (differs and (evidence.wrong or not evidence.agrees(each.variant))):
        trial.tried += 1
        trial.predicted += bool(explained)
        trial.whole += not evidence.wrong - explained
    trial.signature.append(explained)
    if evidence.wrong:
        trial.explained += bool(explained)
        left = any(symptom(path) in kinds for path in evidence.wrong - explained)
        trial.left += left
        trial.near += left or (bool(explained) and bool(kinds))


def is_refuted(each: Hypothesis, evidence: Evidence) -> bool:
    """Whether a value is right where a hypothesis gives another one, in an answer with the right window."""
    if evidence.another_window or evidence.explained(each.variant):
        return False
    touched = evidence.apart(evidence.aligned(each.variant), evidence.expected)
    return any(path in evidence.actual and path not in evidence.wrong for path in touched if path.field)


def _another_bug(evidence: Evidence, each: Hypothesis) -> bool:
    """Whether an answer is wrong where a hypothesis has no effect: in the window, or in other fields."""
    if evidence.another_window and not changes_window(evidence, each.variant):
        return True
    touched = evidence.apart(evidence.predicted(each.variant), evidence.expected)
    fields = {path.field for path in touched}
    return bool(fields - {None}) and any(path.field not in fields for path in evidence.wrong if path.field)


def _distinguishes(right: Evidence, rivals: Sequence[Hypothesis]) -> bool:
    """Whether a case distinguishes any two rivals."""
    first, *others = (right.predicted(each.variant) for each in rivals)
    return any(right.apart(other, first) for other in others)


def _cause(trials: dict[Hypothesis, _Trial]) -> Cause | None:
    proved = {each: trial for each, trial in trials.items() if trial.tried >= NEEDED}
    if not proved:
        return None
    best = max(proved.values(), key=lambda trial: (trial.explained, trial.predicted / trial.tried))
    if best.confounded > best.tried or best.left > max(2.0, TOO_NARROW * best.near):
        return None
    rivals = tuple(each for each, trial in proved.items() if trial.signature == best.signature)
    return Cause(rivals, best.predicted, best.tried, best.whole >= best.tried - MISSES)
