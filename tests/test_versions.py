"""Releases as versions (§4.7)."""

import operator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats.search.version_index import VersionIndex
from sessionstats.search.versions import (
    MAX_DIGITS,
    OPERATORS,
    Version,
    VersionPattern,
    parse_pattern,
    parse_version,
    split_release,
)

COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

NUMBERS = st.sampled_from(["0", "1", "2", "10", "01", "9" * 30])
PRERELEASES = st.sampled_from(["", "-a", "-b", "-rc.1", "-rc-2", "-X"])
VERSIONS = st.builds(
    lambda numbers, prerelease: ".".join(numbers) + prerelease,
    st.lists(NUMBERS, min_size=1, max_size=4),
    PRERELEASES,
)
RELEASES = st.builds(
    lambda package, version, build: package + version + build,
    st.sampled_from(["", "a@", "b@", "x@y@"]),
    st.one_of(VERSIONS, st.sampled_from(["", "nightly", "v1", "1.", "1.2.3.4.5", "1-"])),
    st.sampled_from(["", "+", "+1", "+01", "+12", "+abc", "+1a"]),
)


def pattern(text: str) -> VersionPattern:
    found = parse_pattern(text)
    assert found is not None
    return found


def selected(mask: object) -> list[bool]:
    return mask.tolist()  # type: ignore[attr-defined, no-any-return]


class TestReading:
    """§4.7: package, version and build; what is a version."""

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("a@1.0+7", ("a", "1.0", "7")),
            ("a@b@1.0", ("a@b", "1.0", "")),
            ("a@1.0+7+8", ("a", "1.0", "7+8")),
            ("1.0", ("", "1.0", "")),
            ("a@", ("a", "", "")),
            ("", ("", "", "")),
        ],
    )
    def test_split(self, text: str, parts: tuple[str, str, str]) -> None:
        assert split_release(text) == parts

    @pytest.mark.parametrize(
        ("text", "version"),
        [
            ("1", (1, 0, 0, 0, True, "")),
            ("1.2.3.4", (1, 2, 3, 4, True, "")),
            ("1.02-rc.1", (1, 2, 0, 0, False, "rc.1")),
            ("1.0--x\n", (1, 0, 0, 0, False, "-x\n")),
            ("9" * MAX_DIGITS, (int("9" * MAX_DIGITS), 0, 0, 0, True, "")),
        ],
    )
    def test_readable(self, text: str, version: tuple[object, ...]) -> None:
        assert parse_version(text) == version

    @pytest.mark.parametrize(
        "text",
        ["", "v1", "1.", ".1", "1.2.3.4.5", "1.0-", "1.0a", " 1", "1\n", "-1", "1.٣", "9" * (MAX_DIGITS + 1)],
    )
    def test_unreadable(self, text: str) -> None:
        assert parse_version(text) is None

    @pytest.mark.parametrize(
        ("text", "package", "prefix"),
        [
            ("1.*", "", (1,)),
            ("1.2.X", "", (1, 2)),
            ("*", "", ()),
            ("X", "", ()),
            ("a@1.2.*", "a", (1, 2)),
            ("1.2.3.*", "", (1, 2, 3)),
            ("1.*.2", "", (1,)),
            ("1.*.*", "", (1,)),
            ("1.0+*", "", Version(1, 0, 0, 0, True, "")),
            ("1.0-rc.X", "", Version(1, 0, 0, 0, False, "rc.X")),
            ("a@1+5", "a", Version(1, 0, 0, 0, True, "")),
        ],
    )
    def test_patterns(self, text: str, package: str, prefix: tuple[object, ...]) -> None:
        assert parse_pattern(text) == VersionPattern(package, prefix)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "text",
        ["1.x", "1*", "a.*", "1.0-rc*", "1.0-rc.*", "*@1.0", "*@1.*", "1.2.3.4.*", "1.-.*", ""],
    )
    def test_unreadable_patterns(self, text: str) -> None:
        assert parse_pattern(text) is None

    def test_escaped_asterisks_are_text(self) -> None:
        assert parse_pattern("1.*", stars=()) is None
        assert parse_pattern("*@1.*", stars=(4,)) == VersionPattern("*", (1,))


