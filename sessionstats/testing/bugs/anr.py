"""ANR rates (§6.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined
from sessionstats.testing.bugs.rates import subject
from sessionstats.testing.model.aggregates import ANR, rate, users
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.rows import Row


def anr(counts: Callable[[str, Row], bool], detail: str = "") -> Variant:
    """A variant whose ANR rates count other sessions."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        everyone = users(d, sessions)
        if field not in ANR or not everyone:
            return rate(d, field, sessions)
        return users(d, [session for session in sessions if counts(field, session)]) / everyone

    return defined(detail, rate=wrong)


def anr_over(whole: Callable[[Definitions, list[Row]], int], detail: str) -> Variant:
    """A variant whose ANR rates divide by others."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        right = rate(d, field, sessions)
        if field not in ANR or not right:
            return right
        return right * users(d, sessions) / (whole(d, sessions) or 1)

    return defined(detail, rate=wrong)


def foreground_of_anr(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    """Users with an ANR in the foreground over all with an ANR."""
    right, every = rate(d, field, sessions), rate(d, "anr_rate()", sessions)
    if not field.startswith("foreground_anr") or right is None:
        return right
    return right / every if every else None


def anr_of_sessions(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    """Sessions with an ANR over all sessions."""
    whole = sum(session.quantity for session in sessions)
    if field not in ANR or not whole:
        return rate(d, field, sessions)
    stuck = [row for row in sessions if row.status == "abnormal" and row.mechanism in ANR[field]]
    return float(sum(row.quantity for row in stuck) / whole)


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "foreground-anr-holds-background", "6.5", "The two ANR rates count each other's mechanisms",
        "``foreground_anr_rate()`` counts the mechanism ``anr_foreground`` only, ``anr_rate()`` both.",
        subject(lambda field: "anr_rate()" if field in ANR else field, "both as anr_rate()"),
        subject(lambda field: "foreground_anr_rate()" if field in ANR else field,
            "both as foreground_anr_rate()"),
        anr(lambda field, row: row.status == "abnormal" and row.mechanism == (
            "anr_foreground" if field.startswith("fore") else "anr_background"),
                "anr_rate() of background ones"),
    ),
    bug(
        "anr-of-other-sessions", "6.5", "ANR rates count other sessions",
        "Only abnormal sessions with one of the mechanisms count; on others, a mechanism has no effect.",
        anr(lambda field, row: row.mechanism in ANR[field], "whatever their status"),
        anr(lambda field, row: row.status == "abnormal", "all abnormal ones"),
        anr(lambda field, row: row.status == "abnormal" and (
            row.mechanism in ANR[field] if field.startswith("fore") else bool(row.mechanism)),
                "any mechanism"),
        anr(lambda field, row: row.status == "abnormal" and row.mechanism.startswith("anr"),
            "what begins with anr"),
        anr(lambda field, row: row.status in ("abnormal", "crashed") and row.mechanism in ANR[field],
            "crashed ones as well"),
    ),
    bug(
        "anr-over-others", "6.5", "ANR rates do not divide by all users",
        "An ANR rate divides some of the users by all users.",
        anr_over(lambda d, rows: sum(row.quantity for row in rows), "by sessions"),
        anr_over(lambda d, rows: len(rows), "by rows"),
        anr_over(lambda d, rows: users(d, [row for row in rows if row.status == "abnormal"]),
            "by abnormal users"),
        defined("foreground by all with an ANR", rate=foreground_of_anr),
        defined("sessions by sessions", rate=anr_of_sessions),
        defined("sessions by sessions, in anr_rate()",
                rate=lambda d, field, rows: (rate if field[0] == "f" else anr_of_sessions)(d, field, rows)),
    ),
)  # fmt: skip
"""The bugs of this family."""
