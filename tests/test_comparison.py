"""The comparison: everything that makes an answer wrong is a finding at its place, and nothing else is.

Each test takes a right answer and changes one thing.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest

from sessionstats.protocol import respond
from sessionstats.testing.comparison import EXACT, Tolerance, compare
from sessionstats.testing.findings import ABSENT, Finding

COUNT = "sum(session)"
USERS = "count_unique(user)"
MEDIAN = "p50(session.duration)"
RATE = "crash_free_rate(session)"
USER_RATE = "crash_rate(user)"

Case = dict[str, Any]
Answer = dict[str, Any]


def row(hour: int = 11, **columns: Any) -> dict[str, Any]:
    usual = {"project_id": 1, "status": "exited", "release": "a", "environment": "x"}
    return {**usual, "started": f"2024-01-29T{hour:02}:30:00Z", **columns}


ROWS = [
    row(distinct_id="ann", duration=1),
    row(10, distinct_id="ann", duration=2),
    row(11, distinct_id="ben", duration=4, status="crashed"),
    row(11, distinct_id="cat", duration=8),
    row(11, release="b", duration=16),
]
"""Release a: 4 sessions, 3 users; b: 1 session, no user."""


def case_of(*rows: dict[str, Any], **params: Any) -> Case:
    usual = {"field": COUNT, "interval": "1h", "statsPeriod": "3h"}
    return {"now": "2024-01-29T12:00:00Z", "sessions": list(rows), "params": {**usual, **params}}


def group_of(answer: Answer, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = answer["body"]["groups"][place]
    return found


def judged(
    case: Case, change: Callable[[Answer], object], tolerance: Tolerance = EXACT, **options: Any
) -> list[Finding]:
    """What is found if the right answer is changed in place."""
    right = respond(case)
    given = copy.deepcopy(right)
    change(given)
    return compare(case, right, given, tolerance, diagnosed=False, **options)


def places(findings: list[Finding]) -> list[str]:
    return [str(finding.path) for finding in findings]


def test_a_right_answer() -> None:
    """§9: no findings, and other keys are not looked at."""
    assert judged(case_of(*ROWS), lambda answer: answer.update(id="another", took=3)) == []


# The answer as a whole.


@pytest.mark.parametrize(
    ("change", "place", "section"),
    [
        (lambda a: a.update(status=400, body={"detail": "no"}), "status", "2.2"),
        (lambda a: a.update(status=200.0), "status", "2.2"),
        (lambda a: a.pop("status"), "status", "2.2"),
        (lambda a: a.update(body=[]), "body", "8"),
        (lambda a: a.pop("body"), "body", "8"),
        (lambda a: a["body"].update(start="2024-01-29T09:00:00+00:00"), "start", "3.5"),
        (lambda a: a["body"].pop("end"), "end", "3.5"),
        (lambda a: a["body"]["intervals"].pop(), "intervals", "3.5"),
        (lambda a: a["body"].update(query=None), "query", "8"),
        (lambda a: a["body"].update(took=3), "took", "8"),
        (lambda a: a["body"].update(groups={}), "groups", "8"),
        (lambda a: a["links"]["next"].update(results=True), "links", "7.6"),
        (lambda a: a.pop("links"), "links", "7.6"),
    ],
)
def test_parts_of_the_answer(change: Callable[[Answer], object], place: str, section: str) -> None:
    """§8, §7.6: each part is there and right, to the type."""
    (finding,) = judged(case_of(*ROWS, per_page=5), change)
    assert (str(finding.path), finding.section) == (place, section)


def test_an_answer_that_is_none() -> None:
    """§9: an answer is an object."""
    case = case_of(*ROWS)
    answer: Any = [respond(case)]
    assert places(compare(case, respond(case), answer, diagnosed=False)) == ["body"]


def test_the_text_of_an_error() -> None:
    """§2.3: the text counts, unless it is said not to; that it is a text always does."""
    case = case_of(interval="90m")
    other = {"detail": "bad interval"}
    assert places(judged(case, lambda answer: answer.update(body=other))) == ["detail"]
    free = Tolerance(details=False)
    assert judged(case, lambda answer: answer.update(body=other), free) == []
    assert places(judged(case, lambda answer: answer.update(body={"detail": 3}), free)) == ["detail"]
    assert places(judged(case, lambda answer: answer.update(body={}), free)) == ["detail"]


def test_the_text_for_a_wrong_row_is_free() -> None:
    """§1.4, §9: each implementation names a wrong row in its own words."""
    case = case_of(row(status="hung"))
    assert judged(case, lambda answer: answer.update(body={"detail": "line 1 is wrong"})) == []
    assert places(judged(case, lambda answer: answer.update(status=400))) == ["status"]


# The values.


@pytest.mark.parametrize(
    ("field", "value", "section"),
    [
        (COUNT, 4.0, "8"),
        (COUNT, "4", "8"),
        (COUNT, True, "8"),
        (COUNT, 5, "6.1"),
        (COUNT, None, "8"),
        (USERS, 4, "6.2"),
        (MEDIAN, 2001.0, "6.3"),
        (MEDIAN, math.nan, "8"),
        (MEDIAN, math.inf, "8"),
        (MEDIAN, None, "6.6"),
        (RATE, math.nextafter(0.75, 1), "6.5"),
        (RATE, -0.0, "6.5"),
        (RATE, "0.75", "8"),
    ],
)
def test_one_value(field: str, value: Any, section: str) -> None:
    """§6: the type, null, and the last bit of each value."""
    case = case_of(*ROWS, field=field, query="release:a", includeSeries="0")
    (finding,) = judged(case, lambda answer: group_of(answer)["totals"].update({field: value}))
    assert str(finding.path) == f"the one group · {field} · totals"
    assert finding.section == section


def test_null_where_a_number_is_given() -> None:
    """§6.6: zero sessions have no rate, neither 0 nor 1."""
    for value in (0.0, 1.0):
        (finding,) = judged(case_of(field=RATE), lambda a, v=value: group_of(a)["totals"].update({RATE: v}))
        assert (finding.expected, finding.actual, finding.section) == (None, value, "6.6")


def test_series() -> None:
    """§8: a value for every bucket, in its place."""
    case = case_of(*ROWS, query="release:a")

    def replaced(values: list[Any]) -> Callable[[Answer], object]:
        return lambda answer: group_of(answer)["series"].update({COUNT: values})

    assert judged(case, replaced([0, 1, 3])) == []
    found = judged(case, replaced([1, 0, 3]))
    assert places(found) == [
        "the one group · sum(session) · 2024-01-29T09:00:00Z",
        "the one group · sum(session) · 2024-01-29T10:00:00Z",
    ]
    assert [finding.message for finding in judged(case, replaced([0, 1]))] == [
        "2 values instead of a value for each of 3 intervals"
    ]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda group: group.pop("totals"), "the one group · totals"),
        (lambda group: group.update(series=[]), "the one group · series"),
        (lambda group: group.update(extra=1), "the one group · extra"),
        (lambda group: group["totals"].update(other=1), "the one group · other · totals"),
        (lambda group: group["totals"].clear(), "the one group · sum(session) · totals"),
    ],
)
def test_parts_of_a_group(change: Callable[[dict[str, Any]], object], place: str) -> None:
    """§8: the parts and fields are those that were asked for."""
    (finding,) = judged(case_of(*ROWS), lambda answer: change(group_of(answer)))
    assert (str(finding.path), finding.section) == (place, "8")


def test_what_was_not_asked_for() -> None:
    """§8: totals that were switched off."""
    case = case_of(*ROWS, includeTotals="0")
    assert places(judged(case, lambda a: group_of(a).update(totals={COUNT: 5}))) == ["the one group · totals"]


# The groups.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda groups: groups.pop(), "the group is missing"),
        (lambda groups: groups.append(copy.deepcopy(groups[0])), "the group stands twice"),
        (lambda groups: groups[1]["by"].update(release="c"), "there is no such group"),
        (lambda groups: groups[1].update(by={}), "group 1: 'by' has the keys [] instead of ['release']"),
        (lambda groups: groups[1]["by"].update(release=7), "group 1: release must be text"),
        (lambda groups: groups.reverse(), "the groups stand in an order that their ranks do not have"),
        (lambda groups: groups.insert(0, None), "group 0: not an object with 'by'"),
    ],
)
def test_the_list_of_groups(change: Callable[[list[Any]], object], message: str) -> None:
    """§5, §7: which groups there are, and in which order."""
    findings = judged(case_of(*ROWS, groupBy="release"), lambda answer: change(answer["body"]["groups"]))
    assert message in [finding.message for finding in findings]


def test_a_type_of_a_key() -> None:
    """§5: a project is an integer."""
    found = judged(case_of(*ROWS, groupBy="project"), lambda a: group_of(a)["by"].update(project="1"))
    assert any("project" in finding.message for finding in found)


def test_status_groups() -> None:
    """§5: every class is there, in any order unless it is asked for."""
    case = case_of(*ROWS, groupBy="session.status")
    assert judged(case, lambda answer: answer["body"]["groups"].reverse()) == []
    (finding,) = judged(case, lambda answer: answer["body"]["groups"].reverse(), ordered=True)
    assert finding.message == "the status groups stand in another order"
    (finding,) = judged(case, lambda answer: answer["body"]["groups"].pop(0))
    assert (finding.message, finding.actual) == ("the status group is missing", ABSENT)


def test_order_of_keys() -> None:
    """§8: the order of JSON keys does not matter unless it is asked for."""
    case = case_of(*ROWS, groupBy=["release", "environment"], field=[COUNT, USERS])

    def turned(answer: Answer) -> None:
        answer["body"] = dict(reversed(answer["body"].items()))
        for group in answer["body"]["groups"]:
            for part in ("by", "totals", "series"):
                group[part] = dict(reversed(group[part].items()))

    assert judged(case, turned) == []
    assert len(judged(case, turned, ordered=True)) == 1 + 2 * 3

    def also_wrong(answer: Answer) -> None:
        turned(answer)
        group_of(answer)["totals"][COUNT] = 7

    assert places(judged(case, also_wrong)) == ["release 'a', environment 'x' · sum(session) · totals"]


# Ties.

TIED = [row(release="a"), row(release="a"), *(row(release=name) for name in "bcd")]
"""a ranks first; b, c and d are equal."""


def choice(*names: str, case: Case) -> Answer:
    """The answer that shows these releases, each with its right values."""
    params = {name: value for name, value in case["params"].items() if name not in ("per_page", "cursor")}
    whole = respond({**case, "params": params})
    by_name = {group["by"]["release"]: group for group in whole["body"]["groups"]}
    return {**respond(case), "body": {**whole["body"], "groups": [by_name[name] for name in names]}}


@pytest.mark.parametrize(
    ("names", "right"),
    [
        ("abc", True),
        ("adb", True),
        ("acd", True),
        ("bac", False),
        ("bcd", False),
        ("ab", False),
        ("abcd", False),
        ("abb", False),
    ],
)
def test_the_page_cuts_through_equals(names: str, right: bool) -> None:
    """§7.3, §7.6: any choice among equals is right, in any order, and nothing else."""
    case = case_of(*TIED, groupBy="release", per_page=3)
    findings = compare(case, respond(case), choice(*names, case=case), diagnosed=False)
    assert (findings == []) == right


def test_a_second_page_of_equals() -> None:
    """§7.6: what the first page may have shown instead may stand on the second."""
    case = case_of(*TIED, groupBy="release", per_page=2, cursor="0:2:0")
    for names, right in (("cd", True), ("bc", True), ("db", True), ("ab", False), ("c", False)):
        findings = compare(case, respond(case), choice(*names, case=case), diagnosed=False)
        assert (findings == []) == right, names


@pytest.mark.parametrize(
    ("cursor", "size", "names", "missing", "extra"),
    [("0:0:0", 2, "bc", "a", "c"), ("0:2:0", 1, "a", "c", "a"), ("0:1:0", 1, "c", "b", "c")],
)
def test_groups_of_other_pages(cursor: str, size: int, names: str, missing: str, extra: str) -> None:
    """§7.6: of three groups of different rank each belongs to one page."""
    rows = [row(release=name) for name in "aaabbc"]
    case = case_of(*rows, groupBy="release", per_page=size, cursor=cursor)
    findings = compare(case, respond(case), choice(*names, case=case), diagnosed=False)
    told = {(str(finding.path).split("'")[1], finding.message) for finding in findings}
    assert told == {(missing, "the group is missing"), (extra, "the group does not belong to this page")}


def test_another_choice_must_have_right_values() -> None:
    """§7.6: the values of a group that the kernel did not show are compared all the same."""
    case = case_of(*TIED, groupBy="release", per_page=2)
    answer = choice("a", "d", case=case)
    group_of(answer, 1)["totals"][COUNT] = 7
    (finding,) = compare(case, respond(case), answer, diagnosed=False)
    assert (finding.path.group, finding.expected, finding.actual) == ((("release", "d"),), 1, 7)


# Tolerances.


def verdict(field: str, value: float, tolerance: Tolerance, *rows: dict[str, Any], **params: Any) -> bool:
    """Whether a total passes."""
    case = case_of(*rows, field=field, includeSeries="0", **params)
    return not judged(case, lambda a: group_of(a)["totals"].update({field: value}), tolerance)


@pytest.mark.parametrize(
    ("value", "passes"), [(100, True), (98, True), (102, True), (97, False), (103, False)]
)
def test_relative_error_of_users(value: int, passes: bool) -> None:
    """§6.2: a sketch may be off by so much of the count, to both sides."""
    users = [row(distinct_id=str(number)) for number in range(100)]
    assert verdict(USERS, value, Tolerance(users=0.02), *users) == passes


@pytest.mark.parametrize(("value", "passes"), [(80, True), (77, True), (83, True), (76, False), (84, False)])
def test_errors_of_differences_add_up(value: int, passes: bool) -> None:
    """§6.2: healthy users are all less the others: 100 ± 3 less 20 ± 0.6."""
    users = [row(distinct_id=str(number), status="crashed" if number < 20 else "ok") for number in range(100)]
    case = case_of(*users, field=USERS, groupBy="session.status", includeSeries="0")

    def healthy(answer: Answer) -> None:
        (group,) = (g for g in answer["body"]["groups"] if g["by"]["session.status"] == "healthy")
        group["totals"][USERS] = value

    assert (judged(case, healthy, Tolerance(users=0.03)) == []) == passes
    assert (judged(case, healthy) == []) == (value == 80)


def test_error_of_user_rates() -> None:
    """§6.5: 20 ± 2 % of 100 ± 2 %, and no error of sessions."""
    users = [row(distinct_id=str(number), status="crashed" if number < 20 else "ok") for number in range(100)]
    tolerance = Tolerance(users=0.02)
    assert verdict(USER_RATE, 20 * 1.019 / 98.1, tolerance, *users)
    assert not verdict(USER_RATE, 20 * 1.03 / 98, tolerance, *users)
    assert not verdict("crash_rate(session)", 0.2001, tolerance, *users)
    assert not verdict(COUNT, 101, tolerance, *users)


@pytest.mark.parametrize(
    ("value", "passes"),
    [(32_000.0, True), (28_000.0, True), (36_000.0, True), (27_999.0, False), (36_001.0, False)],
)
def test_rank_error_of_percentiles(value: float, passes: bool) -> None:
    """§6.3: the value lies between the exact quantiles at q ± ε, whatever the values are."""
    rows = [row(duration=seconds) for seconds in range(65)]
    assert verdict(MEDIAN, value, Tolerance(rank=0.0625), *rows) == passes
    assert verdict(MEDIAN, value, Tolerance(users=0.0625), *rows) == (value == 32_000)


def test_rank_error_is_not_relative() -> None:
    """§6.3: half of a median can be right, where the ranks are far apart, and a hair be wrong."""
    rows = [row(duration=seconds) for seconds in (1, 1, 1, 100, 100)]
    assert verdict("p75(session.duration)", 1000.0, Tolerance(rank=0.3), *rows)
    assert not verdict("p75(session.duration)", 99.0, Tolerance(rank=0.3), *rows)


def test_a_rank_between_values() -> None:
    """§6.3: the bounds move outwards to the order statistics next to them."""
    rows = [row(duration=seconds) for seconds in (1, 2, 3, 4)]
    for value, passes in ((2000.0, True), (3000.0, True), (1999.0, False), (3001.0, False)):
        assert verdict(MEDIAN, value, Tolerance(rank=0.01), *rows) == passes


def test_steps_of_floats() -> None:
    """§6.5: so many binary64 steps; of a complement those at 1, where it was rounded."""
    rows = [row(status="crashed"), row(), row()]
    third, step = 1 / 3, math.ulp(1 / 3)
    for field, exact, size in (("crash_rate(session)", third, step), (RATE, 1 - third, math.ulp(1.0))):
        assert verdict(field, exact + 2 * size, Tolerance(ulps=2), *rows)
        assert not verdict(field, exact + 3 * size, Tolerance(ulps=2), *rows)
    assert not verdict(COUNT, 4, Tolerance(ulps=4), *rows)


def test_ranking_by_a_tolerated_value() -> None:
    """§7.1: groups whose ranking values may be equal may stand in either order, others may not."""
    rows = [
        row(release=name, distinct_id=str(n))
        for name, k in (("a", 100), ("b", 99), ("c", 50))
        for n in range(k)
    ]
    case = case_of(*rows, field=USERS, groupBy="release")
    for names, tolerance, right in (
        ("bac", Tolerance(users=0.02), True),
        ("bac", Tolerance(), False),
        ("acb", Tolerance(users=0.02), False),
    ):
        findings = compare(case, respond(case), choice(*names, case=case), tolerance, diagnosed=False)
        assert (findings == []) == right, (names, tolerance)


@pytest.mark.parametrize(
    "wrong", [{"users": -0.1}, {"rank": 1.0}, {"users": math.nan}, {"ulps": -1}, {"ulps": True}]
)
def test_tolerances_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Tolerance(**wrong)
