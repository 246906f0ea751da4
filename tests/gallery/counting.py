"""Sessions wrongly counted, or of a wrong health class (§1.3, §6.1)."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "rows-instead-of-quantity",
        "A pre-aggregated row counts as one session.",
        "6.1",
        "quantity-ignored",
        report="getsentry/relay#1274",
        diffs={
            "aggregates": """
- counts["all"] += session.quantity
- counts[health(session)] += session.quantity
+ counts["all"] += 1
+ counts[health(session)] += 1
""",
        },
    ),
    Mutant(
        "rows-of-nothing",
        "Rows of quantity 0 still make groups, users and durations.",
        "1.1",
        "rows-of-no-session-counted",
        diffs={
            "rows": """
- return [row for row in rows if row.quantity > 0]
+ return rows
""",
        },
    ),
    Mutant(
        "crashed-twice",
        "The total counts crashed sessions twice.",
        "6.1",
        "crashed-counted-twice",
        report="getsentry/sentry#57121",
        diffs={
            "aggregates": """
- return counts["all"] if classes is None else sum(counts[name] for name in classes)
+ twice = 0 if of_users(field) else counts["crashed"]
+ return counts["all"] + twice if classes is None else sum(counts[name] for name in classes)
""",
        },
    ),
    Mutant(
        "errored-sessions-hold-crashed",
        "Errored sessions are all that are not healthy.",
        "6.1",
        "errored-sessions-hold-crashed",
        report="getsentry/sentry#24920",
        diffs={
            "aggregates": """
+     if health(session) in ("crashed", "abnormal", "unhandled"):
+         counts["errored"] += session.quantity
  return counts
""",
        },
    ),
    Mutant(
        "errors-first",
        "A session with errors is errored even if it crashed.",
        "1.3",
        "errors-before-status",
        diffs={
            "folding": """
- if session.status in ("crashed", "abnormal", "unhandled"):
+ if session.status in ("crashed", "abnormal", "unhandled") and not session.errors:
""",
        },
    ),
    Mutant(
        "handled-errors-healthy",
        "Sessions that exited after handled errors are healthy.",
        "1.3",
        "errors-ignored",
        diffs={
            "folding": """
- if session.errors > 0 or session.status == "errored":
+ if session.status == "errored":
""",
        },
    ),
    Mutant(
        "errored-without-errors",
        "Sessions of status errored are healthy unless errors were counted.",
        "1.3",
        "errored-status-ignored",
        diffs={
            "folding": """
- if session.errors > 0 or session.status == "errored":
+ if session.errors > 0:
""",
        },
    ),
    Mutant(
        "abnormal-is-crashed",
        "Abnormal sessions count as crashed.",
        "1.3",
        "abnormal-as-other",
        diffs={
            "folding": """
- return session.status
+ return "crashed" if session.status == "abnormal" else session.status
""",
        },
    ),
    Mutant(
        "open-sessions-missing",
        "Sessions that have not ended yet do not count.",
        "1.3",
        "open-sessions-ignored",
        diffs={
            "answer": """
- rows = read_rows(read_shape(request), unhandled=may_be_unhandled(request.get("rules")))
+ rows = read_rows(read_shape(request), unhandled=may_be_unhandled(request.get("rules")))
+ rows = [row for row in fold(rows) if row.status != "ok"]
""",
        },
    ),
)
