"""`Sessions`: several columns together, and immutable (§1.1, §1.4)."""

import copy
import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sessionstats
from sessionstats import DataError, Sessions, from_records, from_updates, sample, to_records
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.schema import COLUMNS
from tests.building import built, rejection

TEXTS = ("release", "environment", "status", "distinct_id", "abnormal_mechanism")
"""The columns in which ``"ok"`` is right."""


class TestErrors:
    @pytest.mark.parametrize("name", [name for name in COLUMNS if name != "started"])
    def test_unequal_lengths(self, name: str) -> None:
        """§1.4"""
        value = {"status": "ok", "project_id": 1, "errors": 1, "quantity": 1, "duration": 1.0}.get(name, "a")
        good: dict[str, Any] = {"started": [0, 0], "project_id": [1, 1], "status": ["ok", "ok"]}
        with pytest.raises(DataError) as caught:
            Sessions(**{**good, name: [value]})
        assert caught.value.detail == f"column '{name}': has 1 rows, but 'started' has 2"

    def test_the_first_invalid_column_is_named(self) -> None:
        """§1.4: in the order of §1.1, and of its rows the first."""
        wrong: dict[str, Any] = {name: [[], []] for name in COLUMNS}
        for place, name in enumerate(COLUMNS):
            right = {key: ["ok", "ok"] if key in TEXTS else [1, 1] for key in COLUMNS[:place]}
            error = rejection(**{**wrong, **right})
            assert (error.column, error.row, error.value) == (name, 0, [])

    def test_required_columns(self) -> None:
        with pytest.raises(TypeError, match="'status'"):
            Sessions(started=[0], project_id=[1])  # type: ignore[call-arg]


class TestImmutability:
    """§1.1: neither attributes nor values nor the caller's arrays can change sessions."""

    def test_attributes(self) -> None:
        sessions = built(started=[0])
        for attempt in (
            lambda: setattr(sessions, "errors", 1),
            lambda: setattr(sessions, "colour", 1),
            lambda: delattr(sessions, "errors"),
            lambda: setattr(sessions.release, "codes", np.zeros(1, int)),
            lambda: setattr(sessions.release, "categories", ()),
        ):
            with pytest.raises(AttributeError, match="immutable"):
                attempt()
        with pytest.raises(TypeError):
            hash(sessions)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: sample(5),
            lambda: sample(5)[1:],
            lambda: sample(5)[[0, 1]],
            lambda: sample(5) + sample(5),
            lambda: built(started=[0, 1]),
            lambda: built(started=[0, 1], quantity=[0, 5]),
            lambda: from_updates(session_id=["a"] * 2, started=[0, 1], project_id=[1] * 2, status=["ok"] * 2),
            lambda: pickle.loads(pickle.dumps(sample(5))),
        ],
    )
    def test_values(self, make: Callable[[], Sessions]) -> None:
        for column in make().columns:
            array = column.codes if isinstance(column, Encoded) else column
            with pytest.raises(ValueError, match="read-only"):
                array[0] = array[0]

    def test_arrays_of_the_caller_are_copied_if_they_can_be_written_to(self) -> None:
        own: dict[str, Any] = {
            "started": np.array([0, 1], "M8[us]"),
            "errors": np.array([1, 2]),
            "duration": np.array([1.0, 2.0]),
            "quantity": np.array([1, 1]),
        }
        codes = np.array([0, 0], np.int32)
        encoded = {"project_id": Encoded(codes, [1]), "release": Encoded(codes, ["a"])}
        sessions = built(**own, **encoded, distinct_id=Encoded(codes, ["a"]))
        before = to_records(sessions)
        for array in (*own.values(), codes):
            assert array.flags.writeable
            array[:] = np.array(7).astype(array.dtype)
        assert to_records(sessions) == before

    def test_a_read_only_view_of_a_writable_array_is_copied(self) -> None:
        """pandas, for one, gives these away."""
        errors = np.array([1, 2])
        view = errors[:]
        view.flags.writeable = False
        sessions = built(errors=view)
        errors[:] = 9
        assert sessions.errors.tolist() == [1, 2]

    def test_arrays_that_nobody_can_write_to_are_shared(self) -> None:
        errors = np.array([1, 2])
        errors.flags.writeable = False
        assert built(errors=errors).errors is errors
        assert np.shares_memory(built(errors=errors[:]).errors, errors)

    def test_columns_that_are_right_already_stay_writable_for_their_owner(self) -> None:
        codes, errors = np.array([0, 0], np.int32), np.array([1, 2])
        columns = dict(zip(COLUMNS, built(errors=[1, 2]).columns, strict=True))
        sessions = Sessions.from_columns(
            *(columns | {"errors": errors, "release": Encoded(codes, [""])}).values()
        )
        for column, own in ((sessions.errors, errors), (sessions.release.codes, codes)):
            assert own.flags.writeable
            assert not column.flags.writeable
            assert np.shares_memory(column, own)

    def test_parts_share_memory(self) -> None:
        sessions = sample(10)
        assert np.shares_memory(sessions[2:5].duration, sessions.duration)
        assert sessions[2:5].release.categories is sessions.release.categories

    def test_defaults_take_no_memory(self) -> None:
        sessions = built(started=np.zeros(1000, np.int64))
        arrays = (sessions.errors, sessions.duration, sessions.quantity, sessions.release.codes)
        assert all(array.strides == (0,) for array in arrays)


