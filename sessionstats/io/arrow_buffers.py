"""The buffers of Arrow's arrays as arrays of NumPy, without a copy (extra ``arrow``).

1. Numbers and instants: one buffer of values, of the array's own type. Where an array has nulls, their values
   are arbitrary.
2. Texts: the bytes of all of them, and the offsets between.
3. Nulls: a bit for each value.

Why not `to_numpy` and `fill_null`: they import pandas, if it is installed, and the wrappers of all of Arrow's
functions. For a million sessions that took more time than anything else.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sessionstats.io.optional import needed


def numbers_of(array: Any) -> NDArray[Any]:
    """The values of an array of integers, floats or timestamps.

    Examples
    --------
    >>> import pyarrow as pa
    >>> numbers_of(pa.array([3, 1, 2], "int16")[1:]), numbers_of(pa.array([1], pa.timestamp("s", "UTC")))
    (array([1, 2], dtype=int16), array(['1970-01-01T00:00:01'], dtype='datetime64[s]'))
    """
    types, kind = needed("pyarrow", "arrow").types, array.type
    if types.is_timestamp(kind):
        dtype = np.dtype(f"M8[{kind.unit}]")
    else:
        letter = "f" if types.is_floating(kind) else "i" if types.is_signed_integer(kind) else "u"
        dtype = np.dtype(f"{letter}{kind.bit_width // 8}")
    return _read_only(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]


def texts_of(array: Any) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """The bytes of an array of texts, and the n + 1 offsets that cut them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> data, offsets = texts_of(pa.array(["ann", "ben", None])[1:])
    >>> data.tobytes(), offsets.tolist()
    (b'annben', [3, 6, 6])
    """
    _, ends, data = array.buffers()
    narrow = needed("pyarrow", "arrow").types.is_string(array.type)
    offsets = _read_only(ends, np.dtype(np.int32 if narrow else np.int64))
    if not len(offsets):  # of no texts there may be no offset either
        offsets = np.zeros(1, np.int32)
    return _read_only(data, np.dtype(np.uint8)), offsets[array.offset : array.offset + len(array) + 1]


def nulls_of(array: Any) -> NDArray[np.bool_] | None:
    """Which values are null; `None` if none is.

    Examples
    --------
    >>> import pyarrow as pa
    >>> nulls_of(pa.array([1, None, 2, None])[1:]), nulls_of(pa.array([1]))
    (array([ True, False,  True]), None)
    """
    if not array.null_count:
        return None
    bits = _read_only(array.buffers()[0], np.dtype(np.uint8))
    valid = np.unpackbits(bits, count=array.offset + len(array), bitorder="little")
    return np.logical_not(valid[array.offset :])


def _read_only(buffer: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The items of a buffer; `None` is an empty one."""
    size = 0 if buffer is None else buffer.size // dtype.itemsize
    items: NDArray[Any] = np.ndarray((size,), dtype, b"" if buffer is None else buffer)
    items.flags.writeable = False
    return items
