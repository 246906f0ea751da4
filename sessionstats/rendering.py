"""The answer as a table for a person: what ``str(result)`` gives.

1. A line says which window the answer covers, in how many intervals, and how many rows it has.
2. Then a line a row: its keys, and per field the total and a sparkline of the series.
3. Counts have thousands separators. Durations have three digits and the unit that suits them. Rates are
   percentages with at least two decimals, and with as many as it takes that neither a rate below one reads
   as 100 % nor one above zero as 0 %.
4. A null is `NULL`, in totals and in sparklines. A missing text is ``""``.
5. Names come from strangers: whatever could steer a terminal is escaped, and long names lose their middle.

The rules of the sparklines are in `sessionstats.sparklines`.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.fields import Field
from sessionstats.instants import DAY, HOUR, MINUTE, SECOND
from sessionstats.sparklines import NULL, intervals_per_mark, sparklines
from sessionstats.terminal import display_width, fit, pad

if TYPE_CHECKING:
    from sessionstats.result import Result

MAX_KEY: Final = 40
"""Most columns of the terminal that a key takes; a longer one loses its middle."""

GAP: Final = "  "
"""Between two columns of the table."""

INTERVAL_UNITS: Final = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))
"""Units that the length of an interval is told in: the first that divides it."""

DURATION_UNITS: Final = (("ms", 1, 1000), ("s", 1000, 60), ("min", 60_000, 60), ("h", 3_600_000, 10**9))
"""Units of durations: name, milliseconds, and from how many on the next unit is used."""

HUGE: Final = "more than 10⁹ h"
"""Durations beyond the last unit: nobody's session, but an answer may hold one."""


def render(result: "Result") -> str:
    """Lay an answer out as a table.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Lines without a final line end. All rows are shown; ``per_page`` in the request asks for fewer.

    Examples
    --------
    >>> from sessionstats import Sessions, compute
    >>> sessions = Sessions(
    ...     started=["2024-01-28T09:00Z", "2024-01-29T09:30Z", "2024-01-29T10:00Z"],
    ...     project_id=[1, 1, 1],
    ...     release=["app@1.0", "app@1.0", "app@1.1"],
    ...     status=["exited", "exited", "crashed"],
    ... )
    >>> request = "field=sum(session)&field=crash_free_rate(session)&groupBy=release&interval=1d&statsPeriod=1d"
    >>> print(render(compute(sessions, request, now="2024-01-29T12:00Z")))
    2024-01-28 00:00 to 2024-01-30 00:00 UTC, 2 intervals of 1 day, 2 rows by release
    <BLANKLINE>
    release  sum(session)  crash_free_rate(session)
    ───────  ────────────  ────────────────────────
    app@1.0       2  ██            100.00 %  ██
    app@1.1       1  ▁█              0.00 %  ·▁
    """
    lines = [_heading(result)]
    if len(result):
        columns = [_key_column(name, keys.tolist()) for name, keys in result.by.items()]
        columns += [_field_column(result, field) for field in result.query.fields]
        lines += ["", *_table(columns)]
    next_page = result.links[1]
    if next_page.results:
        lines += ["", f"There are more rows: cursor={next_page.cursor} continues."]
    return "\n".join(lines)


def _heading(result: "Result") -> str:
    window, n = result.query.window, result.query.window.n_intervals
    instants = np.array([window.start, window.end], "datetime64[us]")
    precision = "s" if window.start % MINUTE or window.end % MINUTE else "m"
    start, end = (text.replace("T", " ") for text in np.datetime_as_string(instants, precision).tolist())
    unit, name = next((unit, name) for unit, name in INTERVAL_UNITS if window.interval % unit == 0)
    parts = [
        f"{start} to {end} UTC",
        f"{_counted(n, 'interval')} of {_counted(window.interval // unit, name)}",
        _counted(len(result), "row") + (f" by {', '.join(result.by)}" if result.by else ""),
    ]
    merged = intervals_per_mark(n)
    if merged > 1 and result.series:
        parts.append(f"a mark is {merged} intervals")
    return ", ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _table(columns: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Lines of a table of columns, each a title and the texts of its cells, all of one width."""
    widths = [display_width(cells[0]) for _, cells in columns]
    widths = [max(width, len(title)) for width, (title, _) in zip(widths, columns, strict=True)]
    laid_out = [
        [title.ljust(width), "─" * width, *(pad(cell, width) for cell in cells)]
        for width, (title, cells) in zip(widths, columns, strict=True)
    ]
    return [GAP.join(line).rstrip(" ") for line in zip(*laid_out, strict=True)]
