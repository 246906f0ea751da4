"""Errors a caller can meet, in one small hierarchy.

1. Everything this package raises on purpose is a `SessionStatsError`: it has a ``detail`` for people
   and the ``status`` that the oracle protocol answers with (§9).
   Its location is data, not text: code that knows more about it (the file, the line, how many rows came
   before) adds that with `SessionStatsError.at`, and the text follows.
2. `RequestError` (400): the request is invalid; the detail is the endpoint's own text, to the letter (§2.3).
3. `AccessError` (403): a requested project is not accessible (§2.3).
4. `LimitError` (413): the request exceeds a limit of the program that answers it (`sessionstats.limits`).
5. `DataError` (422): a session row is invalid (§1.4); it names file, line or row, column and value.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Self, TypeAlias

Note: TypeAlias = Callable[[], Iterable[str]]
"""A function that computes the lines of a note."""


class SessionStatsError(ValueError):
    """Base of all errors raised on purpose.

    Attributes
    ----------
    detail : str
        One sentence for a person, with the location; also ``str(error)``.
    problem : str
        The same without the location.
    file : str or None
        The file with the error, if there is one.
    notes : tuple of str
        What may help a person: the known name closest to an unknown one, the edition that accepts a
        rejected request (§9). Notes are not part of `detail`, and cost nothing until they are read.
    status : int
        The status of the protocol's answer (§9).

    Notes
    -----
    `notes` is separate from `BaseException.add_note`: a traceback prints those notes below the text, and a
    doctest of the error would then compare the last note with the text it expects.

    Examples
    --------
    >>> str(SessionStatsError("not UTF-8").at(file="january.csv"))
    'january.csv: not UTF-8'
    """

    status: ClassVar[int] = 400

    def __init__(self, problem: str, note: Note | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.file: str | None = None
        self._notes = [] if note is None else [note]

    @property
    def location(self) -> str:
        """Where the problem is; ``""`` if unknown."""
        return self.file or ""

    @property
    def detail(self) -> str:
        """One sentence for a person."""
        return f"{self.location}: {self.problem}" if self.location else self.problem

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for people, computed each time they are read."""
        return tuple(line for note in self._notes for line in note())

    def add(self, note: Note) -> None:
        """Add a note that is computed when it is read."""
        self._notes.append(note)

    def __str__(self) -> str:
        return self.detail

    def at(self, **location: object) -> Self:
        """The same error, with more of its location filled in.

        Parameters
        ----------
        **location
            ``file``; of a `DataError` also ``line``, ``payload``, ``column`` and ``row``.
        """
        # Not `copy`: with the pickling that Dask installs for exceptions, a copy shares the attributes.
        moved = type(self).__new__(type(self), *self.args)
        vars(moved).update(vars(self) | location)
        return moved


@contextmanager
def located(file: object, kind: "type[SessionStatsError]" = SessionStatsError) -> Iterator[None]:
    """Add the file name to errors of one kind raised inside that do not name a file yet.

    Examples
    --------
    >>> with located("releases.json"):
    ...     raise SessionStatsError("not a list")
    Traceback (most recent call last):
        ...
    sessionstats.errors.SessionStatsError: releases.json: not a list
    """
    try:
        yield
    except kind as error:
        raise error.at(file=error.file or str(file)) from None


class RequestError(SessionStatsError):
    """The request is rejected, in the endpoint's own words (§2.3).

    Attributes
    ----------
    parameter : str or None
        The invalid parameter, if there is one.
    value : object
        Its value as received.

    Examples
    --------
    >>> from sessionstats import Query
    >>> Query.parse("field=summ(session)")
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: Invalid field: "summ(session)"
    >>> try:
    ...     Query.parse("field=sum(session)&statsPeriod=1d&interval=15m")
    ... except RequestError as error:
    ...     error.notes
    ('accepted with min_interval=10 (editions 2022, latest)',)
    """

    status: ClassVar[int] = 400

    def __init__(
        self,
        detail: str,
        *,
        parameter: str | None = None,
        value: object = None,
        note: Note | None = None,
    ) -> None:
        super().__init__(detail, note)
        self.parameter = parameter
        self.value = value


class AccessError(RequestError):
    """A requested project is not among the accessible ones (§2.3)."""

    status: ClassVar[int] = 403


class LimitError(SessionStatsError):
    """A request costs more than the program that answers it allows.

    Attributes
    ----------
    limit : str
        Name of the limit, a field of `sessionstats.limits.Limits`.
    maximum, value : int
        The limit, and a value of the request that is known to be larger.
    """

    status: ClassVar[int] = 413

    def __init__(self, problem: str, *, limit: str, maximum: int, value: int) -> None:
        super().__init__(f"{problem}: more than {limit} = {maximum}")
        self.limit = limit
        self.maximum = maximum
        self.value = value


class DataError(SessionStatsError):
    """A session row breaks a rule of §1.4.

    Attributes
    ----------
    file : str or None
        The file with the error.
    line : int or None
        Line of the file on which the row begins, counted from 1, if the file has lines.
    payload : int or None
        Number of the SDK's payload, counted from 0, if the data consists of payloads.
    column : str or None
        The column with the error; in a payload, the path of the key.
    row : int or None
        Number of the first invalid row in the whole data, counted from 0.
    value : object
        The invalid value.
    reason : str
        The problem without the value, the same for all rows that have it.

    Examples
    --------
    >>> error = DataError("not an integer: 'two'", column="errors", row=1, value="two")
    >>> print(error)
    column 'errors', row 1: not an integer: 'two'
    >>> print(error.at(file="january.csv", line=3))
    january.csv, line 3, column 'errors': not an integer: 'two'
    """

    status: ClassVar[int] = 422

    def __init__(
        self,
        problem: str,
        *,
        column: str | None = None,
        row: int | None = None,
        value: object = None,
        note: Note | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(problem, note)
        self.column = column
        self.row = row
        self.value = value
        self.reason = problem if reason is None else reason
        self.line: int | None = None
        self.payload: int | None = None

    @property
    def location(self) -> str:
        """File, line, payload, column and row, as far as known; only the first of line, payload and row."""
        parts = [] if self.file is None else [self.file]
        if self.line is not None:
            parts.append(f"line {self.line}")
        elif self.payload is not None:
            parts.append(f"payload {self.payload}")
        if self.column is not None:
            parts.append(f"column {self.column!r}" if self.payload is None else self.column)
        if self.row is not None and self.line is None and self.payload is None:
            parts.append(f"row {self.row}")
        return ", ".join(parts)
