"""Cross-examination: what was proved near one finding must hold elsewhere, or no cause is named."""

from itertools import islice
from typing import Any

import pytest

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Variant
from sessionstats.testing.bugs.registry import BY_ID
from sessionstats.testing.examination import Examination
from sessionstats.testing.hypotheses import Evidence, Hypothesis, together
from sessionstats.testing.neighbours import apart
from sessionstats.testing.strategies.claims import EVERYTHING

ROW = {"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok", "distinct_id": "ann"}
CASE: dict[str, Any] = {
    "now": "2024-01-29T12:27:28Z",
    "params": {"field": "sum(session)", "interval": "1h", "statsPeriod": "1d"},
    "sessions": [{**ROW, "quantity": 3}],
}
TWICE: dict[str, Any] = {**CASE, "sessions": CASE["sessions"] * 2}
"""A case in which identical rows are in the way."""

IGNORED = Hypothesis(BY_ID["quantity-ignored"], BY_ID["quantity-ignored"].variants[0])


def variant(bug: str) -> Variant:
    return BY_ID[bug].variants[0]


def stands(*answers: tuple[dict[str, Any], Any]) -> bool:
    return Examination(model.answer, [Evidence(*each) for each in answers], iter(())).standing([IGNORED]) == (
        IGNORED,
    )


SHOWN = CASE, variant("quantity-ignored")(CASE)


def test_a_cause_that_predicts_everything_stands() -> None:
    assert stands(SHOWN)


def test_nothing_shown_is_nothing_proved() -> None:
    plain = {**CASE, "sessions": [ROW]}
    assert not stands((plain, model.answer(plain)))


@pytest.mark.parametrize("case", [CASE, TWICE], ids=["the same", "another"])
def test_one_right_answer_speaks_against_it(case: dict[str, Any]) -> None:
    """Where a hypothesis gives another answer it is false, whatever it predicted."""
    assert not stands(SHOWN, (case, model.answer(case)))


def test_a_known_bug_may_hide_it() -> None:
    """Of two equal rows with a quantity of three it gives two; one is given if they are merged as well."""
    both = together([variant("quantity-ignored"), variant("identical-rows-merged")])
    assert stands(SHOWN, (TWICE, both(TWICE)))
    assert not stands((TWICE, both(TWICE)))


def test_what_no_known_bug_explains_speaks_against_it() -> None:
    """Nothing that is known makes 41 of two equal rows: so it is not known what is wrong with them."""
    given = model.answer(TWICE)
    (group,) = given["body"]["groups"]
    group["totals"]["sum(session)"] = 41
    group["series"]["sum(session)"] = [41 if value else 0 for value in group["series"]["sum(session)"]]
    assert not stands(SHOWN, (TWICE, given))


def test_fresh_cases_are_asked() -> None:
    """A program that was wrong once is right wherever else it is asked: the hypothesis was too wide."""
    fresh = islice(apart(CASE, [], EVERYTHING), 100)
    assert not Examination(model.answer, [Evidence(*SHOWN)], fresh).standing([IGNORED])
