"""Causes of the differences in one response: confirmed on other groups, or not named."""

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from sessionstats import Query, compute, from_records
from sessionstats.testing import explain
from sessionstats.testing.bugs.registry import BY_ID
from sessionstats.testing.hypotheses import together
from sessionstats.testing.samples import Place, Table, case_of
from sessionstats.testing.screen import Comparison
from sessionstats.testing.trials import Response

NOW = "2024-01-29T12:27:28Z"
USERS, COUNT, P95 = "count_unique(user)", "sum(session)", "p95(session.duration)"
PARAMS = {"field": [COUNT, USERS, P95], "groupBy": ["release"], "interval": "1d", "statsPeriod": "2d"}
CHANCE = random.Random(7)
ROWS = [
    {
        "started": f"2024-01-{CHANCE.randint(27, 29)}T{CHANCE.randint(0, 11):02}:30:00Z",
        "project_id": 1,
        "status": CHANCE.choice(["ok", "exited", "crashed"]),
        "release": f"app@1.{number % 40}.0",
        "distinct_id": f"user {CHANCE.randint(1, 9)}",
        "duration": CHANCE.choice([None, 0.0, 5.5, 20.0, 61.25]),
        "quantity": CHANCE.choice([1, 1, 3]),
    }
    for number in range(1000)
]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine changes nothing."""
    monkeypatch.setattr("sessionstats.testing.responses.SECONDS", 600.0)


def response(*bugs: str, params: dict[str, Any] = PARAMS) -> dict[str, Any]:
    variant = together([BY_ID[name].variants[0] for name in bugs])
    body: dict[str, Any] = variant({"now": NOW, "params": params, "sessions": ROWS})["body"]
    return body


def explained(body: dict[str, Any], params: dict[str, Any] = PARAMS) -> Comparison:
    return explain(from_records(ROWS), urlencode(params, doseq=True), body, now=NOW)


def names(comparison: Comparison) -> set[frozenset[str]]:
    return {frozenset(bug.id for bug in cause.bugs) for cause in comparison.causes}


def test_one_cause() -> None:
    """§6.1: it is named, in the report and in JSON, with how many further groups it predicted."""
    comparison = explained(response("quantity-ignored"))
    assert names(comparison) == {frozenset({"quantity-ignored"})}
    (cause,) = comparison.causes
    assert cause.predicted >= 20
    assert f"predicted {cause.predicted} of {cause.predicted} further groups" in str(comparison)
    assert str(comparison).count("\n") < 45
    assert comparison.to_dict()["causes"][0]["diagnoses"] == ["quantity-ignored"]


def test_in_which_way() -> None:
    """§6.2: a title may cover several ways to have a bug; those that are not ruled out are said."""
    rows = [{**row, "distinct_id": f"{row['distinct_id']:9}{number % 3}"} for number, row in enumerate(ROWS)]
    case = {"now": NOW, "params": PARAMS, "sessions": rows}
    variant = BY_ID["users-cut"].for_case(case)[0]
    body = variant(case)["body"]
    comparison = explain(from_records(rows), urlencode(PARAMS, doseq=True), body, now=NOW)
    assert variant.detail in str(comparison)
    assert variant.detail in comparison.to_dict()["causes"][0]["variants"][0]


def test_a_cause_that_merges_groups() -> None:
    """§5: groups that are missing are looked for in others; further causes are found beside that one."""
    rows = [
        {**row, "release": str(row["release"]).replace("app", ("app", "App")[number % 3 == 0])}
        for number, row in enumerate(ROWS)
    ]
    merged = next(
        variant for variant in BY_ID["groups-without-case"].variants if "under the name" in variant.detail
    )
    variant = together([merged, BY_ID["quantity-ignored"].variants[0]])
    body = variant({"now": NOW, "params": PARAMS, "sessions": rows})["body"]
    comparison = explain(from_records(rows), urlencode(PARAMS, doseq=True), body, now=NOW)
    assert names(comparison) == {frozenset({"groups-without-case"}), frozenset({"quantity-ignored"})}


def test_groups_that_are_all_renamed() -> None:
    """§1.1: no group is left whose values could be compared before."""
    case = {"now": NOW, "params": PARAMS, "sessions": ROWS}
    variants = BY_ID["texts-cut"].for_case(case)
    cut = next(each for each in variants if each.detail.startswith("to 8 characters"))
    comparison = explained(cut(case)["body"])
    assert not any(finding.path.field for finding in comparison.findings)
    assert names(comparison) == {frozenset({"texts-cut"})}
    assert cut.detail in str(comparison)


def test_a_limit_on_rows() -> None:
    """§1.1: no group shows it by itself, so the kernel's answer for the first rows is compared."""
    body = compute(from_records(ROWS[:700]), PARAMS, now=NOW).to_dict()
    comparison = explained(body)
    assert names(comparison) == {frozenset({"rows-limited"})}
    assert "Only the first rows count (§1.1), the first 7" in str(comparison)
    body["groups"][0]["totals"][COUNT] -= 1
    assert names(explained(body)) != {frozenset({"rows-limited"})}


def test_two_causes_in_other_fields() -> None:
    """§6.1, §6.2: each is named, one of them with the rival that these sessions do not distinguish."""
    comparison = explained(response("quantity-ignored", "users-total-sum-of-buckets"))
    summed = frozenset({"users-total-sum-of-buckets", "users-per-other-column"})
    assert names(comparison) == {frozenset({"quantity-ignored"}), summed}


def test_three_causes() -> None:
    """§6.1, §6.2, §6.3: also where one of them shows in few groups only."""
    comparison = explained(
        response("quantity-ignored", "users-total-sum-of-buckets", "missing-duration-is-zero")
    )
    assert {"quantity-ignored", "users-total-sum-of-buckets", "missing-duration-is-zero"} <= {
        bug.id for cause in comparison.causes for bug in cause.bugs
    }


