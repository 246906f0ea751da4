"""Distinct users: who is one, and how they are counted by class (§6.2)."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sessionstats.fields import ANR_MECHANISMS, Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import CellFunction, Evidence, Session, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import (
    in_classes,
    rate,
    rate_parts,
    session_rate_parts,
    sessions_in,
    users_in_class,
    users_of,
)
from sessionstats.texts import NO_USER

STAND_IN: Final = "\x00"
"""First character of made-up users, which no case has."""


def _renamed(evidence: Evidence, rename: Callable[[Mapping[str, Any]], Any]) -> Iterator[Flat]:
    """The answer if the users of the rows were others."""
    rows = [{**row, "distinct_id": rename(row)} for row in evidence.rows]
    before = [row.get("distinct_id") for row in evidence.rows]
    after = [row["distinct_id"] for row in rows]
    if list(map(repr, before)) != list(map(repr, after)):
        yield evidence.respond(sessions=rows)


def _is_nil(user: Any) -> bool:
    return isinstance(user, str) and user != "" and user in NO_USER


def _no_user_as_one(evidence: Evidence, is_one: Callable[[Any], bool]) -> Iterator[Flat]:
    """The answers if some rows without a user had one: all the same, or one for each spelling."""

    def spelled(row: Mapping[str, Any]) -> Any:
        user = row.get("distinct_id")
        return f"{STAND_IN}{user}" if is_one(user) else user

    yield from _renamed(evidence, lambda row: STAND_IN if is_one(row.get("distinct_id")) else row.get("distinct_id"))
    yield from _renamed(evidence, spelled)


@diagnosis("nil-user-counted", "6.2", "The nil user is counted")
def nil_user(evidence: Evidence) -> Iterator[Flat]:
    """The nil UUID stands for no user: all anonymous sessions together would be one very active user."""
    yield from _no_user_as_one(evidence, _is_nil)


@diagnosis("empty-user-counted", "6.2", "The empty user is counted")
def empty_user(evidence: Evidence) -> Iterator[Flat]:
    """An empty id stands for no user."""
    yield from _no_user_as_one(evidence, lambda user: user == "")


@diagnosis("no-user-counted", "6.2", "Sessions without a user are counted as users")
def no_user(evidence: Evidence) -> Iterator[Flat]:
    """Sessions without a user do not count among the users, neither as one user nor as one each."""
    yield from _no_user_as_one(evidence, lambda user: user is None)
    yield from _no_user_as_one(evidence, lambda user: user is None or user == "")
    yield from _no_user_as_one(evidence, lambda user: user is None or user == "" or _is_nil(user))
    numbered = iter(range(len(evidence.rows)))

    def own(row: Mapping[str, Any]) -> Any:
        user = row.get("distinct_id")
        return f"{STAND_IN}{next(numbered)}" if user is None or user == "" or _is_nil(user) else user

    yield from _renamed(evidence, own)


@diagnosis("users-per-project", "6.2", "The same user is counted once a project")
def per_project(evidence: Evidence) -> Iterator[Flat]:
    """Users are one space for all projects: the same id in two projects is one user."""

    def rename(row: Mapping[str, Any]) -> Any:
        user = row.get("distinct_id")
        return user if user is None or user == "" or _is_nil(user) else f"{row.get('project_id')}{STAND_IN}{user}"

    if len({row.get("project_id") for row in evidence.rows}) > 1:
        yield from _renamed(evidence, rename)


@diagnosis("integer-users-differ", "1.1", "An integer user and its decimal text are two users")
def integers(evidence: Evidence) -> Iterator[Flat]:
    """An id given as a number is the same user as its decimal text."""

    def rename(row: Mapping[str, Any]) -> Any:
        user = row.get("distinct_id")
        return f"{STAND_IN}{user}" if isinstance(user, int) else user

    yield from _renamed(evidence, rename)
    yield from _renamed(
        evidence, lambda row: None if isinstance(row.get("distinct_id"), int) else row.get("distinct_id")
    )


@diagnosis("user-ids-normalized", "6.2", "Users are compared without case or surrounding space")
def normalized(evidence: Evidence) -> Iterator[Flat]:
    """Ids are opaque: those that differ in case or space are different users."""
    for change in (str.lower, str.strip, lambda text: text.strip().lower()):
        yield from _renamed(
            evidence,
            lambda row, change=change: change(row["distinct_id"])
            if isinstance(row.get("distinct_id"), str)
            else row.get("distinct_id"),
        )


def _counted(evidence: Evidence, count: CellFunction) -> Iterator[Flat]:
    """The answer with the counts of users recomputed."""
    fields = evidence.fields_of(kind="count", subject="user")
    if fields:
        yield evidence.recomputed(count, fields)


def _by_class(
    evidence: Evidence, replaced: Mapping[str, Callable[[Sequence[Session]], int]]
) -> Iterator[Flat]:
    """The answer with the users of some classes counted otherwise, rates of them included."""
    names = evidence.query.rules.health_classes
    fields = [
        field
        for field in evidence.fields_of(subject="user")
        if field.part in replaced or (field.kind == "count" and _classes_count(evidence))
    ]

    def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
        def users(name: str) -> int:
            return replaced[name](sessions) if name in replaced else users_in_class(sessions, name, names)

        if field.kind == "rate":
            return rate(users(field.part), len(users_of(sessions)), complement=field.complement)
        return len(users_of(sessions)) if classes is None else sum(map(users, classes))

    if fields:
        yield evidence.recomputed(wrong, fields)


def _classes_count(evidence: Evidence) -> bool:
    return evidence.query.by_status or evidence.query.search.classes is not None


@diagnosis("count-instead-of-distinct", "6.2", "Sessions are counted instead of distinct users")
def count_of_sessions(evidence: Evidence) -> Iterator[Flat]:
    """A user with several sessions is one user."""
    weights: tuple[Callable[[Session], int], ...] = (lambda session: 1, lambda session: session.quantity)
    anyone: tuple[Callable[[Session], bool], ...] = (lambda session: session.user is not None, lambda _: True)
    for weight in weights:
        for counts in anyone:

            def wrong(
                field: Field,
                sessions: Sequence[Session],
                classes: Sequence[str] | None,
                weight: Callable[[Session], int] = weight,
                counts: Callable[[Session], bool] = counts,
            ) -> int:
                return sum(
                    weight(s) for s in sessions if counts(s) and (classes is None or s.health in classes)
                )

            yield from _counted(evidence, wrong)


def _unhealthy(sessions: Iterable[Session]) -> set[str]:
    return users_of(session for session in sessions if session.health != "healthy")


@diagnosis("errored-holds-crashed", "6.2", "Errored users still hold crashed or abnormal ones")
def errored_holds_others(evidence: Evidence) -> Iterator[Flat]:
    """Health classes are exclusive: users with a crashed, abnormal or unhandled session are subtracted."""
    others = [name for name in evidence.query.rules.health_classes if name not in ("healthy", "errored")]
    for subtracted in [[], *([name for name in others if name != kept] for kept in others)]:
        yield from _by_class(
            evidence,
            {
                "errored": lambda sessions, subtracted=subtracted: max(
                    0,
                    len(_unhealthy(sessions))
                    - sum(len(users_of(in_classes(sessions, [name]))) for name in subtracted),
                )
            },
        )


@diagnosis("difference-not-clamped", "6.2", "Errored users go below zero")
def not_clamped(evidence: Evidence) -> Iterator[Flat]:
    """A user who both crashed and was abnormal is subtracted twice; the difference stops at 0."""
    others = [name for name in evidence.query.rules.health_classes if name not in ("healthy", "errored")]
    yield from _by_class(
        evidence,
        {
            "errored": lambda sessions: len(_unhealthy(sessions))
            - sum(len(users_of(in_classes(sessions, [name]))) for name in others)
        },
    )


@diagnosis("abnormal-not-unhealthy", "6.2", "Abnormal users are not among the unhealthy")
def abnormal_left_out(evidence: Evidence) -> Iterator[Flat]:
    """Unhealthy users are those with any session that is not healthy, abnormal ones included."""
    others = [name for name in evidence.query.rules.health_classes if name not in ("healthy", "errored")]

    def unhealthy(sessions: Sequence[Session]) -> set[str]:
        return users_of(s for s in sessions if s.health not in ("healthy", "abnormal"))

    yield from _by_class(
        evidence,
        {
            "healthy": lambda sessions: len(users_of(sessions)) - len(unhealthy(sessions)),
            "errored": lambda sessions: max(
                0, len(unhealthy(sessions)) - sum(len(users_of(in_classes(sessions, [o]))) for o in others)
            ),
        },
    )
    yield from _by_class(
        evidence,
        {"healthy": lambda sessions: len(users_of(sessions)) - len(unhealthy(sessions))},
    )
    yield from _by_class(
        evidence,
        {
            "errored": lambda sessions: max(
                0, len(unhealthy(sessions)) - sum(len(users_of(in_classes(sessions, [o]))) for o in others)
            )
        },
    )


@diagnosis("classes-as-sets", "6.2", "Healthy or errored users are counted directly instead of subtracted")
def as_sets(evidence: Evidence) -> Iterator[Flat]:
    """Healthy users have no unhealthy session at all, and errored ones are what is left of the unhealthy after
    counts are subtracted: neither is the number of users with such a session.
    """
    for names in (("healthy", "errored"), ("healthy",), ("errored",)):
        yield from _by_class(
            evidence,
            {name: lambda sessions, name=name: len(users_of(in_classes(sessions, [name]))) for name in names},
        )
    others = [name for name in evidence.query.rules.health_classes if name not in ("healthy", "errored")]
    yield from _by_class(
        evidence, {"errored": lambda sessions: len(_unhealthy(sessions) - users_of(in_classes(sessions, others)))}
    )


@diagnosis("user-rate-of-sessions", "6.5", "Rates of users are computed from sessions")
def of_sessions(evidence: Evidence) -> Iterator[Flat]:
    """A rate of users divides users by users: a user who crashed ten times counts once."""
    names = evidence.query.rules.health_classes

    def by_sessions(field: Field, sessions: Sequence[Session]) -> tuple[int, int]:
        if field.part in ANR_MECHANISMS:
            hung = [s for s in sessions if s.mechanism in ANR_MECHANISMS[field.part]]
            return sessions_in(hung, None), sessions_in(sessions, None)
        return session_rate_parts(field, sessions)

    fields = evidence.fields_of(kind="rate", subject="user")
    if fields:
        yield evidence.recomputed(
            lambda f, sessions, _: rate(*by_sessions(f, sessions), complement=f.complement), fields
        )
        yield evidence.recomputed(
            lambda f, sessions, _: rate(
                rate_parts(f, sessions, names)[0], sessions_in(sessions, None), complement=f.complement
            ),
            fields,
        )


@diagnosis("foreground-anr-holds-background", "6.5", "The rate of foreground ANRs holds background ones")
def background(evidence: Evidence) -> Iterator[Flat]:
    """``foreground_anr_rate()`` counts the mechanism ``anr_foreground`` only, ``anr_rate()`` both."""
    names = evidence.query.rules.health_classes
    for asked, counted in (("foreground_anr", "anr"), ("anr", "foreground_anr")):
        fields = [field for field in evidence.fields if field.part == asked]
        if fields:
            yield evidence.recomputed(
                lambda f, sessions, _, counted=counted: rate(
                    *rate_parts(dataclasses.replace(f, part=counted), sessions, names), complement=False
                ),
                fields,
            )


@diagnosis("user-of-first-update-only", "1.2", "The user is taken from the first update only")
def first_update(evidence: Evidence) -> Iterator[Flat]:
    """SDKs often learn the user after the session began: a missing one is filled from the first later update
    that has one.
    """
    first: dict[Any, int] = {}
    for row in evidence.rows:
        if row.get("session_id"):
            name = row.get("project_id"), row["session_id"]
            first[name] = min(first.get(name, row.get("seq") or 0), row.get("seq") or 0)
    yield from _renamed(
        evidence,
        lambda row: None
        if row.get("session_id")
        and (row.get("seq") or 0) > first[row.get("project_id"), row["session_id"]]
        else row.get("distinct_id"),
    )


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    nil_user,
    empty_user,
    no_user,
    per_project,
    integers,
    normalized,
    first_update,
    not_clamped,
    abnormal_left_out,
    errored_holds_others,
    as_sets,
    background,
    of_sessions,
    count_of_sessions,
)
