"""Which durations count, how they are weighted, and their unit (§6.3)."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from sessionstats.fields import Field
from sessionstats.percentiles import MILLISECONDS, exact_sum
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Session, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import counted_durations, statistic

MOST_WEIGHTED: Final = 100_000
"""Weighting by quantity is tried only if no more values than this come of it."""


def _of(evidence: Evidence, durations: Callable[[Sequence[Session]], Iterable[float]]) -> Iterator[Flat]:
    """The answer if other durations counted."""

    def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
        return statistic(field, sorted(durations(sessions)), classes)

    yield from evidence.recomputed(wrong, evidence.fields_of(kind="duration"))


def _changed(evidence: Evidence, change: Callable[[float], Value]) -> Iterator[Flat]:
    """The answer with every duration changed that is not null."""
    if evidence.fields_of(kind="duration"):
        yield from evidence.patched(
            lambda field, value: change(value) if field.kind == "duration" and value is not None else value
        )


@diagnosis("factor-1000", "6.3", "Seconds instead of milliseconds, or a factor of 1000 too much")
def factor_1000(evidence: Evidence) -> Iterator[Flat]:
    """Sessions have durations in seconds, answers in milliseconds."""
    yield from _changed(evidence, lambda value: value / MILLISECONDS)
    yield from _changed(evidence, lambda value: value * MILLISECONDS)


@diagnosis("duration-rounded", "6.3", "Durations are rounded or cut to whole units")
def rounded(evidence: Evidence) -> Iterator[Flat]:
    """Durations are floats; storing or answering them as whole seconds or milliseconds loses the rest."""

    def by(change: Callable[[float], int]) -> Iterator[Flat]:
        def stored(sessions: Sequence[Session]) -> list[float]:
            return [float(change(seconds)) for seconds in counted_durations(sessions)]

        def stored_finely(sessions: Sequence[Session]) -> list[float]:
            return [change(seconds * MILLISECONDS) / MILLISECONDS for seconds in _below_overflow(sessions)]

        yield from _changed(evidence, lambda value: float(change(value)))
        yield from _changed(evidence, change)
        yield from _changed(evidence, lambda value: change(value / MILLISECONDS) * MILLISECONDS)
        yield from _of(evidence, stored)
        yield from _of(evidence, stored_finely)

    for change in (math.floor, round, math.ceil):
        yield from by(change)


def _below_overflow(sessions: Sequence[Session]) -> list[float]:
    return [seconds for seconds in counted_durations(sessions) if math.isfinite(seconds * MILLISECONDS)]


@diagnosis("quantity-weights-durations", "6.3", "Quantity weights durations")
def weighted(evidence: Evidence) -> Iterator[Flat]:
    """The duration of a pre-aggregated row counts once, not once for each session that the row stands for."""
    yield from evidence.recomputed(_weighted_average, [f for f in evidence.query.fields if f.part == "avg"])
    if int(evidence.oracle.counting.quantity.sum()) <= MOST_WEIGHTED:
        yield from _of(
            evidence,
            lambda sessions: [value for s in sessions for value in counted_durations([s]) * s.quantity],
        )


def _weighted_average(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
    counted = [session for session in sessions if counted_durations([session])]
    weight = sum(session.quantity for session in counted)

    def mean(_: Sequence[float]) -> float:
        return exact_sum([(session.duration or 0.0) * session.quantity for session in counted]) / weight

    return statistic(field, counted_durations(sessions), classes, mean=mean)


@diagnosis("unfinished-durations-counted", "6.3", "Durations of sessions that did not exit count")
def of_other_statuses(evidence: Evidence) -> Iterator[Flat]:
    """Only ``exited`` sessions have durations that count: a crash cuts a session short."""
    statuses = {session.status for base in evidence.by_key for session in evidence.cell(base, None)}

    def of(counted: set[str]) -> Iterator[Flat]:
        yield from _of(
            evidence,
            lambda sessions: [s.duration for s in sessions if s.status in counted and s.duration is not None],
        )

    others = sorted(statuses - {"exited"})
    for counted in ({"exited", *others}, *({"exited", other} for other in others)):
        yield from of(counted)
    yield from _of(
        evidence,
        lambda sessions: [s.duration for s in sessions if s.health == "healthy" and s.duration is not None],
    )


@diagnosis("errored-durations-dropped", "6.3", "Durations of sessions with errors do not count")
def of_errored(evidence: Evidence) -> Iterator[Flat]:
    """What counts is the status ``exited``, not the health class: a session with handled errors exits too."""
    yield from _of(evidence, lambda sessions: counted_durations(s for s in sessions if s.health == "healthy"))


@diagnosis("zero-durations-dropped", "6.3", "Durations of 0 are taken for missing")
def zero_dropped(evidence: Evidence) -> Iterator[Flat]:
    """A session of no length has a duration, which is 0; only a missing one does not count."""
    yield from _of(evidence, lambda sessions: filter(None, counted_durations(sessions)))


@diagnosis("missing-duration-is-zero", "6.3", "Missing durations count as 0")
def missing_as_zero(evidence: Evidence) -> Iterator[Flat]:
    """A session without a duration has none; as 0 it would drag every statistic down."""
    yield from _of(evidence, lambda sessions: [s.duration or 0.0 for s in sessions if s.status == "exited"])


@diagnosis("duration-of-nothing-is-zero", "6.3", "Durations of nothing are 0 instead of null")
def of_nothing(evidence: Evidence) -> Iterator[Flat]:
    """Where no duration counts there is no statistic of them: null."""
    for zero in (0, 0.0):
        yield from evidence.patched(_nothing_as(zero))


def _nothing_as(zero: float) -> Callable[[Field, Value], Value]:
    return lambda field, value: zero if field.kind == "duration" and value is None else value


@diagnosis("duration-in-every-class", "6.3", "Durations stand in every status group")
def in_every_class(evidence: Evidence) -> Iterator[Flat]:
    """By status the durations stand in ``healthy``; the other groups have null."""

    def everywhere(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
        return statistic(field, counted_durations(sessions), None)

    def by_class(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
        counted = (session for session in sessions if classes is None or session.health in classes)
        return statistic(field, counted_durations(counted), None)

    if evidence.query.by_status:
        yield from evidence.recomputed(everywhere, evidence.fields_of(kind="duration"))
        yield from evidence.recomputed(by_class, evidence.fields_of(kind="duration"))


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    factor_1000,
    weighted,
    of_errored,
    of_other_statuses,
    zero_dropped,
    missing_as_zero,
    of_nothing,
    in_every_class,
    rounded,
)
"""Of this family, the most specific first."""
