"""Release metadata (§4.8), and what an order by release.timestamp needs of it (§7.5)."""

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats.errors import RequestError
from sessionstats.search.release_records import read_together
from sessionstats.search.releases import EnvironmentRequirement, Releases, _read_one_by_one

GOOD: dict[str, Any] = {
    "version": "a@1.0",
    "date_added": "2024-01-29T12:20:00.000Z",
    "project_ids": [1, 2],
    "environments": ["prod"],
    "stages": {"prod": "adopted"},
}

INSTANT = "an instant (ISO 8601 text, epoch seconds or a datetime)"

RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "version": st.sampled_from("abcdefgh"),
            "date_added": st.integers(0, 3),
            "project_ids": st.lists(st.integers(1, 3), max_size=2),
            "environments": st.lists(st.sampled_from(["", "prod", "dev"]), max_size=2),
            "stages": st.sampled_from(
                [None, {}, {"prod": None}, {"prod": "adopted"}, {"": "replaced", "prod": "low_adoption"}]
            ),
        }
    ),
    max_size=8,
    unique_by=lambda record: record["version"],
)


def rejection(*records: Any) -> str:
    with pytest.raises(RequestError) as caught:
        Releases.from_records(records)
    assert caught.value.status == 400
    assert caught.value.parameter == "releases"
    return caught.value.detail


def must_be(expected: str, value: object) -> str:
    return f"releases: release 1 ('b'): {expected}, not {value!r}"


class TestReading:
    """§4.8, §9: records and arrays, and precise errors."""

    def test_a_record(self) -> None:
        releases = Releases.from_records([{**GOOD, "unknown": 1}])
        assert releases.versions == ("a@1.0",)
        assert releases.date_added.dtype == np.int64
        assert releases.date_added.tolist() == [1_706_530_800_000_000]
        assert releases.project_ids == (frozenset({1, 2}),)
        assert releases.environments == (frozenset({"prod"}),)
        assert releases.stages == ({"prod": "adopted"},)
        assert len(releases) == 1
        assert repr(releases) == "Releases(1 of 2 projects)"

    def test_environments_and_stages_may_be_missing(self) -> None:
        record = {key: GOOD[key] for key in ("version", "date_added", "project_ids")}
        releases = Releases.from_records([record])
        assert releases.environments == (frozenset(),)
        assert releases.stages == ({},)

    @pytest.mark.parametrize(
        "instant",
        [
            "2024-01-29T12:20:00.25Z",
            "2024-01-29T13:20:00.25+01:00",
            1706530800.25,
            np.float64(1706530800.25),
            datetime(2024, 1, 29, 12, 20, 0, 250_000),
            datetime(2024, 1, 29, 12, 20, 0, 250_000, tzinfo=UTC),
            np.datetime64("2024-01-29T12:20:00.250"),
        ],
    )
    def test_instants(self, instant: Any) -> None:
        expected = [1_706_530_800_250_000]
        assert Releases.from_records([{**GOOD, "date_added": instant}]).date_added.tolist() == expected
        assert Releases(["a"], np.array([instant]), [[1]]).date_added.tolist() == expected

    @pytest.mark.parametrize("seconds", [0, 20240129, -1, 20240129.0, 253402300799])
    def test_numbers_are_epoch_seconds(self, seconds: float) -> None:
        """§9: a number that reads like a day is not one, alone or among others."""
        others = [{**GOOD, "version": "b", "date_added": "2024-01-29T12:00:00Z"}]
        for more in ([], others):
            dates = Releases.from_records([{**GOOD, "date_added": seconds}, *more]).date_added
            assert dates[0] == int(seconds) * 1_000_000

    def test_a_number_beyond_the_calendar(self) -> None:
        """§3.3, §9"""
        assert f"date_added must be {INSTANT}" in rejection({**GOOD, "date_added": 253402300800})

    def test_none(self) -> None:
        assert Releases([], [], []).date_added.dtype == np.int64

    @given(RECORDS)
    def test_together_is_one_by_one(self, records: list[dict[str, Any]]) -> None:
        """§4.8: columns read together are those of the releases read by themselves."""
        together = Releases.from_records(records)
        alone = [Releases.from_records([record]) for record in records]
        assert together.date_added.tolist() == [one.date_added[0] for one in alone]
        for name in ("versions", "project_ids", "environments", "stages"):
            assert getattr(together, name) == tuple(getattr(one, name)[0] for one in alone)

    @pytest.mark.parametrize(
        "dates",
        [
            ["2024-01-29T12:20:00Z", "2024-02-01T00:00:00Z"],
            [0, 253402300799],
            np.array([0, 5]),
            [1706530800.25, datetime(2024, 1, 29)],
        ],
        ids=str,
    )
    def test_plain_columns_are_read_together(self, dates: Any) -> None:
        columns = (["a", "b"], dates, [[1], (2, 3)], [["prod"], ()], [MappingProxyType({}), {"": "adopted"}])
        together, alone = read_together(*columns), _read_one_by_one(*columns)
        assert together is not None
        assert together.date_added.tolist() == alone.date_added.tolist()
        assert together._replace(date_added=alone.date_added) == alone

    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            ({"version": 7}, "releases: release 1 (7): version must be text, not 7"),
            *(
                ({"date_added": value}, must_be(f"date_added must be {INSTANT}", value))
                for value in (None, "yesterday", True, [], float("nan"))
            ),
            *(
                ({"project_ids": value}, must_be("project_ids must be a list of positive integers", value))
                for value in (1, "1", [0], [True], ["1"], [1.0], None, {1: 2})
            ),
            *(
                ({"environments": value}, must_be("environments must be a list of texts", value))
                for value in ("prod", [1], 7)
            ),
            *(
                ({"stages": value}, must_be("stages must be a mapping of environment to stage", value))
                for value in (7, "adopted", [], {1: "adopted"})
            ),
            (
                {"stages": {"prod": "adoptd"}},
                must_be("stages['prod'] must be one of adopted, low_adoption, replaced", "adoptd"),
            ),
            (
                {"stages": {"prod": []}},
                must_be("stages['prod'] must be one of adopted, low_adoption, replaced", []),
            ),
            ({"version": "a@1.0"}, "releases: 'a@1.0' is listed twice, as release 0 and release 1"),
        ],
    )
    def test_invalid_values_are_named(self, change: dict[str, Any], detail: str) -> None:
        assert rejection(GOOD, {**GOOD, "version": "b", **change}) == detail

    def test_an_error_carries_the_value(self) -> None:
        with pytest.raises(RequestError) as caught:
            Releases.from_records([{**GOOD, "project_ids": ["1"]}])
        assert caught.value.value == ["1"]

    def test_null_is_missing(self) -> None:
        """§9: JSON of a program that knows no environments or stages."""
        record = {**GOOD, "environments": None, "stages": {"prod": None, "dev": "adopted"}}
        without = {**GOOD, "environments": [], "stages": {"dev": "adopted"}}
        assert Releases.from_records([record]) == Releases.from_records([without])
        assert Releases.from_records([{**GOOD, "stages": None}]).stages_in("prod") == {}

    @pytest.mark.parametrize("key", ["version", "date_added", "project_ids"])
    def test_missing_keys_are_named(self, key: str) -> None:
        record = {name: value for name, value in GOOD.items() if name != key}
        assert rejection(record) == f"releases: release 0 ({record.get('version')!r}): {key} is missing"

    def test_data_that_is_not_a_list_of_records_is_rejected(self) -> None:
        assert rejection(3) == "releases: release 0 must be a record, not 3"
        for records in (5, "text", GOOD, None):
            with pytest.raises(RequestError, match="must be a list of records"):
                Releases.from_records(records)  # type: ignore[arg-type]

    def test_unequal_lengths(self) -> None:
        with pytest.raises(RequestError, match="date_added has 1 values, version has 2"):
            Releases(["a", "b"], [0], [[1], [1]])

    def test_equality_and_immutability(self) -> None:
        releases, same = Releases.from_records([GOOD]), Releases.from_records([dict(GOOD)])
        assert releases == same
        assert hash(releases) == hash(same) != hash(Releases.from_records([{**GOOD, "version": "b"}]))
        assert releases != Releases.from_records([{**GOOD, "date_added": 0}])
        assert releases != "releases"
        with pytest.raises(ValueError, match="read-only"):
            releases.date_added[0] = 0
        with pytest.raises(TypeError):
            releases.stages[0]["prod"] = "replaced"  # type: ignore[index]


