"""What each term of a search means (§4.2, §4.6, §4.7, §4.8).

1. A term looks at one column. Most ask whether the column's value is one of some values (`OneOf`); those on
   ``release.version``, ``release.package`` and ``release.build`` compare releases as versions (`Compared`).
2. ``!`` negates. A release that does not participate in a comparison, or has no stage, is selected
   neither way (§4.7, §4.8).
3. ``has:key`` means that the value is not empty (§4.1).
4. `read_term` knows every key; an unknown key or value is rejected with the endpoint's text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np

from sessionstats.columns.encoding import Encoded
from sessionstats.errors import Note, RequestError
from sessionstats.notes import nearest
from sessionstats.search.context import SearchContext
from sessionstats.search.masks import COLUMNS, Table
from sessionstats.search.release_records import STAGES
from sessionstats.search.releases import Releases
from sessionstats.search.tree import FreeText, Term, Value
from sessionstats.search.version_index import VersionIndex
from sessionstats.search.versions import parse_pattern

PROJECT, RELEASE, ENVIRONMENT = range(len(COLUMNS))
"""Positions in `masks.COLUMNS`."""

LATEST: Final = "latest"
"""The value of ``release`` that means the newest release of each selected project (§4.8)."""

_ID: Final = re.compile(r"-?[0-9]+")

MAX_ID_DIGITS: Final = 4300
"""Digits of the longest id that is parsed; a longer one is a number, but belongs to no project."""


class Columns:
    """The columns that a search is bound to, and its releases as versions, parsed on first use.

    Parameters
    ----------
    projects, releases, environments : Encoded
    metadata : Releases or None
        If given, only the releases in it participate in comparisons (§4.8).
    """

    def __init__(
        self,
        projects: Encoded[int],
        releases: Encoded[str],
        environments: Encoded[str],
        metadata: Releases | None,
    ) -> None:
        self.encoded: tuple[Encoded[Any], ...] = (projects, releases, environments)
        self.metadata = metadata

    @cached_property
    def versions(self) -> VersionIndex:
        """The releases of the sessions as versions."""
        return VersionIndex(self.encoded[RELEASE].categories)

    @cached_property
    def visible(self) -> Table:
        """Which releases of the sessions participate in comparisons (§4.8)."""
        releases = self.encoded[RELEASE].categories
        if self.metadata is None:
            return np.ones(len(releases), bool)
        known = frozenset(self.metadata.versions)
        return np.fromiter(map(known.__contains__, releases), bool, len(releases))


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value of a column is one of some values or, negated, none of them."""

    column: int
    values: frozenset[Any]
    negated: bool = False

    def table(self, columns: Columns) -> Table:
        """Which categories of the column meet the condition."""
        encoded = columns.encoded[self.column]
        table = np.full(len(encoded.categories), self.negated)
        if self.values and len(table):
            code_of = encoded.code_of
            table[[code_of[value] for value in self.values if value in code_of]] = not self.negated
        return table


@dataclass(frozen=True, slots=True)
class Compared:
    """The release, as a version, meets the comparison or, negated, participates and does not (§4.7)."""

    participates: Callable[[VersionIndex], Table]
    selects: Callable[[VersionIndex], Table]
    negated: bool = False

    @property
    def column(self) -> int:
        """Position of the column in `masks.COLUMNS`."""
        return RELEASE

    def table(self, columns: Columns) -> Table:
        """Which releases meet the condition."""
        selected = self.selects(columns.versions)
        return (selected ^ self.negated) & self.participates(columns.versions) & columns.visible


Condition: TypeAlias = OneOf | Compared


def read_term(leaf: Term | FreeText, context: SearchContext) -> Condition | None:
    """Condition of one term.

    Parameters
    ----------
    leaf : Term or FreeText
        From `tree.leaves`.
    context : SearchContext

    Returns
    -------
    OneOf, Compared or None
        `None` for ``session.status``, which excludes no session (§4.5).

    Raises
    ------
    RequestError
        If the key is unknown or a value is invalid (§4.2, §4.7, §4.8).

    Examples
    --------
    >>> read_term(Term("environment", (Value("prod"),), negated=True), SearchContext())
    OneOf(column=2, values=frozenset({'prod'}), negated=True)
    >>> read_term(Term("os"), SearchContext())
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: Invalid search filter: os
    """
    key = leaf.key if isinstance(leaf, Term) else "message"
    reader = _READERS.get(key)
    if reader is None or isinstance(leaf, FreeText):
        known = () if isinstance(leaf, FreeText) else tuple(_READERS)
        raise rejected(f"Invalid search filter: {key}", key, partial(nearest, key, known))
    return reader(leaf, context)


def rejected(detail: str, value: object, note: Note | None = None) -> RequestError:
    """The error of a rejected search."""
    return RequestError(detail, parameter="query", value=value, note=note)


