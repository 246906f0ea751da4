"""Sessions from records, as JSON has them (§1.1, §1.2, §9)."""

from collections import UserDict, defaultdict
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import DataError, Rules, Sessions, from_records, to_records
from sessionstats.io.records import UPDATE_COLUMNS
from sessionstats.testing.model.errors import Rejection
from tests.modelled import folded_by_the_model
from tests.test_folding import as_tuples, model_tuples, updates

GOOD = {"started": 0, "project_id": 1, "status": "ok"}

odd_values: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        "x",
        0,
        -1,
        1,
        1.0,
        -0.0,
        float("nan"),
        float("inf"),
        True,
        [],
        {},
        2**63,
        -(2**63) - 1,
        10**400,
        "0" * 32,
    ]
)
names = st.sampled_from((*UPDATE_COLUMNS, "colour"))


@given(
    st.lists(st.tuples(updates, st.dictionaries(names, odd_values, max_size=1)), max_size=4), st.booleans()
)
def test_same_rows_or_rejection_as_the_model(
    drawn: list[tuple[dict[str, Any], dict[str, Any]]], unhandled: bool
) -> None:
    """§1.1, §1.4: what is valid, what is not, and what it becomes are the same in both."""
    rows = [{**row, **odd} for row, odd in drawn]
    statuses = Rules(unhandled=unhandled).statuses
    try:
        expected = model_tuples(folded_by_the_model(rows, unhandled=unhandled))
    except Rejection:
        with pytest.raises(DataError):
            from_records(rows, statuses=statuses)
    else:
        assert as_tuples(from_records(rows, statuses=statuses)) == expected


def test_other_keys_are_left_out() -> None:
    """§1.5"""
    assert from_records([GOOD | {"colour": [1]}]) == from_records([GOOD])


@pytest.mark.parametrize("absent", [None, "missing"])
def test_absent_and_null_are_missing(absent: str | None) -> None:
    """§1.1: in some rows, or in all."""
    full = GOOD | {"release": "r", "environment": "e", "errors": 2, "distinct_id": "u", "duration": 1.5}
    full |= {"abnormal_mechanism": "m", "quantity": 3, "session_id": "s", "seq": 1, "status": "exited"}
    bare = dict.fromkeys(full) | GOOD if absent is None else GOOD
    for rows in ([bare], [full, bare]):
        row = to_records(from_records(rows))[-1]
        found = [row[name] for name in ("release", "environment", "errors", "distinct_id", "duration")]
        assert found == ["", "", 0, None, None]
        assert (row["abnormal_mechanism"], row["quantity"]) == ("", 1)


def test_any_mapping_and_any_iterable() -> None:
    expected = from_records([GOOD, GOOD])
    assert from_records(iter((MappingProxyType(GOOD), UserDict(GOOD)))) == expected
    assert from_records(()) == Sessions.empty()


def test_updates_and_sessions_together() -> None:
    """§1.2: rows with an id are updates, others are sessions."""
    update = GOOD | {"session_id": "s"}
    sessions = from_records([update, GOOD, update | {"seq": -1, "status": "exited", "duration": 2}])
    assert [row["status"] for row in to_records(sessions)] == ["exited", "ok"]
    assert to_records(sessions)[0]["duration"] == 2.0


@pytest.mark.parametrize("row", [None, 5, "text", [GOOD]])
def test_a_row_that_is_not_an_object(row: Any) -> None:
    """§1.4"""
    with pytest.raises(DataError) as caught:
        from_records([GOOD, row])
    assert caught.value.detail == f"row 1: not an object: {row!r}"
    assert (caught.value.row, caught.value.value) == (1, row)


def test_status_of_another_edition() -> None:
    """§1.1: also in a row without effect, and in an update that another one overrides."""
    statuses = Rules().statuses
    for row in ({"quantity": 0}, {"session_id": "s"}):
        wrong = GOOD | {"status": "unhandled"} | row
        rows = [GOOD | {"session_id": "s", "status": "crashed"}, wrong]
        with pytest.raises(DataError) as caught:
            from_records(rows, statuses=statuses)
        assert caught.value.detail == "column 'status', row 1: not a status of this edition: 'unhandled'"
        assert from_records(rows, statuses=Rules(unhandled=True).statuses).quantity.sum() == 1


@pytest.mark.parametrize("name", ["started", "project_id", "status"])
def test_required_columns(name: str) -> None:
    """§1.1: not allowed to be missing."""
    for rows in ([{**GOOD, name: None}], [GOOD, {k: v for k, v in GOOD.items() if k != name}]):
        with pytest.raises(DataError) as caught:
            from_records(rows)
        assert caught.value.detail == f"column '{name}', row {len(rows) - 1}: missing value: None"


def test_records_that_make_up_missing_values() -> None:
    """§1.1: an absent key is a missing value, and reading does not change the caller's records."""
    row = defaultdict(list, {"started": 0, "project_id": 1, "status": "ok"})
    assert len(from_records([row])) == 1
    assert set(row) == {"started", "project_id", "status"}


@given(st.lists(updates, min_size=1, max_size=4), st.data())
def test_the_order_of_keys_does_not_matter(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """§1.1: records of the same keys in one order are read together, others one by one."""
    rows = [dict.fromkeys(UPDATE_COLUMNS) | row for row in rows]
    mixed = [dict(data.draw(st.permutations([*row.items()]))) for row in rows]
    absent = [{key: value for key, value in row.items() if value is not None} for row in rows]
    assert from_records(rows) == from_records(mixed) == from_records(absent)
