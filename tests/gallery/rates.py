"""Wrong rates (§6.5)."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "crashed-over-healthy",
        "The crash rate divides by healthy sessions or users.",
        "6.5",
        "rate-of-healthy",
        report="getsentry/sentry#75210",
        diffs={
            "aggregates": """
- return counts["crashed"] / everything
+ return counts["crashed"] / (counts["healthy"] or everything)
""",
        },
    ),
    Mutant(
        "zero-sessions-raise",
        "A rate of nothing raises.",
        "6.5",
        None,
        report="getsentry/sentry#26620",
        diffs={
            "aggregates": """
- if everything == 0:
-     return None
""",
        },
    ),
    Mutant(
        "crash-free-of-nothing",
        "The rates of nothing are 1.",
        "6.5",
        "rate-of-nothing",
        report="getsentry/sentry#80654",
        diffs={
            "aggregates": """
  if everything == 0:
-     return None
+     return 1.0
""",
        },
    ),
    Mutant(
        "zero-of-nothing",
        "The rates of nothing are 0.",
        "6.5",
        "rate-of-nothing",
        report="getsentry/sentry#80654",
        diffs={
            "aggregates": """
  if everything == 0:
-     return None
+     return 0.0
""",
        },
    ),
    Mutant(
        "rounded-to-hundred",
        "Rates are rounded to two digits, up to 100 %.",
        "6.5",
        "rate-rounded",
        report="getsentry/sentry#28458",
        diffs={
            "aggregates": """
- return 1 - counts["crashed"] / everything
+ return round(1 - counts["crashed"] / everything, 2)
""",
        },
    ),
    Mutant(
        "per-cent",
        "Crash-free rates are in per cent.",
        "6.5",
        "rate-in-per-cent",
        diffs={
            "aggregates": """
- return 1 - counts["crashed"] / everything
+ return (1 - counts["crashed"] / everything) * 100
@@
- return counts["crashed"] / everything
+ return counts["crashed"] / everything * 100
""",
        },
    ),
    Mutant(
        "integer-division",
        "Rates are divided as integers.",
        "6.5",
        "rate-in-integers",
        diffs={
            "aggregates": """
- return 1 - counts["crashed"] / everything
+ return 1.0 - counts["crashed"] // everything
""",
        },
    ),
    Mutant(
        "rest-over-all",
        "The crash-free rate is (n − c) / n, which differs in the last bit.",
        "6.5",
        "complement-rounded-otherwise",
        diffs={
            "aggregates": """
- return 1 - counts["crashed"] / everything
+ return (everything - counts["crashed"]) / everything
""",
        },
    ),
    Mutant(
        "mean-of-daily-rates",
        "The total of a rate is the mean of the buckets' rates.",
        "6.5",
        "rate-total-mean-of-buckets",
        diffs={
            "answer": """
+ from statistics import fmean
  described["totals"] = {field: cell(question, group, field) for field in question.fields}
@@
+     for field in question.fields:
+         rates = [value for value in series(question, group, field) if value is not None]
+         if kind(field) == "rate" and rates:
+             described["totals"][field] = fmean(rates)
  if question.series:
""",
        },
    ),
    Mutant(
        "user-rates-of-sessions",
        "Rates of users divide sessions.",
        "6.5",
        "user-rate-of-sessions",
        diffs={
            "aggregates": """
- counts = user_counts(sessions) if of_users(field) else session_counts(sessions)
+ counts = user_counts(sessions) if field in ANR else session_counts(sessions)
  everything = counts["all"]
""",
        },
    ),
    Mutant(
        "background-anr",
        "The rate of foreground ANRs counts background ones.",
        "6.5",
        "foreground-anr-holds-background",
        diffs={
            "aggregates": """
- ANR = {"anr_rate()": ("anr_foreground", "anr_background"), "foreground_anr_rate()": ("anr_foreground",)}
+ ANR = dict.fromkeys(("anr_rate()", "foreground_anr_rate()"), ("anr_foreground", "anr_background"))
""",
        },
    ),
    Mutant(
        "complement-forgotten",
        "The crash-free rate is the crash rate.",
        "6.5",
        "rate-complemented",
        diffs={
            "aggregates": """
- return 1 - counts["crashed"] / everything
+ return counts["crashed"] / everything
""",
        },
    ),
)
