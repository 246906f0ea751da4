"""Measures of one cell in plain Python, with the parts that bugs replace as arguments (§6).

1. Users are counted by a *counter*; `distinct_users` is the right one.
2. Classes of users are counts subtracted from counts: `users_in_class`.
3. A rate divides a part by the whole: `session_parts`, `user_parts`, `rate`.
4. Durations: the seconds that count, and `statistic` makes a field of them.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from sessionstats.fields import ANR_MECHANISMS, PERCENTILES, Field
from sessionstats.percentiles import MILLISECONDS, exact_sum
from sessionstats.testing.bugs.evidence import Session, Value

Counter: TypeAlias = Callable[[Iterable[Session]], int]
"""How many users some sessions have."""

ClassCounter: TypeAlias = Callable[[Sequence[Session], str, Sequence[str]], int]
"""How many users of a health class some sessions have, given all classes of the edition."""


def users_of(sessions: Iterable[Session]) -> set[str]:
    """Distinct users; sessions without one do not count."""
    return {session.user for session in sessions if session.user is not None}


def distinct_users(sessions: Iterable[Session]) -> int:
    """Number of distinct users (§6.2)."""
    return len(users_of(sessions))


def in_classes(sessions: Iterable[Session], classes: Collection[str]) -> list[Session]:
    """Sessions of some health classes."""
    return [session for session in sessions if session.health in classes]


def unhealthy(sessions: Iterable[Session]) -> list[Session]:
    """Sessions that are not healthy."""
    return [session for session in sessions if session.health != "healthy"]


def exclusive(classes: Iterable[str]) -> list[str]:
    """The classes that are counted directly; their users are subtracted from ``errored`` (§6.2)."""
    return [name for name in classes if name not in ("healthy", "errored")]


def sessions_in(sessions: Iterable[Session], classes: Collection[str] | None) -> int:
    """Σ quantity of the classes; of all if `None` (§6.1)."""
    return sum(session.quantity for session in sessions if classes is None or session.health in classes)


def users_in_class(
    sessions: Sequence[Session], name: str, classes: Sequence[str], count: Counter = distinct_users
) -> int:
    """Users of one health class, counts subtracted from counts (§6.2)."""
    if name == "healthy":
        return max(0, count(sessions) - count(unhealthy(sessions)))
    if name == "errored":
        others = sum(count(in_classes(sessions, [other])) for other in exclusive(classes))
        return max(0, count(unhealthy(sessions)) - others)
    return count(in_classes(sessions, [name]))


def hung_for(field: Field, sessions: Sequence[Session]) -> list[Session]:
    """The sessions that an ANR rate counts: abnormal ones with one of its mechanisms (§6.5)."""
    abnormal = in_classes(sessions, ["abnormal"])
    return [session for session in abnormal if session.mechanism in ANR_MECHANISMS[field.part]]


def user_parts(
    field: Field,
    sessions: Sequence[Session],
    classes: Sequence[str],
    count: Counter = distinct_users,
    in_class: ClassCounter | None = None,
) -> tuple[int, int]:
    """Part and whole of a rate of users (§6.5)."""
    if field.part in ANR_MECHANISMS:
        return count(hung_for(field, sessions)), count(sessions)
    if in_class is not None:
        return in_class(sessions, field.part, classes), count(sessions)
    return users_in_class(sessions, field.part, classes, count), count(sessions)


def session_parts(field: Field, sessions: Sequence[Session]) -> tuple[int, int]:
    """Part and whole of a rate of sessions (§6.5)."""
    whole = sessions_in(sessions, None)
    if field.part == "unhealthy":
        return whole - sessions_in(sessions, ["healthy"]), whole
    return sessions_in(sessions, [field.part]), whole


def parts(field: Field, sessions: Sequence[Session], classes: Sequence[str]) -> tuple[int, int]:
    """Part and whole of a rate (§6.5)."""
    if field.subject == "session":
        return session_parts(field, sessions)
    return user_parts(field, sessions, classes)


def rate(field: Field, part: int, whole: int) -> float | None:
    """Part of a whole, or one minus that; null of nothing (§6.5)."""
    if not whole:
        return None
    return 1 - part / whole if field.complement else part / whole


def counted_durations(sessions: Iterable[Session]) -> list[float]:
    """The durations that count, in seconds, ascending (§6.3)."""
    return sorted(
        session.duration
        for session in sessions
        if session.status == "exited" and session.duration is not None
    )


def type_7(ordered: Sequence[float], share: float) -> float:
    """Hyndman and Fan's type 7 of ascending values (§6.3)."""
    return interpolated(ordered, (len(ordered) - 1) * share + 1)


def interpolated(ordered: Sequence[float], place: float) -> float:
    """Value at a fractional place, counted from 1, kept within the sample."""
    place = min(max(place, 1.0), float(len(ordered)))
    below = math.floor(place)
    low = ordered[below - 1]
    return low if place == below else low + (ordered[below] - low) * (place - below)


def plain_mean(seconds: Sequence[float]) -> float:
    """The average: correctly rounded sum over the count (§6.3)."""
    return exact_sum(seconds) / len(seconds)


def statistic(
    field: Field,
    ordered: Sequence[float],
    classes: Collection[str] | None,
    quantile: Callable[[Sequence[float], float], float] = type_7,
    mean: Callable[[Sequence[float]], float] = plain_mean,
) -> Value:
    """A duration field of ascending seconds, in milliseconds (§6.3); null in all classes but ``healthy``."""
    if not ordered or (classes is not None and "healthy" not in classes):
        return None
    if field.part == "avg":
        seconds = mean(ordered)
    elif field.part == "max":
        seconds = ordered[-1]
    else:
        seconds = quantile(ordered, PERCENTILES[field.part] / 100)
    milliseconds = seconds * MILLISECONDS
    return milliseconds if math.isfinite(milliseconds) else None