def test_two_changes_of_the_rows_follow_each_other() -> None:
    """§6.3, §1.1: neither replaces the other."""
    variants = [BY_ID["zero-durations-dropped"].variants[0], BY_ID["rows-of-no-session-counted"].variants[1]]
    row = {"started": NOW, "project_id": 1, "status": "exited", "duration": 0}
    params = {"field": [COUNT, P95], "interval": "1d", "statsPeriod": "1d", "includeSeries": "0"}
    answer = together(variants)({"now": NOW, "params": params, "sessions": [row, {**row, "quantity": 0}]})
    assert answer["body"]["groups"][0]["totals"] == {COUNT: 2, P95: None}


def test_what_is_left_is_said() -> None:
    """In the report and in JSON: fields that no cause explains, and that the time was up."""
    body = response("quantity-ignored")
    for group in body["groups"]:
        group["totals"][USERS] += 1
    comparison = explained(body)
    assert names(comparison) == {frozenset({"quantity-ignored"})}
    assert f"Not explained: {USERS} (totals of 40 groups)" in str(comparison)
    left = {"field": USERS, "places": "totals", "groups": 40}
    assert comparison.to_dict()["not_explained"] == [left]
    assert not comparison.to_dict()["out_of_time"]


def test_the_end_of_the_time_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a reader takes the bug for an unknown one."""
    monkeypatch.setattr("sessionstats.testing.responses.SECONDS", 0.0)
    comparison = explained(response("quantity-ignored"))
    assert "No cause was confirmed within 9 seconds." in str(comparison)
    assert comparison.to_dict()["out_of_time"]


def test_an_interval_without_users_holds_nothing() -> None:
    """§5, §6.2: by itself it makes no group, and so it agrees with a group that others make."""
    row = {"project_id": 1, "status": "exited", "release": "app@1"}
    rows = [
        {**row, "started": "2024-01-29T10:30:00Z"},
        {**row, "started": "2024-01-29T11:30:00Z", "distinct_id": "ann"},
    ]
    params = f"field={USERS}&groupBy=release&interval=1h&statsPeriod=3h"
    query = Query.parse(params, now=NOW)
    table = Table(from_records(rows), query)
    response = Response(
        case_of(params, query, NOW, None), compute(from_records(rows), query).to_dict(), table
    )
    (cell,) = response.cells([Place((("release", "app@1"),), 0, is_total=False)], [USERS])
    assert len(cell.paths) == 1
    assert cell.is_right(())


def test_intervals_where_there_is_one_group() -> None:
    """§3.5: they are as independent of each other as groups."""
    params = {**PARAMS, "groupBy": [], "interval": "1h"}
    comparison = explained(response("quantity-ignored", params=params), params)
    assert names(comparison) == {frozenset({"quantity-ignored"})}
    assert comparison.causes[0].unit == "intervals"


def test_groups_of_many_sessions() -> None:
    """§6.1: intervals of hundreds of sessions, for which only hypotheses that fit a few of them are tried."""
    many = from_records(ROWS * 30)
    body = compute(from_records([{**row, "quantity": 1} for row in ROWS * 30]), PARAMS, now=NOW).to_dict()
    comparison = explain(many, urlencode(PARAMS, doseq=True), body, now=NOW)
    assert names(comparison) == {frozenset({"quantity-ignored"})}


def test_what_begins_at_the_end_of_the_window() -> None:
    """§3.5: groups of many sessions are taken apart, and what begins just beside the window is not lost."""
    late = [{**row, "started": "2024-01-30T00:00:00Z"} for row in ROWS[:200]]
    kept = [{**row, "started": "2024-01-29T23:59:59Z"} for row in late]
    body = compute(from_records(ROWS * 30 + kept), PARAMS, now=NOW).to_dict()
    comparison = explain(from_records(ROWS * 30 + late), urlencode(PARAMS, doseq=True), body, now=NOW)
    assert "end-inclusive" in {bug.id for cause in comparison.causes for bug in cause.bugs}


def one_more(group: dict[str, Any]) -> None:
    group["totals"][COUNT] += 1


def half_more(group: dict[str, Any]) -> None:
    if group["by"]["release"] > "app@1.2":
        group["totals"][P95] = 1.5 * (group["totals"][P95] or 1)


@pytest.mark.parametrize("change", [one_more, half_more])
def test_an_unknown_cause_is_not_named(
    change: Callable[[dict[str, Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessionstats.testing.responses.SECONDS", 4.0)
    body = response()
    for group in body["groups"]:
        change(group)
    comparison = explained(body)
    assert comparison.findings
    assert not comparison.causes


def test_one_group_that_contradicts_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug that explains most groups is not the cause if some agree although they should not."""
    monkeypatch.setattr("sessionstats.testing.responses.SECONDS", 4.0)
    body, right = response("quantity-ignored"), response()
    values = {group["by"]["release"]: group for group in right["groups"]}
    body["groups"] = [
        values[group["by"]["release"]] if place % 3 == 0 else group
        for place, group in enumerate(body["groups"])
    ]
    assert not explained(body).causes


def test_a_response_about_other_sessions() -> None:
    """§2.2: no session lies in the window, so that there is no group that others could be named after."""
    late = [{**row, "started": "2023-01-01T00:00:00Z"} for row in ROWS[:10]]
    comparison = explain(from_records(late), urlencode(PARAMS, doseq=True), response(), now=NOW)
    assert len(comparison.findings) == 40
    assert not comparison.causes


def test_a_right_response_has_no_cause() -> None:
    comparison = explained(compute(from_records(ROWS), PARAMS, now=NOW).to_dict())
    assert comparison.agrees
    assert not comparison.causes
