"""Periods, interval and window (§3).

1. A period is digits and a letter of s m h d w, without a letter seconds (§3.1).
2. The interval is a multiple of the minimum, at most a day, and divides a day (§3.2).
3. `statsPeriod` wins over `statsPeriodStart/End`, which win over `start`/`end`; else 90 days (§3.3).
4. The start must be before the end (§3.3).
5. Rounding `aligned`: a start in the future becomes now (§3.4); outwards to multiples (§3.5).
6. Rounding `hourly`: the steps of §3.7.
7. In the edition of 2021, intervals that are not whole hours: at most 6 hours, within 30 days (§3.8).
8. At most 1000 intervals (§3.6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import instants
from .errors import Rejection
from .instants import SECOND
from .parameters import Parameters
from .request import Rules

if TYPE_CHECKING:
    from .definitions import Definitions

PERIOD = re.compile(r"([0-9]{1,4000})([smhdw]?)")

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds of a letter (§3.1)."""

MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND

MINIMA = {3600: "one hour", 60: "one minute", 10: "ten seconds"}
"""The names of the minimum intervals that have one (§3.2)."""

TOO_MANY = (
    "Your interval and date range would create too many results. "
    "Use a larger interval, or a smaller date range."
)
"""The text of §3.6."""


@dataclass(frozen=True)
class Window:
    """Half-open: start <= started < end, in buckets of an interval of which the last may be short (§3.5)."""

    start: int
    end: int
    interval: int

    @property
    def buckets(self) -> list[int]:
        """The start of every bucket; none if the window is empty (§3.7, §8)."""
        return list(range(self.start, self.end, self.interval))


@dataclass(frozen=True)
class Dates:
    """The requested range before rounding; `explicit` if by `start` and `end` (§3.3, §3.7)."""

    start: int
    end: int
    explicit: bool


def period(text: str) -> int | None:
    """A period in microseconds, or None if the text is not one (§3.1)."""
    match = PERIOD.fullmatch(text)
    return int(match[1]) * UNITS[match[2]] * SECOND if match else None


def read_interval(d: Definitions, params: Parameters, rules: Rules) -> int:
    """The interval in microseconds (§3.2)."""
    interval = d.period(params.one("interval") or "")
    if interval is None:
        interval = d.default_interval
    least = rules.min_interval * SECOND
    if interval <= 0 or interval % least:
        name = MINIMA.get(rules.min_interval, f"{rules.min_interval} seconds")
        raise Rejection(f"The interval has to be a multiple of the minimum interval of {name}.")
    if d.is_longer_than_a_day(interval):
        raise Rejection("The interval has to be less than one day.")
    if DAY % interval:
        raise Rejection("The interval should divide one day without a remainder.")
    return interval


def read_dates(d: Definitions, params: Parameters, now: int) -> Dates:
    """Start and end as requested, the start before the end (§3.3)."""
    relative = params.one("statsPeriod")
    from_text, to_text = params.filled("statsPeriodStart"), params.filled("statsPeriodEnd")
    start_text, end_text = params.filled("start"), params.filled("end")
    if relative is None and from_text is None and to_text is None and start_text is None and end_text is None:
        relative = "90d"
    if relative is not None:
        dates = Dates(before(d, now, relative), now, False)
    elif from_text is not None or to_text is not None:
        if from_text is None or to_text is None:
            raise Rejection("statsPeriodStart and statsPeriodEnd are both required")
        dates = Dates(before(d, now, from_text), before(d, now, to_text), False)
    else:
        if start_text is None or end_text is None:
            raise Rejection("start and end are both required")
        dates = Dates(date(d, start_text), date(d, end_text), True)
    if dates.start >= dates.end:
        raise Rejection("start must be before end")
    return dates


def before(d: Definitions, now: int, text: str) -> int:
    """The instant a period before now, not before the year 1 (§3.3)."""
    length = d.period(text)
    # silent (§3.3): the end of `statsPeriodStart/End` before the year 1 is rejected like the start.
    if length is None or now - length < instants.YEAR_1:
        raise Rejection(f"Invalid statsPeriod: '{text}'")
    return now - length


def date(d: Definitions, text: str) -> int:
    """The instant of a `start` or `end` (§3.3)."""
    instant = d.date(text)
    if instant is None:
        raise Rejection(f"{text} is not a valid ISO8601 date query")
    return instant


def up(instant: int, unit: int) -> int:
    """Rounded up to a multiple; a multiple stays (§3.5)."""
    return -(-instant // unit) * unit


def is_longer_than_a_day(interval: int) -> bool:
    """Whether an interval is too long; one day itself is not (§3.2)."""
    return interval > DAY


def begin(start: int, now: int) -> int:
    """A start in the future is replaced by now (§3.4)."""
    return min(start, now)


def aligned(start: int, end: int, interval: int) -> tuple[int, int]:
    """Rounded outwards to multiples of the interval (§3.5)."""
    return start // interval * interval, up(end, interval)


def too_many(intervals: int, most: int) -> bool:
    """Whether a window has more intervals than allowed (§3.6)."""
    return intervals > most


def inside(window: Window, started: int) -> bool:
    """Whether a session belongs to the half-open window (§3.5)."""
    return window.start <= started < window.end


def bucket(window: Window, started: int) -> int | None:
    """The bucket of a session inside the window; None would mean no bucket (§3.5)."""
    return (started - window.start) // window.interval


def make_window(d: Definitions, dates: Dates, interval: int, now: int, rules: Rules) -> Window:
    """The window, rounded by the rule of the edition and small enough (§3.4 to §3.7)."""
    if rules.rounding == "hourly":
        return hourly(d, dates, interval, now, rules)
    start, end = d.aligned(d.begin(dates.start, now), dates.end, interval)
    validate_fine_range(end - start, dates, interval, now, rules)
    if d.too_many(-((start - end) // interval), rules.max_intervals):
        raise Rejection(TOO_MANY)
    return Window(start, end, interval)


def validate_fine_range(length: int, dates: Dates, interval: int, now: int, rules: Rules) -> None:
    """Check how long, and how long ago, a range is if its interval is not whole hours (§3.8)."""
    if not rules.restrict_date_range or interval % HOUR == 0:
        return
    restricted = "The time-range when using one-minute resolution intervals is restricted to "
    if length > 6 * HOUR:
        raise Rejection(restricted + "6 hours.")
    if now - dates.start > 30 * DAY:
        raise Rejection(restricted + "the last 30 days.")


def hourly(d: Definitions, dates: Dates, interval: int, now: int, rules: Rules) -> Window:
    """The rounding of the older edition (§3.7)."""
    unit = interval if interval < MINUTE else up(interval, HOUR)
    end = dates.end + SECOND if dates.explicit else dates.end
    length = up(end - dates.start, unit)
    validate_fine_range(length, dates, interval, now, rules)
    if d.too_many(-(-length // interval), rules.max_intervals):
        raise Rejection(TOO_MANY)
    end = up(end, unit)
    if unit > interval and end - length > dates.start:
        length += unit
    start = end - length
    if end > now:
        end = now // MINUTE * MINUTE + MINUTE
    return Window(start, end, interval)
