"""What a rate divides, of what, and how it is written (§6.5)."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Final

from sessionstats.fields import Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Session, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import distinct_users, in_classes, parts, rate, sessions_in

PERCENT: Final = 100
"""Factor of a rate written in per cent."""

MOST_DIGITS: Final = 6
"""Rounding to more digits than this is not looked for."""


def _changed(evidence: Evidence, change: Callable[[float], Value]) -> Iterator[Flat]:
    """The answers with the rates changed that are not null: all of them, or of one kind."""

    def of(fields: Collection[Field]) -> Iterator[Flat]:
        yield from evidence.patched(
            lambda field, value: change(value) if field in fields and value is not None else value
        )

    for fields in _choices(evidence):
        yield from of(fields)


def _choices(evidence: Evidence) -> Iterator[list[Field]]:
    """The requested rates: all, and, if there are both, only crash-free rates, and only others."""
    rates = evidence.fields_of(kind="rate")
    complements = [field for field in rates if field.complement]
    others = [field for field in rates if not field.complement]
    yield from ([rates, complements, others] if complements and others else [rates] if rates else [])


def _divided(evidence: Evidence, divide: Callable[[Field, int, int], Value]) -> Iterator[Flat]:
    """The answers with the rates made of their part and whole in another way."""
    names = evidence.query.rules.health_classes

    def wrong(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
        return divide(field, *parts(field, sessions, names))

    for fields in _choices(evidence):
        yield from evidence.recomputed(wrong, fields)


@diagnosis("rate-of-nothing", "6.5", "Rates of nothing are 0 or 1 instead of null")
def of_nothing(evidence: Evidence) -> Iterator[Flat]:
    """Where there is nothing to divide by there is no rate: null, neither 0 % nor 100 %."""
    for instead in (1.0, 0.0, 1, 0):
        yield from evidence.patched(_nothing_as(instead))
        yield from evidence.patched(_nothing_as(instead, only_complement=True))
    yield from evidence.patched(lambda field, value: _crash_free_at_nothing(field, value))


def _nothing_as(instead: float, *, only_complement: bool = False) -> Callable[[Field, Value], Value]:
    def patch(field: Field, value: Value) -> Value:
        concerned = field.kind == "rate" and value is None and (field.complement or not only_complement)
        return instead if concerned else value

    return patch


def _crash_free_at_nothing(field: Field, value: Value) -> Value:
    """A crash rate of 0 makes a crash-free rate of 1."""
    return float(field.complement) if field.kind == "rate" and value is None else value


@diagnosis("rate-of-healthy", "6.5", "Rates divide by the healthy or the unhealthy instead of by all")
def of_healthy(evidence: Evidence) -> Iterator[Flat]:
    """A rate divides by all sessions, or all users: crashed over healthy is no share, and can exceed 1."""
    names = evidence.query.rules.health_classes

    def by(classes: Sequence[str], empty: Callable[[int, int], int]) -> Iterator[Flat]:
        def wrong(field: Field, sessions: Sequence[Session], _: Sequence[str] | None) -> Value:
            part, whole = parts(field, sessions, names)
            chosen = in_classes(sessions, classes)
            divisor = sessions_in(chosen, None) if field.subject == "session" else distinct_users(chosen)
            return rate(field, part, empty(divisor, whole))

        for fields in _choices(evidence):
            yield from evidence.recomputed(wrong, fields)

    for classes in (("healthy",), tuple(name for name in names if name != "crashed")):
        yield from by(classes, lambda divisor, whole: divisor)
        yield from by(classes, lambda divisor, whole: divisor or whole)


@diagnosis(
    "rate-complemented", "6.5", "Crash rates and crash-free rates are taken for each other", broad=True
)
def complemented(evidence: Evidence) -> Iterator[Flat]:
    """The crash-free rate is one minus the crash rate."""
    yield from _divided(evidence, lambda _, part, whole: part / whole if whole else None)
    yield from _divided(evidence, lambda _, part, whole: 1 - part / whole if whole else None)
    yield from _changed(evidence, lambda value: 1 - value)


@diagnosis("rate-in-per-cent", "6.5", "Rates are in per cent")
def in_per_cent(evidence: Evidence) -> Iterator[Flat]:
    """Rates are shares from 0 to 1."""
    yield from _changed(evidence, lambda value: value * PERCENT)
    yield from _changed(evidence, lambda value: value / PERCENT)


@diagnosis("rate-in-integers", "6.5", "Rates are divided as integers")
def in_integers(evidence: Evidence) -> Iterator[Flat]:
    """Counts are integers, their ratio is not: integer division leaves 0 or 1."""

    def whole(field: Field, part: int, whole: int) -> Value:
        return None if not whole else 1 - part // whole if field.complement else part // whole

    def whole_as_float(field: Field, part: int, all_: int) -> Value:
        value = whole(field, part, all_)
        return None if value is None else float(value)

    yield from _divided(evidence, whole_as_float)
    yield from _divided(evidence, whole)


@diagnosis("rate-rounded", "6.5", "Rates are rounded")
def rounded(evidence: Evidence) -> Iterator[Flat]:
    """Rates are not rounded: 99.996 % crash-free is not 100 %."""
    for digits in range(MOST_DIGITS + 1):
        factor = 10.0**digits
        yield from _changed(evidence, partial(_rounded, digits))
        for cut in (math.floor, math.ceil):
            yield from _changed(evidence, partial(_cut, cut, factor))


def _rounded(digits: int, value: float) -> float:
    return float(round(value, digits))


def _cut(cut: Callable[[float], int], factor: float, value: float) -> float:
    return cut(value * factor) / factor


@diagnosis("complement-rounded-otherwise", "6.5", "Crash-free rates are (all − crashed) / all")
def rest_over_all(evidence: Evidence) -> Iterator[Flat]:
    """The crash-free rate is 1 − crashed / all, in that order: (n − c) / n differs in the last bit."""

    def rest(field: Field, part: int, whole: int) -> Value:
        return (whole - part) / whole if field.complement and whole else rate(field, part, whole)

    yield from _divided(evidence, rest)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    of_nothing,
    rest_over_all,
    in_integers,
    rounded,
    in_per_cent,
    of_healthy,
    complemented,
)
"""Of this family, the most specific first."""
