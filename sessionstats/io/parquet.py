"""Files of Parquet (extra ``arrow``), read as a whole or block by block.

1. Columns are found by their names (§1.1), and only those are read.
2. A thread reads the next block while one is converted.
3. Releases and the like are read as the dictionaries that the file holds. A text has one code in all blocks.
"""

from collections.abc import Iterator
from typing import Any, Final

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.schema import UPDATE_COLUMNS
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.folding import Updates
from sessionstats.io.ahead import ahead
from sessionstats.io.arrow import to_arrow, updates_of
from sessionstats.io.arrow_texts import MANY
from sessionstats.io.optional import needed
from sessionstats.io.text import Path, Report, unreported
from sessionstats.sessions import Sessions

ROWS_WRITTEN: Final = 1 << 20
"""Rows of a row group that is written."""

ROWS_TOGETHER: Final = 1 << 18
"""Most rows that are read together."""


def iter_parquet(
    path: Path, block_rows: int = ROWS_TOGETHER, report: Report = unreported
) -> Iterator[Updates]:
    """Read a Parquet file block by block; raises as `files.read` does.

    Parameters
    ----------
    path : str or path
    block_rows : int
        Most rows of a block.
    report : function, optional

    Yields
    ------
    Updates
        Not folded: updates of one session may stand in several blocks.
    """
    pa = needed("pyarrow", "arrow")
    dictionaries = {name: TextDictionary() for name in UPDATE_COLUMNS}
    with open(path, "rb") as file:
        reader = _opened(path, file)
        names = [name for name in reader.schema_arrow.names if name in UPDATE_COLUMNS]
        before = 0
        for batch in ahead(reader.iter_batches(batch_size=block_rows, columns=names)):
            try:
                yield updates_of(pa.Table.from_batches([batch]), dictionaries)
            except DataError as error:
                row = None if error.row is None else before + error.row
                raise error.at(file=str(path), row=row) from None
            except SessionStatsError as error:
                raise error.at(file=str(path)) from None
            before += batch.num_rows
            report(before / reader.metadata.num_rows)


def write_parquet(sessions: Sessions, path: Path) -> None:
    """Write sessions to a file for `iter_parquet`, with all columns of §1.1."""
    pa, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    schema = to_arrow(sessions[:0]).schema
    for at, field in enumerate(schema):
        if field.name in MANY:  # written with each block, a dictionary of many texts costs more than it saves
            schema = schema.set(at, field.with_type(pa.string()))
    with parquet.ParquetWriter(path, schema) as writer:
        for first in range(0, len(sessions), ROWS_WRITTEN):
            writer.write_table(to_arrow(sessions[first : first + ROWS_WRITTEN]).cast(schema))


def _opened(path: Path, file: Any) -> Any:
    """A reader that hands out columns of few texts as the dictionaries of the file."""
    pa, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    try:
        schema = parquet.read_schema(file)
        few = [field.name for field in schema if field.name not in MANY and _is_text(pa.types, field.type)]
        # What is buffered in advance stays in memory until the file is closed.
        return parquet.ParquetFile(file, read_dictionary=few, pre_buffer=False)
    except pa.ArrowInvalid as error:
        raise SessionStatsError(f"{path}: not a Parquet file ({error})") from None


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind))
