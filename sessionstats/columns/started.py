"""The column ``started``: from a caller's values to microseconds (§1.1, §1.4).

1. Accepted are `datetime64` of any unit, datetimes, ISO 8601 text, and epoch seconds.
2. Anything finer than a microsecond is cut off, towards the past. Epoch seconds as a `float` are multiplied
   by 10⁶ in binary64 first, which every language can do.
3. No instant may be missing, and all are in the years 1970 to 2262.
"""

import math
import re
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.numbers import INT64_MAX
from sessionstats.columns.values import Values, frozen, items_of, reject, reject_first, shapes
from sessionstats.errors import DataError
from sessionstats.instants import EPOCH, MICROSECOND, SECOND, from_datetime, parse_iso

YEAR_2263: Final = (datetime(2263, 1, 1, tzinfo=EPOCH.tzinfo) - EPOCH) // MICROSECOND
"""First instant beyond those at which a session can begin (§1.4); the first of them is 0."""

SECOND_2263: Final = YEAR_2263 // SECOND
"""The same in seconds."""

FIRST_YEAR, LAST_YEAR = 1970, 2262
"""Years in which a session can begin."""

SECONDS_A_DAY: Final = 86_400

OUTSIDE: Final = "outside the years 1970-2262"
"""Problem of an instant at which no session can begin (§1.4)."""

FINER: Final = {"ns": 10**3, "ps": 10**6, "fs": 10**9, "as": 10**12}
"""Units of `datetime64` that are truncated, and how many of each make a microsecond."""

PLAIN: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?", re.ASCII)
"""An instant in the form in which nearly all are written."""

MANY: Final = 5000
"""From this many texts of one length, parsing them by columns of digits is faster than NumPy's own parser."""

POSITIONS: Final = {"year": (0, 4), "month": (5, 7), "day": (8, 10), "hour": (11, 13), "minute": (14, 16)}
"""Where the digits of each part of a plain instant are."""

SECONDS_AT: Final = 17
"""Where the digits of its seconds begin; a fraction and ``Z`` may follow them."""

TEXTS_TOGETHER: Final = 1 << 14
"""Texts that are read together: few enough that the intermediate arrays stay in cache."""


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
        If a value is not an instant, or is outside the years 1970 to 2262.

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
        reject_first("started", OUTSIDE, (items < 0) | (items >= SECOND_2263), items)
        return (items.astype(np.int64) * SECOND).view("M8[us]")
    if kind == "f":
        seconds = items.astype(np.float64, copy=False)
        reject_first("started", "not an instant", ~np.isfinite(seconds), items)
        with np.errstate(over="ignore"):  # infinity is out of range, too
            instants = np.floor(seconds * float(SECOND))
        reject_first("started", OUTSIDE, (instants < 0) | (instants >= YEAR_2263), items)
        return instants.astype(np.int64).view("M8[us]")
    if len(items):
        reject("started", "not an instant", 0, items[0])
    return np.empty(0, "M8[us]")


