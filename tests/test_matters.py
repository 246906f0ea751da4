"""What matters, the further cases near a failure, and bugs that differ only there."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sessionstats.testing import model
from sessionstats.testing.attempts import Failure, attempt
from sessionstats.testing.bugs.registry import BY_ID
from sessionstats.testing.experiments import Cause
from sessionstats.testing.explanations import Explanation
from sessionstats.testing.findings import Finding, Path
from sessionstats.testing.formulas import moved_groups
from sessionstats.testing.hypotheses import Evidence, Hypothesis
from sessionstats.testing.matters import Matters, what_matters
from sessionstats.testing.neighbours import mixed
from sessionstats.testing.runner import _Options, _Search
from sessionstats.testing.strategies.claims import EVERYTHING
from sessionstats.testing.suspects import Suspect, Watch, symptoms
from sessionstats.testing.tallies import Tally
from sessionstats.testing.tolerance import ROUNDED

ROW = {"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "exited", "distinct_id": "ann"}


def case_of(*rows: dict[str, Any], **params: Any) -> dict[str, Any]:
    given = {"field": ["sum(session)"], "statsPeriod": "1d", **params}
    return {"now": "2024-01-29T12:27:28Z", "params": given, "sessions": list(rows)}


@pytest.mark.parametrize("name", ["start", "end"])
def test_how_a_date_is_written_may_matter(name: str) -> None:
    """§3.3: the same instant, without an offset."""
    dates = {
        "start": "2024-01-28T00:00:00Z",
        "end": "2024-01-29T00:00:00Z",
        name: "2024-01-28T23:30:00-00:30",
    }
    case = case_of(ROW, **dates, statsPeriod=None)
    found = what_matters(case, lambda case: "-00:30" in str(case["params"]))
    assert f"the way in which {name} is written" in found.needed


def test_the_case_is_shown_without_what_does_not_matter() -> None:
    """Columns, parameters and fields that are not needed are removed, as far as it still fails."""
    fields = ["sum(session)", "max(session.duration)", "anr_rate()"]
    case = case_of({**ROW, "duration": 2}, field=fields, groupBy="release", includeSeries="0")
    found = what_matters(case, lambda case: "anr_rate()" in case["params"]["field"])
    assert found.simplest is not None
    assert found.simplest["params"] == {"field": ["anr_rate()"], "statsPeriod": "1d"}
    assert found.simplest["sessions"][0].keys() == ROW.keys() - {"distinct_id"}


def test_each_term_of_a_search_may_matter() -> None:
    """§4.1: a term is left out together with the operator before or after it."""
    case = case_of(ROW, query="project:1 release:[a, b] OR release.build:<7")
    found = what_matters(case, lambda case: "release.build" in case["params"].get("query", ""))
    assert "the term 'release.build:<7' of the search" in found.needed
    assert {"the term 'project:1' of the search", "the term 'release:[a, b]' of the search"} <= set(
        found.free
    )
    assert found.simplest is not None
    assert found.simplest["params"]["query"] == "release.build:<7"


def test_where_the_sessions_of_a_missing_group_count() -> None:
    """§5: two releases under one name."""
    rows = [{**ROW, "release": name} for name in ("a", "b")]
    case = case_of(*rows, groupBy="release")
    merged = model.answer({**case, "sessions": [{**row, "release": "a"} for row in rows]})
    assert moved_groups(Evidence(case, merged)) == ("the sessions of release 'b' count in release 'a'",)
    assert moved_groups(Evidence(case, model.answer(case))) == ()


def test_units_of_rates_near_zero() -> None:
    """§6.8: units in the last place of 1, though there are many numbers between 0 and 1e-16."""
    case, tally = case_of(ROW, field="crash_free_rate(session)", includeSeries="0"), Tally()
    crashed = {**case, "sessions": [{**ROW, "status": "crashed"}]}
    answer = model.answer(crashed)
    answer["body"]["groups"][0]["totals"]["crash_free_rate(session)"] = 1.1e-16
    assert attempt(lambda case: answer, crashed, tally=tally) is None
    assert str(tally.last_bits) == "1 rate differs in its last bits (at most 1 unit)"


@pytest.mark.parametrize(
    ("params", "bug", "detail"),
    [
        ({"includeTotals": 0}, "include-flag-ignored", "if the 0 is text"),
        ({"includeTotals": "0"}, "include-flag-ignored", "if the 0 is not text"),
        ({"per_page": 1, "cursor": "0:1:0"}, "offset-misread", "the first part of the cursor"),
    ],
)
def test_further_cases_write_parameters_differently(params: dict[str, Any], bug: str, detail: str) -> None:
    """§8, §7.6: 0 as text and as number, other parts of a cursor: what the bug is cannot be told without."""
    (variant,) = (each for each in BY_ID[bug].variants if each.detail == detail)
    rows = [{**ROW, "release": name} for name in ("a", "b", "c")]
    chance = random.Random(0)
    near = [mixed(case_of(*rows, groupBy="release", **params), chance) for _ in range(60)]
    answers = [(Evidence(case, model.answer(case)).differs(variant), case["params"]) for case in near]
    assert {differs for differs, _ in answers} == {True, False}


@pytest.mark.parametrize("part", ["start", "detail"])
def test_windows_are_one_finding_once_a_cause_is_known(part: str) -> None:
    """§3.5: a bug of windows shows in others, which its cause may not explain; elsewhere it is another."""
    case = case_of(ROW)
    finding = Finding(Path(None, None, part), "a", "b", None, "3.5", "differs")
    failure = Failure(case, model.answer(case), {}, (finding,))
    bug = BY_ID["window-slides"]
    cause = Cause((Hypothesis(bug, bug.variants[0]),), 20, 20, True)
    watch = Watch()
    watch.suspects = [Suspect(failure, 1, Explanation(cause), symptoms(failure))]
    search = _Search(model.answer, _Options(1, EVERYTHING, ROUNDED, False, 2, 1.0, None), watch)
    unknown = Suspect(failure, 2, Explanation(None, Matters((), ())), symptoms(failure))
    assert (search.same_as(unknown) is watch.suspects[0]) == (part == "start")
