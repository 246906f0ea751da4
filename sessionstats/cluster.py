"""Answers from a cluster (extra ``dask``): partitions are summarized where they are, then merged.

1. Every partition becomes a summary named by its number: `merge` would reject one that came twice.
2. `FAN_IN` summaries at a time are merged, level by level, wherever Dask puts the task; only the last summary
   travels to the caller.
3. A task that is rerun because its worker died yields the same summary. So the answer is bit for bit
   what `sessionstats.compute` gives for all sessions, whatever happens on the way (§6.7).
4. Updates of one session may be in different partitions, where nobody can fold them (§1.2). They are rejected
   unless the caller has brought the updates of each session together.
"""

from collections.abc import Mapping
from typing import Any, Final

from sessionstats.engines.summaries import Summary, merge, summarize
from sessionstats.errors import SessionStatsError, located
from sessionstats.folding import Updates, fold
from sessionstats.io.arrow import frame_block
from sessionstats.io.blocks import Reading
from sessionstats.io.optional import needed
from sessionstats.io.records import records_block
from sessionstats.io.tables import is_frame
from sessionstats.pipeline import finish
from sessionstats.request.query import Query
from sessionstats.result import Result
from sessionstats.rules import Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions

FAN_IN: Final = 8
"""Summaries that one task merges."""


def compute(
    data: Any,
    params: str | Mapping[str, object] | Query,
    *,
    now: object = None,
    rules: Rules = Rules(),  # noqa: B008 - immutable, and a reader sees the default
    projects: Mapping[str, int] | None = None,
    releases: Releases | None = None,
    whole_sessions: bool = False,
) -> Result:
    """Answer a request about the sessions of a Dask collection, with the current scheduler.

    Parameters
    ----------
    data, whole_sessions
        As in `summary`.
    params, now, rules, projects, releases
        As in `sessionstats.compute`.

    Returns
    -------
    Result
        Bit for bit what `sessionstats.compute` gives for all sessions.

    Examples
    --------
    >>> import dask
    >>> from sessionstats import sample
    >>> parts = [dask.delayed(sample)(100, seed) for seed in range(3)]
    >>> answer = compute(parts, "field=sum(session)&statsPeriod=14d", now="2024-01-29T12:00Z")
    >>> answer.totals["sum(session)"].tolist()
    [300]
    """
    if not isinstance(params, Query):
        params = Query.parse(params, now=now, rules=rules, projects=projects, releases=releases)
    return finish(summary(data, params, whole_sessions=whole_sessions).compute())


def summary(data: Any, query: Query, *, whole_sessions: bool = False) -> Any:
    """The summary of a Dask collection, not computed yet.

    Parameters
    ----------
    data : dask.dataframe.DataFrame, dask.bag.Bag, or iterable of Delayed
        Partitions are Arrow data (pandas data frames, tables), records, or `Sessions`.
    query : Query
        The validated request.
    whole_sessions : bool
        Whether all updates of a session are in one partition, as after a shuffle by ``project_id`` and
        ``session_id``. Without updates it does not matter.

    Returns
    -------
    dask.delayed.Delayed
        Yields a `Summary`, for `finish`.
    """
    delayed = needed("dask", "dask").delayed
    partitions = data.to_delayed() if hasattr(data, "to_delayed") else list(data)
    shared = delayed(query, traverse=False)
    level = [
        delayed(_summarized)(partition, shared, f"partition {number}", whole_sessions)
        for number, partition in enumerate(partitions)
    ] or [delayed(Summary.of_nothing)(shared)]
    while len(level) > 1:
        level = [delayed(merge)(*level[at : at + FAN_IN]) for at in range(0, len(level), FAN_IN)]
    return level[0]


def _summarized(partition: Any, query: Query, name: str, whole_sessions: bool) -> Summary:
    """The summary of one partition; runs on a worker."""
    with located(name):
        if isinstance(partition, Sessions):
            return summarize(partition, query, chunk=name)
        updates = _updates(partition)
    if not whole_sessions and updates.to_fold.any():
        raise SessionStatsError(
            f"{name} holds updates of sessions; bring those of each session into one partition (shuffle by "
            "project_id and session_id) and say so with whole_sessions=True"
        )
    with located(name):
        return summarize(fold(updates), query, chunk=name)


def _updates(partition: Any) -> Updates:
    if is_frame(partition):
        block = frame_block(partition, Reading())
    else:
        rows = list(partition)
        block = records_block(rows, Reading())
    return block.convert(slice(0, block.n_rows))
