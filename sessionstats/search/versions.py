"""Releases as versions (§4.7).

1. A release text is ``package@version+build``, split at the last ``@`` and then at the first ``+``; a
   missing part is empty.
2. A version is ``major[.minor[.patch[.revision]]]``, decimal digits, missing ones 0, then optionally
   ``-prerelease``, any text. Versions order by (major, minor, patch, revision, is final, prerelease text).
3. A release participates in comparisons of package if it has a package, and in those of version and build if
   its version is readable as well. Others are selected neither by a comparison nor by its negation.
4. A wildcard as one of the four numbers (``1.*``, ``1.2.X``) compares only the parts before it, with any
   operator; what follows it (``1.*.*``) does not matter. A leading package (``pkg@1.2.*``) must be
   equal as well; it cannot have wildcards.
5. A build of digits compares as a number with any operator; among other builds only ``!=`` holds. Other text
   is compared by equality, or as a prefix if it ends in ``*``, whatever the operator, with ``!=`` negating.

`sessionstats.search.version_index` compares many releases at once.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_DIGITS: Final = 4300
"""Digits of the longest readable number: by default Python does not convert longer ones."""

OPERATORS: Final = ("=", "!=", ">", ">=", "<", "<=")
"""The comparison operators (§4.7); without one, ``=`` applies."""

WILDCARDS: Final = ("*", "X")
"""What may replace a number of a version, to compare only the numbers before it (§4.7)."""

_VERSION: Final = re.compile(
    r"([0-9]{1,4300})(?:\.([0-9]{1,4300}))?(?:\.([0-9]{1,4300}))?(?:\.([0-9]{1,4300}))?(?:-(.+))?", re.DOTALL
)
NUMBER: Final = re.compile(r"[0-9]{1,4300}")
"""Form of a number of a version, and of a build that compares as a number."""


class ReleaseParts(NamedTuple):
    """The three parts of a release text; a missing one is empty."""

    package: str
    version: str
    build: str


class Version(NamedTuple):
    """A readable version; compares as §4.7 says, field by field."""

    major: int
    minor: int
    patch: int
    revision: int
    is_final: bool
    prerelease: str


@dataclass(frozen=True, slots=True)
class VersionPattern:
    """What ``release.version`` compares with.

    Parameters
    ----------
    package : str
        The package that releases must have; empty if any will do.
    prefix : tuple
        A whole `Version`, or the leading parts before a wildcard.
    """

    package: str
    prefix: tuple[int | str, ...]


def split_release(text: str) -> ReleaseParts:
    """Package, version and build of a release text (§4.7).

    Examples
    --------
    >>> split_release("org.app@1.2.3-rc.1+77")
    ReleaseParts(package='org.app', version='1.2.3-rc.1', build='77')
    >>> split_release("1.2.3").package
    ''
    """
    package, _, rest = text.rpartition("@")
    version, _, build = rest.partition("+")
    return ReleaseParts(package, version, build)


def parse_version(text: str) -> Version | None:
    """Read a version, or return `None` if it is not readable (§4.7).

    Examples
    --------
    >>> parse_version("1.0") == parse_version("1.0.0")
    True
    >>> parse_version("1.0-beta") < parse_version("1.0") < parse_version("1.0.0.1") < parse_version("1.10")
    True
    >>> parse_version("v1") is None
    True
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    major, minor, patch, revision, prerelease = match.groups()
    numbers = int(major), int(minor or 0), int(patch or 0), int(revision or 0)
    return Version(*numbers, prerelease is None, prerelease or "")


def parse_pattern(text: str, stars: tuple[int, ...] | None = None) -> VersionPattern | None:
    """Read the operand of a ``release.version`` comparison, or return `None` if it is not readable (§4.7).

    Parameters
    ----------
    text : str
        A version or a prefix with a wildcard, optionally with a leading package and a trailing build, which
        is not compared.
    stars : tuple of int, optional
        Positions of the first and the last asterisk that are wildcards; those before and after them are
        text. By default all of them are.

    Examples
    --------
    >>> parse_pattern("app@1.2.*")
    VersionPattern(package='app', prefix=(1, 2))
    >>> parse_pattern("1.X.3").prefix
    (1,)
    >>> parse_pattern("2.x") is None, parse_pattern("1.0-rc*") is None
    (True, True)
    """
    if stars is None:
        stars = (text.index("*"),) if "*" in text else ()
    package, version, _ = split_release(text)
    begin = text.rfind("@") + 1
    if any(place < begin for place in stars):
        return None
    in_version = {place - begin for place in stars if place < begin + len(version)}
    whole = None if in_version else parse_version(version)
    prefix = whole if whole is not None else _before_wildcard(version, in_version)
    return None if prefix is None else VersionPattern(package, prefix)


def _before_wildcard(version: str, stars: Collection[int]) -> tuple[int, ...] | None:
    """The numbers before the first wildcard; `None` if anything else precedes it, or there is none."""
    numbers: list[int] = []
    begin = 0
    for part in version.split(".", 3):
        if part in WILDCARDS and (part != "*" or begin in stars):
            return tuple(numbers)
        if not NUMBER.fullmatch(part):
            return None
        numbers.append(int(part))
        begin += len(part) + 1
    return None
