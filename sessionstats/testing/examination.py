"""Cross-examination: a cause must hold wherever it should show, not only where it was proved.

1. All earlier answers count: the right ones above all, and those to the experiments.
2. So do fresh cases that have nothing to do with the finding, and mixtures of it with the cases of findings
   whose cause is unknown.
3. Where a hypothesis does not give the right answer, it must give the actual one. It is dropped if a value
   that it changes is right. Where the answer is wrong in another way, another bug may be at work: the
   hypothesis is kept only if it gives that answer together with another known bug, or if such a bug gives
   what is wrong in other fields, here or in an earlier answer.
4. One that is kept mostly because other bugs hide it is dropped, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from sessionstats.testing.bugs.bug import Case
from sessionstats.testing.experiments import Ask, is_refuted
from sessionstats.testing.hypotheses import Evidence, Hypothesis, changes_window, hypotheses_for, together

FRESH: Final = 300
"""Most further cases that are drawn to examine one hypothesis."""

ENOUGH: Final = 40
"""Further cases on which a hypothesis differs from the right answer: so many are enough."""

MOST_RIVALS: Final = 6
"""Most hypotheses that may stand; others are not examined, and not named beside them."""

MOST_BESIDE: Final = 3
"""Most other bugs that may be at work beside a hypothesis."""


class Examination:
    """The answers on which proved hypotheses are examined.

    Parameters
    ----------
    ask : callable
        Asks the program.
    before : iterable of Evidence
        Answers that are known already; read only when there is something to examine.
    fresh : iterator of mapping
        Further cases.
    details : bool
        Whether the text of a rejection counts.
    """

    def __init__(
        self, ask: Ask, before: Iterable[Evidence], fresh: Iterator[Case], *, details: bool = True
    ) -> None:
        self._ask, self._fresh, self._details = ask, fresh, details
        self._before, self._answers = before, list[Evidence]()

    def add(self, answers: Sequence[Evidence]) -> None:
        """Take further answers into account."""
        self._answers += answers

    def standing(self, rivals: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
        """Those of the first few hypotheses that hold wherever they should show."""
        self._answers += self._before
        self._before = ()
        left = self._first_standing(rivals)
        further = (Evidence(case, None, details=self._details) for case in islice(self._fresh, FRESH))
        showing = (right for right in further if any(right.differs(each.variant) for each in left))
        for right in islice(showing, ENOUGH) if left else ():
            if (actual := self._ask(right.case)) is not None:
                self._answers.append(right.answered(actual))
        return self._first_standing(rivals) if left else ()

    def _first_standing(self, rivals: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
        return tuple(islice(filter(self._stands, rivals), MOST_RIVALS))

    def _stands(self, each: Hypothesis) -> bool:
        """Whether a hypothesis agrees with the answers to all cases on which it is not right."""
        shown = hidden = 0
        others = _OtherBugs(each)
        for evidence in self._answers:
            if not evidence.differs(each.variant):
                continue
            if evidence.explained(each.variant):
                shown += 1
            elif evidence.agrees(each.variant):
                continue
            elif not evidence.wrong or is_refuted(each, evidence):
                return False
            else:
                hidden += 1
                if not (_another_window(evidence, each) or others.explain(evidence)):
                    return False
        return shown >= max(1, hidden)


def _another_window(evidence: Evidence, each: Hypothesis) -> bool:
    """Whether the window is wrong, and the hypothesis does not change it."""
    return evidence.another_window and not changes_window(evidence, each.variant)


class _OtherBugs:
    """Known bugs that are at work beside a hypothesis, as far as they have been found.

    Parameters
    ----------
    each : Hypothesis
    """

    def __init__(self, each: Hypothesis) -> None:
        self._each = each
        self._found: dict[Hypothesis, bool] = {}  # whether one was seen by itself, in other fields

    def explain(self, evidence: Evidence) -> bool:
        """Look for one in an answer that contradicts the hypothesis; whether there is one.

        Together the two give the actual answer, or the other one alone gives what is wrong in other fields.
        Once it has been seen there, any answer that it changes says nothing. A bug that gives the whole
        answer by itself speaks against the hypothesis.
        """
        if any(seen and evidence.differs(other.variant) for other, seen in self._found.items()):
            return True
        variant = self._each.variant
        touched = {path.field for path in evidence.apart(evidence.predicted(variant), evidence.expected)}
        elsewhere = {path for path in evidence.wrong if path.field not in touched}
        for other in self._possible(evidence.case):
            alone = evidence.explained(other.variant)
            if alone >= evidence.wrong:
                continue
            seen = bool(elsewhere) and alone >= elsewhere
            if seen or evidence.explained(together([variant, other.variant])):
                self._found[other] = seen or self._found.get(other, False)
                return True
        return False

    def _possible(self, case: Case) -> Iterator[Hypothesis]:
        yield from list(self._found)
        if len(self._found) < MOST_BESIDE:
            yield from hypotheses_for(case)
