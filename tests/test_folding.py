"""Several updates of one session are one session (§1.2): by hand, and against the model."""

import json
import sys
from dataclasses import astuple, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessionstats import DataError, Sessions, compute, sample, to_records
from sessionstats.columns.encoding import Encoded, encode
from sessionstats.columns.schema import COLUMNS
from sessionstats.folding import Updates, checked_updates, fold, from_updates, has_text, ordered
from sessionstats.health import STATUSES
from sessionstats.io.records import rows_of
from sessionstats.protocol import respond
from sessionstats.testing.model.rows import Row
from tests.modelled import folded_by_the_model

updates = st.fixed_dictionaries(
    {
        "started": st.sampled_from([60, 60.5, 3600]),
        "project_id": st.sampled_from([1, 1, 2]),
        "status": st.sampled_from(STATUSES),
    },
    optional={
        "session_id": st.sampled_from(["s", "s", "t", "", None]),
        "seq": st.sampled_from([0, 0, 1, 2, -1, None, 2**63 - 1, -(2**63)]),
        "release": st.sampled_from(["", "r", "é", "\ud800", "𝔘"]),
        "environment": st.sampled_from(["", "prod", None]),
        "errors": st.sampled_from([0, 0, 1, 2]),
        "distinct_id": st.sampled_from([None, "", "b", "a", 7]),
        "duration": st.sampled_from([None, 0, 1.5, 3]),
        "abnormal_mechanism": st.sampled_from(["", "anr_foreground", "anr_background"]),
        "quantity": st.sampled_from([1, 1, 2, 0]),
    },
)


def as_tuples(sessions: Sessions) -> list[tuple[Any, ...]]:
    """The rows that are sessions, sorted, so that their order does not matter."""
    sessions = sessions[sessions.quantity > 0]
    micros = sessions.started.view(np.int64).tolist()
    rows = [(instant, *row[1:]) for instant, row in zip(micros, rows_of(sessions), strict=True)]
    return sorted(rows, key=repr)


def model_tuples(rows: list[Row]) -> list[tuple[Any, ...]]:
    """The same for the model's rows: its columns are in the same order, without `session_id` and `seq`."""
    tuples = [astuple(replace(row, user=row.user or None))[:10] for row in rows]  # type: ignore[arg-type]
    return sorted(tuples, key=repr)


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    required: dict[str, list[Any]] = {"started": [], "project_id": [], "status": []}
    return {**required, **{name: [row.get(name) for row in rows] for name in names}}


def folded(*rows: dict[str, Any]) -> dict[str, Any]:
    """The one session that updates of it make up, whatever their order."""
    own = {"session_id": "s", "started": 60, "project_id": 1, "status": "ok"}
    whole = [{**own, **row} for row in rows]
    (session,) = [row for row in to_records(from_updates(**columns_of(whole))) if row["quantity"]]
    (again,) = [row for row in to_records(from_updates(**columns_of(whole[::-1]))) if row["quantity"]]
    assert session == again
    return session