def texts(term: Term) -> frozenset[str]:
    """Values of a term; for ``has:key`` the empty text, which `negates` reverses.

    Examples
    --------
    >>> texts(Term("release", has=True)), negates(Term("release", has=True))
    (frozenset({''}), True)
    """
    return frozenset(value.text for value in term.values) if term.values else frozenset(("",))


def negates(term: Term) -> bool:
    """Whether a term selects values other than its `texts`: ``!key:value`` and ``has:key`` do."""
    return term.negated != term.has


def _environment(term: Term, _: SearchContext) -> Condition:
    return OneOf(ENVIRONMENT, texts(term), negates(term))


def _release(term: Term, context: SearchContext) -> Condition:
    values = texts(term)
    if LATEST in values:
        metadata = _metadata("release:latest", context)
        values = (values - {LATEST}) | metadata.latest(context.selected_projects)
    return OneOf(RELEASE, values, negates(term))


def _metadata(feature: str, context: SearchContext) -> Releases:
    if context.releases is None:
        raise rejected(f"{feature} needs release metadata: supply releases", feature)
    return context.releases


def _project_id(term: Term, _: SearchContext) -> Condition:
    """Ids alone; only ``project`` requires them to be selected (§4.2)."""
    for value in term.values:
        if _ID.fullmatch(value.text) is None:
            raise rejected(f"{term.key}: Invalid number: {value.text}.", value.text)
    ids = frozenset(int(value.text) for value in term.values if len(value.text) <= MAX_ID_DIGITS)
    return OneOf(PROJECT, ids, negates(term))


def _project(term: Term, context: SearchContext) -> Condition:
    selected = context.selected_projects
    ids = {value.text: _id_of(value.text, context) for value in term.values}
    unknown = [
        text for text, id_ in ids.items() if id_ is None or (selected is not None and id_ not in selected)
    ]
    if unknown:
        raise rejected(
            f"Invalid query. Project(s) {_enumerate(unknown)} do not exist or are not actively selected.",
            unknown,
        )
    return OneOf(PROJECT, frozenset(ids.values()), negates(term))


def _id_of(text: str, context: SearchContext) -> int | None:
    """Id of a project named by slug or id, or `None` if there cannot be such a project (§4.2)."""
    if context.projects is not None and text in context.projects:
        return context.projects[text]
    if _ID.fullmatch(text) is None or len(text) > MAX_ID_DIGITS:
        return None
    number = int(text)
    return number if number >= 1 else None


def _enumerate(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b, and c`` (§4.2)."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _stage(term: Term, context: SearchContext) -> Condition:
    if len(context.environments) != 1:
        raise rejected("Choose a single environment to filter by release stage.", context.environments)
    values = frozenset(value.text for value in term.values)
    for value in term.values:
        if value.text not in STAGES:
            raise rejected("Unsupported release.stage value.", value.text)
    stages = _metadata("release.stage", context).stages_in(context.environments[0])
    # ``has:release.stage`` has no values and negates, so it selects every release with a stage.
    selected = (version for version, stage in stages.items() if (stage in values) != negates(term))
    return OneOf(RELEASE, frozenset(selected))


def _participates(index: VersionIndex) -> Table:
    return index.participates


def _has_package(index: VersionIndex) -> Table:
    return index.has_package


def _has_build(index: VersionIndex) -> Table:
    return index.has_build


def _package(term: Term, _: SearchContext) -> Condition:
    packages = texts(term)
    return Compared(_has_package, lambda index: index.package_is(packages), negates(term))


def _version(term: Term, _: SearchContext) -> Condition:
    if term.has:  # a readable version is never empty
        return Compared(_participates, _participates, term.negated)
    value = _operand(term)
    shift = len(value.operator)
    pattern = parse_pattern(value.operand, tuple(star - shift for star in value.stars))
    if pattern is None:
        raise rejected("Invalid format of semantic version filter.", value.text)
    operator = value.operator or "="
    return Compared(_participates, lambda index: index.version_is(operator, pattern), term.negated)


def _build(term: Term, _: SearchContext) -> Condition:
    if term.has:
        return Compared(_participates, _has_build, term.negated)
    value = _operand(term)
    prefix = value.open_ended
    build, operator = value.operand[: -1 if prefix else None], value.operator or "="
    return Compared(_participates, lambda index: index.build_is(operator, build, prefix=prefix), term.negated)


def _operand(term: Term) -> Value:
    if term.is_list:
        raise rejected("Invalid operation 'IN' for semantic version filter.", term.key)
    return term.values[0]


def _status(*_: object) -> None:
    """Selects health classes, not sessions (§4.5)."""


_READERS: Final[Mapping[str, Callable[[Term, SearchContext], Condition | None]]] = MappingProxyType(
    {
        "project": _project,
        "project_id": _project_id,
        "project.id": _project_id,
        "environment": _environment,
        "release": _release,
        "session.status": _status,
        "release.version": _version,
        "release.package": _package,
        "release.build": _build,
        "release.stage": _stage,
    }
)
