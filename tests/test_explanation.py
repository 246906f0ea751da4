"""An answer in which nothing is counted says why (§3.5, §4, §5)."""

from pathlib import Path
from typing import Any

import pytest

from sessionstats import Query, Releases, Rules, Sessions, compute, write
from sessionstats.cli import main
from sessionstats.explanation import explain

NOW = "2024-01-29T12:00:00Z"
SESSIONS = Sessions(
    started=["2024-01-27T08:00:00Z", "2024-01-29T11:10:00Z", "2024-01-29T11:20:00Z", "2024-01-29T11:30:00Z"],
    project_id=[1, 1, 2, 1],
    environment=["prod", "prod", "prod", "dev"],
    release=["app@1", "app@1", "app@1", "app@1"],
    status=["exited"] * 4,
)


def reason(request: str, sessions: Any = SESSIONS, **options: Any) -> str:
    request = request if "start=" in request else f"statsPeriod=1h&{request}"
    answer = compute(sessions, request, now=options.pop("now", NOW), **options)
    assert answer.is_empty
    assert str(answer).splitlines()[-1] == str(answer.explanation)
    return str(answer.explanation).removeprefix("Nothing is counted: ").removesuffix(".")


COUNT = "field=sum(session)"
SELECTED = "of 4 rows, 3 are in the window; of these, 2 are of a selected project"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (f"{COUNT}&project=7", "of 4 rows, 3 are in the window; of these, none is of a selected project"),
        (f"{COUNT}&project=1&environment=x", f"{SELECTED}; of these, none is of a selected environment"),
        (
            f"{COUNT}&project=1&environment=dev&query=release:x",
            f"{SELECTED}; of these, 1 is of a selected environment; of these, none is selected by the search",
        ),
        (
            "field=count_unique(user)",
            "of 4 rows, 3 are in the window; of these, none is of a kind that the fields count",
        ),
        (
            f"{COUNT}&query=session.status:crashed",
            "of 4 rows, 3 are in the window; of these, none is of a kind that the fields count",
        ),
        (
            "field=p50(session.duration)&query=session.status:crashed",
            "the search leaves no status that the fields count",
        ),
        (
            f"{COUNT}&groupBy=project&cursor=0:9:0",
            "the cursor is past the last of the groups that 4 rows make",
        ),
    ],
)
def test_conditions_in_their_order(request_: str, expected: str) -> None:
    """§4, §5, §6.4, §7.6: how many rows each of them keeps, until none is left."""
    assert reason(request_) == expected


def at(*started: str, **columns: Any) -> Sessions:
    n = len(started)
    given = {"project_id": [1] * n, "status": ["exited"] * n} | columns
    return Sessions(started=[f"2024-01-29T{time}Z" for time in started], **given)


@pytest.mark.parametrize(
    ("request_", "sessions", "rules", "expected"),
    [
        (
            f"{COUNT}&project=7",
            at("11:00"),
            Rules(),
            "of 1 row, 1 is in the window; of these, none is of a selected",
        ),
        (
            f"{COUNT}&project=7",
            at("11:30", "11:30"),
            Rules(),
            "of 2 rows, 2 are in the window; of these, none",
        ),
        (
            f"{COUNT}&project=7",
            at("11:30", "12:00"),
            Rules(),
            "of 2 rows, 1 is in the window; of these, none",
        ),
        (COUNT, iter([at("12:00")]), Rules(), "none of 1 row is in the window"),
        (
            f"{COUNT}&query=session.status:healthy",
            at("11:30", status=["unhandled"]),
            Rules.of("latest"),
            "of 1 row, 1 is in the window; of these, none is of a kind that the fields count",
        ),
        (
            "field=count_unique(user)&query=session.status:healthy",
            at("11:30"),
            Rules(),
            "of 1 row, 1 is in the window; of these, none is of a kind that the fields count",
        ),
        (
            f"{COUNT}&start=2024-02-01&end=2024-02-02",
            at("11:30"),
            Rules(rounding="hourly"),
            "the window is empty",
        ),
    ],
)
def test_one_row_more_or_less(request_: str, sessions: Any, rules: Rules, expected: str) -> None:
    """§1.3, §3.5, §3.7, §5"""
    assert reason(request_, sessions, rules=rules).startswith(expected)


def test_the_window() -> None:
    """§3.5: the window against the sessions' own range."""
    outside = (
        "none of 4 rows is in the window, {}; they started from 2024-01-27T08:00:00Z to 2024-01-29T11:30:00Z"
    )
    later = ". With a statsPeriod, set now to 2024-01-29T11:30:01Z to ask about the latest"
    late = outside.format("2026-01-01T11:00:00Z to 2026-01-01T12:00:00Z") + later
    gap = outside.format("2024-01-28T11:00:00Z to 2024-01-28T12:00:00Z") + later
    assert reason(COUNT, now="2026-01-01T12:00Z") == late
    assert reason(COUNT, [SESSIONS[:2], SESSIONS[2:]], now="2026-01-01T12:00Z") == late
    assert reason(COUNT, now="2024-01-28T12:00Z") == gap
    assert not compute(SESSIONS, f"{COUNT}&statsPeriod=1h", now="2024-01-29T11:30:01Z").is_empty


def test_no_sessions_and_no_window() -> None:
    """§3.7: an empty window is also answered."""
    assert reason(COUNT, Sessions.empty()) == "there are no sessions"
    nothing = Sessions(started=[NOW], project_id=[1], status=["ok"], quantity=[0])
    assert reason(COUNT, nothing) == "there are no sessions"


def test_chunks_are_looked_at_once() -> None:
    """An iterable of chunks is gone when the answer is there."""
    assert reason(f"{COUNT}&project=7", iter([SESSIONS])) == "of 4 rows, none counts"


def test_releases_that_participate() -> None:
    """§7.5"""
    releases = Releases.from_records([{"version": "app@2", "date_added": 0, "project_ids": [1]}])
    request = f"{COUNT}&groupBy=release&orderBy=-release.timestamp"
    expected = "of these, none is of a release that participates in orderBy=release.timestamp"
    assert reason(request, releases=releases).endswith(expected)


@pytest.mark.parametrize(
    "request_",
    [COUNT, "field=crash_rate(session)", f"{COUNT}&includeTotals=0", f"{COUNT}&includeSeries=0"],
)
def test_what_counts_needs_no_reason(request_: str) -> None:
    """A rate of 0 is a value, null is not."""
    answer = compute(SESSIONS, f"statsPeriod=1h&{request_}", now=NOW)
    assert (answer.is_empty, answer.explanation) == (False, None)


def test_the_numbers_are_there_for_programs() -> None:
    query = Query.parse(f"{COUNT}&statsPeriod=1h&project=1&environment=x", now=NOW)
    found = explain([SESSIONS[:1], SESSIONS[1:], Sessions.empty()], query)
    assert (found.n_rows, dict(found.left)) == (4, {"window": 3, "project_id": 2, "environment": 0})
    assert compute(SESSIONS, query).explanation == found


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_command(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the table itself; beside data, on standard error."""
    path = str(tmp_path / "s.csv")
    write(SESSIONS, path)
    assert main(["query", path, f"{COUNT}&statsPeriod=1h&project=7", "--now", NOW, "--format", form]) == 0
    captured = capsys.readouterr()
    text = "of 4 rows, 3 are in the window; of these, none is of a selected project."
    assert (text in captured.out, text in captured.err) == (form == "table", form != "table")
