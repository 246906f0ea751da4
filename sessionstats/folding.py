"""Folding: several updates of one session become one session (§1.2).

1. Updates of one session share project and ``session_id``; a row without a ``session_id`` is a session by
   itself and stays as it is.
2. The updates of a session are ordered by ``seq``; where that is equal, by ``started``, severity, release,
   environment, user, mechanism, duration (missing first), errors and quantity, so that the order of rows
   does not matter. Texts are compared only where nothing before them decides.
3. The folded session has the earliest ``started``, the worst status, and the most errors: at least one if
   any update was ``errored``.
4. Its duration is that of its last terminal update; without one it has none.
5. Its user and its mechanism are the first there are; its other columns are those of the first update.
6. Sessions stand in the order in which they first appear.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import MISSING, Encoded, concat_encoded, encode
from sessionstats.columns.numbers import INT64_MIN, Values, check_length, constant, integer_column, items_of
from sessionstats.columns.texts import empty_texts, text_column
from sessionstats.health import STATUSES, TERMINAL
from sessionstats.sessions import COLUMNS, Sessions

Positions: TypeAlias = NDArray[np.intp]

ERRORED: Final = STATUSES.index("errored")
"""Code of the status that means at least one error (§1.2)."""

IS_TERMINAL: Final = np.array([status in TERMINAL for status in STATUSES])
"""Whether a session ends with the status of each code."""

TIE_BREAKERS: Final = (
    "started",
    "status",
    "release",
    "environment",
    "distinct_id",
    "abnormal_mechanism",
    "duration",
    "errors",
    "quantity",
)
"""Columns that order updates of equal ``seq``, the first to differ deciding (§1.2)."""


class Updates(NamedTuple):
    """Raw updates, checked, before they are folded.

    Parameters
    ----------
    sessions : Sessions
        One update a row.
    session_id : Encoded of str
        ``""`` for rows that are sessions by themselves.
    seq : (n,) int64
        Place of the update in its session.
    """

    sessions: Sessions
    session_id: Encoded[str]
    seq: NDArray[np.int64]

    @classmethod
    def concat(cls, parts: Sequence["Updates"]) -> "Updates":
        """The updates of all parts, one after the other; there is at least one part."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            Sessions.concat([part.sessions for part in parts]),
            concat_encoded([part.session_id for part in parts]),
            np.concatenate([part.seq for part in parts]),
        )


def checked_updates(
    *,
    session_id: Values | None = None,
    seq: Values | None = None,
    quantity: Values | None = None,
    **columns: Values,
) -> Updates:
    """Raw updates from the columns of `from_updates`."""
    if quantity is not None:
        quantity = items_of("quantity", quantity)
    sessions = Sessions(quantity=quantity, **columns)
    n = len(sessions) if quantity is None else len(quantity)
    ids = empty_texts(n) if session_id is None else text_column("session_id", session_id)
    order = (
        constant(0, n, np.int64) if seq is None else integer_column("seq", seq, default=0, least=INT64_MIN)
    )
    check_length("session_id", ids, n)
    check_length("seq", order, n)
    if quantity is not None and len(sessions) < n:
        kept = integer_column("quantity", quantity, default=1, least=0) > 0
        ids, order = ids[kept], order[kept]
    return Updates(sessions, ids, order)


def from_updates(**columns: Values) -> Sessions:
    """Sessions folded from raw updates (§1.2).

    Parameters
    ----------
    session_id : array of strings, iterable of str and None, or Encoded, optional
        Rows where it is missing or ``""`` are sessions by themselves.
    seq : array or iterable of int and None, optional
        Place of an update in its session: any integer of 64 bits; missing values are 0.
    **columns
        The columns of `Sessions`. Rows of quantity 0 are checked, then left out.

    Returns
    -------
    Sessions
        In the order of first appearance.

    Raises
    ------
    DataError
        If a row breaks §1.4.

    Examples
    --------
    >>> sessions = from_updates(session_id=["a", "a"], seq=[0, 1], status=["ok", "crashed"],
    ...                         started=[60, 61], duration=[None, 2.5], project_id=[1, 1])
    >>> row = sessions.to_records()[0]
    >>> row["started"], row["status"], row["duration"]
    ('1970-01-01T00:01:00.000000Z', 'crashed', 2.5)
    """
    return fold(*checked_updates(**columns))


def fold(updates: Sessions, session_id: Encoded[str], seq: NDArray[np.int64]) -> Sessions:
    """Fold updates into sessions (§1.2).

    Parameters
    ----------
    updates : Sessions
        One update a row.
    session_id : Encoded of n str
        ``""`` for rows that are sessions by themselves.
    seq : (n,) int64

    Returns
    -------
    Sessions
        In the order of first appearance.

    Notes
    -----
    Two sorts of the updates, and one more of those that ``seq`` leaves tied for each column that decides
    between some of them; no loop over updates.

    Examples
    --------
    >>> from sessionstats.columns.encoding import encode
    >>> updates = Sessions(started=[9, 8, 7], project_id=[1, 1, 1], status=["exited", "errored", "ok"],
    ...                    duration=[5, None, None])
    >>> folded = fold(updates, encode(["a", "a", ""]), np.array([1, 0, 0]))
    >>> [(row["started"], row["status"], row["errors"], row["duration"]) for row in folded.to_records()]
    [('1970-01-01T00:00:08.000000Z', 'exited', 1, 5.0), ('1970-01-01T00:00:07.000000Z', 'ok', 0, None)]
    """
    if not any(session_id.categories):
        return updates
    alone = ~has_text(session_id)
    normal = _normalized(updates, alone)
    if np.bincount(session_id.codes[~alone], minlength=1).max() <= 1:
        return normal
    session = session_id.codes * np.int64(len(updates.project_id.categories)) + updates.project_id.codes
    session[alone] = session.max() + 1 + np.arange(np.count_nonzero(alone))
    order = ordered(updates, session, seq)
    return _reduced(normal, order, _run_starts(session[order]))


