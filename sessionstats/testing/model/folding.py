"""Folding updates into sessions (§1.2).

1. Updates of one session_id within one project are one session; a row without one is a session by itself.
2. `started` is the earliest, `status` the worst, `errors` the largest (at least 1 after an `errored`).
3. `duration` is that of the last terminal update; without a terminal update there is none.
4. Everything else comes from the first update; a missing user or mechanism from the first that has one.
5. First and last are by `seq`, ties by all other columns, so that the order of rows has no effect.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from .rows import STATUSES, Row

if TYPE_CHECKING:
    from .definitions import Definitions

TERMINAL = {"exited", "crashed", "abnormal", "unhandled"}
"""The statuses that end a session (§1.2)."""


def severity(status: str) -> int:
    """How bad a status is (§1.2)."""
    return STATUSES.index(status)


def place(row: Row) -> tuple[int, int, int, str, str, str, str, float, int, int]:
    """The order of updates: `seq`, then every other column, a missing duration first (§1.2)."""
    return (
        row.seq,
        row.started,
        severity(row.status),
        row.release,
        row.environment,
        row.user,
        row.mechanism,
        -1.0 if row.duration is None else row.duration,
        row.errors,
        row.quantity,
    )


def session_of(row: Row) -> Hashable:
    """Which session an update belongs to (§1.2)."""
    return (row.project, row.session_id)


def fold(d: Definitions, rows: list[Row]) -> list[Row]:
    """The sessions that the rows are, or fold into (§1.2)."""
    sessions = [row for row in rows if row.session_id == ""]
    updates: dict[Hashable, list[Row]] = {}
    for row in rows:
        if row.session_id != "":
            updates.setdefault(d.session_of(row), []).append(row)
    sessions.extend(d.fold_one(sorted(of_one_session, key=place)) for of_one_session in updates.values())
    return sessions


def fold_one(updates: list[Row]) -> Row:
    """One session from its updates, which are in order (§1.2)."""
    first = updates[0]
    errors = max(update.errors for update in updates)
    if any(update.status == "errored" for update in updates):
        errors = max(errors, 1)
    terminal = [update for update in updates if update.status in TERMINAL]
    return Row(
        started=min(update.started for update in updates),
        project=first.project,
        release=first.release,
        environment=first.environment,
        status=max((update.status for update in updates), key=severity),
        errors=errors,
        user=next((update.user for update in updates if update.user), ""),
        duration=terminal[-1].duration if terminal else None,
        mechanism=next((update.mechanism for update in updates if update.mechanism), ""),
        quantity=first.quantity,
        session_id=first.session_id,
        seq=first.seq,
    )


def health(session: Row) -> str:
    """The health class of a session; there is exactly one (§1.3)."""
    if session.status in ("crashed", "abnormal", "unhandled"):
        return session.status
    if session.errors > 0 or session.status == "errored":
        return "errored"
    return "healthy"
