"""What a percentile or an average is (§6.3)."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from sessionstats.fields import PERCENTILES, Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Session, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import counted_durations, interpolated, statistic

Quantile: TypeAlias = Callable[[Sequence[float], float], float]
"""A quantile of ascending values at a share."""

DIGITS: Final = 9
"""Positions are rounded to so many digits before they are cut: 0.95 × 20 is meant to be 19."""


def _defined(evidence: Evidence, *quantiles: Quantile) -> Iterator[Flat]:
    """The answers if percentiles were defined otherwise."""

    def by(quantile: Quantile) -> Iterator[Flat]:
        def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
            return statistic(field, counted_durations(sessions), classes, quantile)

        fields = [field for field in evidence.query.fields if field.part in PERCENTILES]
        yield from evidence.recomputed(wrong, fields)

    for quantile in quantiles:
        yield from by(quantile)


def _position(n: int, share: float) -> float:
    return round((n - 1) * share, DIGITS)


@diagnosis("percentile-nearest-rank", "6.3", "Percentiles are nearest ranks")
def nearest_rank(evidence: Evidence) -> Iterator[Flat]:
    """A percentile is interpolated between order statistics (type 7), not always one of the values."""
    yield from _defined(evidence, lambda v, q: v[max(0, math.ceil(round(q * len(v), DIGITS)) - 1)])


@diagnosis("percentile-of-texts", "6.3", "Durations are sorted as text for percentiles")
def of_texts(evidence: Evidence) -> Iterator[Flat]:
    """Durations are numbers: 10 comes after 9. ``sort()`` of JavaScript compares texts."""

    def sorted_by(text: Callable[[float], str]) -> Quantile:
        return lambda values, share: interpolated(sorted(values, key=text), 1 + (len(values) - 1) * share)

    yield from _defined(evidence, sorted_by(lambda value: f"{value:.15g}"), sorted_by(str))
    yield from _defined(evidence, sorted_by(lambda value: f"{1000 * value:.15g}"))


@diagnosis("percentile-type-6", "6.3", "Percentiles are of type 6")
def type_6(evidence: Evidence) -> Iterator[Flat]:
    """Type 6 (position (n + 1) q, PERCENTILE.EXC of spreadsheets) instead of type 7 (1 + (n − 1) q)."""
    yield from _defined(evidence, lambda v, q: interpolated(v, (len(v) + 1) * q))


@diagnosis("percentile-neighbour", "6.3", "Percentiles take a neighbour instead of interpolating")
def neighbour(evidence: Evidence) -> Iterator[Flat]:
    """At the right position, but the value below, above, nearest or half-way is taken."""
    yield from _defined(
        evidence,
        lambda v, q: v[math.floor(_position(len(v), q))],
        lambda v, q: v[math.ceil(_position(len(v), q))],
        lambda v, q: v[round(_position(len(v), q))],
        lambda v, q: v[math.floor(_position(len(v), q) + 0.5)],
        lambda v, q: (v[math.floor(_position(len(v), q))] + v[math.ceil(_position(len(v), q))]) / 2,
    )


@diagnosis("percentile-off-by-one", "6.3", "Percentiles take the value one place further")
def off_by_one(evidence: Evidence) -> Iterator[Flat]:
    """The position is (n − 1) q counted from 0; n q is one value further, or beyond the end."""
    yield from _defined(
        evidence,
        lambda v, q: v[min(len(v) - 1, math.floor(round(len(v) * q, DIGITS)))],
        lambda v, q: interpolated(v, len(v) * q + 1),
    )


@diagnosis("percentile-other-type", "6.3", "Percentiles are of type 4, 5, 8 or 9")
def other_types(evidence: Evidence) -> Iterator[Flat]:
    """There are nine definitions of a quantile in use; answers are of Hyndman and Fan's type 7."""
    yield from _defined(
        evidence,
        lambda v, q: interpolated(v, len(v) * q),
        lambda v, q: interpolated(v, len(v) * q + 0.5),
        lambda v, q: interpolated(v, (len(v) + 1 / 3) * q + 1 / 3),
        lambda v, q: interpolated(v, (len(v) + 1 / 4) * q + 3 / 8),
    )


@diagnosis("other-percentile", "6.3", "Another percentile, or the average, is taken")
def other_percentile(evidence: Evidence) -> Iterator[Flat]:
    """Each field has a percentile of its own; the median is p50, and the average is neither."""

    def instead(part: str, other: str) -> Iterator[Flat]:
        def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
            replaced = Field(field.name, field.kind, field.subject, other)
            return statistic(replaced, counted_durations(sessions), classes)

        yield from evidence.recomputed(
            wrong, [field for field in evidence.query.fields if field.part == part]
        )

    for part, other in (("p50", "avg"), ("avg", "p50"), ("p99", "max"), ("max", "p99"), ("p95", "p99")):
        yield from instead(part, other)


@diagnosis("average-summed-plainly", "6.3", "Averages add durations up in some order, rounding each time")
def plain_sum(evidence: Evidence) -> Iterator[Flat]:
    """The sum is rounded once, so that it does not depend on the order of rows."""

    def in_order(order: Callable[[list[float]], Sequence[float]]) -> Iterator[Flat]:
        def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
            seconds = [s.duration for s in sessions if s.status == "exited" and s.duration is not None]
            return statistic(
                field, order(seconds), classes, mean=lambda values: sum(values, 0.0) / len(values)
            )

        yield from evidence.recomputed(
            wrong, [field for field in evidence.query.fields if field.part == "avg"]
        )

    yield from in_order(list)
    yield from in_order(sorted)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    of_texts,
    nearest_rank,
    type_6,
    off_by_one,
    neighbour,
    other_types,
    other_percentile,
    plain_sum,
)
"""Of this family, the most specific first."""
