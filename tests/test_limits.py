"""What one request may cost (§9): limits, bounded lines, and the id, which is returned whatever is wrong."""

import io
import json
import subprocess
import sys
from typing import Any

import pytest

from sessionstats import protocol
from sessionstats.errors import LimitError
from sessionstats.limits import UNLIMITED, Limits
from sessionstats.protocol import bounded_lines, respond, respond_to_line, serve
from sessionstats.search.grammar import parse

ROW = {"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok", "release": "a"}
REQUEST: dict[str, Any] = {
    "id": "a",
    "now": "2024-01-29T12:00:00Z",
    "params": {"field": "sum(session)", "statsPeriod": "1h"},
    "sessions": [ROW],
}


def asked(limits: Limits | None = None, **params: Any) -> dict[str, Any]:
    request = {**REQUEST, "params": {**REQUEST["params"], **params}}
    return respond(request) if limits is None else respond(request, limits)


class TestLimits:
    def test_a_limit_is_positive(self) -> None:
        with pytest.raises(ValueError, match="max_cells must be at least 1, not 0"):
            Limits(max_cells=0)

    def test_an_error_names_the_limit(self) -> None:
        with pytest.raises(LimitError) as caught:
            Limits(max_cells=5).require("max_cells", 6, "too many")
        assert (caught.value.limit, caught.value.maximum, caught.value.value) == ("max_cells", 5, 6)
        assert caught.value.status == 413

    @pytest.mark.parametrize(
        ("name", "query", "value"),
        [
            ("max_search_terms", "release:a release:b OR x", 3),
            ("max_search_terms", "release:[a, b, c]", 3),
            ("max_search_terms", "release:[a, b] release:[c, d]", 4),
            ("max_search_terms", "(release:a has:release) release:b", 3),
            ("max_search_depth", "((release:a) (release:b (release:c)))", 3),
            ("max_search_depth", "((()))", 3),
        ],
    )
    def test_of_a_search(self, name: str, query: str, value: int) -> None:
        """§4.1, §9: a search at the limit is answered, or rejected, as without; one beyond it gets 413."""
        assert asked(Limits(**{name: value}), query=query) == asked(UNLIMITED, query=query)
        answer = asked(Limits(**{name: value - 1}), query=query)
        assert answer["status"] == 413
        problem = "has too many terms" if name == "max_search_terms" else "is nested too deeply"
        assert answer["body"]["detail"] == f"the search {problem}: more than {name} = {value - 1}"

    def test_an_error_before_the_limit_comes_first(self) -> None:
        """§4.4"""
        assert asked(Limits(max_search_terms=1), query='release:"a"b release:b')["status"] == 400

    @pytest.mark.parametrize(
        ("params", "cells"),
        [
            ({}, 1 + 2),
            ({"includeSeries": "0"}, 1 + 1),
            ({"includeTotals": "0"}, 1 + 1),
            ({"statsPeriod": "5h"}, 5 + 6),
            ({"field": ["sum(session)", "crash_rate(user)"]}, 1 + 2 * 2),
            ({"groupBy": "session.status"}, 1 + 4 * 2),
            ({"groupBy": "session.status", "query": "session.status:[crashed, healthy]"}, 1 + 2 * 2),
            ({"groupBy": "release"}, 1 + 2),
            ({"groupBy": "environment"}, 1 + 3 * 2),
            ({"groupBy": ["release", "environment"], "per_page": 1}, 1 + 2),
        ],
    )
    def test_of_an_answer(self, monkeypatch: pytest.MonkeyPatch, params: dict[str, Any], cells: int) -> None:
        """§7.4, §8, §9: intervals, totals and series count; nothing is computed beyond the limit."""
        request = {**REQUEST, "sessions": [{**ROW, "environment": name} for name in "abc"]}
        request |= {"params": {**REQUEST["params"], **params}}
        assert respond(request, Limits(max_cells=cells))["status"] == 200
        monkeypatch.setattr(protocol, "answer_query", None)
        rejected = respond(request, Limits(max_cells=cells - 1))
        assert rejected["status"] == 413
        assert rejected["body"]["detail"].startswith(
            "the answer could hold too many values: more than max_cells"
        )

    def test_the_zero_group_counts(self) -> None:
        """§5, §9"""
        assert respond({**REQUEST, "sessions": []}, Limits(max_cells=2))["status"] == 413

    def test_releases_without_sessions_count(self) -> None:
        """§7.5, §9"""
        releases = [{"version": version, "date_added": 0, "project_ids": [1]} for version in "abc"]
        params = {**REQUEST["params"], "groupBy": "release", "orderBy": "release.timestamp"}
        request = {**REQUEST, "releases": releases, "params": params, "sessions": []}
        assert respond(request, Limits(max_cells=7))["status"] == 200
        assert respond(request, Limits(max_cells=6))["status"] == 413

    def test_a_short_request_for_a_long_answer(self) -> None:
        """§3.6, §9: rules without limits do not lift those of the protocol."""
        rules = {"min_interval": 10, "max_intervals": 10**12, "max_points": 10**12}
        params = {**REQUEST["params"], "interval": "10s", "statsPeriod": "10000d"}
        assert respond({**REQUEST, "rules": rules, "params": params})["status"] == 413

    def test_no_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """§9: a request that the machine cannot hold is also too large; the stream goes on."""

        def full(*_: Any) -> Any:
            raise MemoryError

        monkeypatch.setattr(protocol, "answer_query", full)
        detail = "not enough memory for this request"
        assert respond(REQUEST) == {"id": "a", "status": 413, "body": {"detail": detail}}

    def test_no_stack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """§9"""

        def deep(*_: Any) -> Any:
            raise RecursionError

        monkeypatch.setattr(protocol, "answer_query", deep)
        detail = "not a request: nested too deeply"
        assert respond(REQUEST) == {"id": "a", "status": 400, "body": {"detail": detail}}

    def test_of_a_line(self) -> None:
        """§9: the limits of the program hold for every line."""
        limits = Limits(max_cells=1)
        assert respond_to_line(json.dumps(REQUEST).encode(), limits) == json.dumps(respond(REQUEST, limits))
        assert respond(REQUEST, limits)["status"] == 413


