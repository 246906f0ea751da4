"""Users over time, and users that are made up (§6.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from sessionstats.testing.bugs.bug import LENGTHS, Bug, Case, Variant, beginning, bug, defined, rows_as
from sessionstats.testing.bugs.users import WORST, is_users, person_as, read_as
from sessionstats.testing.model.aggregates import rate, user_counts
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.ordering import Group
from sessionstats.testing.model.question import Question, series
from sessionstats.testing.model.rows import NIL_USERS, Row


def once(number: Callable[[list[set[Hashable]], int], int]) -> Callable[[Question, Group, str], list[Any]]:
    """Series of users from the users of every bucket."""

    def values(question: Question, group: Group, field: str) -> list[Any]:
        if not is_users(field) or group.status is not None or question.statuses is not None:
            return series(question, group, field)
        d, within = question.definitions, question.window
        people: list[set[Hashable]] = [set() for _ in within.buckets]
        for session in group.sessions:
            at, who = d.bucket(within, session.started), d.person(session)
            if at is not None and who is not None:
                people[at].add(who)
        return [number(people, at) for at in range(len(people))]

    return values


def new(people: list[set[Hashable]], at: int) -> int:
    """Users of a bucket and of none before it."""
    return len(people[at].difference(*people[:at]))


def so_far(people: list[set[Hashable]], at: int) -> int:
    """Users of a bucket or one before it."""
    return len(set().union(*people[: at + 1]))


def by_one_session(later: bool) -> Variant:
    """A variant that gives every user the class of the first or the latest session."""

    def counts(d: Definitions, sessions: list[Row]) -> dict[str, int]:
        chosen: dict[Hashable, str] = {}
        for session in sorted(sessions, key=lambda row: row.started, reverse=not later):
            who = d.person(session)
            if who is not None:
                chosen[who] = d.health(session)
        found = Counter(chosen.values())
        return user_counts(d, sessions) | {name: found[name] for name in WORST}

    return defined(f"the {'latest' if later else 'first'} one", user_counts=counts)


def with_another(counts: Callable[[str], bool], detail: str) -> Variant:
    """A variant whose crash-free users are those with a session of some classes."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        if field != "crash_free_rate(user)":
            return rate(d, field, sessions)
        people = {who for row in sessions if (who := d.person(row)) is not None}
        fine = {who for row in sessions if counts(d.health(row)) and (who := d.person(row)) is not None}
        return len(fine) / len(people) if people else None

    return defined(detail, rate=wrong)


def cut(case: Case) -> Iterable[Variant]:
    """Users identified by the first characters of their id, perhaps before the nil UUID is recognized."""
    nil = any(isinstance(row, Mapping) and row.get("distinct_id") in NIL_USERS for row in case["sessions"])
    for length in LENGTHS:
        yield person_as(beginning(length), f"cut to {length} characters")
        if nil and length < 36:
            yield read_as(partial(cut_to, length), f"cut to {length} characters, the nil UUID as well")


def cut_to(length: int, value: str | int | None) -> str | None:
    """The first characters of an id, whatever it means in full."""
    return None if value is None or value == "" else str(value)[:length]


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "users-cut", "1.1", "Users are distinguished by the beginning of their id only",
        "Ids are compared in full, whatever their length.",
        family=cut,
    ),
    bug(
        "users-counted-once", "6.2", "A user counts in one bucket only, or in all that follow",
        "A user counts in every bucket with one of their sessions.",
        defined("in the first", series=once(new)), defined("from the first on", series=once(so_far)),
    ),
    bug(
        "session-as-user", "6.2", "Sessions without a user are told apart by another column",
        "A session without a user adds none, whatever its other columns say.",
        defined("session_id", person=lambda row: row.user or row.session_id or None),
        rows_as(lambda row: {"user": row.user or row.session_id}, "session_id, in every update"),
        defined("release", person=lambda row: row.user or row.release or None),
        defined("project", person=lambda row: row.user or row.project),
    ),
    bug(
        "users-by-one-session", "6.2", "One session of a user decides the user's class",
        "Every session of a user counts: one who crashed once is a crashed user.",
        by_one_session(later=True), by_one_session(later=False),
    ),
    bug(
        "crash-free-users-with-others", "6.5", "A user who crashed is crash-free because of another session",
        "The crash-free rate of users is one minus the share of those who crashed.",
        with_another(lambda name: name == "healthy", "a healthy one"),
        with_another(lambda name: name != "crashed", "one without a crash"),
    ),
)  # fmt: skip
"""The bugs of this family."""
