"""How far an answer may be from the exact one (§6), and why.

1. Counts, nulls and maxima are exact.
2. Rates, averages and percentiles round differently if computed in another order (§6.8). They may be off by
   four units in the last place of the largest number that entered: 1 for a rate, the largest duration for an
   average, the upper neighbour for a percentile. A sum of many numbers rounds many times: beyond `FEW`
   durations, the allowance for an average grows in proportion to their number.
3. A percentile may also be off because its position (n − 1)·q is off by four units in the last place of n:
   the gap between its neighbours is then split elsewhere.
4. Sketches count distinct users with a *relative* error; by class and in rates the errors of the counts
   that are subtracted or divided add up (§6.2, §6.5).
5. Where a duration or a sum overflows in milliseconds, infinity may enter: null is right as well (§6.8).
6. Sketches of quantiles have an error of *rank*: the value lies between the exact quantiles at q − ε and
   q + ε. The bounds move outwards to the next order statistics, since sketches of few values return these
   where type 7 interpolates (§6.3).

A tolerance is a pair of bounds around the exact value; ranking by a value that has bounds allows every order
that some values between them have (§7).
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from sessionstats.counting import ALL_USERS, UNHEALTHY
from sessionstats.fields import PERCENTILES, Field
from sessionstats.percentiles import MILLISECONDS
from sessionstats.testing.findings import GroupKey
from sessionstats.testing.oracle import Oracle

Number: TypeAlias = int | float

Bounds: TypeAlias = tuple[Number, Number]
"""Smallest and largest value that passes."""


ULPS: Final = 4
"""Units in the last place by which an answer may be off by default (§6.8)."""

FEW: Final = 64
"""Durations whose sum may be off by no more than that."""


@dataclass(frozen=True)
class Tolerance:
    """What may differ; by default only what another order of the same operations causes (§6.8).

    Parameters
    ----------
    users : float
        Largest relative error of a count of distinct users.
    rank : float
        Largest error of rank of a percentile, as a share: 0.01 is one per cent.
    ulps : int
        How many units in the last place of what entered a float may be off.
    details : bool
        Whether the text of an error counts; its status always does.

    Raises
    ------
    ValueError
        If any of them is negative, or `users` or `rank` is 1 or more.

    Examples
    --------
    >>> Tolerance(users=0.02, rank=0.01)
    Tolerance(users=0.02, rank=0.01, ulps=4, details=True)
    """

    users: float = 0.0
    rank: float = 0.0
    ulps: int = ULPS
    details: bool = True

    def __post_init__(self) -> None:
        for name in ("users", "rank"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and less than 1, not {getattr(self, name)!r}")
        if isinstance(self.ulps, bool) or not isinstance(self.ulps, int) or self.ulps < 0:
            raise ValueError(f"ulps must be an integer and not negative, not {self.ulps!r}")


ROUNDED: Final = Tolerance()
"""Only what rounding explains may differ: the default."""

EXACT: Final = Tolerance(ulps=0)
"""Nothing may differ."""


def is_exact(field: Field, tolerance: Tolerance) -> bool:
    """Whether the values of a field have to be equal."""
    if field.subject == "user" and tolerance.users:
        return False
    if field.statistic in PERCENTILES and tolerance.rank:
        return False
    return field.kind == "count" or field.statistic == "max" or tolerance.ulps == 0


@dataclass(frozen=True)
class Measured:
    """What a value is computed from.

    Parameters
    ----------
    field : Field
    base : tuple of (name, value)
        The base group.
    classes : sequence of str or None
        The health classes that a count adds up; `None` for all users.
    bucket : int or None
        The bucket; `None` for the totals.
    """

    field: Field
    base: GroupKey
    classes: Sequence[str] | None
    bucket: int | None = None


def bounds(oracle: Oracle, measured: Measured, exact: Number, tolerance: Tolerance) -> Bounds:
    """Bounds of one value.

    Parameters
    ----------
    oracle : Oracle
        Of the case.
    measured : Measured
    exact : int or float
        The exact value.
    tolerance : Tolerance
    """
    field, base, bucket = measured.field, measured.base, measured.bucket
    low, high = exact, exact
    if field.subject == "user" and tolerance.users:
        users = {
            name: (count * (1 - tolerance.users), count * (1 + tolerance.users))
            for name, count in oracle.users(base, bucket).items()
        }
        low, high = _of_count(users, measured.classes) if field.kind == "count" else _of_rate(users, field)
    durations = oracle.durations(base, bucket) if field.kind == "duration" else ()
    if field.statistic in PERCENTILES and tolerance.rank:
        low, high = _of_quantile(durations, PERCENTILES[field.statistic] / 100, tolerance.rank)
    elif field.statistic in PERCENTILES and tolerance.ulps:
        low, high = _of_position(durations, PERCENTILES[field.statistic], tolerance.ulps)
    if field.kind == "count" or field.statistic == "max" or tolerance.ulps == 0:
        return low, high
    error = tolerance.ulps * _unit(field, durations)
    return min(low, exact) - error, max(high, exact) + error


def may_overflow(oracle: Oracle, measured: Measured, tolerance: Tolerance) -> bool:
    """Whether infinity enters an average or a percentile of milliseconds, which is then null (§6.3, §6.8).

    A percentile reads both of its neighbours, and weighs one of them with 0 where it has only one.
    """
    field = measured.field
    if tolerance.ulps == 0 or field.kind != "duration" or field.statistic == "max":
        return False
    durations = oracle.durations(measured.base, measured.bucket)
    if field.statistic not in PERCENTILES:
        return math.isinf(sum(durations) * MILLISECONDS)
    above = (len(durations) - 1) * PERCENTILES[field.statistic] // 100 + 1
    return math.isinf(durations[min(above, len(durations) - 1)] * MILLISECONDS)


def _unit(field: Field, durations: Sequence[float]) -> float:
    """One unit in the last place of the largest number that entered (§6.8); for a long sum, several."""
    if field.kind == "rate":
        return math.ulp(1.0)
    n = len(durations)
    if field.statistic in PERCENTILES:
        above = math.ceil(Fraction((n - 1) * PERCENTILES[field.statistic], 100))
        return math.ulp(durations[above] * MILLISECONDS)
    return max(1.0, n / FEW) * math.ulp(durations[-1] * MILLISECONDS)


def _of_position(durations: Sequence[float], percentage: int, ulps: int) -> Bounds:
    """The percentiles at a position that is off by some units in the last place of n (§6.8)."""
    last = len(durations) - 1
    position = Fraction(last * percentage, 100)
    off = ulps * Fraction(math.ulp(float(len(durations))))
    low, high = max(position - off, Fraction(0)), min(position + off, Fraction(last))
    return _between(durations, low), _between(durations, high)


def _between(durations: Sequence[float], position: Fraction) -> float:
    """The quantile at an exact position (§6.3), in milliseconds."""
    low, high = (Fraction(durations[side(position)]) for side in (math.floor, math.ceil))
    value = (low + (high - low) * (position - math.floor(position))) * int(MILLISECONDS)
    return float(min(value, Fraction(sys.float_info.max)))


def _of_count(users: Mapping[str, Bounds], classes: Sequence[str] | None) -> Bounds:
    if classes is None:
        return users[ALL_USERS]
    parts = [_of_class(users, name) for name in classes]
    return sum(low for low, _ in parts), sum(high for _, high in parts)


def _of_class(users: Mapping[str, Bounds], health_class: str) -> Bounds:
    """Counts subtracted from counts: their errors add up (§6.2)."""
    if health_class == "healthy":
        whole, parts = ALL_USERS, [UNHEALTHY]
    elif health_class == "errored":
        whole = UNHEALTHY
        parts = [name for name in ("abnormal", "crashed", "unhandled") if name in users]
    else:
        return users[health_class]
    low = users[whole][0] - sum(users[name][1] for name in parts)
    high = users[whole][1] - sum(users[name][0] for name in parts)
    return max(0, low), max(0, high)


def _of_rate(users: Mapping[str, Bounds], field: Field) -> Bounds:
    part = _of_class(users, field.numerator) if field.numerator == "errored" else users[field.numerator]
    whole = users[ALL_USERS]
    low, high = part[0] / whole[1], part[1] / whole[0]
    return (1 - high, 1 - low) if field.complement else (low, high)


def _of_quantile(durations: Sequence[float], share: float, rank: float) -> Bounds:
    last = len(durations) - 1
    low = durations[math.floor(last * max(0.0, share - rank))]
    high = durations[math.ceil(last * min(1.0, share + rank))]
    return low * MILLISECONDS, high * MILLISECONDS
