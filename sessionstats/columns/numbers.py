"""Columns of integers and of seconds: from a caller's values to arrays (§1.1, §1.4).

1. A missing value becomes the column's default; a column without a default rejects it.
2. Integers fit into 64 bits, and are not less than the column's minimum.
3. Durations are finite and not negative; a missing one is NaN.
4. Quantities add up to 64 bits at most, so that every count of sessions can be represented (§6.1).

Texts, users, projects and statuses are in `texts`, instants in `started`.
"""

from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.values import Values, frozen, items_of, python_values, reject, reject_first

INT64_MIN: Final = -(2**63)
"""Smallest integer that a column holds."""

INT64_MAX: Final = 2**63 - 1
"""Largest integer that a column holds, and largest sum of quantities."""

S = TypeVar("S", bound=np.generic)


def integer_column(name: str, values: Values, *, default: int | None, least: int) -> NDArray[np.int64]:
    """A column of integers.

    Parameters
    ----------
    name : str
        Column name, for errors.
    values : integer array, or iterable of int and None
    default : int or None
        What a missing value means; `None` if it is not allowed.
    least : int
        Smallest value allowed.

    Returns
    -------
    (n,) int64, read-only

    Raises
    ------
    DataError
        If a value is not an integer, is beyond 64 bits, or is less than `least`.

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
    if array.min(initial=least) < least:
        problem = "negative count" if least == 0 else f"less than {least}"
        reject_first(name, problem, array < least, items)
    return frozen(array, items)


def _integers(name: str, items: NDArray[Any] | list[Any], default: int | None) -> NDArray[np.int64]:
    if isinstance(items, np.ndarray):
        if items.dtype.kind not in "iu" and len(items):
            reject(name, "not an integer", 0, items[0])
        if items.dtype.kind == "u":
            reject_first(name, "integer beyond 64 bits", items > INT64_MAX, items)
        return items.astype(np.int64, copy=False)
    items = python_values(name, "an integer", items, (int,), default)
    return _array_of(name, "integer beyond 64 bits", items, np.int64)


def seconds_column(name: str, values: Values) -> NDArray[np.float64]:
    """A column of durations in seconds, NaN where missing (§1.1).

    Parameters
    ----------
    name : str
        Column name, for errors.
    values : array of numbers, or iterable of int, float and None

    Returns
    -------
    (n,) float64, read-only

    Raises
    ------
    DataError
        If a value is not a number, or is negative or infinite (§1.4).

    Examples
    --------
    >>> seconds_column("duration", [1, None, 2.5])
    array([1. , nan, 2.5])
    """
    items = items_of(name, values)
    array = _floats(name, items)
    reject_first(name, "infinite duration", np.isinf(array), items)
    if np.count_nonzero(np.signbit(array)):
        reject_first(name, "negative duration", array < 0, items)
        # −0.0 equals 0.0, and an answer must not depend on which of them comes first (§6.7).
        array = np.add(array, 0.0)
    return frozen(array, items)


def _floats(name: str, items: NDArray[Any] | list[Any]) -> NDArray[np.float64]:
    if isinstance(items, np.ndarray):
        if items.dtype.kind not in "iuf" and len(items):
            reject(name, "not a number", 0, items[0])
        return items.astype(np.float64, copy=False)
    items = python_values(name, "a number", items, (int, float), np.nan)
    return _array_of(name, "infinite duration", items, np.float64)


def _array_of(name: str, problem: str, items: list[Any], dtype: type[S]) -> NDArray[S]:
    """The numbers as an array; the first number that the type cannot hold is rejected."""
    try:
        return np.array(items, dtype)
    except OverflowError:
        row = next(row for row, value in enumerate(items) if _overflows(value, dtype))
        reject(name, problem, row, items[row])


def _overflows(value: int, dtype: type[np.generic]) -> bool:
    try:
        np.array(value, dtype)
    except OverflowError:
        return True
    return False


def check_total(quantity: NDArray[np.int64]) -> None:
    """Reject quantities whose sum is beyond 64 bits: counts of sessions could not be represented (§6.1)."""
    largest = int(np.maximum.reduce(quantity, initial=0))
    if largest * len(quantity) > INT64_MAX:
        total = sum(quantity.tolist())
        if total > INT64_MAX:
            reject("quantity", "the sum is beyond 64 bits", None, total)
