"""Validating a request: the errors, their texts, and which of several errors comes first (§2)."""

import itertools
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import AccessError, Query, Releases, RequestError, Rules, SessionStatsError, compute, sample
from sessionstats.protocol import respond
from sessionstats.request.parameters import Parameters
from sessionstats.sessions import Sessions

NOW: Final = "2024-01-29T12:27:28.303Z"

SOUND: Final[dict[str, Any]] = {
    "now": NOW,
    "params": {"field": ["sum(session)"], "interval": "1d", "statsPeriod": "1d", "per_page": "1"},
    "sessions": [],
    "projects": {"web": 1},
    "rules": {},
}
"""A valid request."""

FAULTS: Final[list[tuple[str, dict[str, Any], str]]] = [
    ("row", {"sessions": [{"project_id": 1, "status": "ok"}]}, "started"),
    ("per_page", {"per_page": "none"}, "Invalid per_page parameter."),
    ("cursor", {"cursor": "0:-1:0"}, "Invalid cursor parameter."),
    ("project", {"project": ["web"]}, "Invalid project parameter. Values must be numbers."),
    ("access", {"project": [2]}, "You do not have permission to perform this action."),
    ("no field", {"field": []}, 'Request is missing a "field"'),
    ("field", {"field": ["sum(sessions)"]}, 'Invalid field: "sum(sessions)"'),
    ("groupBy", {"groupBy": ["user"]}, 'Invalid groupBy: "user"'),
    ("interval", {"interval": "2d"}, "The interval has to be less than one day."),
    ("dates", {"statsPeriod": "1y"}, "Invalid statsPeriod: '1y'"),
    (
        "intervals",
        {"rules": {"max_intervals": 1}},
        (
            "Your interval and date range would create too many results. Use a larger interval, or a smaller "
            "date range."
        ),
    ),
    ("search", {"query": "foo:bar"}, "Invalid search filter: foo"),
    (
        "grouping",
        {"field": ["crash_rate(session)"], "groupBy": ["session.status"]},
        "Cannot group field crash_rate(session) by session.status",
    ),
    ("orderBy", {"orderBy": "max(session.duration)"}, "'orderBy' must be one of the provided 'fields'"),
    (
        "points",
        {"rules": {"max_points": 1}},
        (
            "Requested interval of timedelta of 1 day, 0:00:00 with statsPeriod timedelta of 2 days, 0:00:00 "
            "is too granular for a per_page of 1 elements. Increase your interval, decrease your "
            "statsPeriod, or decrease your per_page parameter."
        ),
    ),
    (
        "includes",
        {"includeTotals": "0", "includeSeries": "0"},
        "Cannot omit both series and totals",
    ),
]
"""A fault of each kind in the order of §2.2: its name, the change that causes it, and the text."""


