"""Releases compared as versions in the wrong way (§4.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined
from sessionstats.testing.model import versions
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.search import Term, has_wildcard
from sessionstats.testing.model.versions import COMPARE, Parsed, Version, padded


def by_text(
    compare: Callable[[Version, Version], tuple[Any, Any]],
) -> Callable[..., Callable[[Parsed], bool]]:
    """Versions compared by something other than their parts; wildcards as they are."""

    def condition(d: Definitions, term: Term) -> Callable[[Parsed], bool]:
        right = versions.version_condition(d, term)
        value = term.values[0]
        package, _, rest = value.raw.rpartition("@")
        operand = None if has_wildcard(rest) else versions.read_version(rest.partition("+")[0])
        if operand is None:
            return right

        def holds(release: Parsed) -> bool:
            if release.version is None or (package and release.package != package):
                return False
            return COMPARE[value.operator](*compare(release.version, operand))

        return holds

    return condition


def wildcard_as_text(d: Definitions, term: Term) -> Callable[[Parsed], bool]:
    """A wildcard matches text."""
    right = versions.version_condition(d, term)
    value = term.values[0]
    package, _, rest = value.raw.rpartition("@")
    if not has_wildcard(rest):
        return right
    begin = rest.partition("*")[0].rstrip(".")

    def holds(release: Parsed) -> bool:
        if release.version is None or (package and release.package != package):
            return False
        return release.version.text.startswith(begin) != (value.operator == "!=")

    return holds


def builds_as_text(term: Term) -> Callable[[Parsed], bool]:
    """Builds compared as text."""
    right = versions.build_condition(term)
    value = term.values[0]
    if not versions.DIGITS.fullmatch(value.raw):
        return right
    return lambda release: COMPARE[value.operator](release.build, value.raw)


def read_first_at(text: str) -> Parsed | None:
    """A release split at the first @."""
    package, at, rest = text.partition("@")
    if not at:
        return None
    version, _, build = rest.partition("+")
    return Parsed(package, versions.read_version(version), build)


def without_package(text: str) -> Parsed | None:
    """A release that needs no package."""
    return versions.read_release(text) or versions.read_release(f"none@{text}")


def first_numbers(count: int) -> Callable[[Version], Any]:
    """The rank of a version by its first numbers."""
    return lambda version: (padded(version.numbers)[:count], version.final, version.prerelease)


def compared(operators: Mapping[str, str], detail: str) -> Variant:
    """A variant that reads operators of versions and builds as others."""

    def changed(term: Term) -> Term:
        values = [replace(each, operator=operators.get(each.operator, each.operator)) for each in term.values]
        return replace(term, values=tuple(values))

    return defined(
        detail,
        version_condition=lambda d, term: versions.version_condition(d, changed(term)),
        build_condition=lambda term: versions.build_condition(changed(term)),
    )


def reading(one: str, other: str) -> Variant:
    """A variant that reads one operator as another."""
    return compared({one: other}, f"{one} as {other}")


def zero_without(term: Term) -> Callable[[Parsed], bool]:
    """Builds compared as numbers, a missing one as 0."""
    right = versions.build_condition(term)
    if not versions.DIGITS.fullmatch(term.values[0].raw):
        return right
    return lambda release: right(release if release.build else replace(release, build="0"))


def as_text(version: Version, operand: Version) -> tuple[Any, Any]:
    """The two texts."""
    return version.text, operand.text


def as_floats(version: Version, operand: Version) -> tuple[Any, Any]:
    """Major and minor as one number with a fraction."""
    return _float(version.text), _float(operand.text)


def _float(text: str) -> float:
    match = re.match(r"\d+(\.\d+)?", text)
    return float(match[0]) if match else 0.0


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "first-at-sign", "4.7", "Releases are split at the first @",
        "The package may contain an @: the last one separates it from the version.",
        defined(read_release=read_first_at),
    ),
    bug(
        "package-not-needed", "4.7", "Releases without a package participate in comparisons",
        "Only releases with a package participate in comparisons of versions.",
        defined(read_release=without_package),
    ),
    bug(
        "prerelease-after-final", "4.7", "Prereleases do not come before their final version",
        "2.0.0-alpha is earlier than 2.0.0.",
        defined("but after it", version_rank=lambda v: (padded(v.numbers), not v.final, v.prerelease)),
        defined("but equal to it", version_rank=lambda v: padded(v.numbers)),
    ),
    bug(
        "missing-parts-not-zero", "4.7", "Missing parts of a version are not 0",
        "1.0 equals 1.0.0.",
        defined(version_rank=lambda v: (v.numbers, v.final, v.prerelease)),
    ),
    bug(
        "versions-as-text", "4.7", "Versions are compared as text",
        "The parts of a version are numbers: 1.10 is later than 1.9.",
        defined(version_condition=by_text(as_text)),
        defined("or as one number", version_condition=by_text(as_floats)),
    ),
    bug(
        "revision-ignored", "4.7", "Only some numbers of a version are compared",
        "A version has up to four numbers, and all of them count.",
        *(defined(f"the first {n}", version_rank=first_numbers(n)) for n in (3, 2, 1)),
    ),
    bug(
        "operators-confused", "4.6", "An operator is read as another one",
        "``>=`` includes the operand, and ``>`` does not.",
        *(reading(one, other) for one, other in ((">=", ">"), ("<=", "<"), (">", ">="), ("<", "<="),
                                                 ("!=", "="))),
        compared({">=": ">", "<=": "<"}, "neither includes it"),
        compared({">": ">=", "<": "<="}, "both include it"),
    ),
    bug(
        "missing-build-is-zero", "4.7", "A missing build compares as 0",
        "A release without a build, or with another than a number, is neither smaller nor larger.",
        defined(build_condition=zero_without),
    ),
    bug(
        "wildcard-as-text", "4.7", "A wildcard in a version matches text",
        "A wildcard compares the parts before it as numbers, with any operator: 1.1.* does not match 1.10.",
        defined(version_condition=wildcard_as_text),
    ),
    bug(
        "builds-as-text", "4.7", "Builds of digits are compared as text",
        "A build of digits compares as a number.",
        defined(build_condition=builds_as_text),
    ),
    bug(
        "negation-keeps-unreadable", "4.7", "Negated comparisons keep releases that are not versions",
        "A release that does not participate in a comparison is selected neither by a term nor by its "
        "negation.",
        defined(selects_unreadable=lambda term: term.negated),
    ),
)  # fmt: skip
"""The bugs of this family."""
