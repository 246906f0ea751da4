"""The pipeline as a whole, on sessions small enough to count by hand (§5 to §8)."""

import json
from typing import Any, Final

import numpy as np
import pytest

from sessionstats import DataError, Query, Releases, Rules, Sessions, compute, from_records
from sessionstats.protocol import respond
from sessionstats.result import Result

NOW: Final = "2024-01-29T12:00:00Z"
"""The window of every request here is the hour before, or the two days up to its end."""

HOUR: Final = {"statsPeriod": "1h"}


def session(release: str = "a", status: str = "exited", **columns: Any) -> dict[str, Any]:
    return {
        "started": "2024-01-29T11:30:00Z",
        "project_id": 1,
        "release": release,
        "status": status,
        **columns,
    }


def ask(rows: list[dict[str, Any]], *fields: str, now: str = NOW, **options: Any) -> Result:
    """The answer about rows; options that `compute` does not know are parameters."""
    known = {name: options.pop(name) for name in ("rules", "projects", "releases") if name in options}
    params = {**HOUR, "field": list(fields), **options}
    statuses = known.get("rules", Rules()).statuses
    return compute(from_records(rows, statuses=statuses), params, now=now, **known)


def releases(answer: Result) -> list[Any]:
    return list(answer.by["release"])


class TestBaseGroups:
    ROWS: Final = [
        session("nothing", "ok"),
        session("user", "ok", distinct_id="u"),
        session("no duration", "exited"),
        session("duration", "exited", duration=1.0),
        session("crash with a duration", "crashed", duration=1.0),
    ]

    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            ("sum(session)", {"nothing", "user", "no duration", "duration", "crash with a duration"}),
            ("crash_rate(session)", {"nothing", "user", "no duration", "duration", "crash with a duration"}),
            ("count_unique(user)", {"user"}),
            ("crash_free_rate(user)", {"user"}),
            ("anr_rate()", {"user"}),
            ("max(session.duration)", {"duration"}),
        ],
    )
    def test_data_for_a_field(self, field: str, expected: set[str]) -> None:
        """§5: any session, a session with a user, or an exited one with a duration makes a base group."""
        assert set(releases(ask(self.ROWS, field, groupBy="release"))) == expected

    def test_data_for_any_field(self) -> None:
        """§5: one requested field is enough."""
        answer = ask(self.ROWS, "count_unique(user)", "max(session.duration)", groupBy="release")
        assert set(releases(answer)) == {"user", "duration"}
        assert answer.totals["count_unique(user)"].tolist() == [1, 0]

    def test_field_left_out_makes_none(self) -> None:
        """§6.4: a duration that a status filter leaves out makes no base group."""
        fields = ("count_unique(user)", "max(session.duration)")
        answer = ask(self.ROWS, *fields, groupBy="release", query="session.status:crashed")
        assert releases(answer) == ["user"]
        assert answer.totals["count_unique(user)"].tolist() == [0]
        assert np.isnan(answer.totals["max(session.duration)"]).all()

    def test_status_does_not_make_base_groups(self) -> None:
        """§5: base groups come after all filters but status, zeros included."""
        answer = ask(self.ROWS, "sum(session)", groupBy="release", query="session.status:crashed")
        assert dict(zip(releases(answer), answer.totals["sum(session)"].tolist(), strict=True)) == {
            "crash with a duration": 1, "duration": 0, "no duration": 0, "nothing": 0, "user": 0,
        }  # fmt: skip

    def test_status_groups(self) -> None:
        """§5: every base group once per health class, in their order."""
        answer = ask(self.ROWS, "sum(session)", groupBy=["session.status", "release"])
        assert list(answer.by) == ["session.status", "release"]
        assert list(answer.by["session.status"]) == ["abnormal", "crashed", "errored", "healthy"] * 5

    def test_selected_status_groups(self) -> None:
        """§5, §6.4: with a status filter only the selected ones."""
        answer = ask(
            self.ROWS, "sum(session)", "p50(session.duration)", groupBy=["release", "session.status"],
            query="session.status:[crashed, abnormal]",
        )  # fmt: skip
        assert list(answer.by["session.status"]) == ["abnormal", "crashed"] * 5
        assert np.isnan(answer.totals["p50(session.duration)"]).all()

    def test_fifth_class(self) -> None:
        """§5: the later edition appends it."""
        answer = ask([], "sum(session)", groupBy="session.status", rules=Rules(unhandled=True))
        assert list(answer.by["session.status"]) == ["abnormal", "crashed", "errored", "healthy", "unhandled"]

    @pytest.mark.parametrize(
        ("by", "groups"),
        [([], [{}]), (["session.status"], [{"session.status": name} for name in
                                           ("abnormal", "crashed", "errored", "healthy")]),
         (["release"], []), (["project", "session.status"], [])],
    )  # fmt: skip
    def test_without_sessions(self, by: list[str], groups: list[dict[str, str]]) -> None:
        """§5: no base group at all."""
        answer = ask(
            [], "sum(session)", "crash_rate(session)" if not by else "count_unique(user)", groupBy=by
        )
        found = answer.to_dict()["groups"]
        assert [group["by"] for group in found] == groups
        assert all(group["totals"]["sum(session)"] == 0 for group in found)

    def test_missing_bucket(self) -> None:
        """§6.6: counts 0, everything else null."""
        fields = ("sum(session)", "count_unique(user)", "crash_rate(session)", "p50(session.duration)")
        answer = ask([session(distinct_id="u", duration=2)], *fields, statsPeriod="1d", interval="12h")
        group = answer.to_dict()["groups"][0]
        assert group["series"] == {
            "sum(session)": [0, 1],
            "count_unique(user)": [0, 1],
            "crash_rate(session)": [None, 0.0],
            "p50(session.duration)": [None, 2000.0],
        }


