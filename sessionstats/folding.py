"""Folding: several updates of one session become one session (§1.2).

1. Updates of one session share project and ``session_id``; a row without a ``session_id`` is a
   standalone session and stays as it is. So does a row of quantity 0: it updates no session (§1.1).
2. The updates of a session are ordered by ``seq``; where that is equal, by ``started``, severity, release,
   environment, user, mechanism, duration (missing first), errors and quantity, so that the order of rows
   does not matter. Texts are compared only where the columns before them leave a tie.
3. The folded session has the earliest ``started``, the worst status, and the most errors: at least one if
   any update was ``errored``.
4. Its duration is that of its last terminal update; without one it has none.
5. Its user and its mechanism are the first ones present; its other columns are those of the first update.
6. Sessions are in the order in which they first appear.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.converting import converted
from sessionstats.columns.encoding import MISSING, Encoded, concat_encoded, encode
from sessionstats.columns.schema import BY_NAME, COLUMNS, SESSION, Fold
from sessionstats.columns.values import Values, check_length
from sessionstats.health import STATUSES, TERMINAL
from sessionstats.sessions import Sessions

Positions: TypeAlias = NDArray[np.intp]

ERRORED: Final = STATUSES.index("errored")
"""Code of the status that implies at least one error (§1.2)."""

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
"""Columns that order updates of equal ``seq``; the first that differs decides (§1.2)."""


class Updates(NamedTuple):
    """Raw updates, checked, before they are folded.

    Parameters
    ----------
    sessions : Sessions
        One row per update.
    session_id : Encoded of str
        ``""`` for standalone sessions.
    seq : (n,) int64
        Position of the update in its session.
    """

    sessions: Sessions
    session_id: Encoded[str]
    seq: NDArray[np.int64]

    @classmethod
    def alone(cls, sessions: Sessions) -> "Updates":
        """Standalone sessions."""
        n = len(sessions)
        return cls(sessions, *[converted(BY_NAME[name], None, n) for name in ("session_id", "seq")])

    @property
    def to_fold(self) -> NDArray[np.bool_]:
        """Which rows are updates of a session, not standalone sessions: (n,) bool."""
        return has_text(self.session_id) & (self.sessions.quantity > 0)

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
    *, session_id: Values | None = None, seq: Values | None = None, **columns: Values
) -> Updates:
    """Raw updates from the columns of `from_updates`."""
    sessions = Sessions(**columns)
    ids = converted(BY_NAME["session_id"], session_id, len(sessions))
    order = converted(BY_NAME["seq"], seq, len(sessions))
    check_length("session_id", ids, len(sessions))
    check_length("seq", order, len(sessions))
    return Updates(sessions, ids, order)


def from_updates(**columns: Values) -> Sessions:
    """Sessions folded from raw updates (§1.2).

    Parameters
    ----------
    session_id : array of strings, iterable of str and None, or Encoded, optional
        Rows where it is missing or ``""`` are standalone sessions.
    seq : array or iterable of int and None, optional
        Position of an update in its session: any 64-bit integer; missing values are 0.
    **columns
        The columns of `Sessions`.

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
    >>> sessions.started, STATUSES[sessions.status[0]], sessions.duration
    (array(['1970-01-01T00:01:00.000000'], dtype='datetime64[us]'), 'crashed', array([2.5]))
    """
    return fold(checked_updates(**columns))


def fold(updates: Updates) -> Sessions:
    """Fold updates into sessions (§1.2).

    Parameters
    ----------
    updates : Updates

    Returns
    -------
    Sessions
        In the order of first appearance.

    Notes
    -----
    Two sorts of the updates, plus one for each further column that breaks ties of ``seq``, of the tied
    updates only; no loop over updates.

    Examples
    --------
    >>> updates = checked_updates(
    ...     started=[9, 8, 7], project_id=[1, 1, 1], status=["exited", "errored", "ok"],
    ...     duration=[5, None, None], session_id=["a", "a", ""], seq=[1, 0, 0])
    >>> folded = fold(updates)
    >>> [STATUSES[code] for code in folded.status], folded.errors, folded.duration
    (['exited', 'ok'], array([1, 0]), array([ 5., nan]))
    """
    sessions, session_id, seq = updates
    if not any(session_id.categories):
        return sessions
    alone = ~updates.to_fold
    normal = _normalized(sessions, alone)
    if np.bincount(session_id.codes[~alone], minlength=1).max() <= 1:
        return normal
    session = session_id.codes * np.int64(len(sessions.project_id.categories)) + sessions.project_id.codes
    session[alone] = session.max() + 1 + np.arange(np.count_nonzero(alone))
    order = ordered(sessions, session, seq)
    return _reduced(normal, order, _run_starts(session[order]))


def _normalized(updates: Sessions, alone: NDArray[np.bool_]) -> Sessions:
    """Each update as the session it would be by itself; rows that are `alone` are sessions already."""
    errors = np.maximum(updates.errors, (updates.status == ERRORED) & ~alone)
    duration = np.where(IS_TERMINAL[updates.status] | alone, updates.duration, np.nan)
    changed: dict[str, Any] = {"errors": errors, "duration": duration}
    return Sessions.from_columns(*[changed.get(name, getattr(updates, name)) for name in COLUMNS])


def ordered(updates: Sessions, session: NDArray[np.int64], seq: NDArray[np.int64]) -> Positions:
    """Positions of the updates, grouped by session and in the order of §1.2.

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
    Each column refines the order that the columns before it leave undecided: `run` numbers the updates that
    are still equal, and only those in runs of several updates are sorted again, if they differ.

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
    """The rows' values as numbers that sort as §1.2 says: texts by code point, missing values first."""
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
    """Positions of the rows that share their run with others."""
    return np.flatnonzero(np.bincount(run)[run] > 1)


