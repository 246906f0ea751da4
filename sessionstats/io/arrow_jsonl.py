"""Blocks of JSON lines, read by Arrow where it is sure to agree with the plain reader (extra ``arrow``).

1. A block is whole lines of a file, each one flat object and nothing else. Usually all have the same keys in
   the same order: then they are cut at their commas (`arrow_json_cells`).
2. Other blocks are parsed by Arrow's JSON reader. It ignores line breaks, so we check that there are as many
   objects as lines, that every line is an object, and that none is nested. Backslashes, control characters
   and very long lines are left to the plain reader: JSON readers differ on those. ``NaN`` is a number for
   both; infinities are rejected, and worded by the plain reader (rule 3).
3. Types are those of the first line. A block that Arrow rejects (another type, a repeated key), or whose rows
   break a rule, is left to the plain reader as well: it knows how to say what is wrong, and where.
"""

from typing import Any, Final

import numpy as np

from sessionstats.columns.schema import UPDATE, UPDATE_COLUMNS, Column, Kind
from sessionstats.folding import Updates
from sessionstats.io.arrow import updates_of
from sessionstats.io.arrow_json_cells import updates_of_cells
from sessionstats.io.blocks import Reading
from sessionstats.io.optional import needed
from sessionstats.io.strict_json import loads

LEFT: Final = (b"\\", b"[")
"""What must not occur in a block that Arrow reads."""

LONGEST: Final = 4000
"""Bytes of the longest line: Python does not convert integers of more than 4300 digits."""

BYTES_TOGETHER: Final = 1 << 18
"""Bytes that are searched together, so that they are in cache."""


class JsonBlocks:
    """Reads blocks of one file.

    Parameters
    ----------
    reading : Reading
        Only keys that are already names of our columns are read here.

    Attributes
    ----------
    names : Names
        Those of the last block.
    """

    def __init__(self, reading: Reading) -> None:
        self._naming, self._texts = reading.naming, reading.texts
        self.names = self._naming.of((), all_there=False)

    def updates(self, block: bytes) -> Updates | None:
        """The rows of a block, or `None` if the plain reader is to read it."""
        try:
            first = loads(block[: block.find(b"\n") + 1].decode())
            if not isinstance(first, dict):
                return None
            self.names = self._naming.of(first, all_there=False)
            mapped = any(ours != theirs for ours, theirs in self.names.theirs.items())
            if self.names.milliseconds or mapped or not {*first} <= {*UPDATE_COLUMNS}:
                return None
            try:
                return updates_of_cells(block, self._texts, self.names.unread)
            except ValueError:
                return self._parsed(block, first)
        except ValueError:  # Arrow's errors and ours are ones, too
            return None

    def _parsed(self, block: bytes, first: dict[str, Any]) -> Updates | None:
        """The rows of a block that cannot be cut."""
        n = _lines_of_objects(block)
        if n is None:
            return None
        pa, reader = needed("pyarrow", "arrow"), needed("pyarrow.json", "arrow")
        schema = pa.schema([(column.name, _type_of(pa, column, first)) for column in UPDATE])
        parse = reader.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
        # Arrow does not validate text, but ASCII is always UTF-8.
        table = reader.read_json(pa.BufferReader(block), reader.ReadOptions(block_size=1 << 22), parse)
        if len(table) != n or not (block.isascii() or block.decode()):
            return None
        has_updates = table.column("session_id").null_count < n
        return updates_of(table if has_updates else table.drop_columns([*self.names.unread]), self._texts)


def _lines_of_objects(block: bytes) -> int | None:
    """Number of lines of the block, if each can only be one flat object."""
    if any(text in block for text in LEFT):
        return None
    data = np.frombuffer(block, np.uint8)
    parts = [data[first : first + BYTES_TOGETHER] for first in range(0, len(data), BYTES_TOGETHER)]
    controls = [np.flatnonzero(part < ord(" ")) + at * BYTES_TOGETHER for at, part in enumerate(parts)]
    ends = np.concatenate(controls)
    only_line_ends = bool((data[ends] == ord("\n")).all())
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    starts = np.concatenate([[0], ends[:-1] + 1])
    simple = (
        only_line_ends
        and (ends - starts).min() > 1
        and (ends - starts).max() <= LONGEST
        and (data[starts] == ord("{")).all()
        and (data[ends - 1] == ord("}")).all()
        and all(sum(np.count_nonzero(part == brace) for part in parts) == len(ends) for brace in b"{}")
    )
    return len(ends) if simple else None


def _type_of(pa: Any, column: Column, first: dict[str, Any]) -> Any:
    """The type of a column that Arrow is to read."""
    value = first.get(column.name)
    if column.kind is Kind.SECONDS:
        return pa.float64()
    if column.kind is Kind.INTEGER:
        return pa.int64()
    if column.kind in (Kind.INSTANT, Kind.USER) and type(value) is int:
        return pa.int64()
    return pa.float64() if column.kind is Kind.INSTANT and type(value) is float else pa.string()
