"""Wrong groups (§5)."""

from __future__ import annotations

from tests.gallery.mutant import Answer, Mutant


def empty_status_groups_dropped(answer: Answer) -> Answer:
    """Leave out the status groups whose values are all 0 or null."""
    body = answer["body"]
    groups = [
        group
        for group in body["groups"]
        if "session.status" not in group["by"]
        or any(group.get("totals", {}).values())
        or any(value for series in group.get("series", {}).values() for value in series)
    ]
    return {**answer, "body": {**body, "groups": groups}}


def project_as_text(answer: Answer) -> Answer:
    """Write project ids as texts."""
    groups = [
        {
            **group,
            "by": {name: str(value) if name == "project" else value for name, value in group["by"].items()},
        }
        for group in answer["body"]["groups"]
    ]
    return {**answer, "body": {**answer["body"], "groups": groups}}


MUTANTS = (
    Mutant(
        "null-group-dropped",
        "Sessions without a release or environment make no group.",
        "5",
        "empty-group-dropped",
        report="PostHog/posthog#17994",
        diffs={
            "ordering": """
+ if "" in [column(session, name) for name in names]:
+     continue
  members.setdefault(tuple(column(session, name) for name in names), []).append(session)
""",
        },
    ),
    Mutant(
        "null-group-merged",
        'Sessions without a release or environment are grouped under "None".',
        "5",
        "empty-group-renamed",
        report="PostHog/posthog#17994",
        diffs={
            "ordering": """
- return session.release if name == "release" else session.environment
+ return (session.release if name == "release" else session.environment) or "None"
""",
        },
    ),
    Mutant(
        "groups-without-case",
        "Releases and environments are grouped without case.",
        "5",
        "groups-without-case",
        diffs={
            "ordering": """
- return session.release if name == "release" else session.environment
+ return (session.release if name == "release" else session.environment).lower()
""",
        },
    ),
    Mutant(
        "groups-of-nothing",
        "Groups that have nothing for the requested fields appear.",
        "5",
        "groups-of-nothing",
        diffs={
            "ordering": """
- if any(contributes(field, session) for field in fields for session in members[key])
""",
        },
    ),
    Mutant(
        "zero-group-missing",
        "Without sessions there is no group at all.",
        "5",
        "zero-group-missing",
        report="getsentry/sentry#26620",
        diffs={
            "ordering": """
- return [Group({}, [])]
+ return []
""",
        },
    ),
    Mutant(
        "empty-status-groups",
        "Status groups of zeros are left out.",
        "5",
        "empty-status-groups-dropped",
        retouch=empty_status_groups_dropped,
    ),
    Mutant(
        "project-as-text",
        "Projects are texts.",
        "5",
        "project-as-text",
        retouch=project_as_text,
    ),
)