class TestStatusFilter:
    """§6.4."""

    ROWS: Final = [
        session(status="crashed", distinct_id="a"),
        session(status="crashed", distinct_id="b", quantity=5),
        session(status="errored", distinct_id="a"),
        session(status="exited", distinct_id="c", duration=3),
    ]

    @pytest.mark.parametrize(
        ("query", "sessions"),
        [("", 8), ("session.status:crashed", 6), ("session.status:[crashed, errored]", 7),
         ("!session.status:crashed", 2), ("session.status:abnormal", 0), ("has:session.status", 8),
         ("!session.status:fine", 8)],
    )  # fmt: skip
    def test_sum_adds_the_selected_classes(self, query: str, sessions: int) -> None:
        """§6.4: without status grouping."""
        assert ask(self.ROWS, "sum(session)", query=query).totals["sum(session)"].tolist() == [sessions]

    @pytest.mark.parametrize(("status", "users"), [("crashed", 2), ("errored", 0), ("healthy", 1)])
    def test_users_of_one_class(self, status: str, users: int) -> None:
        """§6.2, §6.4: counts subtracted from counts; `a` crashed, so the errored session adds nobody."""
        answer = ask(self.ROWS, "count_unique(user)", query=f"session.status:{status}")
        assert answer.totals["count_unique(user)"].tolist() == [users]

    @pytest.mark.parametrize("query", ["session.status:none", "has:session.status !has:session.status"])
    def test_nothing_selected(self, query: str) -> None:
        """§4.5: no groups."""
        assert len(ask(self.ROWS, "sum(session)", query=query)) == 0

    @pytest.mark.parametrize(
        ("query", "found"),
        [("session.status:healthy", 3000.0), ("session.status:[healthy, crashed]", 3000.0)],
    )
    def test_durations_with_healthy(self, query: str, found: float) -> None:
        """§6.4: a duration counts only if healthy is selected."""
        answer = ask(self.ROWS, "max(session.duration)", query=query)
        assert answer.totals["max(session.duration)"].tolist() == [found]

    def test_durations_without_healthy(self) -> None:
        """§6.4: no field is left, no groups; beside another field they are null."""
        assert len(ask(self.ROWS, "max(session.duration)", query="session.status:crashed")) == 0
        answer = ask(self.ROWS, "max(session.duration)", "sum(session)", query="!session.status:healthy")
        assert answer.to_dict()["groups"][0]["totals"] == {"max(session.duration)": None, "sum(session)": 7}

    def test_durations_belong_to_healthy(self) -> None:
        """§6.3: an exited session with errors is errored; its duration is still listed under healthy."""
        rows = [session(errors=2, duration=4)]
        answer = ask(rows, "sum(session)", "max(session.duration)", groupBy="session.status")
        assert answer.totals["sum(session)"].tolist() == [0, 0, 1, 0]
        np.testing.assert_array_equal(answer.totals["max(session.duration)"], [np.nan, np.nan, np.nan, 4000])


