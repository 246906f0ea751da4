"""The comparison: everything that makes an answer wrong is a finding at its position, and nothing else is.

Each test takes a right answer and changes one thing.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest

from sessionstats.protocol import respond
from sessionstats.testing.comparison import Tolerance, compare
from sessionstats.testing.findings import ABSENT
from tests.comparing import (
    COUNT,
    MEDIAN,
    RATE,
    ROWS,
    USERS,
    Answer,
    case_of,
    choice,
    found_after,
    group_of,
    paths,
    row,
)


def test_a_right_answer() -> None:
    """§9: no findings, and other keys are ignored."""
    assert found_after(case_of(*ROWS), lambda answer: answer.update(id="another", took=3)) == []


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
    """§8, §7.6: each part is there, with the right value and type."""
    (finding,) = found_after(case_of(*ROWS, per_page=5), change)
    assert (str(finding.path), finding.section) == (place, section)


def test_an_answer_must_be_an_object() -> None:
    """§9: an answer is an object."""
    case = case_of(*ROWS)
    answer: Any = [respond(case)]
    assert paths(compare(case, respond(case), answer)) == ["body"]


def test_the_text_of_an_error() -> None:
    """§2.3: the text counts, unless switched off; that it is a text always counts."""
    case = case_of(interval="90m")
    other = {"detail": "bad interval"}
    assert paths(found_after(case, lambda answer: answer.update(body=other))) == ["detail"]
    free = Tolerance(details=False)
    assert found_after(case, lambda answer: answer.update(body=other), free) == []
    assert paths(found_after(case, lambda answer: answer.update(body={"detail": 3}), free)) == ["detail"]
    assert paths(found_after(case, lambda answer: answer.update(body={}), free)) == ["detail"]


def test_the_text_for_an_invalid_row_is_free() -> None:
    """§1.4, §9: each implementation words the rejection of a row in its own way."""
    case = case_of(row(status="hung"))
    assert found_after(case, lambda answer: answer.update(body={"detail": "line 1 is wrong"})) == []
    assert paths(found_after(case, lambda answer: answer.update(status=400))) == ["status"]


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
        (RATE, math.nextafter(0.75, 1), "6.8"),
        (RATE, -0.0, "6.5"),
        (RATE, "0.75", "8"),
    ],
)
def test_one_value(field: str, value: Any, section: str) -> None:
    """§6: the type, null, and the last bit of each value."""
    case = case_of(*ROWS, field=field, query="release:a", includeSeries="0")
    (finding,) = found_after(case, lambda answer: group_of(answer)["totals"].update({field: value}))
    assert str(finding.path) == f"the one group · {field} · totals"
    assert finding.section == section


def test_null_where_a_number_is_given() -> None:
    """§6.6: zero sessions have no rate, neither 0 nor 1."""
    for value in (0.0, 1.0):
        (finding,) = found_after(
            case_of(field=RATE), lambda a, v=value: group_of(a)["totals"].update({RATE: v})
        )
        assert (finding.expected, finding.actual, finding.section) == (None, value, "6.6")


def test_series() -> None:
    """§8: a value for every bucket, in its position."""
    case = case_of(*ROWS, query="release:a")

    def replaced(values: list[Any]) -> Callable[[Answer], object]:
        return lambda answer: group_of(answer)["series"].update({COUNT: values})

    assert found_after(case, replaced([0, 1, 3])) == []
    found = found_after(case, replaced([1, 0, 3]))
    assert paths(found) == [
        "the one group · sum(session) · 2024-01-29T09:00:00Z",
        "the one group · sum(session) · 2024-01-29T10:00:00Z",
    ]
    assert [finding.message for finding in found_after(case, replaced([0, 1]))] == [
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
    """§8: the parts and fields are those that were requested."""
    (finding,) = found_after(case_of(*ROWS), lambda answer: change(group_of(answer)))
    assert (str(finding.path), finding.section) == (place, "8")


def test_parts_that_were_not_requested() -> None:
    """§8: totals that were switched off."""
    case = case_of(*ROWS, includeTotals="0")
    assert paths(found_after(case, lambda a: group_of(a).update(totals={COUNT: 5}))) == [
        "the one group · totals"
    ]


# The groups.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda groups: groups.pop(), "the group is missing"),
        (lambda groups: groups.append(copy.deepcopy(groups[0])), "the group occurs twice"),
        (lambda groups: groups[1]["by"].update(release="c"), "there is no such group"),
        (lambda groups: groups[1].update(by={}), "group 1: 'by' has the keys [] instead of ['release']"),
        (lambda groups: groups[1]["by"].update(release=7), "group 1: release must be text"),
        (lambda groups: groups.reverse(), "the order of the groups contradicts their ranks"),
        (lambda groups: groups.insert(0, None), "group 0: not an object with 'by'"),
    ],
)
def test_the_list_of_groups(change: Callable[[list[Any]], object], message: str) -> None:
    """§5, §7: which groups there are, and in which order."""
    findings = found_after(case_of(*ROWS, groupBy="release"), lambda answer: change(answer["body"]["groups"]))
    assert message in [finding.message for finding in findings]


def test_a_type_of_a_key() -> None:
    """§5: a project is an integer."""
    found = found_after(case_of(*ROWS, groupBy="project"), lambda a: group_of(a)["by"].update(project="1"))
    assert any("project" in finding.message for finding in found)


def test_status_groups() -> None:
    """§5: every class is there, in any order unless the order is requested."""
    case = case_of(*ROWS, groupBy="session.status")
    assert found_after(case, lambda answer: answer["body"]["groups"].reverse()) == []
    (finding,) = found_after(case, lambda answer: answer["body"]["groups"].reverse(), ordered=True)
    assert finding.message == "the status groups are in another order"
    (finding,) = found_after(case, lambda answer: answer["body"]["groups"].pop(0))
    assert (finding.message, finding.actual) == ("the status group is missing", ABSENT)


def test_order_of_keys() -> None:
    """§8: the order of JSON keys does not matter unless it is requested."""
    case = case_of(*ROWS, groupBy=["release", "environment"], field=[COUNT, USERS])

    def turned(answer: Answer) -> None:
        answer["body"] = dict(reversed(answer["body"].items()))
        for group in answer["body"]["groups"]:
            for part in ("by", "totals", "series"):
                group[part] = dict(reversed(group[part].items()))

    assert found_after(case, turned) == []
    assert len(found_after(case, turned, ordered=True)) == 1 + 2 * 3

    def also_wrong(answer: Answer) -> None:
        turned(answer)
        group_of(answer)["totals"][COUNT] = 7

    assert paths(found_after(case, also_wrong)) == ["release 'a', environment 'x' · sum(session) · totals"]


# Ties.

TIED = [row(release="a"), row(release="a"), *(row(release=name) for name in "bcd")]
"""a ranks first; b, c and d are equal."""


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
def test_the_page_cuts_through_ties(names: str, right: bool) -> None:
    """§7.3, §7.6: any choice among ties is right, in any order, and nothing else."""
    case = case_of(*TIED, groupBy="release", per_page=3)
    findings = compare(case, respond(case), choice(*names, case=case))
    assert (findings == []) == right


def test_a_second_page_of_ties() -> None:
    """§7.6: groups that the first page might have shown instead may be on the second."""
    case = case_of(*TIED, groupBy="release", per_page=2, cursor="0:2:0")
    for names, right in (("cd", True), ("bc", True), ("db", True), ("ab", False), ("c", False)):
        findings = compare(case, respond(case), choice(*names, case=case))
        assert (findings == []) == right, names


@pytest.mark.parametrize(
    ("cursor", "size", "names", "missing", "extra"),
    [("0:0:0", 2, "bc", "a", "c"), ("0:2:0", 1, "a", "c", "a"), ("0:1:0", 1, "c", "b", "c")],
)
def test_groups_of_other_pages(cursor: str, size: int, names: str, missing: str, extra: str) -> None:
    """§7.6: each of three groups of different rank belongs to one page."""
    rows = [row(release=name) for name in "aaabbc"]
    case = case_of(*rows, groupBy="release", per_page=size, cursor=cursor)
    findings = compare(case, respond(case), choice(*names, case=case))
    reported = {(str(finding.path).split("'")[1], finding.message) for finding in findings}
    assert reported == {(missing, "the group is missing"), (extra, "the group does not belong to this page")}


def test_another_choice_must_have_right_values() -> None:
    """§7.6: the values of a group that the kernel did not show are compared as well."""
    case = case_of(*TIED, groupBy="release", per_page=2)
    answer = choice("a", "d", case=case)
    group_of(answer, 1)["totals"][COUNT] = 7
    (finding,) = compare(case, respond(case), answer)
    assert (finding.path.group, finding.expected, finding.actual) == ((("release", "d"),), 1, 7)
