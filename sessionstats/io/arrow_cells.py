"""Columns of cells that Arrow has cut out of a text file, as values (§1.1).

1. `sessionstats.io.cells` defines what a cell means; here it is called once per distinct text, not per row.
2. Instants and durations, which nearly all differ, are parsed all at once if all have the usual form,
   which cannot be read in two ways; otherwise all are parsed as `cells` does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.converting import converted
from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.schema import BY_NAME, Kind
from sessionstats.columns.started import instants_of_bytes
from sessionstats.columns.values import Values
from sessionstats.io.arrow_texts import encoded_texts
from sessionstats.io.cells import read_cells
from sessionstats.io.optional import needed

DOT, MINUS, ZERO = ord("."), ord("-"), ord("0")


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
    used, codes = np.unique(cells.codes, return_inverse=True)
    distinct = [cells.categories[code] for code in used.tolist()]
    values = converted(BY_NAME[name], read_cells(name, distinct), len(distinct))
    return values[codes] if len(distinct) else values  # type: ignore[no-any-return]


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
    data, offsets = bytes_of(chunk)
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
    pa = needed("pyarrow", "arrow")
    data, offsets = bytes_of(chunk)
    filled = np.diff(offsets) > 0
    if not _are_decimals(data[offsets[0] : offsets[-1]], offsets - offsets[0], filled):
        return None
    buffers = [pa.array(filled).buffers()[1], pa.py_buffer(offsets), pa.py_buffer(data)]
    numbers = pa.Array.from_buffers(pa.string(), len(filled), buffers).cast(pa.float64())
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)


def _are_decimals(data: NDArray[np.uint8], offsets: NDArray[np.int32], filled: NDArray[np.bool_]) -> bool:
    """Whether all non-empty texts are digits, perhaps with a leading minus or one point between."""
    if not len(data):
        return True
    is_digit, is_dot, is_minus = data - np.uint8(ZERO) <= 9, data == DOT, data == MINUS
    first, last = offsets[:-1][filled], offsets[1:][filled] - 1
    begins = np.zeros(len(data), np.bool_)
    begins[first] = True
    dots = np.flatnonzero(is_dot)
    places = np.concatenate([[0], np.cumsum(is_dot)])
    return bool(
        (is_digit | is_dot | is_minus).all()
        and is_digit[last].all()
        and not (is_minus & ~begins).any()
        and not (is_dot & begins).any()
        and is_digit[dots - 1].all()
        and (places[offsets[1:]] - places[offsets[:-1]]).max() <= 1
    )


def bytes_of(chunk: Any) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The bytes of an array of strings without nulls, and the offsets that cut them."""
    _, ends, data = chunk.buffers()
    offsets: NDArray[np.int32] = np.frombuffer(ends or b"\0\0\0\0", np.int32)
    return np.frombuffer(data or b"", np.uint8), offsets[chunk.offset : chunk.offset + len(chunk) + 1]
