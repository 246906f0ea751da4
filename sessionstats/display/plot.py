"""The answer as a matplotlib chart (extra ``plot``).

1. A chart shows one field: one line per row of the answer, over the intervals. A value is drawn from the
   start of its interval to the end. A null is a gap.
2. The band around a rate is its interval at 95 % (`sessionstats.uncertainty`).
3. Each row has a colour, up to `MOST_ROWS`; if the answer has more rows, the title says so. The colours are
   those of Okabe and Ito, which colour-blind readers can tell apart, too.
4. Dashed lines mark the edges of the window.
"""

from os import PathLike
from pathlib import PurePath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.display.answer import Answer
from sessionstats.display.numbers import DURATION_UNITS
from sessionstats.display.table import heading, key_text
from sessionstats.errors import SessionStatsError
from sessionstats.fields import Field
from sessionstats.io.optional import needed
from sessionstats.io.writing import whole

MOST_ROWS: Final = 7
"""Most rows of a chart, as many as there are colours."""

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""One per row."""

SIZE: Final = (8.0, 3.2)
"""Width and height of a chart in inches."""


def plot(answer: Answer, field: str | None = None, *, ax: Any = None) -> Any:
    """Draw a field of the answer; see `sessionstats.Result.plot`."""
    chosen = _chosen(answer, field)
    if ax is None:
        _, ax = needed("matplotlib.pyplot", "plot").subplots(figsize=SIZE, layout="constrained")
    _draw(answer, chosen, ax)
    ax.set_xlabel(heading(answer), fontsize="small")
    return ax


def save(answer: Answer, path: "str | PathLike[str]") -> None:
    """Draw all fields of the answer into a file, one chart above the other.

    Parameters
    ----------
    answer : Answer
    path : str or path
        Its extension determines the format: .svg, .png or .pdf.

    Raises
    ------
    SessionStatsError
        If the answer has no series, or the format is unknown.
    """
    fields = answer.query.fields
    _chosen(answer, None)
    figure = needed("matplotlib.figure", "plot").Figure(
        figsize=(SIZE[0], SIZE[1] * len(fields)), layout="constrained"
    )
    for field, ax in zip(fields, figure.subplots(len(fields), squeeze=False)[:, 0], strict=True):
        _draw(answer, field, ax)
    figure.supxlabel(heading(answer), fontsize="small")
    try:
        whole(path, lambda part: figure.savefig(part, format=PurePath(path).suffix[1:]))
    except ValueError as error:  # an extension that matplotlib cannot write
        raise SessionStatsError(f"{path}: {error}") from None


def _chosen(answer: Answer, name: str | None) -> Field:
    fields = {field.name: field for field in answer.query.fields}
    if name is not None and name not in fields:
        raise SessionStatsError(f"no field {name!r} in the answer; there is {', '.join(fields)}")
    if not answer.query.include_series:
        raise SessionStatsError("the answer has no series to draw: the request has includeSeries=0")
    return fields[name or next(iter(fields))]


def _draw(answer: Answer, field: Field, ax: Any) -> None:
    window, n = answer.query.window, min(len(answer), MOST_ROWS)
    edges = [*range(window.start, window.end, window.interval), window.end]
    at = np.array(edges, "datetime64[us]")
    bounds = answer.uncertainty(field.name).series if field.kind == "rate" and n else None
    for row in range(n):
        values = answer.series[field.name][row]
        ax.step(at, _closed(values), where="post", color=COLOURS[row], label=_label(answer, row))
        if bounds is not None:
            low, high = _closed(bounds.low[row]), _closed(bounds.high[row])
            ax.fill_between(at, low, high, step="post", color=COLOURS[row], alpha=0.15, linewidth=0)
    for edge in at[[0, -1]]:
        ax.axvline(edge, linestyle="--", linewidth=0.8, color="0.4")
    title = field.name if n == len(answer) else f"{field.name}, the first {n} of {len(answer)} rows"
    ax.set_title(title, loc="left", fontsize="medium")
    dates = needed("matplotlib.dates", "plot")
    places = dates.AutoDateLocator(tz="UTC")
    ax.xaxis.set_major_locator(places)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(places, tz="UTC", show_offset=False))
    if field.kind != "rate":
        ax.set_ylim(bottom=0)
    _label_values(field, ax)
    if answer.by and n:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize="small")


def _closed(values: NDArray[Any]) -> NDArray[np.float64]:
    """The values at the edges of intervals: the last one extends to the end of the window."""
    return np.append(values, values[-1:]).astype(np.float64)


def _label(answer: Answer, row: int) -> str:
    # A leading underscore would hide the row from the legend, and a dollar sign start a formula.
    text = ", ".join(key_text(keys[row]) for keys in answer.by.values()).replace("$", r"\$")
    return f"\u200b{text}" if text.startswith("_") else text


def _label_values(field: Field, ax: Any) -> None:
    """Rates in per cent, durations in a unit that suits the largest, counts in whole numbers."""
    ticker = needed("matplotlib.ticker", "plot")
    if field.kind == "rate":
        ax.yaxis.set_major_formatter(ticker.PercentFormatter(1))
        return
    largest = ax.get_ylim()[1]
    name, size = "", 1.0
    if field.kind == "duration":
        name, size = next((f" {unit}", ms) for unit, ms, limit in DURATION_UNITS if largest / ms <= limit)
    steps = ticker.MaxNLocator(6, integer=field.kind == "count").tick_values(0, largest / size)
    ax.yaxis.set_major_locator(ticker.FixedLocator([size * step for step in steps if size * step <= largest]))
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value / size:,.6g}{name}"))
