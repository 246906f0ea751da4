"""Vectors of chapter 3: periods, intervals, dates, and the rounding of both editions."""

from collections.abc import Iterator
from typing import Any, Final

from sessionstats.vectors.drafts import NOW, Draft, draft, rows

MONDAY: Final = {"start": "2024-01-29", "end": "2024-01-30", "statsPeriod": None}
"""A window of one day, given by its dates."""

HALF_PAST: Final = "2024-01-29T12:30:00Z"
"""An instant on a whole minute, but not on an hour."""

FINE: Final = {"min_interval": 10}
"""The rule that allows intervals under an hour."""


def windows() -> Iterator[Draft]:
    """All vectors of the chapter."""
    yield from periods()
    yield from intervals()
    yield from precedence()
    yield from pairs()
    yield from dates()
    yield from future()
    yield from rounding()
    yield from half_open()
    yield from calendars()
    yield from number_of_intervals()
    yield from hourly_edition()


def periods() -> Iterator[Draft]:
    """What is a period, tested with `statsPeriod`."""
    for text in ("1d", "24h", "1440m", "86400s", "86400", "00024h", "1w"):
        yield draft("3.1 period", f"{text} is a period.", statsPeriod=text)
    for text, why in (
        ("1.5h", "A period has no fraction."),
        ("1 d", "A period contains no space."),
        ("1D", "The letters of periods are in lower case."),
        ("1y", "Years have no letter."),
        ("1d2h", "A period is one number with one letter."),
        ("\u0661d", "Digits are ASCII only."),
        ("nope", "The message quotes the text as given."),
    ):
        yield draft("3.1 no-period", why, also="3.3", statsPeriod=text)
    why = "A period of 0 is a period, but its start is not before its end."
    yield draft("3.1 zero", why, also="3.3", statsPeriod="0d")


def intervals() -> Iterator[Draft]:
    """Which intervals are allowed, and in which order the rules are checked."""
    short = {"statsPeriod": "3h", "includeTotals": "0"}
    for text, why in (
        (None, "The default is one hour."),
        ("soon", "A text that is not a period means one hour."),
        ("1D", "With a capital letter it is not a period: one hour."),
        ("60m", "Sixty minutes are one hour."),
        ("12h", "Half a day divides the day."),
        ("1d", "One day is allowed, whatever the message says."),
        ("0", "Zero is not a positive multiple."),
        ("30m", "Half an hour is less than the minimum."),
        ("90m", "An hour and a half is not a multiple of the minimum."),
        ("90061s", "Being a multiple is validated before being too long."),
        ("25h", "More than one day is too long."),
        ("2d", "Two days are reported as too long, not as failing to divide a day."),
        ("5h", "Five hours do not divide the day."),
    ):
        yield draft("3.2 interval", why, interval=text, **short)
    for minimum, text, why in (
        (60, "90s", "The message words a minimum of one minute."),
        (10, "15s", "The message words a minimum of ten seconds."),
        (1800, "45m", "The message words any other minimum in seconds."),
        (7, "7s", "A multiple of the minimum need not divide the day."),
        (7200, None, "The default interval is validated as well."),
        (60, "30m", "Half an hour is allowed where the minimum is a minute."),
    ):
        rules = {"rules": {"min_interval": minimum}}
        yield draft("3.2 minimum", why, also="9", world=rules, interval=text, **short)
    why = "Ten seconds, where that is the minimum: sessions a microsecond apart are in different buckets."
    table = rows(started=["2024-01-29T12:27:19.999999Z", "2024-01-29T12:27:20Z"])
    rules = {"rules": {"min_interval": 10}}
    yield draft("3.2 ten-seconds", why, table, also="3.5 9", world=rules, interval="10s", statsPeriod="15s")


def precedence() -> Iterator[Draft]:
    """Which of the dates are in use, and which are missing."""
    table = rows(started=["2024-01-29T08:00:00Z", "2024-01-24T08:00:00Z", "2024-01-20T08:00:00Z"])
    relative = {"statsPeriodStart": "6d", "statsPeriodEnd": "4d"}
    absolute = {"start": "2024-01-20", "end": "2024-01-21"}
    for params, why in (
        ({**relative, **absolute}, "statsPeriod wins over all other dates."),
        ({**relative, **absolute, "statsPeriod": None}, "statsPeriodStart and -End win over start and end."),
        ({**absolute, "statsPeriod": None}, "start and end, if there is nothing else."),
        ({"start": "nope"}, "Dates that are not in use are not validated."),
    ):
        yield draft("3.3 precedence", why, table, **params)
    why = "Half of a pair that wins is an error."
    half = {**absolute, "statsPeriodStart": "1d", "statsPeriod": None}
    yield draft("3.3 precedence", why, table, **half)
    why = "Without dates the window is that of 90 days: 91 by the day."
    yield draft("3.3 default", why, rows(started="2023-10-31T00:00:00Z"), also="3.5", statsPeriod=None)


