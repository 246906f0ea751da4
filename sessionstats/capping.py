"""The cap on data points, and pages (§7.4, §7.6).

1. An answer holds at most `Rules.max_points` data points, base groups × intervals; at least one base group
   fits. Without series a base group is one point.
2. A page is ``min(per_page, cap)`` base groups from the offset that ``cursor`` names; without ``per_page``
   it is ``cap`` base groups.
3. Status groups do not count separately.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Link(NamedTuple):
    """Where an adjacent page is.

    Parameters
    ----------
    cursor : str
        ``VALUE:OFFSET:IS_PREV``.
    results : bool
        Whether that page has groups.
    """

    cursor: str
    results: bool


def max_groups(n_intervals: int, max_points: int = 10_000) -> int:
    """Most base groups an answer with series holds (§7.4).

    Examples
    --------
    Ninety days by day touch 91 days, hence the 109 releases of the documentation.

    >>> max_groups(91), max_groups(1000), max_groups(20_000)
    (109, 10, 1)
    """
    return max(1, max_points // max(1, n_intervals))


def links(offset: int, size: int, n_groups: int) -> tuple[Link, Link]:
    """Links to the previous and the next page (§7.6).

    Parameters
    ----------
    offset, size : int
        Offset and size of this page, in base groups.
    n_groups : int
        Base groups in all.

    Examples
    --------
    >>> links(offset=20, size=50, n_groups=60)
    (Link(cursor='0:0:1', results=True), Link(cursor='0:70:0', results=False))
    """
    previous = Link(f"0:{max(0, offset - size)}:1", offset > 0)
    return previous, Link(f"0:{offset + size}:0", offset + size < n_groups)


class PageRows(NamedTuple):
    """The rows of an answer.

    Parameters
    ----------
    group : (m,) intp
        Base group of each row.
    column : (m,) intp
        Status group of each row, a position among the shown health classes; 0 without status groups.
    links : tuple of Link
        To the previous and the next page.
    """

    group: NDArray[np.intp]
    column: NDArray[np.intp]
    links: tuple[Link, Link]


def page_of_groups(order: NDArray[np.intp], columns: int, offset: int, size: int) -> PageRows:
    """A page of base groups, each with all of its status groups (§7.6).

    Parameters
    ----------
    order : (groups,) intp
        Base groups, the first in rank first.
    columns : int
        Status groups of a base group, or 1.
    offset, size : int
        Offset and size of the page, in base groups.

    Examples
    --------
    >>> page = page_of_groups(np.array([2, 0, 1]), columns=2, offset=1, size=1)
    >>> page.group.tolist(), page.column.tolist()
    ([0, 0], [0, 1])
    """
    shown = order[offset : offset + size]
    place, column = np.divmod(np.arange(len(shown) * columns), columns)
    return PageRows(shown[place], column, links(offset, size, len(order)))


def page_of_rows(order: NDArray[np.intp], columns: NDArray[np.intp], most_groups: int, size: int) -> PageRows:
    """A first page on which status groups count one by one (§7.5).

    Parameters
    ----------
    order : (groups,) intp
        Base groups, the first in rank first.
    columns : (groups,) intp
        Status groups of each base group, or 1.
    most_groups : int
        Base groups that the cap allows (§7.4).
    size : int
        Rows of the page.

    Examples
    --------
    >>> page = page_of_rows(np.array([1, 0]), columns=np.array([2, 2]), most_groups=9, size=3)
    >>> page.group.tolist(), page.column.tolist()
    ([1, 1, 0], [0, 1, 0])
    """
    n_rows = int(columns.sum())
    order = order[:most_groups]
    width = columns[order]
    group = np.repeat(order, width)
    column = np.arange(len(group)) - np.repeat(np.cumsum(width) - width, width)
    return PageRows(group[:size], column[:size], links(0, size, n_rows))
