"""Merging summaries: the summary of all sessions of some summaries.

1. Groups, users and durations are united, and the tallies renumbered, which keeps their order.
2. Numbers at the same position are added, or united as sets of bits. Nothing is rounded, so the result
   depends neither on the order of the summaries nor on what is merged first.
3. Summaries of different requests do not merge. A named chunk merges only once; avoiding duplicates of
   unnamed chunks is up to the caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.numbers import check_total
from sessionstats.engines.summaries.numbering import NumberedTexts
from sessionstats.engines.summaries.sorted_sets import SortedTexts, united
from sessionstats.engines.summaries.summary import Summary, tally_shapes
from sessionstats.engines.summaries.tallies import Shape, Tally, merged, tally
from sessionstats.errors import SessionStatsError


def merge(first: Summary, *others: Summary) -> Summary:
    """The summary of all sessions of some summaries.

    Parameters
    ----------
    first, *others : Summary
        For one request, of different sessions.

    Returns
    -------
    Summary
        The same whatever their order, and whatever is merged first.

    Raises
    ------
    SessionStatsError
        If the requests differ, or a named chunk occurs twice.
    DataError
        If the quantities add up to more than 64 bits can hold.

    Examples
    --------
    >>> from sessionstats import Query, sample
    >>> from sessionstats.engines.summaries import summarize
    >>> query = Query.parse("field=sum(session)&statsPeriod=14d", now="2024-01-29T12:00Z")
    >>> part = summarize(sample(10), query, chunk="monday.csv")
    >>> merge(part, Summary.of_nothing(query)) == part
    True
    >>> merge(part, part)
    Traceback (most recent call last):
        ...
    sessionstats.errors.SessionStatsError: chunk 'monday.csv' is in two of the summaries
    """
    if not others:
        return first
    parts = (first, *others)
    _check_one_request(parts)
    check_total(np.array([part.n_sessions for part in parts], np.int64))
    keys, groups = _united_keys([part.groups for part in parts])
    users, user_ranks = _united_users([part.users for part in parts])
    durations, duration_ranks = united([part.durations for part in parts])
    shapes = tally_shapes(first.query, len(keys), len(users), len(durations))
    stay = [None] * len(parts)
    spans = [part.span for part in parts if part.span is not None]
    return Summary(
        query=first.query,
        groups=keys,
        users=users,
        durations=durations,
        counts=_together([part.counts for part in parts], shapes[0], (groups, stay, stay), np.add),
        memberships=_together(
            [part.memberships for part in parts], shapes[1], (groups, user_ranks, stay), np.bitwise_or
        ),
        samples=_together(
            [part.samples for part in parts], shapes[2], (groups, stay, duration_ranks), np.add
        ),
        n_rows=sum(part.n_rows for part in parts),
        n_sessions=sum(part.n_sessions for part in parts),
        span=(min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None,
        chunks=_all_chunks(parts),
    )


def _together(
    tallies: Sequence[Tally], shape: Shape, ranks: Iterable[Sequence[Any]], combine: np.ufunc
) -> Tally:
    """The tallies as one of a larger table; `ranks` are the new positions: per axis, one of each part."""
    places = zip(*ranks, strict=True)
    return merged([one.renumbered(shape, at) for one, at in zip(tallies, places, strict=True)], combine)


def _check_one_request(parts: Sequence[Summary]) -> None:
    if any(part.query != parts[0].query for part in parts):
        raise SessionStatsError(
            "the summaries are for different requests; validate the request once, with one now"
        )


def _all_chunks(parts: Sequence[Summary]) -> frozenset[str]:
    chunks: set[str] = set()
    for part in parts:
        for name in sorted(part.chunks & chunks):
            raise SessionStatsError(f"chunk {name!r} is in two of the summaries")
        chunks |= part.chunks
    return frozenset(chunks)


def _united_users(
    parts: Sequence[SortedTexts | NumberedTexts],
) -> tuple[SortedTexts | NumberedTexts, Sequence[Any]]:
    """All users, and for each part the new numbers of its users, `None` if they stay."""
    if all(isinstance(part, SortedTexts) for part in parts):
        return SortedTexts.union(cast("Sequence[SortedTexts]", parts))
    return max((part for part in parts if isinstance(part, NumberedTexts)), key=len), [None] * len(parts)


def _united_keys(
    parts: Sequence[tuple[tuple[Any, ...], ...]],
) -> tuple[tuple[tuple[Any, ...], ...], list[NDArray[np.int64]]]:
    """The keys of all groups, ascending, and for each part the new number of its groups."""
    keys = tuple(sorted(set[tuple[Any, ...]]().union(*parts)))
    number = {key: group for group, key in enumerate(keys)}
    return keys, [np.array([number[key] for key in part], np.int64) for part in parts]


def with_texts(summary: Summary) -> Summary:
    """The same summary with users by their texts, so that it merges with any other of its request."""
    users, old = summary.users, summary.memberships
    if isinstance(users, SortedTexts):
        return summary
    group, number, interval = np.unravel_index(old.keys[:].view(np.int64), old.shape)
    used, place = np.unique(number, return_inverse=True)
    texts, ranks = SortedTexts.of(users.dictionary.texts.take(used))
    shape = (old.shape[0], max(1, len(texts)), old.shape[2])
    memberships = tally(shape, (group, ranks[place], interval), old.numbers, np.bitwise_or)
    return replace(summary, users=texts, memberships=memberships)
