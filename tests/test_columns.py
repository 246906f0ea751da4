"""Columns of numbers, from any form that a caller has; nothing is coerced (§1.1, §1.4)."""

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from sessionstats import DataError, Sessions
from sessionstats.columns.encoding import Encoded, joined
from sessionstats.columns.schema import COLUMNS, REQUIRED_COLUMNS, SESSION, Column
from sessionstats.columns.values import constant
from sessionstats.sessions import OptionalColumns
from tests.building import built, rejection


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
            Encoded(np.array([1, 0]), [2, 1]),
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
            ([0, 10**5000], "row 1: integer beyond 64 bits: an integer of too many digits"),
        ],
    )
    def test_invalid_values_are_rejected(self, values: Any, detail: str) -> None:
        for name in ("errors", "quantity"):
            assert rejection(**{name: values}).detail == f"column '{name}', {detail}"

    def test_rows_of_quantity_0_are_checked_and_stay(self) -> None:
        """§1.1, §1.4: as many rows as were given; which of them count is up to the selection (§3.5)."""
        sessions = built(quantity=[0, 2, 0], release=["a", "b", "c"])
        assert sessions.release.decode() == ["a", "b", "c"]
        assert rejection(quantity=[0, 1], errors=[-1, 0]).row == 0

    def test_sum_of_quantities(self) -> None:
        """§6.1: every count that fits is reported; a larger one is an error, also when parts are joined."""
        half = built(quantity=[2**62])
        assert built(quantity=[2**62, 2**62 - 1]).quantity.tolist() == [2**62, 2**62 - 1]
        error = rejection(quantity=[2**62, 2**62])
        assert error.detail == f"column 'quantity': the sum is beyond 64 bits: {2**63}"
        with pytest.raises(DataError, match="beyond 64 bits"):
            Sessions.concat([half, half])


class TestSchema:
    """§1.1: everything that is known about a column follows from its description."""

    def test_sessions_have_the_described_columns(self) -> None:
        annotated = [name for name in Sessions.__annotations__ if not name.startswith("_")]
        assert annotated == list(COLUMNS)
        assert set(OptionalColumns.__annotations__) == set(COLUMNS) - set(REQUIRED_COLUMNS)

    @pytest.mark.parametrize("column", SESSION, ids=lambda column: column.name)
    def test_how_sessions_hold_it(self, column: Column) -> None:
        held = getattr(built(status=["ok"]), column.name)
        assert isinstance(held, Encoded) == column.encoded
        if not column.required:
            value = held.decode()[0] if column.encoded else held[0]
            assert repr(value if column.encoded else value.item()) == repr(column.missing)


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
    def test_invalid_values_are_rejected(self, values: Any, detail: str) -> None:
        """§1.4"""
        assert rejection(duration=values).detail == f"column 'duration', {detail}"


def test_columns_of_one_value_are_joined_without_memory() -> None:
    """If it is the same value; empty parts have none."""
    one, two, nothing = constant(1, 2, np.int64), constant(2, 1, np.int64), constant(3, 0, np.int64)
    missing = constant(math.nan, 2, np.float64)
    assert joined([nothing, one, one[:1], nothing]).tolist() == [1, 1, 1]
    assert joined([one, two, nothing]).tolist() == [1, 1, 2]
    assert joined([nothing, nothing]).tolist() == []
    assert [joined([part, part]).strides for part in (one, missing, one.copy())] == [(0,), (0,), (8,)]
