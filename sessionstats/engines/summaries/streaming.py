"""A stream of chunks, summarized in bounded memory.

1. Chunks are summarized one by one: large ones in pieces, small ones several together. Their users are
   numbered by one dictionary (`numbering`); texts are put in order only if others are to be merged later.
2. Summaries wait until together they are an eighth of what has been merged, and are then merged with it:
   merging takes time in proportion to the sessions times the logarithm of their number, and waiting summaries
   take little memory.
3. Memory holds one chunk, the summary of everything so far and, during a merge, that of the result.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sessionstats.engines.summaries.merging import merge, with_texts
from sessionstats.engines.summaries.numbering import Numbering
from sessionstats.engines.summaries.summarizing import summarize
from sessionstats.engines.summaries.summary import Summary
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions, validated_chunks

PIECE: Final = 1 << 20
"""Most rows that are summarized at once: intermediate arrays then stay under some hundred megabytes."""

WORTH_A_SUMMARY: Final = 1 << 18
"""Rows that are worth a summary of their own."""

WORTH_A_MERGE: Final = 1 << 24
"""Bytes of waiting summaries that are worth a merge."""

WAITING: Final = 0.125
"""Largest size of all waiting summaries, as a share of what has been merged."""


def summarize_chunks(chunks: Iterable[Sessions], query: Query) -> Summary:
    """The summary of all sessions of a stream.

    Parameters
    ----------
    chunks : iterable of Sessions
        In any order and of any size.
    query : Query
        The validated request.

    Returns
    -------
    Summary

    Raises
    ------
    DataError
        If a session has a status that the edition does not know (§1.4), or the quantities add up to more than
        64 bits can hold.
    TypeError
        If a chunk is something else.

    Examples
    --------
    >>> from sessionstats import sample
    >>> query = Query.parse("field=sum(session)&statsPeriod=14d", now="2024-01-29T12:00Z")
    >>> summarize_chunks((sample(100, seed) for seed in range(3)), query).n_sessions
    300
    """
    return with_texts(numbered(chunks, query))


def numbered(chunks: Iterable[Sessions], query: Query) -> Summary:
    """As `summarize_chunks`, with users by their numbers: for an answer, not for merging with others."""
    running, numbering = Running(query), Numbering()
    for piece in _pieces(validated_chunks(chunks, query.rules.statuses)):
        running.add(summarize(piece, query, numbering=numbering))
    return running.summary()


class Running:
    """Merges summaries that come one by one, in time proportional to all of them times a logarithm.

    Parameters
    ----------
    query : Query
        The validated request, that of all summaries.

    Examples
    --------
    >>> from sessionstats import sample
    >>> query = Query.parse("field=sum(session)&statsPeriod=14d", now="2024-01-29T12:00Z")
    >>> running = Running(query)
    >>> for seed in range(3):
    ...     running.add(summarize(sample(100, seed), query))
    >>> running.summary().n_sessions
    300
    """

    def __init__(self, query: Query) -> None:
        self._done, self._waiting, self._size = Summary.of_nothing(query), list[Summary](), 0

    def add(self, summary: Summary) -> None:
        """Add a summary; raises as `merge` does, perhaps only when a later one is added."""
        self._waiting.append(summary)
        self._size += summary.nbytes
        if self._size > max(WAITING * self._done.nbytes, WORTH_A_MERGE):
            self.summary()

    def summary(self) -> Summary:
        """The summary of everything so far; more may be added."""
        self._done, self._waiting, self._size = merge(self._done, *self._waiting), [], 0
        return self._done


def _pieces(chunks: Iterable[Sessions]) -> Iterator[Sessions]:
    """The same sessions in pieces of a suitable size."""
    for chunk in _gathered(chunks):
        for first in range(0, len(chunk), PIECE):
            yield chunk[first : first + PIECE]


def _gathered(chunks: Iterable[Sessions]) -> Iterator[Sessions]:
    few: list[Sessions] = []
    rows = 0
    for chunk in chunks:
        few.append(chunk)
        rows += len(chunk)
        if rows >= WORTH_A_SUMMARY:
            yield Sessions.concat(few)
            few, rows = [], 0
    yield Sessions.concat(few)
