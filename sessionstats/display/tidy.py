"""The answer as a tidy table: one line per observation, for CSV and for data frames.

1. The columns are the keys of groupBy, then ``part``, ``start`` and ``end``, then the fields.
2. Every row of the answer gives a line with ``part`` ``total``, whose ``start`` and ``end`` are the window's,
   and a line with ``part`` ``interval`` for each interval, with its own. Filter by ``part`` before adding up:
   distinct users, percentiles and rates of a window do not follow from those of its intervals.
3. ``includeTotals=0`` leaves out the totals, ``includeSeries=0`` the intervals (§8).
4. On request, the columns of a rate are followed by the ends of its interval at 95 %.
5. A null is `None`, an empty cell in CSV.
"""

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from sessionstats.display.answer import Answer, with_nulls
from sessionstats.instants import format_instant


def header(answer: Answer, *, uncertainty: bool = False) -> list[str]:
    """Names of the columns; with `uncertainty`, those of the ends of each rate's interval after it.

    Examples
    --------
    >>> from sessionstats import Sessions, compute
    >>> sessions = Sessions(started=["2024-01-29T11:30Z"], project_id=[1], status=["exited"])
    >>> request = "field=sum(session)&groupBy=project&statsPeriod=1h"
    >>> answer = compute(sessions, request, now="2024-01-29T12:00Z")
    >>> header(answer)
    ['project', 'part', 'start', 'end', 'sum(session)']
    >>> for line in lines(answer):
    ...     print(line)
    [1, 'total', '2024-01-29T11:00:00Z', '2024-01-29T12:00:00Z', 1]
    [1, 'interval', '2024-01-29T11:00:00Z', '2024-01-29T12:00:00Z', 1]
    """
    names = [*answer.by, "part", "start", "end"]
    for field in answer.query.fields:
        names.append(field.name)
        if uncertainty and field.kind == "rate":
            names += [f"{field.name} low", f"{field.name} high"]
    return names


def lines(answer: Answer, *, uncertainty: bool = False) -> Iterator[list[object]]:
    """The lines, row by row of the answer: its total, then its intervals in ascending order.

    Parameters
    ----------
    answer : Answer
    uncertainty : bool
        Whether each rate has its interval at 95 % after it (`sessionstats.uncertainty`).

    Yields
    ------
    list
        One value per column of `header`.
    """
    window = answer.query.window
    starts = range(window.start, window.end, window.interval)
    bounds = [
        (format_instant(start), format_instant(min(start + window.interval, window.end))) for start in starts
    ]
    whole = (format_instant(window.start), format_instant(window.end))
    totals, series = _columns(answer, uncertainty)
    keys = [column.tolist() for column in answer.by.values()]
    for row in range(len(answer)):
        key = [column[row] for column in keys]
        if totals:
            yield [*key, "total", *whole, *(values[row] for values in totals)]
        if series:
            for bound, *cells in zip(bounds, *(values[row] for values in series), strict=True):
                yield [*key, "interval", *bound, *cells]


def _columns(answer: Answer, uncertainty: bool) -> tuple[list[list[Any]], list[list[Any]]]:
    """The columns of values, in the order of `header`: of the totals and of the series."""
    totals: list[NDArray[Any]] = []
    series: list[NDArray[Any]] = []
    for field in answer.query.fields:
        bounds = answer.uncertainty(field.name) if uncertainty and field.kind == "rate" else None
        if answer.totals:
            totals.append(answer.totals[field.name])
            if bounds is not None and bounds.totals is not None:
                totals += [bounds.totals.low, bounds.totals.high]
        if answer.series:
            series.append(answer.series[field.name])
            if bounds is not None and bounds.series is not None:
                series += [bounds.series.low, bounds.series.high]
    return [with_nulls(values) for values in totals], [with_nulls(values) for values in series]
