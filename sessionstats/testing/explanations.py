"""Explaining a failure: its cause, proved by experiment, or else what matters.

1. Hypotheses come from the smallest case, and are kept if they agree with the larger ones (`hypotheses`).
2. They are tried on further cases (`experiments`).
3. If none is proved, the smallest case is taken apart (`matters`, `formulas`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from sessionstats.testing.experiments import MOST_ASKED, Cause, prove
from sessionstats.testing.formulas import formulas
from sessionstats.testing.hypotheses import Evidence, candidates, changes_window, is_large
from sessionstats.testing.matters import Matters, what_matters
from sessionstats.testing.neighbours import neighbours, other_rows
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
    """
    smallest = failures[-1]
    others = [failure for failure in failures[:-1] if not is_large(failure.case)]
    asked: list[Evidence] = []
    if smallest.kind == WRONG:
        chosen = others[:: max(1, -(-len(others) // WITNESSES))]
        evidence = [_evidence(failure, tolerance) for failure in (*chosen, smallest)]
        found = evidence[-1]
        further = neighbours(recipes, [failure.case for failure in (*chosen[:1], smallest)], claims)

        def answer(case: Case) -> Any:
            try:
                return ask(implementation, case)
            except Breakdown:
                return None

        found_by = candidates(evidence)
        proof = prove(found_by, evidence, further, answer)
        asked += proof.asked
        if proof.cause is None:
            # Other bugs may interfere: try the smallest request again, with other rows, where they do not.
            further = other_rows(recipes[-1:], smallest.case, claims)
            left = [
                each
                for each in found_by
                if each not in proof.refuted and not changes_window(found, each.variant)
            ]
            proof = prove(left, [found], further, answer, most_alike=MOST_ASKED)
            asked += proof.asked
        if proof.cause is not None:
            return Explanation(proof.cause)
        asked.append(found)
    if smallest.kind in SELF_EVIDENT:
        return Explanation()
    matters = what_matters(smallest.case, fails)
    return Explanation(None, Matters(matters.needed, matters.free, formulas(asked)))


def _evidence(failure: Failure, tolerance: Tolerance) -> Evidence:
    return Evidence(failure.case, failure.actual, failure.expected, details=tolerance.details)
