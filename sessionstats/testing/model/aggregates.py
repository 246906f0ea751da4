"""Aggregates (§6): one field over one set of sessions of every health class.

1. The sessions of a cell have passed every filter but that of status; the status is applied here.
2. Counts are integers, 0 without data; everything else is a float or None.
3. Counts of users by class are counts subtracted from counts (§6.2).
4. Durations are those of `exited` sessions, each weighted once, in milliseconds (§6.3).
5. Rates are Python int / int, and 1 minus that; a mechanism counts on abnormal sessions only (§6.5).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Literal

from .parameters import COUNTS, DURATIONS
from .rows import Row

if TYPE_CHECKING:
    from .definitions import Definitions

Value = int | float | None

ANR = {"anr_rate()": ("anr_foreground", "anr_background"), "foreground_anr_rate()": ("anr_foreground",)}
"""The mechanisms that each ANR rate counts (§6.5)."""


def kind(field: str) -> Literal["count", "duration", "rate"]:
    """The kind of a field (§2.1)."""
    if field in COUNTS:
        return "count"
    return "duration" if field in DURATIONS else "rate"


def of_users(field: str) -> bool:
    """Whether a field counts users: user counts, user rates and ANR rates (§5)."""
    return "(user)" in field or field in ANR


def contributes(d: Definitions, field: str, session: Row) -> bool:
    """Whether a session gives a field data, so that its base group exists (§5)."""
    if kind(field) == "duration":
        return d.counted_duration(session) is not None
    return d.person(session) is not None if of_users(field) else True


def counted_duration(session: Row) -> float | None:
    """The duration of an `exited` session; None for every other (§6.3)."""
    return session.duration if session.status == "exited" else None


def session_counts(d: Definitions, sessions: list[Row]) -> dict[str, int]:
    """Σ quantity of each class and of all (§6.1)."""
    counts = dict.fromkeys(("all", "healthy", "errored", "crashed", "abnormal", "unhandled"), 0)
    for session in sessions:
        counts["all"] += session.quantity
        counts[d.health(session)] += session.quantity
    return counts


def person(session: Row) -> Hashable:
    """The user of a session; None if unknown (§6.2)."""
    return session.user or None


def distinct(people: list[Hashable]) -> int:
    """How many different people there are (§6.2)."""
    return len(set(people))


def users(d: Definitions, sessions: Iterable[Row]) -> int:
    """The number of distinct users; sessions without a user do not count (§6.2)."""
    people = (d.person(session) for session in sessions)
    return d.distinct([each for each in people if each is not None])


def user_counts(d: Definitions, sessions: list[Row]) -> dict[str, int]:
    """Distinct users of each class and of all (§6.2)."""
    everyone = users(d, sessions)
    unhealthy = users(d, [session for session in sessions if d.health(session) != "healthy"])
    crashed = users(d, [session for session in sessions if d.health(session) == "crashed"])
    abnormal = users(d, [session for session in sessions if d.health(session) == "abnormal"])
    unhandled = users(d, [session for session in sessions if d.health(session) == "unhandled"])
    return {
        "all": everyone,
        "healthy": max(0, everyone - unhealthy),
        "errored": max(0, unhealthy - crashed - abnormal - unhandled),
        "crashed": crashed,
        "abnormal": abnormal,
        "unhandled": unhandled,
    }


def value(d: Definitions, field: str, sessions: list[Row], classes: Iterable[str] | None) -> Value:
    """A field over sessions: over the given health classes, or over all of them if None (§6.4)."""
    if kind(field) == "count":
        counts = d.user_counts(d, sessions) if of_users(field) else d.session_counts(d, sessions)
        return counts["all"] if classes is None else sum(counts[name] for name in classes)
    if kind(field) == "duration":
        return d.duration(d, field, sessions) if classes is None or "healthy" in classes else None
    return d.rate(d, field, sessions)


def duration(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    """A statistic of the durations, in milliseconds (§6.3)."""
    lengths = [d.counted_duration(session) for session in sessions]
    ordered = sorted(length for length in lengths if length is not None)
    if not ordered:
        return None
    name = field.partition("(")[0]
    if name == "avg":
        seconds = d.mean(ordered)
    elif name == "max":
        seconds = ordered[-1]
    else:
        seconds = d.quantile(ordered, int(name.removeprefix("p")))
    milliseconds = d.milliseconds(seconds)
    return milliseconds if math.isfinite(milliseconds) else None


def to_milliseconds(seconds: float) -> float:
    """Seconds in the unit of the answer (§6.3)."""
    return seconds * 1000


def mean(numbers: list[float]) -> float:
    """The exact sum, rounded once, over the count (§6.3, §6.7)."""
    try:
        return math.fsum(numbers) / len(numbers)
    except OverflowError:
        return math.inf


def quantile(ordered: list[float], percent: int) -> float:
    """Linear between order statistics, Hyndman-Fan type 7 (§6.3)."""
    below, rest = divmod((len(ordered) - 1) * percent, 100)
    if rest == 0:
        return ordered[below]
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (rest / 100)


def rate(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    """A share of sessions or users (§6.5)."""
    counts = d.user_counts(d, sessions) if of_users(field) else d.session_counts(d, sessions)
    everything = counts["all"]
    if everything == 0:
        return None
    if field in ANR:
        abnormal = [session for session in sessions if d.health(session) == "abnormal"]
        return users(d, [session for session in abnormal if session.mechanism in ANR[field]]) / everything
    name = field.partition("(")[0].removesuffix("_rate")
    if name == "crash_free":
        return 1 - counts["crashed"] / everything
    if name == "crash":
        return counts["crashed"] / everything
    if name == "unhealthy":
        return (everything - counts["healthy"]) / everything
    return counts[name] / everything
