"""Totals computed from the series instead of from the sessions (§6)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sessionstats.fields import PERCENTILES, Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Value, totals_and_series
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import user_rate_parts
from sessionstats.testing.findings import TOTALS, Path
from sessionstats.testing.oracle import base_of


def _replaced(
    evidence: Evidence, applies: Callable[[Field], bool], total: Callable[[Sequence[Any]], Value]
) -> Iterator[Flat]:
    """The right answer with the totals of some fields computed from their series."""
    if not any(map(applies, evidence.fields)):
        return
    flat = dict(evidence.flat)
    for key, field, _, series in totals_and_series(evidence):
        if applies(field):
            flat[Path(key, field.name, TOTALS)] = total(series)
    yield flat


def _counts_users(field: Field) -> bool:
    return field.kind == "count" and field.subject == "user"


def mean_of_values(series: Sequence[Any]) -> Value:
    """Mean of the values that are not null."""
    values = [value for value in series if value is not None]
    return sum(values) / len(values) if values else None


def mean_with_nulls_as_zero(series: Sequence[Any]) -> Value:
    """Mean over all buckets, empty ones as zero."""
    return sum(value or 0 for value in series) / len(series)


def _means(evidence: Evidence, applies: Callable[[Field], bool]) -> Iterator[Flat]:
    yield from _replaced(evidence, applies, mean_of_values)
    yield from _replaced(evidence, applies, mean_with_nulls_as_zero)


@diagnosis("users-total-sum-of-buckets", "6.2", "Totals of distinct users are the sum of the buckets")
def sum_of_buckets(evidence: Evidence) -> Iterator[Flat]:
    """A user who comes back in another bucket is counted again. Distinct counts do not add up: the total has to
    be counted over the whole window.
    """
    yield from _replaced(evidence, _counts_users, sum)


@diagnosis("users-total-max-of-buckets", "6.2", "Totals of distinct users are the largest bucket")
def max_of_buckets(evidence: Evidence) -> Iterator[Flat]:
    """Users who come on different days are missed. The largest bucket is only a lower bound of the total."""
    yield from _replaced(evidence, _counts_users, max)


@diagnosis("user-rate-from-summed-buckets", "6.5", "Totals of user rates divide sums of the buckets")
def summed_user_rate(evidence: Evidence) -> Iterator[Flat]:
    """Part and whole of a rate of users are added up over the buckets before they are divided; a user counts
    once a bucket instead of once.
    """
    if not evidence.fields_of(kind="rate", subject="user"):
        return
    flat = dict(evidence.flat)
    for key, field, _, series in totals_and_series(evidence):
        if field.kind == "rate" and field.subject == "user":
            cells = [evidence.cell(base_of(key), bucket) for bucket in range(len(series))]
            parts = [user_rate_parts(field, cell, evidence.query.rules.health_classes) for cell in cells]
            part, whole = sum(part for part, _ in parts), sum(whole for _, whole in parts)
            rate = part / whole if whole else None
            flat[Path(key, field.name, TOTALS)] = 1 - rate if field.complement and rate is not None else rate
    yield flat


@diagnosis("percentile-total-mean-of-buckets", "6.3", "Totals of percentiles are the mean of the buckets'")
def mean_of_percentiles(evidence: Evidence) -> Iterator[Flat]:
    """Percentiles do not average: a quiet hour weighs as much as a busy one, and the tail is lost."""
    yield from _means(evidence, lambda field: field.part in PERCENTILES)


@diagnosis("average-total-mean-of-buckets", "6.3", "The total average is the mean of the buckets' averages")
def mean_of_averages(evidence: Evidence) -> Iterator[Flat]:
    """Buckets hold different numbers of sessions, so that their averages have to be weighted."""
    yield from _means(evidence, lambda field: field.part == "avg")


@diagnosis("rate-total-mean-of-buckets", "6.5", "Totals of rates are the mean of the buckets' rates")
def mean_of_rates(evidence: Evidence) -> Iterator[Flat]:
    """A day with two sessions weighs as much as a day with a million. The total divides the total counts."""
    yield from _means(evidence, lambda field: field.kind == "rate")


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    sum_of_buckets,
    max_of_buckets,
    summed_user_rate,
    mean_of_percentiles,
    mean_of_averages,
    mean_of_rates,
)
