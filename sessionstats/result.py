"""The answer (§8): first as arrays, then as JSON, then as a readable table.

1. A row of the answer is a base group, or one of its status groups.
2. Totals have one entry per row; series one per row and interval. Counts are int64; everything else is
   float64 with NaN for null.
3. In JSON, null is `None`: neither NaN nor an infinity ever reaches it (§6.3).
4. The answer also holds what its rates are based on and, if nothing was counted, why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.capping import Link, PageRows, links
from sessionstats.display.answer import with_nulls
from sessionstats.explanation import Explanation
from sessionstats.fields import STATUS
from sessionstats.grouping import BaseGroups
from sessionstats.instants import format_instant
from sessionstats.measures import Measures, denominator, evaluate
from sessionstats.request.query import Query

if TYPE_CHECKING:
    from sessionstats.uncertainty import Uncertainty

STARTS_TOGETHER: Final = 4096
"""Intervals whose starts are written together."""


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The answer to a request.

    Parameters
    ----------
    query : Query
        The validated request.
    by : mapping of groupBy to (rows,) object array
        The keys of each row: `int` for ``project``, else `str`; `None` where a release without sessions has
        no such key (§7.5).
    totals : mapping of field to (rows,) array
        Over the whole window: int64 for counts, float64 otherwise, NaN for null. Empty if left out.
    series : mapping of field to (rows, intervals) array
        Per interval, likewise.
    links : tuple of Link
        To the previous and the next page (§7.6).
    size : int
        Number of rows.
    wholes : mapping of field to a pair of int64 arrays
        For every rate, the sessions or users that it divides by, shaped as its totals and its series; `None`
        where these are left out.
    explanation : Explanation or None
        Why nothing was counted; `None` if something was. `sessionstats.compute` fills it in.
    """

    query: Query
    by: Mapping[str, NDArray[np.object_]]
    totals: Mapping[str, NDArray[Any]]
    series: Mapping[str, NDArray[Any]]
    links: tuple[Link, Link]
    size: int
    wholes: Mapping[str, tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]]
    explanation: Explanation | None = None

    @classmethod
    def without_groups(cls, query: Query) -> "Result":
        """The answer without groups (§2.2)."""
        by = {name: np.empty(0, np.object_) for name in query.group_by}
        return cls(query, by, {}, {}, links(query.page.offset, query.page_size, 0), 0, {})

    def __len__(self) -> int:
        return self.size

    @cached_property
    def intervals(self) -> NDArray[np.datetime64]:
        """Start of each interval: (intervals,) datetime64[us]."""
        return self.query.window.bucket_starts()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted: every count is 0, every other value null."""
        arrays = [*self.totals.values(), *self.series.values()]
        return not any((~np.isnan(array) if array.dtype.kind == "f" else array).any() for array in arrays)

    def uncertainty(self, field: str) -> "Uncertainty":
        """How certain the values of a rate are: Wilson's interval at 95 % (`sessionstats.uncertainty`).

        Parameters
        ----------
        field : str
            One of the request's rates.

        Raises
        ------
        ValueError
            If it is not one of them.

        Examples
        --------
        >>> from sessionstats import Sessions, compute
        >>> sessions = Sessions(started=["2024-01-29T11:30Z"] * 2, project_id=[1, 1], status=["ok", "ok"])
        >>> request = "field=crash_free_rate(session)&statsPeriod=1h"
        >>> answer = compute(sessions, request, now="2024-01-29T12:00Z")
        >>> bounds = answer.uncertainty("crash_free_rate(session)").totals
        >>> bounds.low.round(4).tolist(), bounds.high.tolist(), bounds.whole.tolist()
        ([0.3424], [1.0], [2])
        """
        from sessionstats.uncertainty import Uncertainty, wilson

        if not any(rate.name == field and rate.kind == "rate" for rate in self.query.fields):
            raise ValueError(f"not a rate of this answer: {field!r}")
        totals, series = self.wholes.get(field, (None, None))
        return Uncertainty(
            None if totals is None else wilson(self.totals[field], totals),
            None if series is None else wilson(self.series[field], series),
        )

    def to_dict(self, *, uncertainty: bool = False) -> dict[str, Any]:
        """The answer as JSON-ready values (§8).

        Parameters
        ----------
        uncertainty : bool
            Whether each group also has the key ``uncertainty``, with its rates as pairs ``[low, high]``.

        Examples
        --------
        >>> from sessionstats import Sessions, compute
        >>> answer = compute(Sessions.empty(), "field=sum(session)&statsPeriod=1h", now="2024-01-29T12:00Z")
        >>> answer.to_dict()["groups"]
        [{'by': {}, 'totals': {'sum(session)': 0}, 'series': {'sum(session)': [0]}}]
        """
        window = self.query.window
        groups = self._groups()
        if uncertainty:
            for group, bounds in zip(groups, self._bounds(), strict=True):
                group["uncertainty"] = bounds
        return {
            "groups": groups,
            "start": format_instant(window.start),
            "end": format_instant(window.end),
            "intervals": self._interval_texts(),
            "query": self.query.search.text,
        }

    def _interval_texts(self) -> list[str]:
        # In blocks: NumPy's own strings take several times the memory of Python's.
        starts = self.intervals.astype("datetime64[s]")
        blocks = (starts[at : at + STARTS_TOGETHER] for at in range(0, len(starts), STARTS_TOGETHER))
        return [text for block in blocks for text in np.datetime_as_string(block, timezone="UTC").tolist()]

    def to_json(self) -> str:
        """The answer as JSON text (§8)."""
        import json

        return json.dumps(self.to_dict(), allow_nan=False)

    def to_arrow(self) -> Any:
        """The answer as a tidy `pyarrow.Table` (extra ``arrow``), one row per observation; see `tidy`.

        The columns are the keys of groupBy, ``part`` (``total`` or ``interval``), ``start`` and ``end``
        (UTC), and the fields: counts are int64, other values float64 with nulls.
        """
        from sessionstats.display.frames import arrow_table

        return arrow_table(self)

    def to_pandas(self) -> Any:
        """The answer as a tidy `pandas.DataFrame`, like `to_arrow`; needs pandas and the extra ``arrow``."""
        return self.to_arrow().to_pandas(integer_object_nulls=True)

    def to_polars(self) -> Any:
        """The answer as a tidy `polars.DataFrame`, like `to_arrow`; needs Polars and the extra ``arrow``."""
        from sessionstats.io.optional import needed

        return needed("polars", "polars").from_arrow(self.to_arrow())

    def plot(self, field: str | None = None, *, ax: Any = None) -> Any:
        """Draw the series of a field, one line per row; needs the extra ``plot``.

        The band around a rate is its interval at 95 % (`uncertainty`). Dashed lines mark the window's edges.

        Parameters
        ----------
        field : str, optional
            One of the request's fields; by default the first.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        SessionStatsError
            If the answer has no such field, or no series.
        """
        from sessionstats.display.plot import plot

        return plot(self, field, ax=ax)

    def _groups(self) -> list[dict[str, Any]]:
        by = {name: keys.tolist() for name, keys in self.by.items()}
        groups: list[dict[str, Any]] = [
            {"by": {name: keys[row] for name, keys in by.items()}} for row in range(self.size)
        ]
        for part, arrays in (("totals", self.totals), ("series", self.series)):
            included = self.query.include_totals if part == "totals" else self.query.include_series
            if included:
                values = {name: with_nulls(array) for name, array in arrays.items()}
                for row, group in enumerate(groups):
                    group[part] = {name: rows[row] for name, rows in values.items()}
        return groups

    def _bounds(self) -> list[dict[str, Any]]:
        """The intervals of all rates, one entry per row: {"totals" or "series": {field: [low, high]}}."""
        rows: list[dict[str, Any]] = [{} for _ in range(self.size)]
        for name in (field.name for field in self.query.fields if field.kind == "rate"):
            found = self.uncertainty(name)
            for part, bounds in (("totals", found.totals), ("series", found.series)):
                if bounds is not None:
                    pairs = with_nulls(np.stack([bounds.low, bounds.high], axis=-1))
                    for row, pair in zip(rows, pairs, strict=True):
                        row.setdefault(part, {})[name] = pair
        return rows

    def __repr__(self) -> str:
        from sessionstats.display.table import heading

        return f"Result({heading(self)}: {', '.join(field.name for field in self.query.fields)})"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from sessionstats.display.html import NOTEBOOK_ROWS, fragment

        return fragment(self, most_rows=NOTEBOOK_ROWS)

    def __str__(self) -> str:
        from sessionstats.display.table import render

        return render(self)


def lay_out(
    query: Query,
    groups: BaseGroups,
    page: PageRows,
    shown: NDArray[np.intp],
    totals: Measures,
    series: Measures | None,
) -> Result:
    """Lay out what was measured: one row per group of the answer.

    Parameters
    ----------
    query : Query
    groups : BaseGroups
    page : PageRows
        The rows of the answer.
    shown : (shown,) intp
        The base groups that were measured, ascending.
    totals : Measures
        One slot per shown group.
    series : Measures or None
        One slot per cell, shown group × interval; `None` if left out.
    """
    place = np.searchsorted(shown, page.group)
    cell = len(shown), query.window.n_intervals
    values: dict[str, dict[str, NDArray[Any]]] = {"totals": {}, "series": {}}
    wholes = {}
    for field in query.fields:
        whole: list[NDArray[np.int64] | None] = [None, None]
        if query.include_totals:
            columns = _values(query, field, totals)
            values["totals"][field.name] = columns[place, page.column]
            if field.kind == "rate":
                whole[0] = denominator(field, totals)[place]
        if series is not None:
            cells = _values(query, field, series)
            values["series"][field.name] = cells.reshape(*cell, cells.shape[1])[place, :, page.column]
            if field.kind == "rate":
                whole[1] = denominator(field, series).reshape(cell)[place]
        wholes[field.name] = whole[0], whole[1]
    keys = _keys(query, groups, page)
    return Result(query, keys, values["totals"], values["series"], page.links, len(place), wholes)


def _values(query: Query, field: Any, measures: Measures) -> NDArray[Any]:
    return evaluate(
        field, measures, query.rules.health_classes, query.search.classes, by_status=query.by_status
    )


def _keys(query: Query, groups: BaseGroups, page: PageRows) -> dict[str, NDArray[np.object_]]:
    keys = {}
    for name in query.group_by:
        if name == STATUS:
            status = np.array(query.shown_classes, np.object_)[page.column]
            status[page.group >= groups.empty_from] = None
            keys[name] = status
        else:
            keys[name] = groups.keys[name][page.group]
    return keys