class TestRanking:
    """§7.1 to §7.3."""

    ROWS: Final = [
        # release: sessions, how many of them crashed and errored; users; longest duration
        *[session("many", distinct_id="m", duration=1)] * 3,
        session("some", "crashed", distinct_id="s1"),
        session("some", "crashed", distinct_id="s2", duration=9),
        session("errors", "errored", distinct_id="e"),
        session("long", duration=9),
    ]

    @pytest.mark.parametrize(
        ("fields", "params", "ranked"),
        [
            (["sum(session)"], {}, ["many", "some", "errors", "long"]),
            (["count_unique(user)", "sum(session)"], {}, ["many", "some", "errors", "long"]),
            (["count_unique(user)"], {}, ["some", "errors", "many"]),
            (["max(session.duration)", "count_unique(user)"], {}, ["long", "many", "errors", "some"]),
            # One class, neither healthy nor errored: its count.
            (["sum(session)"], {"query": "session.status:crashed"}, ["some", "errors", "long", "many"]),
            # Otherwise the count over all classes.
            (["sum(session)"], {"query": "session.status:errored"}, ["many", "some", "errors", "long"]),
            (["sum(session)"], {"query": "session.status:healthy"}, ["many", "some", "errors", "long"]),
            (
                ["sum(session)"],
                {"query": "session.status:[crashed, abnormal]"},
                ["many", "some", "errors", "long"],
            ),
            # The first field that the filter keeps.
            (
                ["max(session.duration)", "count_unique(user)"],
                {"query": "session.status:crashed"},
                ["some", "errors", "many"],
            ),
            (
                ["max(session.duration)", "sum(session)"],
                {"orderBy": "max(session.duration)"},
                ["many", "long", "errors", "some"],
            ),
            (
                ["max(session.duration)", "sum(session)"],
                {"orderBy": "-max(session.duration)"},
                ["long", "many", "errors", "some"],
            ),
            (["sum(session)"], {"orderBy": "sum(session)"}, ["errors", "long", "some", "many"]),
        ],
    )
    def test_ranked(self, fields: list[str], params: dict[str, str], ranked: list[str]) -> None:
        """§7.1, §7.2, §7.3: the primary field or `orderBy`, null last in both directions, ties by key."""
        assert releases(ask(self.ROWS, *fields, groupBy="release", **params)) == ranked
        assert releases(ask(self.ROWS, *fields, groupBy="release", per_page=1, **params)) == ranked[:1]

    @pytest.mark.parametrize("query", ["session.status:crashed", "session.status:errored"])
    def test_by_status_all_classes_count(self, query: str) -> None:
        """§7.1: also when grouped by status and filtered; except for one class that ranks by itself."""
        answer = ask(self.ROWS, "sum(session)", groupBy=["release", "session.status"], query=query)
        assert releases(answer)[0] == ("some" if "crashed" in query else "many")

    def test_ties_by_key(self) -> None:
        """§7.3: project as number, then release, then environment by code point, whatever groupBy's order."""
        keys = [
            (10, "a", "x"),
            (9, "b", ""),
            (9, "B", "\uffff"),
            (9, "b", "\U0001f600"),
            (9, "", "z"),
            (9, "b", "Z"),
        ]
        rows = [session(r, project_id=p, environment=e) for p, r, e in keys]
        answer = ask(rows, "sum(session)", groupBy=["environment", "release", "project"])
        found = list(zip(answer.by["project"], answer.by["release"], answer.by["environment"], strict=True))
        assert found == sorted(keys)


class TestCap:
    """§7.4, §7.6."""

    ROWS: Final = [session(f"r{number}", quantity=number + 1) for number in range(5)]

    @pytest.mark.parametrize(
        ("points", "params", "shown"),
        [
            (48, {}, 2),
            (49, {}, 2),
            (71, {}, 2),
            (72, {}, 3),
            (23, {}, 1),
            (3, {"includeSeries": "0"}, 3),
            (48, {"groupBy": ["release", "session.status"]}, 2),
            (72, {"per_page": 2}, 2),
        ],
    )
    def test_cap(self, points: int, params: dict[str, Any], shown: int) -> None:
        """§7.4: max(1, ⌊points / intervals⌋) base groups, status groups not counted; §7.6: or the page."""
        params = {"groupBy": "release", "statsPeriod": "1d", **params}
        answer = ask(self.ROWS, "sum(session)", rules=Rules(max_points=points), **params)
        assert sorted(set(releases(answer)), reverse=True) == [f"r{n}" for n in range(4, 4 - shown, -1)]

    def test_nothing_is_measured_of_dropped_groups(self) -> None:
        """§6.1, §7.4: totals are those of the groups shown, whatever the others hold."""
        answer = ask(self.ROWS, "sum(session)", groupBy="release", rules=Rules(max_points=1))
        assert answer.totals["sum(session)"].tolist() == [5]

    def test_zero_group_is_a_group(self) -> None:
        """§7.6: the zero group of §5 is paged like any other."""
        assert len(ask([], "sum(session)", per_page=1)) == 1
        beyond = ask([], "sum(session)", per_page=1, cursor="0:1:0")
        assert len(beyond) == 0
        assert [link.results for link in beyond.links] == [True, False]


