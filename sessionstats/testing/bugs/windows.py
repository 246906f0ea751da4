"""Which window is answered (§3)."""

import math
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from sessionstats.instants import DAY, HOUR, parse_iso, parse_period
from sessionstats.request.dates import parse_range
from sessionstats.rounding import ROUNDINGS, DateRange, Window
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat

OFFSETS: Final = tuple(hours * HOUR for hours in range(-12, 15) if hours)
"""Time zones that are looked for, in whole hours."""

MOST_BUCKETS: Final = 2000
"""Windows of more buckets are not tried."""

DATES: Final = ("statsPeriod", "statsPeriodStart", "statsPeriodEnd", "start", "end")
"""Parameters that give the window, in the order in which they win (§3.3)."""

_FINER_THAN_MILLISECONDS: Final = re.compile(r"(\.\d{3})\d+")

_OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")


class _Dates:
    """The window as it was asked for, and roundings of it."""

    def __init__(self, evidence: Evidence) -> None:
        now = parse_iso(evidence.case["now"])
        assert now is not None
        self.now = now
        self.evidence = evidence
        self.interval = evidence.query.window.interval

    @cached_property
    def asked(self) -> DateRange:
        """Start and end before rounding."""
        return parse_range(self.evidence.given, self.now)

    @property
    def start(self) -> int:
        """The start, or now if that is earlier (§3.4)."""
        return min(self.asked.start, self.now)

    def down(self, instant: int, offset: int = 0) -> int:
        """Rounded down to a multiple of the interval, counted from an offset."""
        return (instant + offset) // self.interval * self.interval - offset

    def up(self, instant: int, offset: int = 0) -> int:
        """Rounded up to a multiple of the interval, counted from an offset."""
        return -self.down(-instant, -offset)

    def answer(self, start: int, end: int) -> Iterator[Flat]:
        """The answer for another window, if it is another one."""
        right = self.evidence.query.window
        if (start, end) != (right.start, right.end) and end - start <= MOST_BUCKETS * self.interval:
            yield self.evidence.answer(window=Window(start, end, self.interval, end - start))


