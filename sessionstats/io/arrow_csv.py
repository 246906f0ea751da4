"""Blocks of CSV, cut into cells by Arrow where it is sure to agree with the plain reader (extra ``arrow``).

1. A block is whole lines of a file. One with a quote, a NUL or a lone carriage return is left to the plain
   reader: CSV readers differ on these. What remains is lines, commas, and the text between them.
2. Arrow cuts, on all cores; the meaning of a cell is decided as elsewhere (`arrow_cells`).
3. A block that Arrow rejects (ragged rows, bytes that are not UTF-8), or whose rows break a rule, is left to
   the plain reader as well: it knows how to say what is wrong, and where.
"""

from codecs import BOM_UTF8
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.schema import BY_NAME, Kind
from sessionstats.columns.values import Values
from sessionstats.errors import DataError
from sessionstats.folding import Updates, checked_updates
from sessionstats.io.arrow_cells import column_of_cells
from sessionstats.io.arrow_texts import MANY
from sessionstats.io.optional import needed

BLOCK_BYTES: Final = 1 << 24
"""Size of a block."""

FROM: Final = 1 << 20
"""File size in bytes from which on importing Arrow pays off."""


def is_available() -> bool:
    """Whether Arrow is installed."""
    return find_spec("pyarrow") is not None


class CsvBlocks:
    """Reads the blocks of one file.

    Parameters
    ----------
    width : int
        Number of columns in the header.
    positions : mapping of str to int
        Which of them are ours.
    texts : mapping of str to TextDictionary
        Dictionaries of the columns.
    """

    def __init__(self, width: int, positions: Mapping[str, int], texts: Mapping[str, TextDictionary]) -> None:
        csv, pa = needed("pyarrow.csv", "arrow"), needed("pyarrow", "arrow")
        self._positions = positions
        self._texts = texts
        few = pa.dictionary(pa.int32(), pa.string())
        self._read = csv.ReadOptions(column_names=[str(place) for place in range(width)], block_size=1 << 22)
        self._parse = csv.ParseOptions(quote_char=False)
        self._convert = csv.ConvertOptions(
            column_types={str(at): pa.string() if _differ(name) else few for name, at in positions.items()},
            include_columns=[str(at) for at in positions.values()],
            null_values=[],
        )

    def updates(self, block: bytes) -> Updates | None:
        """The rows of a block, or `None` if the plain reader is to read it."""
        # A mark at the start of a block is text, but Arrow leaves it out.
        if block.startswith(BOM_UTF8) or any(sign in block for sign in (b'"', b"\0")):
            return None
        if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
            return None
        pa, csv = needed("pyarrow", "arrow"), needed("pyarrow.csv", "arrow")
        try:
            table = csv.read_csv(pa.BufferReader(block), self._read, self._parse, self._convert)
            return checked_updates(**{name: self._column(name, table) for name in self._positions})
        except (pa.ArrowInvalid, DataError):
            return None

    def _column(self, name: str, table: Any) -> Values:
        return column_of_cells(name, table.column(str(self._positions[name])), self._texts[name])


def _differ(name: str) -> bool:
    """Whether the cells of a column may all differ, so that a dictionary of them saves nothing."""
    return name in MANY or BY_NAME[name].kind in (Kind.INSTANT, Kind.SECONDS)
