"""The oracle protocol (§9): one line in, one line out, whatever the line is."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import RequestError, protocol
from sessionstats.protocol import read, respond, respond_to_line, serve

REQUEST: dict[str, Any] = {
    "id": "a",
    "now": "2024-01-29T12:00:00Z",
    "params": {"field": "sum(session)", "statsPeriod": "1h"},
    "sessions": [{"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok"}],
}
"""A small valid request."""


def sent(*lines: bytes | object) -> list[dict[str, Any]]:
    """The answers to lines; objects are written as JSON."""
    output = io.BytesIO()
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    serve(io.BytesIO(b"".join(line + b"\n" for line in raw)), output)
    return [json.loads(line, parse_constant=reject_constant) for line in output.getvalue().splitlines()]


def reject_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def detail(request: object) -> str:
    answer = respond(request)
    assert answer["status"] in (400, 422), answer
    return str(answer["body"]["detail"])


class TestAnswers:
    def test_body(self) -> None:
        """§8, §9: the whole answer."""
        assert sent(REQUEST) == [
            {
                "id": "a",
                "status": 200,
                "body": {
                    "groups": [{"by": {}, "totals": {"sum(session)": 1}, "series": {"sum(session)": [1]}}],
                    "start": "2024-01-29T11:00:00Z",
                    "end": "2024-01-29T12:00:00Z",
                    "intervals": ["2024-01-29T11:00:00Z"],
                    "query": "",
                },
            }
        ]

    def test_links_when_per_page_was_given(self) -> None:
        """§7.6, §9."""
        params = {**REQUEST["params"], "per_page": 1, "cursor": "0:1:0", "groupBy": "release"}
        rows = [{**REQUEST["sessions"][0], "release": release} for release in "abc"]
        assert respond({**REQUEST, "params": params, "sessions": rows})["links"] == {
            "previous": {"cursor": "0:0:1", "results": True},
            "next": {"cursor": "0:2:0", "results": True},
        }

    @pytest.mark.parametrize("identity", [None, 7, "x", [1, {"a": None}], 1.5, True, "\ud800", 2**70])
    def test_id_comes_back(self, identity: object) -> None:
        """§9: the id may be anything."""
        assert sent({**REQUEST, "id": identity})[0]["id"] == identity

    def test_params_as_text(self) -> None:
        """§2, §9: parameters may also be a query string."""
        text = {**REQUEST, "params": "field=sum(session)&statsPeriod=1h"}
        assert respond(text) == respond(REQUEST)

    @pytest.mark.parametrize("included", ["totals", "series"])
    def test_parts_left_out(self, included: str) -> None:
        """§8: `intervals` stays without series."""
        left_out = {"totals": "includeSeries", "series": "includeTotals"}[included]
        body = respond({**REQUEST, "params": {**REQUEST["params"], left_out: "0"}})["body"]
        assert body["groups"] == [{"by": {}, included: {"sum(session)": [1] if included == "series" else 1}}]
        assert body["intervals"] == ["2024-01-29T11:00:00Z"]

    def test_sample_of_the_documentation(self) -> None:
        """§6.1, §3.2: the documentation's sample answer, whose printed healthy total is three too high."""
        series = {"errored": [368, 392, 240], "healthy": [6_230_841, 6_923_689, 4_751_465]}
        starts = ["2024-01-29T07:30:00Z", "2024-01-29T08:00:00Z", "2024-01-29T08:30:00Z"]
        rows = [
            {"started": start, "project_id": 1, "status": status, "quantity": quantity}
            for status, name in (("errored", "errored"), ("exited", "healthy"))
            for start, quantity in zip(starts, series[name], strict=True)
        ]
        params = {
            "field": "sum(session)",
            "groupBy": "session.status",
            "interval": "30m",
            "start": "2024-01-29T07:30:00Z",
            "end": "2024-01-29T09:00:00Z",
        }
        rules = {"min_interval": 60}
        body = respond({**REQUEST, "params": params, "sessions": rows, "rules": rules})["body"]
        assert body["intervals"] == starts
        groups = {group["by"]["session.status"]: group for group in body["groups"]}
        assert list(groups) == ["abnormal", "crashed", "errored", "healthy"]
        assert groups["healthy"]["totals"]["sum(session)"] == 17_905_995
        assert groups["errored"]["totals"]["sum(session)"] == 1000
        for name, values in series.items():
            assert groups[name]["series"]["sum(session)"] == values
        assert groups["crashed"]["series"]["sum(session)"] == [0, 0, 0]


