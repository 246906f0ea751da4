"""What the kernel knows about a case beyond the page that its answer shows.

1. The sessions that count, in their base groups and buckets (§3.5, §5).
2. The full ranking: every base group with the value that ranks it, without cap or page (§7).
3. The values of any base group, shown or not.

Everything is computed on first use: most comparisons need nothing.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats import protocol
from sessionstats.bucketing import bucket_index
from sessionstats.counting import sets_for_classes
from sessionstats.fields import ANR_MECHANISMS, STATUS
from sessionstats.filtering import select
from sessionstats.grouping import BaseGroups, base_groups
from sessionstats.health import has_duration
from sessionstats.measures import Needs, measure
from sessionstats.pipeline import answer
from sessionstats.request.ordering import ByReleaseDate, primary_order, ranked_class
from sessionstats.request.paging import Page
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions
from sessionstats.testing.findings import GroupKey

RankValue: TypeAlias = int | float | None
"""What ranks a base group; null ranks last (§7.3)."""

UNCAPPED: Final = 2**62
"""So many data points that the cap never applies (§7.4)."""


def base_of(key: GroupKey) -> GroupKey:
    """A group's key without its health class (§5)."""
    return tuple(pair for pair in key if pair[0] != STATUS)


class Oracle:
    """The kernel's view of one case.

    Parameters
    ----------
    case : mapping
        A decoded request of the protocol (§9).

    Raises
    ------
    SessionStatsError
        If the kernel rejects the case.

    Examples
    --------
    >>> row = {"started": 0, "project_id": 1, "status": "crashed", "release": "a"}
    >>> params = {"field": "sum(session)", "groupBy": "release", "statsPeriod": "1d"}
    >>> oracle = Oracle({"now": "1970-01-01T01:00:00Z", "params": params, "sessions": [row, row]})
    >>> oracle.ranking
    {(('release', 'a'),): 2}
    """

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.sessions, self.query = protocol.read(case)

    @classmethod
    def of(cls, sessions: Sessions, query: Query) -> "Oracle":
        """The kernel's view of sessions and a request that were read before."""
        oracle = cls.__new__(cls)
        oracle.sessions, oracle.query = sessions, query
        return oracle

    @cached_property
    def counting(self) -> Sessions:
        """The sessions that count for the request."""
        return select(self.sessions, self.query)

    @cached_property
    def _grouped(self) -> tuple[BaseGroups, NDArray[np.intp]]:
        return base_groups(self.counting, self.query.group_by, self.query.counting_fields)

    @property
    def groups(self) -> BaseGroups:
        """The base groups of these sessions, by ascending key (§5)."""
        return self._grouped[0]

    @property
    def group(self) -> NDArray[np.intp]:
        """Base group of each session that counts."""
        return self._grouped[1]

    @cached_property
    def index_of(self) -> dict[GroupKey, int]:
        """Position of each base group in `groups`."""
        return {key: place for place, key in enumerate(_keys(self.groups.keys, self.query))}

    @cached_property
    def bucket(self) -> NDArray[np.int64]:
        """Bucket of each session that counts."""
        return bucket_index(self.counting.started, self.query.window)

    def cell(self, base: GroupKey, bucket: int | None) -> Sessions:
        """Sessions of a base group in one bucket, or in the whole window if `bucket` is `None`."""
        place = self.index_of.get(base)
        if place is None:  # a release without sessions (§7.5)
            return self.counting[:0]
        rows = self._by_group[self._first_of_group[place] : self._first_of_group[place + 1]]
        return self.counting[rows if bucket is None else rows[self.bucket[rows] == bucket]]

    @cached_property
    def _by_group(self) -> NDArray[np.intp]:
        """The rows of `counting`, group by group; those without a group come first."""
        return np.argsort(self.group, kind="stable")

    @cached_property
    def _first_of_group(self) -> NDArray[np.intp]:
        """Where the rows of each group begin there, and where the last ones end."""
        return np.searchsorted(self.group[self._by_group], np.arange(len(self.index_of) + 1))

    def durations(self, base: GroupKey, bucket: int | None) -> list[float]:
        """The durations that count, in seconds, ascending (§6.3)."""
        sessions = self.cell(base, bucket)
        durations = sessions.duration[has_duration(sessions.status, sessions.duration)]
        ordered: list[float] = np.sort(durations).tolist()
        return ordered

    def users(self, base: GroupKey, bucket: int | None) -> dict[str, int]:
        """Distinct users of every user set (`sessionstats.counting`, §6.2, §6.5)."""
        classes = self.query.rules.health_classes
        sets = (*sets_for_classes(classes), *ANR_MECHANISMS)
        sessions = self.cell(base, bucket)
        counted = measure(sessions, np.zeros(len(sessions), np.intp), 1, Needs(False, sets, ()), classes)
        return {name: int(counts[0]) for name, counts in counted.users.items()}

    @cached_property
    def ranking(self) -> dict[GroupKey, RankValue]:
        """Every base group, the first in rank first, with the value that ranks it (§7.1, §7.5).

        Empty where the answer has no groups (§2.2, §3.7).
        """
        query = self.query
        if query.order is None or query.window.n_intervals == 0:
            return {}
        whole = self.whole(
            fields=query.counting_fields,
            group_by=tuple(name for name in query.group_by if name != STATUS),
            search=dataclasses.replace(query.search, classes=ranked_class(query.search.classes)),
            include_series=False,
            include_totals=True,
        )
        if isinstance(query.order, ByReleaseDate):
            return self._by_release(whole)
        result = answer(self.sessions, dataclasses.replace(whole, order=query.order))
        values = result.totals[query.order.field.name].tolist()
        ranks = [None if isinstance(value, float) and math.isnan(value) else value for value in values]
        return dict(zip(_keys(result.by, whole), ranks, strict=True))

    def values(self, bases: Iterable[GroupKey]) -> list[dict[str, Any]]:
        """The groups of an answer that shows these base groups, as JSON (§8)."""
        places = [self.index_of[base] for base in bases]
        return list(answer(self.counting[np.isin(self.group, places)], self.whole()).to_dict()["groups"])

    def whole(self, **changes: Any) -> Query:
        """The request without cap and page, in the order of its primary field."""
        query = self.query
        unlimited: dict[str, Any] = {
            "order": primary_order(query.counting_fields),
            "page": Page(None, 0),
            "rules": dataclasses.replace(query.rules, max_points=UNCAPPED),
        }
        return dataclasses.replace(query, **(unlimited | changes))

    def _by_release(self, whole: Query) -> dict[GroupKey, RankValue]:
        """Base groups in the order of their releases; a release without any is one of its own (§7.5)."""
        assert self.query.order is not None
        members: dict[str, list[GroupKey]] = {}
        names = whole.group_by
        for key in _keys(answer(self.sessions, whole).by, whole):
            members.setdefault(dict(key)["release"], []).append(key)
        versions = list(self.query.participating_releases or ())
        if self.query.order.descending:
            versions.reverse()
        place = dict(zip(self.query.participating_releases or (), range(len(versions)), strict=True))
        ranks: dict[GroupKey, RankValue] = {}
        for version in versions:
            empty = tuple((name, version if name == "release" else None) for name in names)
            ranks.update(dict.fromkeys(members.get(version, [empty]), place[version]))
        return ranks


def _keys(by: Mapping[str, NDArray[np.object_]], query: Query) -> list[GroupKey]:
    """Keys of rows, from one column per groupBy; without any column there is one row."""
    names = [name for name in query.group_by if name in by]
    if not names:
        return [()]
    return [
        tuple(zip(names, row, strict=True))
        for row in zip(*(by[name].tolist() for name in names), strict=True)
    ]
