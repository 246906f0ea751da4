"""`Summary`: what the answer to one request depends on, for some sessions.

1. Σ quantity by group, interval and health class (§6.1).
2. Each user once by group and interval, with the user sets that they belong to (§6.2).
3. Each duration once by group and interval, with how often it occurs (§6.3).
4. Groups, users and durations are numbered in the order of their values. So equal sessions have equal
   summaries, however they were split, and two summaries merge without sorting again.
"""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.engines.summaries.numbering import NumberedTexts
from sessionstats.engines.summaries.sorted_sets import SortedTexts
from sessionstats.engines.summaries.tallies import Shape, Tally, empty_tally
from sessionstats.errors import SessionStatsError
from sessionstats.fields import KEY_COLUMNS
from sessionstats.instants import format_instant
from sessionstats.request.query import Query

LAYOUT: Final = 1
"""Layout of a pickled summary; another layout would get another number."""


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """What the answer to a request depends on, for some sessions.

    Make one with `summarize` and `merge`. Immutable. Pickled, it is about as large as in memory.

    Parameters
    ----------
    query : Query
        The validated request.
    groups : tuple of tuple
        Keys of the base groups (§5), ascending: project, release, environment, if grouped by.
    users : SortedTexts, or NumberedTexts within a stream
        The users that occur.
    durations : (n,) float64
        The durations that occur, in seconds, ascending.
    counts : Tally
        Σ quantity by group, interval and health class.
    memberships : Tally
        User sets, one bit per set of `measures.needs_of`, by group, user and interval.
    samples : Tally
        How often a duration occurs, by group, interval and duration.
    n_rows, n_sessions : int
        Rows, and Σ quantity, of all sessions summarized, whether they count for the request or not.
    span : tuple of int, or None
        First and last ``started`` of all sessions summarized, in microseconds since the epoch.
    chunks : frozenset of str
        Names of the summarized chunks that have one.
    """

    query: Query
    groups: tuple[tuple[Any, ...], ...]
    users: SortedTexts | NumberedTexts
    durations: NDArray[np.float64]
    counts: Tally
    memberships: Tally
    samples: Tally
    n_rows: int
    n_sessions: int
    span: tuple[int, int] | None
    chunks: frozenset[str]

    @classmethod
    def of_nothing(cls, query: Query) -> "Summary":
        """The summary of no sessions; merging it has no effect.

        Examples
        --------
        >>> Summary.of_nothing(Query.parse("field=sum(session)&statsPeriod=1h", now="2024-01-29T12:00Z"))
        Summary(0 rows)
        """
        groups = () if set(query.group_by) & set(KEY_COLUMNS) else ((),)
        counts, memberships, samples = map(empty_tally, tally_shapes(query, len(groups), 0, 0))
        return cls(
            query=query,
            groups=groups,
            users=SortedTexts({}),
            durations=np.empty(0, np.float64),
            counts=counts,
            memberships=memberships,
            samples=samples,
            n_rows=0,
            n_sessions=0,
            span=None,
            chunks=frozenset(),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of memory used by what grows with the sessions: users, durations and numbers."""
        parts = (self.users, self.durations, self.counts, self.memberships, self.samples)
        return sum(part.nbytes for part in parts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Summary):
            return NotImplemented
        return all(map(_same, self._values(), other._values()))

    __hash__ = None  # type: ignore[assignment]  # equal by value over millions of numbers

    def _values(self) -> list[Any]:
        return [getattr(self, field.name) for field in fields(self)]

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (LAYOUT, *self._values())

    def __repr__(self) -> str:
        if self.span is None:
            return "Summary(0 rows)"
        first, last = map(format_instant, self.span)
        counts = [
            (self.n_rows, "row"),
            (self.n_sessions, "session"),
            (len(self.groups), "group"),
            (len(self.users), "user"),
            (self.nbytes, "byte"),
        ]
        texts = [f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts]
        return f"Summary({', '.join([*texts[:2], f'{first} to {last}', *texts[2:]])})"


def tally_shapes(query: Query, n_groups: int, n_users: int, n_durations: int) -> tuple[Shape, Shape, Shape]:
    """Shapes of a summary's tallies: ``counts``, ``memberships``, ``samples``; no axis is empty."""
    groups, users, durations = max(1, n_groups), max(1, n_users), max(1, n_durations)
    intervals = max(1, query.window.n_intervals) if query.include_series else 1
    classes = len(query.rules.health_classes)
    return (groups, intervals, classes), (groups, users, intervals), (groups, intervals, durations)


def _same(a: Any, b: Any) -> bool:
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else bool(a == b)


def _unpickled(layout: int, *values: Any) -> Summary:
    if layout != LAYOUT:
        raise SessionStatsError(f"a summary of layout {layout}; this version reads layout {LAYOUT}")
    return Summary(*values)
