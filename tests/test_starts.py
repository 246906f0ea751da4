"""The column `started`, from any form that a caller has (§1.1, §1.4)."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import built, rejection

NOON = 1_706_529_600_000_000
"""2024-01-29T12:00:00Z in microseconds."""

LAST = 9_246_182_399_999_999
"""The last microsecond of 2262."""


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
        """§1.1: alone, among values of its kind, and among values of any kind."""
        assert micros([value]) == [NOON]
        assert micros([value, value]) == [NOON] * 2
        assert micros([value, "1970-01-01", 1, 0.5, datetime(1970, 1, 2)]) == [
            *(NOON, 0, 1_000_000, 500_000, 86_400_000_000)
        ]

    def test_offsets_among_plain_instants(self) -> None:
        """§1.1: only +00:00 is the plain form with another ending."""
        assert micros(["2024-01-29T12:00:00+00:00", "2024-01-29T12:00:00Z"]) == [NOON] * 2
        assert micros(["2024-01-29T12:00:00+00:00", "2024-01-29T17:30:00+05:30"]) == [NOON] * 2

    @pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps"])
    def test_every_unit(self, unit: Any) -> None:
        """§1.1: from the epoch on; attoseconds end ten seconds, femtoseconds three hours after it."""
        instant = np.datetime64("1970-02-19", unit)
        array = np.array([instant, 0], instant.dtype)
        assert micros(array) == [int(instant.astype("M8[us]").astype(int)), 0]
        assert micros(array[:0]) == micros(np.array([], bool)) == []

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
            assert rejection(started=array).detail.startswith(
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
            1e308,
            -1e308,
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
        """§1.4: 1970 to 2262, in every form; the value is reported as it was given."""
        for others in ([0], ["1970-01-01T00:00:00Z"], [], [datetime(1970, 1, 1)]):
            error = rejection(started=[*others, value])
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
    def test_not_an_instant(self, value: Any) -> None:
        """§1.4: nothing is coerced."""
        for others in ([0], ["1970-01-01T00:00:00Z"], []):
            error = rejection(started=[*others, value])
            assert error.problem.startswith("not an instant: ")
            assert (error.column, error.row) == ("started", len(others))

    @pytest.mark.parametrize("value", [None, np.datetime64("NaT"), np.datetime64("NaT", "us")])
    def test_missing(self, value: Any) -> None:
        """§1.4: NaT"""
        error = rejection(started=["1970-01-01T00:00:00Z", value])
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
            (np.array([0.0, -1e308]), "outside the years 1970-2262: -1e+308"),
            (np.array([0.0, 9_246_182_400.0]), "outside the years 1970-2262: 9246182400.0"),
            (np.array([True, False]), "not an instant: True"),
            (np.array([1, 2], "m8[s]"), "not an instant: "),
            (np.array([1j, 0]), "not an instant: 1j"),
        ],
    )
    def test_invalid_arrays_are_rejected(self, array: np.ndarray, problem: str) -> None:
        """§1.4"""
        assert rejection(started=array).problem.startswith(problem)

    def test_texts_of_several_lines_are_not_read_as_several(self) -> None:
        """§1.4: fast and slow reading reject the same."""
        line = "1970-01-01T00:00:00Z"
        assert rejection(started=[line, f"{line}\n{line}"]).row == 1
