"""Chunks held in memory, as far as memory allows, until all have arrived: a single pass is fastest.

1. Of each chunk only what the request needs is held: the sessions that count, without durations or users if
   no field needs them.
2. A share of the available memory limits how much is held; a caller may pass another number of bytes.
3. If more arrives, the caller summarizes what is held, and continues chunk by chunk
   (`sessionstats.engines.summaries`): that takes longer, and memory does not grow with the rows.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np

from sessionstats.bucketing import microseconds
from sessionstats.columns.converting import converted
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.numbers import check_total
from sessionstats.columns.packed import PackedTexts
from sessionstats.columns.schema import BY_NAME, COLUMNS
from sessionstats.filtering import select
from sessionstats.measures import unneeded_columns
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions, validated_chunks

SHARE: Final = 0.25
"""Share of the available memory to fill: processing the sessions takes some, too."""

UNKNOWN: Final = 1 << 30
"""Bytes assumed to be available if the system does not say."""

WORTH_A_PART: Final = 1 << 18
"""Rows of a part; smaller chunks are concatenated."""


class Held(NamedTuple):
    """The part of a stream of chunks that is held in memory.

    Parameters
    ----------
    parts : list of Sessions
        At least one; possibly empty.
    rest : iterator of Sessions, or None
        The chunks that did not fit; `None` if all did.
    seen : Seen
        What is known of all chunks so far.
    """

    parts: list[Sessions]
    rest: Iterator[Sessions] | None
    seen: "Seen"


class Seen:
    """What is known of the chunks of a stream that have been read.

    Attributes
    ----------
    n_rows : int
        Number of rows, not counting those of quantity 0.
    span : tuple of int, or None
        First and last ``started``, in microseconds since the epoch.
    """

    def __init__(self) -> None:
        self.n_rows = 0
        self.span: tuple[int, int] | None = None
        self._sessions: list[int] = []

    def passing(self, chunks: Iterable[Sessions], query: Query) -> Iterator[Sessions]:
        """The chunks, validated for the edition; a `TypeError` if one is something else."""
        for chunk in validated_chunks(chunks, query.rules.statuses):
            self._remember(chunk)
            yield chunk

    def _remember(self, chunk: Sessions) -> None:
        real = chunk.quantity > 0
        rows = int(np.count_nonzero(real))
        if not rows:
            return
        self.n_rows += rows
        self._sessions.append(int(chunk.quantity.sum()))
        check_total(np.array(self._sessions, np.int64))
        instants = microseconds(chunk.started if rows == len(chunk) else chunk.started[real])
        ends = [int(instants.min()), int(instants.max()), *(self.span or ())]
        self.span = min(ends), max(ends)


def hold(chunks: Iterable[Sessions], query: Query, memory: int | None = None) -> Held:
    """Hold what a request needs from a stream of chunks.

    Parameters
    ----------
    chunks : iterable of Sessions
    query : Query
    memory : int, optional
        Most bytes; by default `SHARE` of what is available.

    Examples
    --------
    >>> from sessionstats import sample
    >>> query = Query.parse("field=sum(session)&statsPeriod=14d", now="2024-01-29T12:00Z")
    >>> held = hold([sample(1000, 1), sample(1000, 2)], query)
    >>> [len(part) for part in held.parts], held.rest, held.seen.n_rows
    ([2000], None, 2000)
    >>> held = hold((sample(1000, seed) for seed in range(3)), query, memory=1)
    >>> [len(part) for part in held.parts], held.rest is None
    ([1000], False)
    """
    most = int(available_memory() * SHARE) if memory is None else memory
    seen = Seen()
    passing = seen.passing(chunks, query)
    parts: list[Sessions] = []
    few: list[Sessions] = []
    size = 0
    for chunk in passing:
        few.append(_needed(chunk, query))
        size += _bytes_of(few[-1])
        if sum(map(len, few)) >= WORTH_A_PART:
            parts.append(Sessions.concat(few))
            few = []
        if size + _bytes_of_users(chunk) > most:
            return Held([*parts, *few], passing, seen)
    return Held([*parts, Sessions.concat(few)] if few or not parts else parts, None, seen)


def released(parts: list[Sessions]) -> Iterator[Sessions]:
    """The parts in their order; the list lets go of each of them, so that they can be freed."""
    parts.reverse()
    while parts:
        yield parts.pop()


def _needed(chunk: Sessions, query: Query) -> Sessions:
    """The sessions that count, with the columns that the answer depends on."""
    selected = select(chunk, query) if query.counts_anything else chunk[:0]
    unneeded, n = unneeded_columns(query), len(selected)
    return Sessions.from_columns(
        *[
            converted(BY_NAME[name], None, n) if name in unneeded else getattr(selected, name)
            for name in COLUMNS
        ]
    )


def _bytes_of(sessions: Sessions) -> int:
    """Bytes that the rows take; a constant column takes none."""
    arrays = [column.codes if isinstance(column, Encoded) else column for column in sessions.columns]
    return sum(array.nbytes for array in arrays if array.strides != (0,))


def _bytes_of_users(chunk: Sessions) -> int:
    """Bytes of the texts of users, which the chunks of a file share."""
    texts = chunk.distinct_id.categories
    return texts.nbytes if isinstance(texts, PackedTexts) else 0


def available_memory() -> int:
    """Bytes that can be allocated without swapping, as far as the system says."""
    limits = [*_read_numbers("/proc/meminfo", "MemAvailable:", 1024)]
    most, used = (_read_numbers(f"/sys/fs/cgroup/memory.{name}", "", 1) for name in ("max", "current"))
    if most and used:
        limits.append(max(0, most[0] - used[0]))
    if not limits and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    return min(limits, default=UNKNOWN)


def _read_numbers(path: str, label: str, unit: int) -> list[int]:
    """The numbers on the lines of a file that begin with a label; none if the file does not exist."""
    try:
        with open(path, encoding="ascii") as file:
            lines = [line.removeprefix(label).split() for line in file if line.startswith(label)]
    except OSError:
        return []
    return [int(words[0]) * unit for words in lines if words and words[0].isdecimal()]
