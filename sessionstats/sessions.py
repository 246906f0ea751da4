"""`Sessions`: the immutable columns that everything is computed from (§1, §1.1).

1. Construction converts and checks every column (§1.4); after it, nothing is wrong and nothing is text:
   texts, users and projects are codes into their distinct values, statuses codes into `STATUSES`.
2. A row of quantity 0 is no session (§1.1): it is checked like any other, then left out.
3. All arrays are read-only, so that parts of a `Sessions` share memory with it. A column of nothing but its
   default takes no memory.
4. Two `Sessions` are equal if their values are, row by row, whatever the codes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import Encoded, concat_encoded, same_values
from sessionstats.columns.numbers import (
    Values,
    check_length,
    check_total,
    constant,
    duration_column,
    integer_column,
    refuse,
)
from sessionstats.columns.started import started_column
from sessionstats.columns.texts import (
    empty_texts,
    no_users,
    project_column,
    status_column,
    text_column,
    user_column,
)
from sessionstats.health import STATUSES

if TYPE_CHECKING:
    from os import PathLike

COLUMNS: Final = (
    "started",
    "project_id",
    "release",
    "environment",
    "status",
    "errors",
    "distinct_id",
    "duration",
    "abnormal_mechanism",
    "quantity",
)
"""The columns of a session, in the order of §1.1; also the order in which they are checked."""

ENCODED: Final = ("project_id", "release", "environment", "distinct_id", "abnormal_mechanism")
"""The columns that are dictionary-encoded."""

Rows: TypeAlias = slice | Sequence[int] | Sequence[bool] | NDArray[np.bool_] | NDArray[np.integer[Any]]
"""What selects rows."""


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
        Of `STATUSES`; whether an edition has it is `require_known_statuses`'s to say.
    errors : array or iterable of int and None, optional
        Missing values are 0.
    distinct_id : array of strings or integers, iterable of str, int and None, or Encoded, optional
        The user. An integer is the user of its decimal text; ``""`` and the nil UUID are no user.
    duration : array of numbers, or iterable of int, float and None, optional
        Seconds; missing values are NaN.
    abnormal_mechanism : as `release`
    quantity : array or iterable of int and None, optional
        Missing values are 1. Rows of 0 are no sessions, and left out.

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
        If a row breaks §1.4; names the column, the first wrong row, and its value. Of several wrong columns
        the first of §1.1 is named.

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
        self,
        *,
        started: Values,
        project_id: Values,
        status: Values,
        release: Values | None = None,
        environment: Values | None = None,
        errors: Values | None = None,
        distinct_id: Values | None = None,
        duration: Values | None = None,
        abnormal_mechanism: Values | None = None,
        quantity: Values | None = None,
    ) -> None:
        instants = started_column(started)
        n = len(instants)
        columns: tuple[Any, ...] = (
            instants,
            project_column(project_id),
            _texts("release", release, n),
            _texts("environment", environment, n),
            status_column(status),
            constant(0, n, np.int64)
            if errors is None
            else integer_column("errors", errors, default=0, least=0),
            no_users(n) if distinct_id is None else user_column(distinct_id),
            constant(np.nan, n, np.float64) if duration is None else duration_column(duration),
            _texts("abnormal_mechanism", abnormal_mechanism, n),
            constant(1, n, np.int64)
            if quantity is None
            else integer_column("quantity", quantity, default=1, least=0),
        )
        for name, column in zip(COLUMNS, columns, strict=True):
            check_length(name, column, n)
        self._set(columns)
        check_total(self.quantity)
        if quantity is not None and np.count_nonzero(self.quantity) < n:
            self._set(self[self.quantity > 0].columns)

    @classmethod
    def from_columns(cls, *columns: Any) -> "Sessions":
        """Sessions of columns that are right already, in the order of §1.1; nothing is checked or copied."""
        self = cls.__new__(cls)
        self._set(columns)
        return self

    def _set(self, columns: Iterable[Any]) -> None:
        for name, column in zip(COLUMNS, columns, strict=True):
            (column.codes if name in ENCODED else column).flags.writeable = False
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
            If the quantities add up to more than 64 bits hold.

        Examples
        --------
        >>> a = Sessions.sample(3)
        >>> Sessions.concat([a[:2], a[2:]]) == a == a[:1] + a[1:]
        True
        """
        parts = tuple(parts)
        if len(parts) < 2:
            return parts[0] if parts else cls.empty()
        columns: dict[str, Any] = {}
        for name in COLUMNS:
            same = [getattr(part, name) for part in parts]
            columns[name] = concat_encoded(same) if name in ENCODED else np.concatenate(same)
        check_total(columns["quantity"])
        return cls.from_columns(*columns.values())

    @classmethod
    def from_records(
        cls, records: Iterable[Mapping[str, Any]], statuses: Collection[str] = STATUSES
    ) -> "Sessions":
        """Sessions of mappings with the columns of §1.1 as keys; see `records.from_records`."""
        from sessionstats.io.records import from_records

        return from_records(records, statuses)

    @classmethod
    def from_updates(cls, **columns: Values) -> "Sessions":
        """Sessions folded from raw updates, with ``session_id`` and ``seq``; see `folding.from_updates`."""
        from sessionstats.folding import from_updates

        return from_updates(**columns)

    @classmethod
    def from_session_payloads(cls, payloads: Iterable[Mapping[str, Any]], project_id: int) -> "Sessions":
        """Sessions of what SDKs send for one project; see `payloads.from_session_payloads`."""
        from sessionstats.io.payloads import from_session_payloads

        return from_session_payloads(payloads, project_id)

    @classmethod
    def from_arrow(cls, data: Any) -> "Sessions":
        """Sessions of Arrow data, such as a data frame; see `integrations.arrow.from_arrow`."""
        from sessionstats.io.arrow import from_arrow

        return from_arrow(data)

    @classmethod
    def sample(cls, n: int, seed: int = 0) -> "Sessions":
        """Realistic synthetic sessions; see `sampling.sample`."""
        from sessionstats.io.sampling import sample

        return sample(n, seed)

    @classmethod
    def read_csv(cls, path: "str | PathLike[str]") -> "Sessions":
        """Sessions of a CSV file; see `files.read_csv`."""
        from sessionstats.io.text import read_csv

        return read_csv(path)

    @classmethod
    def read_jsonl(cls, path: "str | PathLike[str]") -> "Sessions":
        """Sessions of a file of one JSON object a line; see `files.read_jsonl`."""
        from sessionstats.io.text import read_jsonl

        return read_jsonl(path)

    @classmethod
    def load_npz(cls, path: "str | PathLike[str]") -> "Sessions":
        """Sessions that `save_npz` wrote; see `archives.load_npz`."""
        from sessionstats.io.npz import load_npz

        return load_npz(path)

    def to_csv(self, path: "str | PathLike[str]") -> None:
        """Write a file for `read_csv`."""
        from sessionstats.io.text import write_csv

        write_csv(self, path)

    def to_jsonl(self, path: "str | PathLike[str]") -> None:
        """Write a file for `read_jsonl`."""
        from sessionstats.io.text import write_jsonl

        write_jsonl(self, path)

    def to_arrow(self) -> Any:
        """The sessions as a `pyarrow.Table`; see `integrations.arrow.to_arrow`."""
        from sessionstats.io.arrow import to_arrow

        return to_arrow(self)

    def save_npz(self, path: "str | PathLike[str]") -> None:
        """Write a file for `load_npz`, the fastest to read."""
        from sessionstats.io.npz import save_npz

        save_npz(self, path)

    @property
    def columns(self) -> tuple[Any, ...]:
        """All columns, in the order of §1.1."""
        return tuple([getattr(self, name) for name in COLUMNS])

    def to_records(self) -> list[dict[str, Any]]:
        """One dict a row, fit for JSON and for `from_records`; `None` for no user and no duration.

        Examples
        --------
        >>> sessions = Sessions(started=[0.25], project_id=[1], status=["ok"])
        >>> sessions.to_records()[0]["started"]
        '1970-01-01T00:00:00.250000Z'
        >>> Sessions.from_records(sessions.to_records()) == sessions
        True
        """
        return [dict(zip(COLUMNS, row, strict=True)) for row in self.rows()]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows as tuples of Python values, in the order of `COLUMNS`; otherwise as `to_records`."""
        values = {name: getattr(self, name) for name in COLUMNS}
        lists = {name: c.decode() if name in ENCODED else c.tolist() for name, c in values.items()}
        lists["started"] = [f"{text}Z" for text in self.started.astype(str).tolist()]
        lists["status"] = [STATUSES[code] for code in lists["status"]]
        lists["duration"] = [None if value != value else value for value in lists["duration"]]
        return zip(*lists.values(), strict=True)

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
        first, last = (np.datetime_as_string(t, "s") for t in (self.started.min(), self.started.max()))
        counts = [
            (len(self), "row"),
            (int(self.quantity.sum()), "session"),
            (self.project_id.n_used, "project"),
            (self.release.n_used, "release"),
            (self.distinct_id.n_used, "user"),
        ]
        texts = [f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts]
        return f"Sessions({', '.join([*texts[:2], f'{first}Z to {last}Z', *texts[2:]])})"


def require_known_statuses(sessions: Sessions, statuses: Collection[str]) -> None:
    """Refuse sessions with a status that an edition does not have (§1.1).

    Parameters
    ----------
    sessions : Sessions
    statuses : collection of str
        Those of the edition, `Rules.statuses`.

    Raises
    ------
    DataError
        Naming the first row with another one.

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
                refuse("status", "not a status of this edition", int(rows[0]), status)


def _texts(name: str, values: Values | None, n: int) -> Encoded[str]:
    return empty_texts(n) if values is None else text_column(name, values)


def _same_values(a: Any, b: Any) -> bool:
    if isinstance(a, Encoded):
        return same_values(a, b)
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
