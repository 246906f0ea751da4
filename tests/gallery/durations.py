"""Wrong durations and percentiles (§6.3)."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "seconds",
        "Durations are answered in seconds.",
        "6.3",
        "factor-1000",
        diffs={
            "aggregates": """
- milliseconds = seconds * 1000
+ milliseconds = seconds
""",
        },
    ),
    Mutant(
        "mean-of-percentiles",
        "The total of a percentile is the mean of the buckets' percentiles.",
        "6.3",
        "percentile-total-mean-of-buckets",
        diffs={
            "answer": """
+ from statistics import fmean
  described["totals"] = {field: cell(question, group, field) for field in question.fields}
@@
+     for field in question.fields:
+         values = [value for value in series(question, group, field) if value is not None]
+         if field.startswith("p") and values:
+             described["totals"][field] = fmean(values)
  if question.series:
""",
        },
    ),
    Mutant(
        "mean-of-averages",
        "The total average is the mean of the buckets' averages.",
        "6.3",
        "average-total-mean-of-buckets",
        diffs={
            "answer": """
+ from statistics import fmean
  described["totals"] = {field: cell(question, group, field) for field in question.fields}
@@
+     for field in question.fields:
+         values = [value for value in series(question, group, field) if value is not None]
+         if field.startswith("avg") and values:
+             described["totals"][field] = fmean(values)
  if question.series:
""",
        },
    ),
    Mutant(
        "nearest-rank",
        "A percentile is the value of the nearest rank.",
        "6.3",
        "percentile-nearest-rank",
        diffs={
            "aggregates": """
+ return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
  below, rest = divmod((len(ordered) - 1) * percent, 100)
""",
        },
    ),
    Mutant(
        "exclusive-percentile",
        "Percentiles are of type 6, as PERCENTILE.EXC of spreadsheets.",
        "6.3",
        "percentile-type-6",
        diffs={
            "aggregates": """
- below, rest = divmod((len(ordered) - 1) * percent, 100)
+ below, rest = divmod((len(ordered) + 1) * percent - 100, 100)
+ if not 0 <= below < len(ordered) - 1:
+     return ordered[0] if below < 0 else ordered[-1]
""",
        },
    ),
    Mutant(
        "lower-median",
        "A percentile takes the value below instead of interpolating.",
        "6.3",
        "percentile-neighbour",
        diffs={
            "aggregates": """
- return ordered[below] + (ordered[below + 1] - ordered[below]) * (rest / 100)
+ return ordered[below]
""",
        },
    ),
    Mutant(
        "percentile-one-further",
        "A percentile takes the value at n q, counted from 0.",
        "6.3",
        "percentile-off-by-one",
        diffs={
            "aggregates": """
+ return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
  below, rest = divmod((len(ordered) - 1) * percent, 100)
""",
        },
    ),
    Mutant(
        "hazen-percentile",
        "Percentiles are of type 5.",
        "6.3",
        "percentile-other-type",
        diffs={
            "aggregates": """
- below, rest = divmod((len(ordered) - 1) * percent, 100)
+ below, rest = divmod(len(ordered) * percent - 50, 100)
+ if not 0 <= below < len(ordered) - 1:
+     return ordered[0] if below < 0 else ordered[-1]
""",
        },
    ),
    Mutant(
        "median-for-average",
        "The average is answered with the median.",
        "6.3",
        "other-percentile",
        diffs={
            "aggregates": """
- seconds = mean(ordered)
+ seconds = quantile(ordered, 50)
""",
        },
    ),
    Mutant(
        "plain-sum",
        "The average adds durations up one by one, rounding each time.",
        "6.3",
        "average-summed-plainly",
        diffs={
            "aggregates": """
- return math.fsum(numbers) / len(numbers)
+ total = 0.0
+ for number in numbers:
+     total += number
+ return total / len(numbers)
""",
        },
    ),
    Mutant(
        "weighted-durations",
        "The average is weighted by quantity.",
        "6.3",
        "quantity-weights-durations",
        report="getsentry/relay#1274",
        diffs={
            "aggregates": """
- seconds = mean(ordered)
+ counted = [session for session in sessions if has_duration(session)]
+ seconds = mean([session.duration * session.quantity for session in counted])
+ seconds = seconds * len(counted) / sum(session.quantity for session in counted)
""",
        },
    ),
    Mutant(
        "durations-of-crashes",
        "Durations of crashed sessions count.",
        "6.3",
        "unfinished-durations-counted",
        diffs={
            "aggregates": """
- if session.status == "exited" and session.duration is not None
+ if session.status in ("exited", "crashed") and session.duration is not None
""",
        },
    ),
    Mutant(
        "healthy-durations",
        "Only durations of healthy sessions count, not of those that exited with errors.",
        "6.3",
        "errored-durations-dropped",
        diffs={
            "aggregates": """
- if session.status == "exited" and session.duration is not None
+ if session.status == "exited" and health(session) == "healthy" and session.duration is not None
""",
        },
    ),
    Mutant(
        "falsy-duration",
        "A duration of 0 is taken for missing.",
        "6.3",
        "zero-durations-dropped",
        diffs={
            "aggregates": """
- if session.status == "exited" and session.duration is not None
+ if session.status == "exited" and session.duration
""",
        },
    ),
    Mutant(
        "missing-duration-zero",
        "A missing duration counts as 0.",
        "6.3",
        "missing-duration-is-zero",
        diffs={
            "aggregates": """
- session.duration
+ session.duration or 0.0
@@
- if session.status == "exited" and session.duration is not None
+ if session.status == "exited"
""",
        },
    ),
    Mutant(
        "durations-by-class",
        "By status, durations stand in every group.",
        "6.3",
        "duration-in-every-class",
        diffs={
            "aggregates": """
- return duration(field, sessions) if classes is None or "healthy" in classes else None
+ return duration(field, sessions)
""",
        },
    ),
    Mutant(
        "whole-milliseconds",
        "Durations are answered in whole milliseconds.",
        "6.3",
        "duration-rounded",
        diffs={
            "aggregates": """
- milliseconds = seconds * 1000
+ milliseconds = float(int(seconds * 1000)) if math.isfinite(seconds * 1000) else math.inf
""",
        },
    ),
)
