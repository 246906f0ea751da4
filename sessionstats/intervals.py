"""Validating the interval (§3.2).

1. Without an ``interval``, or with a text that is not a period, it is one hour.
2. It must be a positive multiple of the minimum interval,
3. at most one day,
4. and divide one day without a remainder: buckets never straddle midnight.
"""

from typing import Final

from sessionstats.errors import RequestError
from sessionstats.instants import DAY, HOUR, SECOND, parse_period

DEFAULT_INTERVAL: Final = HOUR
"""The default interval, in microseconds (§3.2)."""

MINIMUM_NAMES: Final = {3600: "one hour", 60: "one minute", 10: "ten seconds"}
"""The endpoint's wording of the minimum intervals it was seen with, by seconds (§3.2)."""


def parse_interval(text: str | None, min_interval: int = 3600) -> int:
    """Validated interval in microseconds (§3.2).

    Parameters
    ----------
    text : str or None
        The ``interval`` parameter.
    min_interval : int
        Minimum interval in seconds, `Rules.min_interval`.

    Raises
    ------
    RequestError
        For the first of the three rules that the interval breaks.

    Examples
    --------
    >>> parse_interval("6h") // HOUR, parse_interval(None) // HOUR, parse_interval("soon") // HOUR
    (6, 1, 1)
    >>> parse_interval("5h")
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: The interval should divide one day without a remainder.
    """
    period = parse_period(text) if text is not None else None
    interval = DEFAULT_INTERVAL if period is None else period
    if interval <= 0 or interval % (min_interval * SECOND):
        name = MINIMUM_NAMES.get(min_interval, f"{min_interval} seconds")
        raise _rejection(f"The interval has to be a multiple of the minimum interval of {name}.", text)
    if interval > DAY:
        raise _rejection("The interval has to be less than one day.", text)
    if DAY % interval:
        raise _rejection("The interval should divide one day without a remainder.", text)
    return interval


def _rejection(detail: str, text: str | None) -> RequestError:
    return RequestError(detail, parameter="interval", value=text)
