"""From sessions and a request to the answer.

1. Judge the request (`sessionstats.request.query`).
2. Select the sessions that count (`sessionstats.filtering`).
3. Find the base groups (`sessionstats.grouping`), rank them (`sessionstats.ranking`), and keep those of the
   page (`sessionstats.capping`).
4. Measure what the page shows, over the whole window for the totals and per cell for the series
   (`sessionstats.measures`); nothing is measured for groups that the cap drops.
5. Lay the values out (`sessionstats.result`).

`plain_answer` is these steps, and the reference. From `FAST_FROM` rows on, `sessionstats.engines.blocks`
takes the same steps block by block, and gives the same answer, bit for bit.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats import capping
from sessionstats.bucketing import bucket_index
from sessionstats.filtering import select
from sessionstats.grouping import BaseGroups, base_groups
from sessionstats.measures import Measures, Needs, evaluate, measure, needs
from sessionstats.ranking import rank, ranked_class
from sessionstats.request import release_order
from sessionstats.request.query import Query
from sessionstats.result import Result, lay_out
from sessionstats.rules import Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions, require_known_statuses

FAST_FROM: Final = 50_000
"""Rows from which the fast path takes over: it is the faster one from about 10,000 on."""


def compute(
    sessions: Sessions | Iterable[Sessions],
    params: str | Mapping[str, object] | Query,
    *,
    now: object = None,
    rules: Rules = Rules(),  # noqa: B008 - immutable, and a reader sees the default
    projects: Mapping[str, int] | None = None,
    releases: Releases | None = None,
) -> Result:
    """Answer a request about sessions.

    Parameters
    ----------
    sessions : Sessions, or iterable of Sessions
        All sessions, or chunks of them that are summarized one after the other
        (`sessionstats.engines.summaries`).
    params : str, mapping or Query
        A query string, names with values or lists of values, or a request judged before.
    now : None, datetime, datetime64, str, int or float
        The instant of the request; `None` is the clock.
    rules : Rules
        The edition of the endpoint.
    projects : mapping of str to int, optional
        Slug and id of the accessible projects; by default every project is accessible.
    releases : Releases, optional
        Release metadata (§4.8).

    Returns
    -------
    Result

    Raises
    ------
    RequestError
        If the request is refused (§2).
    DataError
        If a session has a status that the edition does not know (§1.4).

    Notes
    -----
    The answer is bit for bit the same for every permutation of the sessions (§6.7).

    Examples
    --------
    >>> sessions = Sessions(
    ...     started=["2024-01-29T08:00:00Z", "2024-01-29T09:30:00Z", "2024-01-28T23:59:59Z"],
    ...     project_id=[1, 1, 1],
    ...     release=["app@1.0", "app@1.1", "app@1.0"],
    ...     status=["exited", "crashed", "exited"],
    ... )
    >>> answer = compute(
    ...     sessions,
    ...     "field=crash_free_rate(session)&groupBy=release&interval=1d&statsPeriod=1d",
    ...     now="2024-01-29T12:00:00Z",
    ... )
    >>> answer.by["release"].tolist()
    ['app@1.0', 'app@1.1']
    >>> answer.series["crash_free_rate(session)"].tolist()
    [[1.0, 1.0], [nan, 0.0]]
    """
    if not isinstance(params, Query):
        params = Query.parse(params, now=now, rules=rules, projects=projects, releases=releases)
    if isinstance(sessions, Sessions):
        return answer(sessions, params)
    from sessionstats.engines.summaries import finish, summarize_chunks

    return finish(summarize_chunks(sessions, params))


def answer(sessions: Sessions, query: Query) -> Result:
    """Answer a judged request; see `compute`."""
    require_known_statuses(sessions, query.rules.statuses)
    if not query.counts_anything:
        return Result.without_groups(query)
    if len(sessions) >= FAST_FROM:
        from sessionstats.engines import blocks as fast

        if fast.can_answer(sessions, query):
            return fast.answer(sessions, query)
    return plain_answer(sessions, query)


def plain_answer(sessions: Sessions, query: Query) -> Result:
    """Answer a judged request that counts something; the reference for the fast path, which equals it."""
    counting = select(sessions, query)
    groups = with_empty(base_groups(counting, query.group_by, query.counting_fields), query)

    def totals_of(wanted: Needs) -> Measures:
        inside, slot = _in_groups(counting, groups.index)
        return measure(inside, slot, groups.size, wanted, query.rules.health_classes)

    page = page_of(groups, ranked(groups, query, totals_of), query)
    shown = np.unique(page.group)
    totals, series = _measure_groups(counting, groups, shown, query)
    return lay_out(query, groups, page, shown, totals, series)


def with_empty(groups: BaseGroups, query: Query) -> BaseGroups:
    """The base groups, and those that the order shows without sessions (§7.5)."""
    if query.releases_taking_part is None:
        return groups
    return release_order.with_empty_releases(groups, query.releases_taking_part)


def ranked(groups: BaseGroups, query: Query, totals_of: Callable[[Needs], Measures]) -> NDArray[np.intp]:
    """Base groups, the first in rank first (§7); `totals_of` measures a slot a group, if that is needed."""
    order, classes = query.order, query.rules.health_classes
    assert order is not None
    if groups.size < 2:
        return np.arange(groups.size)
    if query.releases_taking_part is not None:
        return release_order.rank_by_release(groups, query.releases_taking_part, descending=order.descending)
    assert order.field is not None
    selected = ranked_class(query.search.classes)
    totals = totals_of(needs([order.field], classes, by_class=selected is not None))
    return rank(evaluate(order.field, totals, classes, selected)[:, 0], descending=order.descending)


def shown_needs(query: Query) -> Needs:
    """The measures that the groups on the page take."""
    by_class = query.by_status or query.search.classes is not None
    return needs(query.counting_fields, query.rules.health_classes, by_class=by_class)


def page_of(groups: BaseGroups, order: NDArray[np.intp], query: Query) -> capping.PageRows:
    """The rows of the answer (§7.4 to §7.6)."""
    columns = len(query.shown_classes) if query.by_status else 1
    if query.by_release_timestamp:
        # A release without sessions has no status groups (§7.5).
        width = np.where(np.arange(groups.size) < groups.empty_from, columns, 1)
        return capping.page_of_rows(order, width, query.max_groups, query.page_size)
    return capping.page_of_groups(order, columns, query.page.offset, query.page_size)


def _measure_groups(
    sessions: Sessions, groups: BaseGroups, shown: NDArray[np.intp], query: Query
) -> tuple[Measures | None, Measures | None]:
    """Totals a group, and series a cell (group × bucket), of the groups on the page (§6)."""
    classes, n_intervals = query.rules.health_classes, query.window.n_intervals
    wanted = shown_needs(query)
    place = np.full(groups.size + 1, -1)  # the last entry is for sessions of no group
    place[shown] = np.arange(len(shown))
    sessions, slot = _in_groups(sessions, place[groups.index])
    totals = series = None
    if query.include_totals:
        totals = measure(sessions, slot, len(shown), wanted, classes)
    if query.include_series:
        cell = slot * n_intervals + bucket_index(sessions.started, query.window)
        series = measure(sessions, cell, len(shown) * n_intervals, wanted, classes)
    return totals, series


def _in_groups(sessions: Sessions, slot: NDArray[np.intp]) -> tuple[Sessions, NDArray[np.intp]]:
    """The sessions that have a slot, and their slots."""
    inside = slot >= 0
    return (sessions, slot) if inside.all() else (sessions[inside], slot[inside])
