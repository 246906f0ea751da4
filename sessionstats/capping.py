"""The cap on data points, and pages (§7.4, §7.6).

1. An answer holds at most `Rules.max_points` data points, base groups × intervals; at least one base group
   fits. Without series a base group is one point.
2. A page is ``min(per_page, cap)`` base groups from the offset that ``cursor`` names; without ``per_page``
   the cap's number.
3. Status groups do not count separately.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.errors import RequestError
from sessionstats.request.parameters import Parameters
from sessionstats.rounding import Window
from sessionstats.rules import Rules

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)


@dataclass(frozen=True)
class Page:
    """The page that was asked for (§7.6).

    Parameters
    ----------
    size : int or None
        ``per_page``, or `None` if it was not given.
    offset : int
        Base groups to skip.
    """

    size: int | None
    offset: int


@dataclass(frozen=True)
class Link:
    """Where a neighbouring page is.

    Parameters
    ----------
    cursor : str
        ``VALUE:OFFSET:IS_PREV``.
    results : bool
        Whether there is anything.
    """

    cursor: str
    results: bool


def parse_page(given: Parameters, rules: Rules) -> Page:
    """Page of a request (§2.3).

    Raises
    ------
    RequestError
        If ``per_page`` or ``cursor`` is wrong.

    Examples
    --------
    >>> parse_page(Parameters("per_page=20&cursor=0:40:0"), Rules())
    Page(size=20, offset=40)
    """
    text = given.last("per_page")
    size = None if text is None else _parse_per_page(text, rules.max_per_page)
    cursor = given.last("cursor")
    return Page(size, 0 if cursor is None else _parse_cursor(cursor))


def _parse_per_page(text: str, max_per_page: int) -> int:
    if not _INTEGER.fullmatch(text):
        problem = "parameter."
    elif int(text) > max_per_page:
        problem = f"value. Cannot exceed {max_per_page}."
    elif int(text) < 1:
        problem = "value. Must be at least 1."
    else:
        return int(text)
    raise RequestError(f"Invalid per_page {problem}", parameter="per_page", value=text)


def _parse_cursor(text: str) -> int:
    parts = text.split(":")
    if len(parts) != 3 or not all(_INTEGER.fullmatch(part) for part in parts) or int(parts[1]) < 0:
        raise RequestError("Invalid cursor parameter.", parameter="cursor", value=text)
    return int(parts[1])


def max_groups(n_intervals: int, max_points: int = 10_000) -> int:
    """Most base groups an answer with series holds (§7.4).

    Examples
    --------
    Ninety days by day touch 91 days, hence the 109 releases of the documentation.

    >>> max_groups(91), max_groups(1000), max_groups(20_000)
    (109, 10, 1)
    """
    return max(1, max_points // max(1, n_intervals))


def require_fitting_page(page: Page, window: Window, max_points: int) -> None:
    """Refuse a ``per_page`` whose series would hold too many points (§7.6)."""
    if page.size is not None and window.n_intervals * page.size > max_points:
        raise RequestError(
            f"Requested interval of timedelta of {window.interval_length} with statsPeriod timedelta of "
            f"{window.width} is too granular for a per_page of {page.size} elements. Increase your interval, "
            "decrease your statsPeriod, or decrease your per_page parameter.",
            parameter="per_page",
            value=page.size,
        )


def links(offset: int, size: int, n_groups: int) -> tuple[Link, Link]:
    """Links to the previous and the next page (§7.6).

    Parameters
    ----------
    offset, size : int
        Of this page, in base groups.
    n_groups : int
        Base groups in all.

    Examples
    --------
    >>> links(offset=20, size=50, n_groups=60)
    (Link(cursor='0:0:1', results=True), Link(cursor='0:70:0', results=False))
    """
    previous = Link(f"0:{max(0, offset - size)}:1", offset > 0)
    return previous, Link(f"0:{offset + size}:0", offset + size < n_groups)


@dataclass(frozen=True)
class PageRows:
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
        Of the page, in base groups.

    Examples
    --------
    >>> page = page_of_groups(np.array([2, 0, 1]), columns=2, offset=1, size=1)
    >>> page.group.tolist(), page.column.tolist()
    ([0, 0], [0, 1])
    """
    shown = order[offset : offset + size]
    group, column = np.repeat(shown, columns), np.tile(np.arange(columns), len(shown))
    return PageRows(group, column, links(offset, size, len(order)))


def page_of_rows(order: NDArray[np.intp], columns: NDArray[np.intp], most_groups: int, size: int) -> PageRows:
    """A first page on which status groups count one by one (§7.5).

    Parameters
    ----------
    order : (groups,) intp
        Base groups, the first in rank first.
    columns : (groups,) intp
        Status groups of each base group, or 1.
    most_groups : int
        Base groups that the cap lets through (§7.4).
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