def pairs() -> Iterator[Draft]:
    """Pairs of dates of which one is missing or invalid."""
    for params, why in (
        ({"statsPeriodEnd": "1d"}, "statsPeriodEnd alone is an error."),
        ({"start": "2024-01-29"}, "start alone is an error."),
        ({"end": "2024-01-29"}, "end alone is an error."),
        (
            {"start": "nope", "end": ""},
            "A missing date is reported before the other is validated.",
        ),
        (
            {"statsPeriodStart": "x", "statsPeriodEnd": "1d"},
            "A statsPeriodStart that is not a period.",
        ),
        (
            {"statsPeriodStart": "2d", "statsPeriodEnd": "x"},
            "A statsPeriodEnd that is not a period.",
        ),
        (
            {"statsPeriodStart": "1d", "statsPeriodEnd": "2d"},
            "The start must be before the end.",
        ),
        (
            {"statsPeriodStart": "1d", "statsPeriodEnd": "0d"},
            "An end of now may be given explicitly.",
        ),
        ({"statsPeriod": "999999999d"}, "A period that reaches back beyond the year 1 is rejected."),
        (
            {"statsPeriodStart": "999999999w", "statsPeriodEnd": "0"},
            "So is one in statsPeriodStart.",
        ),
    ):
        yield draft("3.3 pairs", why, **{"statsPeriod": None, **params})


def dates() -> Iterator[Draft]:
    """How `start` may be written; all but the last few mean 2024-01-29T00:00:00Z."""
    for text, why in (
        ("2024-01-29", "A date alone is its midnight in UTC."),
        ("2024-01-29T00:00", "An instant without seconds."),
        ("2024-01-29 00:00:00+00:00", "A space instead of the T."),
        ("20240129", "A date in the basic format: digits alone, but not a timestamp."),
        ("20240129T000000Z", "An instant in the basic format."),
        ("2024-W05-1", "A date by week."),
        ("2024-01-29T05:30:00+05:30", "An offset of half hours."),
        ("2024-01-29T00:00:00.0000009Z", "Digits beyond the microsecond are cut off."),
        ("2024-01-29T00:00:00,000Z", "A comma before the fraction."),
        ("1706486400", "A Unix timestamp."),
        ("1706486400.0000009", "A Unix timestamp is also truncated to the microsecond."),
    ):
        yield draft("3.3 iso", why, **{**MONDAY, "start": text})
    for text, why in (
        ("yesterday", "A word is not a date."),
        ("2024-02-30", "A day that does not exist is not a date."),
        ("2024-01-29T24:00:00Z", "There is no hour 24."),
        ("2024-01-29T23:59:60Z", "There are no leap seconds."),
        ("29/01/2024", "Other notations are not dates."),
        ("0000-01-01", "There is no year 0."),
        ("999999999999999", "A timestamp beyond the year 9999 is not a date."),
    ):
        yield draft("3.3 no-date", why, **{**MONDAY, "start": text})
    yield draft(
        "3.3 no-date", "Of two invalid dates, start is reported.", **{**MONDAY, "start": "a", "end": "b"}
    )
    yield draft("3.3 no-date", "The message quotes an invalid end as given.", **{**MONDAY, "end": "b"})
    for start, end, why in (
        ("2024-01-30", "2024-01-29", "A start after the end."),
        ("2024-01-29", "2024-01-29", "A start at the end: the window would be empty."),
        ("2024-01-29T12:00:00+02:00", "2024-01-29T10:00:00Z", "Instants are compared, not texts."),
    ):
        yield draft("3.3 start-before-end", why, statsPeriod=None, start=start, end=end)
    why = "A microsecond is enough for a window."
    yield draft("3.3 start-before-end", why, **{**MONDAY, "start": "2024-01-29T23:59:59.999999Z"})


