"""How values are written (§6.6, §8)."""

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from sessionstats.fields import Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.findings import SERIES, Path


def _values(
    evidence: Evidence, applies: Callable[[Field], bool], change: Callable[[Any], Any]
) -> Iterator[Flat]:
    """The right answer with the values of some fields changed."""
    yield from evidence.patched(lambda field, value: change(value) if applies(field) else value)


def _is_count(field: Field) -> bool:
    return field.kind == "count"


def _is_float(field: Field) -> bool:
    return field.kind != "count"


@diagnosis("nan-in-json", "6.3", "NaN or an infinity stands in the answer")
def nan(evidence: Evidence) -> Iterator[Flat]:
    """NaN and infinities are not JSON: what has no finite value is null."""
    for bad in (math.nan, math.inf, -math.inf, "NaN", "nan", "Infinity", "-Infinity"):
        yield from evidence.patched(_null_as(bad))


def _null_as(bad: Any) -> Callable[[Field, Any], Any]:
    return lambda field, value: bad if value is None else value


@diagnosis("counts-as-floats", "8", "Counts are floats")
def floats(evidence: Evidence) -> Iterator[Flat]:
    """Counts are integers: a count of three is 3, not 3.0."""
    yield from _values(evidence, _is_count, float)


@diagnosis("counts-through-floats", "6.1", "Counts pass through floats")
def through_floats(evidence: Evidence) -> Iterator[Flat]:
    """A binary64 holds integers up to 2**53 only, a binary32 up to 2**24; counts are exact."""
    yield from _values(evidence, _is_count, lambda value: int(float(value)))
    yield from _values(evidence, _is_count, lambda value: int(np.float32(value)))


@diagnosis("counts-overflow", "6.1", "Counts overflow 32 bits")
def overflow(evidence: Evidence) -> Iterator[Flat]:
    """Counts are integers of any size that the sum of quantities has."""
    yield from _values(evidence, _is_count, lambda value: value % 2**32)
    yield from _values(evidence, _is_count, lambda value: (value + 2**31) % 2**32 - 2**31)
    yield from _values(evidence, _is_count, lambda value: min(value, 2**31 - 1))


@diagnosis("numbers-as-text", "8", "Numbers are written as text")
def as_text(evidence: Evidence) -> Iterator[Flat]:
    """A number of the answer is a JSON number."""
    yield from _values(evidence, lambda _: True, lambda value: None if value is None else str(value))
    yield from _values(evidence, _is_count, str)


@diagnosis("empty-count-is-null", "6.6", "Counts of nothing are null")
def empty_is_null(evidence: Evidence) -> Iterator[Flat]:
    """A count of nothing is 0."""
    yield from _values(evidence, _is_count, lambda value: value or None)


@diagnosis("null-as-zero", "6.6", "Null is written as 0", broad=True)
def null_as_zero(evidence: Evidence) -> Iterator[Flat]:
    """Where there is nothing, everything but counts is null."""
    for zero in (0, 0.0):
        yield from evidence.patched(_null_as(zero))


@diagnosis("zero-as-null", "6.6", "A rate or duration of 0 is written as null")
def zero_as_null(evidence: Evidence) -> Iterator[Flat]:
    """0 is a value: no crash among some sessions is a crash rate of 0, not of nothing."""
    yield from _values(evidence, _is_float, lambda value: value or None)


@diagnosis("single-precision", "6", "Values have passed through single precision")
def single(evidence: Evidence) -> Iterator[Flat]:
    """Everything is computed in binary64."""

    def through(value: Any) -> Any:
        with np.errstate(over="ignore"):
            return None if value is None else float(np.float32(value))

    yield from _values(evidence, _is_float, through)


@diagnosis("empty-buckets-left-out", "8", "Empty buckets are left out of the series")
def left_out(evidence: Evidence) -> Iterator[Flat]:
    """A series has a value for every interval, in order, whether or not there were sessions."""
    flat = dict(evidence.flat)
    for (group, field), series in evidence.series.items():
        whole = Path(group, field, SERIES)
        if whole in flat:
            kept = [value for value in series if value]
            flat[whole] = len(kept)
            for place in evidence.intervals:
                flat.pop(Path(group, field, place), None)
            for place, value in zip(evidence.intervals, kept, strict=False):
                flat[Path(group, field, place)] = value
    yield flat


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    nan,
    floats,
    as_text,
    through_floats,
    overflow,
    single,
    empty_is_null,
    null_as_zero,
    zero_as_null,
    left_out,
)
"""Of this family, the most specific first."""