class TestOrder:
    """§4.7: the order is total, and 1.0 equals 1.0.0."""

    @given(VERSIONS, VERSIONS, VERSIONS)
    def test_total_antisymmetric_transitive(self, a: str, b: str, c: str) -> None:
        x, y, z = sorted(v for v in map(parse_version, (a, b, c)) if v is not None)
        assert x <= y <= z
        assert x <= z
        assert (x < y) + (x == y) + (x > y) == 1
        assert not (x < y and y < x)

    @given(VERSIONS)
    def test_missing_parts_are_zero(self, text: str) -> None:
        numbers, dash, prerelease = text.partition("-")
        if numbers.count(".") < 3:
            assert parse_version(f"{numbers}.0{dash}{prerelease}") == parse_version(text)

    def test_ladder(self) -> None:
        ladder = ["0.9", "1-a", "1-b", "1", "1.0.0.1", "1.0.1-z", "1.0.1", "1.2", "1.10", "2"]
        versions = [parse_version(text) for text in ladder]
        assert versions == sorted(versions, key=lambda version: version or ())
        assert len(set(versions)) == len(ladder)


class TestIndex:
    """§4.7: comparisons over distinct releases."""

    @given(st.lists(RELEASES, max_size=12), VERSIONS, st.sampled_from(OPERATORS), st.sampled_from(["", "a@"]))
    def test_operators_are_those_of_the_versions(
        self, releases: list[str], version: str, name: str, package: str
    ) -> None:
        expected = []
        for text in releases:
            parts = split_release(text)
            mine = parse_version(parts.version) if parts.package else None
            fits = not package or parts.package == package[:-1]
            expected.append(mine is not None and fits and COMPARE[name](mine, parse_version(version)))
        assert selected(VersionIndex(releases).version_is(name, pattern(package + version))) == expected

    @given(
        st.lists(RELEASES, max_size=12),
        st.lists(NUMBERS, max_size=3),
        st.sampled_from("*X"),
        st.sampled_from(OPERATORS),
    )
    def test_wildcard_is_prefix(self, releases: list[str], parts: list[str], star: str, name: str) -> None:
        index = VersionIndex(releases)
        prefix = tuple(map(int, parts))
        expected = []
        for text in releases:
            package, version, _ = split_release(text)
            mine = parse_version(version) if package else None
            expected.append(mine is not None and COMPARE[name](mine[: len(prefix)], prefix))
        assert selected(index.version_is(name, pattern(".".join([*parts, star])))) == expected

    @given(
        st.lists(RELEASES, max_size=12),
        st.sampled_from(["0", "1", "12", "9" * 40]),
        st.sampled_from(OPERATORS),
    )
    def test_builds_of_digits_are_numbers(self, releases: list[str], build: str, name: str) -> None:
        index = VersionIndex(releases)
        expected = []
        for text, participates in zip(releases, selected(index.participates), strict=True):
            mine = split_release(text).build
            compares = COMPARE[name](int(mine), int(build)) if mine.isdigit() else name == "!="
            expected.append(participates and compares)
        assert selected(index.build_is(name, build)) == expected

    @pytest.mark.parametrize("name", OPERATORS)
    def test_other_builds_are_text(self, name: str) -> None:
        index = VersionIndex(["a@1+abc", "a@1+abd", "a@1+12", "a@1", "a@nightly+abc", "1+abc"])
        negated = name == "!="
        equal = [True, False, False, False]
        prefixed = [True, True, False, False]
        assert selected(index.build_is(name, "abc")) == [e != negated for e in equal] + [False, False]
        assert (
            selected(index.build_is(name, "ab", prefix=True))
            == [e != negated for e in prefixed] + [False] * 2
        )
        assert selected(index.build_is(name, "1", prefix=True)) == [
            e != negated for e in (False, False, True, False)
        ] + [False, False]

    def test_which_releases_participate(self) -> None:
        index = VersionIndex(["a@1+5", "a@nightly", "@1", "1.0", ""])
        assert selected(index.has_package) == [True, True, False, False, False]
        assert selected(index.participates) == [True, False, False, False, False]
        assert selected(index.has_build) == [True, False, False, False, False]
        assert selected(index.package_is(["a"])) == [True, True, False, False, False]
        assert selected(index.package_is([""])) == [False] * 5
        for name, text in product(OPERATORS, ["*", "0", "9"]):
            assert not any(selected(index.version_is(name, pattern(text)))[1:])

    def test_numbers_beyond_the_limit(self) -> None:
        long = "9" * (MAX_DIGITS + 1)
        index = VersionIndex([f"a@{long}", f"a@1+{long}", f"a@1+{'9' * MAX_DIGITS}"])
        assert selected(index.participates) == [False, True, True]
        assert selected(index.build_is(">", "1")) == [False, False, True]
        assert selected(index.build_is("=", long)) == [False, True, False]
