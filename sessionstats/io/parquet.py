"""Files of Parquet (extra ``arrow``), read as a whole or block by block.

1. Columns are found by their names (§1.1), and only those are read.
2. Texts are read as the dictionaries that the file holds, so that no text is made twice.
"""

from collections.abc import Iterator
from typing import Any, Final

from sessionstats.columns.schema import UPDATE_COLUMNS
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.folding import Updates
from sessionstats.io.arrow import to_arrow, updates_of
from sessionstats.io.optional import needed
from sessionstats.io.text import Path, Report, unreported
from sessionstats.sessions import Sessions

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
    with open(path, "rb") as file:
        reader = _opened(path, file)
        names = [name for name in reader.schema_arrow.names if name in UPDATE_COLUMNS]
        before = 0
        for batch in reader.iter_batches(batch_size=block_rows, columns=names):
            try:
                yield updates_of(pa.Table.from_batches([batch]))
            except DataError as error:
                row = None if error.row is None else before + error.row
                raise error.at(file=str(path), row=row) from None
            except SessionStatsError as error:
                raise error.at(file=str(path)) from None
            before += batch.num_rows
            pa.default_memory_pool().release_unused()  # a block's memory is not hoarded for the next
            report(before / reader.metadata.num_rows)


def write_parquet(sessions: Sessions, path: Path) -> None:
    """Write sessions to a file for `iter_parquet`, with all columns of §1.1."""
    needed("pyarrow.parquet", "arrow").write_table(to_arrow(sessions), path)


def _opened(path: Path, file: Any) -> Any:
    """A reader that hands out the texts of the file as dictionaries."""
    pa, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    try:
        schema = parquet.read_schema(file)
        texts = [field.name for field in schema if _is_text(pa.types, field.type)]
        # What is buffered in advance stays in memory until the file is closed.
        return parquet.ParquetFile(file, read_dictionary=texts, pre_buffer=False)
    except pa.ArrowInvalid as error:
        raise SessionStatsError(f"{path}: not a Parquet file ({error})") from None


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind))
