"""Ordering by ``release.timestamp`` (§7.5).

1. Only releases of the selected projects take part, and of those the ones whose own environments pass the
   ``environment`` parameter and the top-level ``environment`` terms of the search.
2. A release that takes part and has no base group appears all the same, with zeros and nulls; its other keys
   are null.
3. Releases go by the date they were added, then by version as text; a minus reverses both. Base groups of one
   release go by their key.
4. A page holds at most 100 rows of the answer, which is also the default; status groups count. It cannot be
   turned.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.capping import Page
from sessionstats.errors import RequestError
from sessionstats.grouping import BaseGroups
from sessionstats.ranking import Order
from sessionstats.search.conditions import Search
from sessionstats.search.releases import Releases

RELEASE_TIMESTAMP: Final = "release.timestamp"
"""Name of the order in ``orderBy``."""

MAX_ROWS: Final = 100
"""Most rows of a page, and how many there are without ``per_page``."""


def parse_release_order(
    order_by: str,
    group_by: Sequence[str],
    page: Page,
    releases: Releases | None,
    search: Search,
) -> Order:
    """Order of an ``orderBy`` parameter that names ``release.timestamp``.

    Raises
    ------
    RequestError
        With the texts of §7.5.
    """
    if "release" not in group_by:
        problem = f"To sort by {RELEASE_TIMESTAMP}, tag release must be in the groupBy"
    elif releases is None:
        problem = f"orderBy={RELEASE_TIMESTAMP} needs release metadata: supply releases"
    elif page.size is not None and page.size > MAX_ROWS:
        problem = (
            "This limit is too high for queries that requests a preflight query. "
            f"Please choose a limit below {MAX_ROWS}"
        )
    elif page.offset > 0:
        problem = (
            f"Passing an offset value greater than 0 when ordering by {RELEASE_TIMESTAMP} is not permitted"
        )
    else:
        search.environment_selection()  # refuses a term that selects no releases by itself
        return Order(None, descending=order_by.startswith("-"))
    raise RequestError(problem, parameter="orderBy", value=order_by)


def with_empty_releases(groups: BaseGroups, versions: Sequence[str]) -> BaseGroups:
    """Add a group for each release that takes part and has no base group.

    Parameters
    ----------
    groups : BaseGroups
        With ``release`` among the keys.
    versions : sequence of str
        The releases that take part.
    """
    present = set(groups.keys["release"].tolist())
    empty = [version for version in versions if version not in present]
    keys = {}
    for name, values in groups.keys.items():
        added = np.full(len(empty), None, np.object_)
        if name == "release":
            added[:] = empty
        keys[name] = np.concatenate((values, added))
    return BaseGroups(keys, groups.size + len(empty), groups.size, groups.index)


def rank_by_release(groups: BaseGroups, versions: Sequence[str], *, descending: bool) -> NDArray[np.intp]:
    """Positions of groups, the first in rank first.

    Parameters
    ----------
    groups : BaseGroups
        Each of a release in `versions`.
    versions : sequence of str
        The releases that take part, by date added, then version.
    descending : bool

    Returns
    -------
    (groups,) intp
    """
    place = {version: place for place, version in enumerate(versions)}
    places = np.array([place[version] for version in groups.keys["release"]], np.intp)
    return np.argsort(-places if descending else places, kind="stable")
