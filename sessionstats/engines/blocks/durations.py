"""Statistics of durations of cells and of groups (§6.3).

1. Sort the durations of each cell in place. The plain engine's quantiles then only look values up, for all
   cells at once.
2. The average divides an exact sum (`exact_sums`); the parts of a group's sum are those of its cells.
3. Sort the durations of each whole group, for its totals.

Measured, per value: sorting a cell of some thousand binary64 takes 5 ns, a group of 200,000 takes 8 ns, one
`lexsort` of all rows over 100 ns.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sessionstats.engines.blocks.cells import sort_slices
from sessionstats.engines.blocks.exact_sums import exact_parts
from sessionstats.percentiles import OrderedSamples, exact_sum, in_milliseconds, statistic


def statistics(
    values: NDArray[np.float64],
    counts: NDArray[np.int64],
    names: Sequence[str],
    parts: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Statistics of each slice, in milliseconds; sorts the slices in place.

    Parameters
    ----------
    values : (n,) float64
        Seconds.
    counts : (slices,) int64
        Lengths of the consecutive slices of `values`.
    names : sequence of str
        Some of `sessionstats.fields.DURATION_STATISTICS`.
    parts : (parts, slices) float64, or None
        From `exact_parts`; used only for ``avg``, which is slower without them.

    Returns
    -------
    (names, slices) float64
        NaN for slices that are empty, and for results that are not finite.
    """
    samples = OrderedSamples(values, sort_slices(values, counts), counts)
    result = np.empty((len(names), len(counts)))
    for row, name in enumerate(names):
        if name == "avg" and parts is not None:
            result[row] = in_milliseconds(_mean(parts, counts))
        else:
            result[row] = statistic(samples, name)
    return result


def sums_of_cells(
    values: NDArray[np.float64], counts: NDArray[np.int64], names: Sequence[str]
) -> NDArray[np.float64] | None:
    """Parts of the sum of each cell, if an average is requested."""
    return exact_parts(values, counts) if "avg" in names else None


def join_parts(parts: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    """Parts of the sums of several ranges of cells, as of one range; missing parts are zeros."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    most = max(map(len, known))
    return np.concatenate([np.pad(part, ((0, most - len(part)), (0, 0))) for part in known], axis=1)


def parts_of_groups(parts: NDArray[np.float64] | None, n_groups: int) -> NDArray[np.float64] | None:
    """Parts of the sum of each group: those of all its cells."""
    if parts is None:
        return None
    n_parts, n_cells = parts.shape
    n_buckets = n_cells // max(1, n_groups)
    by_group = parts.reshape(n_parts, n_groups, n_buckets)
    return by_group.transpose(0, 2, 1).reshape(n_parts * n_buckets, n_groups)


def _mean(parts: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rounded sum divided by count; NaN for an empty slice."""
    sums = np.array([exact_sum(column) for column in parts.T])
    mean = np.full(len(counts), np.nan)
    np.divide(sums, counts, out=mean, where=counts > 0)
    return mean
