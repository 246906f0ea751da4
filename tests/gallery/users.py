"""Wrong users, and users wrongly counted (§1.1, §6.2)."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "users-summed-over-buckets",
        "The total of distinct users is the sum of the buckets.",
        "6.2",
        "users-total-sum-of-buckets",
        report="plausible/analytics#1444, PostHog/posthog#11886",
        diffs={
            "answer": """
- described["totals"] = {field: cell(question, group, field) for field in question.fields}
+ described["totals"] = {
+     field: sum(series(question, group, field))
+     if field == "count_unique(user)"
+     else cell(question, group, field)
+     for field in question.fields
+ }
""",
        },
    ),
    Mutant(
        "busiest-bucket-of-users",
        "The total of distinct users is the largest bucket.",
        "6.2",
        "users-total-max-of-buckets",
        diffs={
            "answer": """
- described["totals"] = {field: cell(question, group, field) for field in question.fields}
+ described["totals"] = {
+     field: max(series(question, group, field))
+     if field == "count_unique(user)"
+     else cell(question, group, field)
+     for field in question.fields
+ }
""",
        },
    ),
    Mutant(
        "count-for-uniq",
        "Sessions with a user are counted instead of distinct users.",
        "6.2",
        "count-instead-of-distinct",
        report="PostHog/posthog#24081",
        diffs={
            "aggregates": """
- return {session.user for session in sessions if session.user != ""}
+ return [session.user for session in sessions if session.user != ""]
""",
        },
    ),
    Mutant(
        "nil-user",
        "The nil UUID is a user.",
        "1.1",
        "nil-user-counted",
        report="getsentry/snuba#946",
        diffs={
            "rows": """
- if value is None or (isinstance(value, str) and value in NIL_USERS):
+ if value is None or (isinstance(value, str) and value in ()):
""",
        },
    ),
    Mutant(
        "empty-user",
        "The empty id is a user.",
        "1.1",
        "empty-user-counted",
        report="PostHog/posthog#27650",
        diffs={
            "rows": """
      raise self.bad("distinct_id", "neither text nor integer")
- return value
+ return value or "(empty)"
""",
        },
    ),
    Mutant(
        "null-user",
        "All sessions without a user are those of one user.",
        "6.2",
        "no-user-counted",
        diffs={
            "aggregates": """
- return {session.user for session in sessions if session.user != ""}
+ return {session.user for session in sessions}
""",
        },
    ),
    Mutant(
        "user-per-project",
        "The same user in two projects counts twice.",
        "6.2",
        "users-per-project",
        diffs={
            "aggregates": """
- return {session.user for session in sessions if session.user != ""}
+ return {(session.project, session.user) for session in sessions if session.user != ""}
""",
        },
    ),
    Mutant(
        "typed-users",
        'The user 7 and the user "7" are two.',
        "1.1",
        "integer-users-differ",
        diffs={
            "rows": """
- return str(value)
+ return f"int:{value}"
""",
        },
    ),
    Mutant(
        "lower-case-users",
        "User ids are compared in lower case.",
        "1.1",
        "user-ids-normalized",
        diffs={
            "aggregates": """
- return {session.user for session in sessions if session.user != ""}
+ return {session.user.lower() for session in sessions if session.user != ""}
""",
        },
    ),
    Mutant(
        "falsy-user",
        "The user 0 is nobody.",
        "1.1",
        "falsy-users-dropped",
        diffs={
            "rows": """
- return str(value)
+ return str(value) if value else ""
""",
        },
    ),
    Mutant(
        "errored-includes-crashed",
        "Errored users are all unhealthy ones.",
        "6.2",
        "errored-holds-crashed",
        report="getsentry/sentry#24920",
        diffs={
            "aggregates": """
- "errored": max(0, unhealthy - crashed - abnormal - unhandled),
+ "errored": unhealthy,
""",
        },
    ),
    Mutant(
        "negative-users",
        "The difference of counts is not clamped at 0.",
        "6.2",
        "difference-not-clamped",
        report="getsentry/sentry#24924",
        diffs={
            "aggregates": """
- "errored": max(0, unhealthy - crashed - abnormal - unhandled),
+ "errored": unhealthy - crashed - abnormal - unhandled,
""",
        },
    ),
    Mutant(
        "abnormal-left-out",
        "Abnormal users are not among the unhealthy.",
        "6.2",
        "abnormal-not-unhealthy",
        report="getsentry/snuba#945",
        diffs={
            "aggregates": """
- unhealthy = len(users(session for session in sessions if health(session) != "healthy"))
+ unhealthy = len(users(session for session in sessions if health(session) not in ("healthy", "abnormal")))
""",
        },
    ),
    Mutant(
        "healthy-counted-directly",
        "Healthy users are those with a healthy session.",
        "6.2",
        "classes-as-sets",
        diffs={
            "aggregates": """
- "healthy": max(0, everyone - unhealthy),
+ "healthy": len(users(session for session in sessions if health(session) == "healthy")),
""",
        },
    ),
)
