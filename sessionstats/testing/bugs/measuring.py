"""Measures of one cell in plain Python, with the parts that bugs replace as arguments (§6).

1. Users: sets of users by health class; `users_by_class` subtracts them as §6.2 says.
2. Rates: part and whole; `rate` divides them.
3. Durations: the seconds that count; `statistic` makes a field of them.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence

from sessionstats.fields import ANR_MECHANISMS, PERCENTILES, Field
from sessionstats.percentiles import MILLISECONDS, exact_sum
from sessionstats.testing.bugs.evidence import Session, Value


def users_of(sessions: Iterable[Session]) -> set[str]:
    """Distinct users; sessions without one do not count."""
    return {session.user for session in sessions if session.user is not None}


def in_classes(sessions: Iterable[Session], classes: Collection[str]) -> list[Session]:
    """Sessions of some health classes."""
    return [session for session in sessions if session.health in classes]


def sessions_in(sessions: Iterable[Session], classes: Collection[str] | None) -> int:
    """Σ quantity of the classes; of all if `None` (§6.1)."""
    return sum(session.quantity for session in sessions if classes is None or session.health in classes)


def users_in_class(sessions: Sequence[Session], name: str, classes: Sequence[str]) -> int:
    """Users of one health class, counts subtracted from counts (§6.2)."""
    unhealthy = len(users_of(session for session in sessions if session.health != "healthy"))
    if name == "healthy":
        return len(users_of(sessions)) - unhealthy
    if name == "errored":
        others = [other for other in classes if other not in ("healthy", "errored")]
        return max(0, unhealthy - sum(len(users_of(in_classes(sessions, [other]))) for other in others))
    return len(users_of(in_classes(sessions, [name])))


def user_rate_parts(field: Field, sessions: Sequence[Session], classes: Sequence[str]) -> tuple[int, int]:
    """Part and whole of a rate of users (§6.5)."""
    if field.part in ANR_MECHANISMS:
        hung = [session for session in sessions if session.mechanism in ANR_MECHANISMS[field.part]]
        return len(users_of(hung)), len(users_of(sessions))
    return users_in_class(sessions, field.part, classes), len(users_of(sessions))


def session_rate_parts(field: Field, sessions: Sequence[Session]) -> tuple[int, int]:
    """Part and whole of a rate of sessions (§6.5)."""
    whole = sessions_in(sessions, None)
    if field.part == "unhealthy":
        return whole - sessions_in(sessions, ["healthy"]), whole
    return sessions_in(sessions, [field.part]), whole


def rate_parts(field: Field, sessions: Sequence[Session], classes: Sequence[str]) -> tuple[int, int]:
    """Part and whole of a rate (§6.5)."""
    if field.subject == "session":
        return session_rate_parts(field, sessions)
    return user_rate_parts(field, sessions, classes)


def rate(part: int, whole: int, *, complement: bool) -> float | None:
    """Part of a whole, or one minus that (§6.5)."""
    if not whole:
        return None
    return 1 - part / whole if complement else part / whole


def counted_durations(sessions: Iterable[Session]) -> list[float]:
    """The durations that count, in seconds, ascending (§6.3)."""
    return sorted(
        session.duration for session in sessions if session.status == "exited" and session.duration is not None
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


def statistic(
    field: Field,
    ordered: Sequence[float],
    classes: Collection[str] | None,
    quantile: Callable[[Sequence[float], float], float] = type_7,
) -> Value:
    """A duration field of ascending seconds, in milliseconds (§6.3); null in all classes but ``healthy``."""
    if not ordered or (classes is not None and "healthy" not in classes):
        return None
    if field.part == "avg":
        seconds = exact_sum(ordered) / len(ordered)
    elif field.part == "max":
        seconds = ordered[-1]
    else:
        seconds = quantile(ordered, PERCENTILES[field.part] / 100)
    milliseconds = seconds * MILLISECONDS
    return milliseconds if math.isfinite(milliseconds) else None
