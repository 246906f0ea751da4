"""Many releases compared as versions at once (§4.7).

1. Releases are split, and each distinct version is parsed once. Builds are parsed on first use.
2. Readable versions are ranked once, by sorting their numbers. What equals a version or a prefix is then
   one range of ranks, and every operator is a comparison with its ends: there are no pairwise comparisons.
3. Builds are ranked likewise, once as numbers and once as texts; packages are codes.

So a comparison costs one pass over an array of ranks, and finding its range the logarithm of their number.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import Encoded, encode
from sessionstats.search.versions import NUMBER, Version, VersionPattern, parse_version


class VersionIndex:
    """Distinct releases, parsed and sorted once, for any number of comparisons (§4.7).

    Parameters
    ----------
    releases : sequence of str
        Release texts.

    Examples
    --------
    >>> from sessionstats.search.versions import parse_pattern
    >>> index = VersionIndex(["app@1.0", "app@1.5+7", "lib@2.0-rc", "nightly"])
    >>> index.participates.tolist()
    [True, True, True, False]
    >>> index.version_is(">=", parse_pattern("1.*")).tolist()
    [True, True, True, False]
    >>> index.version_is("=", parse_pattern("app@1.*")).tolist()
    [True, True, False, False]
    >>> index.build_is(">", "5").tolist()
    [False, True, False, False]
    """

    def __init__(self, releases: Sequence[str]) -> None:
        # As `split_release`, in columns.
        split = [text.rpartition("@") for text in releases]
        rests = [rest.partition("+") for _, _, rest in split]
        self._packages = encode([package for package, _, _ in split])
        self._versions = encode([version for version, _, _ in rests])
        self._build_texts = [build for _, _, build in rests]

    @cached_property
    def has_package(self) -> NDArray[np.bool_]:
        """Which releases participate in comparisons of package: (n,) bool."""
        return ~self._is_package({""})

    @cached_property
    def participates(self) -> NDArray[np.bool_]:
        """Which releases participate in comparisons of version and build: (n,) bool."""
        return self.has_package & (self._ranks >= 0)

    @cached_property
    def has_build(self) -> NDArray[np.bool_]:
        """Which releases have a build: (n,) bool."""
        return np.fromiter(map(bool, self._build_texts), bool, len(self._build_texts))

    def package_is(self, packages: Iterable[str]) -> NDArray[np.bool_]:
        """Which releases have one of these packages; an empty package does not count (§4.7)."""
        return self._is_package(set(packages) - {""})

    def version_is(self, operator: str, pattern: VersionPattern) -> NDArray[np.bool_]:
        """Which participating releases meet a comparison with a version or a prefix (§4.7).

        Parameters
        ----------
        operator : str
            One of `versions.OPERATORS`.
        pattern : VersionPattern
            From `versions.parse_pattern`. Its package must be equal, whatever the operator.

        Returns
        -------
        (n,) bool
        """
        depth, prefix = len(pattern.prefix), pattern.prefix
        low, high = _range(self._sorted_versions, prefix, lambda version: version[:depth])
        selected = _compare(self._ranks, operator, low, high)
        selected &= self.participates
        return selected & self.package_is([pattern.package]) if pattern.package else selected

    def build_is(self, operator: str, build: str, *, prefix: bool = False) -> NDArray[np.bool_]:
        """Which participating releases meet a comparison of their build (§4.7).

        Parameters
        ----------
        operator : str
            One of `versions.OPERATORS`.
        build : str
            Digits, or other text.
        prefix : bool
            Whether `build` is only the beginning of the requested builds, ``build*``.

        Returns
        -------
        (n,) bool
        """
        if not prefix and NUMBER.fullmatch(build):
            ranks, numbers = self._build_numbers
            # A build that is not a number satisfies only ``!=``.
            selected = _compare(ranks, operator, *_range(numbers, int(build)))
            selected &= (ranks >= 0) | (operator == "!=")
        else:
            length = len(build) if prefix else None
            ranks, texts = self._builds.ranks, self._sorted_builds
            low, high = _range(texts, build, lambda text: text[:length])
            selected = _compare(ranks[self._builds.codes], "!=" if operator == "!=" else "=", low, high)
        selected &= self.participates
        return selected

    def _is_package(self, packages: set[str]) -> NDArray[np.bool_]:
        categories = self._packages.categories
        table = np.fromiter(map(packages.__contains__, categories), bool, len(categories))
        return np.take(table, self._packages.codes)

    @cached_property
    def _ranking(self) -> tuple[NDArray[np.intp], list[Version]]:
        """Rank of each distinct version text, −1 where it is not readable, and the versions in order."""
        read = [parse_version(text) for text in self._versions.categories]
        readable = np.fromiter((version is not None for version in read), bool, len(read)).nonzero()[0]
        versions = [version for version in read if version is not None]
        order = _sorted_places(versions)
        ascending = [versions[place] for place in order.tolist()]
        new = np.fromiter(
            (a != b for a, b in zip(ascending, [None, *ascending], strict=False)), bool, len(ascending)
        )
        ranks = np.full(len(read), -1, np.intp)
        ranks[readable[order]] = np.cumsum(new) - 1
        return ranks, [ascending[place] for place in new.nonzero()[0].tolist()]

    @cached_property
    def _ranks(self) -> NDArray[np.intp]:
        """Rank of the version of each release."""
        return np.take(self._ranking[0], self._versions.codes)

    @property
    def _sorted_versions(self) -> list[Version]:
        return self._ranking[1]

    @cached_property
    def _builds(self) -> Encoded[str]:
        return encode(self._build_texts)

    @cached_property
    def _sorted_builds(self) -> list[str]:
        return sorted(self._builds.categories)

    @cached_property
    def _build_numbers(self) -> tuple[NDArray[np.intp], list[int]]:
        """Rank of each release's build as a number, −1 where it is not one, and the numbers in order."""
        builds = self._builds.categories
        numbers = [int(text) if NUMBER.fullmatch(text) else None for text in builds]
        ascending = sorted({number for number in numbers if number is not None})
        rank_of: dict[int | None, int] = {number: rank for rank, number in enumerate(ascending)}
        ranks = np.fromiter((rank_of.get(number, -1) for number in numbers), np.intp, len(numbers))
        return ranks[self._builds.codes], ascending


def _sorted_places(versions: list[Version]) -> NDArray[np.intp]:
    """Positions of versions in ascending order; by columns, unless a number is too large for one."""
    if not versions:
        return np.empty(0, np.intp)
    *numbers, final, prerelease = zip(*versions, strict=True)
    try:
        columns = [np.array(column, np.int64) for column in numbers]
    except OverflowError:
        return np.array(sorted(range(len(versions)), key=versions.__getitem__), np.intp)
    texts = encode(prerelease)
    return np.lexsort((texts.ranks[texts.codes], np.array(final), *reversed(columns)))


def _range(ascending: Sequence[Any], value: Any, key: Callable[[Any], Any] | None = None) -> tuple[int, int]:
    """The ranks of the items that equal a value: from the first to before the second."""
    # What a value is the beginning of sorts behind it, so that the first needs no key.
    return bisect_left(ascending, value), bisect_right(ascending, value, key=key)


def _compare(ranks: NDArray[np.intp], operator: str, low: int, high: int) -> NDArray[np.bool_]:
    """Compare ranks with the range of equal ones, from `low` to before `high`."""
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
