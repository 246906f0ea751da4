"""A request as far as it is validated, and the values of its answer (§2.2, §6, §8).

1. A *question* holds the request and the sessions that all filters but status select.
2. A cell is one field over some sessions of a group; its class or the status filter is applied there (§6.4).
3. A total is over the sessions of the whole window, a series over those of each bucket (§6, §6.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import conditions
from .aggregates import Value, kind
from .ordering import Group
from .request import Release, Rules
from .rows import Row
from .search import All
from .window import Window

if TYPE_CHECKING:
    from .definitions import Definitions

LIMIT = 100
"""The most groups per page, and the default, when ordering by release.timestamp (§7.5)."""


@dataclass(frozen=True)
class Question:
    """A request as far as it is validated before its fields are checked against the status (§2.2)."""

    definitions: Definitions
    rules: Rules
    per_page: int | None
    offset: int
    selected: frozenset[int] | None
    environments: list[str]
    fields: list[str]
    group_by: list[str]
    window: Window
    query: str
    tree: All
    statuses: frozenset[str] | None
    releases: list[Release] | None
    sessions: list[Row]
    totals: bool
    series: bool
    by_timestamp: bool

    @property
    def counted(self) -> list[str]:
        """The fields that §6.4 keeps."""
        left_out = self.statuses is not None and "healthy" not in self.statuses
        return [field for field in self.fields if not (left_out and kind(field) == "duration")]

    @property
    def split_by(self) -> list[str] | None:
        """The classes that base groups are split into; None if not grouped by status (§5)."""
        if conditions.STATUS not in self.group_by:
            return None
        return [name for name in self.rules.classes if self.statuses is None or name in self.statuses]

    @property
    def most(self) -> int:
        """The cap: how many base groups the answer can hold (§7.4)."""
        classes = self.split_by or [""]
        return self.definitions.cap(
            len(self.window.buckets), self.series, self.rules.max_points, len(classes)
        )

    @property
    def page(self) -> int:
        """How many groups a page holds (§7.4, §7.6), or rows if ordered by release.timestamp (§7.5)."""
        if self.by_timestamp:
            return LIMIT if self.per_page is None else self.per_page
        most = self.most
        return most if self.per_page is None else min(self.per_page, most)


def total(question: Question, group: Group, field: str) -> Value:
    """A field over the whole window, from the sessions themselves (§6)."""
    return cell(question, group, field)


def rank_total(question: Question, group: Group, field: str) -> Value:
    """What a base group is ranked by: a total, of one class or of all (§7.1)."""
    d = question.definitions
    return d.value(d, field, group.sessions, d.rank_classes(field, question.statuses))


def series(question: Question, group: Group, field: str) -> list[Value]:
    """A field in every bucket, each from its own sessions (§6, §6.6)."""
    within = question.window
    buckets: list[list[Row]] = [[] for _ in within.buckets]
    for session in group.sessions:
        at = question.definitions.bucket(within, session.started)
        if at is not None:
            buckets[at].append(session)
    missing = cell(question, Group(group.by, [], group.status), field)
    return [
        cell(question, Group(group.by, sessions, group.status), field) if sessions else missing
        for sessions in buckets
    ]


def cell(question: Question, group: Group, field: str) -> Value:
    """A field over a group's sessions, with its class or the status filter applied (§6.4)."""
    classes = question.statuses if group.status is None else frozenset([group.status])
    return question.definitions.value(question.definitions, field, group.sessions, classes)


def counting(d: Definitions, sessions: list[Row], statuses: frozenset[str] | None) -> list[Row]:
    """The sessions that count; a status filter removes none of them (§4.5)."""
    return sessions
