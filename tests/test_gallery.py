"""The kit proves itself: it finds every wrong implementation of the gallery, and nothing in right ones.

In an ordinary run with one seed; under the profile ``thorough`` of Hypothesis with five.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from sessionstats.protocol import respond
from sessionstats.testing import model as naive
from sessionstats.testing.comparison import compare
from sessionstats.testing.diagnoses import BY_ID
from sessionstats.testing.runner import EXAMPLES
from tests.gallery import MUTANTS, Mutant
from tests.gallery.catching import asked, catch
from tests.gallery.diff import patched
from tests.gallery.table import PAGE, table_of

SEEDS = range(5) if settings.get_current_profile_name() == "thorough" else range(1)
"""Seeds that every mutant must be found with."""

FAILURES = 12
"""Wrong answers that a diagnosis is made of."""

FEW = {"ranked-by-filtered-count"}
"""Bugs that show in so few cases of the first seed that another diagnosis explains these as well."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_every_mutant_is_found_and_diagnosed(mutant: Mutant) -> None:
    """§1 to §9: each bug class of the gallery, within the budget of a check."""
    catches = [catch(mutant, EXAMPLES, seed, failures=FAILURES) for seed in SEEDS]
    assert all(caught.examples for caught in catches)
    if mutant.diagnosis is None:
        assert all(caught.raised or caught.diagnosis is None for caught in catches)
    elif len(catches) == 1 and mutant.name in FEW:
        assert mutant.diagnosis in catches[0].explained[0]
    else:
        right = sum(caught.diagnosis == mutant.diagnosis for caught in catches)
        assert right > len(catches) / 2, [caught.explained for caught in catches]


@pytest.mark.parametrize("right", [naive.answer, respond], ids=["model", "kernel"])
def test_nothing_is_found_in_right_implementations(right: Any) -> None:
    """§1 to §9: no false alarm, in any case that the mutants are asked."""
    for case, expected in asked(EXAMPLES, 0):
        actual = right(copy.deepcopy(case))
        if expected["status"] != 422:
            assert compare(case, expected, actual) == []


def test_a_mutant_without_its_bug_is_the_model() -> None:
    """An altered model is right where its bug does not show: the alteration itself breaks nothing."""
    for mutant in MUTANTS:
        case = {"id": 1, "now": "2024-01-29T12:00:00Z", "params": {"field": "nothing"}, "sessions": []}
        assert mutant(case) == naive.answer(case), mutant.name


def test_mutants_have_names_and_known_diagnoses() -> None:
    """§1 to §9: the registry is sound, and holds at least forty bug classes."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 40
    assert {mutant.diagnosis for mutant in MUTANTS} - {None} <= BY_ID.keys()


def test_the_page_lists_the_gallery() -> None:
    """The table in the documentation is of these mutants; ``python -m tests.gallery.table`` writes it."""
    names = [row.split("|")[1].strip().strip("`") for row in table_of(Path(PAGE).read_text(encoding="utf-8"))]
    assert names == [mutant.name for mutant in MUTANTS]


@pytest.mark.parametrize(
    ("diff", "message"),
    [
        ("- y = 2\n+ y = 3", "occurs 0 times"),
        ("- x = 1\n+ x = 3", "occurs 2 times"),
        ("x = 1", "begins with"),
    ],
)
def test_diffs_that_do_not_fit_are_refused(diff: str, message: str) -> None:
    """A mutant must not silently lose its bug when the model changes."""
    with pytest.raises(ValueError, match=message):
        patched("x = 1\nif x:\n    x = 1\n", diff)