class TestRows:
    SESSIONS = sample(30, seed=2)

    @pytest.mark.parametrize(
        "rows",
        [
            slice(None),
            slice(3, 7),
            slice(None, None, -2),
            slice(40, 50),
            [4, 4, -1],
            [],
            np.array([], np.intp),
            np.arange(30) % 3 == 0,
            [True, False] * 15,
            np.array([5], np.uint8),
        ],
    )
    def test_selection(self, rows: Any) -> None:
        numbers = np.arange(30)[rows].tolist()
        records = to_records(self.SESSIONS)
        assert to_records(self.SESSIONS[rows]) == [records[number] for number in numbers]

    @pytest.mark.parametrize("rows", [0, np.int64(0), True, None, "started", [[0]], np.zeros((2, 2), int)])
    def test_no_selection(self, rows: Any) -> None:
        with pytest.raises(
            TypeError, match=r"^Sessions are indexed by a slice, a mask or an array of row numbers$"
        ):
            self.SESSIONS[rows]

    @pytest.mark.parametrize("rows", [[30], [-31], [True] * 29, [0.5]])
    def test_invalid_selections_are_rejected(self, rows: Any) -> None:
        with pytest.raises(IndexError):
            self.SESSIONS[rows]

    @given(st.lists(st.integers(0, 30), max_size=4))
    def test_split_and_join(self, cuts: list[int]) -> None:
        """§6.7: a split, joined, is the whole."""
        edges = [0, *sorted(cuts), 30]
        parts = [self.SESSIONS[a:b] for a, b in pairwise(edges)]
        assert Sessions.concat(parts) == self.SESSIONS
        assert sum(parts[1:], parts[0]) == self.SESSIONS

    def test_join_of_different_categories(self) -> None:
        a = built(release=["x", "y"], distinct_id=["u", None], project_id=[3, 1])
        b = built(release=["y", "z"], distinct_id=[None, "v"], project_id=[2, 3])
        both = a + b
        assert both.release.decode() == ["x", "y", "y", "z"]
        assert both.distinct_id.decode() == ["u", None, None, "v"]
        assert both.project_id.decode() == [3, 1, 2, 3]

    def test_join_of_nothing(self) -> None:
        assert Sessions.concat([]) == Sessions.empty()
        assert Sessions.concat(iter([self.SESSIONS])) is self.SESSIONS
        with pytest.raises(TypeError):
            self.SESSIONS + 1

    def test_records(self) -> None:
        assert from_records(to_records(self.SESSIONS)) == self.SESSIONS
        assert list(to_records(self.SESSIONS)[0]) == list(COLUMNS)


