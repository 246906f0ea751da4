"""Correct programs that compute in another order (§6.8): no false alarm; --exact names last bits."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sessionstats.fields import DOCUMENTED_FIELDS, PERCENTILES
from sessionstats.protocol import respond
from sessionstats.testing import Claims, Tolerance, check
from sessionstats.testing.attempts import Implementation
from sessionstats.testing.oracle import Oracle, base_of
from sessionstats.testing.tolerance import EXACT

CLAIMS = Claims(
    search=False,
    errors=False,
    bad_rows=False,
    metadata=False,
    updates=False,
    big_counts=False,
    editions=False,
)
ORDINARY = replace(CLAIMS, extreme_durations=False)

Quantile = Callable[[list[float], float], float]
Mean = Callable[[list[float]], float]


def numpy_quantile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share * 100))


def cut_position(values: list[float], share: float) -> float:
    """DuckDB's quantile_cont, and most programs: the position as a float, cut to its neighbours."""
    position = (len(values) - 1) * share
    low, high = math.floor(position), math.ceil(position)
    return values[low] + (values[high] - values[low]) * (position - low)


def weighted_neighbours(values: list[float], share: float) -> float:
    """R's type 7: a weighted sum of the neighbours."""
    index = 1 + (len(values) - 1) * share
    low = math.floor(index + 4 * np.finfo(float).eps)
    weight = index - low
    weight = 0.0 if abs(weight) < 4 * np.finfo(float).eps else weight
    upper = values[min(low, len(values) - 1)]
    return (1 - weight) * values[low - 1] + (weight * upper if weight else 0.0)


def inclusive(values: list[float], share: float) -> float:
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def plain_sum(values: Sequence[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def running_mean(values: Sequence[float]) -> float:
    mean = 0.0
    for count, value in enumerate(values, 1):
        mean += (value - mean) / count
    return mean


def other_rate(exact: float, *, complement: bool) -> float:
    """A crash-free rate as crash-free sessions over all, a crash rate as one minus that."""
    ratio = Fraction(exact).limit_denominator(10**6)
    part, whole = ratio.numerator, ratio.denominator
    return part / whole if complement else 1 - (whole - part) / whole


def program(quantile: Quantile, mean: Mean, *, milliseconds_first: bool = False) -> Implementation:
    """The kernel with another arithmetic for everything that is rounded."""

    def statistic(durations: list[float], part: str) -> float | None:
        values = [1000.0 * value for value in durations] if milliseconds_first else durations
        value = mean(values) if part == "avg" else quantile(values, PERCENTILES[part] / 100)
        value = value if milliseconds_first else value * 1000.0
        return value if math.isfinite(value) else None

    def respond_otherwise(case: dict[str, Any]) -> dict[str, Any]:
        answer = respond(case)
        if answer["status"] != 200:
            return answer
        oracle = Oracle(case)
        for group in answer["body"]["groups"]:
            base = base_of(tuple((name, group["by"][name]) for name in oracle.query.group_by))
            for field in oracle.query.fields:
                cells: list[tuple[Any, Any, int | None]] = []
                if "totals" in group:
                    cells.append((group["totals"], field.name, None))
                if "series" in group:
                    series = group["series"][field.name]
                    cells += [(series, index, index) for index in range(len(series))]
                for place, key, bucket in cells:
                    if place[key] is None or field.kind == "count" or field.statistic == "max":
                        continue
                    if field.kind == "rate":
                        place[key] = other_rate(place[key], complement=field.complement)
                    else:
                        place[key] = statistic(oracle.durations(base, bucket), field.statistic)
        return answer

    return respond_otherwise


PROGRAMS = {
    "NumPy": (program(numpy_quantile, np.mean), CLAIMS),
    "a position as a float, a plain sum": (program(cut_position, plain_sum), CLAIMS),
    "R, fsum": (program(weighted_neighbours, lambda v: math.fsum(v) / len(v)), ORDINARY),
    "statistics": (program(inclusive, statistics.fmean), ORDINARY),
    "milliseconds first": (program(cut_position, plain_sum, milliseconds_first=True), CLAIMS),
    "a running mean": (program(numpy_quantile, running_mean, milliseconds_first=True), CLAIMS),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("seed", [0])
def test_no_false_alarm(name: str, seed: int) -> None:
    """§6.8: another order of the same operations is not a bug; the report counts the differences."""
    implementation, claims = PROGRAMS[name]
    report = check(implementation, examples=250, seed=seed, claims=claims)
    assert report.agrees, str(report)
    assert report.tally.last_bits.counts.total() > 0
    assert "last bits (at most" in str(report)
    assert "--exact reports them." in str(report)


def test_exactness_calls_a_last_bit_a_last_bit() -> None:
    """§6.8: if values must be exact, it is one finding of its own kind, without any other cause."""
    implementation, claims = PROGRAMS["a position as a float, a plain sum"]
    report = check(implementation, examples=300, claims=claims, tolerance=EXACT, shrink_seconds=1)
    (found,) = report.findings
    assert found.failure.kind == "last-bits"
    assert "only the last bits differ" in str(report)
    assert "diagnosis" not in str(report)
    assert not report.broke_down


@pytest.mark.parametrize("field", ["p75(session.duration)", "avg(session.duration)", "max(session.duration)"])
def test_more_than_rounding_explains_is_wrong(field: str) -> None:
    """§6.8: nine units of the largest number are too many; for a maximum, one is."""
    units = 1 if DOCUMENTED_FIELDS[field].statistic == "max" else 9

    def off(case: dict[str, Any]) -> dict[str, Any]:
        answer = respond(case)
        for group in answer["body"].get("groups", ()):
            for name, value in group.get("totals", {}).items():
                if value:
                    durations = [row["duration"] or 0 for row in case["sessions"] if "duration" in row]
                    group["totals"][name] = value + units * math.ulp(1000.0 * max(durations))
        return answer

    claims = replace(ORDINARY, fields=(field,))
    (found,) = check(off, examples=100, claims=claims, tolerance=Tolerance(), max_findings=1).findings
    assert found.failure.kind == "wrong"
