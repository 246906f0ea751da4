"""Where a Parquet file is damaged (extra ``arrow``).

Arrow reports what is wrong with the bytes it reads, in many kinds of errors, but not where they are. When it
fails, the file is read again, one column of one row group at a time, until the first that fails is found.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sessionstats.errors import SessionStatsError
from sessionstats.io.optional import needed


@contextmanager
def located_damage(reader: Any, columns: Sequence[str]) -> Iterator[None]:
    """Turn what Arrow raises inside into a one-line error that names the row group and the column.

    Parameters
    ----------
    reader : pyarrow.parquet.ParquetFile
    columns : sequence of str
        The columns that are read.

    Raises
    ------
    SessionStatsError
    """
    with one_line("damaged"):
        try:
            yield
        except (needed("pyarrow", "arrow").ArrowException, UnicodeDecodeError) as error:
            raise _first_damaged(reader, columns) or error from None
        except OSError as error:
            if error.errno is not None:  # from the operating system: the file is not damaged
                raise
            raise _first_damaged(reader, columns) or error from None


@contextmanager
def one_line(problem: str) -> Iterator[None]:
    """Turn what Arrow raises inside into a one-line error.

    Raises
    ------
    SessionStatsError
        With the problem, and Arrow's own message.
    """
    try:
        yield
    except SessionStatsError:
        raise
    except (needed("pyarrow", "arrow").ArrowException, UnicodeDecodeError) as error:
        raise SessionStatsError(f"{problem} ({message_of(error)})") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise SessionStatsError(f"{problem} ({message_of(error)})") from None


def message_of(error: Exception) -> str:
    """The message of an error, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _first_damaged(reader: Any, columns: Sequence[str]) -> SessionStatsError | None:
    for group in range(reader.num_row_groups):
        for column in columns:
            try:
                reader.read_row_group(group, columns=[column]).validate(full=True)
            except Exception as error:  # whatever it is, it stopped the reading
                return SessionStatsError(
                    f"row group {group}, column {column!r}: damaged ({message_of(error)})"
                )
    return None