class TestByHand:
    """§1.2, one sentence at a time."""

    def test_started_is_the_earliest(self) -> None:
        assert (
            folded({"started": 61}, {"started": 60.5, "seq": 1})["started"] == "1970-01-01T00:01:00.500000Z"
        )

    @pytest.mark.parametrize(("better", "worse"), [*pairwise(STATUSES)])
    def test_status_is_the_worst_seen(self, better: str, worse: str) -> None:
        assert folded({"status": worse}, {"status": better, "seq": 1})["status"] == worse

    def test_severity(self) -> None:
        assert STATUSES == ("ok", "errored", "exited", "unhandled", "abnormal", "crashed")

    def test_errors_are_the_largest(self) -> None:
        assert folded({"errors": 3}, {"errors": 2, "seq": 1})["errors"] == 3

    def test_errors_are_at_least_one_after_errored(self) -> None:
        assert folded({"status": "errored"}, {"status": "exited", "seq": 1})["errors"] == 1
        assert folded({"status": "errored", "errors": 4}, {"seq": 1})["errors"] == 4
        assert folded({"status": "errored"})["errors"] == 1

    def test_duration_is_that_of_the_last_terminal_update(self) -> None:
        last = {"seq": 2, "status": "exited", "duration": 7}
        assert folded({"seq": 1, "status": "crashed", "duration": 5}, last)["duration"] == 7.0
        assert folded(last, {"seq": 3, "status": "ok", "duration": 9})["duration"] == 7.0
        assert folded({"status": "exited", "duration": 5}, {"status": "exited", "seq": 1})["duration"] is None

    @pytest.mark.parametrize("status", ["ok", "errored"])
    def test_without_a_terminal_update_there_is_no_duration(self, status: str) -> None:
        assert folded({"duration": 3}, {"status": status, "seq": 1, "duration": 5})["duration"] is None
        assert folded({"status": status, "duration": 5})["duration"] is None

    @pytest.mark.parametrize("status", ["exited", "crashed", "abnormal", "unhandled"])
    def test_terminal_statuses(self, status: str) -> None:
        assert folded({}, {"status": status, "seq": 1, "duration": 5})["duration"] == 5.0

    def test_other_columns_are_those_of_the_first(self) -> None:
        first = {"seq": -5, "release": "r1", "environment": "e1", "quantity": 4}
        session = folded(first, {"seq": 0, "release": "r0", "environment": "e0", "quantity": 2})
        assert [session[name] for name in ("release", "environment", "quantity")] == ["r1", "e1", 4]

    def test_a_missing_user_or_mechanism_is_filled_in(self) -> None:
        later = {"seq": 1, "distinct_id": "ann", "abnormal_mechanism": "anr_foreground"}
        last = {"seq": 2, "distinct_id": "bob", "abnormal_mechanism": "anr_background"}
        session = folded(last, {"distinct_id": "0" * 32}, later)
        assert (session["distinct_id"], session["abnormal_mechanism"]) == ("ann", "anr_foreground")

    def test_equal_seq_is_ordered_by_every_other_column(self) -> None:
        """§1.2: in this order; quantity shows which came first."""
        keys = {
            "started": (60, 61),
            "status": ("ok", "errored"),
            "release": ("", "a"),
            "environment": ("Z", "a"),
            "distinct_id": (None, "A"),
            "abnormal_mechanism": ("a", "é"),
            "duration": (None, 0.0),
            "errors": (2**53, 2**53 + 1),
        }
        for place, (name, (low, high)) in enumerate(keys.items()):
            against = {later: high for later, (_, high) in list(keys.items())[place + 1 :]}
            first = {**against, name: low, "quantity": 2}
            second = {later: low for later, (low, _) in list(keys.items())[place + 1 :]} | {name: high}
            assert folded(first, {**second, "quantity": 1})["quantity"] == 2, name
        assert folded({"quantity": 3}, {"quantity": 2})["quantity"] == 2

    def test_texts_are_ordered_by_code_point(self) -> None:
        assert folded({"release": "\uffff"}, {"release": "\U00010000"})["release"] == "\uffff"

    def test_sessions_are_of_one_project(self) -> None:
        """§1.2: no two of three ids in two projects are one session."""
        pairs = [(name, project) for name in "abc" for project in (1, 2)]
        names, projects = map(list, zip(*pairs, ("c", 2), strict=True))
        sessions = from_updates(session_id=names, started=[0] * 7, project_id=projects, status=["ok"] * 7)
        assert len(sessions) == 6

    def test_rows_without_an_id_are_sessions_by_themselves(self) -> None:
        """§1.2: nothing about them changes, not even status or duration."""
        rows = [
            {"started": 0, "project_id": 1, "status": "errored", "duration": 4, "session_id": i}
            for i in ("", None)
        ]
        sessions = from_updates(**columns_of([*rows, {**rows[0], "session_id": "x"}]))
        assert sessions.errors.tolist() == [0, 0, 1]
        assert np.array_equal(sessions.duration, [4, 4, np.nan], equal_nan=True)

    def test_rows_of_quantity_0_have_no_effect(self) -> None:
        """§1.1"""
        assert (
            folded({"status": "exited"}, {"seq": 1, "status": "crashed", "quantity": 0})["status"] == "exited"
        )

    def test_rows_of_quantity_0_stay_as_they_are(self) -> None:
        """§1.1, §1.2: by themselves, in their position, whatever their session_id."""
        sessions = from_updates(
            session_id=["a", "a", "a", "b"],
            seq=[0, 1, 2, 0],
            quantity=[0, 1, 1, 0],
            started=[9, 8, 7, 6],
            project_id=[1] * 4,
            status=["errored", "ok", "exited", "ok"],
            duration=[1, 2, 3, 4],
        )
        assert sessions.quantity.tolist() == [0, 1, 0]
        assert sessions.started.view(np.int64).tolist() == [9_000_000, 7_000_000, 6_000_000]
        assert sessions.errors.tolist() == [0, 0, 0]
        assert sessions.duration.tolist() == [1, 3, 4]

    def test_order_of_first_appearance(self) -> None:
        sessions = from_updates(
            session_id=["", "b", "a", "b"], started=[9, 8, 7, 6], project_id=[1] * 4, status=["ok"] * 4
        )
        assert sessions.started.view(np.int64).tolist() == [9_000_000, 6_000_000, 7_000_000]


