"""The answer as a tidy table: a line an observation, for CSV and for data frames.

1. The columns are the keys of groupBy, then ``part``, ``start`` and ``end``, then the fields.
2. Every row of the answer gives a line with ``part`` ``total``, whose ``start`` and ``end`` are the window's,
   and a line with ``part`` ``interval`` for each interval, with its own. Filter by ``part`` before adding up:
   distinct users, percentiles and rates of a window do not follow from those of its intervals.
3. ``includeTotals=0`` leaves out the totals, ``includeSeries=0`` the intervals (§8).
4. A null is `None`, an empty cell in CSV.
"""

from collections.abc import Iterator

from sessionstats.display.answer import Answer, with_nulls
from sessionstats.instants import format_instant


def header(answer: Answer) -> list[str]:
    """Names of the columns.

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
    return [*answer.by, "part", "start", "end", *(field.name for field in answer.query.fields)]


def lines(answer: Answer) -> Iterator[list[object]]:
    """The lines, row by row of the answer: its total, then its intervals in ascending order.

    Parameters
    ----------
    answer : Answer

    Yields
    ------
    list
        A value a column of `header`.
    """
    window = answer.query.window
    starts = range(window.start, window.end, window.interval)
    bounds = [
        (format_instant(start), format_instant(min(start + window.interval, window.end))) for start in starts
    ]
    whole = (format_instant(window.start), format_instant(window.end))
    totals = [with_nulls(values) for values in answer.totals.values()]
    series = [with_nulls(values) for values in answer.series.values()]
    keys = [column.tolist() for column in answer.by.values()]
    for row in range(len(answer)):
        key = [column[row] for column in keys]
        if totals:
            yield [*key, "total", *whole, *(values[row] for values in totals)]
        if series:
            for bound, *cells in zip(bounds, *(values[row] for values in series), strict=True):
                yield [*key, "interval", *bound, *cells]
