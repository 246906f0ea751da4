"""Ranking base groups (§7.1 to §7.3, §7.5).

1. By a field, base groups are ranked by its total (§7.1). The value of a count field is the count over all
   classes, or, with a status filter that selects exactly one class that is neither healthy nor errored, the
   count of that class.
2. Null ranks last in both directions; ties are broken by ascending group key (§7.3).
3. By ``release.timestamp``, releases rank by the date they were added, then by version as text; descending
   reverses both. Base groups of one release are ordered by their key (§7.5).
4. A release that participates in that order and has no base group is shown too, with zeros and
   nulls; its other keys are null (§7.5).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sessionstats.grouping import BaseGroups


def rank(values: NDArray[Any], *, descending: bool) -> NDArray[np.intp]:
    """Positions of base groups, the first in rank first (§7.3).

    Parameters
    ----------
    values : (groups,) int64 or float64
        In ascending order of group key; NaN is null.
    descending : bool

    Returns
    -------
    (groups,) intp

    Examples
    --------
    >>> values = np.array([np.nan, 1.0, 2.0, 1.0])
    >>> rank(values, descending=True).tolist(), rank(values, descending=False).tolist()
    ([2, 1, 3, 0], [1, 3, 2, 0])
    """
    # A stable sort keeps ties in key order; NaN sorts last, negated or not.
    return np.argsort(-values if descending else values, kind="stable")


def rank_by_release_date(
    groups: BaseGroups, versions: Sequence[str], *, descending: bool
) -> NDArray[np.intp]:
    """Positions of base groups, the first in rank first (§7.5).

    Parameters
    ----------
    groups : BaseGroups
        Each belongs to a release in `versions`.
    versions : sequence of str
        The releases that participate, by date added, then version.
    descending : bool

    Returns
    -------
    (groups,) intp
    """
    position = dict(zip(versions, range(len(versions)), strict=True))
    positions = np.array([position[version] for version in groups.keys["release"].tolist()])
    return np.argsort(-positions if descending else positions, kind="stable")


def with_empty_releases(groups: BaseGroups, versions: Sequence[str]) -> BaseGroups:
    """Add a group for each release that participates and has no base group (§7.5).

    Parameters
    ----------
    groups : BaseGroups
        With ``release`` among the keys.
    versions : sequence of str
        The releases that participate.
    """
    present = set(groups.keys["release"].tolist())
    empty = [version for version in versions if version not in present]
    keys = {}
    for name, values in groups.keys.items():
        added = np.full(len(empty), None)
        if name == "release":
            added[:] = empty
        keys[name] = np.concatenate((values, added))
    return BaseGroups(keys, groups.size + len(empty), groups.size)