class TestLaws:
    @given(st.lists(updates, max_size=12))
    def test_same_as_the_model(self, rows: list[dict[str, Any]]) -> None:
        """§1.2, with ties in every key."""
        expected = folded_by_the_model(rows, unhandled=True)
        assert as_tuples(from_updates(**columns_of(rows))) == model_tuples(expected)

    @given(st.lists(updates, min_size=2, max_size=10), st.randoms())
    def test_order_of_rows_has_no_effect(self, rows: list[dict[str, Any]], random: Any) -> None:
        """§1.2, §6.7"""
        shuffled = random.sample(rows, len(rows))
        a, b = (as_tuples(from_updates(**columns_of(each))) for each in (rows, shuffled))
        assert a == b

    @given(st.lists(updates, max_size=10))
    def test_idempotent(self, rows: list[dict[str, Any]]) -> None:
        """§1.2: a session, folded again as its own only update, stays as it is."""
        rows = [{**row, "session_id": "s", "project_id": 1, "quantity": 1} for row in rows]
        once = from_updates(**columns_of(rows))
        assert len(once) == min(len(rows), 1)
        assert fold(Updates(once, encode(["s"] * len(once)), np.zeros(len(once), np.int64))) == once

    @given(st.lists(updates, max_size=10), st.integers(0, 10))
    def test_folding_a_part_first_or_twice_the_same_rows(self, rows: list[dict[str, Any]], cut: int) -> None:
        """§1.2: redelivered updates have no effect."""
        rows = [{**row, "session_id": row.get("session_id") or "s"} for row in rows]
        once = as_tuples(from_updates(**columns_of(rows)))
        assert as_tuples(from_updates(**columns_of(rows + rows[:cut]))) == once

    @given(st.lists(updates, max_size=10))
    def test_same_answer_as_the_folded_rows(self, rows: list[dict[str, Any]]) -> None:
        """§1.2: folding comes before anything else."""
        request = "field=sum(session)&field=count_unique(user)&field=p50(session.duration)&groupBy=release"
        request += "&groupBy=session.status&statsPeriod=1h"
        rows = [row for row in rows if row["status"] != "unhandled"]
        case = {"id": 1, "now": "1970-01-01T02:00:00Z", "params": request, "sessions": rows}
        answer = compute(from_updates(**columns_of(rows)), request, now="1970-01-01T02:00:00Z")
        assert json.dumps(respond(case)["body"]) == json.dumps(answer.to_dict())

    @given(st.lists(updates, max_size=12), st.integers(1, 5))
    def test_parts_of_any_size(self, rows: list[dict[str, Any]], size: int) -> None:
        """§6.7: updates checked in parts, then joined, fold to the same."""
        parts = [checked_updates(**columns_of(rows[at : at + size])) for at in range(0, len(rows), size)]
        parts = parts or [checked_updates(**columns_of([]))]
        whole = from_updates(**columns_of(rows))
        assert fold(Updates.concat(parts)) == whole

    @given(st.lists(st.tuples(*[st.integers(0, 1)] * 4), max_size=20))
    @example([(0, 0, 0, 1), (0, 0, 0, 1), (1, 0, 1, 1), (1, 0, 0, 1)])
    def test_the_order_is_total(self, keys: list[tuple[int, ...]]) -> None:
        """§1.2: as Python sorts tuples; only rows that are equal in everything are interchangeable."""
        session, seq, started, quantity = (
            (list(column) for column in zip(*keys, strict=True)) if keys else [[]] * 4
        )
        sessions = Sessions(
            started=started,
            project_id=[1] * len(keys),
            status=["ok"] * len(keys),
            quantity=[q + 1 for q in quantity],
        )
        order = ordered(sessions, np.array(session, np.int64), np.array(seq, np.int64))
        assert [keys[row] for row in order.tolist()] == sorted(keys)

    def test_work_in_python_does_not_grow_with_the_updates(self) -> None:
        """§1.2: no loop over updates: as many lines are run for a hundred times as many."""

        def lines(n: int) -> int:
            names = [f"s{number}" for number in range(n // 3)]
            ids = Encoded(np.arange(n, dtype=np.int32) % len(names), names)
            sessions = built_like(sample(n), project_id=Encoded(np.zeros(n, np.int32), [1]))
            ran: list[str] = []

            def trace(frame: Any, event: str, argument: Any) -> Any:
                ran.append(event)
                return trace

            before = sys.gettrace()
            sys.settrace(trace)
            try:
                folded = fold(Updates(sessions, ids, np.arange(n) // len(names) % 2))
            finally:
                sys.settrace(before)
            assert len(folded) == len(names)
            return len(ran)

        assert lines(300) == lines(30_000)


def built_like(sessions: Sessions, **columns: Any) -> Sessions:
    """The sessions with some columns replaced."""
    return Sessions.from_columns(*[columns.get(name, getattr(sessions, name)) for name in COLUMNS])


class TestInput:
    def test_encoded_ids(self) -> None:
        ids = Encoded(np.array([1, 1, 0]), ["", "s"])
        sessions = from_updates(session_id=ids, started=[0, 1, 2], project_id=[1] * 3, status=["ok"] * 3)
        assert len(sessions) == 2
        assert has_text(Encoded(np.array([-1, 0, 1]), ["", "s"])).tolist() == [False, False, True]

    def test_only_rows_without_ids_are_passed_through(self) -> None:
        columns: dict[str, Any] = {
            "started": [0, 1],
            "project_id": [1, 1],
            "status": ["ok", "exited"],
            "duration": [3, 4],
        }
        assert from_updates(**columns) == Sessions(**columns)
        assert from_updates(**columns, session_id=["", None], seq=[1, 0]) == Sessions(**columns)

    def test_nothing(self) -> None:
        assert len(from_updates(started=[], project_id=[], status=[], session_id=[], seq=[])) == 0

    @pytest.mark.parametrize(
        ("columns", "detail"),
        [
            ({"seq": [0, 2**63]}, f"column 'seq', row 1: integer beyond 64 bits: {2**63}"),
            ({"seq": [0, -(2**63) - 1]}, f"column 'seq', row 1: integer beyond 64 bits: {-(2**63) - 1}"),
            ({"seq": [0, 0.0]}, "column 'seq', row 1: not an integer: 0.0"),
            ({"seq": [0]}, "column 'seq': has 1 rows, but 'started' has 2"),
            ({"session_id": ["a", 5]}, "column 'session_id', row 1: not a text: 5"),
            ({"session_id": ["a"]}, "column 'session_id': has 1 rows, but 'started' has 2"),
            ({"quantity": [0, -1]}, "column 'quantity', row 1: negative count: -1"),
            ({"quantity": [0], "seq": [0]}, "column 'quantity': has 1 rows, but 'started' has 2"),
            ({"quantity": [0, 1], "seq": [0]}, "column 'seq': has 1 rows, but 'started' has 2"),
        ],
    )
    def test_invalid_columns_are_rejected(self, columns: dict[str, Any], detail: str) -> None:
        """§1.4"""
        good: dict[str, Any] = {"started": [0, 0], "project_id": [1, 1], "status": ["ok", "ok"]}
        with pytest.raises(DataError) as caught:
            from_updates(**good, **columns)
        assert caught.value.detail == detail