class TestOrder:
    """§4.8, §7.5: by date_added, then version."""

    @given(RECORDS)
    def test_order(self, records: list[dict[str, Any]]) -> None:
        releases = Releases.from_records(records)
        expected = sorted(records, key=lambda record: (record["date_added"], record["version"]))
        assert [releases.versions[place] for place in releases.order] == [r["version"] for r in expected]

    @given(RECORDS, st.one_of(st.none(), st.frozensets(st.integers(1, 4))))
    def test_latest(self, records: list[dict[str, Any]], selected: frozenset[int] | None) -> None:
        """§4.8: the newest of each selected project."""
        expected = set()
        for project in selected if selected is not None else range(1, 4):
            own = [(r["date_added"], r["version"]) for r in records if project in r["project_ids"]]
            expected |= {max(own)[1]} if own else set()
        assert Releases.from_records(records).latest(selected) == expected

    @given(
        RECORDS,
        st.one_of(st.none(), st.frozensets(st.integers(1, 4))),
        st.lists(st.tuples(st.frozensets(st.sampled_from(["", "prod", "dev"])), st.booleans()), max_size=2),
    )
    def test_participating(
        self,
        records: list[dict[str, Any]],
        selected: frozenset[int] | None,
        needs: list[tuple[frozenset[str], bool]],
    ) -> None:
        """§7.5: of the selected projects, and with environments that meet every requirement."""
        releases = Releases.from_records(records)
        expected = []
        for record in sorted(records, key=lambda record: (record["date_added"], record["version"])):
            projects, own = set(record["project_ids"]), set(record["environments"])
            if projects if selected is None else projects & selected:
                holds = [not own & values if negated else bool(own & values) for values, negated in needs]
                expected += [record["version"]] if all(holds) else []
        places = releases.participating(selected, [EnvironmentRequirement(*need) for need in needs])
        assert [releases.versions[place] for place in places] == expected

    def test_stages_in(self) -> None:
        """§4.8: a release may be without a stage in an environment."""
        releases = Releases.from_records([GOOD, {**GOOD, "version": "b", "stages": {"dev": "replaced"}}])
        assert releases.stages_in("prod") == {"a@1.0": "adopted"}
        assert releases.stages_in("dev") == {"b": "replaced"}
        assert releases.stages_in("") == {}
