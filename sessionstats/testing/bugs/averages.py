"""Averages, medians and maxima of other kinds (§6.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined, values_as
from sessionstats.testing.model.aggregates import duration, kind, mean
from sessionstats.testing.model.definitions import DEFINITIONS, Definitions
from sessionstats.testing.model.rows import Row

HALF: Final = 50
"""The percentage of the median."""


def average_of(seconds: Callable[[list[Row]], float], detail: str) -> Variant:
    """A variant with another average of the sessions whose durations count."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        counted = [session for session in sessions if d.counted_duration(session) is not None]
        if not counted or not field.startswith("avg"):
            return duration(d, field, sessions)
        value = d.milliseconds(seconds(counted))
        return value if math.isfinite(value) else None

    return defined(detail, duration=wrong)


def lengths(sessions: list[Row]) -> list[float]:
    """Their durations, the shortest first."""
    return sorted(session.duration or 0.0 for session in sessions)


def trimmed(sessions: list[Row]) -> float:
    """The mean without the shortest and the longest, if there are more than two."""
    ordered = lengths(sessions)
    return mean(ordered[1:-1] if len(ordered) > 2 else ordered)


def of_means(key: Callable[[Row], Hashable]) -> Callable[[list[Row]], float]:
    """The mean of the means of those with the same key."""

    def outer(sessions: list[Row]) -> float:
        parts: dict[Hashable, list[float]] = {}
        for session in sessions:
            parts.setdefault(key(session), []).append(session.duration or 0.0)
        return mean([mean(part) for part in parts.values()])

    return outer


def written(change: Callable[[float], float], detail: str) -> Variant:
    """A variant that writes averages differently."""

    def value(name: str, right: Any) -> Any:
        return change(right) if name.startswith("avg(") and right is not None else right

    return values_as(value, detail)


def rounded(digits: int) -> Callable[[float], float]:
    """A number with so many digits."""
    return lambda value: round(value, digits) + 0.0


def one_by_one(durations: list[float]) -> float:
    """A mean of the mean so far and the next value."""
    value = durations[0]
    for each in durations[1:]:
        value = (value + each) / 2
    return value


def but_one(place: int) -> Callable[[list[Row]], float]:
    """The mean without the shortest or the longest duration, if there are several."""

    def seconds(sessions: list[Row]) -> float:
        ordered = lengths(sessions)
        if len(ordered) > 1:
            del ordered[place]
        return mean(ordered)

    return seconds


def middle(place: Callable[[int], int]) -> Variant:
    """A variant whose median is always one of the values."""

    def quantile(ordered: list[float], percent: int) -> float:
        return ordered[place(len(ordered))] if percent == HALF else DEFINITIONS.quantile(ordered, percent)

    return defined(f"the {'lower' if place(2) == 0 else 'upper'} one", quantile=quantile)


def longest(counts: Callable[[Row], bool], detail: str) -> Variant:
    """A variant whose maximum is over other sessions."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        if not field.startswith("max"):
            return duration(d, field, sessions)
        found = [row.duration for row in sessions if row.duration is not None and counts(row)]
        return d.milliseconds(max(found)) if found else None

    return defined(detail, duration=wrong)


def zero_for_none(names: str = "", detail: str = "", *, infinite: bool = False) -> Variant:
    """A variant in which some statistics of no durations are 0, wherever durations count."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        right = duration(d, field, sessions)
        if right is not None or not field.startswith(tuple(names.split() or [""])):
            return right
        return 0.0 if infinite or all(d.counted_duration(row) is None for row in sessions) else None

    return defined(detail, duration=wrong)


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "duration-of-nothing-is-zero", "6.3", "Statistics of no durations are 0 instead of null",
        "Where no duration counts, there is nothing to measure: every statistic is null.",
        zero_for_none(), zero_for_none(detail="or of infinite ones", infinite=True),
        zero_for_none("avg", "avg"), zero_for_none("max", "max"), zero_for_none("avg max", "avg and max"),
        zero_for_none("p", "percentiles"), zero_for_none("p max", "percentiles and max"),
        values_as(lambda name, value: 0.0 if value is None and kind(name) == "duration" else value,
                  "in every status group"),
    ),
    bug(
        "average-of-others", "6.3", "The average is not the mean of all durations",
        "The average is the sum of the durations that count, divided by their number.",
        average_of(trimmed, "without the shortest and the longest"),
        average_of(of_means(lambda row: row.user), "the mean of the users' means"),
        average_of(of_means(lambda row: row.release), "the mean of the releases' means"),
        average_of(lambda rows: mean(sorted(set(lengths(rows)))), "equal durations once"),
        average_of(lambda rows: (lengths(rows)[0] + lengths(rows)[-1]) / 2, "between shortest and longest"),
        average_of(lambda rows: one_by_one(lengths(rows)), "the mean of the mean so far and the next longer"),
        average_of(lambda rows: one_by_one([row.duration or 0.0 for row in rows]),
            "the mean of the mean so far and the next"),
        average_of(but_one(0), "without the shortest"), average_of(but_one(-1), "without the longest"),
        average_of(lambda rows: sum(lengths(rows)) / max(1, len(rows) - 1), "divided by one less"),
        average_of(lambda rows: sum(lengths(rows)) / (len(rows) + 1), "divided by one more"),
        average_of(lambda rows: math.fsum(lengths(rows)), "their sum"),
    ),
    bug(
        "average-rounded", "6.3", "Averages are rounded",
        "No value is rounded.",
        written(lambda value: float(math.floor(value)), "down to milliseconds"),
        *(written(rounded(digits), f"to {digits} digits") for digits in range(4)),
        average_of(lambda rows: mean(lengths(rows)) // 1, "down to seconds"),
        average_of(lambda rows: (mean(lengths(rows)) + 0.5) // 1, "to seconds"),
    ),
    bug(
        "median-of-one-value", "6.3", "The median is one of the two middle durations",
        "Of an even number of durations, the median lies half-way between the two in the middle.",
        middle(lambda n: (n - 1) // 2), middle(lambda n: n // 2),
    ),
    bug(
        "percentile-from-the-top", "6.3", "Percentiles are counted from the longest duration",
        "A 90th percentile is a duration that 90 % of the sessions do not exceed.",
        defined(quantile=lambda ordered, percent: DEFINITIONS.quantile(ordered, 100 - percent)),
    ),
    bug(
        "maximum-of-others", "6.3", "The maximum is over other sessions than the percentiles",
        "The maximum is that of ``exited`` sessions.",
        longest(lambda row: True, "all sessions"),
        longest(lambda row: row.status in ("exited", "ok"), "open ones as well"),
        longest(lambda row: row.status != "ok", "all that ended or failed"),
    ),
)  # fmt: skip
"""The bugs of this family."""
