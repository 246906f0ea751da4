"""The answer as a table for people: what ``str(result)`` gives.

1. The first line says which window the answer covers, in how many intervals, and how many rows it has.
2. Then there is one line per row: its keys, and per field the total and a sparkline of the series
   (`sparklines`). Numbers are formatted as in `numbers`: a rate below one never reads as 100 %.
3. On request, every rate has its interval at 95 % beside it (`sessionstats.uncertainty`).
4. Below the table is what else there is to know: why nothing was counted, and where more rows are.
5. A null is `NULL`, in totals and in sparklines; a missing text is ``""``.
6. Names come from strangers: anything that could control a terminal is escaped, and a long name loses its
   middle (`terminal`).
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import isnan
from typing import Any, Final

import numpy as np

from sessionstats.display.answer import Answer, with_nulls
from sessionstats.display.numbers import count_text, decimals_for, duration_text, percentage_text
from sessionstats.display.sparklines import NULL, intervals_per_mark, sparklines
from sessionstats.display.terminal import display_width, escape, fit
from sessionstats.fields import Field
from sessionstats.instants import DAY, HOUR, MINUTE, SECOND
from sessionstats.uncertainty import FEW, Bounds

MAX_KEY: Final = 40
"""Most terminal columns that a key may use."""

FEW_MARK: Final = "*"
"""Marks a rate that is based on few sessions or users."""

GAP: Final = "  "
"""Between two columns of the table."""

INTERVAL_UNITS: Final = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))
"""Units for the length of an interval: the first that divides it is used."""


def render(answer: Answer, *, uncertainty: bool = False) -> str:
    """Lay an answer out as a table.

    Parameters
    ----------
    answer : Answer
    uncertainty : bool
        Whether rates have their intervals beside them (`sessionstats.uncertainty`).

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
    lines = [heading(answer)]
    if len(answer):
        columns = [_key_column(name, keys.tolist()) for name, keys in answer.by.items()]
        columns += [_field_column(answer, field, uncertainty) for field in answer.query.fields]
        lines += ["", *(GAP.join(cells).rstrip() for cells in zip(*columns, strict=True))]
    for note in notes(answer, uncertainty=uncertainty):
        lines += ["", note]
    return "\n".join(lines)


def notes(answer: Answer, *, uncertainty: bool = False) -> Iterator[str]:
    """What appears below the table: why nothing was counted, what marks mean, where more rows are."""
    if answer.explanation is not None:
        yield str(answer.explanation)
    rates = [field.name for field in answer.query.fields if field.kind == "rate"]
    bounds = [answer.uncertainty(name).totals for name in rates] if uncertainty and answer.totals else []
    if any(bound is not None and bound.few.any() for bound in bounds):
        yield f"{FEW_MARK} fewer than {FEW} sessions or users"
    onward = answer.links[1]
    if onward.results:
        yield f"There are more rows: cursor={onward.cursor} continues."


def heading(answer: Answer) -> str:
    """Window, intervals and number of rows in one line."""
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
    cells = [key_text(key) for key in keys]
    widths = [display_width(cell) for cell in cells]
    width = max(len(name), *widths)
    padded = (cell + " " * (width - taken) for cell, taken in zip(cells, widths, strict=True))
    return [name.ljust(width), "─" * width, *padded]


def key_text(key: object) -> str:
    """A key of a row, made printable."""
    if key is None:
        return NULL
    return fit(escape(str(key)), MAX_KEY) or '""'


def _field_column(answer: Answer, field: Field, uncertainty: bool) -> list[str]:
    """Title, rule and cells, aligned on the right."""
    parts = []
    if answer.totals:
        parts.append(total_texts(answer, field, uncertainty=uncertainty))
    if answer.series:
        parts.append(sparklines(answer.series[field.name], complement=field.complement))
    cells = [GAP.join(cell) for cell in zip(*parts, strict=True)]
    width = max(len(field.name), len(cells[0]))
    return [field.name.ljust(width), "─" * width, *(cell.rjust(width) for cell in cells)]


def total_texts(answer: Answer, field: Field, *, uncertainty: bool = False) -> list[str]:
    """Totals of a field, in cells of one width.

    Parameters
    ----------
    answer : Answer
        With totals.
    field : Field
    uncertainty : bool
        Whether a rate has its interval beside it, and a mark if it is based on few sessions or users.
    """
    values = with_nulls(answer.totals[field.name])
    write: Callable[[Any], str] = duration_text if field.kind == "duration" else count_text
    decimals = 0
    if field.kind == "rate":
        decimals = decimals_for(value for value in values if value is not None)
        write = partial(percentage_text, decimals=decimals)
    texts = _aligned([NULL if value is None else write(value) for value in values])
    if field.kind != "rate" or not uncertainty:
        return texts
    beside = _aligned(_intervals(answer.uncertainty(field.name).totals, decimals))
    return [f"{text} {interval}" for text, interval in zip(texts, beside, strict=True)]


def _aligned(texts: list[str]) -> list[str]:
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def _intervals(bounds: Bounds | None, decimals: int) -> list[str]:
    """Each rate's interval at 95 % in per cent, and a mark if it is based on few."""
    assert bounds is not None  # there are totals
    few = bounds.few
    ends = zip(bounds.low.tolist(), bounds.high.tolist(), few.tolist(), strict=True)
    return [
        ""
        if isnan(low)
        else f"({low * 100:.{decimals}f}–{high * 100:.{decimals}f})"
        + ((FEW_MARK if marked else " ") if few.any() else "")
        for low, high, marked in ends
    ]
