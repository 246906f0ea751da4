"""Updates wrongly folded (§1.2)."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "redelivered-rows",
        "Every update counts as a session, also when delivered again.",
        "1.2",
        "updates-not-folded",
        report="PostHog/posthog#17168",
        diffs={
            "folding": """
- sessions = [row for row in rows if row.session_id == ""]
+ return list(rows)
""",
        },
    ),
    Mutant(
        "user-of-first-update",
        "The user is taken from the first update only.",
        "1.2",
        "user-of-first-update-only",
        report="getsentry/relay#1275",
        diffs={
            "folding": """
- user=next((update.user for update in updates if update.user), ""),
+ user=first.user,
""",
        },
    ),
    Mutant(
        "several-crashes",
        "Every crashed update of a session counts as a crashed session.",
        "1.2",
        "crashes-counted",
        report="getsentry/sentry#51366",
        diffs={
            "folding": """
- quantity=first.quantity,
+ quantity=first.quantity * max(1, sum(update.status == "crashed" for update in updates)),
""",
        },
    ),
    Mutant(
        "last-update-wins",
        "Release, environment and quantity are those of the last update.",
        "1.2",
        "columns-of-last-update",
        diffs={
            "folding": """
- first = updates[0]
+ first = updates[-1]
""",
        },
    ),
    Mutant(
        "last-status-wins",
        "The status is that of the last update, so that a late update undoes a crash.",
        "1.2",
        "status-of-last-update",
        diffs={
            "folding": """
- status=max((update.status for update in updates), key=severity),
+ status=updates[-1].status,
""",
        },
    ),
    Mutant(
        "start-of-first-update",
        "A session begins with its first update, even if another began earlier.",
        "1.2",
        "start-of-other-update",
        diffs={
            "folding": """
- started=min(update.started for update in updates),
+ started=first.started,
""",
        },
    ),
    Mutant(
        "longest-duration",
        "The duration is the longest of any update.",
        "1.2",
        "duration-of-other-update",
        diffs={
            "folding": """
- duration=terminal[-1].duration if terminal else None,
+ duration=max((update.duration for update in updates if update.duration is not None), default=None),
""",
        },
    ),
    Mutant(
        "ids-across-projects",
        "Equal session ids of two projects are one session.",
        "1.2",
        "folded-across-projects",
        diffs={
            "folding": """
- updates.setdefault((row.project, row.session_id), []).append(row)
+ updates.setdefault((0, row.session_id), []).append(row)
""",
        },
    ),
    Mutant(
        "one-anonymous-session",
        "All rows with an empty session id are updates of one session.",
        "1.2",
        "identical-rows-merged",
        diffs={
            "folding": """
- sessions = [row for row in rows if row.session_id == ""]
+ sessions: list[Row] = list({row: row for row in rows if row.session_id == ""})
""",
        },
    ),
)
