"""Comparing the values of one group (§6, §8).

1. The parts and fields are those that were requested; a series has a value for every bucket.
2. Every value is of the right type (`shapes`), and null where the exact one is, nowhere else (§6.6), except
   where infinity enters in another order (`tolerance`, §6.8).
3. Numbers are equal, or within the bounds of the tolerance. A number that differs by no more than rounding
   explains is a finding of its own kind, with the units in the last place (§6.8).
"""

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sessionstats.fields import STATUS, Field
from sessionstats.request.query import Query
from sessionstats.testing.findings import ABSENT, SERIES, TOTALS, Finding, GroupKey, Path
from sessionstats.testing.oracle import Oracle, base_of
from sessionstats.testing.shapes import problem_of_value
from sessionstats.testing.tolerance import ROUNDED, Measured, Tolerance, bounds, is_exact, may_overflow

SECTIONS: Final = {"session": "6.1", "user": "6.2", "duration": "6.3"}
"""The section that decides the value of a field, by its subject; rates have their own."""

RATE_SECTION: Final = "6.5"
"""The section that decides rates."""


def compare_values(
    oracle: Oracle,
    key: GroupKey,
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    intervals: Sequence[str],
    tolerance: Tolerance,
) -> Iterator[Finding]:
    """What is wrong with the values of a group.

    Parameters
    ----------
    oracle : Oracle
        Of the case.
    key : tuple of (name, value)
        The group.
    expected, actual : mapping
        The group as the kernel answers it, and as it was answered.
    intervals : sequence of str
        Starts of the buckets.
    tolerance : Tolerance
    """
    for part in actual:
        if part not in expected and part != "by":
            yield Finding(
                Path(key, None, str(part)), ABSENT, actual[part], None, "8", f"{part!r} was not requested"
            )
    for part in (TOTALS, SERIES):
        if part not in expected:
            continue
        values = actual.get(part, ABSENT)
        if not isinstance(values, dict):
            yield Finding(
                Path(key, None, part), expected[part], values, None, "8", f"{part!r} must be an object"
            )
            continue
        for name in values.keys() - expected[part].keys():
            path = Path(key, str(name), part)
            yield Finding(path, ABSENT, values[name], None, "8", "the field was not requested")
        for field in oracle.query.fields:
            exact, value = expected[part][field.name], values.get(field.name, ABSENT)
            if part == TOTALS:
                yield from _compare(oracle, _Value(key, TOTALS, field, None), exact, value, tolerance)
            elif not isinstance(value, list) or len(value) != len(intervals):
                yield _wrong_length(Path(key, field.name, SERIES), exact, value)
            else:
                for bucket, start in enumerate(intervals):
                    of_bucket = _Value(key, start, field, bucket)
                    yield from _compare(oracle, of_bucket, exact[bucket], value[bucket], tolerance)


def _wrong_length(path: Path, exact: list[Any], value: Any) -> Finding:
    actual = f"{len(value)} values" if isinstance(value, list) else f"{value!r}"
    return Finding(
        path, exact, value, None, "8", f"{actual} instead of a value for each of {len(exact)} intervals"
    )


@dataclass(frozen=True)
class _Value:
    """Which value of a group is compared: ``totals``, or that of the bucket with this start."""

    key: GroupKey
    part: str
    field: Field
    bucket: int | None

    @property
    def path(self) -> Path:
        return Path(self.key, self.field.name, self.part)

    def measured(self, query: Query) -> Measured:
        """What it is computed from: the class of its status group, else those that the search selects."""
        status = dict(self.key).get(STATUS)
        classes = query.search.classes if status is None else (status,)
        return Measured(self.field, base_of(self.key), classes, self.bucket)


def _compare(
    oracle: Oracle, which: _Value, exact: Any, value: Any, tolerance: Tolerance
) -> Iterator[Finding]:
    """Type, null, number."""
    path, field = which.path, which.field
    problem = "the value is absent" if value is ABSENT else problem_of_value(field, value)
    section = RATE_SECTION if field.kind == "rate" else SECTIONS[field.subject]
    if problem is not None:
        suffix = "" if value is ABSENT else f": {value!r}"
        yield Finding(path, exact, value, None, "8", f"{problem}{suffix}")
    elif value is None or exact is None:
        right = value is exact or (
            value is None and may_overflow(oracle, which.measured(oracle.query), tolerance)
        )
        if not right:
            yield Finding(path, exact, value, None, "6.6", f"{_shown(value)} instead of {_shown(exact)}")
    elif value != exact:
        within = partial(_within, oracle, which, exact, value)
        allowed = within(tolerance)
        rounded = allowed if tolerance == ROUNDED else within(ROUNDED)
        if rounded and allowed == (tolerance.ulps > 0):
            units = _units(field, exact, value)
            message = (
                f"{value} instead of {exact}: only the last bits differ (units in the last place: {units})"
            )
            yield Finding(path, exact, value, None, "6.8", message, units)
        elif not allowed:
            yield Finding(path, exact, value, None, section, f"{value} instead of {exact}")


def _units(field: Field, exact: float, value: float) -> int:
    """How far apart two values are, in units in the last place: of 1 for a rate, else of the values."""
    if field.kind == "rate":
        return math.ceil(abs(value - exact) / math.ulp(1.0))
    one, other = (_position(float(number)) for number in (exact, value))
    return abs(one - other)


def _position(number: float) -> int:
    """The position of a number among all binary64 numbers; that of zero is 0."""
    bits: int = struct.unpack("<q", struct.pack("<d", abs(number)))[0]
    return bits if number >= 0 else -bits


def _shown(value: Any) -> str:
    return "null" if value is None else str(value)


def _within(oracle: Oracle, which: _Value, exact: Any, value: Any, tolerance: Tolerance) -> bool:
    if is_exact(which.field, tolerance):
        return False
    if which.field.kind != "count" and abs(value - exact) <= tolerance.ulps * math.ulp(exact):
        return True  # the largest number that entered is at least as large
    low, high = bounds(oracle, which.measured(oracle.query), exact, tolerance)
    return bool(low <= value <= high)