def spoiled(case: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    made = {**case, "params": dict(case["params"])}
    for name, value in change.items():
        if name == "rules":
            made["rules"] = {**made["rules"], **value}
        else:
            (made if name in made else made["params"])[name] = value
    return made


def detail(case: Mapping[str, Any]) -> str:
    answer = respond(case)
    assert answer["status"] in (400, 403, 422), answer
    return str(answer["body"]["detail"])


def rejection(params: str | Mapping[str, Any], **others: Any) -> str:
    if isinstance(params, dict):
        params = {"interval": "1d", **params}  # the default interval is too fine for the default period
    with pytest.raises(RequestError) as caught:
        Query.parse(params, now=NOW, **others)
    return caught.value.detail


class TestOrderOfValidation:
    """§2.2."""

    def test_sound(self) -> None:
        """§2.2: the request that the faults are added to has none."""
        assert respond(SOUND)["status"] == 200

    @pytest.mark.parametrize(("name", "change", "said"), FAULTS, ids=[fault[0] for fault in FAULTS])
    def test_alone(self, name: str, change: dict[str, Any], said: str) -> None:
        """§2.3: the text for one fault."""
        answer = detail(spoiled(SOUND, change))
        assert said in answer if name == "row" else said == answer

    @pytest.mark.parametrize(
        ("first", "second"),
        # Without series there is no limit of points for a page (§7.6): these two exclude one another.
        [
            pair
            for pair in itertools.combinations(FAULTS, 2)
            if {p[0] for p in pair} != {"points", "includes"}
        ],
        ids=lambda fault: fault[0],
    )
    def test_of_two(self, first: tuple[str, dict[str, Any], str], second: tuple[str, Any, str]) -> None:
        """§2.2: of any two faults the first in order is the answer."""
        both = spoiled(spoiled(SOUND, second[1]), first[1])
        assert first[2] in detail(both)

    def test_row_before_request(self) -> None:
        """§2.2, §9: invalid rows have status 422, and are validated before a request without a field."""
        case = spoiled(SOUND, {"field": [], "sessions": [{"started": NOW, "project_id": 0, "status": "ok"}]})
        assert respond(case)["status"] == 422

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            (
                ["crash_rate(user)", "count_unique(user)"],
                "Cannot group field crash_rate(user) by session.status",
            ),
            (["count_unique(user)", "anr_rate()"], "Cannot group field anr_rate() by session.status"),
        ],
    )
    def test_fields_in_their_order(self, fields: list[str], said: str) -> None:
        """§2.2: fields are validated in their order, each against grouping before filtering."""
        query = "session.status:[healthy, crashed]"
        assert rejection({"field": fields, "groupBy": "session.status", "query": query}) == said

    def test_filtering_of_first_field_before_grouping_of_second(self) -> None:
        """§2.2, §6.4: the order of the fields comes before the order of the two checks."""
        params = {"field": ["count_unique(user)", "anr_rate()"], "query": "session.status:[healthy, crashed]"}
        assert rejection(params) == (
            "Cannot filter count_unique by multiple session.status unless it is in groupBy"
        )

    @pytest.mark.parametrize(
        "ended",
        [
            {"query": "session.status:none", "field": ["anr_rate()"]},
            {"query": "session.status:crashed", "field": ["p50(session.duration)"]},
        ],
    )
    def test_filter_that_ends_validation(self, ended: dict[str, Any]) -> None:
        """§2.2: a status filter that selects nothing, or leaves no field, hides all later faults."""
        late = {"orderBy": ["x", "y"], "includeTotals": "0", "includeSeries": "0", "rules": {"max_points": 1}}
        answer = respond(spoiled(SOUND, {**ended, **late}))
        assert answer["status"] == 200
        assert answer["body"]["groups"] == []

    def test_filter_that_leaves_no_field_does_not_hide_earlier_ones(self) -> None:
        """§2.2, §6.4: validation ends after fields: a field that may not be filtered is still rejected."""
        params = {"field": ["p50(session.duration)", "anr_rate()"], "query": "session.status:crashed"}
        assert rejection(params) == "Cannot filter field anr_rate() by session.status"


