"""Sessions from text, and as text: CSV and JSON Lines.

1. CSV has a header with the names of columns (§1.1, §1.2, §1.5) in any order. An empty cell is a missing
   value. ``started`` is ISO 8601 or epoch seconds.
2. JSON Lines has one object per line, with the same names as keys.
3. Both are UTF-8, with or without a byte order mark; lines end with LF or CRLF. Blank lines are not rows.
4. Text is read once, from front to back (a pipe will do), in blocks of rows, each converted by whole columns.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from io import BytesIO
from itertools import compress, islice, repeat
from operator import attrgetter
from typing import Any, BinaryIO, Final, Protocol

from sessionstats.columns.schema import COLUMNS
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.folding import Updates, checked_updates
from sessionstats.io.blocks import Block, Reading
from sessionstats.io.cells import read_cells
from sessionstats.io.records import records_block, rows_of
from sessionstats.io.sources import Opened
from sessionstats.io.strict_json import NotJSON, loads
from sessionstats.io.writable import check_cells
from sessionstats.sessions import Sessions, require_known_statuses

ROWS_TOGETHER: Final = 1 << 12
"""Rows converted together: enough to make the cost per block negligible, few enough to stay in cache."""


class Blocks(Protocol):
    """Reads blocks of a file with Arrow."""

    def updates(self, block: bytes) -> Updates | None:
        """The rows of a block of whole lines, or `None` if the plain reader is to read it."""


class Rest:
    """The unread part of a file, in blocks of whole lines or line by line.

    Parameters
    ----------
    file : binary file
    n_lines : int
        Number of lines that have been read.
    """

    def __init__(self, file: BinaryIO, n_lines: int = 0) -> None:
        self.file = file
        self.n_lines = n_lines
        self._held = b""

    def block(self, size: int) -> bytes:
        """The next bytes, up to the end of a line; what was put back comes first."""
        held, self._held = self._held, b""
        if held and len(held) >= size:
            return held
        return b"".join([held, self.file.read(size - len(held)), self.file.readline()])

    def pass_by(self, block: bytes) -> None:
        """Count a block as read."""
        self.n_lines += block.count(b"\n")

    def put_back(self, block: bytes) -> None:
        """Put a block back, to be read again by `lines`."""
        self._held = block

    def lines(self) -> Iterator[bytes]:
        """The lines."""
        yield from BytesIO(self._held)
        yield from self.file


def csv_blocks(source: Opened, reading: Reading, block_rows: int | None = None) -> Iterator[Block]:
    """The rows of a CSV file.

    Parameters
    ----------
    source : Opened
    reading : Reading
    block_rows : int, optional
        Rows of a block; the last has fewer. By default the fastest: large blocks if Arrow is installed.

    Yields
    ------
    Block

    Raises
    ------
    SessionStatsError
        If the file is not CSV in UTF-8 with a header that names the required columns.
    """
    reader = csv.reader(_lines(source.file), strict=True)
    _, rows = _rows(reader, 1)
    if not rows:
        raise SessionStatsError("the file is empty; its first line names the columns")
    (header,) = rows
    names, rest = reading.naming.of(header), Rest(source.file, reader.line_num)
    places = {ours: header.index(name) for ours, name in names.theirs.items()}
    if block_rows is None and _is_for_arrow(rest):
        from sessionstats.io.arrow_csv import CsvBlocks

        for updates in _arrow_blocks(rest, CsvBlocks(len(header), places, reading.texts), reading):
            yield Block(len(updates.seq), partial(_part, updates), names, share=source.share())
    for lines, rows in _plain_csv(rest, block_rows or ROWS_TOGETHER):
        yield Block(len(rows), _cells(rows, len(header), places, reading), names, lines, source.share())


def _arrow_blocks(rest: Rest, blocks: Blocks, reading: Reading) -> Iterator[Updates]:
    """Blocks that Arrow reads, up to the first that it does not, or in which a row is bad."""
    from sessionstats.io.arrow_csv import BLOCK_BYTES

    block = rest.block(BLOCK_BYTES)
    while block and (updates := blocks.updates(block)) is not None and _all_known(updates, reading):
        yield updates
        rest.pass_by(block)
        block = rest.block(BLOCK_BYTES)
    rest.put_back(block)


def _is_for_arrow(rest: Rest) -> bool:
    """Whether Arrow is installed, and the file is large enough for importing it to pay off."""
    from sessionstats.io.arrow_csv import FROM, is_available

    start = rest.block(FROM)
    rest.put_back(start)
    return len(start) >= FROM and is_available()


def _plain_csv(rest: Rest, block_rows: int) -> Iterator[tuple[list[int], list[list[str]]]]:
    """The cells of the rest, block by block, and the lines on which the rows begin."""
    reader = csv.reader(_lines(rest.lines(), rest.n_lines), strict=True)
    while (block := _rows(reader, block_rows, rest.n_lines))[1]:
        yield block


def _all_known(updates: Updates, reading: Reading) -> bool:
    """Whether the edition has all statuses; if not, the plain reader knows which line has the unknown one."""
    try:
        require_known_statuses(updates.sessions, reading.statuses)
    except DataError:
        return False
    return True


def _part(updates: Updates, part: slice) -> Updates:
    """Some of the rows that Arrow read."""
    return Updates(updates.sessions[part], updates.session_id[part], updates.seq[part])


def _cells(
    rows: list[list[str]], width: int, places: Mapping[str, int], reading: Reading
) -> Callable[[slice], Updates]:
    """How rows of cells are converted."""

    def convert(part: slice) -> Updates:
        _check_widths(rows[part], width)
        cells = list(zip(*rows[part], strict=True))
        columns = {name: read_cells(name, cells[at]) for name, at in places.items()}
        return checked_updates(**columns | {"project_id": reading.project_ids(columns["project_id"])})

    return convert


def jsonl_blocks(source: Opened, reading: Reading, block_rows: int | None = None) -> Iterator[Block]:
    """The rows of a file of JSON lines.

    Parameters
    ----------
    source : Opened
    reading : Reading
    block_rows : int, optional
        Rows of a block; the last has fewer. By default the fastest: large blocks if Arrow is installed.

    Yields
    ------
    Block
        A line that is not a JSON object is found when the row is converted.

    Raises
    ------
    SessionStatsError
        If the file is not UTF-8, or keys of its rows probably mean our columns.
    """
    rest = Rest(source.file)
    if block_rows is None and _is_for_arrow(rest):
        from sessionstats.io.arrow_jsonl import JsonBlocks

        blocks = JsonBlocks(reading)
        for updates in _arrow_blocks(rest, blocks, reading):
            yield Block(len(updates.seq), partial(_part, updates), blocks.names, share=source.share())
    for lines, rows in _plain_jsonl(rest, block_rows or ROWS_TOGETHER):
        yield records_block(rows, reading, lines, source.share())


def _plain_jsonl(rest: Rest, block_rows: int) -> Iterator[tuple[list[int], list[Any]]]:
    """The rows of the rest, block by block, and the lines they are on."""
    lines = enumerate(_lines(rest.lines(), rest.n_lines), rest.n_lines + 1)
    numbered = ((number, line) for number, line in lines if not line.isspace())
    while block := list(islice(numbered, block_rows)):
        texts = [line for _, line in block]
        yield [number for number, _ in block], _objects(texts) or list(map(_json, texts))


def write_csv(sessions: Sessions, path: str) -> None:
    """Write sessions to a CSV file for `sessionstats.read`, with all columns of §1.1."""
    check_cells(sessions)
    # Python 3.11 leaves a carriage return unquoted, and then cannot read what it wrote.
    columns = (sessions.release, sessions.environment, sessions.distinct_id, sessions.abnormal_mechanism)
    odd = any("\r" in text for column in columns for text in column.categories)
    with open(path, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL)
        writer.writerow(COLUMNS)
        for rows in _blocks_of_rows(sessions):
            writer.writerows(rows)


def write_jsonl(sessions: Sessions, path: str) -> None:
    """Write sessions to a file with one JSON object per line, with all columns of §1.1."""
    encode = json.JSONEncoder(check_circular=False).encode
    with open(path, "w", encoding="ascii", newline="\n") as file:
        for rows in _blocks_of_rows(sessions):
            file.writelines(encode(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows)


def _blocks_of_rows(sessions: Sessions) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows, without making all of them Python values at the same time."""
    for first in range(0, len(sessions), ROWS_TOGETHER):
        yield rows_of(sessions[first : first + ROWS_TOGETHER])