def _from_datetime64(items: NDArray[Any]) -> NDArray[np.datetime64]:
    # Distant instants overflow when converted, so they are compared as integers in their own unit.
    count: NDArray[Any] = items.astype(items.dtype.newbyteorder("="), copy=False).view(np.int64)
    unit, multiple = np.datetime_data(items.dtype)
    if unit in FINER:
        latest = min(YEAR_2263 * FINER[unit] // multiple, INT64_MAX)
    else:
        latest = int(np.datetime64(YEAR_2263, "us").astype(items.dtype).astype(np.int64))
    if count.min(initial=0) < 0 or count.max(initial=0) > latest:
        reject_first("started", "not an instant", np.isnat(items), items)
        reject_first("started", OUTSIDE, (count < 0) | (count > latest), items)
    array = items.astype("M8[us]", copy=False)
    if array.view(np.int64).max(initial=0) >= YEAR_2263:
        reject_first("started", OUTSIDE, array.view(np.int64) >= YEAR_2263, items)
    return array


def _from_list(items: list[Any]) -> NDArray[np.datetime64]:
    kinds = set(map(type, items))
    if kinds == {str} and (read := plain_instants(items)) is not None:
        return read
    # Integers that may be beyond 64 bits are left to the loop, which names them.
    if kinds == {float} or (kinds == {int} and 0 <= min(items) <= max(items) < YEAR_2263):
        return _from_array(np.array(items))
    instants = [
        value * SECOND if type(value) is int and 0 <= value < SECOND_2263 else _instant(row, value)
        for row, value in enumerate(items)
    ]
    return np.array(instants, np.int64).view("M8[us]")


def plain_instants(items: list[str]) -> NDArray[np.datetime64] | None:
    """All texts at once, or `None` if one of them is invalid or not in the plain form.

    NumPy reads ISO 8601 many times faster than Python, but reads other things too, and no offsets: it only
    gets what the two cannot read differently.
    """
    width = len(items[0])
    if len(items) >= MANY and all(len(text) == width for text in items):
        return instants_of_bytes(np.frombuffer("".join(items).encode("utf-8", "replace"), np.uint8), width)
    lines = "\n".join([*items, ""]).replace("+00:00\n", "Z\n")
    if not all(map(PLAIN.fullmatch, shapes(lines.split("\n")[:-1]))):
        return None
    try:
        instants = np.array(lines.replace("Z\n", "\n").split("\n")[:-1], "M8[us]")
    except ValueError:
        return None
    microseconds = instants.view(np.int64)
    right = len(instants) == len(items) and microseconds.min() >= 0 and microseconds.max() < YEAR_2263
    return instants if right else None


def instants_of_bytes(data: NDArray[np.uint8], width: int) -> NDArray[np.datetime64] | None:
    """Instants from texts of one length, or `None` if one is invalid or not in the plain form.

    Parameters
    ----------
    data : (n × width,) uint8
        ``2024-01-29T12:00:00``, with ``T`` or a space, with or without up to six decimals, with or
        without ``Z``.
    width : int

    Returns
    -------
    (n,) datetime64[us], or None

    Examples
    --------
    >>> instants_of_bytes(np.frombuffer(b"2024-01-29T12:00:00.5Z", np.uint8), 22)
    array(['2024-01-29T12:00:00.500000'], dtype='datetime64[us]')
    """
    if width < SECONDS_AT + 2 or len(data) % width:
        return None
    text = data.reshape(-1, width)
    instants = np.empty(len(text), "M8[us]")
    for first in range(0, len(text), TEXTS_TOGETHER):
        # Transposed, the characters at one position are next to each other.
        read = _instants_of_columns(np.ascontiguousarray(text[first : first + TEXTS_TOGETHER].T))
        if read is None:
            return None
        instants[first : first + TEXTS_TOGETHER] = read
    return instants


def _instants_of_columns(text: NDArray[np.uint8]) -> NDArray[np.datetime64] | None:
    """Instants from the characters at each position: (width, n) uint8."""
    has_zone = bool((text[-1] == ord("Z")).all())
    decimals = len(text) - has_zone - SECONDS_AT - 3
    if decimals not in (-1, *range(1, 7)) or not _has_signs(text, decimals):
        return None
    spans = [*POSITIONS.values(), (SECONDS_AT, SECONDS_AT + 2), (SECONDS_AT + 3, SECONDS_AT + 3 + decimals)]
    numbers = [_number(text[start:end]) for start, end in spans]
    year, month, day, hour, minute, second, fraction = numbers
    if min(number.min() for number in numbers) < 0 or month.max() > 12:
        return None
    if not (month.min() > 0 and hour.max() < 24 and minute.max() < 60 and second.max() < 60):
        return None
    if not FIRST_YEAR <= year.min() <= year.max() <= LAST_YEAR:
        return None
    months = (year - FIRST_YEAR) * 12 + (month - 1)
    earliest = months.min()
    firsts = np.arange(earliest, months.max() + 2).astype("M8[M]").astype("M8[D]").astype(np.int64)
    months -= earliest
    if day.min() < 1 or (day > np.diff(firsts)[months]).any():  # no such day in that month
        return None
    days = firsts[months] + (day - 1)
    of_day = (hour * 60 + minute) * 60 + second
    micros = (days * SECONDS_A_DAY + of_day) * SECOND + fraction * 10 ** (6 - max(0, decimals))
    instants: NDArray[np.datetime64] = micros.view("M8[us]")
    return instants


def _has_signs(text: NDArray[np.uint8], decimals: int) -> bool:
    """Whether dashes, colons and the decimal point are where they belong."""
    signs = {4: "-", 7: "-", 13: ":", 16: ":"} | ({SECONDS_AT + 2: "."} if decimals > 0 else {})
    all_there = all((text[place] == ord(sign)).all() for place, sign in signs.items())
    return all_there and bool(((text[10] == ord("T")) | (text[10] == ord(" "))).all())


def _number(digits: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The number that some digits of each text form; below 0 if they are not digits."""
    number = np.zeros(digits.shape[1], np.int32)
    wrong = np.zeros(digits.shape[1], np.bool_)
    for at_place in digits:
        digit = at_place - np.uint8(ord("0"))  # others wrap around to more than 9
        wrong |= digit > 9
        number *= 10
        number += digit
    number[wrong] = -1
    return number


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
        # Compared with bounds that are out of range themselves, since the product may be infinite.
        instant = math.floor(max(-1.0, min(value * float(SECOND), float(YEAR_2263))))
    if instant is None:
        reject("started", "missing value" if value is None else "not an instant", row, value)
    if not 0 <= instant < YEAR_2263:
        reject("started", OUTSIDE, row, value)
    return instant


def _scalar(row: int, value: np.generic) -> int:
    """Microseconds of a NumPy scalar."""
    try:
        return int(started_column(np.array([value])).view(np.int64)[0])
    except DataError as error:
        raise DataError(error.problem, column="started", row=row, value=value) from None
