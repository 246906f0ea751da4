"""Editions as data (§9), and the rules in which they differ (§2, §3.8, §6.5, §7.5)."""

from typing import Any, ClassVar

import pytest

from sessionstats import AccessError, Query, Releases, RequestError, Rules, compute, from_records
from sessionstats.protocol import respond
from sessionstats.rules import EDITIONS

NOW = "2024-01-29T12:27:28.303Z"

TOO_LONG = "The time-range when using one-minute resolution intervals is restricted to 6 hours."
TOO_OLD = "The time-range when using one-minute resolution intervals is restricted to the last 30 days."


def parse(rules: Rules, now: str = NOW, **params: Any) -> Query:
    """The validated request for `sum(session)` with these parameters."""
    world = {name: params.pop(name) for name in ("projects", "releases") if name in params}
    return Query.parse({"field": "sum(session)", "interval": "1d", **params}, now=now, rules=rules, **world)


def rejection(rules: Rules, now: str = NOW, **params: Any) -> str | None:
    """The text that a request is rejected with, if it is."""
    try:
        parse(rules, now, **params)
    except RequestError as error:
        return error.detail
    return None


class TestNamed:
    """§9: named editions are data."""

    def test_values(self) -> None:
        """§9: each edition, to the last rule."""
        assert Rules.of("documented") == Rules.documented() == Rules()
        assert Rules.of("2021") == Rules(rounding="hourly", restrict_date_range=True, min_interval=60)
        assert Rules.of("2022") == Rules(rounding="hourly", min_interval=10)
        latest = Rules(min_interval=10, unhandled=True, project_slugs=True, order_by_release=False)
        assert Rules.of("latest") == latest
        assert list(EDITIONS) == ["documented", "2021", "2022", "latest"]

    def test_a_rule_wins_over_its_edition(self) -> None:
        """§9: an edition may be changed, whatever the order of the keys."""
        assert Rules.of("latest", unhandled=False).unhandled is False
        changed = Rules.from_mapping({"max_points": 5, "edition": "latest"})
        assert changed == Rules.from_mapping({"edition": "latest", "max_points": 5})
        assert (changed.max_points, changed.unhandled) == (5, True)

    @pytest.mark.parametrize("edition", ["2023", "", "Latest", 2021, None, ["latest"]])
    def test_unknown_edition_lists_the_known_ones(self, edition: Any) -> None:
        """§9: an unknown edition is rejected with a list."""
        with pytest.raises(RequestError, match=r"known: documented, 2021, 2022, latest$"):
            Rules.from_mapping({"edition": edition})

    @pytest.mark.parametrize(
        "name", ["unhandled", "project_slugs", "order_by_release", "restrict_date_range"]
    )
    @pytest.mark.parametrize("value", [1, "true", None])
    def test_switches_are_true_or_false(self, name: str, value: Any) -> None:
        """§9: nothing else is a switch."""
        with pytest.raises(RequestError, match=f"rules: {name} must be true or false"):
            Rules(**{name: value})

    @pytest.mark.parametrize(
        ("rules", "status"),
        [("latest", 200), ("documented", 400), ({"edition": "latest"}, 200), ({}, 400), ("2023", 400)],
    )
    def test_protocol_accepts_a_name(self, rules: object, status: int) -> None:
        """§9: `rules` is the name of an edition, or an object that may hold one."""
        request = {"now": NOW, "sessions": [], "params": {"field": "unhandled_rate(user)", "interval": "1d"}}
        assert respond({**request, "rules": rules})["status"] == status


class TestRowsFirst:
    """§2.2: session rows are validated before anything else in the protocol."""

    REQUEST: ClassVar = {"now": NOW, "params": {"field": "sum(session)", "interval": "1d"}}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"now": "yesterday"},
            {"rules": {"max_points": 0}},
            {"rules": "2023"},
            {"projects": []},
            {"releases": 1},
            {"params": 5},
        ],
    )
    def test_before_every_other_value(self, wrong: dict[str, Any]) -> None:
        """§2.2: whatever else is wrong, the row is reported."""
        request = {**self.REQUEST, **wrong}
        assert respond({**request, "sessions": [{}]})["status"] == 422
        assert respond({**request, "sessions": []})["status"] == 400

    @pytest.mark.parametrize(
        ("rules", "status"),
        [
            (None, 422),
            ("documented", 422),
            ("latest", 200),
            ({"unhandled": True, "max_points": 0}, 400),
            ({"max_points": 0}, 422),
            ({"edition": "2023"}, 400),
            ({"edition": "2023", "unhandled": False}, 422),
            ({"unhandled": "no"}, 400),
            (["latest"], 400),
        ],
    )
    def test_statuses_as_far_as_they_are_known(self, rules: object, status: int) -> None:
        """§2.2: if the rules leave the edition unknown, every edition's statuses are valid."""
        row = {"started": NOW, "project_id": 1, "status": "unhandled"}
        request = {**self.REQUEST, "sessions": [row], "rules": rules}
        assert respond(request)["status"] == status
        assert respond({**request, "now": "yesterday"})["status"] == (422 if status == 422 else 400)

    @pytest.mark.parametrize("missing", ["now", "params"])
    def test_what_is_not_a_request_has_no_rows(self, missing: str) -> None:
        """§9: a line without one of its parts is not a request."""
        assert respond({**self.REQUEST, "sessions": [{}], missing: None})["status"] == 400


