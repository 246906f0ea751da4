"""Errors a caller can meet, one small hierarchy.

1. Everything this package raises on purpose is a `SessionStatsError`: it has a ``detail`` for people
   and the ``status`` that the oracle protocol answers with (§9).
2. `RequestError` (400): the request is wrong; the detail is the endpoint's own text, to the letter (§2.3).
3. `AccessError` (403): a requested project is not accessible (§2.3).
4. `DataError` (422): a session row is wrong (§1.4); names column, row and value.
"""

from typing import ClassVar


class SessionStatsError(ValueError):
    """Base of all errors raised on purpose.

    Attributes
    ----------
    detail : str
        One sentence for a person; also ``str(error)``.
    status : int
        The status of the protocol's answer (§9).
    """

    status: ClassVar[int] = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class RequestError(SessionStatsError):
    """The request is refused, with the endpoint's own words (§2.3).

    Attributes
    ----------
    parameter : str or None
        Name of the parameter at fault, where one is.
    value : object
        Its value as given.

    Examples
    --------
    >>> from sessionstats import Query
    >>> Query.parse("field=summ(session)")
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: Invalid field: "summ(session)"
    """

    status: ClassVar[int] = 400

    def __init__(self, detail: str, *, parameter: str | None = None, value: object = None) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.value = value


class AccessError(RequestError):
    """A requested project is not among the accessible ones (§2.3)."""

    status: ClassVar[int] = 403


class DataError(SessionStatsError):
    """A session row breaks a rule of §1.4.

    Attributes
    ----------
    column : str or None
        Column at fault.
    row : int or None
        Row number, counted from 0, of the first offending row.
    value : object
        The offending value.
    """

    status: ClassVar[int] = 422

    def __init__(
        self, problem: str, *, column: str | None = None, row: int | None = None, value: object = None
    ) -> None:
        place = ", ".join(
            text
            for text in (
                f"column {column!r}" if column is not None else "",
                f"row {row}" if row is not None else "",
            )
            if text
        )
        super().__init__(f"{place}: {problem}" if place else problem)
        self.problem = problem
        self.column = column
        self.row = row
        self.value = value
