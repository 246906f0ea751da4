"""Why nothing was counted: where the sessions are, and how many of them each condition keeps.

1. If no session is in the window, the window is compared with the time span of the sessions.
2. Otherwise the conditions of `sessionstats.filtering` are applied in order, until one keeps nothing.
3. The fields come last: the selected sessions may have no user, no duration, or another status.

It costs a second pass over the sessions, and is computed only for answers in which nothing is counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.bucketing import in_window, microseconds
from sessionstats.filtering import conditions
from sessionstats.grouping import makes_group
from sessionstats.health import health_class
from sessionstats.instants import SECOND, format_instant
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions

WINDOW: Final = "window"
"""Name of the first condition."""

PASSING: Final = MappingProxyType(
    {
        WINDOW: "in the window",
        "project_id": "of a selected project",
        "environment": "of a selected environment",
        "release": "of a release that participates in orderBy=release.timestamp",
        "query": "selected by the search",
        "fields": "of a kind that the fields count",
    }
)
"""What the sessions that meet a condition are, in the order in which conditions are applied."""


@dataclass(frozen=True)
class Explanation:
    """Why nothing was counted; `str` puts it into words.

    Parameters
    ----------
    query : Query
    n_rows : int
        Number of rows, not counting those of quantity 0 (§1.1).
    span : tuple of int, or None
        The first and the last ``started``, in microseconds since the epoch; `None` without rows.
    left : mapping of str to int
        How many rows each condition keeps of those the one before kept: ``window``, ``project_id``,
        ``environment``, ``release``, ``query``, ``fields``; only conditions that the request has. Empty if
        the sessions could not be read a second time.
    """

    query: Query
    n_rows: int
    span: tuple[int, int] | None
    left: MappingProxyType[str, int]

    def __str__(self) -> str:
        return f"Nothing is counted: {self._reason()}."

    def _reason(self) -> str:
        window = self.query.window
        if window.n_intervals == 0:
            return "the window is empty"
        if not self.query.counts_anything:
            return "the search leaves no status that the fields count"
        if self.span is None:
            return "there are no sessions"
        rows = f"{self.n_rows:,} row{'' if self.n_rows == 1 else 's'}"
        if self.left.get(WINDOW) == 0 or self.span[1] < window.start or window.end <= self.span[0]:
            first, last, start, end = map(format_instant, (*self.span, window.start, window.end))
            where = f"none of {rows} is in the window, {start} to {end}; they started from {first} to {last}"
            later = format_instant(self.span[1] + SECOND)
            return f"{where}. With a statsPeriod, set now to {later} to ask about the latest"
        if self.left and all(self.left.values()):
            return f"the cursor is past the last of the groups that {rows} make"
        steps = [f"{_are(count)} {PASSING[name]}" for name, count in self.left.items()]
        return f"of {rows}, {'; of these, '.join(steps) or 'none counts'}"


def _are(count: int) -> str:
    if count == 0:
        return "none is"
    return f"{count:,} {'is' if count == 1 else 'are'}"


def explain(chunks: Iterable[Sessions], query: Query) -> Explanation:
    """Why nothing is counted, or how many sessions each condition keeps.

    Parameters
    ----------
    chunks : iterable of Sessions
    query : Query

    Examples
    --------
    >>> sessions = Sessions(started=["2024-01-29T11:30Z"], project_id=[1], status=["ok"], release=["app@1"])
    >>> request = "field=sum(session)&statsPeriod=1h&query=release:app@2"
    >>> print(explain([sessions], Query.parse(request, now="2024-01-29T12:00Z")))
    Nothing is counted: of 1 row, 1 is in the window; of these, none is selected by the search.
    """
    n_rows, spans, left = 0, list[int](), dict[str, int]()
    for chunk in (chunk[chunk.quantity > 0] for chunk in chunks):
        n_rows += len(chunk)
        if len(chunk):
            instants = microseconds(chunk.started)
            spans += [int(instants.min()), int(instants.max())]
            for name, count in _left(chunk, query).items():
                left[name] = left.get(name, 0) + count
    names = list(left)
    for place, name in enumerate(names):
        if left[name] == 0:
            names = names[: place + 1]
            break
    span = (min(spans), max(spans)) if spans else None
    return Explanation(query, n_rows, span, MappingProxyType({name: left[name] for name in names}))


def _left(sessions: Sessions, query: Query) -> dict[str, int]:
    """Number of rows left after each condition."""
    counts = in_window(sessions.started, query.window)
    left = {WINDOW: int(counts.sum())}
    decided = conditions(sessions, query)
    for name in (name for name in PASSING if name in decided):
        counts = counts & decided[name](sessions)
        left[name] = int(counts.sum())
    left["fields"] = int((counts & _countable(sessions, query)).sum())
    return left


def _countable(sessions: Sessions, query: Query) -> NDArray[np.bool_]:
    """Whether each session is of a kind that some field counts (§5, §6.4)."""
    countable = makes_group(sessions, query.counting_fields)
    if query.search.classes is not None:
        names = np.array(query.rules.health_classes)
        health = health_class(sessions.status, sessions.errors, query.rules.health_classes)
        countable &= np.isin(names[health], query.search.classes)
    return countable