class TestNotRequests:
    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            (b"", "not a request: not JSON (Expecting value, "),
            (b"{", "not a request: not JSON ("),
            (b"\xff{}", "not a request: not UTF-8"),
            (b"[1, 2]", "not a request: list instead of an object"),
            (b"3", "not a request: int instead of an object"),
            (b"null", "not a request: NoneType instead of an object"),
            (b"[" * 100_000, "not a request: not JSON (nested too deeply)"),
            (b'{"now": ' + b"9" * 5000 + b"}", "not a request"),
            (b"{}", 'not a request: "now" is missing'),
            (json.dumps({**REQUEST, "params": None}).encode(), 'not a request: "params" is missing'),
            (
                json.dumps({**REQUEST, "params": [1]}).encode(),
                "params: an object or a query string is expected, not list",
            ),
            (
                json.dumps({**REQUEST, "sessions": {}}).encode(),
                "sessions: a list of rows is expected, not dict",
            ),
            (json.dumps({**REQUEST, "sessions": [1]}).encode(), "row 0: "),
            (json.dumps({**REQUEST, "now": 5}).encode(), "now: an ISO 8601 instant is expected, not 5"),
            (
                json.dumps({**REQUEST, "now": "noon"}).encode(),
                "now: an ISO 8601 instant is expected, not 'noon'",
            ),
            (
                json.dumps({**REQUEST, "rules": 1}).encode(),
                "rules: the name of an edition or an object is expected, not int",
            ),
            (
                json.dumps({**REQUEST, "rules": {"min_intervals": 1}}).encode(),
                "rules: unknown rule 'min_intervals'",
            ),
            (json.dumps({**REQUEST, "rules": {"max_points": "1"}}).encode(), "rules: max_points must"),
            (json.dumps({**REQUEST, "rules": {"rounding": "daily"}}).encode(), "rules: rounding must"),
            (json.dumps({**REQUEST, "projects": [1]}).encode(), "projects: an object is expected, not list"),
            (
                json.dumps({**REQUEST, "projects": {"web": "1"}}).encode(),
                "projects: the id of 'web' must be a positive integer, not '1'",
            ),
            (json.dumps({**REQUEST, "projects": {"web": 0}}).encode(), "projects: the id of 'web' must be "),
            (
                json.dumps({**REQUEST, "projects": {"web": True}}).encode(),
                "projects: the id of 'web' must be ",
            ),
            (
                json.dumps({**REQUEST, "releases": {"version": "a"}}).encode(),
                "releases: must be a list of records, not ",
            ),
        ],
    )
    def test_rejected_and_the_stream_goes_on(self, line: bytes, problem: str) -> None:
        """§9: a line that is not a request gets a clear detail, and the next one its answer."""
        rejected, answered = sent(line, REQUEST)
        assert rejected["status"] in (400, 422)
        assert rejected["body"]["detail"].startswith(problem)
        assert answered["status"] == 200

    @pytest.mark.parametrize(
        ("key", "value", "parameter", "named"),
        [
            ("params", None, "params", None),
            ("now", 5, "now", 5),
            ("rules", 1, "rules", 1),
            ("projects", [1], "projects", None),
        ],
    )
    def test_errors_carry_key_and_value(self, key: str, value: object, parameter: str, named: object) -> None:
        """§9: what is wrong about a request before its parameters are read."""
        with pytest.raises(RequestError) as caught:
            read({**REQUEST, key: value})
        assert (caught.value.parameter, caught.value.value) == (parameter, named)

    def test_a_byte_order_mark_is_skipped(self) -> None:
        """§9: once, at the beginning of a line."""
        line = json.dumps(REQUEST)
        assert respond_to_line(f"\ufeff{line}".encode()) == respond_to_line(line.encode())
        assert json.loads(respond_to_line(f"{line}\ufeff".encode()))["status"] == 400

    def test_lone_surrogates_are_text(self) -> None:
        """§9: no UTF-8, but JSON can hold them, so that an id comes back."""
        line = json.dumps({**REQUEST, "id": "\ud800"}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        assert json.loads(respond_to_line(line))["id"] == "\ud800"

    def test_nan_never_reaches_the_answer(self) -> None:
        """§6.3, §9: NaN in an id is rejected; as a duration it is the missing value."""
        detail = "not a request: the id cannot be repeated as JSON"
        assert sent(b'{"id": NaN}') == [{"id": None, "status": 400, "body": {"detail": detail}}]
        row = {**REQUEST["sessions"][0], "status": "exited", "duration": float("nan")}
        params = {**REQUEST["params"], "field": ["avg(session.duration)", "max(session.duration)"]}
        body = sent({**REQUEST, "params": params, "sessions": [row]})[0]["body"]
        assert body["groups"][0]["totals"] == {"avg(session.duration)": None, "max(session.duration)": None}

    def test_unknown_keys_are_ignored(self) -> None:
        """§9: in the request and in its rows."""
        rows = [{**REQUEST["sessions"][0], "country": "no"}]
        assert respond({**REQUEST, "sessions": rows, "version": 2}) == respond(REQUEST)

    def test_bad_row_is_named(self) -> None:
        """§1.4, §9: status 422 with column, row and value."""
        rows = [*REQUEST["sessions"], {**REQUEST["sessions"][0], "status": "fine"}]
        answer = respond({**REQUEST, "sessions": rows})
        assert answer["status"] == 422
        for part in ("status", "1", "fine"):
            assert part in answer["body"]["detail"]

    def test_an_internal_error_is_reported(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """§9: if we fail, the peer is informed, and the stream goes on."""
        real, calls = protocol.answer_query, []

        def failing(*arguments: Any) -> Any:
            calls.append(arguments)
            if len(calls) == 1:
                raise ZeroDivisionError("oops")
            return real(*arguments)

        monkeypatch.setattr(protocol, "answer_query", failing)
        failed, answered = sent(REQUEST, REQUEST)
        assert failed == {
            "id": "a",
            "status": 500,
            "body": {"detail": "internal error: ZeroDivisionError: oops"},
        }
        assert answered["status"] == 200
        assert "Traceback" in capsys.readouterr().err

    @given(st.lists(st.binary(max_size=40), max_size=5))
    def test_any_bytes(self, lines: list[bytes]) -> None:
        """§9: as many answers as lines, whatever they hold."""
        lines = [line.replace(b"\n", b"") for line in lines]
        assert len(sent(*lines)) == len(lines)

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )

    @given(st.dictionaries(st.sampled_from([*REQUEST, "projects", "releases", "rules"]), JSON))
    def test_any_json_in_place_of_a_part(self, parts: dict[str, Any]) -> None:
        """§9: wrong types are rejected as such, and never reported as a bug of ours."""
        answer = json.loads(respond_to_line(json.dumps({**REQUEST, **parts}).encode()))
        assert answer["status"] in (200, 400, 422)

    @given(st.dictionaries(st.sampled_from(["field", "groupBy", "project", "environment", "start", "end",
                                            "statsPeriod", "interval", "query", "orderBy", "per_page",
                                            "cursor", "includeTotals"]), JSON))  # fmt: skip
    def test_any_json_in_place_of_a_parameter(self, params: dict[str, Any]) -> None:
        """§2, §9: likewise."""
        request = {**REQUEST, "params": {**REQUEST["params"], **params}}
        assert json.loads(respond_to_line(json.dumps(request).encode()))["status"] in (200, 400)

    @given(st.dictionaries(st.sampled_from(["started", "project_id", "release", "status", "errors",
                                            "distinct_id", "duration", "quantity", "session_id", "seq",
                                            "abnormal_mechanism"]), JSON))  # fmt: skip
    def test_any_json_in_place_of_a_column(self, row: dict[str, Any]) -> None:
        """§1.4, §9: likewise."""
        request = {**REQUEST, "sessions": [{**REQUEST["sessions"][0], **row}]}
        assert json.loads(respond_to_line(json.dumps(request).encode()))["status"] in (200, 422)


@pytest.mark.parametrize(("name", "part"), [("includeTotals", "totals"), ("includeSeries", "series")])
def test_false_leaves_a_part_out(name: str, part: str) -> None:
    """§8, §9: JSON's false is 0, and true is 1."""
    for value, there in ((False, False), (True, True), (0, False), ("false", True)):
        answer = respond({**REQUEST, "params": {**REQUEST["params"], name: value}})
        assert (part in answer["body"]["groups"][0]) == there