class TestParameters:
    """§2."""

    @pytest.mark.parametrize(
        ("params", "said"),
        [
            ("", 'Request is missing a "field"'),
            ("field=", 'Invalid field: ""'),
            ("field=sum(session)&groupBy=", 'Invalid groupBy: ""'),
            ("field=sum(session)&per_page=", "Invalid per_page parameter."),
            ("field=sum(session)&per_page=0", "Invalid per_page value. Must be at least 1."),
            ("field=sum(session)&per_page=5001", "Invalid per_page value. Cannot exceed 5000."),
            ("field=sum(session)&cursor=1", "Invalid cursor parameter."),
            ("field=sum(session)&project=", "Invalid project parameter. Values must be numbers."),
            (
                "field=sum(session)&interval=1d&orderBy=sum(session)&orderBy=sum(session)",
                "Cannot order by multiple fields",
            ),
            (
                "field=sum(session)&interval=1d&groupBy=session.status&orderBy=sum(session)",
                "Cannot use 'orderBy' when grouping by sessions.status",
            ),
        ],
    )
    def test_rejected(self, params: str, said: str) -> None:
        """§2, §2.3: an empty value counts as given; the texts are part of the interface."""
        assert rejection(params) == said

    @pytest.mark.parametrize(
        "params",
        [
            "field=sum(session)&start=&end=&statsPeriodStart=&statsPeriodEnd=&cursor=&query=&orderBy=",
            {"field": "sum(session)", "query": None, "unknown": "x", "orderBy": []},
            "?field=sum(session)&field=sum(session)&unknown=1",
            "?field=sum(session)",
            {"field": "sum(session)", "unknown": {"of": ["any", "type"]}},
        ],
    )
    def test_absent(self, params: Any) -> None:
        """§2: empty dates, cursor, query and orderBy count as absent; unknown names are ignored."""
        query = Query.parse(params, now=NOW, rules=Rules(max_intervals=2161))
        assert [field.name for field in query.fields] == ["sum(session)"]
        assert str(query.window.width) == "90 days, 1:00:00"

    def test_last_of_several_counts(self) -> None:
        """§2: a parameter that takes one value and is given several times: the last counts."""
        query = Query.parse(
            "field=sum(session)&interval=2d&interval=1d&statsPeriod=x&statsPeriod=1d", now=NOW
        )
        assert query.window.n_intervals == 2

    def test_repeated_fields_count_once(self) -> None:
        """§2: a repeated field or groupBy counts once, at its first position."""
        given = {"field": ["max(session.duration)", "sum(session)", "max(session.duration)"]}
        query = Query.parse(
            {**given, "groupBy": ["release", "project", "release"], "interval": "1d"}, now=NOW
        )
        assert [field.name for field in query.fields] == ["max(session.duration)", "sum(session)"]
        assert query.group_by == ("release", "project")

    @pytest.mark.parametrize("value", [1.5, b"x", object(), {"a": 1}, [["x"]]])
    def test_invalid_values_are_rejected(self, value: object) -> None:
        """§2: a value that is neither text nor number is rejected by name; true and false are 1 and 0."""
        assert [Parameters({"per_page": value}).last("per_page") for value in (True, False)] == ["1", "0"]
        assert "per_page" in rejection({"field": "sum(session)", "per_page": value})

    def test_project_selection(self) -> None:
        """§2, §2.3: all accessible projects without `project` or with -1; others are not permitted."""
        accessible = {"web": 1, "app": 2}

        def selected(*project: object) -> frozenset[int] | None:
            params = {"field": "sum(session)", "interval": "1d", "project": list(project)}
            return Query.parse(params, now=NOW, projects=accessible).projects

        assert selected() == selected(-1) == selected(1, "-1") == selected(9, -1) == {1, 2}
        assert selected("2", 2) == {2}
        with pytest.raises(AccessError, match="You do not have permission to perform this action"):
            selected(1, 3)

    def test_no_project_accessible(self) -> None:
        """§2.3: without any accessible project there is nothing to answer about."""
        with pytest.raises(RequestError, match=r"^No projects available$") as caught:
            Query.parse("field=sum(session)", now=NOW, projects={})
        assert caught.value.parameter == "project"

    def test_later_fields_need_the_later_edition(self) -> None:
        """§2.1: fields of the later edition are unknown to the documented one."""
        params = "field=unhealthy_rate(session)&interval=1d"
        assert rejection(params) == 'Invalid field: "unhealthy_rate(session)"'
        assert (
            Query.parse(params, now=NOW, rules=Rules(unhandled=True)).fields[0].name
            == "unhealthy_rate(session)"
        )

    @pytest.mark.parametrize(
        ("changes", "parameter", "value"),
        [
            ({"statsPeriod": "1y"}, "statsPeriod", "1y"),
            ({"interval": "90m"}, "interval", "90m"),
            ({"interval": "2d"}, "interval", "2d"),
            ({"interval": "5h"}, "interval", "5h"),
            ({"interval": "1h", "statsPeriod": "90d"}, "interval", None),
            ({"includeTotals": "0", "includeSeries": "0"}, "includeTotals", None),
            ({"project": "x"}, "project", ["x"]),
            ({"project": "7"}, "project", None),
            ({"field": []}, "field", None),
            ({"field": "foo"}, "field", "foo"),
            ({"field": "crash_rate(session)", "groupBy": "session.status"}, "field", "crash_rate(session)"),
            ({"groupBy": "foo"}, "groupBy", "foo"),
            ({"orderBy": "x"}, "orderBy", "x"),
            ({"orderBy": ["sum(session)", "x"]}, "orderBy", ["sum(session)", "x"]),
            ({"orderBy": "release.timestamp"}, "orderBy", "release.timestamp"),
            ({"start": "2024-01-29", "end": "2024-01-28"}, "start", None),
            ({"start": "2024-01-29"}, "end", None),
            ({"end": "2024-01-29"}, "start", None),
            ({"start": "2024-01-28", "end": "y"}, "end", "y"),
            ({"statsPeriodStart": "2d"}, "statsPeriodEnd", None),
            ({"statsPeriodStart": "x", "statsPeriodEnd": "1d"}, "statsPeriodStart", "x"),
            ({"statsPeriodStart": "2d", "statsPeriodEnd": "x"}, "statsPeriodEnd", "x"),
            ({"per_page": "0"}, "per_page", "0"),
            ({"per_page": "5000"}, "per_page", 5000),
            ({"per_page": {}}, "per_page", {}),
            ({"cursor": "x"}, "cursor", "x"),
            ({"query": "foo:x"}, "query", "foo"),
            ({"query": "("}, "query", "("),
        ],
    )
    def test_errors_carry_parameter_and_value(
        self, changes: dict[str, Any], parameter: str, value: object
    ) -> None:
        """§2.3: an error says which parameter is invalid, and its value."""
        with pytest.raises(SessionStatsError) as caught:
            Query.parse({"field": "sum(session)", "interval": "1d", **changes}, now=NOW, projects={"web": 1})
        error = caught.value
        assert isinstance(error, RequestError | AccessError)
        assert (error.parameter, error.value) == (parameter, value)

    def test_a_page_fits_exactly(self) -> None:
        """§2.3, §7.4: its data points are its rows times the intervals; an offset may be 0."""
        params = {"field": "sum(session)", "interval": "1h", "statsPeriod": "5h", "per_page": 7}
        assert Query.parse({**params, "cursor": "0:0:1"}, now=NOW, rules=Rules(max_points=42)).page_size == 7
        with pytest.raises(RequestError, match="too granular for a per_page of 7"):
            Query.parse(params, now=NOW, rules=Rules(max_points=41))

    def test_an_interval_too_fine_for_its_range_is_the_parameter(self) -> None:
        """§2.3, §3.8"""
        with pytest.raises(RequestError) as caught:
            Query.parse("field=sum(session)&interval=1m&statsPeriod=7h", now=NOW, rules=Rules.of("2021"))
        assert caught.value.parameter == "interval"

    def test_validated_once(self) -> None:
        """§2: a validated request can be answered for any sessions, just as its text can."""
        params = "field=sum(session)&statsPeriod=1d&interval=1d&groupBy=release"
        sessions = sample(50, seed=3)
        query = Query.parse(params, now="2024-01-29T12:00Z")
        assert (
            compute(sessions, query).to_json() == compute(sessions, params, now="2024-01-29T12:00Z").to_json()
        )


