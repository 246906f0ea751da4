"""Windows and buckets (§3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Case, Variant, altered, bug, defined
from sessionstats.testing.bugs.instants import named_zones
from sessionstats.testing.model import instants, window
from sessionstats.testing.model.aggregates import kind
from sessionstats.testing.model.instants import SECOND
from sessionstats.testing.model.question import series
from sessionstats.testing.model.window import DAY, HOUR, MINUTE, Dates, Window, read_dates, up

Bounds = Callable[[int, int, int], tuple[int, int]]
"""From start, end and interval to the window."""


def down(instant: int, unit: int) -> int:
    """Rounded down to a multiple."""
    return instant // unit * unit


def aligned(bounds: Bounds, detail: str = "") -> Variant:
    """A variant that rounds the window differently."""
    return defined(detail, aligned=bounds)


def moved(shift: Callable[[int], int]) -> Bounds:
    """Rounded outwards to multiples of local time; `shift` is how far that is ahead of UTC at an instant."""

    def bounds(start: int, end: int, interval: int) -> tuple[int, int]:
        first, last = shift(start), shift(end)
        return down(start + first, interval) - first, up(end + last, interval) - last

    return bounds


def zone_shift(zone: Any) -> Callable[[int], int]:
    """How far the time of a zone is ahead of UTC, in microseconds."""

    def shift(instant: int) -> int:
        seconds = min(max(instant // SECOND, -62_000_000_000), 253_000_000_000)
        offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds()) * SECOND

    return shift


def constant(shift: int) -> Callable[[int], int]:
    """The shift of a zone without summer time."""
    return lambda at: shift


def local_days(case: Case) -> Iterable[Variant]:
    """Days that begin at midnight of some zone."""
    for half in range(-24, 29):
        if half:
            hours = half * 30 * MINUTE
            yield from _days(constant(hours), f"UTC{half / 2:+g} h")
    for zone in named_zones():
        yield from _days(zone_shift(zone), str(zone))


def _days(shift: Callable[[int], int], detail: str) -> Iterable[Variant]:
    """All intervals in local time, or only those of a day."""
    bounds = moved(shift)

    def days_only(start: int, end: int, step: int) -> tuple[int, int]:
        return bounds(start, end, step) if step == DAY else window.aligned(start, end, step)

    yield aligned(bounds, detail)
    yield aligned(days_only, f"{detail}, days only")


def bucketed(place: Callable[[Window, int], int], detail: str = "") -> Variant:
    """A variant that puts a session into another bucket; into none where there is none of this number."""

    def bucket(within: Window, started: int) -> int | None:
        at = place(within, started)
        return at if 0 <= at < len(within.buckets) else None

    return defined(detail, bucket=bucket)


def local_clock(case: Case) -> Iterable[Variant]:
    """Sessions that are counted by the clock of some zone."""
    for half in range(-24, 29):
        if half:
            yield clocked(constant(half * 30 * MINUTE), f"UTC{half / 2:+g} h")
    for zone in named_zones():
        yield clocked(zone_shift(zone), str(zone))
        yield changing(zone_shift(zone), f"changes of time in {zone} only")


def clocked(shift: Callable[[int], int], detail: str) -> Variant:
    """A variant whose buckets hold what local clocks show, while the window stays."""
    return bucketed(lambda within, started: right_place(within, started + shift(started)), detail)


def changing(shift: Callable[[int], int], detail: str) -> Variant:
    """A variant whose buckets begin late or early once clocks have changed within the window."""
    return bucketed(
        lambda within, started: right_place(within, started + shift(started) - shift(within.start)), detail
    )


def right_place(within: Window, started: int) -> int:
    """The bucket of a session."""
    return (started - within.start) // within.interval


def nearest(within: Window, started: int) -> int:
    """The bucket whose start is nearest."""
    return (started - within.start + within.interval // 2) // within.interval


def of_clock(unit: int, cycle: int) -> Callable[[Window, int], int]:
    """Buckets of an hour or a day, told apart by what a clock or calendar shows, which comes round again."""

    def place(within: Window, started: int) -> int:
        if within.interval != unit:
            return right_place(within, started)
        return right_place(within, started) % cycle

    return place


def last(within: Window) -> int:
    """The last bucket."""
    return len(within.buckets) - 1


def including_end(within: Window, started: int) -> bool:
    """Whether a session is in the closed window."""
    return within.start <= started <= within.end


def after_now(case: Case) -> Case:
    """The case without sessions after its instant."""
    now = instants.from_iso(case["now"]) if isinstance(case["now"], str) else None
    rows = case["sessions"] if isinstance(case["sessions"], list) else []
    if now is None:
        return case
    return {**case, "sessions": [row for row in rows if not _is_after(row, now)]}


def _is_after(row: Any, now: int) -> bool:
    started = row.get("started") if isinstance(row, dict) else None
    if isinstance(started, str):
        at = instants.from_iso(started)
    else:
        at = instants.from_number(started) if isinstance(started, (int, float)) else None
    return at is not None and at > now


def until_now(dates: Dates, now: int) -> Dates:
    """Dates that do not reach beyond the instant of the request."""
    return dataclasses.replace(dates, end=min(dates.end, now))


def other_rounding(case: Case) -> Case:
    """The case, rounded as in the other edition."""
    rules = case.get("rules")
    known = rules if isinstance(rules, dict) else {}
    other = "aligned" if known.get("rounding") == "hourly" else "hourly"
    return {**case, "rules": {**known, "rounding": other}}


def _and_no_series(variant: Variant) -> Variant:
    """A variant whose sessions at the end of the window are in no bucket."""
    definitions = dataclasses.replace(
        variant.definitions,
        bucket=lambda within, started: None if started >= within.end else right_place(within, started),
    )
    return dataclasses.replace(variant, detail="in the totals only", definitions=definitions)


END_IN_LAST: Final = defined(
    "in the last bucket",
    inside=including_end,
    bucket=lambda within, started: min(right_place(within, started), last(within)),
)
"""A session at the end of the window falls into the last bucket."""

BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "rounded-towards-zero", "3.5", "Instants before 1970 are rounded towards 1970",
        "Negative numbers are rounded down as well: division must floor, not truncate.",
        aligned(lambda start, end, step: (int(start / step) * step, up(end, step))),
        aligned(lambda start, end, step: (int(start / step) * step,
            int(end / step) * step + step * (end % step > 0))),
    ),
    bug(
        "window-slides", "3.5", "The window keeps its length instead of growing to whole buckets",
        "Both ends are rounded outwards: by day, the last 24 hours touch two days.",
        aligned(lambda start, end, step: (up(end, step) - up(end - start, step), up(end, step))),
        aligned(lambda start, end, step: (down(start, step), down(start, step) + up(end - start, step))),
    ),
    bug(
        "last-bucket-dropped", "3.5", "The last, unfinished bucket is dropped",
        "The end is rounded up: the bucket that contains now is part of the answer.",
        aligned(lambda start, end, step: (down(start, step), down(end, step))),
        aligned(lambda start, end, step: (down(start, step), max(down(end, step), down(start, step) + step))),
        aligned(lambda start, end, step: (down(start, step), up(end, step) - step), "even when it is whole"),
        reports=["getsentry/snuba#6594"],
    ),
    bug(
        "first-bucket-dropped", "3.5", "The start is rounded up",
        "The start is rounded down: the bucket that contains it is part of the answer.",
        aligned(lambda start, end, step: (up(start, step), up(end, step))),
        aligned(lambda start, end, step: (down(start + step // 2, step), up(end, step)), "to the nearest"),
        aligned(lambda start, end, step: (down(start + step // 2, step), down(end + step // 2, step)),
                "both to the nearest"),
        aligned(lambda start, end, step: (up(start, step), down(end, step)), "and the end down"),
        aligned(lambda start, end, step: (down(start + step // 2, step),
            max(down(end + step // 2, step), down(start + step // 2, step) + step)),
                "both to the nearest, but at least one bucket"),
    ),
    bug(
        "one-bucket-too-many", "3.5", "There is one bucket too many",
        "A start or end on a multiple of the interval stays where it is.",
        aligned(lambda start, end, step: (down(start, step), down(end, step) + step)),
        aligned(lambda start, end, step: (down(start, step), up(end, step) + step), "at the end, always"),
        aligned(lambda start, end, step: (up(start, step) - step, up(end, step)), "at the start"),
        aligned(lambda start, end, step: (down(start, step) - step, up(end, step)), "at the start, always"),
        reports=["PostHog/posthog#8059"],
    ),
    bug(
        "window-not-aligned", "3.5", "The window is not rounded to whole intervals",
        "Start is rounded down and end up to a multiple of the interval, so that buckets are whole.",
        aligned(lambda start, end, step: (start, end)),
        aligned(lambda start, end, step: (down(start, step), end), "at the end"),
        aligned(lambda start, end, step: (start, up(end, step)), "at the start"),
        aligned(lambda start, end, step: (start, start + up(end - start, step)), "only its length is"),
        aligned(lambda start, end, step: (down(start, HOUR), down(start, HOUR)
            + up(end - down(start, HOUR), step)), "but counted from the hour of the start"),
        aligned(lambda start, end, step: (down(start, DAY), down(start, DAY)
            + up(end - down(start, DAY), step)), "but counted from the day of the start"),
        reports=["getsentry/sentry#23214", "getsentry/sentry#60466"],
    ),
    bug(
        "local-time-zone", "3.5", "Buckets begin at local midnight",
        "Intervals are counted from 1970-01-01T00:00:00Z, everywhere in the world.",
        family=local_days,
        reports=["PostHog/posthog#31775", "elastic/elasticsearch#18805"],
    ),
    bug(
        "local-buckets", "3.5", "Sessions are counted in buckets of local time",
        "A session belongs to the interval in which it began, in UTC, summer or winter.",
        family=local_clock,
    ),
    bug(
        "day-of-last-bucket", "3.5", "The window is rounded to whole days",
        "Start and end are rounded to the interval, not to whole days.",
        aligned(lambda start, end, step: (down(start, step), up(end, DAY)), "at the end"),
        aligned(lambda start, end, step: (down(start, DAY), up(end, step)), "at the start"),
        aligned(lambda start, end, step: (down(start, DAY), up(end, DAY))),
        aligned(lambda start, end, step: (down(start, HOUR), up(end, HOUR)), "to whole hours"),
    ),
    bug(
        "after-now-dropped", "3.5", "Sessions after the instant of the request do not count",
        "The window ends on a whole interval, often after now; a session that begins before its end counts.",
        altered("", after_now),
        defined("nor their intervals",
                dates=lambda d, params, now: until_now(read_dates(d, params, now), now)),
    ),
    bug(
        "end-inclusive", "3.5", "A session at the very end of the window counts",
        "The window is half-open: a session that begins exactly at its end belongs to the next one.",
        END_IN_LAST, _and_no_series(END_IN_LAST),
        reports=["getsentry/sentry#24093"],
    ),
    bug(
        "start-exclusive", "3.5", "A session at the very start of the window does not count",
        "The window is half-open: a session that begins exactly at its start belongs to it.",
        defined(inside=lambda within, started: within.start < started < within.end),
        defined(
            "while one at its end does",
            inside=lambda within, started: within.start < started <= within.end,
            bucket=lambda within, started: min(right_place(within, started), last(within)),
        ),
        defined(
            "and buckets are half-open at their start",
            inside=lambda within, started: within.start < started <= within.end,
            bucket=lambda within, started: (started - within.start - 1) // within.interval,
        ),
    ),
    bug(
        "edge-in-earlier-bucket", "3.5", "A session on the edge of two buckets falls into the earlier one",
        "A bucket includes its first instant, and excludes the first of the next one.",
        bucketed(lambda within, started: max((started - within.start - 1) // within.interval, 0)),
        bucketed(lambda within, started: (started - within.start - 1) // within.interval, "or is lost"),
    ),
    bug(
        "shifted-by-one-bucket", "3.5", "Series are shifted by one bucket",
        "The first value of a series is that of the first interval.",
        bucketed(lambda within, started: right_place(within, started) + 1),
        bucketed(lambda within, started: right_place(within, started) - 1),
        bucketed(lambda within, started: (right_place(within, started) + 1) % len(within.buckets), "around"),
        bucketed(lambda within, started: min(right_place(within, started) + 1, last(within)),
            "into the last"),
        bucketed(nearest, "to the nearest"),
        bucketed(lambda within, started: min(nearest(within, started), last(within)),
            "to the nearest, at most the last"),
    ),
    bug(
        "buckets-of-clock", "3.5", "Sessions of different days are in the same bucket",
        "An interval is part of one day; the same hour of the next day is another interval.",
        bucketed(of_clock(HOUR, 24), "by the hour of the day"),
        bucketed(of_clock(DAY, 7), "by the day of the week"),
        bucketed(lambda within, started: right_place(within, started) % (DAY // within.interval),
            "all in those of the first day"),
    ),
    bug(
        "edge-bucket-empty", "3.5", "The first or the last value of a series is missing",
        "A series counts the sessions of every interval of the window.",
        bucketed(lambda within, started: -1 if right_place(within, started) == last(within) else
                 right_place(within, started), "the last"),
        bucketed(lambda within, started: right_place(within, started) or -1, "the first"),
        bucketed(lambda within, started: -1 if last(within) and right_place(within, started) == last(within)
                 else right_place(within, started), "the last of several"),
        bucketed(lambda within, started: right_place(within, started) or -bool(last(within)),
                 "the first of several"),
    ),
    bug(
        "series-cumulative", "6", "Series add up from bucket to bucket",
        "Each value of a series is of its own interval.",
        defined(series=lambda question, group, field: _running(question, group, field)),
        defined("those of sessions", series=lambda question, group, field:
            (_running if "user" not in field else series)(question, group, field)),
    ),
    bug(
        "limit-off-by-one", "3.6", "A limit is off by one",
        "1000 intervals are allowed, and 5000 groups per page.",
        defined("too early", too_many=lambda number, most: number >= most),
        defined("too late", too_many=lambda number, most: number > most + 1),
    ),
    bug(
        "limit-not-enforced", "2.3", "A limit is not enforced",
        "A request beyond a limit is rejected: neither cut down nor answered.",
        defined(too_many=lambda number, most: number > 50_000),
    ),
    bug(
        "rounding-of-other-edition", "3.7", "The window is rounded as in another edition",
        "Today's endpoint rounds both ends outwards; that of 2021 to 2023 kept the length.",
        altered("", other_rounding),
    ),
)  # fmt: skip
"""The bugs of this family."""


def _running(question: Any, group: Any, field: str) -> list[Any]:
    """Counts of each bucket and all before it; other fields as they are."""
    values = series(question, group, field)
    if kind(field) != "count":
        return values
    return [sum(value or 0 for value in values[: place + 1]) for place in range(len(values))]
