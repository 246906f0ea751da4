"""Which groups a page may show, and in which order (§7).

1. Groups of equal rank may come in any order; where the cap or the page cuts through them, any choice among
   them is right. A group therefore has a *range* of possible positions: after all groups that surely come
   before it, before all that surely come after it.
2. A group may be on the page if some position of its range is on the page, and must be if all are.
3. Ranking values may have bounds instead of being exact; then *surely* means: whatever the values between.

The unit of a page is the base group; ordered by ``release.timestamp`` it is the row (§7.5).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sessionstats.testing.tolerance import Bounds

Unit = TypeVar("Unit", bound=Hashable)

NULL: Bounds = (float("inf"), float("inf"))
"""Bounds of null, which ranks last in both directions (§7.3)."""


@dataclass(frozen=True)
class Positions:
    """The possible positions of a unit, both ends included, counted from 0 over all pages."""

    first: int
    last: int


def positions(ranks: Mapping[Unit, Bounds | None], *, descending: bool) -> dict[Unit, Positions]:
    """The range of possible positions of every unit.

    Parameters
    ----------
    ranks : mapping of unit to bounds of its ranking value
        `None` is null.
    descending : bool

    Examples
    --------
    >>> ranks = {"a": (5, 5), "b": (3, 3), "c": (3, 3), "d": None}
    >>> for unit, range_ in positions(ranks, descending=True).items():
    ...     print(unit, range_.first, range_.last)
    a 0 0
    b 1 2
    c 1 2
    d 3 3
    """
    ascending = {}
    for unit, rank in ranks.items():
        low, high = NULL if rank is None else rank
        ascending[unit] = (-high, -low) if descending and rank is not None else (low, high)
    lows, highs = (sorted(rank[side] for rank in ascending.values()) for side in (0, 1))
    return {
        unit: Positions(bisect_left(highs, low), bisect_right(lows, high) - 1)
        for unit, (low, high) in ascending.items()
    }


@dataclass(frozen=True)
class Verdict(Generic[Unit]):
    """What is wrong with the units of a page."""

    extra: list[Unit]
    missing: list[Unit]
    misplaced: list[Unit]


def check_page(
    allowed: Mapping[Unit, Positions], shown: Sequence[Unit], offset: int, size: int
) -> Verdict[Unit]:
    """Compare the units shown on a page with those allowed.

    Parameters
    ----------
    allowed : mapping of unit to its possible positions
    shown : sequence of distinct units
    offset : int
        Position of the first unit of the page.
    size : int
        How many units the page holds.
    """
    end = offset + size
    extra = [
        unit
        for unit in shown
        if unit not in allowed or allowed[unit].last < offset or allowed[unit].first >= end
    ]
    present = set(shown)
    missing = [
        unit
        for unit, range_ in allowed.items()
        if unit not in present and offset <= range_.first and range_.last < end
    ]
    misplaced = []
    if not extra and not missing:
        misplaced = [
            unit
            for position, unit in enumerate(shown, offset)
            if not allowed[unit].first <= position <= allowed[unit].last
        ]
    return Verdict(extra, missing, misplaced)
