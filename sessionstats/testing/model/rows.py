"""Session rows (§1.1, §1.4): each column has its type, its missing value and its limits.

1. A missing column or a null means the missing value; if that is not allowed, it is an error.
2. Nothing is coerced: a bool is not a number, 1.0 is not an integer, a number is not a text.
3. An error names column, row and value, and has status 422 (§9).
4. Integers, and the sum of `quantity` over the request, stay within 2**63 - 1.
5. A row of quantity 0 is not a session: it is validated like any other and then dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import instants
from .errors import Rejection

if TYPE_CHECKING:
    from .definitions import Definitions

LARGEST = 2**63 - 1
"""The largest integer of an integer column."""

STATUSES = ("ok", "errored", "exited", "unhandled", "abnormal", "crashed")
"""Every status, from the best to the worst (§1.2)."""

SDK_KEYS = ("sid", "did", "attrs", "aggregates", "init")
"""Keys of what SDKs send that no session row has (§1.5)."""

NIL_USERS = {"0" * 32, "00000000-0000-0000-0000-000000000000"}
"""The nil UUID, without and with dashes: no user (§1.1)."""


@dataclass(frozen=True)
class Row:
    """One row: a session, or an update of one (§1.1, §1.2). No user is `""`, no duration is None."""

    started: int
    project: int
    release: str
    environment: str
    status: str
    errors: int
    user: str
    duration: float | None
    mechanism: str
    quantity: int
    session_id: str
    seq: int


def read_rows(d: Definitions, sessions: list[Any], *, unhandled: bool) -> list[Row]:
    """Validate every row, then drop those of quantity 0 (§1.4, §1.1).

    `unhandled` says whether the edition has that status.
    """
    rows = [read_row(d, index, row, unhandled) for index, row in enumerate(sessions)]
    total = sum(row.quantity for row in rows)
    if total > LARGEST:
        raise Rejection(f"sessions: column 'quantity': the sum {total} is beyond {LARGEST}.", 422)
    return [row for row in rows if d.is_session(row)]


def is_session(row: Row) -> bool:
    """Whether a row stands for any session (§1.1)."""
    return row.quantity > 0


def instant(value: str | int | float) -> int | None:
    """An instant in any of the forms that a row may use (§9)."""
    return instants.from_iso(value) if isinstance(value, str) else instants.from_number(value)


def user_text(value: str | int | None) -> str:
    """The user as text; an integer is its decimal text; nil UUID and `""` are not users (§1.1)."""
    # silent (§1.1): an integer user may be of any size, since it only stands for its decimal text.
    return "" if value is None or value in NIL_USERS else str(value)


def read_row(d: Definitions, index: int, row: Any, unhandled: bool) -> Row:
    """One row, column by column in the order of the table (§1.1)."""
    # silent (§1.4): a row that is not an object is bad data (422).
    if not isinstance(row, dict):
        raise Rejection(f"sessions: row {index}: not an object: {row!r}.", 422)
    # §1.5: keys of what SDKs send are bad data; other keys that §1 does not name are ignored.
    for key in SDK_KEYS:
        if key in row:
            raise Rejection(f"sessions: row {index}: {key!r} is a key of what SDKs send.", 422)
    cells = Cells(d, index, row)
    return Row(
        started=cells.started(),
        project=cells.integer("project_id", None, 1),
        release=cells.text("release"),
        environment=cells.text("environment"),
        status=cells.status(unhandled),
        errors=cells.integer("errors", 0, 0),
        user=cells.user(),
        duration=cells.duration(),
        mechanism=cells.text("abnormal_mechanism"),
        quantity=cells.integer("quantity", 1, 0),
        # silent (§1.2): `session_id` is text; `seq` is an integer of 64 bits and may be negative.
        session_id=cells.text("session_id"),
        seq=cells.integer("seq", 0, -LARGEST - 1),
    )


class Cells:
    """The cells of one row, each read by the rule of its column (§1.1)."""

    def __init__(self, d: Definitions, index: int, row: dict[str, Any]) -> None:
        self.definitions = d
        self.index = index
        self.row = row

    def bad(self, column: str, reason: str) -> Rejection:
        """The error of a cell: column, row and value (§1.4)."""
        value = self.row.get(column)
        return Rejection(f"sessions: column {column!r}, row {self.index}: {reason}: {value!r}.", 422)

    def started(self) -> int:
        """ISO instant or epoch seconds, in the years 1970 to 2262 (§1.1, §1.4, §9)."""
        value = self.row.get("started")
        instant: int | None = None
        if isinstance(value, str) or type(value) is int or type(value) is float:
            instant = self.definitions.instant(value)
        if instant is None:
            raise self.bad("started", "not an instant")
        if not instants.at_year(1970) <= instant < instants.at_year(2263):
            raise self.bad("started", "outside the years 1970-2262")
        return instant

    def integer(self, column: str, missing: int | None, least: int) -> int:
        """An integer from `least` to 2**63 - 1 (§1.1)."""
        value = self.row.get(column)
        if value is None and missing is not None:
            return missing
        if type(value) is not int:
            raise self.bad(column, "not an integer")
        if not least <= value <= LARGEST:
            raise self.bad(column, f"not from {least} to {LARGEST}")
        return value

    def text(self, column: str) -> str:
        """A text; `""` if missing (§1.1)."""
        value = self.row.get(column)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.bad(column, "not a text")
        return value

    def status(self, unhandled: bool) -> str:
        """One of the statuses of the edition (§1.1)."""
        value = self.row.get("status")
        known = [status for status in STATUSES if status != "unhandled" or unhandled]
        if not isinstance(value, str) or value not in known:
            raise self.bad("status", "not a known status")
        return value

    def user(self) -> str:
        """Text, an integer, or nothing (§1.1)."""
        value = self.row.get("distinct_id")
        if value is not None and type(value) is not int and not isinstance(value, str):
            raise self.bad("distinct_id", "neither text nor integer")
        return self.definitions.user(value)

    def duration(self) -> float | None:
        """Seconds, finite and not negative; NaN and null mean no duration (§1.1, §1.4)."""
        value = self.row.get("duration")
        if value is None:
            return None
        if type(value) is not int and type(value) is not float:
            raise self.bad("duration", "not a number")
        try:
            seconds = float(value)
        except OverflowError:
            seconds = math.inf
        if math.isnan(seconds):
            return None
        if seconds < 0 or math.isinf(seconds):
            raise self.bad("duration", "negative or infinite")
        return seconds + 0.0  # -0.0 becomes 0.0
