"""Releases as versions (§4.7).

1. A release text is ``package@version+build``, split at the last ``@`` and then at the first ``+``; a part
   that is not there is empty.
2. A version is ``major[.minor[.patch[.revision]]]``, decimal digits, missing ones 0, then optionally
   ``-prerelease``, any text. Versions order by (major, minor, patch, revision, is final, prerelease text).
3. A release takes part in comparisons of package if it has a package, in those of version and build if its
   version is readable too. Others are selected neither by a comparison nor by its negation.
4. A wildcard as one of the four numbers (``1.*``, ``1.2.X``) compares only the parts before it, with any
   operator; what stands after it (``1.*.*``) does not matter. A package in front (``pkg@1.2.*``) must be
   equal as well; it has no wildcards.
5. The readable versions are sorted once, over distinct releases. What equals a version or a prefix is then
   one range of ranks, and every operator is a comparison with its ends: nothing is compared pairwise.
6. A build of digits compares as a number with any operator; among other builds only ``!=`` holds. Other text
   compares by equality, or as a prefix with ``*`` at its end, whatever the operator, ``!=`` negating.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_DIGITS: Final = 4300
"""Digits of the longest readable number: Python refuses to convert longer ones by default."""

OPERATORS: Final = ("=", "!=", ">", ">=", "<", "<=")
"""The comparison operators (§4.7); none in front means ``=``."""

WILDCARDS: Final = ("*", "X")
"""What may stand for a number of a version, to compare only the numbers before it (§4.7)."""

_VERSION: Final = re.compile(
    r"([0-9]{1,4300})(?:\.([0-9]{1,4300}))?(?:\.([0-9]{1,4300}))?(?:\.([0-9]{1,4300}))?(?:-(.+))?", re.DOTALL
)
_NUMBER: Final = re.compile(r"[0-9]{1,4300}")


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
        A version or a prefix with a wildcard, optionally with a package in front and a build, which does not
        compare, behind.
    stars : tuple of int, optional
        Places of the asterisks that are wildcards; others are text. By default all of them are.

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
        stars = tuple(place for place, character in enumerate(text) if character == "*")
    package, version, _ = split_release(text)
    begin = text.rfind("@") + 1
    if any(place < begin for place in stars):
        return None
    in_version = {place - begin for place in stars if place < begin + len(version)}
    whole = None if in_version else parse_version(version)
    prefix = whole if whole is not None else _before_wildcard(version, in_version)
    return None if prefix is None else VersionPattern(package, prefix)


def _before_wildcard(version: str, stars: Collection[int]) -> tuple[int, ...] | None:
    """The numbers before the first wildcard; `None` if anything else stands before it, or there is none."""
    numbers: list[int] = []
    begin = 0
    for part in version.split(".", 3):
        if part in WILDCARDS and (part != "*" or begin in stars):
            return tuple(numbers)
        if not _NUMBER.fullmatch(part):
            return None
        numbers.append(int(part))
        begin += len(part) + 1
    return None


class VersionIndex:
    """Distinct releases, read and sorted once, for any number of comparisons (§4.7).

    Parameters
    ----------
    releases : sequence of str
        Release texts.

    Attributes
    ----------
    has_package : (n,) bool
        Which releases take part in comparisons of package.
    takes_part : (n,) bool
        Which releases take part in comparisons of version and build.
    has_build : (n,) bool
        Which releases have a build.

    Examples
    --------
    >>> index = VersionIndex(["app@1.0", "app@1.5+7", "lib@2.0-rc", "nightly"])
    >>> index.takes_part.tolist()
    [True, True, True, False]
    >>> index.version_is(">=", parse_pattern("1.*")).tolist()
    [True, True, True, False]
    >>> index.version_is("=", parse_pattern("app@1.*")).tolist()
    [True, True, False, False]
    >>> index.build_is(">", "5").tolist()
    [False, True, False, False]
    """

    def __init__(self, releases: Sequence[str]) -> None:
        parts = [split_release(text) for text in releases]
        versions = [parse_version(part.version) if part.package else None for part in parts]
        size = len(parts)
        self._packages = [part.package for part in parts]
        self._builds = [part.build for part in parts]
        self.has_package = np.fromiter(map(bool, self._packages), bool, size)
        self.has_build = np.fromiter(map(bool, self._builds), bool, size)
        self.takes_part = np.fromiter((version is not None for version in versions), bool, size)
        self._sorted_versions = sorted({version for version in versions if version is not None})
        rank_of = {version: rank for rank, version in enumerate(self._sorted_versions)}
        self._ranks = np.fromiter((rank_of[v] if v is not None else -1 for v in versions), np.int64, size)

    def package_is(self, packages: Iterable[str]) -> NDArray[np.bool_]:
        """Which releases have one of these packages; the empty one is none (§4.7)."""
        wanted = set(packages) - {""}
        return np.fromiter(map(wanted.__contains__, self._packages), bool, len(self._packages))

    def version_is(self, operator: str, pattern: VersionPattern) -> NDArray[np.bool_]:
        """Which releases that take part compare so with a version or a prefix (§4.7).

        Parameters
        ----------
        operator : str
            One of `OPERATORS`.
        pattern : VersionPattern
            From `parse_pattern`. Its package must be equal whatever the operator.

        Returns
        -------
        (n,) bool
        """
        depth, prefix = len(pattern.prefix), pattern.prefix
        low = bisect_left(self._sorted_versions, prefix, key=lambda version: version[:depth])
        high = bisect_right(self._sorted_versions, prefix, key=lambda version: version[:depth])
        selected = _compare(self._ranks, operator, low, high)
        selected &= self.takes_part
        return selected & self.package_is([pattern.package]) if pattern.package else selected

    def build_is(self, operator: str, build: str, *, prefix: bool = False) -> NDArray[np.bool_]:
        """Which releases that take part have such a build (§4.7).

        Parameters
        ----------
        operator : str
            One of `OPERATORS`.
        build : str
            Digits, or other text.
        prefix : bool
            Whether `build` is only the beginning of the builds wanted, ``build*``.

        Returns
        -------
        (n,) bool
        """
        if not prefix and _NUMBER.fullmatch(build):
            selected = _compare_numbers(self._builds, operator, int(build))
        else:
            matches = (text.startswith(build) if prefix else text == build for text in self._builds)
            selected = np.fromiter(matches, bool, len(self._builds)) ^ (operator == "!=")
        selected &= self.takes_part
        return selected


def _compare_numbers(builds: Iterable[str], operator: str, number: int) -> NDArray[np.bool_]:
    """Compare digits as numbers, of any size; a build that is none differs, and nothing else (step 6)."""
    signs = [
        (int(build) > number) - (int(build) < number) if _NUMBER.fullmatch(build) else None
        for build in builds
    ]
    readable = np.array([sign is not None for sign in signs], bool)
    selected = _compare(np.array([sign or 0 for sign in signs], np.int64), operator, 0, 1)
    return np.where(readable, selected, operator == "!=")


def _compare(ranks: NDArray[np.int64], operator: str, low: int, high: int) -> NDArray[np.bool_]:
    """Compare ranks with what is equal, the ranks from `low` to before `high`."""
    if operator == "<":
        return ranks < low
    if operator == "<=":
        return ranks < high
    if operator == ">":
        return ranks >= high
    if operator == ">=":
        return ranks >= low
    equal = (ranks >= low) & (ranks < high)
    return ~equal if operator == "!=" else equal
