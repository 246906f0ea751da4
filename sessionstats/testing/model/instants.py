"""Instants (§1.1, §3.3, §8): whole microseconds since 1970-01-01T00:00:00Z, as Python integers.

1. A text is ISO 8601 as `datetime.fromisoformat` of Python 3.11 reads it; without an offset it is UTC.
2. Anything finer than a microsecond is cut off, towards the past.
3. A number is seconds: an integer exactly, a float as floor(x * 1,000,000), the product in binary64.
4. An answer shows whole seconds, `YYYY-MM-DDTHH:MM:SSZ`.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache

SECOND = 1_000_000
"""Microseconds in a second."""

EPOCH = datetime(1970, 1, 1)
"""The instant 0, read as UTC."""

FOUR_CENTURIES = 146_097 * 86_400
"""Seconds of 400 years, after which the calendar repeats itself."""

# silent (§3.3): a Unix timestamp is ASCII digits, perhaps with a minus and a fraction; no plus, no exponent.
TIMESTAMP = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,4000})?")


@lru_cache(maxsize=4096)
def from_iso(text: str) -> int | None:
    """The instant of an ISO 8601 text, or None if it is not one (§3.3)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    offset = moment.utcoffset() or timedelta(0)
    return (moment.replace(tzinfo=None) - EPOCH - offset) // timedelta(microseconds=1)


def from_number(seconds: int | float) -> int | None:
    """The instant of epoch seconds, or None if they are not finite (§9)."""
    if isinstance(seconds, int):
        return seconds * SECOND
    product = seconds * 1_000_000
    return math.floor(product) if math.isfinite(product) else None


def from_parameter(text: str) -> int | None:
    """The instant of a `start` or `end`: ISO 8601 first, then a Unix timestamp (§3.3)."""
    instant = from_iso(text)
    if instant is None and TIMESTAMP.fullmatch(text):
        instant = math.floor(Fraction(text) * SECOND)
    # silent (§3.3): an instant outside the years 1 to 9999, in UTC, is not a valid date either.
    if instant is None or not YEAR_1 <= instant < YEAR_10000:
        return None
    return instant


def at_year(year: int) -> int:
    """The first instant of a year (§1.4, §3.3)."""
    return (datetime(year, 1, 1) - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=4096)  # an answer has as many as intervals
def to_text(instant: int) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` (§8), also just outside the years 1 to 9999."""
    seconds, years = instant // SECOND, 0
    if instant < YEAR_1:
        seconds, years = seconds + FOUR_CENTURIES, -400
    elif instant >= YEAR_10000:
        seconds, years = seconds - FOUR_CENTURIES, 400
    moment = EPOCH + timedelta(seconds=seconds)
    return f"{moment.year + years:04d}-{moment:%m-%dT%H:%M:%S}Z"


YEAR_1 = at_year(1)
"""The earliest instant there is."""

YEAR_10000 = at_year(9999) + 365 * 86_400 * SECOND
"""The first instant after the last year there is (9999 has 365 days)."""
