"""The two JSON shapes that SDKs send (§1.1, §1.2): what they become, and errors in invalid ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import DataError, to_records
from sessionstats.io.payloads import from_payloads
from sessionstats.testing.model.payloads import rows_of
from tests.modelled import folded_by_the_model
from tests.test_folding import as_tuples, model_tuples

NOON = "2024-01-29T12:00:00Z"
UUID = "7c7b6585-f901-4351-bf8d-02711b721929"

instants = st.sampled_from([NOON, "2024-01-29T12:00:00.0015Z", "2024-01-29T13:00:00+02:00", 1706529600.25, 0])
maybe_user = st.sampled_from([None, "", "a", "b", 7, "00000000-0000-0000-0000-000000000000"])
attrs = st.none() | st.fixed_dictionaries(
    {}, optional={"release": st.sampled_from([None, "", "r@1"]), "environment": st.sampled_from(["e", None])}
)
updates = st.fixed_dictionaries(
    {"started": instants},
    optional={
        "sid": st.sampled_from(["s", "t", "", None, UUID, UUID.upper(), UUID.replace("-", ""), UUID[:-1]]),
        "did": maybe_user,
        "seq": st.sampled_from([None, -1, 0, 1, 2, 1706529600001, 2**63 - 1]),
        "init": st.sampled_from([True, False, None]),
        "timestamp": st.none() | instants,
        "status": st.sampled_from([None, "ok", "exited", "errored", "crashed", "abnormal", "unhandled"]),
        "errors": st.sampled_from([None, 0, 2]),
        "duration": st.sampled_from([None, 0, 1.5, 60]),
        "abnormal_mechanism": st.sampled_from([None, "", "anr_foreground"]),
        "attrs": attrs,
        "quantity": st.just(9),
        "user_agent": st.just(["ignored"]),
    },
)
counts = st.sampled_from([None, 0, 1, 5])
aggregates = st.fixed_dictionaries(
    {"started": instants},
    optional={
        "did": maybe_user,
        **dict.fromkeys(("exited", "errored", "crashed", "abnormal", "unhandled"), counts),
        "ok": st.just("ignored"),
    },
)
payloads = updates | st.fixed_dictionaries(
    {"aggregates": st.lists(aggregates, max_size=3), "attrs": attrs}, optional={"sid": st.just("ignored")}
)


@given(st.lists(payloads, max_size=6))
def test_same_sessions_as_the_model(given: list[dict[str, Any]]) -> None:
    """§1.2: both shapes, mixed, updates folded."""
    expected = folded_by_the_model(rows_of(given, 3), unhandled=True)
    assert as_tuples(from_payloads(given, 3)) == model_tuples(expected)


def single(payload: dict[str, Any]) -> dict[str, Any]:
    (row,) = to_records(from_payloads([payload], 1))
    return row


def test_an_update_alone() -> None:
    """§1.1: every key is mapped to its column."""
    payload = {
        "sid": UUID,
        "did": "ann",
        "init": True,
        "started": NOON,
        "duration": 60,
        "status": "abnormal",
        "errors": 2,
        "abnormal_mechanism": "anr_foreground",
        "attrs": {"release": "app@1.0", "environment": "prod", "ip_address": "::1"},
    }
    assert single(payload) == {
        "started": "2024-01-29T12:00:00.000000Z",
        "project_id": 1,
        "release": "app@1.0",
        "environment": "prod",
        "status": "abnormal",
        "errors": 2,
        "distinct_id": "ann",
        "duration": 60.0,
        "abnormal_mechanism": "anr_foreground",
        "quantity": 1,
    }


def test_a_minimal_update() -> None:
    """§1.1: the status is `ok` unless given; missing values are missing."""
    row = single({"started": NOON})
    assert (row["status"], row["release"], row["distinct_id"], row["errors"]) == ("ok", "", None, 0)


def environment_of_the_first(first: dict[str, Any], second: dict[str, Any]) -> str:
    """Which of two updates of a session gives it its environment; the same whatever their order."""
    both = [
        {"sid": "s", "started": NOON, **update, "attrs": {"environment": name}}
        for name, update in (("first", first), ("second", second))
    ]
    found = {to_records(from_payloads(order, 1))[0]["environment"] for order in (both, both[::-1])}
    assert len(found) == 1
    return str(found.pop())


def test_positions_of_updates() -> None:
    """§1.2: by `seq`; `init` is 0; else by when it was sent, else by when its session began."""
    later = "2024-01-29T12:00:00.002Z"
    noon = 1706529600000
    assert environment_of_the_first({"seq": 1}, {"seq": 0}) == "second"
    assert environment_of_the_first({"seq": 1}, {"seq": 5, "init": True}) == "second"
    assert environment_of_the_first({"seq": -1}, {"init": True}) == "first"
    assert environment_of_the_first({"seq": 5}, {"init": False}) == "first"
    assert environment_of_the_first({"timestamp": later}, {"timestamp": NOON}) == "second"
    assert environment_of_the_first({"timestamp": later}, {}) == "second"
    assert environment_of_the_first({"timestamp": later}, {"seq": noon + 1}) == "second"
    assert environment_of_the_first({"timestamp": later}, {"seq": noon + 3}) == "first"


def test_updates_of_one_session_fold() -> None:
    """§1.2"""
    begin = {"sid": "s", "init": True, "started": NOON, "did": None, "attrs": {"release": "r"}}
    end = {**begin, "init": False, "seq": 1, "status": "exited", "errors": 3, "duration": 9, "did": "ann"}
    (row,) = to_records(from_payloads([end, begin], 1))
    assert (row["status"], row["errors"], row["duration"], row["distinct_id"]) == ("exited", 3, 9.0, "ann")


@pytest.mark.parametrize(
    ("other", "sessions"),
    [
        (UUID.replace("-", ""), 1),
        (UUID.upper(), 1),
        (UUID[:-1], 2),
        (UUID.replace("-", "", 1), 2),
        (UUID.replace("7", "g"), 2),
        (f"{UUID}\n", 2),
    ],
)
def test_a_uuid_is_one_id_however_it_is_written(other: str, sessions: int) -> None:
    """§1.2"""
    updates = [{"sid": sid, "started": NOON} for sid in (UUID, other)]
    assert len(from_payloads(updates, 1)) == sessions
    folded = folded_by_the_model(rows_of(updates, 1), unhandled=False)
    assert len(folded) == sessions


def test_other_ids_keep_their_case() -> None:
    """§1.2"""
    assert len(from_payloads([{"sid": sid, "started": NOON} for sid in "aA"], 1)) == 2


def test_aggregates_become_rows_of_a_quantity() -> None:
    """§1.1: one row per status; a count that is 0 or missing makes none."""
    items = [
        {"started": NOON, "exited": 123, "errored": 4, "crashed": 0},
        {"started": "2024-01-29T12:01:00Z", "did": "ann", "abnormal": 1, "unhandled": 2},
        {"started": NOON},
    ]
    payload = {"aggregates": items, "attrs": {"release": "r", "environment": "e"}}
    sessions = from_payloads([payload], 5)
    found = [
        (
            row["started"][11:16],
            row["status"],
            row["quantity"],
            row["errors"],
            row["distinct_id"],
            row["duration"],
        )
        for row in to_records(sessions)
    ]
    assert found == [
        ("12:00", "exited", 123, 0, None, None),
        ("12:00", "errored", 4, 1, None, None),
        ("12:01", "abnormal", 1, 0, "ann", None),
        ("12:01", "unhandled", 2, 0, "ann", None),
    ]
    assert set(sessions.release.decode()) == {"r"}
    assert set(sessions.environment.decode()) == {"e"}
    assert set(sessions.project_id.decode()) == {5}


@pytest.mark.parametrize("empty", [[], [{"aggregates": []}], [{"aggregates": [{"started": 0}]}]])
def test_no_sessions(empty: list[dict[str, Any]]) -> None:
    assert len(from_payloads(empty, 1)) == 0


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        ("text", "payload 1: not an object: 'text'"),
        ({}, "payload 1, started: missing value: None"),
        ({"timestamp": NOON}, "payload 1, started: missing value: None"),
        ({"started": "soon"}, "payload 1, started: not an instant: 'soon'"),
        ({"started": -1}, "payload 1, started: outside the years 1970-2262: -1"),
        ({"started": NOON, "timestamp": "x"}, "payload 1, timestamp: not an instant: 'x'"),
        ({"started": NOON, "seq": 1.0}, "payload 1, seq: not an integer: 1.0"),
        ({"started": NOON, "seq": 2**63}, f"payload 1, seq: integer beyond 64 bits: {2**63}"),
        ({"started": NOON, "init": 1}, "payload 1, init: not true or false: 1"),
        ({"started": NOON, "sid": 7}, "payload 1, sid: not a text: 7"),
        ({"started": NOON, "did": 1.5}, "payload 1, did: not a text or an integer: 1.5"),
        ({"started": NOON, "status": "fine"}, "payload 1, status: unknown status: 'fine'"),
        ({"started": NOON, "status": 0}, "payload 1, status: not a text: 0"),
        ({"started": NOON, "errors": -1}, "payload 1, errors: negative count: -1"),
        ({"started": NOON, "errors": True}, "payload 1, errors: not an integer: True"),
        ({"started": NOON, "duration": "1"}, "payload 1, duration: not a number: '1'"),
        ({"started": NOON, "duration": -2}, "payload 1, duration: negative duration: -2"),
        ({"started": NOON, "abnormal_mechanism": []}, "payload 1, abnormal_mechanism: not a text: []"),
        ({"started": NOON, "attrs": []}, "payload 1, attrs: not an object: []"),
        ({"started": NOON, "attrs": ""}, "payload 1, attrs: not an object: ''"),
        ({"started": NOON, "attrs": {"release": 1}}, "payload 1, attrs.release: not a text: 1"),
        ({"started": NOON, "attrs": {"environment": {}}}, "payload 1, attrs.environment: not a text: {}"),
        ({"aggregates": None}, "payload 1, aggregates: not a list: None"),
        ({"aggregates": {}}, "payload 1, aggregates: not a list: {}"),
        ({"aggregates": [], "attrs": 1}, "payload 1, attrs: not an object: 1"),
        ({"aggregates": [{"started": 0}, 2]}, "payload 1, aggregates[1]: not an object: 2"),
        ({"aggregates": [{"exited": 1}]}, "payload 1, aggregates[0].started: missing value: None"),
        (
            {"aggregates": [{"started": 0}, {"started": 0, "exited": 1.0}]},
            "payload 1, aggregates[1].exited: not an integer: 1.0",
        ),
        (
            {"aggregates": [{"started": 0, "crashed": -1}]},
            "payload 1, aggregates[0].crashed: negative count: -1",
        ),
        (
            {"aggregates": [{"started": 0, "did": []}]},
            "payload 1, aggregates[0].did: not a text or an integer: []",
        ),
        (
            {"aggregates": [{"started": 0, "ok": 1}], "attrs": {"release": 2}},
            "payload 1, attrs.release: not a text: 2",
        ),
    ],
)
def test_an_invalid_payload_is_named(payload: Any, detail: str) -> None:
    """§1.4: payload, key path and value."""
    good = {"aggregates": [{"started": NOON, "exited": 1}, {"started": NOON, "exited": 2}]}
    with pytest.raises(DataError) as caught:
        from_payloads([good, payload, good], 1)
    assert caught.value.detail == str(caught.value) == detail
    assert caught.value.row == 1
    path = detail.partition(":")[0].removeprefix("payload 1").removeprefix(", ")
    assert caught.value.column == (path or None)


@pytest.mark.parametrize("project", [0, -1, "1", 1.0, None, True])
def test_an_invalid_project_is_rejected(project: Any) -> None:
    """§1.4"""
    with pytest.raises(DataError, match="project_id"):
        from_payloads([], project)


def test_sum_of_counts() -> None:
    """§6.1: beyond 64 bits; no single payload is to blame."""
    payload = {"aggregates": [{"started": 0, "exited": 2**62, "crashed": 2**62}]}
    with pytest.raises(DataError) as caught:
        from_payloads([payload], 1)
    assert caught.value.detail == f"column 'quantity': the sum is beyond 64 bits: {2**63}"


def test_an_invalid_timestamp_names_its_own_payload() -> None:
    """§1.4: among several that have one."""
    payloads = [{"started": NOON, "timestamp": NOON}, {"started": NOON}, {"started": NOON, "timestamp": "x"}]
    with pytest.raises(DataError, match=r"^payload 2, timestamp: not an instant: 'x'$"):
        from_payloads(payloads, 1)