def future() -> Iterator[Draft]:
    """A start in the future is replaced by now."""
    now = "2024-01-29T00:00:00Z"
    table = rows(started=["2024-01-28T23:59:59.999999Z", "2024-01-29T00:00:00Z", "2024-01-31T12:00:00Z"])
    for start, why in (
        ("2024-01-31", "A start in the future is replaced by now: the days in between are shown."),
        ("2024-01-29T00:00:00.000001Z", "One microsecond after now is in the future."),
        ("2024-01-29", "Now itself is not in the future."),
    ):
        params = {"statsPeriod": None, "start": start, "end": "2024-02-01"}
        yield draft("3.4 start-in-future", why, table, now=now, also="3.5", **params)
    why = "An end in the future stays, and its buckets are empty."
    yield draft(
        "3.4 end-in-future", why, table, now=now, statsPeriod=None, start="2024-01-28", end="2024-02-01"
    )


def rounding() -> Iterator[Draft]:
    """Windows are rounded outwards to multiples of the interval."""
    by_quarters = {"interval": "6h", "statsPeriod": "1d"}
    yield draft(
        "3.5 window-rounded-outwards", "Twenty-four hours by six touch five buckets, not four.", **by_quarters
    )
    why = "On an edge nothing is rounded: a day is four buckets of six hours."
    yield draft("3.5 window-rounded-outwards", why, now="2024-01-29T12:00:00Z", **by_quarters)
    why = "A microsecond after the edge a whole bucket is added at the end."
    yield draft("3.5 window-rounded-outwards", why, now="2024-01-29T12:00:00.000001Z", **by_quarters)
    why = "A microsecond before the edge a whole bucket is added at the start."
    yield draft("3.5 window-rounded-outwards", why, now="2024-01-29T11:59:59.999999Z", **by_quarters)
    why = "Ten minutes touch one hour: the window is never narrower than an interval."
    ten_minutes = {"start": "2024-01-29T12:10:00Z", "end": "2024-01-29T12:20:00Z", "statsPeriod": None}
    yield draft("3.5 window-rounded-outwards", why, interval="1h", **ten_minutes)
    for name, instant, why in (
        ("start", "2024-01-29T00:00:00Z", "A start on the edge stays."),
        ("start", "2024-01-29T00:00:00.000001Z", "A start a microsecond after the edge moves back to it."),
        (
            "start",
            "2024-01-28T23:59:59.999999Z",
            "A start a microsecond before the edge moves back a whole day.",
        ),
        ("end", "2024-01-30T00:00:00Z", "An end on the edge stays."),
        ("end", "2024-01-30T00:00:00.000001Z", "An end a microsecond after the edge moves on a whole day."),
        ("end", "2024-01-29T23:59:59.999999Z", "An end a microsecond before the edge moves on to it."),
    ):
        yield draft("3.5 window-edges", why, **{**MONDAY, name: instant})
    why = "Before 1970 the start is rounded down, not towards zero."
    yield draft("3.5 before-1970", why, statsPeriod=None, interval="1h", start="-1", end="1")
    why = "Days are counted from 1970 in UTC, whatever the offset of the dates."
    offset = {"start": "2024-01-29T00:00:00+09:00", "end": "2024-01-30T00:00:00+09:00", "statsPeriod": None}
    yield draft("3.5 offset-of-dates", why, rows(), **offset)


def half_open() -> Iterator[Draft]:
    """Which sessions are in the window, and in which bucket."""
    for started, why in (
        ("2024-01-29T11:59:59.999999Z", "A session a microsecond before the window is outside."),
        ("2024-01-29T12:00:00Z", "A session at the start of the window is inside."),
        ("2024-01-29T12:59:59.999999Z", "The last microsecond of a bucket belongs to it."),
        ("2024-01-29T13:00:00Z", "An edge between buckets belongs to the later one."),
        ("2024-01-29T13:59:59.999999Z", "The last microsecond of the window is inside."),
        ("2024-01-29T14:00:00Z", "A session at the end of the window is outside."),
    ):
        hours = {"start": "2024-01-29T12:00:00Z", "end": "2024-01-29T14:00:00Z", "statsPeriod": None}
        yield draft("3.5 half-open", why, rows(started=started), interval="1h", **hours)
    why = "A session after now, but in the last bucket, counts."
    yield draft("3.5 after-now", why, rows(started="2024-01-29T23:00:00Z"))
    why = "A session before the requested start counts if it is in the first bucket."
    yield draft("3.5 before-start", why, rows(started="2024-01-28T00:00:00Z"))


