"""What a search means and how it is validated (§4.2, §4.3, §4.5 to §4.8, §7.5)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import Query, RequestError
from sessionstats.health import HEALTH_CLASSES
from sessionstats.search.context import SearchContext
from sessionstats.search.releases import EnvironmentRequirement, Releases
from sessionstats.search.search import Search, validate_search
from tests.searching import NO_CONTEXT, Row, rows_kept

ROWS: list[Row] = [
    (1, "a@1.0", "prod"),
    (1, "a@1.1+5", "dev"),
    (2, "b@2.0-rc", ""),
    (3, "nightly", "prod"),
    (2, "", "prod"),
    (2, "a@1.0", "dev"),
    (1, "a@beta", ""),
]

METADATA = Releases(
    ["a@1.0", "a@1.1+5", "nightly", "b@3"],
    [0, 5, 5, 1],
    [[1], [1, 2], [3], [2]],
    stages=[{"prod": "replaced", "dev": "adopted"}, {"prod": "adopted"}, {}, {"prod": "low_adoption"}],
)

WITH_METADATA = SearchContext(releases=METADATA, environments=("prod",), health_classes=HEALTH_CLASSES)
WITH_PROJECTS = SearchContext(projects={"web": 1, "app": 2, "4": 3}, selected=frozenset({1, 3}))

WILDCARD = "Invalid condition: wildcard search is not supported"
MISPLACED = "Unable to parse condition with session.status"


def kept(text: str, context: SearchContext = NO_CONTEXT) -> list[int]:
    return [place for place, keep in enumerate(rows_kept(text, ROWS, context)) if keep]


def rejection(text: str, context: SearchContext = NO_CONTEXT) -> str:
    with pytest.raises(RequestError) as caught:
        validate_search(text, context)
    error = caught.value
    assert (error.status, error.parameter) == (400, "query")
    assert error.value is not None
    return error.detail


class TestTexts:
    """§4.1, §4.2, §4.6: environment and release."""

    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("", [0, 1, 2, 3, 4, 5, 6]),
            ("environment:prod", [0, 3, 4]),
            ("!environment:prod", [1, 2, 5, 6]),
            ("environment:[prod, dev]", [0, 1, 3, 4, 5]),
            ("!environment:[prod,dev]", [2, 6]),
            ('environment:""', [2, 6]),
            ("has:environment", [0, 1, 3, 4, 5]),
            ("!has:environment", [2, 6]),
            ("release:a@1.0", [0, 5]),
            ("has:release environment:prod", [0, 3]),
            ("release:missing", []),
            ("!release:missing", [0, 1, 2, 3, 4, 5, 6]),
            ("release:>=1", []),
            ("release:a@1.0 OR environment:dev", [0, 1, 5]),
            ("release:a@1.0 environment:dev OR release:nightly", [3, 5]),
            ("release:a@1.0 (environment:dev OR release:nightly)", [5]),
            ("environment:prod environment:dev", []),
        ],
    )
    def test_rows(self, text: str, places: list[int]) -> None:
        assert kept(text) == places

    def test_an_operator_is_part_of_the_text(self) -> None:
        """§4.6: except for release.version and release.build."""
        assert rows_kept("release:>=1", rows=[(1, ">=1", ""), (1, "1", "")]) == [True, False]


class TestProjects:
    """§4.2: slugs and ids."""

    @pytest.mark.parametrize(
        ("text", "context", "places"),
        [
            ("project:web", WITH_PROJECTS, [0, 1, 6]),
            ("!project:web", WITH_PROJECTS, [2, 3, 4, 5]),
            ("project:1", WITH_PROJECTS, [0, 1, 6]),
            ("project:4", WITH_PROJECTS, [3]),
            ("project:[web, 3]", WITH_PROJECTS, [0, 1, 3, 6]),
            ("project_id:2", WITH_PROJECTS, [2, 4, 5]),
            ("project.id:[2, 3, 9]", WITH_PROJECTS, [2, 3, 4, 5]),
            ("project_id:-1", NO_CONTEXT, []),
            ("!project_id:" + "9" * 5000, NO_CONTEXT, [0, 1, 2, 3, 4, 5, 6]),
            ("project:[1, 2]", NO_CONTEXT, [0, 1, 2, 4, 5, 6]),
            ("project:9", NO_CONTEXT, []),
            ("has:project", NO_CONTEXT, [0, 1, 2, 3, 4, 5, 6]),
            ("!has:project_id", NO_CONTEXT, []),
        ],
    )
    def test_rows(self, text: str, context: SearchContext, places: list[int]) -> None:
        assert kept(text, context) == places

    @pytest.mark.parametrize(
        ("text", "context", "named"),
        [
            ("project:foo", WITH_PROJECTS, "foo"),
            ("!project:app", WITH_PROJECTS, "app"),
            ("project:2", WITH_PROJECTS, "2"),
            ("project:[foo, web, bar]", WITH_PROJECTS, "foo and bar"),
            ("project:[foo, bar, foo, app]", WITH_PROJECTS, "foo, bar, and app"),
            ("project:web", NO_CONTEXT, "web"),
            ("project:0", NO_CONTEXT, "0"),
            ("project:2", SearchContext(selected=frozenset({1})), "2"),
            ("project:9", SearchContext(projects={"web": 1}), "9"),
        ],
    )
    def test_unknown(self, text: str, context: SearchContext, named: str) -> None:
        assert rejection(text, context) == (
            f"Invalid query. Project(s) {named} do not exist or are not actively selected."
        )

    def test_a_search_knows_the_selected_projects(self) -> None:
        """§4.2: by the names of the accessible ones."""
        params = {"field": "sum(session)", "interval": "1d", "project": 1}
        given: dict[str, Any] = {"now": "2024-01-29", "projects": {"web": 1, "app": 2}}
        assert Query.parse({**params, "query": "project:web"}, **given).projects == {1}
        with pytest.raises(RequestError, match=r"Project\(s\) app do not exist or are not actively selected"):
            Query.parse({**params, "query": "project:app"}, **given)

    @pytest.mark.parametrize("value", ["x", "1.0", "+1", "1_0", '""', "١", "*"])
    @pytest.mark.parametrize("key", ["project_id", "project.id"])
    def test_ids_are_numbers(self, key: str, value: str) -> None:
        assert rejection(f"{key}:{value}") == f"{key}: Invalid number: {value.strip(chr(34))}."


class TestVersions:
    """§4.7: release.version, release.package and release.build."""

    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("release.version:1", [0, 5]),
            ("release.version:1.*", [0, 1, 5]),
            ("!release.version:1.*", [2]),
            ("release.version:>1.0", [1, 2]),
            ("release.version:<=1.0", [0, 5]),
            ("release.version:!=1.0", [1, 2]),
            ("release.version:!=1.*", [2]),
            ("!release.version:!=1.0", [0, 5]),
            ("release.version:>=a@1.1", [1]),
            ('release.version:>="1.1"', [1, 2]),
            ("has:release.version", [0, 1, 2, 5]),
            ("!has:release.version", []),
            ("release.package:a", [0, 1, 5, 6]),
            ("!release.package:a", [2]),
            ("release.package:[a, b]", [0, 1, 2, 5, 6]),
            ('release.package:""', []),
            ("has:release.package", [0, 1, 2, 5, 6]),
            ("!has:release.package", []),
            ("release.build:>4", [1]),
            ("release.build:!=4", [0, 1, 2, 5]),
            ("!release.build:5", [0, 2, 5]),
            ('release.build:""', [0, 2, 5]),
            ("release.build:5*", [1]),
            (r"release.build:5\*", []),
            ("has:release.build", [1]),
            ("!has:release.build", [0, 2, 5]),
        ],
    )
    def test_rows(self, text: str, places: list[int]) -> None:
        assert kept(text) == places

    def test_numbers_of_any_size(self) -> None:
        """§4.7"""
        rows: list[Row] = [(1, f"a@{number}", "") for number in (10**20, 3, 2, 10**20 + 1, 1)]
        assert rows_kept("release.version:>2", rows) == [True, True, False, True, False]
        assert rows_kept(f"release.version:{10**20}", rows) == [True, False, False, False, False]

    def test_a_package_may_contain_the_sign_before_a_version(self) -> None:
        """§4.7"""
        rows: list[Row] = [(1, "@s/a@1.0", ""), (1, "b@1.0", "")]
        assert rows_kept("release.version:@s/a@1.*", rows) == [True, False]

    def test_nothing_behind_a_wildcard_counts(self) -> None:
        """§4.7: however much it is."""
        assert kept("release.version:1.X.2.3.4.5") == [0, 1, 5]

    def test_builds_that_begin_with_a_text(self) -> None:
        """§4.7"""
        rows: list[Row] = [(1, f"a@1+{build}", "") for build in ("12", "123", "13")]
        assert rows_kept("release.build:12*", rows) == [True, True, False]

    @pytest.mark.parametrize("text", ["has:release.version", "!release.package:z", "release.build:!=9"])
    def test_metadata_hides_other_releases(self, text: str) -> None:
        """§4.8: when metadata is supplied, only the releases in it are seen."""
        assert kept(text, WITH_METADATA) == [0, 1, 5]

    @pytest.mark.parametrize("text", ["v1", '">=1"', ">", "*@1.2", "1*", '""', r"1.\*"])
    def test_unreadable(self, text: str) -> None:
        assert rejection(f"release.version:{text}") == "Invalid format of semantic version filter."

    @pytest.mark.parametrize("key", ["release.version", "release.build"])
    def test_lists(self, key: str) -> None:
        assert rejection(f"{key}:[1, v2]") == "Invalid operation 'IN' for semantic version filter."


class TestMetadata:
    """§4.8: release:latest and release.stage."""

    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("release:latest", [1, 3]),
            ('!release:"latest"', [0, 2, 4, 5, 6]),
            ("release:[latest, a@1.0]", [0, 1, 3, 5]),
            ("release.stage:replaced", [0, 5]),
            ("!release.stage:replaced", [1]),
            ("release.stage:[adopted, replaced]", [0, 1, 5]),
            ("has:release.stage", [0, 1, 5]),
            ("!has:release.stage", []),
        ],
    )
    def test_rows(self, text: str, places: list[int]) -> None:
        assert kept(text, WITH_METADATA) == places

    def test_latest_of_the_selected_projects(self) -> None:
        assert kept("release:latest", SearchContext(selected=frozenset({3}), releases=METADATA)) == [3]
        assert kept("release:latest", SearchContext(projects={"web": 1}, releases=METADATA)) == [1]

    @pytest.mark.parametrize("environments", [(), ("prod", "dev")])
    @pytest.mark.parametrize("text", ["release.stage:wrong", "has:release.stage"])
    def test_one_environment(self, text: str, environments: tuple[str, ...]) -> None:
        context = SearchContext(environments=environments, releases=METADATA)
        assert rejection(text, context) == "Choose a single environment to filter by release stage."

    def test_stage_values(self) -> None:
        for text in ("release.stage:wrong", "release.stage:[adopted, wrong]", "release.stage:adopt*"):
            assert (
                rejection(text, SearchContext(environments=("prod",))) == "Unsupported release.stage value."
            )

    @pytest.mark.parametrize("term", ["release:latest", "release.stage:adopted"])
    def test_missing_metadata(self, term: str) -> None:
        detail = rejection(term, SearchContext(environments=("prod",)))
        assert detail == f"{term.removesuffix(':adopted')} needs release metadata: supply releases"


class TestStatus:
    """§4.5: session.status selects health classes, not sessions."""

    @pytest.mark.parametrize(
        ("text", "classes"),
        [
            ("environment:prod", None),
            ("session.status:healthy", ("healthy",)),
            ("!session.status:healthy", ("abnormal", "crashed", "errored")),
            ("session.status:[healthy, abnormal]", ("abnormal", "healthy")),
            ("!session.status:[healthy, abnormal]", ("crashed", "errored")),
            ("session.status:[healthy, errored] !session.status:errored release:a", ("healthy",)),
            ("session.status:healthy session.status:errored", ()),
            ("session.status:foo", ()),
            ("session.status:unhandled", ()),
            ("!session.status:foo", HEALTH_CLASSES),
            ("has:session.status", HEALTH_CLASSES),
            ("!has:session.status", ()),
        ],
    )
    def test_classes(self, text: str, classes: tuple[str, ...] | None) -> None:
        assert validate_search(text, NO_CONTEXT).classes == classes

    def test_no_session_is_removed(self) -> None:
        assert kept("session.status:healthy") == list(range(len(ROWS)))
        assert kept("session.status:healthy release:a@1.0") == [0, 5]

    @pytest.mark.parametrize(
        "text",
        [
            "session.status:healthy OR release:a",
            "(session.status:healthy)",
            "release:a (has:release session.status:healthy)",
            "session.status:healthy (release:a OR session.status:healthy)",
        ],
    )
    def test_must_be_at_the_top_level(self, text: str) -> None:
        assert rejection(text) == MISPLACED


class TestValidation:
    """§4.2, §4.3, §4.4: what is rejected, and which error comes first."""

    @pytest.mark.parametrize("key", ["environment", "release", "release.package", "session.status"])
    @pytest.mark.parametrize("value", ["a*", '"*"', "[a, b*]"])
    def test_wildcards(self, key: str, value: str) -> None:
        assert rejection(f"{key}:{value}") == WILDCARD

    def test_escaped_wildcards_are_text(self) -> None:
        assert rows_kept(r"release:a\*", rows=[(1, "a*", ""), (1, "ab", "")]) == [True, False]

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            ("foo:bar", "Invalid search filter: foo"),
            ("!has:foo", "Invalid search filter: foo"),
            ("has:", "Empty string after 'has:'"),
            ("has:[release]", "Invalid search filter: has"),
            ("message:x", "Invalid search filter: message"),
            ("some words", "Invalid search filter: message"),
            ("()", "Invalid search filter: message"),
            ("foo:bar release:", "Empty string after 'release:'"),
            ("foo:bar OR", "Condition is missing on the right side of 'OR' operator"),
            ("foo:bar project_id:x", "Invalid search filter: foo"),
            ("project_id:x foo:bar", "project_id: Invalid number: x."),
            ("release:* (foo:bar)", "Invalid search filter: foo"),
            ("release:* release.version:x", "Invalid format of semantic version filter."),
            ("(session.status:x) release:*", WILDCARD),
        ],
    )
    def test_order(self, text: str, detail: str) -> None:
        assert rejection(text) == detail

    @given(st.text())
    def test_only_request_errors(self, text: str) -> None:
        try:
            search = validate_search(text, NO_CONTEXT)
        except RequestError:
            return
        assert search.text == text


class TestEnvironmentSelection:
    """§7.5: top-level environment terms also select releases."""

    def test_requirements(self) -> None:
        text = '!environment:[a, b] environment:"" has:environment release:x session.status:healthy'
        assert validate_search(text, NO_CONTEXT).environment_selection() == (
            EnvironmentRequirement(frozenset("ab"), negated=True),
            EnvironmentRequirement(frozenset({""})),
            EnvironmentRequirement(frozenset({""}), negated=True),
        )
        assert validate_search("", NO_CONTEXT).environment_selection() == ()
        assert validate_search("has:release OR release:x", NO_CONTEXT).environment_selection() == ()

    @pytest.mark.parametrize(
        "text",
        ["environment:a OR environment:b", "(environment:a)", "environment:a (environment:b release:x)"],
    )
    def test_must_be_at_the_top_level(self, text: str) -> None:
        search = validate_search(text, NO_CONTEXT)
        with pytest.raises(RequestError, match=r"^Unable to parse condition with environment$"):
            search.environment_selection()


def test_the_empty_search_is_everything() -> None:
    """§4.5: without a status filter `classes` is `None`."""
    search = validate_search("", NO_CONTEXT)
    assert isinstance(search, Search)
    assert (search.text, search.classes) == ("", None)


def test_searches_compare_by_text_and_context() -> None:
    """Searches are equal if their texts and contexts are; nothing else equals a search."""
    first, second, other = (
        validate_search(text, SearchContext()) for text in ("release:a", "release:a", "release:b")
    )
    assert first == second
    assert hash(first) == hash(second) != hash(other)
    assert first != other
    assert first != "release:a"
