"""The column ``started``: from what a caller has to microseconds (§1.1, §1.4).

1. Taken are `datetime64` of any unit, datetimes, ISO 8601 text, and epoch seconds.
2. Anything finer than a microsecond is cut off, towards the past. Epoch seconds as a `float` are multiplied
   by 10⁶ in binary64 first, as every implementation in every language can.
3. No instant is missing, and all lie in the years 1970 to 2262.
"""

import math
import re
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.numbers import INT64_MAX
from sessionstats.columns.values import Values, frozen, items_of, refuse, refuse_first
from sessionstats.errors import DataError
from sessionstats.instants import EPOCH, MICROSECOND, SECOND, from_datetime, parse_iso

YEAR_2263: Final = (datetime(2263, 1, 1, tzinfo=EPOCH.tzinfo) - EPOCH) // MICROSECOND
"""First instant after those a session can begin at (§1.4); the first of them is 0."""

OUTSIDE: Final = "outside the years 1970-2262"
"""Problem of an instant that is none of a session (§1.4)."""

FINER: Final = {"ns": 10**3, "ps": 10**6, "fs": 10**9, "as": 10**12}
"""Units of `datetime64` that are cut, and how many of each are a microsecond."""

PLAIN: Final = re.compile(r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)?\n)*+", re.ASCII)
"""Lines of instants in the form in which nearly all are written."""


def started_column(values: Values) -> NDArray[np.datetime64]:
    """The instants at which sessions began.

    Parameters
    ----------
    values : array, or iterable of datetime, datetime64, str, int and float
        A datetime or text without an offset is UTC; numbers are epoch seconds.

    Returns
    -------
    (n,) datetime64[us], read-only

    Raises
    ------
    DataError
        If a value is no instant, or outside the years 1970 to 2262.

    Examples
    --------
    >>> started_column(["2024-01-29T12:00:00Z", 1706529600.5])
    array(['2024-01-29T12:00:00.000000', '2024-01-29T12:00:00.500000'],
          dtype='datetime64[us]')
    """
    items = items_of("started", values)
    array = _from_array(items) if isinstance(items, np.ndarray) else _from_list(items)
    return frozen(array, items)


def _from_array(items: NDArray[Any]) -> NDArray[np.datetime64]:
    kind = items.dtype.kind
    if kind == "M":
        return _from_datetime64(items)
    if kind in "iu":
        refuse_first("started", OUTSIDE, (items < 0) | (items >= YEAR_2263 // SECOND), items)
        return (items.astype(np.int64) * SECOND).view("M8[us]")
    if kind == "f":
        seconds = items.astype(np.float64, copy=False)
        refuse_first("started", "not an instant", ~np.isfinite(seconds), items)
        with np.errstate(over="ignore"):  # infinity is outside, too
            instants = np.floor(seconds * float(SECOND))
        refuse_first("started", OUTSIDE, (instants < 0) | (instants >= YEAR_2263), items)
        return instants.astype(np.int64).view("M8[us]")
    if len(items):
        refuse("started", "not an instant", 0, items[0])
    return np.empty(0, "M8[us]")


def _from_datetime64(items: NDArray[Any]) -> NDArray[np.datetime64]:
    # Far instants overflow when converted: the comparison is one of whole numbers of the given unit.
    count: NDArray[Any] = items.astype(items.dtype.newbyteorder("="), copy=False).view(np.int64)
    unit, multiple = np.datetime_data(items.dtype)
    if unit in FINER:
        latest = min(YEAR_2263 * FINER[unit] // multiple, INT64_MAX)
    else:
        latest = int(np.datetime64(YEAR_2263, "us").astype(items.dtype).astype(np.int64))
    if count.min(initial=0) < 0 or count.max(initial=0) > latest:
        refuse_first("started", "not an instant", np.isnat(items), items)
        refuse_first("started", OUTSIDE, (count < 0) | (count > latest), items)
    array = items.astype("M8[us]", copy=False)
    if array.view(np.int64).max(initial=0) >= YEAR_2263:
        refuse_first("started", OUTSIDE, array.view(np.int64) >= YEAR_2263, items)
    return array


def _from_list(items: list[Any]) -> NDArray[np.datetime64]:
    kinds = set(map(type, items))
    if kinds == {str} and (read := plain_instants(items)) is not None:
        return read
    # Integers that might be beyond 64 bits are left to the loop, which names them.
    if kinds == {float} or (kinds == {int} and 0 <= min(items) <= max(items) < YEAR_2263):
        return _from_array(np.array(items))
    instants = [_instant(row, value) for row, value in enumerate(items)]
    return np.array(instants, np.int64).view("M8[us]")


def plain_instants(items: list[str]) -> NDArray[np.datetime64] | None:
    """All texts at once, or `None` if one of them is not in the plain form, or wrong.

    NumPy reads ISO 8601 many times faster than Python, but reads other things too, and no offsets: here it is
    given nothing that the two could read differently.
    """
    lines = "\n".join(items) + "\n"
    if not PLAIN.fullmatch(lines):
        return None
    try:
        instants = np.array(lines.replace("Z\n", "\n").replace("+00:00\n", "\n").split("\n")[:-1], "M8[us]")
    except ValueError:
        return None
    microseconds = instants.view(np.int64)
    right = len(instants) == len(items) and microseconds.min() >= 0 and microseconds.max() < YEAR_2263
    return instants if right else None


def _instant(row: int, value: Any) -> int:
    """Microseconds of one value of a mixed list."""
    instant: int | None = None
    if isinstance(value, np.generic):
        return _scalar(row, value)
    if isinstance(value, str):
        instant = parse_iso(value)
    elif isinstance(value, datetime):
        instant = from_datetime(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        instant = value * SECOND
    elif isinstance(value, float) and math.isfinite(value):
        # Between bounds that are outside themselves, since the product may be infinite.
        instant = math.floor(max(-1.0, min(value * float(SECOND), float(YEAR_2263))))
    if instant is None:
        refuse("started", "missing value" if value is None else "not an instant", row, value)
    if not 0 <= instant < YEAR_2263:
        refuse("started", OUTSIDE, row, value)
    return instant


def _scalar(row: int, value: np.generic) -> int:
    """Microseconds of a NumPy scalar."""
    try:
        return int(started_column(np.array([value])).view(np.int64)[0])
    except DataError as error:
        raise DataError(error.problem, column="started", row=row, value=value) from None
