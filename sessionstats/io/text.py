"""Sessions from files of text: CSV, and JSON Lines.

1. CSV has a header with the names of §1.1 (and ``session_id``, ``seq`` of updates, §1.2) in any order; other
   columns are ignored. An empty cell is a missing value. ``started`` is ISO 8601 or epoch seconds.
2. JSON Lines has one object a line, with the same names as keys; other keys are ignored.
3. Both are UTF-8, with or without a byte order mark; lines end with LF or CRLF. Blank lines are no rows.
4. Files are read once, from front to back (a pipe will do), in blocks of rows, each converted by whole
   columns. Updates are folded at the end, since those of one session may stand anywhere.
5. What is wrong is named by file, line, column and value (§1.4).
"""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from itertools import islice
from os import PathLike
from typing import Any, BinaryIO, Final, TypeAlias

from sessionstats.columns.schema import COLUMNS, REQUIRED_COLUMNS, UPDATE_COLUMNS
from sessionstats.columns.values import show
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.folding import Updates, checked_updates
from sessionstats.io.cells import read_cells
from sessionstats.io.records import record_columns, rows_of
from sessionstats.io.strict_json import NotJSON, loads
from sessionstats.sessions import Sessions

Path: TypeAlias = str | PathLike[str]

Report: TypeAlias = Callable[[float], object]
"""A function that is told the share of a file that has been read, after each block."""

ROWS_TOGETHER: Final = 1 << 12
"""Rows converted together: enough that the cost of a block vanishes, few enough to stay in the cache."""


class Rest:
    """What has not been read of a file, in blocks of whole lines or line by line.

    Parameters
    ----------
    file : binary file
    n_lines : int
        Lines that have been read.

    Attributes
    ----------
    n_rows : int
        Rows that have been read.
    """

    def __init__(self, file: BinaryIO, n_lines: int = 0) -> None:
        self.file = file
        self.n_lines = n_lines
        self.n_rows = 0
        self._held = b""

    def block(self, size: int) -> bytes:
        """The next bytes, up to the end of a line."""
        return self.file.read(size) + self.file.readline()

    def pass_by(self, block: bytes, n_rows: int) -> None:
        """Count a block as read."""
        self.n_lines += block.count(b"\n")
        self.n_rows += n_rows

    def put_back(self, block: bytes) -> None:
        """Let a block be the next again, for `lines`."""
        self._held = block

    def lines(self) -> Iterator[bytes]:
        """The lines."""
        yield from BytesIO(self._held)
        yield from self.file


def unreported(share: float) -> None:
    """Tell nobody."""


def iter_csv(path: Path, block_rows: int | None = None, report: Report = unreported) -> Iterator[Updates]:
    """Read a CSV file block by block; raises as `files.read` does.

    Parameters
    ----------
    path : str or path
    block_rows : int, optional
        Rows of a block; the last has fewer. By default what is fastest: large blocks if Arrow is installed.
    report : function, optional

    Yields
    ------
    Updates
        Not folded: updates of one session may stand in several blocks.
    """
    with open(path, "rb") as file:
        reader = csv.reader(_lines(path, file), strict=True)
        _, rows = _rows(path, reader, 1)
        if not rows:
            raise SessionStatsError(f"{path}: the file is empty; its first line names the columns")
        (header,) = rows
        places = _places(path, header)
        rest = Rest(file, reader.line_num)
        if block_rows is None:
            yield from _arrow_csv(rest, len(header), places, report)
        yield from _plain_csv(path, rest, len(header), places, block_rows or ROWS_TOGETHER, report)


def _arrow_csv(rest: Rest, width: int, places: Mapping[str, int], report: Report) -> Iterator[Updates]:
    """Blocks that Arrow reads, up to the first that it does not."""
    from sessionstats.io.arrow_csv import BLOCK, FROM, CsvBlocks, is_available

    block = rest.block(BLOCK)
    blocks = CsvBlocks(width, places) if len(block) >= FROM and is_available() else None
    while blocks is not None and block and (updates := blocks.updates(block)) is not None:
        yield updates
        rest.pass_by(block, len(updates.seq))
        report(_share(rest.file))
        block = rest.block(BLOCK)
    rest.put_back(block)


def _plain_csv(
    path: Path, rest: Rest, width: int, places: Mapping[str, int], block_rows: int, report: Report
) -> Iterator[Updates]:
    reader = csv.reader(_lines(path, rest.lines(), rest.n_lines), strict=True)
    before = rest.n_rows
    while True:
        lines, rows = _rows(path, reader, block_rows, rest.n_lines)
        if not rows:
            return
        try:
            _check_widths(rows, width)
            cells = list(zip(*rows, strict=True))
            yield checked_updates(**{name: read_cells(name, cells[at]) for name, at in places.items()})
        except DataError as error:
            raise _at_line(path, lines, before, error) from None
        before += len(rows)
        report(_share(rest.file))


