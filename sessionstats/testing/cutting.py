"""A limit on rows: whether a response holds the first or the last rows of a table only (§1.1).

1. No place shows that by itself: how many of its rows count depends on all others. So it is tried where the
   counts of sessions are too small, and never too large.
2. The limit is a round number, or what the counts of the response add up to.
3. It is the cause if the kernel's answer for these rows is the response.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from sessionstats.bucketing import microseconds
from sessionstats.pipeline import answer
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions
from sessionstats.testing.findings import GROUPS, TOTALS, Finding
from sessionstats.testing.groups import compare_groups
from sessionstats.testing.oracle import Oracle
from sessionstats.testing.tolerance import ROUNDED

SUM: Final = "sum(session)"

ROUND: Final = (1000, 5000, 10_000, 50_000, 65_535, 65_536, 100_000, 500_000, 1_000_000)
"""Limits that tools have."""


def limit_of(
    sessions: Sessions, query: Query, body: Mapping[str, Any], findings: Sequence[Finding]
) -> str | None:
    """Which rows a response is about if it is about some only, such as ``the first 1,000``.

    Parameters
    ----------
    sessions : Sessions
    query : Query
    body : mapping
        The response.
    findings : sequence of Finding
        What differs.
    """
    counts = [each for each in findings if each.path.field == SUM]
    fewer = (
        isinstance(each.expected, int) and isinstance(each.actual, int) and each.actual < each.expected
        for each in counts
    )
    if not counts or not all(fewer):
        return None
    for name, rows in _parts(sessions, query, body):
        part = sessions[rows]
        given = answer(part, query).to_dict()
        if _counts(given) == _counts(body) and not any(
            finding.units is None
            for finding in compare_groups(Oracle.of(part, query), given, body, ROUNDED, ordered=False)
        ):
            return name
    return None


def _parts(sessions: Sessions, query: Query, body: Mapping[str, Any]) -> Iterator[tuple[str, slice]]:
    at, window = microseconds(sessions.started), query.window
    counted = np.where((window.start <= at) & (at < window.end), sessions.quantity, 0)
    given, n = sum(count for _, count in _counts(body)), len(sessions)
    # Where not every session in the window counts, these limits are not right, and will not be confirmed.
    first = int(np.searchsorted(np.cumsum(counted), given)) + 1
    last = int(np.searchsorted(np.cumsum(counted[::-1]), given)) + 1
    for limit in dict.fromkeys((*ROUND, first)):
        if limit < n:
            yield f"the first {limit:,}", slice(0, limit)
    for limit in dict.fromkeys((*ROUND, last)):
        if limit < n:
            yield f"the last {limit:,}", slice(n - limit, n)


def _counts(body: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The sessions of every group in the response."""
    groups = [group for group in body[GROUPS] if isinstance(group, dict)]
    counts = ((repr(group.get("by")), (group.get(TOTALS) or {}).get(SUM)) for group in groups)
    return sorted((by, count) for by, count in counts if isinstance(count, int))
