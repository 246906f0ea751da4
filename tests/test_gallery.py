"""The kit proves itself: it finds bugs of the registry, blind mutants and strangers' bugs, and names causes.

An ordinary run uses some of them; the profile ``thorough`` of Hypothesis uses all.
"""

from __future__ import annotations

import copy
from functools import cache
from itertools import islice
from typing import Any

import pytest
from hypothesis import settings

from sessionstats.protocol import respond
from sessionstats.testing import check, model
from sessionstats.testing.bugs.registry import BUGS, BY_ID, FAMILIES
from sessionstats.testing.comparison import compare
from sessionstats.testing.hypotheses import RIGHT, Evidence
from sessionstats.testing.matters import what_matters
from sessionstats.testing.runner import EXAMPLES
from sessionstats.testing.strategies.assembly import assemble
from sessionstats.testing.strategies.recipes import draws
from tests.gallery.blind import MUTANTS
from tests.gallery.diff import patched
from tests.gallery.mutant import Mutant
from tests.gallery.table import PAGE, page
from tests.strangers import habits
from tests.strangers.bugs import PLANTED, NotANumberIsNobody
from tests.strangers.desk import CLAIMS, Desk

THOROUGH = settings.get_current_profile_name() == "thorough"
"""Whether everything is tried."""

RARE = {
    "builds-as-text", "instants-in-32-bits", "last-rows-lost", "local-instants", "missing-build-is-zero",
    "na-users-dropped", "numbers-as-milliseconds", "prototype-groups-lost", "prototype-users-dropped",
    "search-as-pattern", "users-cut", "users-through-floats",
}  # fmt: skip
"""Bugs that need data which is drawn only now and then."""


@cache
def drawn(examples: int) -> list[Evidence]:
    """Cases as the kit draws them, with the right answers."""
    cases = [assemble(recipe) for recipe in islice(draws(0), examples)]
    return [Evidence(case, model.answer(case)) for case in cases]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda each: each.__name__.rpartition(".")[2])
def test_every_bug_shows_in_cases_that_are_drawn(family: Any) -> None:
    """§1 to §9: within the budget of a check, each bug of the registry gives an answer that is not right."""
    hidden = [
        bug.id
        for bug in (family.BUGS if THOROUGH else family.BUGS[::3])
        if bug.id not in RARE
        and not any(
            evidence.differs(variant)
            for evidence in drawn(EXAMPLES)
            for variant in bug.for_case(evidence.case)[:3]
        )
    ]
    assert hidden == []


@pytest.mark.parametrize("mutant", MUTANTS if THOROUGH else MUTANTS[7::8], ids=lambda each: each.name)
def test_blind_mutants_are_found_and_explained(mutant: Mutant) -> None:
    """§1 to §9: the registry names bugs that were not made from it."""
    (found,) = check(mutant, max_findings=1).findings
    assert mutant.cause in found.diagnoses
    cause = found.explanation.cause
    assert cause is not None
    assert cause.predicted >= cause.tried - 1 >= 19


@pytest.mark.parametrize("program", PLANTED if THOROUGH else PLANTED[::9], ids=lambda each: each.__name__)
def test_strangers_never_get_a_wrong_cause(program: Any) -> None:
    """Either the cause describes the planted bug, or none is named and what matters is reported."""
    for found in check(program(), claims=CLAIMS, max_findings=1).findings:
        assert set(found.diagnoses[:1]) <= set(program.MAY), str(found.explanation)
        assert found.diagnosis is not None or found.explanation.matters is not None


@pytest.mark.parametrize("name", habits.PLANTED)
def test_habits_are_found(name: str) -> None:
    """§1 to §9: bugs of practitioners show in the cases that a check draws by default."""
    program, _ = habits.PLANTED[name]
    assert any(
        given != evidence.answer and compare(evidence.case, respond(dict(evidence.case)), given)
        for evidence in drawn(EXAMPLES)
        if (given := program(evidence.case))["status"] == 200
    )


@pytest.mark.parametrize("name", habits.PLANTED if THOROUGH else ["users_without_environment_lost"])
def test_habits_never_get_a_wrong_cause(name: str) -> None:
    """Either the cause describes the planted bug, or none is named and what matters is reported."""
    program, may = habits.PLANTED[name]
    for found in check(program, max_findings=2).findings:
        assert set(found.diagnoses[:1]) <= set(may), str(found.explanation)
        assert found.diagnosis is not None or found.explanation.matters is not None