def _normalized(updates: Sessions, alone: NDArray[np.bool_]) -> Sessions:
    """Each update as the session it would be without others; rows that are `alone` are sessions already."""
    errors = np.maximum(updates.errors, (updates.status == ERRORED) & ~alone)
    duration = np.where(IS_TERMINAL[updates.status] | alone, updates.duration, np.nan)
    return _with_columns(updates, errors=errors, duration=duration)


def _with_columns(sessions: Sessions, **columns: Any) -> Sessions:
    return Sessions.from_columns(*[columns.get(name, getattr(sessions, name)) for name in COLUMNS])


def ordered(updates: Sessions, session: NDArray[np.int64], seq: NDArray[np.int64]) -> Positions:
    """Positions of the updates, those of one session together and in the order of §1.2.

    Parameters
    ----------
    updates : Sessions
    session : (n,) int64
        Which session an update belongs to.
    seq : (n,) int64

    Returns
    -------
    (n,) intp

    Notes
    -----
    Each column refines the order that those before it leave undecided: `run` numbers the updates that are
    still equal, and only those of runs of several updates are sorted again, if they differ.

    Examples
    --------
    >>> updates = Sessions(started=[5, 5, 5], project_id=[1, 1, 1], status=["ok", "ok", "ok"],
    ...                    release=["b", "a", "c"])
    >>> ordered(updates, session=np.array([1, 1, 0]), seq=np.array([0, 0, 0]))
    array([2, 1, 0])
    """
    order = np.lexsort((seq, session))
    run = _run_numbers(session[order], seq[order])
    for name in TIE_BREAKERS:
        tied = _tied(run)
        if not len(tied):
            break
        values = _sortable(getattr(updates, name), order[tied])
        if _differ_within(run[tied], values):
            again = np.lexsort((values, run[tied]))
            order[tied] = order[tied[again]]
            decided = np.zeros(len(order), values.dtype)
            decided[tied] = values[again]
            run = _run_numbers(run, decided)
    return order


def _sortable(column: Encoded[str] | NDArray[Any], rows: Positions) -> NDArray[Any]:
    """The rows' values as numbers that sort as §1.2 says: texts by code point, what is missing first."""
    if not isinstance(column, Encoded):
        values = column[rows]
        return np.nan_to_num(values, nan=-1.0) if values.dtype.kind == "f" else values
    used, codes = np.unique(column.codes[rows], return_inverse=True)
    texts = ["" if code < 0 else column.categories[code] for code in used.tolist()]
    return encode(texts).ranks[codes]


def _run_starts(*keys: NDArray[Any]) -> Positions:
    """Where a row differs from the one before it."""
    differs = np.ones(len(keys[0]), np.bool_)
    differs[1:] = False
    for key in keys:
        differs[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(differs)


def _run_numbers(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Number of the run of equal rows that each row is in."""
    begins = np.zeros(len(keys[0]), np.int64)
    begins[_run_starts(*keys)] = 1
    return np.cumsum(begins) - 1


def _tied(run: NDArray[np.int64]) -> Positions:
    """Places of the rows that share their run with others."""
    return np.flatnonzero(np.bincount(run)[run] > 1)


def _differ_within(run: NDArray[np.int64], values: NDArray[Any]) -> bool:
    return bool(((values[1:] != values[:-1]) & (run[1:] == run[:-1])).any())


def _reduced(normal: Sessions, order: Positions, starts: Positions) -> Sessions:
    """One session for each run of ordered updates, in the order of first appearance."""
    updates = normal[order]
    terminal = _last(IS_TERMINAL[updates.status], starts)
    folded = _with_columns(
        updates[starts],
        started=np.minimum.reduceat(updates.started, starts),
        status=np.maximum.reduceat(updates.status, starts),
        errors=np.maximum.reduceat(updates.errors, starts),
        duration=updates.duration[terminal],
        distinct_id=updates.distinct_id[_first(updates.distinct_id.codes != MISSING, starts)],
        abnormal_mechanism=updates.abnormal_mechanism[_first(has_text(updates.abnormal_mechanism), starts)],
    )
    return folded[np.argsort(np.minimum.reduceat(order, starts))]


def _first(present: NDArray[np.bool_], starts: Positions) -> Positions:
    """Place of the first row of each run where something is `present`; of its first row if nowhere."""
    n = len(present)
    places = np.minimum.reduceat(np.where(present, np.arange(n), n), starts)
    return np.where(places < n, places, starts)


def _last(present: NDArray[np.bool_], starts: Positions) -> Positions:
    """Place of the last row of each run where something is `present`; of its first row if nowhere."""
    places = np.maximum.reduceat(np.where(present, np.arange(len(present)), -1), starts)
    return np.where(places >= 0, places, starts)


def has_text(column: Encoded[str]) -> NDArray[np.bool_]:
    """Whether each row's text is not empty: (n,) bool."""
    empty = column.categories.index("") if "" in column.categories else MISSING
    return np.asarray(column.codes != empty)
