"""`Sessions`: the immutable columns that everything is computed from (§1, §1.1).

1. Construction converts and checks every column (§1.4); after it, every value is valid and none is text:
   texts, users and projects are codes into their distinct values, statuses codes into `STATUSES`.
2. A row of quantity 0 is not a session (§1.1): it is checked and kept like any other, and left out wherever
   sessions are selected.
3. All arrays are read-only, so parts of a `Sessions` share memory with it. A column that holds only its
   default takes no memory.
4. Two `Sessions` are equal if their values are, row by row, whatever the codes.

`columns.schema` lists the columns; `sessionstats.read` and its siblings make `Sessions` from files,
records, frames and payloads.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn, TypeAlias, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.converting import converted
from sessionstats.columns.encoding import Encoded, concat_encoded, joined, same_values
from sessionstats.columns.numbers import check_total
from sessionstats.columns.schema import COLUMNS, ENCODED, SESSION
from sessionstats.columns.values import Values, check_length, reject
from sessionstats.health import STATUSES
from sessionstats.notes import editions_with

Rows: TypeAlias = slice | Sequence[int] | Sequence[bool] | NDArray[np.bool_] | NDArray[np.integer[Any]]
"""Anything that selects rows."""


class OptionalColumns(TypedDict, total=False):
    """The columns that may be omitted: all their values are then missing."""

    release: Values | None
    environment: Values | None
    errors: Values | None
    distinct_id: Values | None
    duration: Values | None
    abnormal_mechanism: Values | None
    quantity: Values | None


class Sessions:
    """Sessions as columns; immutable.

    Parameters
    ----------
    started : array, or iterable of datetime, datetime64, str, int and float
        When each session began. Text is ISO 8601; numbers are epoch seconds; without an offset it is UTC.
    project_id : array or iterable of int, or Encoded
    release, environment : array of strings, iterable of str and None, or Encoded, optional
        Missing values are ``""``, here and in `abnormal_mechanism`.
    status : array or iterable of str, or Encoded
        One of `STATUSES`; `require_known_statuses` checks whether an edition has it.
    errors : array or iterable of int and None, optional
        Missing values are 0.
    distinct_id : array of strings or integers, iterable of str, int and None, or Encoded, optional
        The user. An integer means the user of its decimal text; ``""`` and the nil UUID are not users.
    duration : array of numbers, or iterable of int, float and None, optional
        Seconds; missing values are NaN.
    abnormal_mechanism : as `release`
    quantity : array or iterable of int and None, optional
        Missing values are 1. A row of 0 is not a session: it changes no answer.

    Attributes
    ----------
    started : (n,) datetime64[us]
    project_id : Encoded of int
    release, environment, abnormal_mechanism : Encoded of str
    status : (n,) int8
        Codes into `STATUSES`.
    errors, quantity : (n,) int64
    distinct_id : Encoded of str
        Code −1 where there is no user.
    duration : (n,) float64

    Raises
    ------
    DataError
        If a row breaks §1.4; names the column, the first invalid row, and its value. Of several columns
        with errors the first of §1.1 is named.

    Examples
    --------
    >>> Sessions(started=["2024-01-29T12:00Z", "2024-01-29T13:30Z"], project_id=[1, 1],
    ...          status=["exited", "crashed"], distinct_id=["ann", None])
    Sessions(2 rows, 2 sessions, 2024-01-29T12:00:00Z to 2024-01-29T13:30:00Z, 1 project, 1 release, 1 user)
    >>> Sessions(started=[0, 1], project_id=[1, 1], status=["exited", "gone"])
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: column 'status', row 1: unknown status: 'gone'
    """

    __slots__ = COLUMNS
    started: NDArray[np.datetime64]
    project_id: Encoded[int]
    release: Encoded[str]
    environment: Encoded[str]
    status: NDArray[np.int8]
    errors: NDArray[np.int64]
    distinct_id: Encoded[str]
    duration: NDArray[np.float64]
    abnormal_mechanism: Encoded[str]
    quantity: NDArray[np.int64]

    def __init__(
        self, *, started: Values, project_id: Values, status: Values, **optional: Unpack[OptionalColumns]
    ) -> None:
        given: dict[str, Any] = {"started": started, "project_id": project_id, "status": status, **optional}
        for name in given:
            if name not in COLUMNS:
                raise TypeError(
                    f"Sessions have no column {name!r}; their columns are {', '.join(COLUMNS)}. "
                    "from_arrow(frame) reads a data frame"
                )
        columns: list[Any] = []
        for column in SESSION:
            n = len(columns[0]) if columns else 0
            columns.append(converted(column, given.get(column.name), n))
        for name, values in zip(COLUMNS, columns, strict=True):
            check_length(name, values, n)
        self._set(columns)
        check_total(self.quantity)

    @classmethod
    def from_columns(cls, *columns: Any) -> "Sessions":
        """Sessions of columns that are valid already, in the order of §1.1; nothing is checked or copied."""
        self = cls.__new__(cls)
        self._set(map(_read_only, columns))
        return self

    def _set(self, columns: Iterable[Any]) -> None:
        for name, column in zip(COLUMNS, columns, strict=True):
            object.__setattr__(self, name, column)

    @classmethod
    def empty(cls) -> "Sessions":
        """No sessions.

        Examples
        --------
        >>> Sessions.empty()
        Sessions(0 rows)
        """
        return cls(started=(), project_id=(), status=())

    @classmethod
    def concat(cls, parts: Iterable["Sessions"]) -> "Sessions":
        """The rows of all parts, one after the other.

        Raises
        ------
        DataError
            If the quantities add up to more than 64 bits can hold.

        Examples
        --------
        >>> from sessionstats import sample
        >>> a = sample(3)
        >>> Sessions.concat([a[:2], a[2:]]) == a == a[:1] + a[1:]
        True
        """
        parts = tuple(parts)
        if len(parts) < 2:
            return parts[0] if parts else cls.empty()
        columns: dict[str, Any] = {}
        for name in COLUMNS:
            same = [getattr(part, name) for part in parts]
            columns[name] = concat_encoded(same) if name in ENCODED else joined(same)
        check_total(columns["quantity"])
        return cls.from_columns(*columns.values())

    @property
    def columns(self) -> tuple[Any, ...]:
        """All columns, in the order of §1.1."""
        return tuple([getattr(self, name) for name in COLUMNS])

    def __len__(self) -> int:
        return len(self.started)

    def __getitem__(self, rows: Rows) -> "Sessions":
        if not isinstance(rows, slice):
            rows = np.asarray(rows, np.intp if isinstance(rows, list) and not rows else None)
            if rows.ndim != 1:
                raise TypeError("Sessions are indexed by a slice, a mask or an array of row numbers")
        return Sessions.from_columns(*[column[rows] for column in self.columns])

    def __add__(self, other: object) -> "Sessions":
        return Sessions.concat((self, other)) if isinstance(other, Sessions) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sessions):
            return NotImplemented
        return len(self) == len(other) and all(map(_same_values, self.columns, other.columns))

    __hash__ = None  # type: ignore[assignment]  # equal by value over millions of rows

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Sessions are immutable; {name!r} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Sessions are immutable; {name!r} cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        return (Sessions.from_columns, self.columns)

    def __repr__(self) -> str:
        if not len(self):
            return "Sessions(0 rows)"
        counted = self if self.quantity.all() else self[self.quantity > 0]
        texts = [_count(len(self), "row"), _count(int(self.quantity.sum()), "session")]
        if len(counted):
            first, last = counted.started.min(), counted.started.max()
            texts += [
                f"{np.datetime_as_string(first, 's')}Z to {np.datetime_as_string(last, 's')}Z",
                _count(counted.project_id.n_used, "project"),
                _count(counted.release.n_used, "release"),
                _count(counted.distinct_id.n_used, "user"),
            ]
        return f"Sessions({', '.join(texts)})"


def require_known_statuses(sessions: Sessions, statuses: Collection[str], before: int = 0) -> None:
    """Reject sessions with a status that an edition does not have (§1.1).

    Parameters
    ----------
    sessions : Sessions
    statuses : collection of str
        The statuses of the edition, `Rules.statuses`.
    before : int
        How many rows came before these.

    Raises
    ------
    DataError
        For the first row with another one; its notes name the editions that have it.

    Examples
    --------
    >>> require_known_statuses(Sessions(started=[0], project_id=[1], status=["unhandled"]), ["ok", "exited"])
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: column 'status', row 0: not a status of this edition: 'unhandled'
    """
    for code, status in enumerate(STATUSES):
        if status not in statuses:
            rows = np.flatnonzero(sessions.status == code)
            if len(rows):
                note = partial(editions_with, status)
                reject("status", "not a status of this edition", before + int(rows[0]), status, note)


def validated_chunks(chunks: Iterable[Sessions], statuses: Collection[str]) -> Iterator[Sessions]:
    """The same chunks, each validated for an edition as it passes.

    Parameters
    ----------
    chunks : iterable of Sessions
    statuses : collection of str
        The statuses of the edition, `Rules.statuses`.

    Raises
    ------
    DataError
        As `require_known_statuses` does; rows are counted through all chunks.
    TypeError
        If a chunk is something else.
    """
    before = 0
    for chunk in chunks:
        if not isinstance(chunk, Sessions):
            raise TypeError(f"a chunk must be Sessions, not {type(chunk).__name__}")
        require_known_statuses(chunk, statuses, before)
        before += len(chunk)
        yield chunk


def _read_only(column: Any) -> Any:
    """The column as a view that nobody can write through; the caller's own array stays as it is."""
    values = column.codes if isinstance(column, Encoded) else column
    if not values.flags.writeable:
        return column
    view = values.view()
    view.flags.writeable = False
    return column.with_codes(view) if isinstance(column, Encoded) else view


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _same_values(a: Any, b: Any) -> bool:
    if isinstance(a, Encoded):
        return same_values(a, b)
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