def test_what_matters_where_no_cause_is_known() -> None:
    """Users that begin with a digit are nobody, which is not a bug of the registry."""
    (found,) = check(NotANumberIsNobody(), claims=CLAIMS, max_findings=1).findings
    assert found.explanation.matters is not None
    assert "the column distinct_id" in found.explanation.matters.needed
    assert "the column release" in found.explanation.matters.free


def test_one_unknown_bug_is_one_finding() -> None:
    """A user who is nobody shows in counts and rates of users, in totals and intervals: that is one bug."""
    (found,) = check(NotANumberIsNobody(), claims=CLAIMS, examples=200).findings
    assert len({field for _, field in found.symptoms | found.also}) > 1


def test_the_date_matters_where_it_does() -> None:
    """§3.5: sessions of a leap day are lost; on another day they are not."""
    row = {"started": "2024-02-29T10:30:00Z", "project_id": 1, "status": "ok"}
    params = {"field": "sum(session)", "statsPeriod": "1d", "interval": "1d"}
    case = {"now": "2024-02-29T12:00:00Z", "params": params, "sessions": [row]}
    lost = what_matters(case, lambda case: any("-02-29" in row["started"] for row in case["sessions"]))
    assert lost.needed == ("the date",)
    anything = what_matters(case, lambda case: True)
    assert anything.needed == ()
    assert anything.free[0] == "any session"


def test_what_matters_about_ordinary_values() -> None:
    """A plain text, equal durations, one project, different instants: told if they are needed."""
    row = {"started": "2024-01-29T10:30:00Z", "project_id": 10, "status": "exited", "duration": 2.5}
    params = {"field": "sum(session)", "statsPeriod": "1d"}
    later = {**row, "started": "2024-01-29T11:30:00Z", "release": "constructor"}
    case = {"now": "2024-01-29T12:00:00Z", "params": params, "sessions": [row, later]}

    def needed(key: Any) -> tuple[str, ...]:
        wanted = key(case["sessions"])
        return what_matters(case, lambda case: key(case["sessions"]) == wanted).needed

    assert "release 'constructor' rather than any other" in needed(lambda rows: rows[1].get("release"))
    assert needed(lambda rows: rows[0]["project_id"]) == ("project_id 10 rather than any other",)
    assert "rows with the same duration" in needed(
        lambda rows: rows[0].get("duration") == rows[1].get("duration")
    )
    assert needed(lambda rows: rows[0]["started"] == rows[1]["started"]) == (
        "sessions that begin at different instants",
    )


@pytest.mark.parametrize("right", [model.answer, respond], ids=["model", "kernel"])
def test_nothing_is_found_in_right_implementations(right: Any) -> None:
    """§1 to §9: no false alarm."""
    for evidence in drawn(EXAMPLES)[: 2000 if THOROUGH else 150]:
        actual = right(copy.deepcopy(evidence.case))
        if evidence.answer["status"] != 422:
            assert compare(evidence.case, respond(evidence.case), actual) == []
            assert not Evidence(evidence.case, actual).wrong


def test_the_program_at_the_desk_is_right() -> None:
    """Without a bug planted, nothing is found in it."""
    assert check(Desk(), claims=CLAIMS, examples=400).agrees


def test_the_registry_is_sound() -> None:
    """Ids are unique, and every bug has a variant."""
    assert len(BY_ID) == len(BUGS) >= 150
    assert all(bug.variants or bug.family for bug in BUGS)
    assert {mutant.cause for mutant in MUTANTS} <= BY_ID.keys()


def test_the_model_without_a_bug_is_right() -> None:
    """The variant that changes nothing answers as the model does."""
    for evidence in drawn(EXAMPLES)[:50]:
        assert RIGHT(evidence.case) == evidence.answer


def test_the_page_lists_the_gallery() -> None:
    """The table in the documentation is the registry; ``python -m tests.gallery.table`` writes it."""
    assert page() == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("diff", "message"),
    [
        ("- y = 2\n+ y = 3", "occurs 0 times"),
        ("- x = 1\n+ x = 3", "occurs 2 times"),
        ("x = 1", "begins with"),
    ],
)
def test_diffs_that_do_not_fit_are_rejected(diff: str, message: str) -> None:
    """A mutant must not silently lose its bug when the model changes."""
    with pytest.raises(ValueError, match=message):
        patched("x = 1\nif x:\n    x = 1\n", diff)
