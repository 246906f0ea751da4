"""Releases as versions (§4.7): `package@version+build`.

1. Split at the last `@`; what follows the first `+` is the build.
2. A version is up to four numbers, then perhaps `-prerelease`; missing numbers are 0.
3. Order: the numbers, then final after prerelease, then the text of the prerelease.
4. `release.version` compares with `= != > >= < <=`; a wildcard compares the numbers before it.
5. `release.build` compares digits as numbers, other text by equality or a trailing `*`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import Rejection
from .search import Term, Value, has_wildcard, unescape

if TYPE_CHECKING:
    from .definitions import Definitions

# silent (§4.7): numbers may have leading zeros; a prerelease is any text but the empty one.
VERSION = re.compile(r"([0-9]+(?:\.[0-9]+){0,3})(?:-(.+))?", re.DOTALL)
DIGITS = re.compile(r"[0-9]+")

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq, "=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
    "<": operator.lt, "<=": operator.le,
}  # fmt: skip
"""The comparison of each operator; none means equality (§4.7)."""

Number = tuple[int, str]
"""A number of any length as (digits, text): compares as the number does."""


@dataclass(frozen=True)
class Version:
    """What is compared: up to four numbers, whether it is final, the prerelease; and the text (§4.7)."""

    numbers: tuple[Number, ...]
    final: bool
    prerelease: str
    text: str


def version_rank(version: Version) -> Any:
    """What versions are compared by (§4.7)."""
    return (padded(version.numbers), version.final, version.prerelease)


def padded(numbers: tuple[Number, ...]) -> tuple[Number, ...]:
    """Four numbers; missing ones are 0 (§4.7)."""
    return (numbers + (number("0"),) * 4)[:4]


@dataclass(frozen=True)
class Parsed:
    """A release with a package; `version` is None if it is not readable (§4.7)."""

    package: str
    version: Version | None
    build: str


def number(digits: str) -> Number:
    """Digits as a number (§4.7)."""
    significant = digits.lstrip("0")
    return (len(significant), significant)


def read_version(text: str) -> Version | None:
    """`major[.minor[.patch[.revision]]][-prerelease]`, or None (§4.7)."""
    match = VERSION.fullmatch(text)
    if match is None:
        return None
    numbers = tuple(number(digits) for digits in match[1].split("."))
    return Version(numbers, match[2] is None, match[2] or "", text)


def read_release(release: str) -> Parsed | None:
    """The parts of a release; None if it has no package (§4.7)."""
    package, _, rest = release.rpartition("@")
    if package == "":
        return None
    version, _, build = rest.partition("+")
    return Parsed(package, read_version(version), build)


def version_condition(d: Definitions, term: Term) -> Callable[[Parsed], bool]:
    """What `release.version` requires of a readable release, before negation (§4.7)."""
    if term.is_list:
        raise Rejection("Invalid operation 'IN' for semantic version filter.")
    value = term.values[0]
    compare = COMPARE[value.operator]
    # silent (§4.7): `@1.0` fixes no package; a build in the filter (`1.0+5`) is not compared;
    # `!=pkg@1.0` means another version of that package, `!release.version:pkg@1.0` everything else.
    package, _, rest = value.raw.rpartition("@")
    if has_wildcard(package):
        # silent (§4.7): a package has no wildcards.
        raise Rejection("Invalid format of semantic version filter.")
    rest = rest.partition("+")[0]
    operand = None if has_wildcard(rest) else read_version(unescape(rest))
    numbers = None if operand else wildcard_numbers(rest)
    if operand is None and numbers is None:
        raise Rejection("Invalid format of semantic version filter.")

    def holds(release: Parsed) -> bool:
        if release.version is None or (package and release.package != unescape(package)):
            return False
        if operand is not None:
            return compare(d.version_rank(release.version), d.version_rank(operand))
        before = numbers or ()
        return compare(padded(release.version.numbers)[: len(before)], before)

    return holds


def wildcard_numbers(raw: str) -> tuple[Number, ...] | None:
    """The numbers before a wildcard `*` or `X`; None if it is not read as one (§4.7)."""
    # silent (§4.7): the wildcard is one of the four numbers; what follows it is ignored.
    before: list[Number] = []
    for part in raw.split(".", 3):
        # The fourth part still holds any further dots, and is then neither digits nor wildcard.
        if part in ("*", "X"):
            return tuple(before)
        if not DIGITS.fullmatch(part):
            return None
        before.append(number(part))
    return None


def build_condition(term: Term) -> Callable[[Parsed], bool]:
    """What `release.build` requires of a readable release, before negation (§4.7)."""
    if term.is_list:
        raise Rejection("Invalid operation 'IN' for semantic version filter.")
    value = term.values[0]
    if DIGITS.fullmatch(value.raw):
        return numeric_build(value)
    trailing = value.raw.endswith("*") and not value.raw.endswith("\\*")
    operand = unescape(value.raw[:-1] if trailing else value.raw)

    def holds(release: Parsed) -> bool:
        same = release.build.startswith(operand) if trailing else release.build == operand
        return same != (value.operator == "!=")

    return holds


def numeric_build(value: Value) -> Callable[[Parsed], bool]:
    """A build of digits: as numbers; of a build that is not a number only `!=` holds (§4.7)."""

    def holds(release: Parsed) -> bool:
        if not DIGITS.fullmatch(release.build):
            return value.operator == "!="
        return COMPARE[value.operator](number(release.build), number(value.raw))

    return holds