class TestLines:
    def test_a_line_too_long_is_skipped(self) -> None:
        """§9: the next line is the next request."""
        line = json.dumps(REQUEST).encode()
        limits = Limits(max_line_bytes=len(line))
        long = json.dumps({**REQUEST, "id": "long", "colour": "x" * 10_000}).encode()
        sent = b"\n".join((line, line + b" ", long, line)) + b"\r\n"
        output = io.BytesIO()
        serve(io.BytesIO(sent), output, limits)
        answers = [json.loads(answer) for answer in output.getvalue().splitlines()]
        assert [answer["status"] for answer in answers] == [200, 413, 413, 200]
        assert answers[2]["id"] == "long"
        assert answers[2]["body"]["detail"].startswith("the line is too long: more than ")

    def test_no_more_is_read_than_allowed(self) -> None:
        """§9: a line without an end is not held in memory."""
        sizes = []

        class Endless(io.BytesIO):
            def readline(self, size: int | None = -1, /) -> bytes:
                sizes.append(size)
                return super().readline(size)

        (line,) = bounded_lines(Endless(b"x" * 1_000_000), 1000)
        assert 1000 < len(line) <= 1002
        assert sizes[1:]
        assert max(sizes[1:]) <= protocol.SKIPPED

    @pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
    def test_line_ends_do_not_count(self, end: bytes) -> None:
        """§9"""
        (line,) = bounded_lines(io.BytesIO(b"x" * 10 + end), 10)
        assert "too long" not in respond_to_line(line, Limits(max_line_bytes=10))

    def test_the_rest_of_a_long_line_is_not_lost_silently(self) -> None:
        """§9: bytes inside a line that look like a line end are not one."""
        (line,) = bounded_lines(io.BytesIO(b"{}  \r\r, more\n"), 4)
        assert json.loads(respond_to_line(line, Limits(max_line_bytes=4)))["status"] == 413


