"""Columns of texts, users, projects and statuses: encoded once, nothing coerced (§1.1, §1.4)."""

from typing import Any

import numpy as np
import pytest

from sessionstats import DataError, Sessions
from sessionstats.columns.encoding import Encoded
from sessionstats.health import STATUSES
from sessionstats.sessions import require_known_statuses
from tests.building import built, rejection


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
            (
                ["a", float("nan")],
                ", row 1: not a text (a missing value of a data frame? from_arrow(frame) reads it): nan",
            ),
            (np.array([b"a", b"b"]), ", row 0: not a text: b'a'"),
            (np.array([1, 2]), ", row 0: not a text: 1"),
            (["a", ["b"]], ", row 1: not a text: ['b']"),
            (Encoded(np.array([0, 1]), ["a"]), ", row 1: code outside of 1 categories: 1"),
            (Encoded(np.array([0, -1]), ["a"]), ", row 1: code outside of 1 categories: -1"),
            (Encoded(np.array([0, 1]), ["a", 1]), ", row 1: not a text: 1"),
            (Encoded(np.array([0, 0]), ["a", 1]), ": not a text: 1"),
            (Encoded(np.array([0, 1]), ["a", "a"]), ": category occurs twice: 'a'"),
            (
                Encoded(np.array([0.0, 1.0]), ["a", "b"]),
                ": codes are not a column of integers: array([0., 1.])",
            ),
            ("ab", ": not a sequence of values: 'ab'"),
            (5, ": not a sequence of values: 5"),
            (np.array([["a"], ["b"]]), ": not an array of one dimension, but of shape: (2, 1)"),
        ],
    )
    def test_invalid_values_are_rejected(self, values: Any, detail: str) -> None:
        """§1.4"""
        for name in ("release", "environment", "abnormal_mechanism"):
            with pytest.raises(DataError) as caught:
                Sessions(started=[0, 0], project_id=[1, 1], status=["ok", "ok"], **{name: values})
            assert caught.value.detail == f"column '{name}'{detail}"


class TestUsers:
    """§1.1: text or integer; the nil UUID and `""` mean no user."""

    NOBODY = ("", None, "0" * 32, "00000000-0000-0000-0000-000000000000")

    @pytest.mark.parametrize(
        "values",
        [
            ["b", 7, "7", *NOBODY],
            np.array(["b", 7, "7", *NOBODY], object),
            ["b", np.int64(7), "7", *NOBODY],
            Encoded(np.array([0, 1, 2, 3, -1, 4, 5]), ["b", 7, "7", "", *NOBODY[2:]]),
            Encoded(np.array([0, 1, 1, 2, -1, 3, 4]), ["b", "7", "", *NOBODY[2:]]),
        ],
    )
    def test_every_form(self, values: Any) -> None:
        column = built(distinct_id=values).distinct_id
        assert column.decode() == ["b", "7", "7", None, None, None, None]
        assert sorted(column.categories) == ["7", "b"]

    @pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint64, ">i4"])
    def test_arrays_of_integers(self, dtype: Any) -> None:
        assert built(distinct_id=np.array([9, 7, 9], dtype)).distinct_id.decode() == ["9", "7", "9"]

    def test_integers_of_any_size(self) -> None:
        assert built(distinct_id=[10**30, -5]).distinct_id.decode() == [str(10**30), "-5"]

    @pytest.mark.parametrize(
        "users",
        [
            np.array([2**64 - 1, 0, 5], np.uint64),
            np.array([2**63 + 1, 2**63, 2**63 + 1], np.uint64),
            np.array([-(2**63), 2**63 - 1]),
            np.arange(-100, 101).astype(np.int8),
        ],
        ids=["far apart", "beyond 2**63", "the ends", "wider than its type"],
    )
    def test_arrays_of_any_range(self, users: Any) -> None:
        """§1.1: an integer is the user of its decimal text, whatever the type that holds it."""
        assert built(distinct_id=users).distinct_id.decode() == [str(int(user)) for user in users]

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
    def test_invalid_values_are_rejected(self, values: Any, detail: str) -> None:
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
    def test_invalid_values_are_rejected(self, values: Any, detail: str) -> None:
        """§1.4"""
        assert rejection(project_id=values).detail == f"column 'project_id'{detail}"


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
    def test_invalid_values_are_rejected(self, values: Any, detail: str) -> None:
        """§1.4"""
        assert rejection(status=values).detail == f"column 'status'{detail}"

    def test_statuses_of_an_edition(self) -> None:
        """§1.1"""
        sessions = built(status=["ok", "unhandled"])
        require_known_statuses(sessions, STATUSES)
        with pytest.raises(DataError) as caught:
            require_known_statuses(sessions, ("ok", "exited"))
        assert (caught.value.column, caught.value.row) == ("status", 1)