class TestReleaseTimestamp:
    """§7.5."""

    RELEASES: Final = Releases.from_records(
        [
            {"version": version, "date_added": f"2024-01-0{day}", "project_ids": ids, "environments": names}
            for version, day, ids, names in [
                ("old", 1, [1], []),
                ("new", 3, [1, 2], ["prod"]),
                ("Twin", 2, [2], ["dev"]),
                ("twin", 2, [1], []),
            ]
        ]
    )
    ROWS: Final = [session("old"), session("twin"), session("twin", project_id=2), session("unknown")]

    def asked(self, **params: Any) -> Result:
        params = {"groupBy": "release", "orderBy": "release.timestamp", **params}
        return ask(self.ROWS, "sum(session)", "max(session.duration)", releases=self.RELEASES, **params)

    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({}, ["old", "Twin", "twin", "new"]),
            ({"orderBy": "-release.timestamp"}, ["new", "twin", "Twin", "old"]),
            ({"per_page": 2}, ["old", "Twin"]),
            ({"project": 2}, ["Twin", "new"]),
            ({"project": 3}, []),
            ({"environment": "prod"}, ["new"]),
            ({"query": "environment:[prod, dev]"}, ["Twin", "new"]),
            ({"query": "!environment:dev"}, ["old", "twin", "new"]),
            ({"query": "release:old"}, ["old", "Twin", "twin", "new"]),
        ],
    )
    def test_order(self, params: dict[str, Any], found: list[str]) -> None:
        """§7.5: by date added, then version; also releases without sessions; only those that participate."""
        assert releases(self.asked(**params)) == found

    def test_empty_releases(self) -> None:
        """§7.5: zeros and nulls, their other keys null, and no status groups."""
        answer = self.asked(groupBy=["project", "release", "session.status"], per_page=6)
        groups = answer.to_dict()["groups"]
        assert [group["by"]["release"] for group in groups] == ["old"] * 4 + ["Twin", "twin"]
        assert groups[4]["by"] == {"project": None, "release": "Twin", "session.status": None}
        assert groups[4]["totals"] == {"sum(session)": 0, "max(session.duration)": None}


def test_json_is_the_same_answer() -> None:
    """§8: the text that laws and vectors compare holds the whole answer, nulls included."""
    answer = ask([session()], "sum(session)", "crash_rate(user)", groupBy="release")
    assert json.loads(answer.to_json()) == answer.to_dict()
    assert '"totals": {"sum(session)": 1, "crash_rate(user)": null}' in answer.to_json()


@pytest.mark.parametrize(("left_out", "part"), [("includeSeries", "totals"), ("includeTotals", "series")])
def test_a_part_that_is_left_out_is_not_in_the_groups(left_out: str, part: str) -> None:
    """§8"""
    (group,) = ask([session()], "sum(session)", **{left_out: "0"}).to_dict()["groups"]
    assert group == {"by": {}, part: {"sum(session)": 1 if part == "totals" else [1]}}


def test_an_answer_without_groups() -> None:
    """§2.2, §7.6: no keys, and no page before or after it."""
    answer = Result.without_groups(
        Query.parse({**HOUR, "field": "sum(session)", "groupBy": "release"}, now=NOW)
    )
    assert (answer.by["release"].shape, len(answer)) == ((0,), 0)
    assert [link.results for link in answer.links] == [False, False]


def test_statuses_of_another_edition_are_rejected() -> None:
    """§1.4: sessions that the edition of the request does not know are named."""
    sessions = Sessions(started=[0, 0], project_id=[1, 1], status=["ok", "unhandled"])
    with pytest.raises(DataError, match=r"^column 'status', row 1: .*unhandled"):
        compute(sessions, "field=sum(session)&statsPeriod=1h", now=NOW)


def test_projects_by_name() -> None:
    """§2: the names of the accessible projects, where an edition has them."""
    options: dict[str, Any] = {"rules": Rules.of("latest"), "projects": {"app": 1, "web": 2}}
    answer = ask([session(), session(project_id=2)], "sum(session)", project="web", **options)
    assert answer.totals["sum(session)"].tolist() == [1]


def test_status_groups_do_not_count_for_the_cap_of_releases() -> None:
    """§7.4, §7.5: by release date the cap counts base groups, and the page of 100 counts rows."""
    names = [f"v{number:02}" for number in range(30)]
    rows = [
        {"started": "2024-01-29T12:00:00Z", "project_id": 1, "status": "exited", "release": name}
        for name in names
    ]
    releases = [
        {"version": name, "date_added": number, "project_ids": [1]} for number, name in enumerate(names)
    ]
    params = {"field": "sum(session)", "groupBy": ["release", "session.status"], "interval": "1h"}
    params |= {"orderBy": "-release.timestamp"}
    case = {"now": "2024-01-29T12:27:28.303Z", "sessions": rows, "releases": releases}
    for period, n_rows in (("7d", 100), ("30d", 13 * 4)):  # 169 and 721 intervals: 59 and 13 releases
        answer = respond({**case, "params": {**params, "statsPeriod": period}})
        assert len(answer["body"]["groups"]) == n_rows
        assert answer["body"]["groups"][0]["by"]["release"] == "v29"
