"""Base groups, their order, cap and page (§5, §7).

1. A base group is a combination of the columns other than status, with data for a field (§5).
2. Ranked by `orderBy`, or by the primary field, descending; null last; ties by group key (§7.1 to §7.3).
3. `release.timestamp` ranks the releases of the metadata instead (§7.5).
4. The cap limits the data points; a page is a slice of what is ranked (§7.4, §7.6).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .aggregates import Value, kind
from .conditions import environment_allows, of_projects
from .request import Release
from .rows import Row
from .search import All, top_terms

if TYPE_CHECKING:
    from .definitions import Definitions
    from .question import Question

COLUMNS = ("project", "release", "environment")
"""The columns of a base group, in the order of ties (§7.3)."""


@dataclass(frozen=True)
class Group:
    """A base group: its columns, sessions and rank; `status` is set once it is split (§5, §7.1)."""

    by: dict[str, int | str | None]
    sessions: list[Row]
    status: str | None = None
    rank: Value = None


@dataclass(frozen=True)
class Order:
    """The `orderBy` of a request: a field or `release.timestamp`, and the direction (§7.2, §7.5)."""

    by: str
    descending: bool


def column(session: Row, name: str) -> int | str:
    """A column of a base group (§5)."""
    if name == "project":
        return session.project
    return session.release if name == "release" else session.environment


def base_groups(d: Definitions, sessions: list[Row], group_by: list[str], fields: list[str]) -> list[Group]:
    """The base groups with data for a field, by ascending key (§5, §7.3)."""
    names = [name for name in COLUMNS if name in group_by]
    members: dict[Hashable, list[Row]] = {}
    for session in sessions:
        key = d.group_key([d.column(session, name) for name in names])
        if key is not None:
            members.setdefault(key, []).append(session)
    groups = [
        Group({name: d.column(inside[0], name) for name in names}, inside)
        for inside in members.values()
        if any(d.contributes(d, field, session) for field in fields for session in inside)
    ]
    groups.sort(key=lambda group: tuple(group.by[name] for name in names))
    return groups or ([] if names else d.of_nothing())


def group_key(columns: list[int | str]) -> Hashable:
    """What sessions of one base group have in common; None would mean no group (§5)."""
    return tuple(columns)


def of_nothing() -> list[Group]:
    """Without groupBy and sessions there is one group (§5)."""
    return [Group({}, [])]


def rank_classes(field: str, statuses: frozenset[str] | None) -> frozenset[str] | None:
    """The classes a field is ranked by: one class of a count, or all (§7.1)."""
    if kind(field) == "count" and statuses is not None and len(statuses) == 1:
        return None if statuses & {"healthy", "errored"} else statuses
    return None


def ranked(d: Definitions, totals: list[tuple[Group, Value]], descending: bool) -> list[Group]:
    """Groups by the total of a field; null last in both directions; ties in key order (§7.1 to §7.3)."""
    nulls = [group for group, total in totals if total is None]
    valued = [(group, total) for group, total in totals if total is not None]
    valued.sort(key=lambda pair: d.rank_key(pair[1]), reverse=descending)
    return [group for group, _ in valued] + nulls


def rank_key(total: int | float) -> Any:
    """What groups are compared by (§7.1)."""
    return total


def primary(fields: list[str]) -> str:
    """The field that ranks: `sum(session)` wherever it appears, else the first (§7.1)."""
    return "sum(session)" if "sum(session)" in fields else fields[0]


def split(groups: list[Group], statuses: list[str] | None) -> list[Group]:
    """Every base group once per selected health class, if grouped by status (§5)."""
    if statuses is None:
        return groups
    return [replace(group, status=status) for group in groups for status in statuses]


def own_releases(
    releases: list[Release], selected: frozenset[int] | None, environments: list[str], tree: All
) -> list[Release]:
    """The releases that participate in the order of §7.5, oldest first."""
    terms = [term for term in top_terms(tree) if term.key == "environment"]
    chosen = [
        release
        for release in of_projects(releases, selected)
        if (not environments or release.environments & set(environments))
        and all(environment_allows(term, release.environments) for term in terms)
    ]
    return sorted(chosen, key=lambda release: (release.date_added, release.version))


def by_timestamp(
    groups: list[Group],
    releases: list[Release],
    group_by: list[str],
    statuses: list[str] | None,
    most: int | None = None,
) -> list[Group]:
    """The answer groups, release by release; for a release without any, one of zeros and nulls (§7.5).

    `most` is the cap, which counts base groups (§7.4).
    """
    units: list[list[Group]] = []
    for release in releases:
        mine = [group for group in groups if group.by["release"] == release.version]
        units.extend(split([group], statuses) for group in mine)
        if not mine:
            by: dict[str, int | str | None] = dict.fromkeys(group_by)
            units.append([Group({**by, "release": release.version}, [])])
    return [row for unit in units[:most] for row in unit]


def cap(intervals: int, series: bool, points: int, classes: int) -> int:
    """How many base groups the answer can hold (§7.4)."""
    # silent (§7.4): a window without intervals has no series that could fill the answer.
    return max(1, points // intervals) if series and intervals else points


def page(question: Question, order: Order, groups: list[Group]) -> list[Group]:
    """The base groups of a page (§7.6)."""
    return groups[question.offset : question.offset + question.page]
