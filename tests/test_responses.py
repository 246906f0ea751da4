"""One response of an endpoint against its sessions; and the assertions for tests."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sessionstats import compute, sample, write
from sessionstats.cli import main
from sessionstats.protocol import respond
from sessionstats.testing import assert_agrees, assert_answers_equal, explain
from sessionstats.testing.tolerance import EXACT

SESSIONS = sample(5000, seed=4)
NOW = "2024-01-29T12:27:28Z"
USERS, RATE, P95, AVERAGE = (
    "count_unique(user)", "crash_free_rate(session)", "p95(session.duration)", "avg(session.duration)",
)  # fmt: skip
REQUEST = "&".join(
    [*(f"field={name}" for name in (USERS, RATE, P95, AVERAGE)), "groupBy=release&interval=6h&statsPeriod=2d"]
)
RIGHT = compute(SESSIONS, REQUEST, now=NOW).to_dict()

Body = dict[str, Any]


@pytest.fixture(autouse=True)
def without_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Causes have tests of their own, and take a while."""
    monkeypatch.setattr("sessionstats.testing.responses.SECONDS", 0.0)


def changed(change: Callable[[Body], object]) -> Body:
    body = copy.deepcopy(RIGHT)
    change(body)
    return body


def each_group(change: Callable[[Body], object]) -> Body:
    return changed(lambda body: [change(group) for group in body["groups"]])


def test_the_right_response_agrees() -> None:
    """§8: also without parts that are optional, and with another order of ties or of keys."""
    assert explain(SESSIONS, REQUEST, RIGHT, now=NOW).agrees
    assert explain(SESSIONS, REQUEST, {"groups": RIGHT["groups"]}, now=NOW).agrees
    assert explain(SESSIONS, REQUEST, {"status": 200, "body": RIGHT}, now=NOW).agrees


@pytest.mark.parametrize(
    "now", [NOW, "2024-01-29T12:00:00Z", "2024-01-29T18:00:00Z", "2024-01-29T23:59:59.9Z"]
)
def test_the_instant_is_that_of_the_response(now: str) -> None:
    """§3.5: that of the window of the response, on an edge and within an interval."""
    response = compute(SESSIONS, REQUEST, now=now).to_dict()
    assert explain(SESSIONS, REQUEST, response).agrees


def test_what_differs_is_counted_by_field() -> None:
    """§6.2: users summed over intervals; every difference is found, and the report fits a screen."""
    response = each_group(lambda group: group["totals"].update({USERS: sum(group["series"][USERS])}))
    comparison = explain(SESSIONS, REQUEST, response)
    wrong = [
        (group["by"]["release"], sum(group["series"][USERS]))
        for group in RIGHT["groups"]
        if sum(group["series"][USERS]) != group["totals"][USERS]
    ]
    values = [(finding.path, finding.actual) for finding in comparison.findings if finding.path.field]
    assert {(dict(path.group or ())["release"], value) for path, value in values} == set(wrong)
    assert all(path.part == "totals" for path, _ in values)
    report = str(comparison)
    assert f"{USERS}  {len(wrong)} " in report
    assert report.count("\n") < 45
    assert max(map(len, report.splitlines())) < 200


def test_what_the_whole_response_lacks_is_reported_once() -> None:
    """§8: a field, or the series, in no group."""
    response = each_group(lambda group: (group.pop("series"), group["totals"].pop(P95)))
    comparison = explain(SESSIONS, REQUEST, response)
    assert comparison.absent == ("series", P95)
    assert len(comparison.findings) == 2
    only_one = changed(lambda body: body["groups"][0]["totals"].pop(P95))
    (finding,) = explain(SESSIONS, REQUEST, only_one).findings
    assert finding.message == "the value is absent"


def test_what_was_not_requested_is_reported_once() -> None:
    """§8: fields and series of the response that the request does not name."""
    request = f"field={USERS}&groupBy=release&interval=6h&statsPeriod=2d&includeSeries=0"
    messages = [finding.message for finding in explain(SESSIONS, request, RIGHT).findings]
    further = ("series", RATE, P95, AVERAGE)
    assert messages == [f"{name!r} was not requested" for name in further]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (REQUEST.replace("groupBy=release", "groupBy=environment&groupBy=project"),
         "grouped by release instead of environment and project"),
        (REQUEST.replace("&groupBy=release", ""), "grouped by release instead of nothing"),
        (REQUEST.replace("2d", "5d"), "instead of 2024-01-24T12:00:00Z: the response is for another period"),
        (REQUEST.replace("6h", "12h"), "intervals of 6:00:00 instead of 12:00:00"),
    ],
)  # fmt: skip
def test_a_response_to_another_request_is_told_first(request_: str, message: str) -> None:
    """§3.5, §5: one finding, no comparison of values, and no cause is looked for."""
    comparison = explain(SESSIONS, request_, RIGHT, now=NOW)
    (finding,) = comparison.findings
    assert message in finding.message
    assert comparison.searched is None
    assert str(comparison).splitlines()[3].endswith(finding.message)


def test_a_window_that_is_only_wrong_is_compared() -> None:
    """§3.5: a day and less away."""
    response = changed(lambda body: body.update(start="2024-01-26T12:00:00Z"))
    assert [each.path.part for each in explain(SESSIONS, REQUEST, response, now=NOW).findings] == ["start"]


