"""One column of numbers at a time: from what a caller has to what the kernel computes on (§1.1, §1.4).

1. Values come as an array, or as any iterable of Python values; `None` is a missing value.
2. A missing value becomes the column's default; a column without a default refuses it.
3. Types are not coerced: a whole `float` is no integer, a `bool` is no number, a digit string is neither.
4. The first wrong row is named, with its value, by a `DataError`.
5. What comes out is read-only. It is the caller's own array only if nobody could write to that.

Texts, users, projects and statuses are in `texts`, instants in `starts`.
"""

from collections.abc import Iterable, Sequence, Sized
from functools import cache
from types import NoneType
from typing import Any, Final, NoReturn, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import Encoded
from sessionstats.errors import DataError

Values: TypeAlias = Iterable[Any] | NDArray[Any] | Encoded[Any]
"""A column as a caller may give it."""

INT64_MIN: Final = -(2**63)
"""Smallest integer that a column holds."""

INT64_MAX: Final = 2**63 - 1
"""Largest integer that a column holds, and largest sum of quantities."""

SHOWN: Final = 80
"""Most characters of a value that an error text repeats."""

S = TypeVar("S", bound=np.generic)


def integer_column(name: str, values: Values, *, default: int | None, least: int) -> NDArray[np.int64]:
    """A column of integers.

    Parameters
    ----------
    name : str
        Column name, for errors.
    values : integer array, or iterable of int and None
    default : int or None
        What a missing value stands for; `None` if it is not allowed.
    least : int
        Smallest value allowed.

    Returns
    -------
    (n,) int64, read-only

    Raises
    ------
    DataError
        If a value is no integer, beyond 64 bits, or less than `least`.

    Examples
    --------
    >>> integer_column("errors", [2, None], default=0, least=0)
    array([2, 0])
    >>> integer_column("errors", [2, 1.0], default=0, least=0)
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: column 'errors', row 1: not an integer: 1.0
    """
    items = items_of(name, values)
    array = _integers(name, items, default)
    problem = "negative count" if least == 0 else f"less than {least}"
    refuse_first(name, problem, array < least, items)
    return frozen(array, items)


def _integers(name: str, items: NDArray[Any] | list[Any], default: int | None) -> NDArray[np.int64]:
    if isinstance(items, np.ndarray):
        if items.dtype.kind not in "iu" and len(items):
            refuse(name, "not an integer", 0, items[0])
        if items.dtype.kind == "u":
            refuse_first(name, "integer beyond 64 bits", items > INT64_MAX, items)
        return items.astype(np.int64, copy=False)
    items = python_values(name, "an integer", items, (int,), default)
    return _array_of(name, "integer beyond 64 bits", items, np.int64)


def duration_column(values: Values) -> NDArray[np.float64]:
    """Durations in seconds, NaN where missing (§1.1).

    Parameters
    ----------
    values : array of numbers, or iterable of int, float and None

    Returns
    -------
    (n,) float64, read-only

    Raises
    ------
    DataError
        If a value is no number, negative, or infinite (§1.4).

    Examples
    --------
    >>> duration_column([1, None, 2.5])
    array([1. , nan, 2.5])
    """
    items = items_of("duration", values)
    array = _floats(items)
    refuse_first("duration", "infinite duration", np.isinf(array), items)
    if np.count_nonzero(np.signbit(array)):
        refuse_first("duration", "negative duration", array < 0, items)
        # −0.0 equals 0.0, and an answer must not depend on which of them comes first (§6.7).
        array = np.add(array, 0.0)
    return frozen(array, items)


def _floats(items: NDArray[Any] | list[Any]) -> NDArray[np.float64]:
    if isinstance(items, np.ndarray):
        if items.dtype.kind not in "iuf" and len(items):
            refuse("duration", "not a number", 0, items[0])
        return items.astype(np.float64, copy=False)
    items = python_values("duration", "a number", items, (int, float), np.nan)
    return _array_of("duration", "infinite duration", items, np.float64)


def _array_of(name: str, problem: str, items: list[Any], dtype: type[S]) -> NDArray[S]:
    """The numbers as an array; the first that the type cannot hold is refused."""
    try:
        return np.array(items, dtype)
    except OverflowError:
        row = next(row for row, value in enumerate(items) if _overflows(value, dtype))
        refuse(name, problem, row, items[row])


def _overflows(value: int, dtype: type[np.generic]) -> bool:
    try:
        np.array(value, dtype)
    except OverflowError:
        return True
    return False


def check_total(quantity: NDArray[np.int64]) -> None:
    """Refuse quantities whose sum is beyond 64 bits: no count of sessions could be told (§6.1)."""
    largest = int(np.maximum.reduce(quantity, initial=0))
    if largest * len(quantity) > INT64_MAX:
        total = sum(quantity.tolist())
        if total > INT64_MAX:
            refuse("quantity", "the sum is beyond 64 bits", None, total)


