"""Durations: which count, how they are weighted, and what a percentile is (§6.3)."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from sessionstats.fields import Field
from sessionstats.percentiles import MILLISECONDS
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Session, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import counted_durations, interpolated, statistic

Quantile = Callable[[Sequence[float], float], float]

MOST_WEIGHTED: Final = 100_000
"""Weighting by quantity is tried only if no more values than this come of it."""


def _of(evidence: Evidence, durations: Callable[[Sequence[Session]], Iterable[float]]) -> Iterator[Flat]:
    """The answer if other durations counted."""
    fields = evidence.fields_of(kind="duration")
    if not fields:
        return

    def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
        return statistic(field, sorted(durations(sessions)), classes)

    yield evidence.recomputed(wrong, fields)


def _with_quantile(evidence: Evidence, *quantiles: Quantile) -> Iterator[Flat]:
    """The answers if percentiles were defined otherwise."""
    fields = [field for field in evidence.fields_of(kind="duration") if field.part not in ("avg", "max")]
    if not fields:
        return
    for quantile in quantiles:

        def wrong(
            field: Field,
            sessions: Sequence[Session],
            classes: Sequence[str] | None,
            quantile: Quantile = quantile,
        ) -> Value:
            return statistic(field, counted_durations(sessions), classes, quantile)

        yield evidence.recomputed(wrong, fields)


def _patched(evidence: Evidence, change: Callable[[Any], Any]) -> Iterator[Flat]:
    if evidence.fields_of(kind="duration"):
        yield evidence.patched(
            lambda field, path, value: change(value) if field.kind == "duration" and value is not None else value
        )


@diagnosis("factor-1000", "6.3", "Seconds instead of milliseconds, or a factor of 1000 too much")
def factor_1000(evidence: Evidence) -> Iterator[Flat]:
    """Sessions have durations in seconds, answers in milliseconds."""
    for factor in (MILLISECONDS, 1 / MILLISECONDS):
        yield from _patched(evidence, lambda value, factor=factor: value / factor)


@diagnosis("duration-rounded", "6.3", "Durations are rounded or cut to whole units")
def rounded(evidence: Evidence) -> Iterator[Flat]:
    """Durations are floats; storing or answering them as whole seconds or milliseconds loses the rest."""
    for change in (math.floor, round, math.ceil):
        yield from _patched(evidence, lambda value, change=change: float(change(value)))
        yield from _of(
            evidence, lambda sessions, change=change: map(float, map(change, counted_durations(sessions)))
        )
        yield from _patched(
            evidence, lambda value, change=change: change(value / MILLISECONDS) * MILLISECONDS
        )


@diagnosis("quantity-weights-durations", "6.3", "Quantity weights durations")
def weighted(evidence: Evidence) -> Iterator[Flat]:
    """The duration of a pre-aggregated row counts once, not once for each session that the row stands for."""
    counted = evidence.oracle.counting.quantity
    if len(counted) and 1 < int(counted.max()) and int(counted.sum()) <= MOST_WEIGHTED:
        yield from _of(
            evidence,
            lambda sessions: [
                duration
                for session in sessions
                for duration in counted_durations([session]) * session.quantity
            ],
        )


@diagnosis("unfinished-durations-counted", "6.3", "Durations of sessions that did not exit are included")
def of_other_statuses(evidence: Evidence) -> Iterator[Flat]:
    """Only ``exited`` sessions have durations that count: a crash cuts a session short."""
    statuses = {session.status for base in evidence.by_key for session in evidence.cell(base, None)}
    for included in [{status} for status in sorted(statuses - {"exited"})] + [statuses - {"exited"}]:
        if included:
            kept = {"exited"} | included
            yield from _of(
                evidence,
                lambda sessions, kept=kept: [
                    s.duration for s in sessions if s.status in kept and s.duration is not None
                ],
            )


@diagnosis("errored-durations-dropped", "6.3", "Durations of sessions with errors are left out")
def of_errored(evidence: Evidence) -> Iterator[Flat]:
    """What counts is the status ``exited``, not the health class: a session with handled errors exits too."""
    yield from _of(
        evidence,
        lambda sessions: counted_durations(s for s in sessions if s.health == "healthy"),
    )


@diagnosis("zero-durations-dropped", "6.3", "Durations of 0 are taken for missing")
def zero_dropped(evidence: Evidence) -> Iterator[Flat]:
    """A session of no length has a duration, which is 0; only a missing one does not count."""
    yield from _of(evidence, lambda sessions: [d for d in counted_durations(sessions) if d])


@diagnosis("missing-duration-is-zero", "6.3", "Missing durations count as 0")
def missing_as_zero(evidence: Evidence) -> Iterator[Flat]:
    """A session without a duration has none; as 0 it drags every statistic down."""
    yield from _of(
        evidence, lambda sessions: [s.duration or 0.0 for s in sessions if s.status == "exited"]
    )


@diagnosis("duration-in-every-class", "6.3", "Durations stand in every status group")
def in_every_class(evidence: Evidence) -> Iterator[Flat]:
    """By status the durations stand in ``healthy``; the other groups have null."""
    fields = evidence.fields_of(kind="duration")
    if fields and evidence.query.by_status:
        yield evidence.recomputed(lambda f, sessions, _: statistic(f, counted_durations(sessions), None), fields)
        yield evidence.recomputed(
            lambda f, sessions, classes: statistic(
                f, counted_durations(s for s in sessions if classes is None or s.health in classes), None
            ),
            fields,
        )


@diagnosis("percentile-nearest-rank", "6.3", "Percentiles are nearest ranks")
def nearest_rank(evidence: Evidence) -> Iterator[Flat]:
    """A percentile is interpolated between order statistics (type 7), not one of the values."""
    yield from _with_quantile(evidence, lambda v, q: v[max(0, math.ceil(round(q * len(v), 9)) - 1)])


@diagnosis("percentile-lower-or-higher", "6.3", "Percentiles take a neighbour instead of interpolating")
def neighbour(evidence: Evidence) -> Iterator[Flat]:
    """At the right position, but the value below, above, nearest or in the middle is taken."""
    yield from _with_quantile(
        evidence,
        lambda v, q: v[math.floor(round((len(v) - 1) * q, 9))],
        lambda v, q: v[math.ceil(round((len(v) - 1) * q, 9))],
        lambda v, q: v[round((len(v) - 1) * q)],
        lambda v, q: v[math.floor((len(v) - 1) * q + 0.5)],
        lambda v, q: v[min(len(v) - 1, math.floor(round(len(v) * q, 9)))],
        lambda v, q: (v[math.floor((len(v) - 1) * q)] + v[math.ceil((len(v) - 1) * q)]) / 2,
    )


@diagnosis("percentile-type-6", "6.3", "Percentiles are of type 6")
def type_6(evidence: Evidence) -> Iterator[Flat]:
    """Type 6 (position (n + 1) q, as spreadsheets' PERCENTILE.EXC) instead of type 7 (1 + (n - 1) q)."""
    yield from _with_quantile(evidence, lambda v, q: interpolated(v, (len(v) + 1) * q))


@diagnosis("percentile-other-type", "6.3", "Percentiles are of type 4, 5, 8 or 9")
def other_types(evidence: Evidence) -> Iterator[Flat]:
    """There are nine definitions of a quantile in use; answers are of Hyndman and Fan's type 7."""
    yield from _with_quantile(
        evidence,
        lambda v, q: interpolated(v, len(v) * q),
        lambda v, q: interpolated(v, len(v) * q + 0.5),
        lambda v, q: interpolated(v, (len(v) + 1 / 3) * q + 1 / 3),
        lambda v, q: interpolated(v, (len(v) + 1 / 4) * q + 3 / 8),
    )


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    factor_1000,
    weighted,
    of_other_statuses,
    of_errored,
    zero_dropped,
    missing_as_zero,
    in_every_class,
    nearest_rank,
    type_6,
    neighbour,
    other_types,
    rounded,
)
