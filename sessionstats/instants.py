"""Instants and periods (§3.1, §3.3, §8).

1. An instant is a whole number of microseconds since 1970-01-01T00:00:00Z, an `int`; anything finer is
   cut off, towards the past (§1.1).
2. A period is digits and one of ``s m h d w``; without a letter it means seconds (§3.1).
3. A text instant is ISO 8601 as `datetime.fromisoformat` of Python 3.11 reads it; without an offset it is
   UTC; a date alone is its midnight (§3.3).
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from sessionstats.errors import SessionStatsError

SECOND: Final = 1_000_000
"""Microseconds in a second."""

MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

UNITS: Final = {"": SECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
"""Microseconds in each unit of a period, by letter (§3.1)."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

YEAR_1: Final = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
"""First instant that a request can name (§3.3)."""

YEAR_10000: Final = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // MICROSECOND + DAY
"""First instant beyond those that a request can name (§3.3)."""

# Python does not parse longer decimal integers, and no longer period makes sense.
_PERIOD: Final = re.compile(r"([0-9]{1,4000})([smhdw]?)", re.ASCII)
_TIMESTAMP: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,4000})?", re.ASCII)
# Python 3.14 reads 24:00 as the next midnight; 3.11, the reference of §3.3, rejects it.
_HOUR_24: Final = re.compile("[T ]24")


def parse_period(text: str) -> int | None:
    """Length of a period in microseconds, or `None` if the text is not one (§3.1).

    Examples
    --------
    >>> parse_period("90d") // DAY, parse_period("45") // SECOND, parse_period("1.5h")
    (90, 45, None)
    """
    match = _PERIOD.fullmatch(text)
    return int(match[1]) * UNITS[match[2]] if match else None


def from_datetime(moment: datetime) -> int:
    """Microseconds since the epoch of a `datetime`; a naive one is UTC.

    Examples
    --------
    >>> from_datetime(datetime(1970, 1, 1, 0, 0, 1, 5))
    1000005
    """
    offset = moment.utcoffset() or timedelta(0)
    # Subtracting the offset last keeps instants near the years 1 and 9999 in range.
    return (moment.replace(tzinfo=UTC) - EPOCH) // MICROSECOND - offset // MICROSECOND


def parse_iso(text: str) -> int | None:
    """Instant of an ISO 8601 text, or `None` if it is not one (§3.3).

    Examples
    --------
    >>> format_instant(parse_iso("2024-01-29T12:27:28.3039999+02:00"))
    '2024-01-29T10:27:28Z'
    >>> parse_iso("yesterday") is None
    True
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if _HOUR_24.search(text) else from_datetime(moment)


def parse_date(text: str) -> int | None:
    """Instant of a ``start`` or ``end`` parameter: ISO 8601 or a Unix timestamp (§3.3).

    `None` if the text is neither, or is outside the years 1 to 9999.

    Examples
    --------
    >>> parse_date("1706530320.25"), parse_date("2024-01-29") == parse_date("20240129T00Z")
    (1706530320250000, True)
    """
    instant = parse_iso(text)
    return _in_range(_from_seconds(text) if instant is None else instant)


def _from_seconds(text: str) -> int | None:
    """Instant of epoch seconds in decimal digits, or `None` if the text is not such a number."""
    if not _TIMESTAMP.fullmatch(text):
        return None
    from decimal import Decimal  # here, since few requests need it and it would slow down every import

    return int((Decimal(text) * SECOND).to_integral_value("ROUND_FLOOR"))


def _in_range(instant: int | None) -> int | None:
    return instant if instant is not None and YEAR_1 <= instant < YEAR_10000 else None


def parse_now(now: object) -> int:
    """Instant of a caller's ``now``.

    Parameters
    ----------
    now : None, datetime, datetime64, str, int or float
        `None` means the clock; text is ISO 8601; numbers are epoch seconds.

    Raises
    ------
    SessionStatsError
        If it is none of these.
    """
    instant: int | None = None
    if now is None:
        instant = from_datetime(datetime.now(UTC))
    elif isinstance(now, datetime):
        instant = from_datetime(now)
    elif isinstance(now, np.datetime64) and not np.isnat(now):
        instant = int(now.astype("datetime64[us]").astype(np.int64))
    elif isinstance(now, str):
        instant = parse_date(now)
    elif isinstance(now, float):
        instant = _in_range(_from_seconds(format(now, "f")))  # as text, 20240129.0 would be a day
    elif isinstance(now, int) and not isinstance(now, bool):
        instant = _in_range(now * SECOND)
    if instant is None:
        raise SessionStatsError(
            f"now: {now!r} is not an instant (a datetime, ISO 8601 text or epoch seconds)"
        )
    return instant


def format_instant(instant: int) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ``; anything finer than a second is cut off (§8).

    Examples
    --------
    >>> format_instant(1_706_530_320_999_999)
    '2024-01-29T12:12:00Z'
    """
    return f"{np.datetime64(instant // SECOND, 's')}Z"
