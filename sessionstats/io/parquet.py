"""Parquet files (extra ``arrow``), read as a whole or block by block.

1. Columns are found by their names (§1.1), and only those are read.
2. A thread reads the next block while one is converted.
3. Pages have checksums, which are verified if a file has them. Arrow's message about a damaged file comes
   with the row group and the column (`sessionstats.io.damage`).
4. Releases and the like are read as the dictionaries that the file holds.
"""

import io
import os
from collections.abc import Iterator
from typing import Any, Final

from sessionstats.errors import SessionStatsError
from sessionstats.io.ahead import ahead
from sessionstats.io.arrow import table_block, to_arrow, updates_of
from sessionstats.io.arrow_texts import MANY
from sessionstats.io.blocks import Block, Reading
from sessionstats.io.damage import located_damage, one_line
from sessionstats.io.names import Names
from sessionstats.io.optional import needed
from sessionstats.io.sources import Opened
from sessionstats.io.tables import ours_of
from sessionstats.sessions import Sessions

ROWS_WRITTEN: Final = 1 << 20
"""Rows of a row group on writing."""

ROWS_TOGETHER: Final = 1 << 18
"""Most rows that are read together."""


def parquet_blocks(source: Opened, reading: Reading, block_rows: int = ROWS_TOGETHER) -> Iterator[Block]:
    """The rows of a Parquet file.

    Parameters
    ----------
    source : Opened
    reading : Reading
    block_rows : int
        Most rows of a block.

    Yields
    ------
    Block

    Raises
    ------
    SessionStatsError
        If the file is damaged, or not Parquet, or names of its columns are invalid (§1.5).
    """
    pa = needed("pyarrow", "arrow")
    file, names = _opened(_native(source.file), reading)
    rows, columns = 0, list(names.theirs.values())
    # Invalid columns are an error without rows, too.
    updates_of(ours_of(pa.Table.from_batches([], file.schema_arrow), names), reading.texts)
    declared = file.metadata.num_rows
    with located_damage(file, columns):
        for batch in ahead(file.iter_batches(batch_size=block_rows, columns=columns)):
            rows += batch.num_rows
            table = ours_of(pa.Table.from_batches([batch]), names)
            yield table_block(table, names, reading, rows / max(1, declared))
    if rows != declared:
        raise SessionStatsError(f"damaged: {rows} rows, where {declared} are declared")


def write_parquet(sessions: Sessions, path: str) -> None:
    """Write sessions to a file for `sessionstats.read`, with all columns of §1.1."""
    pa, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    schema = to_arrow(sessions[:0]).schema
    for at, field in enumerate(schema):
        if field.name in MANY:  # written with each block, a dictionary of many texts costs more than it saves
            schema = schema.set(at, field.with_type(pa.string()))
    with parquet.ParquetWriter(path, schema, write_page_checksum=True) as writer:
        for first in range(0, len(sessions), ROWS_WRITTEN):
            writer.write_table(to_arrow(sessions[first : first + ROWS_WRITTEN]).cast(schema))


def _native(file: Any) -> Any:
    """The file as Arrow reads it by itself.

    Arrow's threads need the interpreter's lock to read a file of Python's. One that still waits for it when
    the interpreter ends, as after an error, aborts the process.
    """
    pa = needed("pyarrow", "arrow")
    if isinstance(file, io.BytesIO):
        return pa.BufferReader(file.getvalue())
    return pa.OSFile(os.fsencode(file.name)) if os.path.isfile(getattr(file, "name", "")) else file


def _opened(file: Any, reading: Reading) -> tuple[Any, Names]:
    """A reader that returns columns of few texts as the dictionaries of the file, and the names."""
    pa, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    with one_line("not a Parquet file"):
        schema = parquet.read_schema(file)
        names = reading.naming.of(schema.names)
        few = [
            theirs
            for ours, theirs in names.theirs.items()
            if ours not in MANY and _is_text(pa.types, schema.field(theirs).type)
        ]
        # What is buffered in advance would stay in memory until the file is closed.
        file = parquet.ParquetFile(
            file, read_dictionary=few, pre_buffer=False, page_checksum_verification=True
        )
        return file, names


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind))