@diagnosis("window-not-aligned", "3.5", "The window is not rounded to whole intervals")
def not_aligned(evidence: Evidence) -> Iterator[Flat]:
    """Start is rounded down and end up to a multiple of the interval, so that buckets are whole."""
    dates = _Dates(evidence)
    end = dates.asked.end
    yield from dates.answer(dates.start, end)
    yield from dates.answer(dates.start, dates.start - (dates.start - end) // dates.interval * dates.interval)
    yield from dates.answer(dates.down(dates.start), end)
    yield from dates.answer(dates.start, dates.up(end))


@diagnosis("last-bucket-dropped", "3.5", "The last, unfinished bucket is dropped")
def last_dropped(evidence: Evidence) -> Iterator[Flat]:
    """The end is rounded up: the bucket that now lies in is part of the answer."""
    dates, right = _Dates(evidence), evidence.query.window
    yield from dates.answer(dates.down(dates.start), dates.down(dates.asked.end))
    yield from dates.answer(right.start, right.end - dates.interval)


@diagnosis("first-bucket-dropped", "3.5", "The start is rounded up")
def first_dropped(evidence: Evidence) -> Iterator[Flat]:
    """The start is rounded down: the bucket that it lies in is part of the answer."""
    dates, right = _Dates(evidence), evidence.query.window
    yield from dates.answer(dates.up(dates.start), right.end)
    yield from dates.answer(right.start + dates.interval, right.end)


@diagnosis("one-bucket-too-many", "3.5", "There is a bucket too many")
def too_many(evidence: Evidence) -> Iterator[Flat]:
    """A start or end on a multiple of the interval stays where it is."""
    right, interval = evidence.query.window, evidence.query.window.interval
    dates = _Dates(evidence)
    yield from dates.answer(right.start, right.end + interval)
    yield from dates.answer(right.start - interval, right.end)


@diagnosis("window-slides", "3.5", "The window keeps its length instead of growing to whole buckets")
def slides(evidence: Evidence) -> Iterator[Flat]:
    """Both ends are rounded outwards: the last day by day touches two days."""
    dates, right = _Dates(evidence), evidence.query.window
    length = dates.up(dates.asked.end - dates.start)
    yield from dates.answer(right.end - length, right.end)
    yield from dates.answer(right.start, right.start + length)


@diagnosis("local-time-zone", "3.5", "Buckets begin at local midnight")
def local(evidence: Evidence) -> Iterator[Flat]:
    """Intervals are counted from 1970-01-01T00:00:00Z, everywhere in the world."""
    dates = _Dates(evidence)
    for offset in OFFSETS:
        if offset % dates.interval:
            yield from dates.answer(dates.down(dates.start, offset), dates.up(dates.asked.end, offset))


@diagnosis("rounded-towards-zero", "3.5", "Instants before 1970 are rounded towards 1970")
def towards_zero(evidence: Evidence) -> Iterator[Flat]:
    """Down is down for negative numbers, too: division has to floor, not to truncate."""
    dates, right = _Dates(evidence), evidence.query.window
    if dates.start < 0:
        end = right.end if dates.asked.end >= 0 else dates.down(dates.asked.end)
        yield from dates.answer(dates.up(dates.start), right.end)
        yield from dates.answer(dates.up(dates.start), end)


@diagnosis("future-start-kept", "3.4", "A start in the future is kept")
def future(evidence: Evidence) -> Iterator[Flat]:
    """A start in the future is replaced by now."""
    dates = _Dates(evidence)
    yield from dates.answer(dates.down(dates.asked.start), dates.up(dates.asked.end))


@diagnosis(
    "period-precedence", "3.3", "Another of the parameters that give the window wins", of_refusals=True
)
def precedence(evidence: Evidence) -> Iterator[Flat]:
    """The period wins over ``statsPeriodStart`` and ``statsPeriodEnd``, these over ``start`` and ``end``."""
    given = [name for name in DATES if evidence.given.last(name) is not None]
    for kept in (("start", "end"), ("statsPeriodStart", "statsPeriodEnd"), ("statsPeriod",)):
        if set(kept) & set(given) and set(given) - set(kept):
            yield from evidence.with_params(**{name: None for name in given if name not in kept})


@diagnosis("default-interval", "3.2", "The default interval is not an hour", of_refusals=True)
def default_interval(evidence: Evidence) -> Iterator[Flat]:
    """Without ``interval``, or with one that is no period, intervals are of one hour."""
    interval = evidence.given.last("interval")
    if interval is None or parse_period(interval) is None:
        yield from evidence.with_params(interval="1d")


@diagnosis("default-period", "3.3", "The default period is not 90 days", of_refusals=True)
def default_period(evidence: Evidence) -> Iterator[Flat]:
    """Without any dates the window is the last 90 days."""
    if all(evidence.given.last(name) is None for name in DATES):
        for period in ("14d", "24h", "7d", "30d"):
            yield from evidence.with_params(statsPeriod=period)


@diagnosis("week-length", "3.1", "A week is not seven days", of_refusals=True)
def weeks(evidence: Evidence) -> Iterator[Flat]:
    """Periods of weeks are seven days each."""
    values = {name: evidence.given.last(name) or "" for name in DATES[:3]}
    for days in (5, 1):
        changed = {
            name: f"{int(value[:-1]) * days}d"
            for name, value in values.items()
            if re.fullmatch(r"\d+w", value)
        }
        yield from evidence.with_params(**changed)


@diagnosis("number-unit", "3.1", "A period without a letter is not in seconds", of_refusals=True)
def unit(evidence: Evidence) -> Iterator[Flat]:
    """A period of digits only is in seconds."""
    values = {name: evidence.given.last(name) or "" for name in (*DATES[:3], "interval")}
    bare = {name: value for name, value in values.items() if value.isdigit()}
    for letter in ("m", "h"):
        yield from evidence.with_params(**{name: value + letter for name, value in bare.items()})
    milliseconds = {name: str(int(value) // 1000) for name, value in bare.items()}
    yield from evidence.with_params(**milliseconds)


@diagnosis("offset-ignored", "3.3", "The offset of an instant is ignored", broad=True)
def offset_ignored(evidence: Evidence) -> Iterator[Flat]:
    """An instant with an offset is that instant, not the same digits in UTC."""
    dates = {name: _OFFSET.sub("", evidence.given.last(name) or "") for name in ("start", "end")}
    dates = {name: value for name, value in dates.items() if value}
    rows = [
        {**row, "started": _OFFSET.sub("", row["started"])} if isinstance(row["started"], str) else row
        for row in evidence.rows
    ]
    yield from evidence.with_params(**dates)
    yield from evidence.with_rows(rows)
    yield evidence.respond(sessions=rows, params={**evidence.params, **dates})


@diagnosis("instants-in-milliseconds", "1.1", "Instants are cut to milliseconds")
def milliseconds(evidence: Evidence) -> Iterator[Flat]:
    """Instants count in microseconds: one after midnight is not midnight."""
    given = {name: evidence.given.last(name) for name in ("start", "end")}
    window = {
        "now": _cut(evidence.case["now"]),
        "params": {**evidence.params, **{name: _cut(text) for name, text in given.items() if text}},
    }
    rows = {"sessions": [{**row, "started": _cut(row["started"])} for row in evidence.rows]}
    for changes in (window, rows, window | rows):
        yield evidence.respond(**changes)


def _cut(instant: Any) -> Any:
    """An instant without what is finer than milliseconds."""
    if isinstance(instant, str):
        return _FINER_THAN_MILLISECONDS.sub(r"\1", instant)
    return math.floor(instant * 1000) / 1000 if isinstance(instant, float) else instant


@diagnosis("rounding-of-other-edition", "3.7", "The window is rounded as in another edition")
def other_edition(evidence: Evidence) -> Iterator[Flat]:
    """Today's endpoint rounds both ends outwards; that of 2021 to 2023 kept the length."""
    dates = _Dates(evidence)
    for name, rounding in ROUNDINGS.items():
        if name != evidence.query.rules.rounding:
            window = rounding(dates.asked, dates.interval, dates.now)
            yield from dates.answer(window.start, window.end)


@diagnosis("day-of-last-bucket", "3.5", "The window ends with the day that now lies in")
def whole_days(evidence: Evidence) -> Iterator[Flat]:
    """Start and end are rounded to the interval, not to whole days."""
    dates = _Dates(evidence)
    if dates.interval < DAY:
        yield from dates.answer(dates.start // DAY * DAY, -(-dates.asked.end // DAY) * DAY)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    precedence,
    default_interval,
    default_period,
    weeks,
    future,
    milliseconds,
    offset_ignored,
    towards_zero,
    slides,
    last_dropped,
    first_dropped,
    too_many,
    not_aligned,
    local,
    other_edition,
    whole_days,
    unit,
)
"""Of this family, the most specific first."""
