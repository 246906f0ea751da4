"""How releases compare as versions (§4.7)."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from sessionstats.search.masks import Table
from sessionstats.search.terms import RELEASE, Columns
from sessionstats.search.tree import Term
from sessionstats.search.versions import parse_version
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.searches import Matching, with_conditions

COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
"""The comparison that each operator stands for."""

VERSIONED: Final = ("release.version", "release.package", "release.build")
"""Keys that compare releases as versions."""

Compare = Callable[[str, str, Callable[[Any, Any], bool]], bool]
"""From the version of a release, the one asked for, and a comparison: whether it holds."""


def _compared(
    evidence: Evidence,
    compare: Compare,
    *,
    wildcards: bool = False,
) -> Iterator[Flat]:
    """The answer if terms of ``release.version`` compared otherwise, with or without wildcard."""

    def change(term: Term, condition: Any) -> Any:
        value = term.values[0] if term.values else None
        if term.key != "release.version" or value is None:
            return condition
        package, _, wanted = value.operand.rpartition("@")
        wanted = wanted.partition("+")[0]
        if (parse_version(wanted) is None) != wildcards:
            return condition

        def matches(release: str) -> bool:
            of, _, rest = release.rpartition("@")
            version = rest.partition("+")[0]
            if not _visible(evidence, release) or not of or parse_version(version) is None:
                return False
            same_package = not package or of == package
            return (same_package and compare(version, wanted, COMPARE[value.operator])) != term.negated

        return Matching(RELEASE, matches)

    yield from with_conditions(evidence, change)


def _visible(evidence: Evidence, release: str) -> bool:
    """Whether comparisons see a release: with metadata, only those in it (§4.8)."""
    return evidence.query.releases is None or release in evidence.query.releases.versions


@diagnosis("versions-as-text", "4.7", "Versions are compared as text")
def as_text(evidence: Evidence) -> Iterator[Flat]:
    """The parts of a version are numbers: 1.10 is later than 1.9."""
    yield from _compared(evidence, lambda version, wanted, holds: holds(version, wanted))


@diagnosis("missing-parts-not-zero", "4.7", "Missing parts of a version are not 0")
def missing_parts(evidence: Evidence) -> Iterator[Flat]:
    """1.0 equals 1.0.0."""

    def key(version: str) -> tuple[Any, ...]:
        numbers, dash, prerelease = version.partition("-")
        return tuple(map(int, numbers.split("."))), not dash, prerelease

    yield from _compared(evidence, lambda version, wanted, holds: holds(key(version), key(wanted)))


@diagnosis("prerelease-after-final", "4.7", "Prereleases do not come before their final version")
def prerelease(evidence: Evidence) -> Iterator[Flat]:
    """2.0.0-alpha is earlier than 2.0.0."""

    def after(version: str) -> tuple[Any, ...]:
        parsed = parse_version(version)
        return () if parsed is None else (parsed[:4], not parsed.is_final, parsed.prerelease)

    def ignored(version: str) -> tuple[Any, ...]:
        parsed = parse_version(version)
        return () if parsed is None else parsed[:4]

    yield from _compared(evidence, lambda version, wanted, holds: holds(after(version), after(wanted)))
    yield from _compared(evidence, lambda version, wanted, holds: holds(ignored(version), ignored(wanted)))


@diagnosis("first-at-sign", "4.7", "Releases are split at the first @")
def first_at(evidence: Evidence) -> Iterator[Flat]:
    """The package may hold an @: the last one parts it from the version."""

    def change(term: Term, condition: Any) -> Any:
        if term.key not in VERSIONED:
            return condition
        # What follows the first of two signs is no version: such a release takes no part.
        return _Selected(lambda columns: condition.table(columns) & _of_one_sign(columns))

    yield from with_conditions(evidence, change)


def _of_one_sign(columns: Columns) -> Table:
    """Which releases have no more than one @."""
    signs = [release.count("@") for release in columns.encoded[RELEASE].categories]
    return np.array(signs, np.intp) <= 1


@dataclass(frozen=True)
class _Selected:
    """A comparison of releases that selects others."""

    select: Callable[[Columns], Table]

    @property
    def column(self) -> int:
        """Place of the column."""
        return RELEASE

    def table(self, columns: Columns) -> Table:
        """Which releases meet the condition."""
        return self.select(columns)


@diagnosis("wildcard-as-text", "4.7", "A wildcard of a version matches text")
def wildcard(evidence: Evidence) -> Iterator[Flat]:
    """A wildcard compares the parts before it as numbers, with any operator: 1.1.* does not match 1.10."""

    def starts(version: str, wanted: str, holds: Callable[[Any, Any], bool]) -> bool:
        begins = version.startswith(wanted.partition("*")[0].rstrip("."))
        return not begins if holds is operator.ne else begins

    def starts_with_point(version: str, wanted: str, holds: Callable[[Any, Any], bool]) -> bool:
        begins = version.startswith(wanted.partition("*")[0])
        return not begins if holds is operator.ne else begins

    yield from _compared(evidence, starts, wildcards=True)
    yield from _compared(evidence, starts_with_point, wildcards=True)


@diagnosis("builds-as-text", "4.7", "Builds of digits are compared as text")
def builds(evidence: Evidence) -> Iterator[Flat]:
    """A build of digits compares as a number."""

    def change(term: Term, condition: Any) -> Any:
        value = term.values[0] if term.values else None
        if term.key != "release.build" or value is None or not value.operand.isdigit():
            return condition

        def matches(release: str) -> bool:
            package, _, rest = release.rpartition("@")
            version, _, build = rest.partition("+")
            if not package or parse_version(version) is None or not _visible(evidence, release):
                return False
            return COMPARE[value.operator](build, value.operand) != term.negated

        return Matching(RELEASE, matches)

    yield from with_conditions(evidence, change)


@diagnosis("negation-keeps-unreadable", "4.7", "Negated comparisons keep releases that are no versions")
def unreadable(evidence: Evidence) -> Iterator[Flat]:
    """A release that takes no part in a comparison is selected neither by a term nor by its negation."""

    def change(term: Term, condition: Any) -> Any:
        if term.key not in VERSIONED or not term.negated:
            return condition
        return _Selected(lambda columns: ~replace(condition, negated=False).table(columns))

    yield from with_conditions(evidence, change)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    first_at,
    prerelease,
    missing_parts,
    wildcard,
    builds,
    unreadable,
    as_text,
)
"""Of this family, the most specific first."""
