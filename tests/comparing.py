"""Comparing an answer in which one thing was changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from sessionstats.protocol import respond
from sessionstats.testing.comparison import EXACT, Tolerance, compare
from sessionstats.testing.findings import Finding

COUNT = "sum(session)"
USERS = "count_unique(user)"
MEDIAN = "p50(session.duration)"
RATE = "crash_free_rate(session)"
USER_RATE = "crash_rate(user)"

Case = dict[str, Any]
Answer = dict[str, Any]


def row(hour: int = 11, **columns: Any) -> dict[str, Any]:
    usual = {"project_id": 1, "status": "exited", "release": "a", "environment": "x"}
    return {**usual, "started": f"2024-01-29T{hour:02}:30:00Z", **columns}


ROWS = [
    row(distinct_id="ann", duration=1),
    row(10, distinct_id="ann", duration=2),
    row(11, distinct_id="ben", duration=4, status="crashed"),
    row(11, distinct_id="cat", duration=8),
    row(11, release="b", duration=16),
]
"""Release a: 4 sessions, 3 users; b: 1 session, no user."""


def case_of(*rows: dict[str, Any], **params: Any) -> Case:
    usual = {"field": COUNT, "interval": "1h", "statsPeriod": "3h"}
    return {"now": "2024-01-29T12:00:00Z", "sessions": list(rows), "params": {**usual, **params}}


def group_of(answer: Answer, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = answer["body"]["groups"][place]
    return found


def found_after(
    case: Case, change: Callable[[Answer], object], tolerance: Tolerance = EXACT, **options: Any
) -> list[Finding]:
    """The findings after the right answer is changed in place."""
    right = respond(case)
    given = copy.deepcopy(right)
    change(given)
    return compare(case, right, given, tolerance, **options)


def paths(findings: list[Finding]) -> list[str]:
    return [str(finding.path) for finding in findings]


def choice(*names: str, case: Case) -> Answer:
    """The answer that shows these releases, each with the right values."""
    params = {name: value for name, value in case["params"].items() if name not in ("per_page", "cursor")}
    whole = respond({**case, "params": params})
    by_name = {group["by"]["release"]: group for group in whole["body"]["groups"]}
    return {**respond(case), "body": {**whole["body"], "groups": [by_name[name] for name in names]}}
