"""Columns of cells that Arrow has cut out of a text file, as values (§1.1).

1. `sessionstats.io.cells` defines what a cell means; here it is called once per distinct text, not per row.
2. Instants and durations, which nearly all differ, are parsed all at once if all have the usual form,
   which cannot be read in two ways; otherwise all are parsed as `cells` does.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.converting import converted
from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.schema import BY_NAME, Kind
from sessionstats.columns.started import instants_of_bytes
from sessionstats.columns.values import Values
from sessionstats.io.arrow_buffers import numbers_of, texts_of
from sessionstats.io.arrow_texts import encoded_texts
from sessionstats.io.cells import read_cells
from sessionstats.io.optional import needed

DOT, MINUS, ZERO = ord("."), ord("-"), ord("0")

CELLS_TOGETHER: Final = 1 << 14
"""Cells that are checked together: few enough that the intermediate arrays stay in cache."""

WIDEST: Final = 255
"""Bytes of the longest number whose points a byte can count."""


def column_of_cells(name: str, column: Any, texts: TextDictionary) -> Values:
    """The values of the cells of a column.

    Parameters
    ----------
    name : str
    column : pyarrow.ChunkedArray
        Strings, or dictionaries of strings, without nulls.
    texts : TextDictionary
        New texts are added to it.

    Returns
    -------
    array, Encoded or list
        For `sessionstats.columns.converting.converted`.

    Raises
    ------
    DataError
        If a cell breaks §1.4; its row is not a position in the column.

    Examples
    --------
    >>> import pyarrow as pa
    >>> column_of_cells("errors", pa.chunked_array([["1", "", "1"]]), TextDictionary())
    array([1, 0, 1])
    >>> column_of_cells("duration", pa.chunked_array([["1.5", ""]]), TextDictionary())
    array([1.5, nan])
    """
    kind = BY_NAME[name].kind
    if kind is Kind.INSTANT:
        instants = read_instants(column)
        return read_cells(name, instants) if isinstance(instants, list) else instants
    if kind is Kind.SECONDS:
        seconds = [seconds_of(chunk) for chunk in column.chunks]
        if seconds and all(part is not None for part in seconds):
            return np.concatenate(seconds)  # type: ignore[arg-type]
        return read_cells(name, column.to_pylist())
    encoded = encoded_texts(name, column, texts)
    if kind is Kind.INTEGER:
        return _integers(name, encoded)
    return encoded


def _integers(name: str, cells: Encoded[str]) -> Values:
    """Integers; each distinct cell is parsed once."""
    occurs = np.zeros(len(cells.categories), np.bool_)
    occurs[cells.codes] = True
    distinct = [cells.categories[code] for code in np.flatnonzero(occurs).tolist()]
    values = converted(BY_NAME[name], read_cells(name, distinct), len(distinct))
    return values[(np.cumsum(occurs) - 1)[cells.codes]] if len(distinct) else values  # type: ignore[no-any-return]


def read_instants(column: Any) -> NDArray[np.datetime64] | list[str]:
    """The instants of a column of texts if all are in the plain form, else the texts."""
    pa = needed("pyarrow", "arrow")
    if pa.types.is_string(column.type):
        instants = [instants_of(chunk) for chunk in column.chunks]
        if instants and all(part is not None for part in instants):  # a file of no rows has no chunks
            return np.concatenate(instants)  # type: ignore[arg-type]
    return list(column.to_pylist())


def instants_of(chunk: Any) -> NDArray[np.datetime64] | None:
    """The instants of an array of strings, or `None` if one is longer or not in the plain form."""
    data, offsets = texts_of(chunk)
    widths = np.diff(offsets)
    if not len(widths):
        return np.empty(0, "M8[us]")
    width = int(widths[0])
    if (widths != width).any():
        return None
    return instants_of_bytes(data[offsets[0] : offsets[-1]], width)


def seconds_of(chunk: Any) -> NDArray[np.float64] | None:
    """The numbers of an array of strings, NaN where one is empty; `None` if one is not a plain decimal.

    Examples
    --------
    >>> import pyarrow as pa
    >>> seconds_of(pa.array(["12.5", "-3", ""])), seconds_of(pa.array(["1e3"])), seconds_of(pa.array(["1."]))
    (array([12.5, -3. ,  nan]), None, None)
    """
    data, offsets = texts_of(chunk)
    starts = range(0, len(chunk), CELLS_TOGETHER)
    if not all(_are_decimals(data, offsets[first : first + CELLS_TOGETHER + 1]) for first in starts):
        return None
    if not len(chunk):
        return np.empty(0)
    # Casting would import the wrappers of all of Arrow's functions, which takes longer.
    pa, csv = needed("pyarrow", "arrow"), needed("pyarrow.csv", "arrow")
    lines = np.full(int(offsets[-1] - offsets[0]) + len(chunk), ord("\n"), np.uint8)
    is_cell = np.ones(len(lines), np.bool_)
    is_cell[offsets[1:] - offsets[0] + np.arange(len(chunk))] = False
    lines[is_cell] = data[offsets[0] : offsets[-1]]
    table = csv.read_csv(
        pa.BufferReader(lines),
        csv.ReadOptions(column_names=["seconds"], block_size=len(lines) + 1, use_threads=False),
        csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(column_types={"seconds": pa.float64()}, null_values=[""]),
    )
    (numbers,) = table.column("seconds").chunks
    return np.where(np.diff(offsets) > 0, numbers_of(numbers), np.nan)


def _are_decimals(data: NDArray[np.uint8], offsets: NDArray[np.int32]) -> bool:
    """Whether all non-empty texts are digits, perhaps with a leading minus or one point between."""
    widths = np.diff(offsets)
    data, offsets = data[offsets[0] : offsets[-1]], offsets - offsets[0]
    if not len(data) or widths.max() > WIDEST:
        return not len(data)
    is_digit, is_dot, is_minus = data - np.uint8(ZERO) <= 9, data == DOT, data == MINUS
    filled = widths > 0
    begins = np.zeros(len(data), np.bool_)
    begins[offsets[:-1][filled]] = True
    dots = np.flatnonzero(is_dot)
    # Numbers wrap around, but a text has fewer points than that.
    before = np.zeros(len(data) + 1, np.uint8)
    np.cumsum(is_dot, dtype=np.uint8, out=before[1:])
    return bool(
        (is_digit | is_dot | is_minus).all()
        and is_digit[offsets[1:][filled] - 1].all()
        and not (is_minus & ~begins).any()
        and not (is_dot & begins).any()
        and is_digit[dots - 1].all()
        and (before[offsets[1:]] - before[offsets[:-1]]).max() <= 1
    )