def check_length(name: str, column: Sized, n: int) -> None:
    """Refuse a column whose length is not that of ``started``."""
    if len(column) != n:
        raise DataError(f"has {len(column)} rows, but 'started' has {n}", column=name)


def items_of(name: str, values: Values) -> NDArray[Any] | list[Any]:
    """The column as a numeric array of one dimension, or as a list of Python values.

    Raises
    ------
    DataError
        If it is neither.

    Examples
    --------
    >>> items_of("errors", (1, None)), items_of("release", np.array(["a", "b"]))
    ([1, None], ['a', 'b'])
    """
    if isinstance(values, list):
        return values
    if isinstance(values, Encoded):
        return values.decode()
    if not hasattr(values, "__array__"):
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            refuse(name, "not a sequence of values", None, values)
        return list(values)
    array = np.asarray(values)
    if array.ndim != 1:
        refuse(name, "not an array of one dimension, but of shape", None, array.shape)
    # Only subclasses are asked: `np.ma` takes milliseconds to import.
    if type(values) is not np.ndarray and isinstance(values, np.ndarray) and np.ma.is_masked(values):
        return [
            None if hidden else value for value, hidden in zip(array, np.ma.getmaskarray(values), strict=True)
        ]
    if array.dtype.kind not in "OUST":
        return array
    missing = getattr(array.dtype, "na_object", None)
    return [None if value is missing else value for value in array.tolist()]


def python_values(
    name: str, wanted: str, items: list[Any], allowed: tuple[type, ...], default: object
) -> list[Any]:
    """The values with NumPy's scalars as Python's, missing ones as `default`, and no others than `allowed`.

    Raises
    ------
    DataError
        If the type of a value is not exactly one of `allowed`: `True` is no integer here.
    """
    kinds = set(map(type, items))
    if kinds.issubset(allowed):
        return items
    if not kinds.issubset((*allowed, NoneType)):
        items = [_as_python(value) for value in items]
    for row, value in enumerate(items):
        if type(value) not in allowed and (value is not None or default is None):
            refuse(name, f"not {wanted}" if value is not None else "missing value", row, value)
    return [default if value is None else value for value in items]


def _as_python(value: object) -> object:
    """A number or text of NumPy as Python's; a time stays one, lest its count be taken for a number."""
    return value.item() if isinstance(value, np.generic) and value.dtype.kind not in "mM" else value


def show(value: object) -> str:
    """A value as error texts show it, cut if long."""
    try:
        text = repr(_as_python(value))
    except ValueError:  # Python writes no integers of more than 4300 digits
        text = "an integer of too many digits"
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def refuse(name: str, problem: str, row: int | None, value: object) -> NoReturn:
    """Raise the `DataError` of a wrong value."""
    raise DataError(f"{problem}: {show(value)}", column=name, row=row, value=value)


def refuse_first(
    name: str, problem: str, wrong: NDArray[np.bool_], values: Sequence[Any] | NDArray[Any]
) -> None:
    """Refuse the first of the `wrong` rows, if there is one."""
    if np.count_nonzero(wrong):
        row = int(wrong.argmax())
        refuse(name, problem, row, values[row])


def relocated(error: DataError, place: str, *, column: str | None, row: int | None) -> DataError:
    """The same problem at a place that the caller knows by another name, such as a line of a file."""
    moved = DataError(error.problem, column=column, row=row, value=error.value)
    moved.detail = f"{place}: {error.problem}"
    moved.args = (moved.detail,)
    return moved


def in_file(path: object, error: DataError, before: int) -> DataError:
    """The error of a row of a block, named by its file and its row there, `before` rows further on."""
    row = None if error.row is None else before + error.row
    moved = DataError(error.problem, column=error.column, row=row, value=error.value)
    place = moved.detail.removesuffix(f": {error.problem}")
    return relocated(moved, f"{path}, {place}", column=error.column, row=row)


def frozen(array: NDArray[S], given: object = None) -> NDArray[S]:
    """The array made read-only; a copy if it is `given`, the caller's, and somebody could write to it."""
    if array is given and _is_writable(array):
        array = array.copy()
    array.flags.writeable = False
    return array


def _is_writable(array: NDArray[Any]) -> bool:
    """Whether the memory can be written to through the array, or through one that it is a view of."""
    base: object = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return True
        base = base.base
    return False


def constant(value: float, n: int, dtype: type[S]) -> NDArray[S]:
    """A read-only column of `n` equal values that takes the memory of one."""
    return np.ndarray((n,), dtype, buffer=_memory(value, np.dtype(dtype)), strides=(0,))


@cache
def _memory(value: float, dtype: np.dtype[Any]) -> bytes:
    """The value as it is in memory: bytes, so that NumPy lets nobody write there."""
    return np.array(value, dtype).tobytes()
