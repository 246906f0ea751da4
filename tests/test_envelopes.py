"""Envelopes, as SDKs write and send them (§1.2): captured ones, made ones, and errors in invalid ones.

The files in `captures` were sent by the programs in `clients`. Events were cut down to what is shown of them,
ids replaced, and a line break was put after each envelope that did not end with one.
"""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import (
    DataError,
    Rules,
    Sessions,
    SessionStatsError,
    compute,
    from_payloads,
    read,
    to_records,
)
from sessionstats.io.bad_rows import BadRowsError, ReadReport
from sessionstats.io.envelopes import from_envelopes
from tests.test_payloads import payloads

CAPTURES = Path(__file__).parent / "captures"
STARTED = "2024-01-29T12:00:00Z"
UPDATE = {"sid": "s", "started": STARTED}
DSN = "https://key@o1.ingest.example/42"


def envelope(*items: tuple[Mapping[str, Any], bytes], header: Mapping[str, Any] | None = None) -> bytes:
    """An envelope of items, each a header and a payload; every line ends."""
    lines = [json.dumps(header or {}).encode()]
    for item, payload in items:
        lines += [json.dumps(item).encode(), payload]
    return b"\n".join([*lines, b""])


def update(**keys: Any) -> tuple[Mapping[str, Any], bytes]:
    return {"type": "session"}, json.dumps({**UPDATE, **keys}).encode()


@pytest.mark.parametrize(
    ("name", "others", "classes", "users"),
    [
        ("python-application", {"event": 2}, {"crashed": 1, "errored": 1, "healthy": 1}, 1),
        ("python-requests", {"event": 2}, {"crashed": 1, "errored": 1, "healthy": 3}, 0),
        ("node-application", {"event": 2}, {"crashed": 1, "errored": 0, "healthy": 1}, 1),
        ("node-requests", {"event": 2, "client_report": 1}, {"crashed": 1, "errored": 1, "healthy": 2}, 0),
        ("node-tunnel", {}, {"crashed": 0, "errored": 0, "healthy": 1}, 0),
    ],
)
def test_captured(name: str, others: dict[str, int], classes: dict[str, int], users: int) -> None:
    """§1.2: what real SDKs sent, with lengths and without, ids with dashes and without."""
    left_out: dict[str, int] = {}
    sessions = from_envelopes(CAPTURES / f"{name}.envelope", project_id=42, left_out=left_out)
    request = "field=sum(session)&groupBy=session.status&interval=1d&statsPeriod=1d"
    answer = compute(sessions, request, now="2026-11-25T23:00:00Z")
    counts = dict(zip(answer.by["session.status"], answer.totals["sum(session)"].tolist(), strict=True))
    assert counts == {"abnormal": 0, **classes}
    assert left_out == others
    assert {row["project_id"] for row in to_records(sessions)} == {42}
    assert {row["release"] for row in to_records(sessions)} == {"shop@1.4.0"}
    assert len({row["distinct_id"] for row in to_records(sessions)} - {None}) == users


def test_captures_hold_nobody() -> None:
    """Fixtures contain no machine, no address and no path."""
    text = "".join(path.read_text() for path in sorted(CAPTURES.iterdir()))
    for word in ("127.0.0.1", "server_name", "ip_address", "abs_path", "filename", "user_agent"):
        assert word not in text


@given(
    st.lists(payloads, max_size=4),
    st.lists(st.binary(max_size=8), max_size=3),
    st.booleans(),
    st.booleans(),
    st.sampled_from([b"", b"\n", b"\r\n\n"]),
)
def test_same_sessions_as_their_payloads(
    sent: list[dict[str, Any]], attachments: list[bytes], lengths: bool, compressed: bool, between: bytes
) -> None:
    """§1.2: however they are packed, and whatever is between them."""
    contents = []
    for payload in sent:
        data = json.dumps(payload).encode()
        kind = "sessions" if "aggregates" in payload else "session"
        contents.append(({"type": kind, "length": len(data) if lengths else None}, data))
    others = [({"type": "attachment", "length": len(data)}, data) for data in attachments]
    body = envelope(*others, *contents) + between + envelope(*others, header={"dsn": "https://k@h/7"})
    left_out: dict[str, int] = {}
    found = from_envelopes(gzip.compress(body) if compressed else body, project_id=3, left_out=left_out)
    assert found == from_payloads(sent, 3)
    assert left_out == ({"attachment": 2 * len(attachments)} if attachments else {})


def test_the_last_line_need_not_end() -> None:
    """§1.2: as the Node SDK sends it."""
    (_, payload) = update()
    for length in (None, len(payload)):
        body = envelope(({"type": "session", "length": length}, payload))
        assert len(from_envelopes(body[:-1], project_id=1)) == len(from_envelopes(body, project_id=1)) == 1


def test_updates_of_one_session_in_several_files(tmp_path: Path) -> None:
    """§1.2: a capture often has one file per request."""
    files = []
    for number, status in enumerate(("ok", "exited")):
        files.append(tmp_path / f"{number}.envelope")
        files[-1].write_bytes(envelope(update(status=status, seq=number)))
    assert [row["status"] for row in to_records(from_envelopes(*files, project_id=1))] == ["exited"]


