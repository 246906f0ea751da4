"""Statistics of session durations (§6.3).

1. Only sessions with status ``exited`` and a duration count (`health`), each once whatever its quantity.
2. Quantiles are of Hyndman and Fan's type 7: with ``n`` ordered values and percentage ``p``, the position
   ``(n − 1) p / 100`` falls ``r/100`` of the way from value ``j`` to the next, where
   ``j, r = divmod((n − 1) p, 100)``. The position is exact, in integers.
3. The average is the correctly rounded sum divided by ``n``, so that it does not depend on any order.
4. Another order of these operations changes the last bits, which is not an error (§6.8).
5. Results are milliseconds: the statistic in seconds times 1000. Empty and non-finite
   results are null (NaN).
"""

import math
from collections.abc import Iterable
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sessionstats.fields import PERCENTILES

MILLISECONDS: Final = 1000.0
"""Milliseconds per second (§6.3)."""

VALUES_TOGETHER: Final = 1 << 16
"""Values converted to Python floats at a time: all at once would take four times the array's memory."""


class OrderedSamples(NamedTuple):
    """Samples of several slots, ascending within each slot.

    Parameters
    ----------
    values : (n,) float64
        Ordered by slot, then by value.
    first : (slots,) intp
        Where each slot's values start.
    counts : (slots,) intp
        Number of values of each slot.
    """

    values: NDArray[np.float64]
    first: NDArray[np.intp]
    counts: NDArray[np.intp]


def order_samples(slot: NDArray[np.intp], values: NDArray[np.float64], n_slots: int) -> OrderedSamples:
    """Order values by slot, and within a slot by value.

    Parameters
    ----------
    slot : (n,) intp
        Slot of each value, from 0 to ``n_slots - 1``.
    values : (n,) float64
        Finite values.
    n_slots : int
    """
    counts = np.bincount(slot, minlength=n_slots)
    return OrderedSamples(values[np.lexsort((values, slot))], np.cumsum(counts) - counts, counts)


def quantile(samples: OrderedSamples, percentage: int) -> NDArray[np.float64]:
    """Type 7 quantile of each slot (§6.3).

    Returns
    -------
    (slots,) float64
        In the unit of the values; NaN for a slot without values.
    """
    result = np.full(len(samples.counts), np.nan)
    filled = samples.counts > 0
    position, hundredths = np.divmod((samples.counts[filled] - 1) * percentage, 100)
    below = samples.first[filled] + position
    low = samples.values[below]
    high = samples.values[below + (hundredths > 0)]
    result[filled] = low + (high - low) * (hundredths / 100)
    return result


def quantiles(values: ArrayLike, percentages: Iterable[int]) -> NDArray[np.float64]:
    """Type 7 quantiles of one sample (§6.3).

    Parameters
    ----------
    values : (n,) float64
        Finite values in any order.
    percentages : iterable of int
        From 0 to 100.

    Returns
    -------
    (percentages,) float64
        In the unit of the values; NaN if there are none.

    Examples
    --------
    >>> quantiles([4.0, 1.0, 2.0, 3.0], [0, 50, 75, 100]).tolist()
    [1.0, 2.5, 3.25, 4.0]
    """
    sample = np.asarray(values, np.float64)
    ordered = order_samples(np.zeros(len(sample), np.intp), sample, 1)
    return np.concatenate([quantile(ordered, percentage) for percentage in percentages])


def mean(samples: OrderedSamples) -> NDArray[np.float64]:
    """Correctly rounded sum of each slot, divided by its count (§6.3); NaN for a slot without values."""
    result = np.full(len(samples.counts), np.nan)
    for slot in np.flatnonzero(samples.counts):
        first, count = samples.first[slot], samples.counts[slot]
        result[slot] = exact_sum(samples.values[first : first + count]) / count
    return result


def exact_sum(values: ArrayLike) -> float:
    """Sum of non-negative values, rounded once; infinity beyond binary64."""
    floats = np.asarray(values)
    blocks = (floats[at : at + VALUES_TOGETHER].tolist() for at in range(0, len(floats), VALUES_TOGETHER))
    try:
        return math.fsum(chain.from_iterable(blocks))
    except OverflowError:
        return math.inf


def maximum(samples: OrderedSamples) -> NDArray[np.float64]:
    """Largest value of each slot (§6.3); NaN for a slot without values."""
    return quantile(samples, 100)


def statistic(samples: OrderedSamples, name: str) -> NDArray[np.float64]:
    """One statistic of each slot, in milliseconds (§6.3).

    Parameters
    ----------
    samples : OrderedSamples
        Durations in seconds.
    name : str
        One of `sessionstats.fields.DURATION_STATISTICS`.

    Returns
    -------
    (slots,) float64
        NaN where the slot is empty, or the result is not finite.

    Examples
    --------
    >>> seconds = np.array([25.0, 49.0, 2.0])
    >>> samples = order_samples(np.array([0, 0, 2]), seconds, 3)
    >>> statistic(samples, "avg").tolist(), statistic(samples, "p90").tolist()
    ([37000.0, nan, 2000.0], [46600.0, nan, 2000.0])
    """
    if name == "avg":
        seconds = mean(samples)
    elif name == "max":
        seconds = maximum(samples)
    else:
        seconds = quantile(samples, PERCENTILES[name])
    return in_milliseconds(seconds)


def in_milliseconds(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds as milliseconds; results that are not finite are NaN (§6.3)."""
    with np.errstate(over="ignore"):
        result = seconds * MILLISECONDS
    result[np.isinf(result)] = np.nan
    return result
