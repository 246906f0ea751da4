"""Sessions from files of text: CSV, and JSON Lines.

1. CSV has a header with the names of §1.1 (and ``session_id``, ``seq`` of updates, §1.2) in any order; other
   columns are ignored. An empty cell is a missing value. ``started`` is ISO 8601 or epoch seconds.
2. JSON Lines has one object a line, with the same names as keys.
3. Files are read in blocks of rows, each converted by whole columns; updates are folded at the end, since
   those of one session may stand anywhere.
4. What is wrong is named by file, line, column and value (§1.4). Lines are looked up only then.
5. Both are UTF-8. Blank lines are no rows.
"""

import csv
import json
from collections.abc import Iterator
from itertools import chain, islice
from os import PathLike
from typing import Any, Final, TextIO, TypeAlias

from sessionstats.cells import read_cells
from sessionstats.columns import relocated, show
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.folding import Updates, checked_updates, fold
from sessionstats.records import REQUIRED, UPDATE_COLUMNS, record_columns
from sessionstats.sessions import COLUMNS, Sessions

Path: TypeAlias = str | PathLike[str]

BLOCK: Final = 1 << 16
"""Rows converted together: enough that the cost of a block vanishes, and some tens of megabytes."""

CHUNK: Final = 1 << 22
"""Characters of lines that are read together."""


def read_csv(path: Path) -> Sessions:
    """Read sessions, or updates of sessions, from a CSV file.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Sessions

    Raises
    ------
    DataError
        If a row breaks §1.4; the text names file, line, column and value.
    SessionStatsError
        If the file is not CSV in UTF-8 with the required columns.
    OSError
        If it cannot be opened.
    """
    return _folded(list(iter_csv(path)))


def read_jsonl(path: Path) -> Sessions:
    """Read sessions, or updates of sessions, from a file of one JSON object a line.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Sessions

    Raises
    ------
    DataError
        If a row breaks §1.4; the text names file, line, column and value.
    SessionStatsError
        If a line is not a JSON object in UTF-8.
    OSError
        If it cannot be opened.
    """
    return _folded(list(iter_jsonl(path)))


def _folded(parts: list[Updates]) -> Sessions:
    return fold(*Updates.concat(parts)) if parts else Sessions.empty()


def iter_csv(path: Path, block_rows: int = BLOCK) -> Iterator[Updates]:
    """Read a CSV file block by block; raises as `read_csv` does.

    Parameters
    ----------
    path : str or path
    block_rows : int
        Rows of a block.

    Yields
    ------
    Updates
        Not folded: updates of one session may stand in several blocks.
    """
    with _opened(path, newline="") as file:
        reader = csv.reader(chain.from_iterable(_line_blocks(path, file)), strict=True)
        header = next(iter(_rows(path, reader, 1)), None)
        if header is None:
            raise SessionStatsError(f"{path}: the file is empty; its first line names the columns")
        places = _places(path, header)
        before = 0
        while block := _rows(path, reader, block_rows):
            try:
                _check_widths(block, len(header))
                cells = list(zip(*block, strict=True))
                yield checked_updates(**{name: read_cells(name, cells[at]) for name, at in places.items()})
            except DataError as error:
                raise _at_csv_row(path, error, before) from None
            before += len(block)


def iter_jsonl(path: Path, block_rows: int = BLOCK) -> Iterator[Updates]:
    """Read a file of JSON lines block by block; raises as `read_jsonl` does.

    Parameters
    ----------
    path : str or path
    block_rows : int
        Rows of a block.

    Yields
    ------
    Updates
        Not folded: updates of one session may stand in several blocks.
    """
    with _opened(path) as file:
        numbered = enumerate(chain.from_iterable(_line_blocks(path, file)), 1)
        before = 0
        while block := list(islice(numbered, block_rows)):
            lines = [(number, line) for number, line in block if not line.isspace()]
            rows = [_json(path, number, line) for number, line in lines]
            try:
                yield checked_updates(**record_columns(rows))
            except DataError as error:
                place = str(path) if error.row is None else f"{path}, line {lines[error.row][0]}"
                raise _at(place, error, before) from None
            before += len(rows)


