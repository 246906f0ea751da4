"""Updates and how they fold into sessions (§1.2)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined, table_as
from sessionstats.testing.model.aggregates import session_counts
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.folding import TERMINAL, fold, fold_one, severity
from sessionstats.testing.model.rows import Row
from sessionstats.testing.model.window import DAY

Pick = Callable[[list[Row]], Any]
"""From the updates of one session, in order, to a value."""


def folded(detail: str = "", /, **columns: Pick) -> Variant:
    """A variant whose sessions have other columns."""

    def fold(updates: list[Row]) -> Row:
        changed = {name: pick(updates) for name, pick in columns.items()}
        return dataclasses.replace(fold_one(updates), **changed)

    return defined(detail, fold_one=fold)


def of_last(name: str) -> Pick:
    """A column of the last update."""
    return lambda updates: getattr(updates[-1], name)


def of_first(name: str) -> Pick:
    """A column of the first update."""
    return lambda updates: getattr(updates[0], name)


def last_given(name: str) -> Pick:
    """A column of the last update that has it."""
    return lambda updates: next((value for row in updates[::-1] if (value := getattr(row, name))), "")


def first_given(name: str) -> Pick:
    """A column of the first update that has it."""
    return lambda updates: next((value for row in updates if (value := getattr(row, name))), "")


def durations(updates: list[Row]) -> list[float]:
    """The durations of all updates."""
    return [row.duration for row in updates if row.duration is not None]


def last_terminal(updates: list[Row]) -> float | None:
    """The duration of the last terminal update that has one."""
    found = [row.duration for row in updates if row.status in TERMINAL and row.duration is not None]
    return found[-1] if found else None


def latest_terminal(updates: list[Row]) -> float | None:
    """The duration of the terminal update that began last."""
    found = [row for row in updates if row.status in TERMINAL]
    return max(found, key=lambda row: row.started).duration if found else None


def crashed_or_last(updates: list[Row]) -> str:
    """The status of the last update, unless one crashed."""
    return "crashed" if any(row.status == "crashed" for row in updates) else updates[-1].status


def told_by(name: str) -> Callable[[Row], Any]:
    """A session for each value of a column."""
    return lambda row: (row.project, row.session_id, getattr(row, name))


def by_seq(updates: list[Row]) -> list[Row]:
    """One update for each seq, the last of them."""
    return list({row.seq: row for row in updates}.values())


def in_row_order(place: int) -> Callable[[Definitions, list[Row]], list[Row]]:
    """One update of each session, by the order of rows."""

    def choose(d: Definitions, rows: list[Row]) -> list[Row]:
        sessions = [row for row in rows if row.session_id == ""]
        updates: dict[Any, list[Row]] = {}
        for row in _updates(rows):
            updates.setdefault(d.session_of(row), []).append(row)
        return sessions + [rows[place] for rows in updates.values()]

    return choose


def crashes(updates: list[Row]) -> int:
    """How often a session crashed."""
    return max(1, sum(row.status == "crashed" for row in updates)) * updates[0].quantity


def without_first(d: Definitions, sessions: list[Row], first: int) -> dict[str, int]:
    """Counts in which only crashes of sessions without a first update count."""
    begun = [session for session in sessions if not session.session_id or session.seq <= first]
    return session_counts(d, begun) | {"crashed": session_counts(d, sessions)["crashed"]}


def merged(rows: list[Row]) -> list[Row]:
    """Identical rows without a session id, each once."""
    return list(dict.fromkeys(row for row in rows if row.session_id == "")) + _updates(rows)


def one_anonymous(rows: list[Row]) -> list[Row]:
    """All rows without a session id, as updates of one session."""
    return [row if row.session_id else dataclasses.replace(row, session_id="(none)") for row in rows]


def distinct(rows: list[Row]) -> list[Row]:
    """Every row once."""
    return list(dict.fromkeys(rows))


def _updates(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.session_id != ""]


def ranked(*statuses: str) -> Callable[[str], int]:
    """The rank of a status among some; -1 if it is none of them."""
    return lambda status: statuses.index(status) if status in statuses else -1


def worst(rank: Callable[[str], Any]) -> Pick:
    """The worst status by some order."""
    return lambda updates: max((row.status for row in updates), key=rank)


RANKS: Final[tuple[tuple[str, Callable[[str], Any]], ...]] = (
    ("the last in the alphabet", str),
    ("the best", lambda status: -severity(status)),
    ("exited before errored", ranked("ok", "exited", "errored", "unhandled", "abnormal", "crashed")),
    ("exited above all", ranked("ok", "errored", "unhandled", "abnormal", "crashed", "exited")),
    ("abnormal above crashed", ranked("ok", "errored", "exited", "unhandled", "crashed", "abnormal")),
    ("unhandled above abnormal", ranked("ok", "errored", "exited", "abnormal", "unhandled", "crashed")),
    ("unhandled above crashed", ranked("ok", "errored", "exited", "abnormal", "crashed", "unhandled")),
)
"""Other orders of statuses, the worst last."""


def in_order(key: Callable[[Row], Any], detail: str) -> Variant:
    """A variant that reads updates in another order, those of equal keys as the rows are."""

    def renumbered(rows: list[Row]) -> list[Row]:
        places = sorted(range(len(rows)), key=lambda place: key(rows[place]))
        numbers = {place: number for number, place in enumerate(places)}
        return [dataclasses.replace(row, seq=numbers[place]) for place, row in enumerate(rows)]

    return table_as(renumbered, detail)


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "updates-not-folded", "1.2", "Every update counts as a session",
        "All updates of a session are one session, including those delivered twice.",
        defined(fold=lambda d, rows: list(rows)),
        defined("but identical rows once", fold=lambda d, rows: distinct(rows)),
        reports=["PostHog/posthog#17168"],
    ),
    bug(
        "first-update-only", "1.2", "Only the first or the last update counts",
        "A session is what all of its updates say together.",
        defined("the first", fold_one=lambda updates: updates[0]),
        defined("the last", fold_one=lambda updates: updates[-1]),
        defined("the worst", fold_one=lambda updates: max(updates, key=lambda row: severity(row.status))),
        defined("the latest", fold_one=lambda updates: max(updates, key=lambda row: row.started)),
        defined("the last in the order of rows", fold=in_row_order(-1)),
        defined("the first in the order of rows", fold=in_row_order(0)),
        defined("the earliest", fold_one=lambda updates: min(updates, key=lambda row: row.started)),
    ),
    bug(
        "user-of-first-update-only", "1.2", "The user is taken from the first update only",
        "SDKs often learn the user late: a missing one is filled from the first later update that has one.",
        folded(user=of_first("user")),
        folded("and the mechanism", user=of_first("user"), mechanism=of_first("mechanism")),
        reports=["getsentry/relay#1275"],
    ),
    bug(
        "columns-of-last-update", "1.2", "User, release or environment is that of the last update",
        "The user is that of the first update that has one; release and environment are those of the first.",
        defined(fold_one=lambda updates: dataclasses.replace(
            fold_one(updates), release=updates[-1].release, environment=updates[-1].environment,
            quantity=updates[-1].quantity)),
        folded("release and environment", release=of_last("release"), environment=of_last("environment")),
        folded("the user", user=of_last("user")), folded("the user, if any", user=last_given("user")),
        folded("the release", release=of_last("release")),
        folded("the environment", environment=of_last("environment")),
        folded("the quantity", quantity=of_last("quantity")),
        folded("the mechanism", mechanism=last_given("mechanism")),
        folded("all of them", release=of_last("release"), environment=of_last("environment"),
               quantity=of_last("quantity"), user=of_last("user"), mechanism=of_last("mechanism")),
    ),
    bug(
        "columns-of-first-given", "1.2", "A missing release or environment is filled from a later update",
        "Only a missing user or mechanism is filled: release and environment are those of the first update.",
        folded(release=first_given("release"), environment=first_given("environment")),
        folded("the release", release=first_given("release")),
        folded("the environment", environment=first_given("environment")),
    ),
    bug(
        "quantities-of-updates", "1.2", "The quantities of updates are added up, or the largest counts",
        "The quantity of a session is that of its first update.",
        folded("added up", quantity=lambda updates: sum(row.quantity for row in updates)),
        folded("the largest", quantity=lambda updates: max(row.quantity for row in updates)),
        folded("always one", quantity=lambda updates: 1),
    ),
    bug(
        "updates-in-another-order", "1.2", "Updates are read in another order",
        "Updates are ordered by their ``seq`` as a number; only equal ones by when they started.",
        in_order(lambda row: row.seq, "equal ones in the order of rows"),
        in_order(lambda row: (row.seq, row.started), "equal ones by when they started, then as the rows"),
        in_order(lambda row: str(row.seq), "by seq as text"),
        in_order(lambda row: (str(row.seq), row.started), "by seq as text, then by when they started"),
        in_order(lambda row: row.started, "by when they started"),
        in_order(lambda row: (row.started, row.seq), "by when they started, then by seq"),
        in_order(lambda row: -row.seq, "the last first"),
        in_order(lambda row: 0, "as the rows"),
        table_as(lambda rows: [dataclasses.replace(row, seq=-number) for number, row in enumerate(rows)],
                 "as the rows, the last first"),
    ),
    bug(
        "status-of-last-update", "1.2", "The status is that of the last update",
        "The worst status counts: an update that arrives after the crash does not undo it.",
        folded(status=of_last("status")),
        folded("in the order of their start", status=lambda updates: max(updates,
            key=lambda r: r.started).status),
        folded("or of the first", status=of_first("status")),
        folded("unless one crashed", status=crashed_or_last),
        folded("with its errors", status=of_last("status"), errors=of_last("errors")),
    ),
    bug(
        "worst-status-ranked-otherwise", "1.2", "Statuses are ranked in another order",
        "From best to worst: ok, errored, exited, unhandled, abnormal, crashed.",
        *(folded(detail, status=worst(rank)) for detail, rank in RANKS),
        folded("the first in the alphabet", status=lambda updates: min(row.status for row in updates)),
    ),
    bug(
        "errors-of-last-update", "1.2", "The errors are those of one update, or errored updates are ignored",
        "The largest number of errors counts, and at least one after an errored update.",
        folded("of the last", errors=of_last("errors")), folded("of the first", errors=of_first("errors")),
        folded("without errored updates", errors=lambda updates: max(row.errors for row in updates)),
    ),
    bug(
        "start-of-other-update", "1.2", "A session begins with its first or last update",
        "A session begins at the earliest ``started`` of all its updates.",
        folded("the first", started=of_first("started")), folded("the last", started=of_last("started")),
        folded("the latest", started=lambda updates: max(row.started for row in updates)),
    ),
    bug(
        "duration-of-other-update", "1.2", "The duration is that of another update",
        "The duration is that of the last terminal update.",
        folded("the longest", duration=lambda updates: max(durations(updates), default=None)),
        folded("the last", duration=of_last("duration")),
        folded("the last that has one", duration=lambda updates: next(iter(durations(updates)[::-1]), None)),
        folded("the last terminal that has one", duration=last_terminal),
        folded("the latest terminal", duration=latest_terminal),
        folded("that with the worst status",
               duration=lambda updates: max(updates, key=lambda row: severity(row.status)).duration),
        folded("the first", duration=of_first("duration")),
        folded("the first that has one", duration=lambda updates: next(iter(durations(updates)), None)),
        folded("all added up", duration=lambda updates: sum(durations(updates))
            if durations(updates) else None),
    ),
    bug(
        "folded-across-projects", "1.2", "Equal session ids of different projects are one session",
        "A session id is unique only within its project.",
        defined(session_of=lambda row: row.session_id),
    ),
    bug(
        "session-split", "1.2", "Updates of one session are several sessions",
        "The session id and the project identify a session, whatever the other columns of its updates say.",
        *(defined(f"for each {name}", session_of=told_by(name)) for name in
          ("user", "release", "environment", "status", "started")),
        defined("for each day", session_of=lambda row: (row.project, row.session_id, row.started // DAY)),
    ),
    bug(
        "equal-seq-merged", "1.2", "Updates with the same seq are one update",
        "Every update counts; those with the same ``seq`` are ordered by their other columns.",
        defined("the last", fold_one=lambda updates: fold_one(by_seq(updates))),
        defined("the first", fold_one=lambda updates: fold_one(by_seq(updates[::-1])[::-1])),
    ),
    bug(
        "folded-after-filters", "1.2", "Updates are folded after filters have removed some",
        "Updates are folded first: the window and the search select sessions, not updates.",
        defined(fold=lambda d, rows: list(rows), counting=lambda d, rows, statuses: fold(d, rows)),
    ),
    bug(
        "session-ids-normalized", "1.2", "Session ids are compared without case",
        "Session ids are opaque: ids that differ in case are different sessions.",
        defined(session_of=lambda row: (row.project, row.session_id.lower())),
        defined("across projects", session_of=lambda row: row.session_id.lower()),
    ),
    bug(
        "crashes-counted", "1.2", "Several crashes of one session count several times",
        "A session crashes once, however many updates say so. (The endpoint's own intake counts a crash for "
        "every crashed update.)",
        folded(quantity=crashes),
        reports=["getsentry/sentry#51366"],
    ),
    bug(
        "crash-without-session", "1.2", "Sessions without a first update do not count, but their crashes do",
        "A session is a session whichever of its updates arrive. (The endpoint's own intake counts a session "
        "when its first update arrives, and a crash for every crashed update, with a session or without.)",
        defined("a first update has seq 0",
                session_counts=lambda d, sessions: without_first(d, sessions, 0)),
        defined("a first update has seq 0 or 1",
                session_counts=lambda d, sessions: without_first(d, sessions, 1)),
    ),
    bug(
        "identical-rows-merged", "1.2", "Identical rows without a session id count as one session",
        "Only a session id makes two rows one session: without one, each row is a session.",
        table_as(merged), table_as(distinct, "as are identical updates"),
    ),
    bug(
        "rows-without-id-merged", "1.2", "All rows without a session id are one session",
        "Without a session id, each row is a session of its own.",
        table_as(one_anonymous),
        table_as(_updates, "or dropped"),
    ),
)  # fmt: skip
"""The bugs of this family."""
