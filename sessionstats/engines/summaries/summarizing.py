"""From a chunk of sessions to its summary.

1. The sessions that count are selected, and their base groups found, as for an answer (§4, §5). A session
   without a group is left out.
2. Sessions, users and durations are tallied, each only if a requested field needs it.
3. Users are numbered by their texts and durations by their values, whatever their codes in the chunk.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sessionstats.bucketing import bucket_index, microseconds
from sessionstats.columns.encoding import MISSING
from sessionstats.counting import set_membership
from sessionstats.engines.summaries.numbering import NumberedTexts, Numbering, texts_at
from sessionstats.engines.summaries.sorted_sets import SortedTexts
from sessionstats.engines.summaries.summary import Summary, tally_shapes
from sessionstats.engines.summaries.tallies import Tally, tally
from sessionstats.filtering import select
from sessionstats.grouping import NO_GROUP, base_groups
from sessionstats.health import has_duration, health_class
from sessionstats.measures import needs_of
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions, require_known_statuses


class _Counting(NamedTuple):
    """The sessions that count, and their positions on the first axes of tallies."""

    sessions: Sessions
    group: NDArray[np.intp]
    interval: NDArray[np.int64]
    health: NDArray[np.int8]

    def at(self, rows: NDArray[np.bool_]) -> "_Counting":
        return _Counting(self.sessions[rows], self.group[rows], self.interval[rows], self.health[rows])


def summarize(
    sessions: Sessions, query: Query, *, chunk: str | None = None, numbering: Numbering | None = None
) -> Summary:
    """Reduce some sessions to what the answer to a request depends on.

    Parameters
    ----------
    sessions : Sessions
        A part of all sessions, in any order.
    query : Query
        The validated request, the same for every part: validate it once, with one ``now``.
    chunk : str, optional
        Name of the part; `merge` then rejects it a second time.
    numbering : Numbering, optional
        Numbers users by a dictionary instead of by their texts: for the chunks of one stream.

    Returns
    -------
    Summary

    Raises
    ------
    DataError
        If a session has a status that the edition does not know (§1.4).

    Examples
    --------
    >>> from sessionstats import sample
    >>> query = Query.parse("field=count_unique(user)&statsPeriod=14d", now="2024-01-29T12:00Z")
    >>> summarize(sample(1000), query).users.decode()[:3]
    ['user-0', 'user-1', 'user-2']
    """
    require_known_statuses(sessions, query.rules.statuses)
    # A request whose answer has no groups whatever the sessions (§2.2) keeps none of them.
    selected = select(sessions, query) if query.counts_anything else sessions[:0]
    groups, index = base_groups(selected, query.group_by, query.counting_fields)
    keys = tuple(zip(*groups.keys.values(), strict=True)) if groups.keys else ((),)
    counting = _counting(selected, index, query).at(index != NO_GROUP)
    users, memberships = _users(counting, len(keys), query, numbering)
    durations, samples = _durations(counting, len(keys), query)
    return Summary(
        query=query,
        groups=keys,
        users=users,
        durations=durations,
        counts=_counts(counting, len(keys), query),
        memberships=memberships,
        samples=samples,
        n_rows=len(sessions),
        n_sessions=int(sessions.quantity.sum()),
        span=_span(sessions),
        chunks=frozenset() if chunk is None else frozenset((chunk,)),
    )


def _counting(sessions: Sessions, group: NDArray[np.intp], query: Query) -> _Counting:
    interval = np.zeros(len(sessions), np.int64)
    if query.include_series:
        interval = bucket_index(sessions.started, query.window)
    health = health_class(sessions.status, sessions.errors, query.rules.health_classes)
    return _Counting(sessions, group, interval, health)


def _counts(counting: _Counting, n_groups: int, query: Query) -> Tally:
    """Σ quantity by group, interval and health class (§6.1)."""
    if not needs_of(query).sessions:
        counting = counting.at(np.zeros(len(counting.group), np.bool_))
    shape, _, _ = tally_shapes(query, n_groups, 0, 0)
    places = counting.group, counting.interval, counting.health
    return tally(shape, places, counting.sessions.quantity, np.add)


def _users(
    counting: _Counting, n_groups: int, query: Query, numbering: Numbering | None
) -> tuple[SortedTexts | NumberedTexts, Tally]:
    """The users, and their sets by group, user and interval (§6.2)."""
    sets, classes = needs_of(query).user_sets, query.rules.health_classes
    counting = counting.at((counting.sessions.distinct_id.codes != MISSING) & bool(sets))
    user, mechanism = counting.sessions.distinct_id, counting.sessions.abnormal_mechanism
    users: SortedTexts | NumberedTexts
    numbers: NDArray[np.integer[Any]]
    if numbering is None:
        used, place = np.unique(user.codes, return_inverse=True)
        users, ranks = SortedTexts.of(texts_at(user.categories, used))
        numbers = ranks[place]
    else:
        numbers = numbering.of(user)
        users = numbering.texts
    _, shape, _ = tally_shapes(query, n_groups, len(users), 0)
    member = set_membership(sets, counting.health, classes, mechanism.codes, mechanism.categories)
    places = counting.group, numbers, counting.interval
    return users, tally(shape, places, member, np.bitwise_or)


def _durations(counting: _Counting, n_groups: int, query: Query) -> tuple[NDArray[np.float64], Tally]:
    """The durations, and how often each occurs by group, interval and duration (§6.3)."""
    needed = bool(needs_of(query).statistics)
    counting = counting.at(has_duration(counting.sessions.status, counting.sessions.duration) & needed)
    durations, ranks = np.unique(counting.sessions.duration, return_inverse=True)
    _, _, shape = tally_shapes(query, n_groups, 0, len(durations))
    places = counting.group, counting.interval, ranks
    return durations, tally(shape, places, np.ones(len(ranks), np.int64), np.add)


def _span(sessions: Sessions) -> tuple[int, int] | None:
    """The instants of the first session and the last."""
    instants = microseconds(sessions.started[sessions.quantity > 0])
    if not len(instants):
        return None
    return int(instants.min()), int(instants.max())
