"""Wrong windows and buckets (§3)."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "unaligned-window",
        "The window is used as it was asked for, without rounding.",
        "3.5",
        "window-not-aligned",
        report="getsentry/sentry#23214, getsentry/sentry#91433",
        diffs={
            "window": """
- start, end = start // interval * interval, up(dates.end, interval)
+ end = dates.end
""",
        },
    ),
    Mutant(
        "last-bucket-dropped",
        "The end is rounded down, so that the current bucket is missing.",
        "3.5",
        "last-bucket-dropped",
        report="getsentry/snuba#6594",
        diffs={
            "window": """
- start, end = start // interval * interval, up(dates.end, interval)
+ start, end = start // interval * interval, dates.end // interval * interval
""",
        },
    ),
    Mutant(
        "start-rounded-up",
        "The start is rounded up, so that the first bucket is missing.",
        "3.5",
        "first-bucket-dropped",
        diffs={
            "window": """
- start, end = start // interval * interval, up(dates.end, interval)
+ start, end = up(start, interval), up(dates.end, interval)
""",
        },
    ),
    Mutant(
        "one-bucket-too-many",
        "The end is always moved to the next multiple, even from one.",
        "3.5",
        "one-bucket-too-many",
        report="PostHog/posthog#8059",
        diffs={
            "window": """
- start, end = start // interval * interval, up(dates.end, interval)
+ start, end = start // interval * interval, dates.end // interval * interval + interval
""",
        },
    ),
    Mutant(
        "local-midnight",
        "Days begin at midnight two hours east of Greenwich.",
        "3.5",
        "local-time-zone",
        report="elastic/elasticsearch#50139",
        diffs={
            "window": """
- start, end = start // interval * interval, up(dates.end, interval)
+ zone = 2 * HOUR
+ start, end = (start + zone) // interval * interval - zone, up(dates.end + zone, interval) - zone
""",
        },
    ),
    Mutant(
        "offset-of-instants-ignored",
        "Instants with an offset are read as if they were local times.",
        "3.3",
        "offset-ignored",
        report="PostHog/posthog#31775",
        diffs={
            "instants": """
- offset = moment.utcoffset() or timedelta(0)
+ offset = timedelta(0)
""",
        },
    ),
    Mutant(
        "truncating-division",
        "Division truncates towards zero, so that instants before 1970 are rounded up.",
        "3.5",
        "rounded-towards-zero",
        report="elastic/elasticsearch#8082",
        diffs={
            "window": """
- start, end = start // interval * interval, up(dates.end, interval)
+ start, end = int(start / interval) * interval, up(dates.end, interval)
""",
        },
    ),
    Mutant(
        "end-inclusive",
        "A session at the end of the window is counted, in its last bucket.",
        "3.5",
        "end-inclusive",
        report="getsentry/sentry#24093",
        diffs={
            "answer": """
- if within.start <= session.started < within.end
+ if within.start <= session.started <= within.end
@@
- buckets[(session.started - within.start) // within.interval].append(session)
+ at = (session.started - within.start) // within.interval
+ buckets[min(at, len(buckets) - 1)].append(session)
""",
        },
    ),
    Mutant(
        "start-exclusive",
        "A session at the very start of the window is not counted.",
        "3.5",
        "start-exclusive",
        diffs={
            "answer": """
- if within.start <= session.started < within.end
+ if within.start < session.started < within.end
""",
        },
    ),
    Mutant(
        "edges-fall-back",
        "A session on the edge of two buckets falls into the earlier one.",
        "3.5",
        "edge-in-earlier-bucket",
        diffs={
            "answer": """
- buckets[(session.started - within.start) // within.interval].append(session)
+ at = (session.started - within.start - 1) // within.interval
+ buckets[max(at, 0)].append(session)
""",
        },
    ),
    Mutant(
        "series-shifted",
        "Every session falls into the bucket after its own; those of the last are lost.",
        "3.5",
        "shifted-by-one-bucket",
        diffs={
            "answer": """
- buckets[(session.started - within.start) // within.interval].append(session)
+ at = (session.started - within.start) // within.interval + 1
+ if at < len(buckets):
+     buckets[at].append(session)
""",
        },
    ),
    Mutant(
        "instants-to-the-nearest-second",
        "The start of a session is rounded to the nearest second.",
        "1.1",
        "instants-rounded",
        diffs={
            "rows": """
+ instant = instant and (instant + 500_000) // 1_000_000 * 1_000_000
  if instant is None:
""",
        },
    ),
    Mutant(
        "instants-in-milliseconds",
        "Instants are cut to milliseconds, as in a Date of JavaScript.",
        "1.1",
        "instants-in-milliseconds",
        diffs={
            "instants": """
- return (moment.replace(tzinfo=None) - EPOCH - offset) // timedelta(microseconds=1)
+ return (moment.replace(tzinfo=None) - EPOCH - offset) // timedelta(milliseconds=1) * 1000
""",
        },
    ),
    Mutant(
        "start-end-win",
        "The parameters start and end win over statsPeriod.",
        "3.3",
        "period-precedence",
        diffs={
            "window": """
+ if start_text and end_text:
+     relative = from_text = to_text = None
  if relative is not None:
""",
        },
    ),
    Mutant(
        "daily-by-default",
        "The default interval is a day.",
        "3.2",
        "default-interval",
        diffs={
            "window": """
- interval = HOUR
+ interval = DAY
""",
        },
    ),
    Mutant(
        "working-week",
        "A week has five days.",
        "3.1",
        "week-length",
        diffs={
            "window": """
- UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
+ UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 432_000}
""",
        },
    ),
    Mutant(
        "future-start",
        "A start in the future is kept.",
        "3.4",
        "future-start-kept",
        diffs={
            "window": """
- start = min(dates.start, now)
+ start = dates.start
""",
        },
    ),
    Mutant(
        "rolling-window",
        "The window keeps the length that was asked for instead of growing to whole buckets.",
        "3.5",
        "window-slides",
        diffs={
            "window": """
- start, end = start // interval * interval, up(dates.end, interval)
+ start, end = up(dates.end, interval) - up(dates.end - start, interval), up(dates.end, interval)
""",
        },
    ),
    Mutant(
        "day-too-long",
        "An interval of one day is refused.",
        "3.2",
        "limit-off-by-one",
        diffs={
            "window": """
- if interval > DAY:
+ if interval >= DAY:
""",
        },
    ),
)