def _differ_within(run: NDArray[np.int64], values: NDArray[Any]) -> bool:
    return bool(((values[1:] != values[:-1]) & (run[1:] == run[:-1])).any())


def _reduced(normal: Sessions, order: Positions, starts: Positions) -> Sessions:
    """One session for each run of ordered updates, in the order of first appearance."""
    updates = normal[order]
    terminal = IS_TERMINAL[updates.status]
    columns = [_one_value(column.fold, getattr(updates, column.name), terminal, starts) for column in SESSION]
    return Sessions.from_columns(*columns)[np.argsort(np.minimum.reduceat(order, starts))]


def _one_value(how: Fold, values: Any, terminal: NDArray[np.bool_], starts: Positions) -> Any:
    """The value of each run of ordered updates in one column (§1.2)."""
    match how:
        case Fold.LEAST:
            return np.minimum.reduceat(values, starts)
        case Fold.GREATEST:
            return np.maximum.reduceat(values, starts)
        case Fold.FIRST_PRESENT:
            return values[_first(has_text(values), starts)]
        case Fold.LAST_TERMINAL:
            return values[_last(terminal, starts)]
    return values[starts]


def _first(present: NDArray[np.bool_], starts: Positions) -> Positions:
    """Position of the first row of each run where a value is `present`; of its first row if nowhere."""
    n = len(present)
    places = np.minimum.reduceat(np.where(present, np.arange(n), n), starts)
    return np.where(places < n, places, starts)


def _last(present: NDArray[np.bool_], starts: Positions) -> Positions:
    """Position of the last row of each run where a value is `present`; of its first row if nowhere."""
    places = np.maximum.reduceat(np.where(present, np.arange(len(present)), -1), starts)
    return np.where(places >= 0, places, starts)


def has_text(column: Encoded[str]) -> NDArray[np.bool_]:
    """Whether each row has a non-empty text: (n,) bool."""
    present = column.codes != MISSING
    if "" in column.categories:
        present &= column.codes != column.categories.index("")
    return np.asarray(present)
