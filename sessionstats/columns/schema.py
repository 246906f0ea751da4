"""What a column is: each one described once, as data (§1.1, §1.2).

1. `SESSION` lists the columns of a session in the order of §1.1, which is also the order in which they are
   checked; `UPDATE` lists those of a raw update, which has two more (§1.2).
2. A description says what a column holds, what a missing value means, what the minimum is, how the updates of
   one session are folded into one value, and under which key SDKs send it.
3. Everything else derives from it: the conversion (`columns.converting`), `Sessions`, folding, records,
   cells of text files, Arrow types, archives.
"""

from enum import Enum
from math import nan
from types import MappingProxyType
from typing import Final, NamedTuple


class Kind(Enum):
    """What the values of a column are; the value is the plural for error texts."""

    INSTANT = "instants"
    INTEGER = "integers"
    SECONDS = "numbers"
    TEXT = "texts"
    STATUS = "statuses"
    USER = "texts or integers"


class Fold(Enum):
    """Which of several updates decides a column of the folded session (§1.2)."""

    FIRST = "of the update with the lowest seq"
    FIRST_PRESENT = "of the first update that has one"
    LAST_TERMINAL = "of the terminal update with the highest seq"
    LEAST = "the least of all"
    GREATEST = "the greatest of all"


class Column(NamedTuple):
    """A column.

    Parameters
    ----------
    name : str
    kind : Kind
    fold : Fold
        How the updates of a session are folded into one value.
    required : bool
        Whether missing values are rejected.
    missing : str, int, float or None
        What a missing value means; `None` for no user, and where missing values are rejected.
    least : int
        The minimum of an integer.
    encoded : bool
        Whether `Sessions` holds it dictionary-encoded.
    payload_key : str, optional
        Path of its key in the session updates that SDKs send.
    """

    name: str
    kind: Kind
    fold: Fold = Fold.FIRST
    required: bool = False
    missing: str | int | float | None = None
    least: int = 0
    encoded: bool = False
    payload_key: str | None = None


SESSION: Final = (
    Column("started", Kind.INSTANT, Fold.LEAST, required=True, payload_key="started"),
    Column("project_id", Kind.INTEGER, required=True, least=1, encoded=True),
    Column("release", Kind.TEXT, missing="", encoded=True, payload_key="attrs.release"),
    Column("environment", Kind.TEXT, missing="", encoded=True, payload_key="attrs.environment"),
    Column("status", Kind.STATUS, Fold.GREATEST, required=True, payload_key="status"),
    Column("errors", Kind.INTEGER, Fold.GREATEST, missing=0, payload_key="errors"),
    Column("distinct_id", Kind.USER, Fold.FIRST_PRESENT, encoded=True, payload_key="did"),
    Column("duration", Kind.SECONDS, Fold.LAST_TERMINAL, missing=nan, payload_key="duration"),
    Column(
        "abnormal_mechanism",
        Kind.TEXT,
        Fold.FIRST_PRESENT,
        missing="",
        encoded=True,
        payload_key="abnormal_mechanism",
    ),
    Column("quantity", Kind.INTEGER, missing=1),
)
"""The columns of a session, in the order of §1.1."""

UPDATE: Final = (
    *SESSION,
    Column("session_id", Kind.TEXT, missing="", encoded=True, payload_key="sid"),
    Column("seq", Kind.INTEGER, missing=0, least=-(2**63), payload_key="seq"),
)
"""The columns of an update (§1.2)."""

BY_NAME: Final = MappingProxyType({column.name: column for column in UPDATE})
"""Each column by its name."""

COLUMNS: Final = tuple([column.name for column in SESSION])
"""Names of the columns of a session, in the order of §1.1."""

UPDATE_COLUMNS: Final = tuple(BY_NAME)
"""Names of the columns of an update."""

REQUIRED_COLUMNS: Final = tuple([column.name for column in UPDATE if column.required])
"""Names of the columns in which no value is missing."""

ENCODED: Final = tuple([column.name for column in SESSION if column.encoded])
"""Names of the columns that `Sessions` holds dictionary-encoded."""