def test_projects() -> None:
    """§1.1: the envelope's own comes before the caller's; the same id in two projects is two sessions."""
    bodies = [
        envelope(update(), header=header) for header in ({"dsn": DSN}, {"dsn": None}, {"dsn": f"{DSN}/"})
    ]
    sessions = from_envelopes(*bodies, project_id=7)
    assert [row["project_id"] for row in to_records(sessions)] == [42, 7]
    assert from_envelopes() == Sessions.empty()
    assert from_envelopes(b"", project_id=7) == Sessions.empty()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            envelope(update()),
            "line 3: the envelope does not name its project (it has no dsn): give project_id",
        ),
        (envelope(header={"dsn": "https://k@h/x"}), "line 1: dsn: does not end in the id of a project:"),
        (envelope(header={"dsn": "https://k@h/0"}), "line 1: dsn: does not end in the id of a project:"),
        (envelope(header={"dsn": 7}), "line 1: dsn: does not end in the id of a project: 7"),
        (b'{"type": "session"}\n{}\n', "line 1: an item before the header of its envelope"),
        (b"[]\n", "line 1: the header of an envelope, or of an item, is an object"),
        (envelope() + b'"text"\n', "line 2: the header of an envelope, or of an item, is an object"),
        (b"started,status\n", "line 1: not JSON: "),
        (
            envelope(({"type": "x", "length": 9}, b"12345678"))[:-1],
            "line 2: length: 9 bytes, but only 8 follow",
        ),
        (envelope(({"type": "x", "length": 2}, b"123")), "line 2: length: no line ends after 2 bytes"),
        (envelope(({"type": "x", "length": -1}, b"")), "line 2: length: not a number of bytes: -1"),
        (envelope(({"type": "x", "length": "1"}, b"1")), "line 2: length: not a number of bytes: '1'"),
        (envelope(({"type": "x", "length": True}, b"1")), "line 2: length: not a number of bytes: True"),
        (b"\x1f\x8bgarbage", "source 0: broken gzip: "),
        (gzip.compress(b"{}" * 99, mtime=0)[:-9], "source 0: broken gzip: "),
    ],
)
def test_data_that_is_not_an_envelope_is_rejected(body: bytes, problem: str) -> None:
    with pytest.raises(SessionStatsError) as caught:
        from_envelopes(body)
    assert caught.value.detail.removeprefix("source 0, ").startswith(problem)


def test_envelopes_that_were_joined_without_a_line_break() -> None:
    """§1.4: two bodies of the Node SDK, one after the other."""
    joined = envelope(update())[:-1] + envelope(update())
    with pytest.raises(SessionStatsError, match=r"line 3: not JSON: .*each envelope begins on a line"):
        from_envelopes(joined, project_id=1)


def test_an_invalid_payload_is_named(tmp_path: Path) -> None:
    """§1.4: file, line, key and value; lines within payloads of other items count."""
    text = {"type": "attachment", "length": 5}, b"1\n2\n3"
    first = tmp_path / "first.envelope"
    first.write_bytes(envelope(update(sid="a"), text, header={"dsn": DSN}))
    second = tmp_path / "second.envelope"
    second.write_bytes(envelope(update(sid="b"), text, update(attrs={"release": 1}), header={"dsn": DSN}))
    with pytest.raises(DataError) as caught:
        from_envelopes(first, second)
    error = caught.value
    assert error.detail == f"{second}, line 9, attrs.release: not a text: 1"
    assert (error.file, error.line, error.column, error.value) == (str(second), 9, "attrs.release", 1)
    with pytest.raises(DataError, match="project_id"):
        from_envelopes(envelope(update()), project_id=0)


class TestBadPayloads:
    """§1.4: a payload is a row; those that are bad are reported together, or left out on request."""

    BODY = envelope(
        update(sid="a"),
        update(sid="b", status="gone"),
        ({"type": "session"}, b'{"sid": "c", "sid": "c"}'),
        ({"type": "session"}, b"\xff"),
        ({"type": "sessions"}, b'{"aggregates": [{"started": 0, "exited": 1}, {"exited": 1}]}'),
        update(sid="d"),
        header={"dsn": DSN},
    )

    def test_are_reported_together(self) -> None:
        with pytest.raises(BadRowsError) as caught:
            from_envelopes(self.BODY)
        *shown, total = caught.value.lines
        hint = "(each envelope begins on a line of its own)"
        assert shown == [
            "source 0, line 5, status: unknown status: 'gone'",
            f"source 0, line 7: not JSON: key 'sid' occurs twice in one object {hint}",
            f"source 0, line 9: not JSON: not UTF-8 {hint}",
            "source 0, line 11, aggregates[1].started: missing value: None",
        ]
        assert total.startswith("4 bad rows: 2 × not JSON, ")

    def test_are_left_out_on_request(self, tmp_path: Path) -> None:
        path, report = tmp_path / "x.envelope", ReadReport()
        path.write_bytes(self.BODY)
        sessions = read(path, errors="skip", report=report)
        assert [row["started"] for row in to_records(sessions)] == [STARTED.replace("Z", ".000000Z")] * 2
        assert (report.rows, report.bad_rows) == (6, 4)

    @pytest.mark.parametrize(
        ("item", "key"),
        [
            (update(status="unhandled"), "status"),
            (
                ({"type": "sessions"}, b'{"aggregates": [{"started": 0, "unhandled": 1}]}'),
                "aggregates[0].unhandled",
            ),
        ],
    )
    def test_status_of_another_edition(
        self, item: tuple[Mapping[str, Any], bytes], key: str, tmp_path: Path
    ) -> None:
        """§1.1: with its line, and the editions that have it; a count of 0 has no status."""
        none = {"type": "sessions"}, b'{"aggregates": [{"started": 0, "exited": 1, "unhandled": 0}]}'
        path = tmp_path / "x.envelope"
        path.write_bytes(envelope(none, item, header={"dsn": DSN}))
        assert len(read(path)) == 2
        with pytest.raises(DataError) as caught:
            read(path, statuses=Rules().statuses)
        assert str(caught.value) == f"{path}, line 5, {key}: not a status of this edition: 'unhandled'"
        assert "latest" in "".join(caught.value.notes)
