"""Folding updates into sessions (§1.2)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from sessionstats.health import STATUSES
from sessionstats.instants import SECOND, parse_iso
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Row
from sessionstats.testing.bugs.flat import Flat

Change: TypeAlias = Callable[[list[Row]], Sequence[Row]]
"""What a bug makes of the updates of one session, which are in the order of ``seq``."""

FROM_FIRST: Final = ("release", "environment", "quantity")
"""Columns that the first update decides alone (§1.2)."""


def _refolded(evidence: Evidence, change: Change) -> Iterator[Flat]:
    """The answer if the updates of each session were others."""
    updates: dict[Any, list[Row]] = {}
    for row in evidence.rows:
        if row.get("session_id") and row.get("quantity") != 0:
            updates.setdefault((row["project_id"], row["session_id"]), []).append(row)
    rows = [row for row in evidence.rows if not row.get("session_id")]
    for of_one in updates.values():
        rows += change(sorted(of_one, key=_order))
    if updates:
        yield from evidence.with_rows(rows)


def _order(row: Row) -> tuple[int, int, int]:
    """The order of updates: ``seq``, then ``started``, then severity (§1.2)."""
    return row.get("seq") or 0, _instant(row["started"]), STATUSES.index(row["status"])


def _instant(started: Any) -> int:
    if isinstance(started, str):
        return parse_iso(started) or 0
    return int(started * SECOND)


@diagnosis("updates-not-folded", "1.2", "Every update counts as a session")
def not_folded(evidence: Evidence) -> Iterator[Flat]:
    """Updates of one session are one session, also those delivered twice."""
    yield from evidence.with_rows([{**row, "session_id": None} for row in evidence.rows])


@diagnosis("crashes-counted", "1.2", "Several crashes of one session count several times")
def crashes_counted(evidence: Evidence) -> Iterator[Flat]:
    """A session crashes once, however many updates say so."""

    def change(updates: list[Row]) -> Sequence[Row]:
        crashes = max(1, sum(row["status"] == "crashed" for row in updates))
        return [
            {**row, "quantity": crashes * (1 if row.get("quantity") is None else row["quantity"])}
            for row in updates
        ]

    yield from _refolded(evidence, change)


@diagnosis("user-of-first-update-only", "1.2", "The user is taken from the first update only")
def user_of_first(evidence: Evidence) -> Iterator[Flat]:
    """SDKs often learn the user late: a missing one is filled from the first later update that has one."""
    yield from _refolded(
        evidence, lambda updates: [updates[0], *({**row, "distinct_id": None} for row in updates[1:])]
    )


@diagnosis("columns-of-last-update", "1.2", "User, release or environment are those of the last update")
def columns_of_last(evidence: Evidence) -> Iterator[Flat]:
    """They are those of the first update that has them."""

    def taken(names: Sequence[str], updates: list[Row]) -> Sequence[Row]:
        last = {name: updates[-1].get(name) for name in names}
        return [{**row, **last} for row in updates]

    for names in (FROM_FIRST, (*FROM_FIRST, "distinct_id"), ("distinct_id",), ("release",), ("environment",)):
        yield from _refolded(evidence, partial(taken, names))


@diagnosis("status-of-last-update", "1.2", "The status is that of the last update")
def status_of_last(evidence: Evidence) -> Iterator[Flat]:
    """The worst status counts: an update that arrives after the crash does not undo it."""

    def last(updates: list[Row]) -> Sequence[Row]:
        return [{**row, "status": updates[-1]["status"]} for row in updates]

    def last_of_all(updates: list[Row]) -> Sequence[Row]:
        return [
            {**row, "status": updates[-1]["status"], "errors": updates[-1].get("errors")} for row in updates
        ]

    yield from _refolded(evidence, last)
    yield from _refolded(evidence, last_of_all)
    yield from _refolded(evidence, lambda updates: updates[-1:])


@diagnosis("first-update-only", "1.2", "Later updates are ignored")
def first_only(evidence: Evidence) -> Iterator[Flat]:
    """A session is what all of its updates say together."""
    yield from _refolded(evidence, lambda updates: updates[:1])


@diagnosis("start-of-other-update", "1.2", "A session begins with its first or last update")
def start_of_other(evidence: Evidence) -> Iterator[Flat]:
    """A session begins at the earliest ``started`` of all its updates."""

    def of(place: int, updates: list[Row]) -> Sequence[Row]:
        return [{**row, "started": updates[place]["started"]} for row in updates]

    yield from _refolded(evidence, partial(of, 0))
    yield from _refolded(evidence, partial(of, -1))


@diagnosis("duration-of-other-update", "1.2", "The duration is that of an update that ends nothing")
def duration_of_other(evidence: Evidence) -> Iterator[Flat]:
    """The duration is that of the last update that is terminal."""

    def having(duration: Callable[[list[Row]], Any], updates: list[Row]) -> Sequence[Row]:
        return [{**row, "duration": duration(updates)} for row in updates]

    def largest(updates: list[Row]) -> Any:
        return max((row["duration"] for row in updates if row.get("duration") is not None), default=None)

    def last(updates: list[Row]) -> Any:
        return next((row["duration"] for row in reversed(updates) if row.get("duration") is not None), None)

    for duration in (
        largest,
        last,
        lambda updates: updates[-1].get("duration"),
        lambda updates: updates[0].get("duration"),
    ):
        yield from _refolded(evidence, partial(having, duration))


@diagnosis("folded-across-projects", "1.2", "Equal session ids of different projects are one session")
def across_projects(evidence: Evidence) -> Iterator[Flat]:
    """A session id is unique within its project only."""
    project: dict[Any, int] = {}
    for row in sorted(evidence.rows, key=_order):
        project.setdefault(row.get("session_id"), row["project_id"])
    yield from evidence.with_rows(
        [
            {**row, "project_id": project[row["session_id"]]} if row.get("session_id") else row
            for row in evidence.rows
        ]
    )


@diagnosis(
    "identical-rows-merged",
    "1.2",
    "Identical rows without a session id are taken for one session",
    broad=True,
)
def merged(evidence: Evidence) -> Iterator[Flat]:
    """Only a session id tells that two rows are one session: without one, each row is a session."""
    yield from evidence.with_rows(list({repr(sorted(row.items())): row for row in evidence.rows}.values()))
    empty = [{**row, "session_id": "\x00"} if not row.get("session_id") else row for row in evidence.rows]
    yield from evidence.with_rows(empty)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    user_of_first,
    not_folded,
    columns_of_last,
    status_of_last,
    start_of_other,
    duration_of_other,
    across_projects,
    crashes_counted,
    merged,
    first_only,
)
"""Of this family, the most specific first."""
