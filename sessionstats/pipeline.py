"""From sessions and a request to the answer.

1. Validate the request: `sessionstats.request.query`.
2. Choose an engine. It selects the sessions that count (`sessionstats.filtering`) and finds their base groups
   (`sessionstats.grouping`).
3. Rank the base groups (`sessionstats.ranking`), and keep those of the page (`sessionstats.capping`).
4. Measure what the page shows, over the whole window for the totals and per cell for the series
   (`sessionstats.measures`). Groups that the cap drops are only ranked, not measured further.
5. Lay the values out (`sessionstats.result`).

Every engine gives the same measures, bit for bit (§6.7); only speed and memory depend on the choice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats import capping
from sessionstats.engines.holding import hold, released
from sessionstats.engines.interface import Engine
from sessionstats.engines.plain import PlainEngine
from sessionstats.explanation import Explanation, explain
from sessionstats.grouping import BaseGroups
from sessionstats.measures import Measures, Needs, evaluate, needs, needs_of
from sessionstats.ranking import rank, rank_by_release_date, with_empty_releases
from sessionstats.request.ordering import ByReleaseDate, ranked_class
from sessionstats.request.query import Query
from sessionstats.result import Result, lay_out
from sessionstats.rules import Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions, require_known_statuses

if TYPE_CHECKING:
    from sessionstats.engines.summaries import Summary
    from sessionstats.io.tables import Frame

BLOCKS_FROM: Final = 20_000
"""Sessions from which on the block engine answers. In measurements it wins from 5,000 for percentiles by
release, from 10,000 for rates and users by release, from 50,000 for counts alone and for many small cells."""


def compute(
    sessions: "Sessions | Frame | Iterable[Sessions | Frame]",
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
    sessions : Sessions, data frame, or iterable of them
        All sessions, or chunks of them, which may exceed memory (`answer_chunks`). A data frame is one of
        pandas or Polars, a DuckDB relation, or anything else that Arrow reads (extra ``arrow``), with the
        columns of §1.1.
    params : str, mapping or Query
        A query string, names with values or lists of values, or a request validated before.
    now : None, datetime, datetime64, str, int or float
        The instant of the request; `None` means the clock.
    rules : Rules
        The edition of the endpoint.
    projects : mapping of str to int, optional
        Slugs and ids of the accessible projects; by default every project is accessible.
    releases : Releases, optional
        Release metadata (§4.8).

    Returns
    -------
    Result

    Raises
    ------
    RequestError
        If the request is rejected (§2).
    DataError
        If a session has a status that the edition does not know (§1.4), or a row of a frame is invalid.
    TypeError
        If `sessions` is neither sessions nor a frame.

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
    if not isinstance(sessions, Sessions):
        from sessionstats.io.inputs import sessions_of

        sessions = sessions_of(sessions)
    if isinstance(sessions, Sessions):
        return explained(answer(sessions, params), [sessions])
    return answer_chunks(sessions, params)


def answer_chunks(chunks: Iterable[Sessions], query: Query, memory: int | None = None) -> Result:
    """Answer a validated request about chunks of sessions.

    Parameters
    ----------
    chunks : iterable of Sessions
    query : Query
    memory : int, optional
        Most bytes of sessions held at the same time; by default a quarter of what is available. Sessions that
        do not fit are summarized chunk by chunk (`sessionstats.engines.summaries`).

    Returns
    -------
    Result
        Bit for bit what `compute` gives for all sessions at once (§6.7).
    """
    held = hold(chunks, query, memory)
    if held.rest is None:
        result = answer_with(lambda: choose_engine(held.parts, query), query)
    else:
        from sessionstats.engines.summaries.streaming import numbered

        result = finish(numbered(chain(released(held.parts), held.rest), query))
    if result.is_empty:
        seen = Explanation(query, held.seen.n_rows, held.seen.span, MappingProxyType({}))
        return replace(result, explanation=seen)
    return result


def explained(result: Result, sessions: "Iterable[Sessions]") -> Result:
    """The answer, with the reason if nothing was counted, from a second pass over the sessions."""
    return replace(result, explanation=explain(sessions, result.query)) if result.is_empty else result


def answer(sessions: Sessions, query: Query) -> Result:
    """Answer a validated request; see `compute`."""
    require_known_statuses(sessions, query.rules.statuses)
    return answer_with(lambda: choose_engine([sessions], query), query)


def finish(summary: "Summary") -> Result:
    """Answer a request from the summary of all sessions.

    Parameters
    ----------
    summary : Summary
        From `sessionstats.engines.summaries`.

    Returns
    -------
    Result
        Bit for bit what `compute` gives for all sessions at once (§6.7).

    Examples
    --------
    >>> from sessionstats.engines.summaries import Summary
    >>> query = Query.parse("field=sum(session)&statsPeriod=1h", now="2024-01-29T12:00Z")
    >>> finish(Summary.of_nothing(query)).totals
    {'sum(session)': array([0])}
    """
    from sessionstats.engines.summaries import SummaryEngine

    result = answer_with(lambda: SummaryEngine(summary), summary.query)
    if result.is_empty:
        known = Explanation(summary.query, summary.n_rows, summary.span, MappingProxyType({}))
        return replace(result, explanation=known)
    return result


def choose_engine(parts: Sequence[Sessions], query: Query) -> Engine:
    """The engine that is fastest for these sessions; there is at least one part."""
    if sum(map(len, parts)) >= BLOCKS_FROM:
        from sessionstats.engines import blocks

        parts = blocks.aligned(parts)
        if blocks.can_measure(parts, query):
            return blocks.BlockEngine(parts, query)
    return PlainEngine(Sessions.concat(parts), query)


def answer_with(engine_of_request: Callable[[], Engine], query: Query) -> Result:
    """Answer a validated request: group, rank, cut, measure, lay out.

    Parameters
    ----------
    engine_of_request : callable
        Makes the engine; not called if the answer has no groups whatever the sessions (§2.2).
    query : Query
    """
    if not query.counts_anything:
        return Result.without_groups(query)
    engine = engine_of_request()
    groups = shown_groups(engine.groups, query)
    if groups.size <= query.page_size and query.page.offset == 0:
        # The page shows every group, so the ranking shares what is measured for the answer.
        shown = np.arange(groups.size)
        totals, series = engine.measure(shown, needs_of(query))
        page = page_of(groups, ranked(groups, query, lambda _: totals), query)
    else:
        page = page_of(groups, ranked(groups, query, engine.totals), query)
        shown = np.unique(page.group)
        totals, series = engine.measure(shown, needs_of(query))
    return lay_out(query, groups, page, shown, totals, series)


def shown_groups(groups: BaseGroups, query: Query) -> BaseGroups:
    """The base groups, and those that the order shows without sessions (§7.5)."""
    if query.participating_releases is None:
        return groups
    return with_empty_releases(groups, query.participating_releases)


def ranked(groups: BaseGroups, query: Query, totals_of: Callable[[Needs], Measures]) -> NDArray[np.intp]:
    """Base groups, the first in rank first (§7); `totals_of` measures one slot per group, if needed."""
    order, classes = query.order, query.rules.health_classes
    assert order is not None
    if groups.size < 2:
        return np.arange(groups.size)
    if isinstance(order, ByReleaseDate):
        versions = query.participating_releases or ()
        return rank_by_release_date(groups, versions, descending=order.descending)
    selected = ranked_class(query.search.classes)
    totals = totals_of(needs([order.field], classes, by_class=selected is not None))
    return rank(evaluate(order.field, totals, classes, selected)[:, 0], descending=order.descending)


def page_of(groups: BaseGroups, order: NDArray[np.intp], query: Query) -> capping.PageRows:
    """The rows of the answer (§7.4 to §7.6)."""
    columns = len(query.shown_classes) if query.by_status else 1
    if query.by_release_timestamp:
        # A release without sessions has no status groups (§7.5).
        width = np.where(np.arange(groups.size) < groups.empty_from, columns, 1)
        return capping.page_of_rows(order, width, query.max_groups, query.page_size)
    return capping.page_of_groups(order, columns, query.page.offset, query.page_size)
