"""Durations: which count, and their statistics (§6.3)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Changes, Variant, bug, defined, sessions_as, values_as
from sessionstats.testing.bugs.users import total_of
from sessionstats.testing.model.aggregates import duration, kind, value
from sessionstats.testing.model.definitions import DEFINITIONS, Definitions
from sessionstats.testing.model.folding import health
from sessionstats.testing.model.rows import Row

Quantile = Callable[[list[float], int], float]
"""From ordered durations and per cent to a percentile."""

SECONDS_AT_MOST: Final = 2**31
"""Where whole seconds of 32 bits end."""


LIMITS: Final = (60, 300, 600, 900, 1800, 3600, 7200, 86_400, 604_800, 1_000_000)
"""Lengths in seconds beyond which durations are thought to be wrong."""


def is_duration(field: str) -> bool:
    """Whether a field is a statistic of durations."""
    return field.endswith("(session.duration)")


def is_percentile(field: str) -> bool:
    """Whether it is a percentile."""
    return is_duration(field) and field.startswith("p")


def at(place: Callable[[int, Fraction], Fraction]) -> Quantile:
    """A percentile that interpolates at a position counted from 0."""

    def quantile(ordered: list[float], percent: int) -> float:
        where = min(max(place(len(ordered), Fraction(percent, 100)), Fraction(0)), Fraction(len(ordered) - 1))
        below = math.floor(where)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * float(where - below)

    return quantile


def rank(place: Callable[[int, Fraction], int]) -> Quantile:
    """A percentile that takes one of the values, at a position counted from 0."""

    def quantile(ordered: list[float], percent: int) -> float:
        where = place(len(ordered), Fraction(percent, 100))
        return ordered[min(max(where, 0), len(ordered) - 1)]

    return quantile


def halfway(ordered: list[float], percent: int) -> float:
    """Half-way between the neighbours."""
    below, rest = divmod((len(ordered) - 1) * percent, 100)
    return ordered[below] if rest == 0 else (ordered[below] + ordered[below + 1]) / 2


def quantiles(quantile: Quantile, detail: str = "") -> Variant:
    """A variant with other percentiles."""
    return defined(detail, quantile=quantile)


def as_text(ordered: list[float], percent: int) -> float:
    """A percentile of durations sorted as JavaScript sorts by default."""
    texts = sorted(ordered, key=lambda seconds: str(int(seconds)) if seconds.is_integer() else repr(seconds))
    return DEFINITIONS.quantile(texts, percent)


def counted(change: Callable[[Row], float | None], detail: str = "") -> Variant:
    """A variant in which other durations count."""
    return defined(detail, counted_duration=change)


def statuses(*names: str) -> Variant:
    """A variant that counts the durations of some statuses."""
    return counted(
        lambda row: row.duration if row.status in names else None, f"of {' and '.join(names)} sessions"
    )


def weighted(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    """A statistic in which a row counts as often as its quantity says."""
    found = [(d.counted_duration(session), session.quantity) for session in sessions]
    pairs = sorted((length, times) for length, times in found if length is not None)
    if not pairs or field.startswith("max"):
        return duration(d, field, sessions)
    whole = sum(times for _, times in pairs)
    if field.startswith("avg"):
        seconds = math.fsum(length * times for length, times in pairs) / whole
    else:
        below, rest = divmod((whole - 1) * int(field[1:3]), 100)
        low, high = _place(pairs, below), _place(pairs, min(below + 1, whole - 1))
        seconds = low + (high - low) * (rest / 100)
    return d.milliseconds(seconds)


def _place(pairs: list[tuple[float, int]], place: int) -> float:
    for length, times in pairs:
        if place < times:
            return length
        place -= times
    return pairs[-1][0]


def weighted_average(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    """The average weighted by quantity; percentiles as they are."""
    return (weighted if field.startswith("avg") else duration)(d, field, sessions)


def divided_by(count: Callable[[Definitions, list[Row]], int]) -> Callable[..., float | None]:
    """An average whose sum is divided by another count."""

    def statistic(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        right = duration(d, field, sessions)
        if right is None or not field.startswith("avg"):
            return right
        lengths = [length for session in sessions if (length := d.counted_duration(session)) is not None]
        return d.milliseconds(math.fsum(lengths) / (count(d, sessions) or 1))

    return statistic


def answered_as(*changes: tuple[str, str]) -> Callable[..., float | None]:
    """Some statistics, returned in place of others."""
    others = dict(changes)

    def statistic(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        name = field.partition("(")[0]
        return duration(d, f"{others.get(name, name)}(session.duration)", sessions)

    return statistic


def lengths_as(change: Callable[[float], float], detail: str) -> Variant:
    """A variant that has other durations."""
    return sessions_as(lambda row: {} if row.duration is None else {"duration": change(row.duration)}, detail)


def single(seconds: float) -> float:
    """In single precision."""
    try:
        return float(struct.unpack("f", struct.pack("f", seconds))[0])
    except OverflowError:
        return math.inf


def in_every_class(d: Definitions, field: str, sessions: list[Row], classes: frozenset[str] | None) -> Any:
    """Durations whatever the class."""
    return value(d, field, sessions, None if kind(field) == "duration" else classes)


def of_its_class(d: Definitions, field: str, sessions: list[Row], classes: frozenset[str] | None) -> Any:
    """Durations of the sessions of the class itself."""
    if kind(field) != "duration" or classes is None:
        return value(d, field, sessions, classes)
    return value(d, field, [session for session in sessions if d.health(session) in classes], None)


def ended_well(row: Row) -> float | None:
    """The duration of a healthy session that exited."""
    return row.duration if row.status == "exited" and health(row) == "healthy" else None


def rounded(digits: int) -> Callable[[str, Any], Any]:
    """A duration rounded to so many digits."""
    return lambda name, value: (
        round(value, digits) + 0.0 if is_duration(name) and value is not None else value
    )


def of_durations(change: Callable[[Any], Any], detail: str = "") -> Variant:
    """A variant that writes durations differently."""
    return values_as(lambda name, value: change(value) if is_duration(name) else value, detail)


def left_out(most: float, row: Row) -> Changes:
    """A session, without its duration if that is longer."""
    return {"duration": None} if (row.duration or 0) > most else {}


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "percentile-total-mean-of-buckets", "6.3", "Totals of percentiles are combined from the buckets",
        "Percentiles cannot be averaged: a quiet hour would weigh as much as a busy one, losing the tail.",
        *total_of(lambda values: math.fsum(values) / len(values), is_percentile),
        *total_of(max, is_percentile),
        *total_of(lambda values: values[-1], is_percentile),
    ),
    bug(
        "average-total-mean-of-buckets", "6.3", "The total average is the mean of the buckets' averages",
        "Buckets hold different numbers of sessions: their averages would have to be weighted.",
        *total_of(lambda values: math.fsum(values) / len(values), lambda field: field.startswith("avg")),
        *total_of(lambda values: math.fsum(values) / len(values), is_duration),
    ),
    bug(
        "percentile-of-texts", "6.3", "Durations are sorted as text for percentiles",
        "Durations are numbers: 10 comes after 9. By default, ``sort()`` in JavaScript compares text.",
        quantiles(as_text),
    ),
    bug(
        "percentile-unsorted", "6.3", "Percentiles are taken without sorting",
        "A percentile is taken from the sorted durations.",
        defined(duration=lambda d, field, sessions: _unsorted(d, field, sessions)),
    ),
    bug(
        "percentile-nearest-rank", "6.3", "Percentiles use the nearest rank",
        "A percentile is interpolated between order statistics (type 7), not always one of the values.",
        quantiles(rank(lambda n, q: math.ceil(n * q) - 1)),
        quantiles(rank(lambda n, q: math.floor(n * q + Fraction(1, 2)) - 1), "rounded to the nearest"),
        quantiles(rank(lambda n, q: math.floor(n * q) - 1), "rounded down"),
        reports=[],
    ),
    bug(
        "percentile-type-6", "6.3", "Percentiles are of type 6",
        "The position is 1 + (n − 1) q, type 7, not (n + 1) q, type 6 (PERCENTILE.EXC in spreadsheets).",
        quantiles(at(lambda n, q: (n + 1) * q - 1)),
    ),
    bug(
        "percentile-off-by-one", "6.3", "Percentiles take the value one position further on",
        "The position is (n − 1) q counted from 0; n q is one value further on, or beyond the end.",
        quantiles(rank(lambda n, q: math.floor(n * q))), quantiles(rank(lambda n, q: math.ceil(n * q))),
        quantiles(rank(lambda n, q: round(n * q))),
        quantiles(at(lambda n, q: n * q), "with interpolation"),
    ),
    bug(
        "percentile-neighbour", "6.3", "Percentiles take a neighbour instead of interpolating",
        "Between two values a percentile is interpolated: it is not the value below, above or half-way.",
        quantiles(rank(lambda n, q: math.floor((n - 1) * q)), "below"),
        quantiles(rank(lambda n, q: math.ceil((n - 1) * q)), "above"),
        quantiles(rank(lambda n, q: round((n - 1) * q)), "nearest, half to even"),
        quantiles(rank(lambda n, q: math.floor((n - 1) * q + Fraction(1, 2))), "nearest, half up"),
        quantiles(halfway, "half-way"),
    ),
    bug(
        "percentile-other-type", "6.3", "Percentiles are of type 1 to 5, 8 or 9",
        "There are nine definitions of a quantile in use; answers are of Hyndman and Fan's type 7.",
        quantiles(at(lambda n, q: n * q - 1), "type 4"),
        quantiles(at(lambda n, q: n * q - Fraction(1, 2)), "type 5"),
        quantiles(at(lambda n, q: n * q + (q + 1) / 3 - 1), "type 8"),
        quantiles(at(lambda n, q: n * q + q / 4 + Fraction(3, 8) - 1), "type 9"),
        quantiles(lambda ordered, percent: _averaged(ordered, percent), "type 2"),
        quantiles(rank(lambda n, q: round(n * q) - 1), "type 3"),
    ),
    bug(
        "other-percentile", "6.3", "Another percentile, or the average, is returned",
        "Each field is a statistic of its own: the median is p50, and the average is not the median.",
        defined("avg as p50", duration=answered_as(("avg", "p50"))),
        defined("p50 as avg", duration=answered_as(("p50", "avg"))),
        defined("p99 as p95", duration=answered_as(("p99", "p95"))),
        defined("p95 as p90", duration=answered_as(("p95", "p90"))),
        defined("p95 as p99", duration=answered_as(("p95", "p99"))),
        defined("p90 as p95", duration=answered_as(("p90", "p95"))),
        defined("p75 as p50", duration=answered_as(("p75", "p50"))),
        defined("p75 as p90", duration=answered_as(("p75", "p90"))),
        defined("max as p99", duration=answered_as(("max", "p99"))),
        defined("p99 as max", duration=answered_as(("p99", "max"))),
        defined("all as p50", duration=answered_as(*((f"p{n}", "p50") for n in (75, 90, 95, 99)))),
    ),
    bug(
        "factor-1000", "6.3", "Durations are in seconds, or 1000 times too large",
        "Sessions have durations in seconds, answers in milliseconds.",
        defined("seconds", milliseconds=lambda seconds: seconds),
        defined("microseconds", milliseconds=lambda seconds: seconds * 1e6),
    ),
    bug(
        "quantity-weights-durations", "6.3", "Durations are weighted by quantity",
        "The duration of a pre-aggregated row counts once, not once for each session that the row "
        "stands for.",
        defined(duration=weighted), defined("in averages", duration=weighted_average),
        defined("in sums", duration=lambda d, field, sessions: _quantity_in_sums(d, field, sessions)),
    ),
    bug(
        "average-over-others", "6.3", "The average divides by the wrong number",
        "The average is over the sessions whose duration counts.",
        defined("by all sessions", duration=divided_by(lambda d, rows: sum(row.quantity for row in rows))),
        defined("by all rows", duration=divided_by(lambda d, rows: len(rows))),
        defined("by exited rows", duration=divided_by(lambda d, rows: sum(r.status == "exited"
            for r in rows))),
        defined("by users", duration=divided_by(lambda d, rows: len({r.user for r in rows if r.user}))),
    ),
    bug(
        "errored-durations-dropped", "6.3", "Durations of sessions with errors do not count",
        "What counts is the status ``exited``, not the health class: a session with handled errors "
        "exits too.",
        counted(ended_well),
        counted(lambda row: row.duration if health(row) == "healthy" else None, "those of open ones do"),
    ),
    bug(
        "unfinished-durations-counted", "6.3", "Durations of sessions that did not exit count",
        "Only ``exited`` sessions have durations that count: a crash cuts a session short.",
        counted(lambda row: row.duration, "of all sessions"),
        statuses("exited", "crashed"), statuses("exited", "ok"), statuses("exited", "errored"),
        statuses("exited", "abnormal"), statuses("exited", "crashed", "abnormal"),
        statuses("exited", "errored", "ok"), statuses("exited", "crashed", "abnormal", "unhandled"),
        statuses("exited", "crashed", "abnormal", "errored"), statuses("exited", "unhandled"),
        statuses("ok", "exited", "errored", "abnormal"), statuses("exited", "errored", "crashed"),
        counted(lambda row: row.duration if health(row) in ("healthy", "errored") else None,
            "of healthy or errored"),
    ),
    bug(
        "zero-durations-dropped", "6.3", "Durations of 0 count as missing",
        "A duration of 0 is a duration; only a missing one does not count.",
        sessions_as(lambda row: {} if row.duration else {"duration": None}),
    ),
    bug(
        "missing-duration-is-zero", "6.3", "Missing durations count as 0",
        "A session without a duration has none; as 0 it would drag every statistic down.",
        sessions_as(lambda row: {"duration": row.duration or 0.0}),
    ),
    bug(
        "equal-durations-merged", "6.3", "Equal durations count once",
        "Every session counts: two of the same length are two.",
        defined(duration=lambda d, field, sessions: duration(
            d, field, list({session.duration: session for session in sessions
                            if d.counted_duration(session) is not None}.values()))),
    ),
    bug(
        "durations-limited", "6.3", "Long durations are cut or left out",
        "Every finite duration counts, however long it is.",
        *(lengths_as(partial(min, most), f"at most {most:,} seconds")
          for most in (*LIMITS, SECONDS_AT_MOST - 1)),
        *(sessions_as(partial(left_out, most), f"left out beyond {most:,} seconds")
          for most in LIMITS),
        lengths_as(lambda length: length % SECONDS_AT_MOST, "wrapped at 31 bits"),
    ),
    bug(
        "duration-in-every-class", "6.3", "Durations appear in every status group",
        "Grouped by status, durations appear under ``healthy``; the other groups have null.",
        defined(value=in_every_class), defined("of its own sessions", value=of_its_class),
    ),
    bug(
        "duration-rounded", "6.3", "Durations are rounded or cut to whole units",
        "Durations are floats: whole seconds or milliseconds, stored or returned, lose the rest.",
        lengths_as(math.floor, "to seconds, on input"), lengths_as(round,
            "to the nearest second, on input"),
        lengths_as(lambda length: math.floor(length * 1000) / 1000, "to milliseconds, on input"),
        lengths_as(lambda length: round(length, 3), "to the nearest millisecond, on input"),
        *(values_as(rounded(digits), f"to {digits} digits, on output") for digits in (0, 1, 2, 3, 4, 6)),
        of_durations(lambda value: None if value is None else float(math.floor(value)),
            "down, on output"),
        of_durations(lambda value: None if value is None else float(math.ceil(value)), "up, on output"),
        of_durations(lambda value: None if value is None else math.floor(value / 1000) * 1000.0,
            "to whole seconds"),
        of_durations(lambda value: None if value is None else round(value / 1000) * 1000.0,
            "to the nearest second"),
        of_durations(lambda value: None if value is None else math.floor(value + 0.5) + 0.0,
            "half up, on output"),
    ),
    bug(
        "duration-single-precision", "6.3", "Durations have passed through single precision",
        "Durations are binary64: single precision keeps seven digits.",
        lengths_as(single, "on input"),
        of_durations(lambda value: None if value is None else single(value), "on output"),
        defined("in computation", duration=lambda d, field, sessions: _computed_single(d, field, sessions)),
    ),
)  # fmt: skip
"""The bugs of this family."""


def _unsorted(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    lengths = [length for session in sessions if (length := d.counted_duration(session)) is not None]
    if not lengths or not is_percentile(field):
        return duration(d, field, sessions)
    return d.milliseconds(d.quantile(lengths, int(field[1:3])))


def _averaged(ordered: list[float], percent: int) -> float:
    below, rest = divmod(len(ordered) * percent, 100)
    if rest or not 0 < below < len(ordered):
        return ordered[min(max(below, 0) if rest else max(below - 1, 0), len(ordered) - 1)]
    return (ordered[below - 1] + ordered[below]) / 2


def _quantity_in_sums(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    changed = [
        row if row.duration is None else replace(row, duration=row.duration * row.quantity)
        for row in sessions
    ]
    return duration(d, field, changed if field.startswith("avg") else sessions)


def _computed_single(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    changed = [
        session if session.duration is None else replace(session, duration=single(session.duration))
        for session in sessions
    ]
    right = duration(d, field, changed)
    return None if right is None else single(right)
