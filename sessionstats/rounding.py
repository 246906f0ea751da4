"""Rounding the window to whole intervals (§3.4 to §3.8).

Today's rule, `align`:

1. A start in the future is replaced by now (§3.4).
2. Start is rounded down and end up to a multiple of the interval counted from the epoch; an instant that
   is already a multiple stays (§3.5). Hence "the last 90 days" by day touch 91 days.

The rule of 2021 to 2023, `align_hourly` (§3.7), kept the *length* and rounded only the end, to whole hours.
The edition of 2021 restricted fine intervals to short and recent ranges, `require_short_and_recent` (§3.8).

Windows are half-open: a session belongs to one if start ≤ ``started`` < end.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sessionstats.errors import RequestError
from sessionstats.instants import DAY, HOUR, MINUTE, SECOND


class DateRange(NamedTuple):
    """The requested range before rounding (§3.3): instants in microseconds since the epoch.

    Parameters
    ----------
    start, end : int
        With ``start < end``.
    end_given : bool
        Whether an ``end`` parameter is in use, which the older rounding makes inclusive (§3.7).
    """

    start: int
    end: int
    end_given: bool


FINE_LENGTH: Final = 6 * HOUR
"""Longest range for an interval that is not whole hours, in the edition of 2021 (§3.8)."""

FINE_AGE: Final = 30 * DAY
"""How long before now such a range may start (§3.8)."""


class Window(NamedTuple):
    """A rounded window; all in microseconds (since the epoch).

    Parameters
    ----------
    start, end : int
        Half-open: start ≤ instant < end.
    interval : int
        Length of a bucket; the last one may be cut short by `end` (§3.7).
    length : int
        The length that the limits apply to (§3.6, §3.8).
    """

    start: int
    end: int
    interval: int
    length: int

    @property
    def n_intervals(self) -> int:
        """Number of buckets; 0 for a window that ends before it starts (§3.7)."""
        return max(0, -(-(self.end - self.start) // self.interval))

    @property
    def interval_length(self) -> timedelta:
        """Length of a bucket."""
        return timedelta(microseconds=self.interval)

    @property
    def width(self) -> timedelta:
        """End minus start."""
        return timedelta(microseconds=self.end - self.start)

    def bucket_starts(self) -> NDArray[np.datetime64]:
        """Start of each bucket: (n_intervals,) datetime64[us]."""
        starts = np.arange(self.n_intervals) * self.interval + self.start
        return starts.view("datetime64[us]")


def align(dates: DateRange, interval: int, now: int) -> Window:
    """Round a range of dates outwards to whole intervals (§3.4, §3.5).

    Parameters
    ----------
    dates : DateRange
    interval, now : int
        Microseconds (since the epoch).

    Examples
    --------
    >>> from sessionstats.instants import DAY, HOUR, format_instant, parse_iso
    >>> now = parse_iso("2024-01-29T12:27:28.303Z")
    >>> window = align(DateRange(now - DAY, now, False), 6 * HOUR, now)
    >>> format_instant(window.start), format_instant(window.end), window.n_intervals
    ('2024-01-28T12:00:00Z', '2024-01-29T18:00:00Z', 5)
    """
    start = _round_down(min(dates.start, now), interval)
    end = _round_up(dates.end, interval)
    return Window(start, end, interval, end - start)


def align_hourly(dates: DateRange, interval: int, now: int) -> Window:
    """Round a range of dates as the edition of 2021 to 2023 did (§3.7).

    Parameters
    ----------
    dates : DateRange
    interval, now : int
        Microseconds (since the epoch).

    Examples
    --------
    >>> from sessionstats.instants import DAY, HOUR, format_instant, parse_iso
    >>> now = parse_iso("2018-12-11T03:21:00Z")
    >>> window = align_hourly(DateRange(now - 2 * DAY, now, False), HOUR, now)
    >>> format_instant(window.start), format_instant(window.end)
    ('2018-12-09T04:00:00Z', '2018-12-11T03:22:00Z')
    """
    unit = interval if interval < MINUTE else _round_up(interval, HOUR)
    requested_end = dates.end + SECOND if dates.end_given else dates.end
    length = _round_up(requested_end - dates.start, unit)
    end = _round_up(requested_end, unit)
    grown = length + unit if unit > interval and end - length > dates.start else length
    start = end - grown
    if end > now:
        end = _round_down(now, MINUTE) + MINUTE
    return Window(start, end, interval, length)


ROUNDINGS: Final[Mapping[str, Callable[[DateRange, int, int], Window]]] = MappingProxyType(
    {"aligned": align, "hourly": align_hourly}
)
"""The roundings by their name in `Rules.rounding`."""


def require_few_intervals(window: Window, max_intervals: int) -> None:
    """Reject a window of more than `max_intervals` intervals (§3.6)."""
    if window.length > max_intervals * window.interval:
        raise RequestError(
            "Your interval and date range would create too many results. "
            "Use a larger interval, or a smaller date range.",
            parameter="interval",
        )


def require_short_and_recent(window: Window, requested_start: int, now: int) -> None:
    """Reject a long range, or one that starts long ago, whose interval is not a whole number of hours (§3.8).

    Parameters
    ----------
    window : Window
    requested_start : int
        The start before rounding, in microseconds since the epoch.
    now : int
        Microseconds since the epoch.

    Examples
    --------
    >>> require_short_and_recent(Window(0, 6 * HOUR, MINUTE, 6 * HOUR), 0, 30 * DAY)
    >>> require_short_and_recent(Window(0, 7 * HOUR, MINUTE, 7 * HOUR), 0, 0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: The time-range when using ... is restricted to 6 hours.
    """
    if window.interval % HOUR == 0:
        return
    if window.length > FINE_LENGTH:
        limit = "6 hours"
    elif now - requested_start > FINE_AGE:
        limit = "the last 30 days"
    else:
        return
    raise RequestError(
        f"The time-range when using one-minute resolution intervals is restricted to {limit}.",
        parameter="interval",
    )


def _round_down(instant: int, unit: int) -> int:
    return instant // unit * unit


def _round_up(instant: int, unit: int) -> int:
    return -(-instant // unit) * unit
