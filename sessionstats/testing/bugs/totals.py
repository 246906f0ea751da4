"""Totals computed from the series instead of from the sessions (§6)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sessionstats.fields import PERCENTILES, Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import rate, user_parts
from sessionstats.testing.oracle import base_of


def _replaced(
    evidence: Evidence, applies: Callable[[Field], bool], *totals: Callable[[Sequence[Any]], Value]
) -> Iterator[Flat]:
    """The right answer with the totals of some fields computed from their series, in every way given."""
    if any(map(applies, evidence.query.fields)):
        for total in totals:
            changes = {path: total(series) for path, field, series in evidence.totals if applies(field)}
            yield evidence.flat | changes


def _counts_users(field: Field) -> bool:
    return field.kind == "count" and field.subject == "user"


def _mean(series: Sequence[Any]) -> Value:
    values = [value for value in series if value is not None]
    return sum(values) / len(values) if values else None


def _mean_with_nulls_as_zero(series: Sequence[Any]) -> Value:
    return sum(value or 0 for value in series) / len(series)


def _median(series: Sequence[Any]) -> Value:
    values = sorted(value for value in series if value is not None)
    middle = len(values) // 2
    return (values[middle] + values[-1 - middle]) / 2 if values else None


@diagnosis("users-total-sum-of-buckets", "6.2", "Totals of distinct users are the sum of the buckets")
def sum_of_buckets(evidence: Evidence) -> Iterator[Flat]:
    """A user who comes back in another bucket is one user. Distinct counts do not add up."""
    yield from _replaced(evidence, _counts_users, sum)


@diagnosis("users-total-max-of-buckets", "6.2", "Totals of distinct users are the largest or the last bucket")
def one_bucket(evidence: Evidence) -> Iterator[Flat]:
    """Users who come on different days are different users: one bucket is only a lower bound of the total."""
    yield from _replaced(evidence, _counts_users, max, lambda series: series[-1], lambda series: series[0])


@diagnosis("user-rate-from-summed-buckets", "6.5", "Totals of user rates divide sums of the buckets")
def summed_user_rate(evidence: Evidence) -> Iterator[Flat]:
    """A user counts once in the parts of a total rate, not once a bucket."""
    names = evidence.query.rules.health_classes
    flat = dict(evidence.flat)
    for path, field, series in evidence.totals:
        if field.kind == "rate" and field.subject == "user" and path.group is not None:
            cells = [evidence.cell(base_of(path.group), bucket) for bucket in range(len(series))]
            counts = [user_parts(field, cell, names) for cell in cells]
            flat[path] = rate(field, sum(part for part, _ in counts), sum(whole for _, whole in counts))
    yield flat


@diagnosis("percentile-total-mean-of-buckets", "6.3", "Totals of percentiles are the mean of the buckets'")
def mean_of_percentiles(evidence: Evidence) -> Iterator[Flat]:
    """Percentiles do not average: a quiet hour would weigh as much as a busy one, and the tail be lost."""
    means = (_mean, _mean_with_nulls_as_zero, _median)
    yield from _replaced(evidence, lambda field: field.part in PERCENTILES, *means)


@diagnosis("average-total-mean-of-buckets", "6.3", "The total average is the mean of the buckets' averages")
def mean_of_averages(evidence: Evidence) -> Iterator[Flat]:
    """Buckets hold different numbers of sessions: their averages would have to be weighted."""
    yield from _replaced(evidence, lambda field: field.part == "avg", _mean, _mean_with_nulls_as_zero)


@diagnosis("rate-total-mean-of-buckets", "6.5", "Totals of rates are the mean of the buckets' rates")
def mean_of_rates(evidence: Evidence) -> Iterator[Flat]:
    """A total rate divides total counts: a day with two sessions must not weigh as much as a busy one."""
    yield from _replaced(evidence, lambda field: field.kind == "rate", _mean, _mean_with_nulls_as_zero)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    sum_of_buckets,
    one_bucket,
    summed_user_rate,
    mean_of_percentiles,
    mean_of_averages,
    mean_of_rates,
)
"""Of this family, the most specific first."""
