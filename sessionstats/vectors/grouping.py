"""Vectors of chapter 5: base groups and status groups."""

from collections.abc import Iterator
from typing import Any

from sessionstats.vectors.drafts import Draft, draft, rows

TOTALS = {"includeSeries": "0"}


def grouping() -> Iterator[Draft]:
    """All vectors of the chapter."""
    yield from keys()
    yield from what_makes_a_group()
    yield from status_groups()
    yield from nothing()


def keys() -> Iterator[Draft]:
    """Keys of groups."""
    table = rows(
        project_id=[1, 1, 2, 10],
        release=["a", "b", "a", ""],
        environment=["prod", "prod", "dev", ""],
    )
    for by, why in (
        (None, "Without groupBy there is one group."),
        ("project", "A project is a number."),
        ("release", "The empty release is a group."),
        ("environment", "The empty environment is a group."),
        (["project", "release"], "Only combinations that occur are groups."),
        (["environment", "project", "release"], "Keys are in the order of the groupBy."),
        (["release", "session.status", "project"], "session.status may be in any position."),
    ):
        yield draft("5 keys", why, table, groupBy=by, **TOTALS)


def what_makes_a_group() -> Iterator[Draft]:
    """A group needs data for at least one field."""
    table = rows(
        release=["user", "nobody", "timed", "running", "timed crash", "outside"],
        distinct_id=["ann", None, None, None, None, "ben"],
        duration=[None, None, 5, 5, 5, 5],
        status=["ok", "ok", "exited", "ok", "crashed", "exited"],
        started=[*["2024-01-29T08:00:00Z"] * 5, "2024-01-01T00:00:00Z"],
    )
    for field, why in (
        ("sum(session)", "Any session in the window makes a group of session counts."),
        ("crash_rate(session)", "Any session in the window makes a group of session rates."),
        ("count_unique(user)", "A session with a user makes a group of user counts."),
        ("crash_free_rate(user)", "A session with a user makes a group of user rates."),
        ("anr_rate()", "A session with a user makes a group of ANR rates."),
        ("p50(session.duration)", "An exited session with a duration makes a group of durations."),
        (["count_unique(user)", "max(session.duration)"], "Data for one of the fields is enough."),
    ):
        yield draft("5 makes-a-group", why, table, also="6.6", field=field, groupBy="release", **TOTALS)
    why = "A field that the status filter leaves out makes no group."
    asked: dict[str, Any] = {"field": ["max(session.duration)", "count_unique(user)"], "groupBy": "release"}
    yield draft("5 makes-a-group", why, table, also="6.4", query="session.status:crashed", **asked, **TOTALS)
    why = "A status filter removes no session, and so no group."
    yield draft(
        "5 status-filter",
        why,
        table,
        also="4.5",
        query="session.status:abnormal",
        groupBy="release",
        **TOTALS,
    )


def status_groups() -> Iterator[Draft]:
    """Every base group appears once per health class."""
    table = rows(release=["a", "b"], status=["crashed", "exited"])
    by = {"groupBy": ["release", "session.status"]}
    yield draft(
        "5 status-groups",
        "Classes without sessions appear with zeros, in alphabetical order.",
        table,
        **by,
        **TOTALS,
    )
    why = "With a status filter only the selected classes appear."
    yield draft("5 status-groups", why, table, also="6.4", query="!session.status:healthy", **by, **TOTALS)
    why = "In the later edition unhandled comes last."
    later = {"rules": {"unhandled": True}}
    yield draft("5 status-groups", why, table, world=later, groupBy="session.status", **TOTALS)


def nothing() -> Iterator[Draft]:
    """No base group at all."""
    for by, query, why in (
        (None, None, "Without groupBy: one group of zeros."),
        ("session.status", None, "Grouped by status alone: its groups of zeros."),
        (
            "session.status",
            "session.status:crashed",
            "Grouped by status alone, with a filter: the groups that it selects.",
        ),
        ("release", None, "Grouped by anything else: no groups."),
        (["release", "session.status"], None, "Grouped by status and anything else: no groups."),
    ):
        fields = ["sum(session)", "avg(session.duration)"]
        yield draft("5 nothing", why, also="6.6", field=fields, groupBy=by, query=query)
    why = "A rate without data is null, neither 0 nor 1."
    yield draft("5 nothing", why, also="6.5 6.6", field=["crash_rate(session)", "crash_free_rate(user)"])
