"""How far an answer may be from the exact one (§6), and why.

1. By default not at all: integers are equal, and so are floats, to the bit.
2. Sketches count distinct users with a *relative* error; by class and in rates the errors of the counts
   that are subtracted or divided add up (§6.2, §6.5).
3. Sketches of quantiles have an error of *rank*: the value lies between the exact quantiles at q − ε and
   q + ε. The bounds move outwards to the order statistics next to them, since sketches of few values
   hand these out where type 7 interpolates (§6.3).
4. Rates, averages and interpolated quantiles round differently if computed in another order: so many
   binary64 steps (ulps) apart they may be.

A tolerance is a pair of bounds around the exact value; ranking by a value that has bounds allows every order
that some values between them have (§7).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sessionstats.counting import ALL_USERS, UNHEALTHY
from sessionstats.fields import PERCENTILES, Field
from sessionstats.percentiles import MILLISECONDS
from sessionstats.testing.findings import GroupKey
from sessionstats.testing.oracle import Oracle

Number: TypeAlias = int | float

Bounds: TypeAlias = tuple[Number, Number]
"""Smallest and largest value that passes."""


@dataclass(frozen=True)
class Tolerance:
    """What may differ; by default nothing.

    Parameters
    ----------
    users : float
        Largest relative error of a count of distinct users.
    rank : float
        Largest error of rank of a percentile, as a share: 0.01 is one per cent.
    ulps : int
        How many binary64 steps a float may be off.
    details : bool
        Whether the text of an error counts; its status always does.

    Raises
    ------
    ValueError
        If one is negative, or `users` or `rank` is 1 or more.

    Examples
    --------
    >>> Tolerance(users=0.02, rank=0.01)
    Tolerance(users=0.02, rank=0.01, ulps=0, details=True)
    """

    users: float = 0.0
    rank: float = 0.0
    ulps: int = 0
    details: bool = True

    def __post_init__(self) -> None:
        for name in ("users", "rank"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and less than 1, not {getattr(self, name)!r}")
        if isinstance(self.ulps, bool) or not isinstance(self.ulps, int) or self.ulps < 0:
            raise ValueError(f"ulps must be an integer and not negative, not {self.ulps!r}")


EXACT: Final = Tolerance()
"""Nothing may differ."""


def is_exact(field: Field, tolerance: Tolerance) -> bool:
    """Whether the values of a field have to be equal."""
    if field.subject == "user" and tolerance.users:
        return False
    if field.part in PERCENTILES and tolerance.rank:
        return False
    return field.kind == "count" or tolerance.ulps == 0


def bounds(
    oracle: Oracle,
    base: GroupKey,
    bucket: int | None,
    classes: Sequence[str] | None,
    field: Field,
    exact: Number,
    tolerance: Tolerance,
) -> Bounds:
    """Bounds of one value.

    Parameters
    ----------
    oracle : Oracle
    base : tuple of (name, value)
        The base group.
    bucket : int or None
        The bucket; `None` for the totals.
    classes : sequence of str or None
        The health classes that a count adds up; `None` for all users.
    field : Field
    exact : int or float
        The exact value.
    tolerance : Tolerance
    """
    low, high = exact, exact
    if field.subject == "user" and tolerance.users:
        users = {
            name: (count * (1 - tolerance.users), count * (1 + tolerance.users))
            for name, count in oracle.users(base, bucket).items()
        }
        low, high = _of_count(users, classes) if field.kind == "count" else _of_rate(users, field)
    elif field.part in PERCENTILES and tolerance.rank:
        low, high = _of_quantile(
            oracle.durations(base, bucket), PERCENTILES[field.part] / 100, tolerance.rank
        )
    if field.kind == "count":
        return low, high
    # One minus a rate is rounded at the scale of 1, however small the result (§6.5).
    step = math.ulp(1.0 if field.complement else exact)
    return low - tolerance.ulps * step, high + tolerance.ulps * step


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
    part = _of_class(users, field.part) if field.part == "errored" else users[field.part]
    whole = users[ALL_USERS]
    low, high = part[0] / whole[1], part[1] / whole[0]
    return (1 - high, 1 - low) if field.complement else (low, high)


def _of_quantile(durations: Sequence[float], share: float, rank: float) -> Bounds:
    last = len(durations) - 1
    low = durations[math.floor(last * max(0.0, share - rank))]
    high = durations[math.ceil(last * min(1.0, share + rank))]
    return low * MILLISECONDS, high * MILLISECONDS
