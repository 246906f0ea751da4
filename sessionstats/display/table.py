"""The answer as a table for a person: what ``str(result)`` gives.

1. A line says which window the answer covers, in how many intervals, and how many rows it has.
2. Then a line a row: its keys, and per field the total and a sparkline of the series (`sparklines`).
   Numbers read as in `figures`: a rate below one never as 100 %.
3. A null is `NULL`, in totals and in sparklines; a missing text is ``""``.
4. Names come from strangers: whatever could steer a terminal is escaped, and a long name loses its middle
   (`terminal`).
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.display.answer import Answer, with_nulls
from sessionstats.display.numbers import count_text, decimals_for, duration_text, percentage_text
from sessionstats.display.sparklines import NULL, intervals_per_mark, sparklines
from sessionstats.display.terminal import display_width, escape, fit
from sessionstats.fields import Field
from sessionstats.instants import DAY, HOUR, MINUTE, SECOND

MAX_KEY: Final = 40
"""Most columns of the terminal that a key takes."""

GAP: Final = "  "
"""Between two columns of the table."""

INTERVAL_UNITS: Final = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))
"""Units that the length of an interval is told in: the first that divides it."""


def render(answer: Answer) -> str:
    """Lay an answer out as a table.

    Parameters
    ----------
    answer : Answer

    Returns
    -------
    str
        Lines, without a final line end. All rows are shown; ``per_page`` in the request asks for fewer.

    Examples
    --------
    >>> from sessionstats import Sessions, compute
    >>> sessions = Sessions(
    ...     started=["2024-01-28T09:00Z", "2024-01-29T09:30Z", "2024-01-29T10:00Z"],
    ...     project_id=[1, 1, 1],
    ...     release=["app@1.0", "app@1.0", "app@1.1"],
    ...     status=["exited", "exited", "crashed"],
    ... )
    >>> fields = "field=sum(session)&field=crash_free_rate(session)"
    >>> request = f"{fields}&groupBy=release&interval=1d&statsPeriod=1d"
    >>> print(render(compute(sessions, request, now="2024-01-29T12:00Z")))
    2024-01-28 00:00 to 2024-01-30 00:00 UTC, 2 intervals of 1 day, 2 rows by release
    <BLANKLINE>
    release  sum(session)  crash_free_rate(session)
    ───────  ────────────  ────────────────────────
    app@1.0         2  ██              100.00 %  ▄▄
    app@1.1         1  ▁█                0.00 %  ·▄
    """
    lines = [_heading(answer)]
    if len(answer):
        columns = [_key_column(name, keys.tolist()) for name, keys in answer.by.items()]
        columns += [_field_column(answer, field) for field in answer.query.fields]
        lines += ["", *(GAP.join(cells).rstrip() for cells in zip(*columns, strict=True))]
    onward = answer.links[1]
    if onward.results:
        lines += ["", f"There are more rows: cursor={onward.cursor} continues."]
    return "\n".join(lines)


def _heading(answer: Answer) -> str:
    window, n = answer.query.window, answer.query.window.n_intervals
    instants = np.array([window.start, window.end], "datetime64[us]")
    precision: Any = "s" if window.start % MINUTE or window.end % MINUTE else "m"
    start, end = (text.replace("T", " ") for text in np.datetime_as_string(instants, precision).tolist())
    unit, name = next((unit, name) for unit, name in INTERVAL_UNITS if window.interval % unit == 0)
    parts = [
        f"{start} to {end} UTC",
        f"{_counted(n, 'interval')} of {_counted(window.interval // unit, name)}",
        _counted(len(answer), "row") + (f" by {', '.join(answer.by)}" if answer.by else ""),
    ]
    together = intervals_per_mark(n)
    if together > 1 and answer.series:
        parts.append(f"{together} intervals a mark")
    return ", ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _key_column(name: str, keys: Iterable[object]) -> list[str]:
    """Title, rule and cells, aligned on the left."""
    cells = [_key(key) for key in keys]
    widths = [display_width(cell) for cell in cells]
    width = max(len(name), *widths)
    padded = (cell + " " * (width - taken) for cell, taken in zip(cells, widths, strict=True))
    return [name.ljust(width), "─" * width, *padded]


def _key(key: object) -> str:
    if key is None:
        return NULL
    return fit(escape(str(key)), MAX_KEY) or '""'


def _field_column(answer: Answer, field: Field) -> list[str]:
    """Title, rule and cells, aligned on the right."""
    parts = []
    if answer.totals:
        parts.append(_totals(field, answer.totals[field.name]))
    if answer.series:
        parts.append(sparklines(answer.series[field.name], complement=field.complement))
    cells = [GAP.join(cell) for cell in zip(*parts, strict=True)]
    width = max(len(field.name), len(cells[0]))
    return [field.name.ljust(width), "─" * width, *(cell.rjust(width) for cell in cells)]


def _totals(field: Field, totals: NDArray[Any]) -> list[str]:
    """Totals of a field for a person, in cells of one width."""
    values = with_nulls(totals)
    write: Callable[[Any], str] = duration_text if field.kind == "duration" else count_text
    if field.kind == "rate":
        decimals = decimals_for(value for value in values if value is not None)
        write = partial(percentage_text, decimals=decimals)
    texts = [NULL if value is None else write(value) for value in values]
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]