class TestEquality:
    def test_by_value_whatever_the_codes(self) -> None:
        a = built(release=["x", "y"], distinct_id=["u", None], duration=[1, None])
        b = built(
            release=Encoded(np.array([2, 0]), ["y", "unused", "x"]),
            distinct_id=Encoded(np.array([1, -1]), ["w", "u"]),
            duration=np.array([1, np.nan]),
        )
        assert a == b
        assert (a != b) is False

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("started", [0, 1]),
            ("project_id", [1, 2]),
            ("release", ["", "a"]),
            ("environment", ["", "a"]),
            ("status", ["ok", "exited"]),
            ("errors", [0, 1]),
            ("distinct_id", [None, "a"]),
            ("duration", [None, 0]),
            ("abnormal_mechanism", ["", "a"]),
            ("quantity", [1, 2]),
        ],
    )
    def test_every_column_counts(self, name: str, values: list[Any]) -> None:
        assert built(**{name: values}) != built(started=[0, 0])
        assert built(**{name: values}) == built(**{name: list(values)})

    def test_other_things(self) -> None:
        assert built(started=[0]) != built(started=[0, 0])
        assert built(started=[0]) != [0]
        assert Sessions.empty() == built(started=[0])[:0]

    def test_copies(self) -> None:
        sessions = sample(5)
        for other in (copy.copy(sessions), copy.deepcopy(sessions), pickle.loads(pickle.dumps(sessions))):
            assert other == sessions
            assert to_records(other) == to_records(sessions)


class TestRepr:
    def test_counts(self) -> None:
        sessions = built(
            started=["2024-01-29T12:00:00.9Z", "2024-01-28T00:00Z"],
            project_id=[1, 2],
            release=["a", "a"],
            distinct_id=["u", None],
            quantity=[1, 1234],
        )
        assert repr(sessions) == (
            "Sessions(2 rows, 1,235 sessions, 2024-01-28T00:00:00Z to 2024-01-29T12:00:00Z, "
            "2 projects, 1 release, 1 user)"
        )

    def test_of_a_part(self) -> None:
        """What is reported is about the rows, not the categories they share with others."""
        assert repr(built(release=["a", "b"], distinct_id=["u", "v"])[:1]).endswith("1 release, 1 user)")

    def test_nothing(self) -> None:
        assert repr(Sessions.empty()) == "Sessions(0 rows)"

    def test_repr_counts_no_session_of_quantity_0(self) -> None:
        """§1.1: such a row is a row, and has no effect on anything else that is counted."""
        sessions = built(
            started=[5, 0, 9], release=["a", "b", "c"], distinct_id=[1, 2, 3], quantity=[1, 0, 0]
        )
        assert repr(sessions) == (
            "Sessions(3 rows, 1 session, 1970-01-01T00:00:05Z to 1970-01-01T00:00:05Z, "
            "1 project, 1 release, 1 user)"
        )
        assert repr(sessions[1:]) == "Sessions(2 rows, 0 sessions)"

    def test_another_column(self) -> None:
        """§1.1"""
        with pytest.raises(TypeError, match="Sessions have no column 'user_id'; their columns are started, "):
            built(user_id=["ann"])
        assert repr(Encoded(np.zeros(1500, int), ["a"])) == "Encoded(1,500 codes, 1 categories)"


def test_a_name_that_the_package_does_not_have() -> None:
    """Names are imported when they are first used; others are rejected as in any module."""
    with pytest.raises(AttributeError, match=r"^module 'sessionstats' has no attribute 'computes'$"):
        sessionstats.computes  # noqa: B018