class TestSlugs:
    """§2: `project` accepts slugs, ids, or both, if the edition has slugs."""

    PROJECTS: ClassVar = {"one": 1, "two": 2}

    @pytest.mark.parametrize(
        ("asked", "selected"),
        [
            ("one", {1}),
            (["one", "2"], {1, 2}),
            (["one", 1], {1}),
            ("", {1, 2}),
            (["", "two"], {2}),
            (["-1", "three"], {1, 2}),
        ],
    )
    def test_selected(self, asked: Any, selected: set[int]) -> None:
        """§2: an empty value is absent; -1 wins."""
        rules = Rules(project_slugs=True)
        assert parse(rules, project=asked, projects=self.PROJECTS).projects == selected

    @pytest.mark.parametrize(
        "asked", ["three", "One", " ", "1.0", ["one", "three"], ["one", "3"], ["3", "one"]]
    )
    @pytest.mark.parametrize("projects", [PROJECTS, None, {}])
    def test_not_accessible(self, asked: Any, projects: Any) -> None:
        """§2, §2.3: a slug that is not accessible is a permission error, even without a list."""
        with pytest.raises(AccessError):
            parse(Rules(project_slugs=True), project=asked, projects=projects)

    def test_an_integer_is_an_id(self) -> None:
        """§2: even where a slug has the same text."""
        rules, projects = Rules(project_slugs=True), {"2": 1, "two": 2}
        assert parse(rules, project="2", projects=projects).projects == {2}

    def test_without_a_list_every_id_is_accessible(self) -> None:
        """§2.3."""
        assert parse(Rules(project_slugs=True), project=["7", ""]).projects == {7}
        assert parse(Rules(project_slugs=True), project="").projects is None

    @pytest.mark.parametrize("asked", ["one", "", ["one", "1"]])
    def test_without_the_rule(self, asked: Any) -> None:
        """§2.3: an edition without slugs accepts numbers only."""
        text = "Invalid project parameter. Values must be numbers."
        assert rejection(Rules(), project=asked, projects=self.PROJECTS) == text


class TestRestrictedRange:
    """§3.8: fine intervals are for short and recent ranges, in the edition of 2021."""

    ALIGNED = Rules.of("2021", rounding="aligned")

    @pytest.mark.parametrize(
        ("rules", "start", "end", "text"),
        [
            (Rules.of("2021"), "00:00:00", "05:59:59", None),  # the end is made inclusive
            (Rules.of("2021"), "00:00:00", "06:00:00", TOO_LONG),
            (Rules.of("2021"), "00:30:00", "06:29:59", None),  # six hours, before the window grows to seven
            (ALIGNED, "00:00:00", "06:00:00", None),
            (ALIGNED, "00:00:00", "06:00:01", TOO_LONG),
            (ALIGNED, "00:00:01", "06:00:01", TOO_LONG),  # the rounded window is longer
        ],
    )
    def test_six_hours(self, rules: Rules, start: str, end: str, text: str | None) -> None:
        """§3.8: on both sides of six hours, with both roundings."""
        dates = {"start": f"2024-01-29T{start}Z", "end": f"2024-01-29T{end}Z"}
        assert rejection(rules, interval="15m", **dates) == text
        assert rejection(rules, interval="1h", **dates) is None
        assert rejection(rules, interval="2h", **dates) is None

    def test_whole_hours(self) -> None:
        """§3.8: 90 minutes are not a whole number of hours; hourly ranges are then units of two."""
        assert rejection(Rules.of("2021"), statsPeriod="6h", interval="90m") is None
        assert rejection(Rules.of("2021"), statsPeriod="21601", interval="90m") == TOO_LONG

    @pytest.mark.parametrize("rules", [Rules.of("2021"), ALIGNED])
    @pytest.mark.parametrize(("age", "text"), [(2_592_000, None), (2_592_001, TOO_OLD)])
    def test_thirty_days(self, rules: Rules, age: int, text: str | None) -> None:
        """§3.8: the age is that of the requested start, not of the rounded one."""
        dates = {"statsPeriodStart": str(age), "statsPeriodEnd": "2590000"}
        assert rejection(rules, interval="15m", **dates) == text
        assert rejection(rules, interval="1h", **dates) is None

    def test_order(self) -> None:
        """§3.8, §2.2: length, then age, then the number of intervals; all after interval and dates."""
        rules = Rules.of("2021", max_intervals=1)
        old = {"statsPeriodStart": "40d", "interval": "15m"}
        assert rejection(rules, statsPeriodEnd="39d", **old) == TOO_LONG
        assert rejection(rules, statsPeriodEnd="959h", **old) == TOO_OLD
        assert "too many results" in str(rejection(rules, statsPeriod="1h", interval="15m"))
        assert rejection(rules, statsPeriod="x", interval="15m") == "Invalid statsPeriod: 'x'"
        assert "divide one day" in str(rejection(rules, statsPeriod="7h", interval="7m"))

    def test_only_with_the_rule(self) -> None:
        """§3.8: the edition of 2022 has no such restriction."""
        assert rejection(Rules.of("2022"), statsPeriod="7h", interval="15m") is None


