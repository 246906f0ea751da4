"""The date range that a request asks for, before rounding (§3.3).

1. ``statsPeriod`` takes precedence over ``statsPeriodStart`` and ``statsPeriodEnd``, and these over ``start``
   and ``end``.
2. Without any of them the range is the 90 days before now.
3. Of a pair, both must be given.
4. The start must be before the end.
"""

from typing import Final

from sessionstats.errors import RequestError
from sessionstats.instants import DAY, YEAR_1, parse_date, parse_period
from sessionstats.request.parameters import Parameters
from sessionstats.rounding import DateRange

DEFAULT_PERIOD: Final = 90 * DAY
"""Length of the range when no dates are given, in microseconds (§3.3)."""


def parse_range(given: Parameters, now: int) -> DateRange:
    """Date range of a request (§3.3).

    Parameters
    ----------
    given : Parameters
    now : int
        Microseconds since the epoch.

    Raises
    ------
    RequestError
        With the texts of §3.3.

    Examples
    --------
    >>> parse_range(Parameters("statsPeriod=1d"), now=10 * DAY)
    DateRange(start=777600000000, end=864000000000, end_given=False)
    >>> parse_range(Parameters("start=2024-01-29"), now=0)
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: start and end are both required
    """
    period = given.last("statsPeriod")
    relative = given.last("statsPeriodStart"), given.last("statsPeriodEnd")
    absolute = given.last("start"), given.last("end")
    end_given = False
    if period is not None:
        start, end = _before_now(period, "statsPeriod", now), now
    elif relative != (None, None):
        first, last = _both("statsPeriodStart", "statsPeriodEnd", *relative)
        start, end = _before_now(first, "statsPeriodStart", now), _before_now(last, "statsPeriodEnd", now)
    elif absolute != (None, None):
        first, last = _both("start", "end", *absolute)
        start, end, end_given = _date(first, "start"), _date(last, "end"), True
    else:
        start, end = now - DEFAULT_PERIOD, now
    if start >= end:
        raise RequestError("start must be before end", parameter="start")
    return DateRange(start, end, end_given)


def _both(first_name: str, last_name: str, first: str | None, last: str | None) -> tuple[str, str]:
    if first is None or last is None:
        missing = first_name if first is None else last_name
        raise RequestError(f"{first_name} and {last_name} are both required", parameter=missing)
    return first, last


def _before_now(text: str, name: str, now: int) -> int:
    period = parse_period(text)
    if period is None or now - period < YEAR_1:
        raise RequestError(f"Invalid statsPeriod: '{text}'", parameter=name, value=text)
    return now - period


def _date(text: str, name: str) -> int:
    instant = parse_date(text)
    if instant is None:
        raise RequestError(f"{text} is not a valid ISO8601 date query", parameter=name, value=text)
    return instant