def write_csv(sessions: Sessions, path: Path) -> None:
    """Write sessions to a CSV file for `read_csv`, with all columns of §1.1."""
    with open(path, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sessions.rows())


def write_jsonl(sessions: Sessions, path: Path) -> None:
    """Write sessions to a file of one JSON object a line for `read_jsonl`, with all columns of §1.1."""
    encode = json.JSONEncoder(check_circular=False).encode
    with open(path, "w", encoding="ascii") as file:
        file.writelines(encode(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in sessions.rows())


def _opened(path: Path, newline: str | None = None) -> TextIO:
    # Lone surrogates are no UTF-8, but text as JSON has it, and `write_csv` writes them.
    return open(path, encoding="utf-8-sig", errors="surrogatepass", newline=newline)


def _line_blocks(path: Path, file: TextIO) -> Iterator[list[str]]:
    """The lines of a file, some megabytes at a time."""
    before = 0
    while lines := _decoded(path, file):
        if "\0" in "".join(lines):
            line = before + next(number for number, line in enumerate(lines, 1) if "\0" in line)
            raise SessionStatsError(f"{path}, line {line}: holds a NUL; the file is no text")
        yield lines
        before += len(lines)


def _decoded(path: Path, file: TextIO) -> list[str]:
    try:
        return file.readlines(CHUNK)
    except UnicodeDecodeError:
        raise SessionStatsError(f"{path}, line {_undecodable_line(path)}: not UTF-8") from None


def _rows(path: Path, reader: Any, count: int) -> list[list[str]]:
    """The next rows, as many as `count`; fewer only at the end of the file."""
    rows: list[list[str]] = []
    try:
        while len(rows) < count and (more := list(islice(reader, count - len(rows)))):
            rows += filter(None, more)
    except csv.Error as error:
        raise SessionStatsError(f"{path}, line {reader.line_num}: {error}") from None
    return rows


def _undecodable_line(path: Path) -> int:
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                return number
    raise AssertionError("the decoder refused a line just before")


def _places(path: Path, header: list[str]) -> dict[str, int]:
    """Place of each column that is ours."""
    for name in REQUIRED:
        if name not in header:
            raise SessionStatsError(f"{path}: no column {name!r}; its first line names {show(header)}")
    for name in UPDATE_COLUMNS:
        if header.count(name) > 1:
            raise SessionStatsError(f"{path}: column {name!r} stands twice")
    return {name: header.index(name) for name in UPDATE_COLUMNS if name in header}


def _check_widths(rows: list[list[str]], width: int) -> None:
    if set(map(len, rows)) != {width}:
        row = next(row for row, cells in enumerate(rows) if len(cells) != width)
        raise DataError(f"{len(rows[row])} cells, where the header has {width}", row=row, value=rows[row])


def _json(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SessionStatsError(f"{path}, line {number}: not JSON: {error}") from None


def _at_csv_row(path: Path, error: DataError, before: int) -> DataError:
    """The error of a row of a block, named by its line in the file."""
    place = str(path) if error.row is None else f"{path}, line {_csv_line(path, before + error.row)}"
    return _at(place, error, before)


def _at(place: str, error: DataError, before: int) -> DataError:
    column = "" if error.column is None else f", column {error.column!r}"
    row = None if error.row is None else before + error.row
    return relocated(error, place + column, column=error.column, row=row)


def _csv_line(path: Path, row: int) -> int:
    """Line on which a row of a CSV file begins; row −1 is the header."""
    with _opened(path, newline="") as file:
        reader = csv.reader(file, strict=True)
        begins, count = 1, -1
        for cells in reader:
            if cells and count == row:
                break
            count += bool(cells)
            begins = reader.line_num + 1
    return begins