def _lines(lines: Iterable[bytes], before: int = 0) -> Iterator[str]:
    """Lines as texts, with their line ends; the first line of a file without its byte order mark."""
    mark = "\ufeff" if before == 0 else ""
    for number, line in enumerate(lines, before + 1):
        try:
            # Lone surrogates are not valid UTF-8, but valid text in JSON, and `write_csv` writes them.
            text = line.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise DataError("not UTF-8").at(line=number) from None
        yield text.removeprefix(mark)
        mark = ""


def _rows(reader: Any, count: int, before: int = 0) -> tuple[list[int], list[list[str]]]:
    """The next `count` non-blank rows, fewer only at the end; and the lines on which they begin."""
    lines: list[int] = []
    rows: list[list[str]] = []
    ends = map(attrgetter("line_num"), repeat(reader))  # read after each row
    begins = before + reader.line_num + 1
    try:
        while some := list(islice(zip(reader, ends, strict=False), count - len(rows))):
            cells = [row for row, _ in some]
            starts = [begins, *(before + end + 1 for _, end in some)]
            begins = starts.pop()
            lines += compress(starts, cells)
            rows += filter(None, cells)
    except csv.Error as error:
        raise DataError(str(error)).at(line=before + reader.line_num) from None
    return lines, rows


def _check_widths(rows: list[list[str]], width: int) -> None:
    if set(map(len, rows)) != {width}:
        row = next(row for row, cells in enumerate(rows) if len(cells) != width)
        found = len(rows[row])
        problem = f"{found} cell{'' if found == 1 else 's'}, where the header has {width}"
        raise DataError(problem, row=row, value=rows[row])


def _objects(lines: list[str]) -> list[Any] | None:
    """The objects on all lines, decoded together; `None` if each line must be decoded by itself.

    Only lines with one brace that opens, their first character, are decoded so: as many objects as lines
    cannot then be anything but one on each. No text spans lines: JSON has no line ends in texts.
    """
    text = ",\n".join(lines)
    if text.count("{") != len(lines) or not all(line.startswith("{") for line in lines):
        return None
    try:
        rows = loads(f"[{text}]")
    except NotJSON:
        return None
    return rows if len(rows) == len(lines) and set(map(type, rows)) == {dict} else None


def _json(line: str) -> Any:
    """The value on a line; if it is not JSON, the error that says so."""
    try:
        return loads(line)
    except NotJSON as error:
        return DataError(f"not JSON ({error})", reason="not JSON")
