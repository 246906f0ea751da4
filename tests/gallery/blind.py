"""Blind cases: the model with lines of its source changed, made independently of the registry of bugs."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "start-end-win",
        "period-precedence",
        {
            "window": """
+ if start_text and end_text:
+     relative = from_text = to_text = None
  if relative is not None:
""",
        },
    ),
    Mutant(
        "working-week",
        "week-length",
        {
            "window": """
- UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
+ UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 432_000}
""",
        },
    ),
    Mutant(
        "errored-includes-crashed",
        "errored-holds-crashed",
        {
            "aggregates": """
- "errored": max(0, unhealthy - crashed - abnormal - unhandled),
+ "errored": unhealthy,
""",
        },
    ),
    Mutant(
        "healthy-counted-directly",
        "classes-as-sets",
        {
            "aggregates": """
- "healthy": max(0, everyone - unhealthy),
+ "healthy": users(d, [session for session in sessions if d.health(session) == "healthy"]),
""",
        },
    ),
    Mutant(
        "crashed-twice",
        "crashed-counted-twice",
        {
            "aggregates": """
- return counts["all"] if classes is None else sum(counts[name] for name in classes)
+ twice = 0 if of_users(field) else counts["crashed"]
+ return counts["all"] + twice if classes is None else sum(counts[name] for name in classes)
""",
        },
    ),
    Mutant(
        "errors-first",
        "errors-before-status",
        {
            "folding": """
- if session.status in ("crashed", "abnormal", "unhandled"):
+ if session.status in ("crashed", "abnormal", "unhandled") and not session.errors:
""",
        },
    ),
    Mutant(
        "crashed-over-healthy",
        "rate-of-healthy",
        {
            "aggregates": """
- return counts["crashed"] / everything
+ return counts["crashed"] / (counts["healthy"] or everything)
""",
        },
    ),
    Mutant(
        "crash-free-of-nothing",
        "rate-of-nothing",
        {
            "aggregates": """
  if everything == 0:
-     return None
+     return 1.0
""",
        },
    ),
    Mutant(
        "rounded-to-hundred",
        "rate-rounded",
        {
            "aggregates": """
- return 1 - counts["crashed"] / everything
+ return round(1 - counts["crashed"] / everything, 2)
""",
        },
    ),
    Mutant(
        "nearest-rank",
        "percentile-nearest-rank",
        {
            "aggregates": """
+ return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
  below, rest = divmod((len(ordered) - 1) * percent, 100)
""",
        },
    ),
    Mutant(
        "exclusive-percentile",
        "percentile-type-6",
        {
            "aggregates": """
- below, rest = divmod((len(ordered) - 1) * percent, 100)
+ below, rest = divmod((len(ordered) + 1) * percent - 100, 100)
+ if not 0 <= below < len(ordered) - 1:
+     return ordered[0] if below < 0 else ordered[-1]
""",
        },
    ),
    Mutant(
        "user-of-first-update",
        "user-of-first-update-only",
        {
            "folding": """
- user=next((update.user for update in updates if update.user), ""),
+ user=first.user,
""",
        },
    ),
    Mutant(
        "last-status-wins",
        "status-of-last-update",
        {
            "folding": """
- status=max((update.status for update in updates), key=severity),
+ status=updates[-1].status,
""",
        },
    ),
    Mutant(
        "longest-duration",
        "duration-of-other-update",
        {
            "folding": """
- duration=terminal[-1].duration if terminal else None,
+ duration=max((update.duration for update in updates if update.duration is not None), default=None),
""",
        },
    ),
    Mutant(
        "groups-without-case",
        "groups-without-case",
        {
            "ordering": """
- return session.release if name == "release" else session.environment
+ return (session.release if name == "release" else session.environment).lower()
""",
        },
    ),
    Mutant(
        "zero-group-missing",
        "zero-group-missing",
        {
            "ordering": """
- return [Group({}, [])]
+ return []
""",
        },
    ),
    Mutant(
        "nulls-first",
        "nulls-not-last",
        {
            "ordering": """
- return [group for group, _ in valued] + nulls
+ return nulls + [group for group, _ in valued]
""",
        },
    ),
    Mutant(
        "left-to-right",
        "and-or-precedence",
        {
            "search": """
- alternatives[-1].append(item)
+ if len(alternatives) > 1:
+     joined = OneOf((All(tuple(alternatives[0])), item))
+     alternatives = [[joined]]
+ else:
+     alternatives[-1].append(item)
""",
        },
    ),
    Mutant(
        "status-filter-removes-sessions",
        "status-filter-removes-sessions",
        {
            "answer": """
+ from .folding import health
+ classes = conditions.status_filter(tree, rules)
+ chosen = [session for session in chosen if classes is None or health(session) in classes]
  return Question(
""",
        },
    ),
    Mutant(
        "first-at-sign",
        "first-at-sign",
        {
            "versions": """
- package, _, rest = release.rpartition("@")
+ package, _, rest = release.partition("@")
+ if not _:
+     return None
""",
        },
    ),
    Mutant(
        "first-environment",
        "one-of-several-parameters",
        {
            "answer": """
- query, environments = params.filled("query") or "", params.many("environment")
+ query, environments = params.filled("query") or "", params.many("environment")[:1]
""",
        },
    ),
)
"""The mutants, each with the cause that must be named."""