def iter_jsonl(path: Path, block_rows: int = ROWS_TOGETHER, report: Report = unreported) -> Iterator[Updates]:
    """Read a file of JSON lines block by block; raises as `files.read` does.

    Parameters
    ----------
    path : str or path
    block_rows : int
        Rows of a block; the last has fewer.
    report : function, optional

    Yields
    ------
    Updates
        Not folded: updates of one session may stand in several blocks.
    """
    with open(path, "rb") as file:
        numbered = ((number, line) for number, line in enumerate(_lines(path, file), 1) if not line.isspace())
        before = 0
        while block := list(islice(numbered, block_rows)):
            rows = [_json(path, number, line) for number, line in block]
            try:
                yield checked_updates(**record_columns(rows))
            except DataError as error:
                raise _at_line(path, [number for number, _ in block], before, error) from None
            before += len(rows)
            report(_share(file))


def write_csv(sessions: Sessions, path: Path) -> None:
    """Write sessions to a CSV file for `iter_csv`, with all columns of §1.1."""
    # Python 3.11 leaves a carriage return unquoted, and then does not read what it wrote.
    columns = (sessions.release, sessions.environment, sessions.distinct_id, sessions.abnormal_mechanism)
    odd = any("\r" in text for column in columns for text in column.categories)
    with open(path, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL)
        writer.writerow(COLUMNS)
        for rows in _blocks_of_rows(sessions):
            writer.writerows(rows)


def write_jsonl(sessions: Sessions, path: Path) -> None:
    """Write sessions to a file of one JSON object a line for `iter_jsonl`, with all columns of §1.1."""
    encode = json.JSONEncoder(check_circular=False).encode
    with open(path, "w", encoding="ascii", newline="\n") as file:
        for rows in _blocks_of_rows(sessions):
            file.writelines(encode(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows)


def _share(file: BinaryIO) -> float:
    """The share of a file that has been read; of a pipe, which has no size, 0."""
    if not file.seekable():
        return 0.0
    return file.tell() / max(1, os.fstat(file.fileno()).st_size)


def _blocks_of_rows(sessions: Sessions) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows, not all of them Python values at the same time."""
    for first in range(0, len(sessions), ROWS_TOGETHER):
        yield rows_of(sessions[first : first + ROWS_TOGETHER])


def _lines(path: Path, lines: Iterable[bytes], before: int = 0) -> Iterator[str]:
    """Lines as texts, with their ends, the first of a file without a byte order mark."""
    mark = "\ufeff" if before == 0 else ""
    for number, line in enumerate(lines, before + 1):
        try:
            # Lone surrogates are no UTF-8, but text as JSON has it, and `write_csv` writes them.
            text = line.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise SessionStatsError(f"{path}, line {number}: not UTF-8") from None
        yield text.removeprefix(mark)
        mark = ""


def _rows(path: Path, reader: Any, count: int, before: int = 0) -> tuple[list[int], list[list[str]]]:
    """The next `count` rows that are not blank, fewer only at the end; and the lines on which they begin."""
    lines: list[int] = []
    rows: list[list[str]] = []
    try:
        begins = before + reader.line_num + 1
        for row in reader:
            if row:
                lines.append(begins)
                rows.append(row)
                if len(rows) == count:
                    break
            begins = before + reader.line_num + 1
    except csv.Error as error:
        raise SessionStatsError(f"{path}, line {before + reader.line_num}: {error}") from None
    return lines, rows


def _places(path: Path, header: list[str]) -> dict[str, int]:
    """Place of each column that is ours."""
    for name in REQUIRED_COLUMNS:
        if name not in header:
            raise SessionStatsError(f"{path}: no column {name!r}; its first line names {show(header)}")
    for name in UPDATE_COLUMNS:
        if header.count(name) > 1:
            raise SessionStatsError(f"{path}: column {name!r} stands twice")
    return {name: header.index(name) for name in UPDATE_COLUMNS if name in header}


def _check_widths(rows: list[list[str]], width: int) -> None:
    if set(map(len, rows)) != {width}:
        row = next(row for row, cells in enumerate(rows) if len(cells) != width)
        found = len(rows[row])
        problem = f"{found} cell{'' if found == 1 else 's'}, where the header has {width}"
        raise DataError(problem, row=row, value=rows[row])


def _json(path: Path, number: int, line: str) -> Any:
    try:
        return loads(line)
    except NotJSON as error:
        raise SessionStatsError(f"{path}, line {number}: not JSON ({error})") from None


def _at_line(path: Path, lines: list[int], before: int, error: DataError) -> DataError:
    """The error of a row of a block, named by its line; its row becomes one of the file."""
    if error.row is None:
        return error.at(file=str(path))
    return error.at(file=str(path), line=lines[error.row], row=before + error.row)
