"""Explaining a failure: its cause, proved by experiment, or else what matters.

1. Hypotheses come from the smallest case, and are kept if they agree with the larger ones (`hypotheses`).
2. They are tried on further cases (`experiments`).
3. What they prove is examined on all earlier answers, and far from the failure (`examination`).
4. If none is left, the smallest case is taken apart (`matters`, `formulas`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sessionstats.testing.attempts import (
    LAST_BITS,
    UNSTEADY,
    WRONG,
    Breakdown,
    Case,
    Failure,
    Implementation,
    ask,
)
from sessionstats.testing.examination import Examination
from sessionstats.testing.experiments import MOST_ALIKE, MOST_ASKED, Ask, Cause, prove
from sessionstats.testing.formulas import formulas, moved_groups
from sessionstats.testing.hypotheses import Evidence, candidates, changes_window, is_large
from sessionstats.testing.matters import Matters, what_matters
from sessionstats.testing.neighbours import apart, neighbours, other_rows
from sessionstats.testing.programs import SILENT
from sessionstats.testing.strategies.claims import EVERYTHING, Claims
from sessionstats.testing.strategies.recipes import Recipe
from sessionstats.testing.tolerance import Tolerance

WITNESSES: Final = 3
"""Larger failing cases that a hypothesis must also agree with."""


SELF_EVIDENT: Final = (LAST_BITS, UNSTEADY, SILENT)
"""Kinds of failure that are not taken apart: another run costs a timeout, or says nothing."""


@dataclass(frozen=True)
class Explanation:
    """Why a program is wrong, as far as it is known.

    Parameters
    ----------
    cause : Cause or None
        The proved cause.
    matters : Matters or None
        What the disagreement needs, if no cause was proved.
    """

    cause: Cause | None = None
    matters: Matters | None = None


def explain_failure(
    failures: Sequence[Failure],
    implementation: Implementation,
    fails: Callable[[Case], bool],
    *,
    recipes: Sequence[Recipe] = (),
    claims: Claims = EVERYTHING,
    tolerance: Tolerance,
    before: Iterable[Evidence] = (),
    unknown: Sequence[Case] = (),
) -> Explanation:
    """Find out why a program fails.

    Parameters
    ----------
    failures : sequence of Failure
        Of one bug; the last is the smallest.
    implementation : callable
        The program.
    fails : callable
        Whether it fails on another case in the same way.
    recipes : sequence of Recipe
        What failing cases were made of; none if they were not drawn.
    claims : Claims
    tolerance : Tolerance
    before : iterable of Evidence
        Its answers to other cases, right and wrong ones.
    unknown : sequence of mapping
        The smallest cases of its other failures whose cause is not known.
    """
    smallest = failures[-1]
    asked: list[Evidence] = []
    if smallest.kind == WRONG:
        others = [failure for failure in failures[:-1] if not is_large(failure.case)]
        chosen = others[:: max(1, -(-len(others) // WITNESSES))]
        evidence = [_evidence(failure, tolerance) for failure in (*chosen, smallest)]

        def answer(case: Case) -> Any:
            try:
                return ask(implementation, case)
            except Breakdown:
                return None

        fresh = apart(smallest.case, unknown, claims if recipes else None)
        examination = Examination(answer, before, fresh, details=tolerance.details)
        # Other bugs may interfere: try the smallest request again, with other rows, where they do not.
        rounds = (
            (neighbours(recipes, [failure.case for failure in (*chosen[:1], smallest)], claims), MOST_ALIKE),
            (other_rows(recipes[-1:], smallest.case, claims), MOST_ASKED),
        )
        cause, asked = _cause(evidence, rounds, answer, examination)
        if cause is not None:
            return Explanation(cause)
        asked.append(evidence[-1])
    if smallest.kind in SELF_EVIDENT:
        return Explanation()
    matters = what_matters(smallest.case, fails)
    moved = moved_groups(asked[-1]) if asked else ()
    return Explanation(None, replace(matters, formulas=(*formulas(asked), *moved)))


def _cause(
    evidence: Sequence[Evidence],
    rounds: Sequence[tuple[Iterator[Case], int]],
    answer: Ask,
    examination: Examination,
) -> tuple[Cause | None, list[Evidence]]:
    """The cause that is proved and holds, and the answers; a round is cases, and how many may be alike."""
    found, left = evidence[-1], candidates(evidence)
    asked: list[Evidence] = []
    for cases, most_alike in rounds:
        proof = prove(left, evidence, cases, answer, most_alike=most_alike)
        asked += proof.asked
        examination.add(proof.asked)
        proved = () if proof.cause is None else proof.cause.hypotheses
        standing = examination.standing(proved)
        if proof.cause is not None and standing:
            return replace(proof.cause, hypotheses=standing), asked
        left = [
            each
            for each in left
            if each not in proof.refuted and each not in proved and not changes_window(found, each.variant)
        ]
        evidence = [found]
    return None, asked


def _evidence(failure: Failure, tolerance: Tolerance) -> Evidence:
    return Evidence(failure.case, failure.actual, failure.expected, details=tolerance.details)
