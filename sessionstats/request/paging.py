"""The page that a request asks for (§2.3, §7.6).

1. ``per_page`` is a whole number from 1 to `Rules.max_per_page`.
2. ``cursor`` is ``VALUE:OFFSET:IS_PREV``, integers; only the offset matters.
3. With series, a page of too many data points is rejected, however many base groups there are.
"""

import re
from typing import Final, NamedTuple

from sessionstats.errors import RequestError
from sessionstats.request.parameters import Parameters
from sessionstats.rounding import Window
from sessionstats.rules import Rules

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)


class Page(NamedTuple):
    """The requested page (§7.6).

    Parameters
    ----------
    size : int or None
        ``per_page``, or `None` if it was not given.
    offset : int
        Base groups to skip.
    """

    size: int | None
    offset: int


def parse_page(given: Parameters, rules: Rules) -> Page:
    """Page of a request (§2.3).

    Raises
    ------
    RequestError
        If ``per_page`` or ``cursor`` is invalid.

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


def require_fitting_page(page: Page, window: Window, max_points: int) -> None:
    """Reject a ``per_page`` whose series would hold too many points (§7.6)."""
    if page.size is not None and window.n_intervals * page.size > max_points:
        raise RequestError(
            f"Requested interval of timedelta of {window.interval_length} with statsPeriod timedelta of "
            f"{window.width} is too granular for a per_page of {page.size} elements. Increase your interval, "
            "decrease your statsPeriod, or decrease your per_page parameter.",
            parameter="per_page",
            value=page.size,
        )