class TestIdentity:
    @pytest.mark.parametrize(
        "text",
        [
            '{"id": 7, "now": 1,, }',
            '{"id": 7,',
            '{"sessions": [{"id": 1}, "id", {"id": "\\"id\\": 2"}], "id" : 7, "now"',
            '{"id": 7, "now": 1, "now": 2}',
            '{"id": 7, "now": ' + "9" * 5000 + "}",
            '{"id": 7, "now": ' + "[" * 100_000,
            '{"id": 7, "params": ' + '{"query":' * 900 + "1" + "}" * 901,
            '{"id": 7, "sessions": 1, "now": "2024-01-29", "params": 2}',
        ],
    )
    def test_comes_back(self, text: str) -> None:
        """§9: whatever else is wrong with a line."""
        answer = json.loads(respond_to_line(text.encode()))
        assert (answer["id"], answer["status"]) == (7, 400)

    def test_comes_back_from_bytes_that_are_not_text(self) -> None:
        """§9"""
        assert json.loads(respond_to_line(b'{"now": "\xff", "id": {"a": [1]}}'))["id"] == {"a": [1]}

    @pytest.mark.parametrize(
        "text", ['{"id": 7, "id": 8}', '[{"id": 7}', '{"a": {"id": 7}', '{"id": 7e', '{"id": 7']
    )
    def test_is_null_where_it_is_unclear(self, text: str) -> None:
        """§9"""
        answer = json.loads(respond_to_line(text.encode()))
        assert (answer["id"], answer["status"]) == (None, 400)


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "now": "2024-01-29T12:00:00Z", "now": "2024-01-29T13:00:00Z"}',
        '{"id": 1, "params": {"field": "a", "field": "b"}}',
        '{"id": 1, "sessions": [{"status": "ok", "status": "ok"}]}',
    ],
)
def test_duplicate_keys(text: str) -> None:
    """§9: rejected, not resolved; the key is named."""
    answer = json.loads(respond_to_line(text.encode()))
    assert (answer["id"], answer["status"]) == (1, 400)
    assert "occurs twice in one object" in answer["body"]["detail"]


def test_options_of_the_command() -> None:
    """§9: each limit is an option of the oracle."""
    command = [sys.executable, "-W", "error", "-m", "sessionstats", "oracle", "--max-search-terms", "1"]
    request = {**REQUEST, "params": {**REQUEST["params"], "query": "release:a release:b"}}
    done = subprocess.run(command, input=json.dumps(request).encode(), capture_output=True, check=True)
    assert (json.loads(done.stdout)["status"], done.stderr) == (413, b"")
    done = subprocess.run([*command[:-1], "0"], capture_output=True)
    assert (done.returncode, b"--max-search-terms" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "text",
    ["(" * 20_000, "()" * 9000, "a:b " * 5000, "x " * 9000, "a:[" + "a," * 9000 + "a]", "a:[" + "é," * 9000,
     "(" * 9000 + "a" + ")" * 9000, "(a:b OR " * 4000 + "a" + ")" * 4000, "x OR " * 4000 + "y"],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_memory_of_the_grammar(text: str) -> None:
    """§4.1: less than 200 bytes per character, whatever the text."""
    import tracemalloc

    tracemalloc.start()
    try:
        parse(text)
    except ValueError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 200 * len(text)


HOSTILE_PARAMETERS = {
    "wildcards": {"query": "release:" + "*a" * 200_000},
    "stars": {"query": "release.version:>=1." + "*" * 400_000},
    "escapes": {"query": "release:" + "\\*" * 200_000},
    "bytes": "field=sum(session)&query=" + "%ff" * 130_000,
    "parameters": "field=sum(session)" + "&a" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE_PARAMETERS)
def test_memory_of_parameters(name: str) -> None:
    """§9: less than 50 bytes per character, so that a line of 8 MiB stays below 500 MB."""
    import tracemalloc

    params = HOSTILE_PARAMETERS[name]
    given = {"field": "sum(session)", "statsPeriod": "1h", **params} if isinstance(params, dict) else params
    tracemalloc.start()
    answer = respond({**REQUEST, "params": given})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer["status"] in (200, 400)
    assert peak < 50 * 400_000


def test_memory_of_rows() -> None:
    """§9: columns that no row has take no memory."""
    import tracemalloc

    rows: list[dict[str, Any]] = [{} for _ in range(100_000)]
    tracemalloc.start()
    answer = respond({**REQUEST, "sessions": rows})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer["status"] == 422
    assert peak < 50 * len(rows)
