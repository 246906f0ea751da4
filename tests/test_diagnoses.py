"""Diagnoses: a wrong answer made on purpose for every known bug that the gallery has no mutant for.

Of the others the gallery is the test (`test_gallery`). Nothing is guessed: what no known bug gives has none.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from sessionstats.protocol import respond
from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.comparison import compare
from sessionstats.testing.diagnoses import DIAGNOSES, diagnose, explanations, fewest
from sessionstats.testing.findings import TOTALS, Path
from sessionstats.testing.strategies.assembly import assemble
from sessionstats.testing.strategies.recipes import draws
from tests.gallery import MUTANTS

Case = dict[str, Any]
Answer = dict[str, Any]

COUNT = "sum(session)"
USER_RATE = "crash_rate(user)"
SESSION_RATE = "crash_rate(session)"
AVERAGE = "avg(session.duration)"


def row(started: str, **columns: Any) -> dict[str, Any]:
    usual = {"project_id": 1, "status": "exited", "release": "a", "distinct_id": "ann"}
    return {**usual, "started": f"2024-01-{started}Z", **columns}


def case_of(*rows: dict[str, Any], **params: Any) -> Case:
    usual = {"field": COUNT, "interval": "1h", "statsPeriod": "3h"}
    return {"now": "2024-01-29T12:27:00Z", "sessions": list(rows), "params": {**usual, **params}}


def with_params(**changes: Any) -> Callable[[Case], Answer]:
    """The right answer to other parameters, with the search echoed as it was."""

    def wrong(case: Case) -> Answer:
        answer, right = respond({**case, "params": {**case["params"], **changes}}), respond(case)
        if "query" in right["body"]:
            answer["body"]["query"] = right["body"]["query"]
        if "links" in right:
            answer["links"] = right["links"]
        return answer

    return wrong


def with_keys(**changes: Any) -> Callable[[Case], Answer]:
    """The right answer to a case of which some keys are others."""
    return lambda case: respond({**case, **changes})


def with_total(value: Any) -> Callable[[Case], Answer]:
    """The right answer with another total of the one field of the one group."""

    def wrong(case: Case) -> Answer:
        answer = respond(case)
        answer["body"]["groups"][0]["totals"] = {case["params"]["field"]: value}
        return answer

    return wrong


def first_row_only(case: Case) -> Answer:
    return respond({**case, "sessions": case["sessions"][:1]})


def series_reversed(case: Case) -> Answer:
    answer = respond(case)
    answer["body"]["groups"][0]["series"][COUNT].reverse()
    return answer


def nothing_is_zero(case: Case) -> Answer:
    answer = respond(case)
    series = answer["body"]["groups"][0]["series"]
    series[AVERAGE] = [value or 0 for value in series[AVERAGE]]
    return answer


def with_groups(*places: int) -> Callable[[Case], Answer]:
    """The right answer with some of its groups."""

    def wrong(case: Case) -> Answer:
        answer = respond(case)
        answer["body"]["groups"] = [answer["body"]["groups"][place] for place in places]
        return answer

    return wrong


RELEASES = [
    {"version": "new", "date_added": "2024-01-28T00:00:00Z", "project_ids": [1]},
    {"version": "a", "date_added": "2024-01-27T00:00:00Z", "project_ids": [1]},
    {"version": "old", "date_added": "2024-01-26T00:00:00Z", "project_ids": [1]},
]

WRONG: dict[str, tuple[Case, Callable[[Case], Answer]]] = {
    "default-period": (
        case_of(row("29T01:00:00"), row("02T00:00:00"), interval="1d", statsPeriod=None),
        with_params(statsPeriod="14d"),
    ),
    "rounding-of-other-edition": (
        case_of(row("29T08:59:59"), row("29T11:00:00"), statsPeriod="90m"),
        with_keys(rules={"rounding": "hourly"}),
    ),
    "day-of-last-bucket": (
        case_of(row("28T03:10:00"), row("28T23:10:00"), statsPeriod=None,
                start="2024-01-28T03:00:00", end="2024-01-28T05:00:00"),
        with_params(start="2024-01-28T00:00:00", end="2024-01-29T00:00:00"),
    ),
    "number-unit": (
        case_of(row("29T11:30:00"), row("28T11:30:00"), statsPeriod="7200"),
        with_params(statsPeriod="7200m"),
    ),
    "bad-row-accepted": (
        case_of(row("29T11:30:00"), row("29T11:30:00", status="hung")),
        first_row_only,
    ),
    "first-update-only": (
        case_of(row("29T11:30:00", session_id="s", status="ok"),
                row("29T11:30:00", session_id="s", status="crashed", seq=1), groupBy="session.status"),
        first_row_only,
    ),
    "quotes-kept": (
        case_of(row("29T11:30:00", release="app 1"), row("29T11:30:00", release='"app 1"'),
                row("29T10:30:00", release='"app 1"'), query='release:"app 1"'),
        with_params(query='release:"\\"app 1\\""'),
    ),
    "parentheses-ignored": (
        case_of(row("29T11:30:00", environment="x"), row("29T11:30:00", environment="y", release="b"),
                query="release:a AND (environment:x OR environment:y)"),
        with_params(query="release:a AND environment:x OR environment:y"),
    ),
    "status-filter-ignored": (
        case_of(row("29T11:30:00"), row("29T11:30:00", status="crashed"), query="session.status:crashed"),
        with_params(query=None),
    ),
    "search-ignored": (
        case_of(row("29T11:30:00"), row("29T11:30:00", release="b"), query="release:a"),
        with_params(query=None),
    ),
    "filter-ignored": (
        case_of(row("29T11:30:00", environment="x"), row("29T11:30:00", environment="y"), environment="x"),
        with_params(environment=None),
    ),
    "series-reversed": (
        case_of(row("29T11:30:00"), row("29T11:30:00"), row("29T10:30:00")),
        series_reversed,
    ),
    "user-rate-from-summed-buckets": (
        case_of(row("29T11:30:00", status="crashed"), row("29T10:30:00"),
                row("29T10:30:00", distinct_id="ben"), field=USER_RATE),
        with_total(1 / 3),
    ),
    "duration-of-nothing-is-zero": (
        case_of(row("29T11:30:00", duration=2.5), row("29T10:30:00"), field=AVERAGE),
        nothing_is_zero,
    ),
    "anr-of-any-session": (
        case_of(row("29T11:30:00", abnormal_mechanism="anr_foreground"),
                row("29T11:30:00", status="abnormal", distinct_id="ben"),
                row("29T11:30:00", distinct_id="cat", status="abnormal"),
                field="anr_rate()", includeSeries="0"),
        with_total(1 / 3),
    ),
    "session-rate-of-users": (
        case_of(row("29T11:30:00", status="crashed"), row("29T11:30:00"), row("29T11:30:00"),
                row("29T11:30:00", distinct_id="ben"), field=SESSION_RATE, includeSeries="0"),
        with_total(1 / 2),
    ),
    "order-ignored": (
        case_of(row("29T11:30:00"), row("29T11:30:00"), row("29T10:30:00", release="b"),
                row("29T11:30:00", release="b", distinct_id="ben"), row("29T11:30:00", release="b"),
                field=[COUNT, "count_unique(user)"], orderBy="count_unique(user)", groupBy="release"),
        with_params(orderBy=None),
    ),
    "unused-releases-missing": (
        {**case_of(row("29T11:30:00"), row("29T11:30:00", release="old"), row("29T10:30:00", release="old"),
                   groupBy="release", orderBy="-release.timestamp"), "releases": RELEASES},
        with_groups(1, 2),
    ),
    "page-size-ignored": (
        case_of(*[row("29T11:30:00")] * 3, *[row("29T11:30:00", release="b")] * 2,
                row("29T11:30:00", release="c"), groupBy="release", per_page=1),
        with_params(per_page=3),
    ),
    "after-now-dropped": (
        case_of(row("29T11:30:00"), row("29T12:40:00")),
        first_row_only,
    ),
    "groups-of-zero-dropped": (
        case_of(row("29T11:30:00", status="crashed"), row("29T11:30:00", release="b"),
                row("29T11:30:00", release="b"), groupBy="release", field=SESSION_RATE),
        with_groups(0),
    ),
    "percentile-of-texts": (
        case_of(*[row("29T11:30:00", duration=seconds) for seconds in (1, 9, 10, 11, 100)],
                field="p50(session.duration)", includeSeries="0"),
        with_total(100_000),
    ),
    "fault-ignored": (
        case_of(row("29T11:30:00"), groupBy="user"),
        with_params(groupBy=None),
    ),
}  # fmt: skip
"""By diagnosis: a case, and how the bug answers it."""


def test_every_diagnosis_has_a_wrong_answer() -> None:
    """§1 to §9: either a mutant of the gallery or an answer made here, not both."""
    mutants = {mutant.diagnosis for mutant in MUTANTS} - {None}
    assert {bug.id for bug in DIAGNOSES} == WRONG.keys() | mutants
    assert not WRONG.keys() & mutants


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_diagnosed(name: str) -> None:
    """§1 to §9: the bug that gave the answer is named first, at every place that is wrong."""
    case, bug = WRONG[name]
    findings = compare(case, respond(case), bug(case))
    assert findings
    assert {finding.diagnosis for finding in findings} == {name}


@pytest.mark.parametrize("name", WRONG)
def test_a_right_answer_has_no_findings(name: str) -> None:
    """§1 to §9: the cases tell nothing by themselves."""
    case, _ = WRONG[name]
    assert compare(case, respond(case), respond(case)) == []


def test_whole_numbers_without_a_point() -> None:
    """§8: JSON of many writers has 1000 for 1000.0, right or wrong; a count with a point is another value."""
    case = case_of(row("29T11:30:00", duration=1), row("29T11:30:00", duration=2), field=AVERAGE)
    case["params"]["includeSeries"] = "0"
    assert compare(case, respond(case), with_total(1500)(case)) == []
    for wrong in (1.5, 3000, 3000.0):
        (finding,) = compare(case, respond(case), with_total(wrong)(case))
        assert finding.diagnosis == ("factor-1000" if wrong == 1.5 else None)
    case = case_of(
        *[row("29T11:30:00", duration=seconds) for seconds in (0, 1, 1)], field="p50(session.duration)"
    )
    case["params"]["includeSeries"] = "0"
    (finding,) = compare(case, respond(case), with_total(1)(case))
    assert finding.diagnosis == "factor-1000"


def test_nothing_is_guessed() -> None:
    """A value that no known bug gives has no diagnosis, but a section all the same."""
    case = case_of(row("29T11:30:00"))
    (finding,) = compare(case, respond(case), with_total(12345)(case))
    assert (finding.diagnosis, finding.section) == (None, "6.1")


def test_two_bugs_at_once_are_told_apart() -> None:
    """§6.2, §6.3: each finding goes to the bug that gives it."""
    case = case_of(
        row("29T11:30:00", duration=2), row("29T10:30:00", duration=4), field=["count_unique(user)", AVERAGE]
    )
    right = respond(case)
    totals = {"count_unique(user)": 2, AVERAGE: 3.0}
    groups = [{**right["body"]["groups"][0], "totals": totals}]
    wrong = {**right, "body": {**right["body"], "groups": groups}}
    paths = [Path((), field, TOTALS) for field in totals]
    reasons = dict(zip(totals, diagnose(case, right, wrong, paths), strict=True))
    assert reasons[AVERAGE] == ("factor-1000", "6.3")
    assert reasons["count_unique(user)"][0] in ("users-total-sum-of-buckets", "count-instead-of-distinct")
    assert explanations(case, right, wrong, paths) == []


def test_what_explains_most_answers_is_chosen() -> None:
    """Of several wrong answers the fewest bugs that explain all; an answer without explanation keeps none."""
    explained = [["nil-user-counted", "no-user-counted"], ["no-user-counted", "empty-user-counted"], []]
    assert fewest(explained) == ["no-user-counted", "no-user-counted", None]


def test_no_case_is_too_odd_for_a_known_bug() -> None:
    """Every known bug recomputes its wrong answers for any case, however contradictory the request is."""
    for recipe in islice(draws(0), 60):
        case = assemble(recipe)
        evidence = Evidence(case, respond(case))
        for bug in DIAGNOSES:
            if bug.of_refusals or not evidence.refused:
                assert all(isinstance(flat, dict) for flat in bug.alternatives(evidence)), bug.id