def calendars() -> Iterator[Draft]:
    """Days have 24 hours of UTC."""
    for start, end, why in (
        ("2024-02-28", "2024-03-02", "A leap day is a day."),
        ("2100-02-28", "2100-03-02", "2100 has no leap day."),
        ("2024-03-09", "2024-03-12", "A day on which summer time begins has 24 hours."),
        ("2024-11-02", "2024-11-05", "A day on which summer time ends has 24 hours."),
    ):
        instants = [f"{start}T23:59:59Z", f"{end}T00:00:00Z"]
        now = "2100-06-01T00:00:00Z"
        params = {"statsPeriod": None, "start": start, "end": f"{end}T00:00:01Z"}
        yield draft("3.5 calendar", why, rows(started=instants), now=now, **params)


def number_of_intervals() -> Iterator[Draft]:
    """The limit on intervals applies to the rounded window."""
    why = "More than a thousand intervals are too many."
    yield draft("3.6 too-many", why, interval="1h", statsPeriod="1000h")
    few = {"rules": {"max_intervals": 3}}
    for period, now, why in (
        ("3h", "2024-01-29T12:00:00Z", "Exactly as many intervals as the limit are allowed."),
        ("2h", "2024-01-29T12:00:00.000001Z", "Two hours touch three intervals: allowed."),
        ("3h", "2024-01-29T12:00:00.000001Z", "Three hours touch four intervals: too many."),
        ("10801", "2024-01-29T12:00:00Z", "One second more than three hours touches four intervals."),
    ):
        yield draft("3.6 limit", why, now=now, also="9", world=few, interval="1h", statsPeriod=period)


HOURLY: Final[tuple[tuple[str, dict[str, Any], dict[str, Any], str], ...]] = (
    ("2018-12-11T03:21:00Z", {}, {"statsPeriod": "2d", "interval": "1h"}, "The published example."),
    ("2018-12-11T03:21:00Z", {}, {"statsPeriod": "2d"}, "By the day the unit is a day."),
    (
        "2018-12-11T03:21:00Z",
        {},
        {"statsPeriod": "5h", "interval": "1h"},
        "An end after now becomes the next whole minute, and from a whole minute on the next one.",
    ),
    (
        NOW,
        {},
        {"statsPeriod": "1h", "interval": "1h"},
        "The last bucket is cut short by the end, which is on a minute, not on an hour.",
    ),
    (
        HALF_PAST,
        {},
        {"interval": "1h", "start": "2024-01-29T10:00:00Z", "end": "2024-01-29T12:00:00Z"},
        "An end parameter is made inclusive: on the hour a whole hour is added.",
    ),
    (
        HALF_PAST,
        {},
        {"interval": "1h", "start": "2024-01-29T10:00:00Z", "end": "2024-01-29T11:59:59Z"},
        "A second before the hour nothing is added.",
    ),
    (
        HALF_PAST,
        {},
        {"interval": "1h", "statsPeriodStart": "150m", "statsPeriodEnd": "30m"},
        "Only an end parameter is made inclusive.",
    ),
    (
        HALF_PAST,
        FINE,
        {"interval": "30m", "statsPeriod": "90m"},
        "With half hours the unit is still an hour.",
    ),
    (
        NOW,
        FINE,
        {"interval": "30m", "start": "2024-01-29T10:50:00Z", "end": "2024-01-29T11:10:00Z"},
        "The length grows by an hour where the requested start would be cut off.",
    ),
    (
        NOW,
        FINE,
        {"interval": "10s", "statsPeriod": "25s"},
        "With an interval under a minute the unit is the interval.",
    ),
    (
        NOW,
        {},
        {"interval": "1h", "start": "2024-02-01", "end": "2024-02-02"},
        "A start in the future is not replaced: the window ends before it starts, and has no groups.",
    ),
    (
        NOW,
        {**FINE, "max_intervals": 2},
        {"interval": "30m", "start": "2024-01-29T10:50:00Z", "end": "2024-01-29T11:10:00Z"},
        "The limit on intervals uses the length before it grows.",
    ),
    (
        NOW,
        {"max_intervals": 2},
        {"interval": "1h", "statsPeriod": "121m"},
        "The limit on intervals also applies here.",
    ),
)
"""Of the hourly edition: now, further rules, parameters, and why."""


def hourly_edition() -> Iterator[Draft]:
    """The rounding of 2021 to 2023 kept the length, and rounded the end to whole hours."""
    table = rows(started=["2024-01-29T11:59:59Z", "2024-01-29T12:00:00Z", "2024-01-29T12:27:59Z"])
    for now, rules, params, why in HOURLY:
        world = {"rules": {"rounding": "hourly", **rules}}
        asked = {"statsPeriod": None, **params}
        yield draft("3.7 hourly", why, table, also="9", now=now, world=world, **asked)
