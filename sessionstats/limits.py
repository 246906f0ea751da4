"""Limits on what one request of the protocol may cost (§9).

1. The kernel itself has no limits but those of `Rules`: its callers choose what to request.
2. A server of the protocol reads other people's requests. `Limits` bounds the time and memory of an answer:
   the bytes of a line, the terms and the depth of its search, the cells of its answer.
3. A request beyond a limit gets a `LimitError`, status 413, that names the limit. Requests within the limits
   are answered as if there were none.
"""

import sys
from dataclasses import dataclass, fields
from typing import Final

from sessionstats.errors import LimitError


@dataclass(frozen=True)
class Limits:
    """What one request may cost; the options of ``sessionstats oracle`` have the same names and defaults.

    Parameters
    ----------
    max_line_bytes : int
        Bytes of a line, without its line end. Decoded JSON takes up to 25 times the memory of its text.
    max_search_terms : int
        Terms of a search: terms, words of free text, and elements of lists.
    max_search_depth : int
        Depth of nested parentheses in a search.
    max_cells : int
        Values that the window and the groups of a request allow for: totals, values of series, and intervals.

    Raises
    ------
    ValueError
        If a limit is less than 1.

    Examples
    --------
    >>> Limits(max_search_depth=10).max_search_terms
    10000
    >>> Limits().require("max_search_depth", 1001, "the search is nested too deeply")
    Traceback (most recent call last):
        ...
    sessionstats.errors.LimitError: the search is nested too deeply: more than max_search_depth = 1000
    """

    max_line_bytes: int = 8 * 1024**2
    max_search_terms: int = 10_000
    max_search_depth: int = 1000
    max_cells: int = 2_000_000

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise ValueError(f"{field.name} must be at least 1, not {getattr(self, field.name)}")

    def require(self, name: str, value: int, problem: str) -> None:
        """Reject a value above the named limit.

        Raises
        ------
        LimitError
        """
        maximum: int = getattr(self, name)
        if value > maximum:
            raise LimitError(problem, limit=name, maximum=maximum, value=value)


UNLIMITED: Final = Limits(*[sys.maxsize] * len(fields(Limits)))
"""No limits: what the kernel uses by default."""
