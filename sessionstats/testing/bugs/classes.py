"""How users, and users of a health class, are counted (§6.2, §6.5)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from sessionstats.fields import ANR_MECHANISMS, Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Session, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import (
    ClassCounter,
    Counter,
    distinct_users,
    exclusive,
    hung_for,
    in_classes,
    rate,
    session_parts,
    sessions_in,
    unhealthy,
    user_parts,
    users_in_class,
    users_of,
)

OfClass = Callable[[Sequence[Session], Sequence[str]], int]
"""Users of one class, given the classes of the edition."""


def _recounted(
    evidence: Evidence,
    count: Counter = distinct_users,
    in_class: ClassCounter | None = None,
    parts: Iterable[str] | None = None,
) -> Iterator[Flat]:
    """The answers if users were counted otherwise: everywhere, and in counts only.

    With `parts`, only rates of these are concerned, and counts only where they count by class.
    """
    names, query = evidence.query.rules.health_classes, evidence.query
    by_class = in_class or partial(_in_class_by, count)

    def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
        if field.kind == "rate":
            return rate(field, *user_parts(field, sessions, names, count, in_class))
        if classes is None:
            return count(sessions)
        return sum(by_class(sessions, name, names) for name in classes)

    def concerned(field: Field) -> bool:
        if field.kind == "rate":
            return parts is None or field.part in parts
        return parts is None or query.by_status or query.search.classes is not None

    fields = [field for field in evidence.fields_of(subject="user") if concerned(field)]
    counts = [field for field in fields if field.kind == "count"]
    yield from evidence.recomputed(wrong, fields)
    if counts != fields:
        yield from evidence.recomputed(wrong, counts)


def _in_class_by(count: Counter, sessions: Sequence[Session], name: str, names: Sequence[str]) -> int:
    return users_in_class(sessions, name, names, count)


def _with_classes(evidence: Evidence, replaced: Mapping[str, OfClass]) -> Iterator[Flat]:
    """The answers if the users of some classes were counted otherwise."""

    def in_class(sessions: Sequence[Session], name: str, names: Sequence[str]) -> int:
        return replaced[name](sessions, names) if name in replaced else users_in_class(sessions, name, names)

    yield from _recounted(evidence, in_class=in_class, parts=replaced)


def _minus(
    sessions: Sequence[Session], subtracted: Iterable[str], *, of: Sequence[Session] | None = None
) -> int:
    """Unhealthy users minus the users of some classes."""
    whole = distinct_users(unhealthy(sessions) if of is None else of)
    return whole - sum(distinct_users(in_classes(sessions, [name])) for name in subtracted)


@diagnosis("difference-not-clamped", "6.2", "Errored users go below zero")
def not_clamped(evidence: Evidence) -> Iterator[Flat]:
    """A user who both crashed and was abnormal is subtracted twice; the difference stops at 0."""
    yield from _with_classes(
        evidence, {"errored": lambda sessions, names: _minus(sessions, exclusive(names))}
    )


@diagnosis("abnormal-not-unhealthy", "6.2", "Abnormal users are not among the unhealthy")
def abnormal_left_out(evidence: Evidence) -> Iterator[Flat]:
    """Unhealthy users are those with any session that is not healthy, abnormal ones included."""

    def without(sessions: Sequence[Session]) -> list[Session]:
        return [session for session in unhealthy(sessions) if session.health != "abnormal"]

    def healthy(sessions: Sequence[Session], _: Sequence[str]) -> int:
        return max(0, distinct_users(sessions) - distinct_users(without(sessions)))

    def errored(sessions: Sequence[Session], names: Sequence[str]) -> int:
        return max(0, _minus(sessions, exclusive(names), of=without(sessions)))

    for replaced in ({"healthy": healthy, "errored": errored}, {"healthy": healthy}, {"errored": errored}):
        yield from _with_classes(evidence, replaced)


@diagnosis("errored-holds-crashed", "6.2", "Errored users still hold crashed or abnormal ones")
def errored_holds_others(evidence: Evidence) -> Iterator[Flat]:
    """Users with a crashed, abnormal or unhandled session are subtracted from the unhealthy ones."""
    others = exclusive(evidence.query.rules.health_classes)

    def errored(sessions: Sequence[Session], subtracted: Sequence[str]) -> int:
        return max(0, _minus(sessions, subtracted))

    def holding(kept: Iterable[str]) -> Iterator[Flat]:
        subtracted = [name for name in others if name not in kept]
        yield from _with_classes(evidence, {"errored": lambda sessions, _: errored(sessions, subtracted)})

    for kept in (others, *([name] for name in others)):
        yield from holding(kept)


@diagnosis("classes-as-sets", "6.2", "Healthy or errored users are counted directly instead of subtracted")
def as_sets(evidence: Evidence) -> Iterator[Flat]:
    """Healthy users are all minus unhealthy ones, errored are these minus those of the other classes."""

    def direct(name: str) -> OfClass:
        return lambda sessions, _: distinct_users(in_classes(sessions, [name]))

    def difference(sessions: Sequence[Session], names: Sequence[str]) -> int:
        return len(users_of(unhealthy(sessions)) - users_of(in_classes(sessions, exclusive(names))))

    for names in (("healthy", "errored"), ("healthy",), ("errored",)):
        yield from _with_classes(evidence, {name: direct(name) for name in names})
    yield from _with_classes(evidence, {"errored": difference})
    yield from _with_classes(evidence, {"errored": difference, "healthy": direct("healthy")})


@diagnosis("foreground-anr-holds-background", "6.5", "The two ANR rates count each other's mechanisms")
def mechanisms(evidence: Evidence) -> Iterator[Flat]:
    """``foreground_anr_rate()`` counts the mechanism ``anr_foreground`` only, ``anr_rate()`` both."""

    def counting(part: str, *counted: str) -> Iterator[Flat]:
        def wrong(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
            abnormal = in_classes(sessions, ["abnormal"])
            hung = [session for session in abnormal if session.mechanism in counted]
            return rate(field, distinct_users(hung), distinct_users(sessions))

        yield from evidence.recomputed(
            wrong, [field for field in evidence.query.fields if field.part == part]
        )

    yield from counting("foreground_anr", *ANR_MECHANISMS["anr"])
    yield from counting("anr", *ANR_MECHANISMS["foreground_anr"])
    yield from counting("anr", "anr_background")


@diagnosis("anr-of-any-session", "6.5", "ANR rates look at the class or at the mechanism, not at both")
def of_any_session(evidence: Evidence) -> Iterator[Flat]:
    """A mechanism counts on abnormal sessions only, and these count only with a mechanism of the rate."""

    def counting(is_hung: Callable[[Field, Session], bool]) -> Iterator[Flat]:
        def wrong(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
            hung = [session for session in sessions if is_hung(field, session)]
            return rate(field, distinct_users(hung), distinct_users(sessions))

        yield from evidence.recomputed(wrong, [f for f in evidence.query.fields if f.part in ANR_MECHANISMS])

    yield from counting(lambda field, session: session.mechanism in ANR_MECHANISMS[field.part])
    yield from counting(lambda _, session: session.health == "abnormal")
    yield from counting(lambda _, session: bool(session.mechanism))


@diagnosis("user-rate-of-sessions", "6.5", "Rates of users are computed from sessions")
def of_sessions(evidence: Evidence) -> Iterator[Flat]:
    """A rate of users divides users by users: a user who crashed ten times counts once."""
    names = evidence.query.rules.health_classes
    fields = evidence.fields_of(kind="rate", subject="user")

    def session_part(field: Field, sessions: Sequence[Session]) -> int:
        if field.part in ANR_MECHANISMS:
            return sessions_in(hung_for(field, sessions), None)
        return session_parts(field, sessions)[0]

    def by_sessions(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
        return rate(field, session_part(field, sessions), sessions_in(sessions, None))

    def over_sessions(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
        return rate(field, user_parts(field, sessions, names)[0], sessions_in(sessions, None))

    for chosen in (fields, [field for field in fields if field.part not in ANR_MECHANISMS]):
        yield from evidence.recomputed(by_sessions, chosen)
        yield from evidence.recomputed(over_sessions, chosen)


@diagnosis("session-rate-of-users", "6.5", "Rates of sessions are computed from users")
def of_users(evidence: Evidence) -> Iterator[Flat]:
    """A rate of sessions divides sessions by sessions, those without a user included."""
    names = evidence.query.rules.health_classes
    fields = [f for f in evidence.fields_of(kind="rate", subject="session") if f.part != "unhealthy"]

    def wrong(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
        return rate(field, *user_parts(field, sessions, names))

    yield from evidence.recomputed(wrong, fields)


@diagnosis("count-instead-of-distinct", "6.2", "Sessions are counted instead of distinct users", broad=True)
def count_of_sessions(evidence: Evidence) -> Iterator[Flat]:
    """A user with several sessions is one user."""

    def with_user(sessions: Iterable[Session]) -> int:
        return sum(session.user is not None for session in sessions)

    def quantities(sessions: Iterable[Session]) -> int:
        return sum(session.quantity for session in sessions if session.user is not None)

    def all_quantities(sessions: Iterable[Session]) -> int:
        return sessions_in(sessions, None)

    def rows(sessions: Iterable[Session]) -> int:
        return sum(1 for _ in sessions)

    for count in (with_user, quantities, all_quantities, rows):
        yield from _recounted(evidence, count)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    not_clamped,
    abnormal_left_out,
    errored_holds_others,
    as_sets,
    mechanisms,
    of_any_session,
    of_sessions,
    of_users,
    count_of_sessions,
)
"""Of this family, the most specific first."""