class TestReleaseTimestamp:
    """§7.5: the errors of ordering by `release.timestamp`."""

    RELEASES = Releases.from_records([{"version": "a@1", "date_added": NOW, "project_ids": [1]}])

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"groupBy": "project"}, "To sort by release.timestamp, tag release must be in the groupBy"),
            (
                {"per_page": 101},
                (
                    "This limit is too high for queries that requests a preflight query. "
                    "Please choose a limit below 100"
                ),
            ),
            (
                {"cursor": "0:1:0"},
                "Passing an offset value greater than 0 when ordering by release.timestamp is not permitted",
            ),
            ({"query": "(environment:prod)"}, "Unable to parse condition with environment"),
            (
                {"query": "environment:prod OR release:x"},
                "Unable to parse condition with environment",
            ),
        ],
    )
    def test_rejected(self, changes: dict[str, Any], said: str) -> None:
        """§7.5: what it needs, in the words of the endpoint."""
        params = {"field": "sum(session)", "groupBy": "release", "interval": "1d", "statsPeriod": "7d"}
        params = {**params, "orderBy": "-release.timestamp", **changes}
        assert rejection(params, releases=self.RELEASES) == said

    def test_needs_metadata(self) -> None:
        """§4.8, §7.5: the error says what to supply."""
        params = {"field": "sum(session)", "groupBy": "release", "orderBy": "release.timestamp"}
        with pytest.raises(RequestError) as caught:
            Query.parse({**params, "interval": "1d"}, now=NOW)
        said = "orderBy=release.timestamp needs release metadata: supply releases"
        assert (str(caught.value), caught.value.value) == (said, "release.timestamp")

    def test_accepted(self) -> None:
        """§7.2, §7.5: a page of 100 is not too large; a count may order what one class selects."""
        order = {"field": "sum(session)", "groupBy": "release", "interval": "1d"}
        dated = {**order, "per_page": 100, "orderBy": "release.timestamp"}
        assert Query.parse(dated, now=NOW, releases=self.RELEASES).page_size == 100
        selected = {**order, "orderBy": "sum(session)", "query": "session.status:crashed"}
        assert Query.parse(selected, now=NOW).order is not None


def test_parameters_that_are_neither_text_nor_mapping() -> None:
    """§2: a caller's mistake, reported as such."""
    with pytest.raises(RequestError, match="params must be a query string or a mapping, not list"):
        compute(Sessions.empty(), ["field=sum(session)"])  # type: ignore[arg-type]


@given(st.text(st.sampled_from("ab=&+%?0Cc3aAFfé9\x80\ud800#;")) | st.text())
def test_query_strings_are_decoded_as_urllib_does(text: str) -> None:
    """§2: byte by byte; what is not UTF-8 is replaced."""
    expected: dict[str, list[str]] = {}
    for name, value in parse_qsl(text.removeprefix("?"), keep_blank_values=True):
        expected.setdefault(name, []).append(value)
    found = Parameters(text)
    assert {name: found._values[name] for name in found._values} == expected
