"""Blocks of JSON lines cut at their commas by Arrow's CSV reader (extra ``arrow``).

1. Usually every line has the keys of the first one, in its order and spacing. Each line is cut at all its
   commas. A cell must begin as that of the first line does, and what follows must be JSON by itself: then the
   line is the object of these keys and values, and can be nothing else.
2. Integers and texts that repeat are decoded once per distinct cell. Instants, users and session ids are
   texts without escapes, or null; durations are decimals without a sign, or null.
3. Any other block, such as one with a comma in a text, is unsuitable: another reader reads it.

Why: Arrow's JSON reader takes more than twice as long, as it looks at every byte of keys and numbers.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.converting import converted
from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.packed import WORD
from sessionstats.columns.schema import BY_NAME, REQUIRED_COLUMNS, Kind
from sessionstats.columns.values import Values
from sessionstats.folding import Updates, checked_updates
from sessionstats.io.arrow_buffers import numbers_of, texts_of
from sessionstats.io.arrow_cells import read_instants, seconds_of
from sessionstats.io.arrow_texts import MANY, encoded_texts
from sessionstats.io.optional import needed
from sessionstats.io.strict_json import loads

BEGINNING: Final = re.compile(rb' *"(\w+)" *: *')
"""What precedes a value."""

QUOTE, BACKSLASH, SPACE, ZERO, DOT = b'"\\ 0.'


class Unsuitable(ValueError):  # noqa: N818 - another reader is to read the block
    """A block that these rules do not fit."""


class _Cell(NamedTuple):
    """The cells of one key: what precedes the value, and what follows it."""

    name: str
    before: bytes
    after: bytes


def updates_of_cells(
    block: bytes, texts: Mapping[str, TextDictionary], unread: Collection[str] = ()
) -> Updates:
    r"""The rows of a block of whole lines, all of whose keys are names of columns.

    Parameters
    ----------
    block : bytes
    texts : mapping of str to TextDictionary
        New texts are added to that of their column.
    unread : collection of str
        Columns that are left out.

    Raises
    ------
    ValueError
        If the block is unsuitable (for Arrow, too: other numbers of commas, or not UTF-8), or a row is bad.

    Examples
    --------
    >>> lines = b'{"started": "2024-01-29T12:00:00Z", "project_id": 1, "status": "ok"}\n' * 2
    >>> updates_of_cells(lines, {"status": TextDictionary()}).sessions
    Sessions(2 rows, 2 sessions, 2024-01-29T12:00:00Z to 2024-01-29T12:00:00Z, 1 project, 1 release, 0 users)
    """
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        raise Unsuitable
    cells = _cells_of(block[: block.find(b"\n")].removesuffix(b"\r"))
    csv, pa = needed("pyarrow.csv", "arrow"), needed("pyarrow", "arrow")
    few = pa.dictionary(pa.int32(), pa.string())
    names = [cell.name for cell in cells]
    table = csv.read_csv(
        pa.BufferReader(block),
        csv.ReadOptions(column_names=names, block_size=1 << 22),
        csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types={name: pa.string() if _differ(name) else few for name in names}, null_values=[]
        ),
    )
    columns = {cell.name: _column(cell, table.column(cell.name), texts) for cell in cells}
    return checked_updates(**{name: values for name, values in columns.items() if name not in unread})


def _differ(name: str) -> bool:
    """Whether the values of a column may all differ."""
    return name in MANY or BY_NAME[name].kind in (Kind.INSTANT, Kind.SECONDS)


def _cells_of(line: bytes) -> list[_Cell]:
    """The cells of the first line."""
    if not (line.startswith(b"{") and line.endswith(b"}")):
        raise Unsuitable
    pieces = line[1:-1].split(b",")
    begins = [BEGINNING.match(piece) for piece in pieces]
    names = [begin[1].decode() for begin in begins if begin]
    if len({*names} & {*BY_NAME}) < len(pieces) or not {*REQUIRED_COLUMNS} <= {*names}:
        raise Unsuitable
    before = [begin[0] for begin in begins if begin]
    before[0] = b"{" + before[0]
    return [
        _Cell(name, begin, b"}" if name == names[-1] else b"")
        for name, begin in zip(names, before, strict=True)
    ]


def _column(cell: _Cell, column: Any, texts: Mapping[str, TextDictionary]) -> Values:
    """The values of a column of cells."""
    kind = BY_NAME[cell.name].kind
    if not _differ(cell.name):
        return _decoded(cell, column, texts)
    if kind is Kind.SECONDS:
        return np.concatenate([_seconds(cell, chunk) for chunk in column.chunks])
    bare = needed("pyarrow", "arrow").chunked_array(
        [_texts(cell, chunk) for chunk in column.chunks], "string"
    )
    return read_instants(bare) if kind is Kind.INSTANT else encoded_texts(cell.name, bare, texts[cell.name])


def _decoded(cell: _Cell, column: Any, texts: Mapping[str, TextDictionary]) -> Values:
    """The values of a column whose cells are dictionaries, of integers or texts."""
    described, parts = BY_NAME[cell.name], []
    distinct: dict[str, int] = {}
    for chunk in column.chunks:
        numbers = [distinct.setdefault(text, len(distinct)) for text in chunk.dictionary.to_pylist()]
        parts.append((np.array(numbers), numbers_of(chunk.indices)))
    before, after = cell.before.decode(), cell.after.decode()
    if not all(text.startswith(before) and text.endswith(after) for text in distinct):
        raise Unsuitable
    values = [loads(text.removeprefix(before).removesuffix(after)) for text in distinct]

    def of_rows(of_distinct: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([of_distinct[numbers][indices] for numbers, indices in parts])

    if described.kind is Kind.INTEGER:
        integers = converted(described, values, len(values))
        if isinstance(integers, Encoded):
            return integers.with_codes(of_rows(integers.codes))
        return of_rows(integers)
    if not {*map(type, values)} <= {str, type(None)}:
        raise Unsuitable
    codes = texts[cell.name].add([value or "" for value in values])
    return Encoded(of_rows(codes), texts[cell.name].strings)


def _seconds(cell: _Cell, chunk: Any) -> NDArray[np.float64]:
    """The numbers of cells, NaN where one is null."""
    data, offsets = _bodies(cell, chunk, b"")
    firsts = offsets[:-1][np.diff(offsets) > 1]
    seconds = seconds_of(_array(data, offsets))
    # JSON has no number 01.
    if seconds is None or ((data[firsts] == ZERO) & (data[firsts + 1] != DOT)).any():
        raise Unsuitable
    return seconds


def _texts(cell: _Cell, chunk: Any) -> Any:
    """The texts of cells as an array of strings, empty where one is null."""
    data, offsets = _bodies(cell, chunk, b'"')
    if ((data == QUOTE) | (data == BACKSLASH) | (data < SPACE)).any():
        raise Unsuitable
    return _array(data, offsets)


def _bodies(cell: _Cell, chunk: Any, quote: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """What is between the quotes of cells, or in place of a number; nothing where it is null."""
    data, offsets = texts_of(chunk)
    data, offsets = data[offsets[0] : offsets[-1]], offsets - offsets[0]
    before, after = cell.before + quote, quote + cell.after
    starts, ends = offsets[:-1] + len(before), offsets[1:] - len(after)
    if (starts + (not quote) > ends).any():  # a number has at least one digit
        raise Unsuitable
    is_right = _are_at(data, offsets[:-1], before) & _are_at(data, ends, after)
    if not quote:
        is_right &= data[starts] - np.uint8(ZERO) <= 9
    others = np.flatnonzero(~is_right)
    null = cell.before + b"null" + cell.after
    if (np.diff(offsets)[others] != len(null)).any() or not _are_at(data, offsets[others], null).all():
        raise Unsuitable
    ends[others] = starts[others]
    widths = ends - starts
    if len(widths) and (widths == widths[0]).all() and not len(others):
        bodies = data.reshape(len(widths), -1)[:, len(before) :][:, : widths[0]].ravel()
    else:
        steps = np.zeros(len(data) + 1, np.int8)
        steps[starts] = 1
        steps[ends] -= 1
        bodies = data[np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)]
    return bodies, np.append(np.int32(0), np.cumsum(widths, dtype=np.int32))


def _are_at(data: NDArray[np.uint8], places: NDArray[Any], text: bytes) -> NDArray[np.bool_]:
    """Whether a text is at each of some places."""
    found = np.ones(len(places), np.bool_)
    for at in range(len(text)) if len(text) < WORD else [*range(0, len(text) - WORD, WORD), len(text) - WORD]:
        word = np.frombuffer(text, np.uint8 if len(text) < WORD else np.uint64, 1, at)
        windows = np.ndarray((max(0, len(data) + 1 - word.itemsize),), word.dtype, data, strides=(1,))
        found &= windows[places + at] == word
    return found


def _array(data: NDArray[np.uint8], offsets: NDArray[np.int32]) -> Any:
    """An array of strings."""
    pa = needed("pyarrow", "arrow")
    return pa.Array.from_buffers(
        pa.string(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )
