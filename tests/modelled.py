"""What the plain model makes of rows: the sessions that they are or fold into (§1.2)."""

from typing import Any

from sessionstats.testing.model.definitions import DEFINITIONS
from sessionstats.testing.model.folding import fold
from sessionstats.testing.model.rows import Row, read_rows


def folded_by_the_model(rows: list[Any], *, unhandled: bool) -> list[Row]:
    """The sessions of rows; `unhandled` says whether the edition has that status."""
    return fold(DEFINITIONS, read_rows(DEFINITIONS, rows, unhandled=unhandled))