class TestReleaseOrder:
    """§7.5: without the rule, `release.timestamp` is a name like any other."""

    RELEASES = Releases(["a"], ["2024-01-01"], [[1]])

    @pytest.mark.parametrize("order", ["release.timestamp", "-release.timestamp"])
    @pytest.mark.parametrize(
        ("params", "text"),
        [
            ({"groupBy": "release"}, "'orderBy' must be one of the provided 'fields'"),
            ({}, "'orderBy' must be one of the provided 'fields'"),
            ({"groupBy": "release", "per_page": "101"}, "'orderBy' must be one of the provided 'fields'"),
            (
                {"groupBy": ["release", "session.status"]},
                "Cannot use 'orderBy' when grouping by sessions.status",
            ),
        ],
    )
    def test_without(self, order: str, params: dict[str, Any], text: str) -> None:
        """§7.5, §7.2: none of the texts of §7.5."""
        rules = Rules(order_by_release=False)
        assert rejection(rules, orderBy=order, releases=self.RELEASES, includeSeries="0", **params) == text

    def test_with(self) -> None:
        """§7.5: the order exists where the edition has it."""
        asked = {"groupBy": "release", "orderBy": "release.timestamp", "releases": self.RELEASES}
        assert parse(Rules(), **asked).by_release_timestamp
        with pytest.raises(RequestError):
            parse(Rules.of("latest"), **asked)


@pytest.mark.parametrize("status", ["ok", "exited", "errored", "crashed", "abnormal", "unhandled"])
def test_a_mechanism_counts_on_abnormal_sessions_only(status: str) -> None:
    """§1.1, §6.5: whichever status carries it."""
    row = {"started": NOW, "project_id": 1, "distinct_id": "ann", "status": status}
    sessions = from_records([{**row, "abnormal_mechanism": "anr_foreground"}])
    request = "field=anr_rate()&field=foreground_anr_rate()&interval=1d"
    answer = compute(sessions, request, now=NOW, rules=Rules.of("latest"))
    expected = 1.0 if status == "abnormal" else 0.0
    assert [totals.tolist() for totals in answer.totals.values()] == [[expected], [expected]]


@pytest.mark.parametrize(
    ("rules", "value", "said"),
    [
        ({"rounding": "daily"}, "daily", """rounding must be "aligned" or "hourly", not 'daily'"""),
        ({"unhandled": 1}, 1, "unhandled must be true or false, not 1"),
        ({"max_points": 0}, 0, "max_points must be a positive integer, not 0"),
        ({"edition": "2023"}, "2023", "unknown edition '2023'; known: documented, 2021, 2022, latest"),
        (
            {"points": 1},
            "points",
            f"unknown rule 'points'; known: edition, {', '.join(Rules.__dataclass_fields__)}",
        ),
    ],
)
def test_invalid_rules_are_rejected(rules: dict[str, Any], value: object, said: str) -> None:
    """§9: each error names the rule and what it may be."""
    with pytest.raises(RequestError) as caught:
        Rules.from_mapping(rules)
    error = caught.value
    assert (error.parameter, error.value, str(error)) == ("rules", value, f"rules: {said}")