def test_a_file_without_a_session_in_the_window() -> None:
    """§4.1: when the sessions begin is told: the file may be another one."""
    comparison = explain(SESSIONS[:0], REQUEST, RIGHT, now=NOW)
    assert comparison.outside is None
    later = explain(SESSIONS, REQUEST, RIGHT, now="2023-01-29T12:27:28Z")
    first, last = (str(at)[:19] for at in (SESSIONS.started.min(), SESSIONS.started.max()))
    assert f"No session begins in that window; they begin {first}Z to {last}Z." in str(later)
    assert later.to_dict()["outside"] == [f"{first}Z", f"{last}Z"]


def test_the_order_counts_where_it_contradicts_the_response() -> None:
    """§7.1: groups that stand in the order of their own, wrong, totals differ in these only."""

    def by_own_totals(body: Body) -> None:
        for place, group in enumerate(body["groups"]):
            group["totals"][USERS] = place
        body["groups"].reverse()

    message = "the order of the groups contradicts their ranks"
    own = explain(SESSIONS, REQUEST, changed(by_own_totals))
    assert message not in {finding.message for finding in own.findings}
    turned = explain(SESSIONS, REQUEST, changed(lambda body: body["groups"].reverse()))
    assert message in {finding.message for finding in turned.findings}


def test_groups_that_are_missing_or_strange() -> None:
    """§5, §7.1: both are listed, and control characters in names are escaped."""
    strange = {"release": "evil\x1b[2J"}
    response = changed(
        lambda body: (body["groups"].pop(1), body["groups"].append({**body["groups"][0], "by": strange}))
    )
    report = str(explain(SESSIONS, REQUEST, response))
    assert f'the group is missing (1): release "{RIGHT["groups"][1]["by"]["release"]}"' in report
    assert "there is no such group (1)" in report
    assert "\x1b" not in report


def test_last_bits_are_counted() -> None:
    """§6.8: no difference, unless exactness is requested."""
    response = each_group(lambda group: group["totals"].update({RATE: group["totals"][RATE] + 2**-52}))
    comparison = explain(SESSIONS, REQUEST, response)
    assert comparison.agrees
    assert "rates differ in their last bits" in str(comparison)
    assert not explain(SESSIONS, REQUEST, response, tolerance=EXACT).agrees


def test_the_smallest_group_is_shown() -> None:
    """Its sessions are few enough to count by hand."""
    sizes = compute(SESSIONS, REQUEST.replace(USERS, "sum(session)"), now=NOW).to_dict()["groups"]
    smallest = min(sizes, key=lambda group: group["totals"]["sum(session)"])
    assert smallest["totals"]["sum(session)"] <= 12
    response = each_group(lambda group: group["totals"].update({USERS: 0}))
    shown = explain(SESSIONS, REQUEST, response).smallest
    assert shown is not None
    assert len(shown[1]) == smallest["totals"]["sum(session)"]


@pytest.mark.parametrize(
    ("response", "problem"),
    [({"detail": "no"}, "the response is an error: no"), ({}, "no list of groups"), ([], "not an object")],
)
def test_data_that_is_not_a_response_is_rejected(
    response: Any, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path, response) == 2
    assert problem in capsys.readouterr().err


def command(directory: Path, response: Any, *options: str) -> int:
    file, answer = directory / "sessions.csv", directory / "response.json"
    write(SESSIONS, file)
    answer.write_text(json.dumps(response))
    return main(["explain", str(file), REQUEST, str(answer), *options])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0 and 1, a report and JSON."""
    assert command(tmp_path, RIGHT) == 0
    assert capsys.readouterr().out.startswith("The response agrees with the sessions.\n")
    wrong = changed(lambda body: body["groups"][0]["totals"].update({USERS: -1}))
    assert command(tmp_path, wrong, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["agrees"]
    assert report["differences"][0]["actual"] == -1


def test_assert_agrees() -> None:
    """The message is the report."""
    assert_agrees(respond, examples=30)
    with pytest.raises(AssertionError, match="no number"):
        assert_agrees(lambda case: {**respond(case), "status": "no number"}, examples=5, shrink_seconds=0.2)


def test_assert_answers_equal() -> None:
    """§6.8: results and bodies; last bits may differ, unless 0 units are allowed."""
    result = compute(SESSIONS, REQUEST, now=NOW)
    assert_answers_equal(result, RIGHT)
    bits = each_group(lambda group: group["totals"].update({RATE: group["totals"][RATE] + 2**-52}))
    assert_answers_equal(bits, RIGHT)
    with pytest.raises(AssertionError, match=f"at {len(RIGHT['groups'])} positions"):
        assert_answers_equal(bits, RIGHT, ulps=0)
    for wrong in (
        each_group(lambda group: group["totals"].update({USERS: float(group["totals"][USERS])})),
        changed(lambda body: body["groups"].pop()),
        changed(lambda body: body.update(start="2024-01-01T00:00:00Z")),
        each_group(lambda group: group["series"][P95].pop()),
    ):
        with pytest.raises(AssertionError, match="answers differ at"):
            assert_answers_equal(wrong, RIGHT)
