"""What every column goes through: values as passed in, rejected by row, read-only once they are valid (§1.4).

1. Values come as an array, or as any iterable of Python values; `None` is a missing value.
2. Types are not coerced: a whole `float` is not an integer, a `bool` or a text of digits not a number.
3. A `DataError` names the first invalid row and its value.
4. The result is read-only. It is the caller's own array only if nobody can write to that.
"""

from collections.abc import Iterable, Sequence, Sized
from functools import cache
from types import NoneType
from typing import Any, Final, NoReturn, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import Encoded
from sessionstats.errors import DataError, Note

Values: TypeAlias = Iterable[Any] | NDArray[Any] | Encoded[Any]
"""A column as a caller may pass it."""

SHOWN: Final = 80
"""Most characters of a value that an error text repeats."""

DIGITS_ALIKE: Final = bytes.maketrans(b"123456789", b"000000000")

S = TypeVar("S", bound=np.generic)


def check_length(name: str, column: Sized, n: int) -> None:
    """Reject a column whose length differs from that of ``started``."""
    if len(column) != n:
        raise DataError(f"has {len(column)} rows, but 'started' has {n}", column=name)


def items_of(name: str, values: Values) -> NDArray[Any] | list[Any]:
    """The column as a one-dimensional numeric array, or as a list of Python values.

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
            reject(name, "not a sequence of values", None, values)
        return list(values)
    array = np.asarray(values)
    if array.ndim != 1:
        reject(name, "not an array of one dimension, but of shape", None, array.shape)
    # Only subclasses are checked: importing `np.ma` takes milliseconds.
    if type(values) is not np.ndarray and isinstance(values, np.ndarray) and np.ma.is_masked(values):
        return [
            None if hidden else value for value, hidden in zip(array, np.ma.getmaskarray(values), strict=True)
        ]
    if array.dtype.kind not in "OUST":
        return array
    missing = getattr(array.dtype, "na_object", None)
    return [None if value is missing else value for value in array.tolist()]


FRAMES: Final = "a missing value of a data frame? from_arrow(frame) reads it"
"""What an error says to somebody who unpacks a data frame."""


def python_values(
    name: str, expected: str, items: list[Any], allowed: tuple[type, ...], default: object
) -> list[Any]:
    """The values with NumPy's scalars as Python's, missing ones as `default`, and only types in `allowed`.

    Raises
    ------
    DataError
        If the type of a value is not exactly one of `allowed`: `True` is not an integer here.
    """
    kinds = set(map(type, items))
    if kinds.issubset(allowed):
        return items
    if not kinds.issubset((*allowed, NoneType)):
        items = [_as_python(value) for value in items]
    elif default is not None:
        return [default if value is None else value for value in items]
    for row, value in enumerate(items):
        if type(value) not in allowed and (value is not None or default is None):
            if is_missing_in_frames(value):
                expected += f" ({FRAMES})"
            reject(name, f"not {expected}" if value is not None else "missing value", row, value)
    return [default if value is None else value for value in items]


def is_missing_in_frames(value: object) -> bool:
    """Whether a value is one that data frames use for missing: NaN, NaT, pandas' NA."""
    if isinstance(value, float):
        return value != value
    return type(value).__name__ in ("NAType", "NaTType")


def _as_python(value: object) -> object:
    """A number or text of NumPy as Python's; a time stays as is, lest it be mistaken for a number."""
    return value.item() if isinstance(value, np.generic) and value.dtype.kind not in "mM" else value


def shapes(texts: list[str]) -> set[str]:
    """The distinct texts that remain if all ASCII digits are made the same one.

    A form that does not distinguish digits need only be looked for in these, which are few.

    Examples
    --------
    >>> sorted(shapes(["1.25", "7", "3.14", "8e7"]))
    ['0', '0.00', '0e0']
    """
    alike = "\n".join(texts).encode("utf-8", "surrogatepass").translate(DIGITS_ALIKE)
    lines = alike.decode("utf-8", "surrogatepass").split("\n")
    return set(lines if len(lines) == len(texts) else texts)  # a text may have several lines itself


def show(value: object) -> str:
    """A value as error texts show it, shortened if long."""
    try:
        text = repr(_as_python(value))
    except ValueError:  # Python does not convert integers of more than 4300 digits to text
        text = "an integer of too many digits"
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def reject(name: str, problem: str, row: int | None, value: object, note: Note | None = None) -> NoReturn:
    """Raise the `DataError` of an invalid value."""
    raise DataError(f"{problem}: {show(value)}", column=name, row=row, value=value, note=note, reason=problem)


def reject_first(
    name: str, problem: str, wrong: NDArray[np.bool_], values: Sequence[Any] | NDArray[Any]
) -> None:
    """Reject the first of the `wrong` rows, if there is one."""
    if np.count_nonzero(wrong):
        row = int(wrong.argmax())
        reject(name, problem, row, values[row])


def frozen(array: NDArray[S], given: object = None) -> NDArray[S]:
    """The array made read-only; a copy if it is `given`, the caller's own, and somebody could write to it."""
    if array is given and _is_writable(array):
        array = array.copy()
    array.setflags(write=False)
    return array


def _is_writable(array: NDArray[Any]) -> bool:
    """Whether the memory can be written to through the array, or through an array that it is a view of."""
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
