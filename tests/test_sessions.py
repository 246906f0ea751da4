"""`Sessions`: built from whatever a caller has, checked, immutable (§1.1, §1.4)."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import DataError, Sessions
from sessionstats.encoding import Encoded
from sessionstats.health import STATUSES
from sessionstats.sessions import COLUMNS, require_known_statuses

NOON = 1_706_529_600_000_000
"""2024-01-29T12:00:00Z in microseconds."""

LAST = 9_246_182_399_999_999
"""The last microsecond of 2262."""


TEXTS = ("release", "environment", "status", "distinct_id", "abnormal_mechanism")
"""The columns in which ``"ok"`` is right."""


def built(**columns: Any) -> Sessions:
    """Sessions of the given columns; of the required ones the rest is filled in."""
    n = next(len(column) for column in columns.values())
    return Sessions(**{"started": [0] * n, "project_id": [1] * n, "status": ["ok"] * n, **columns})


def refusal(**columns: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        built(**columns)
    return caught.value


def micros(started: Any) -> Any:
    return built(started=started).started.view(np.int64).tolist()


class TestStarted:
    """§1.1: an instant in any form; what is finer than a microsecond is cut off, towards the past."""

    @pytest.mark.parametrize(
        "value",
        [
            np.datetime64("2024-01-29T12", "h"),
            np.datetime64("2024-01-29T12:00:00", "s"),
            np.datetime64("2024-01-29T12:00:00.000000999", "ns"),
            datetime(2024, 1, 29, 12),
            datetime(2024, 1, 29, 12, tzinfo=UTC),
            datetime(2024, 1, 29, 13, 30, tzinfo=timezone(timedelta(hours=1.5))),
            "2024-01-29T12:00:00Z",
            "2024-01-29 12:00:00",
            "2024-01-29T12:00",
            "20240129T12Z",
            "2024-01-29T06:30:00-05:30",
            "2024-01-29T12:00:00.000000999999Z",
            1706529600,
            1706529600.0,
            np.int32(1706529600),
            np.uint64(1706529600),
            np.float64(1706529600.0),
        ],
    )
    def test_noon_in_every_form(self, value: Any) -> None:
        """§1.1: alone, among others of its kind, and among others of any kind."""
        assert micros([value]) == [NOON]
        assert micros([value, value]) == [NOON] * 2
        assert micros([value, "1970-01-01", 1, 0.5, datetime(1970, 1, 2)]) == [
            *(NOON, 0, 1_000_000, 500_000, 86_400_000_000)
        ]

    @pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps"])
    def test_every_unit(self, unit: Any) -> None:
        """§1.1: from the epoch on; attoseconds end ten seconds, femtoseconds three hours after it."""
        instant = np.datetime64("1970-02-19", unit)
        array = np.array([instant, 0], instant.dtype)
        assert micros(array) == [int(instant.astype("M8[us]").astype(int)), 0]
        assert micros(array[:0]) == []

    @pytest.mark.parametrize(
        ("unit", "count", "expected"),
        [
            ("ns", 1999, 1),
            ("ns", 2**63 - 1, (2**63 - 1) // 1000),
            ("ps", 1_999_999, 1),
            ("fs", 2 * 10**9 - 1, 1),
            ("as", 2 * 10**12 - 1, 1),
            ("7ns", 2**62, 7 * 2**62 // 1000 if 7 * 2**62 < 2**63 else None),
            ("25s", 2, 50_000_000),
            ("Y", 292, 9_214_646_400_000_000),
            ("us", LAST, LAST),
            ("us", LAST + 1, None),
            ("Y", 293, None),
            ("s", 2**62, None),
            ("us", -1, None),
            ("ns", -1, None),
            ("D", -1, None),
        ],
    )
    def test_units_to_their_ends(self, unit: str, count: int, expected: int | None) -> None:
        """§1.4: nothing overflows into the range."""
        array = np.array([0, count]).view(f"M8[{unit}]")
        if expected is None:
            assert refusal(started=array).detail.startswith(
                "column 'started', row 1: outside the years 1970-2262: "
            )
        else:
            assert micros(array) == [0, expected]

    @given(st.integers(0, LAST), st.integers(0, 999))
    def test_text_is_read_to_the_microsecond(self, instant: int, finer: int) -> None:
        """§1.1: also when several are read at once, and however finely they are written."""
        text = str(np.datetime64(instant, "us"))
        assert micros([text, f"{text}Z", f"{text}+00:00", f"{text}{finer:03}Z"]) == [instant] * 4

    @given(st.integers(0, LAST - 1000))
    def test_floats_are_multiplied_in_binary64(self, instant: int) -> None:
        """§1.1: times 10⁶, then cut."""
        seconds = instant / 1e6
        expected = int(np.floor(seconds * 1e6))
        assert (
            micros([seconds])
            == micros(np.array([seconds]))
            == micros([seconds, "1970-01-01"])[:1]
            == [expected]
        )

    @pytest.mark.parametrize("value", [0, 0.0, -0.0, "1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00"])
    def test_first_instant(self, value: Any) -> None:
        """§1.4"""
        assert micros([value]) == [0]

    @pytest.mark.parametrize(
        "value",
        [
            -1,
            -1e-7,
            -(10**30),
            10**30,
            9_246_182_400,
            9_246_182_400.0,
            1e300,
            "1969-12-31T23:59:59.999999Z",
            "1970-01-01T00:00:00+00:01",
            "2263-01-01T00:00:00Z",
            "2263-01-01T00:00:00.5",
            datetime(2263, 1, 1, tzinfo=UTC),
            np.datetime64("1969-12-31"),
            np.datetime64("-300000-01-01", "s"),
            np.datetime64("2263", "Y"),
        ],
    )
    def test_outside_the_years(self, value: Any) -> None:
        """§1.4: 1970 to 2262, in every form; the value is told as it was given."""
        for others in ([0], ["1970-01-01T00:00:00Z"], [], [datetime(1970, 1, 1)]):
            error = refusal(started=[*others, value])
            assert error.problem.startswith("outside the years 1970-2262: ")
            assert (error.column, error.row, error.value) == ("started", len(others), value)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "now",
            "2024-13-01",
            "2024-01-29T24:00:00Z",
            "2024-01-29T12:00:60Z",
            "2024-02-30T12:00:00Z",
            "2024-01-29T12:00:00Z\n",
            "1706529600",
            float("nan"),
            float("inf"),
            True,
            date(2024, 1, 29),
            timedelta(1),
            b"2024-01-29",
            np.timedelta64(5, "s"),
            [],
        ],
    )
    def test_no_instant(self, value: Any) -> None:
        """§1.4: nothing is coerced."""
        for others in ([0], ["1970-01-01T00:00:00Z"], []):
            error = refusal(started=[*others, value])
            assert error.problem.startswith("not an instant: ")
            assert (error.column, error.row) == ("started", len(others))

    @pytest.mark.parametrize("value", [None, np.datetime64("NaT"), np.datetime64("NaT", "us")])
    def test_missing(self, value: Any) -> None:
        """§1.4: NaT"""
        error = refusal(started=["1970-01-01T00:00:00Z", value])
        assert error.row == 1
        assert error.problem.startswith("missing value" if value is None else "not an instant")

    @pytest.mark.parametrize(
        ("array", "problem"),
        [
            (np.array(["1970", "NaT"], "M8[ns]"), "not an instant: "),
            (np.array(["NaT", "NaT"], "M8"), "not an instant: "),
            (np.array([0.5, np.nan]), "not an instant: nan"),
            (np.array([0, -1]), "outside the years 1970-2262: -1"),
            (np.array([0, 2**64 - 1], np.uint64), f"outside the years 1970-2262: {2**64 - 1}"),
            (np.array([0.0, 9_246_182_400.0]), "outside the years 1970-2262: 9246182400.0"),
            (np.array([True, False]), "not an instant: True"),
            (np.array([1, 2], "m8[s]"), "not an instant: "),
            (np.array([1j, 0]), "not an instant: 1j"),
        ],
    )
    def test_wrong_arrays(self, array: np.ndarray, problem: str) -> None:
        """§1.4"""
        assert refusal(started=array).problem.startswith(problem)

    def test_texts_of_several_lines_are_not_read_as_several(self) -> None:
        """§1.4: fast and slow reading refuse the same."""
        line = "1970-01-01T00:00:00Z"
        assert refusal(started=[line, f"{line}\n{line}"]).row == 1


class TestIntegers:
    """§1.1, §1.4: errors and quantity; negative or non-integer counts are errors."""

    @pytest.mark.parametrize("name", ["errors", "quantity"])
    @pytest.mark.parametrize(
        "values",
        [
            [1, 2],
            (1, 2),
            {1: "", 2: ""}.keys(),
            np.array([1, 2]),
            np.array([1, 2], np.uint8),
            np.array([1, 2], ">i4"),
            np.array([1, 2], object),
            [np.int16(1), np.uint64(2)],
        ],
    )
    def test_every_form(self, name: str, values: Any) -> None:
        sessions = Sessions(started=[0, 0], project_id=[1, 1], status=["ok", "ok"], **{name: values})
        column = getattr(sessions, name)
        assert column.dtype == np.int64
        assert column.tolist() == [1, 2]

    def test_missing(self) -> None:
        """§1.1: 0 errors, quantity 1."""
        sessions = built(errors=[None, 2], quantity=[3, None])
        assert (sessions.errors.tolist(), sessions.quantity.tolist()) == ([0, 2], [3, 1])
        masked = np.ma.array([7, 8], mask=[True, False])
        assert built(errors=masked).errors.tolist() == [0, 8]
        assert built(errors=np.ma.array([7, 8])).errors.tolist() == [7, 8]

    @pytest.mark.parametrize(
        ("values", "detail"),
        [
            ([0, -1], "row 1: negative count: -1"),
            (np.array([0, -1]), "row 1: negative count: -1"),
            ([0, 2.0], "row 1: not an integer: 2.0"),
            ([0, np.float64(2)], "row 1: not an integer: 2.0"),
            ([0, True], "row 1: not an integer: True"),
            ([0, "1"], "row 1: not an integer: '1'"),
            ([0, np.timedelta64(1, "ns")], "row 1: not an integer: np.timedelta64(1,'ns')"),
            (np.array([0.0, 1.0]), "row 0: not an integer: 0.0"),
            (np.array([False, True]), "row 0: not an integer: False"),
            (["a" * 100, 1], "row 0: not an integer: '" + "a" * 78 + "…"),
            ([0, 2**63], f"row 1: integer beyond 64 bits: {2**63}"),
            ([0, -(2**63) - 1], f"row 1: integer beyond 64 bits: {-(2**63) - 1}"),
            (np.array([0, 2**63], np.uint64), f"row 1: integer beyond 64 bits: {2**63}"),
        ],
    )
    def test_wrong(self, values: Any, detail: str) -> None:
        for name in ("errors", "quantity"):
            assert refusal(**{name: values}).detail == f"column '{name}', {detail}"

    def test_rows_of_quantity_0_are_checked_then_left_out(self) -> None:
        """§1.1"""
        sessions = built(quantity=[0, 2, 0], release=["a", "b", "c"])
        assert sessions.release.decode() == ["b"]
        assert len(built(quantity=[0])) == 0
        assert refusal(quantity=[0, 1], errors=[-1, 0]).row == 0

    def test_sum_of_quantities(self) -> None:
        """§6.1: whatever can be told is; beyond it is an error, also when parts are joined."""
        half = built(quantity=[2**62])
        assert built(quantity=[2**62, 2**62 - 1]).quantity.tolist() == [2**62, 2**62 - 1]
        error = refusal(quantity=[2**62, 2**62])
        assert error.detail == f"column 'quantity': the sum is beyond 64 bits: {2**63}"
        with pytest.raises(DataError, match="beyond 64 bits"):
            Sessions.concat([half, half])


class TestDurations:
    """§1.1: seconds ≥ 0, NaN where missing."""

    @pytest.mark.parametrize(
        "values",
        [
            [1, 2.5, None],
            np.array([1, 2.5, np.nan]),
            np.array([1, 2.5, np.nan], "f4"),
            [1, np.float32(2.5), None],
        ],
    )
    def test_every_form(self, values: Any) -> None:
        column = built(duration=values).duration
        assert column.dtype == np.float64
        assert np.array_equal(column, [1, 2.5, np.nan], equal_nan=True)

    def test_integers_and_minus_zero(self) -> None:
        """§6.7: −0.0 is 0.0, so that no answer depends on which came first."""
        assert built(duration=np.array([1, 2])).duration.tolist() == [1.0, 2.0]
        for values in ([-0.0, 1.0], np.array([-0.0, 1.0])):
            assert not np.signbit(built(duration=values).duration).any()

    @pytest.mark.parametrize(
        ("values", "detail"),
        [
            ([0, -1e-9], "row 1: negative duration: -1e-09"),
            (np.array([0, -1]), "row 1: negative duration: -1"),
            ([0, float("inf")], "row 1: infinite duration: inf"),
            (np.array([0, -np.inf]), "row 1: infinite duration: -inf"),
            ([0, 10**400], "row 1: infinite duration: 1" + "0" * 78 + "…"),
            ([0, True], "row 1: not a number: True"),
            ([0, "1"], "row 1: not a number: '1'"),
            ([0, timedelta(1)], "row 1: not a number: datetime.timedelta(days=1)"),
            ([0, np.timedelta64(1, "ns")], "row 1: not a number: np.timedelta64(1,'ns')"),
            (np.array([0, 1], "m8[s]"), "row 0: not a number: np.timedelta64(0,'s')"),
            (np.array([True]), "row 0: not a number: True"),
        ],
    )
    def test_wrong(self, values: Any, detail: str) -> None:
        """§1.4"""
        assert refusal(duration=values).detail == f"column 'duration', {detail}"


class TestTexts:
    """§1.1: release, environment, mechanism: texts, `""` where missing."""

    @pytest.mark.parametrize("name", ["release", "environment", "abnormal_mechanism"])
    @pytest.mark.parametrize(
        "values",
        [
            ["b", "", "b", "é"],
            ["b", None, "b", "é"],
            np.array(["b", "", "b", "é"]),
            np.array(["b", None, "b", "é"], object),
            np.array(["b", None, "b", "é"], np.dtypes.StringDType(na_object=None)),
            [np.str_("b"), None, "b", "é"],
            Encoded(np.array([1, 2, 1, 0]), ["é", "b", ""]),
            Encoded(np.array([1, 2, 1, 0], np.uint8), np.array(["é", "b", ""])),
        ],
    )
    def test_every_form(self, name: str, values: Any) -> None:
        column = getattr(built(**{name: values}), name)
        assert column.decode() == ["b", "", "b", "é"]
        assert column.codes.dtype == np.int32
        assert all(type(text) is str for text in column.categories)

    def test_masked(self) -> None:
        assert built(release=np.ma.array(["a", "b"], mask=[False, True])).release.decode() == ["a", ""]

    @pytest.mark.parametrize(
        ("values", "detail"),
        [
            (["a", 1], ", row 1: not a text: 1"),
            (["a", b"b"], ", row 1: not a text: b'b'"),
            (["a", float("nan")], ", row 1: not a text: nan"),
            (np.array([b"a", b"b"]), ", row 0: not a text: b'a'"),
            (np.array([1, 2]), ", row 0: not a text: 1"),
            (["a", ["b"]], ", row 1: not a text: ['b']"),
            (Encoded(np.array([0, 1]), ["a"]), ", row 1: code outside of 1 categories: 1"),
            (Encoded(np.array([0, -1]), ["a"]), ", row 1: code outside of 1 categories: -1"),
            (Encoded(np.array([0, 1]), ["a", 1]), ", row 1: not a text: 1"),
            (Encoded(np.array([0, 0]), ["a", 1]), ": not a text: 1"),
            (Encoded(np.array([0, 1]), ["a", "a"]), ": category stands twice: 'a'"),
            (
                Encoded(np.array([0.0, 1.0]), ["a", "b"]),
                ": codes are not a column of integers: array([0., 1.])",
            ),
            ("ab", ": not a sequence of values: 'ab'"),
            (5, ": not a sequence of values: 5"),
            (np.array([["a"], ["b"]]), ": not an array of one dimension, but of shape: (2, 1)"),
        ],
    )
    def test_wrong(self, values: Any, detail: str) -> None:
        """§1.4"""
        for name in ("release", "environment", "abnormal_mechanism"):
            with pytest.raises(DataError) as caught:
                Sessions(started=[0, 0], project_id=[1, 1], status=["ok", "ok"], **{name: values})
            assert caught.value.detail == f"column '{name}'{detail}"


class TestUsers:
    """§1.1: text or integer; the nil UUID and `""` are no user."""

    NOBODY = ("", None, "0" * 32, "00000000-0000-0000-0000-000000000000")

    @pytest.mark.parametrize(
        "values",
        [
            ["b", 7, "7", *NOBODY],
            np.array(["b", 7, "7", *NOBODY], object),
            ["b", np.int64(7), "7", *NOBODY],
            Encoded(np.array([0, 1, 2, 3, -1, 4, 5]), ["b", 7, "7", "", *NOBODY[2:]]),
        ],
    )
    def test_every_form(self, values: Any) -> None:
        column = built(distinct_id=values).distinct_id
        assert column.decode() == ["b", "7", "7", None, None, None, None]
        assert sorted(column.categories) == ["7", "b"]

    @pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint64, ">i4"])
    def test_arrays_of_integers(self, dtype: Any) -> None:
        assert built(distinct_id=np.array([7, 0, 7], dtype)).distinct_id.decode() == ["7", "0", "7"]

    def test_integers_of_any_size(self) -> None:
        assert built(distinct_id=[10**30, -5]).distinct_id.decode() == [str(10**30), "-5"]
        far = np.array([2**64 - 1, 0, 5], np.uint64)
        assert built(distinct_id=far).distinct_id.decode() == [str(2**64 - 1), "0", "5"]

    @pytest.mark.parametrize(
        "text", [" ", "0", "0" * 31, "00000000-0000-0000-0000-00000000000", "None", "{0}"]
    )
    def test_texts_that_are_users(self, text: str) -> None:
        assert built(distinct_id=[text]).distinct_id.decode() == [text]

    def test_encoded_texts_are_used_as_they_are(self) -> None:
        """§1.1: without a nil user among the categories, nothing is copied."""
        codes = np.array([0, -1], np.int32)
        codes.flags.writeable = False
        column = built(distinct_id=Encoded(codes, ["a"])).distinct_id
        assert column.codes is codes

    @pytest.mark.parametrize(
        ("values", "detail"),
        [
            (["a", 1.0], ", row 1: not a text or an integer: 1.0"),
            (["a", True], ", row 1: not a text or an integer: True"),
            (np.array([1.0, 2.0]), ", row 0: not a text or an integer: 1.0"),
            ([0, 10**5000], ", row 1: integer of too many digits"),
            (Encoded(np.array([0, -2]), ["a"]), ", row 1: code outside of 1 categories: -2"),
            (Encoded(np.array([0, 1]), ["a", 1.5]), ", row 1: not a text or an integer: 1.5"),
            (Encoded(np.array([0, 0]), [10**5000]), ": integer of too many digits"),
        ],
    )
    def test_wrong(self, values: Any, detail: str) -> None:
        """§1.4"""
        assert built(started=[0, 0]) == built(started=[0, 0], distinct_id=[None, None])
        with pytest.raises(DataError) as caught:
            built(started=[0, 0], distinct_id=values)
        assert caught.value.detail == f"column 'distinct_id'{detail}"


class TestProjects:
    """§1.1: positive integers."""

    @pytest.mark.parametrize(
        "values",
        [
            [7, 2**63 - 1, 7],
            np.array([7, 2**63 - 1, 7]),
            np.array([7, 2**63 - 1, 7], np.uint64),
            [np.int32(7), 2**63 - 1, 7],
            Encoded(np.array([1, 0, 1]), [2**63 - 1, 7]),
        ],
    )
    def test_every_form(self, values: Any) -> None:
        column = built(project_id=values).project_id
        assert column.decode() == [7, 2**63 - 1, 7]
        assert all(type(value) is int for value in column.categories)

    @pytest.mark.parametrize(
        ("values", "detail"),
        [
            ([1, 0], ", row 1: less than 1: 0"),
            (np.array([1, -3]), ", row 1: less than 1: -3"),
            ([1, None], ", row 1: missing value: None"),
            ([1, "1"], ", row 1: not an integer: '1'"),
            ([1, 1.0], ", row 1: not an integer: 1.0"),
            ([1, True], ", row 1: not an integer: True"),
            ([1, 2**63], f", row 1: integer beyond 64 bits: {2**63}"),
            (np.ma.array([1, 1], mask=[False, True]), ", row 1: missing value: None"),
            (Encoded(np.array([0, 1]), [1, 0]), ", row 1: less than 1: 0"),
            (Encoded(np.array([0, 1]), [1, "2"]), ", row 1: not an integer: '2'"),
            (Encoded(np.array([0, -1]), [1]), ", row 1: code outside of 1 categories: -1"),
        ],
    )
    def test_wrong(self, values: Any, detail: str) -> None:
        """§1.4"""
        assert refusal(project_id=values).detail == f"column 'project_id'{detail}"


class TestStatuses:
    """§1.1: one of those of any edition."""

    @pytest.mark.parametrize(
        "values",
        [
            STATUSES,
            np.array(STATUSES),
            Encoded(np.arange(6), STATUSES),
            Encoded(np.arange(6), (*STATUSES, "unused")),
        ],
    )
    def test_every_form(self, values: Any) -> None:
        status = built(status=values).status
        assert status.dtype == np.int8
        assert [STATUSES[code] for code in status] == list(STATUSES)

    @pytest.mark.parametrize(
        ("values", "detail"),
        [
            (["ok", "fine"], ", row 1: unknown status: 'fine'"),
            (["ok", "OK"], ", row 1: unknown status: 'OK'"),
            (["ok", "healthy"], ", row 1: unknown status: 'healthy'"),
            (["ok", ""], ", row 1: unknown status: ''"),
            (["ok", None], ", row 1: missing value: None"),
            (["ok", 0], ", row 1: not a text: 0"),
            (np.array([0, 1]), ", row 0: not a text: 0"),
            (Encoded(np.array([0, 1]), ["ok", "fine"]), ", row 1: unknown status: 'fine'"),
        ],
    )
    def test_wrong(self, values: Any, detail: str) -> None:
        """§1.4"""
        assert refusal(status=values).detail == f"column 'status'{detail}"

    def test_statuses_of_an_edition(self) -> None:
        """§1.1"""
        sessions = built(status=["ok", "unhandled"])
        require_known_statuses(sessions, STATUSES)
        with pytest.raises(DataError) as caught:
            require_known_statuses(sessions, ("ok", "exited"))
        assert (caught.value.column, caught.value.row) == ("status", 1)


class TestErrors:
    @pytest.mark.parametrize("name", [name for name in COLUMNS if name != "started"])
    def test_unequal_lengths(self, name: str) -> None:
        """§1.4"""
        value = {"status": "ok", "project_id": 1, "errors": 1, "quantity": 1, "duration": 1.0}.get(name, "a")
        good: dict[str, Any] = {"started": [0, 0], "project_id": [1, 1], "status": ["ok", "ok"]}
        with pytest.raises(DataError) as caught:
            Sessions(**{**good, name: [value]})
        assert caught.value.detail == f"column '{name}': has 1 rows, but 'started' has 2"

    def test_the_first_wrong_column_is_named(self) -> None:
        """§1.4: in the order of §1.1, and of its rows the first."""
        wrong: dict[str, Any] = {name: [[], []] for name in COLUMNS}
        for place, name in enumerate(COLUMNS):
            right = {key: ["ok", "ok"] if key in TEXTS else [1, 1] for key in COLUMNS[:place]}
            error = refusal(**{**wrong, **right})
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
            lambda: Sessions.sample(5),
            lambda: Sessions.sample(5)[1:],
            lambda: Sessions.sample(5)[[0, 1]],
            lambda: Sessions.sample(5) + Sessions.sample(5),
            lambda: built(started=[0, 1]),
            lambda: built(started=[0, 1], quantity=[0, 5]),
            lambda: Sessions.from_updates(
                session_id=["a"] * 2, started=[0, 1], project_id=[1] * 2, status=["ok"] * 2
            ),
            lambda: pickle.loads(pickle.dumps(Sessions.sample(5))),
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
        before = sessions.to_records()
        for array in (*own.values(), codes):
            assert array.flags.writeable
            array[:] = np.array(7).astype(array.dtype)
        assert sessions.to_records() == before

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

    def test_parts_share_memory(self) -> None:
        sessions = Sessions.sample(10)
        assert np.shares_memory(sessions[2:5].duration, sessions.duration)
        assert sessions[2:5].release.categories is sessions.release.categories

    def test_defaults_take_no_memory(self) -> None:
        sessions = built(started=np.zeros(1000, np.int64))
        arrays = (sessions.errors, sessions.duration, sessions.quantity, sessions.release.codes)
        assert all(array.strides == (0,) for array in arrays)


class TestRows:
    SESSIONS = Sessions.sample(30, seed=2)

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
        records = self.SESSIONS.to_records()
        assert self.SESSIONS[rows].to_records() == [records[number] for number in numbers]

    @pytest.mark.parametrize("rows", [0, np.int64(0), True, None, "started", [[0]], np.zeros((2, 2), int)])
    def test_no_selection(self, rows: Any) -> None:
        with pytest.raises(TypeError, match="a slice, a mask or an array of row numbers"):
            self.SESSIONS[rows]

    @pytest.mark.parametrize("rows", [[30], [-31], [True] * 29, [0.5]])
    def test_wrong_selection(self, rows: Any) -> None:
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
        assert Sessions.from_records(self.SESSIONS.to_records()) == self.SESSIONS
        assert list(self.SESSIONS.to_records()[0]) == list(COLUMNS)


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
        sessions = Sessions.sample(5)
        for other in (copy.copy(sessions), copy.deepcopy(sessions), pickle.loads(pickle.dumps(sessions))):
            assert other == sessions
            assert other.to_records() == sessions.to_records()


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
        """What is told is of the rows, not of the categories they share with others."""
        assert repr(built(release=["a", "b"], distinct_id=["u", "v"])[:1]).endswith("1 release, 1 user)")

    def test_nothing(self) -> None:
        assert repr(Sessions.empty()) == "Sessions(0 rows)"
        assert repr(Encoded(np.zeros(1500, int), ["a"])) == "Encoded(1,500 codes, 1 categories)"
