"""The chart of the page on performance, drawn from its table whenever the site is built.

1. The table is the first whose first column is ``sessions``; its columns that end in ``, s`` are engines.
2. The chart shows what a session costs, in nanoseconds, by how many there are, for each engine.
3. It is drawn once for light pages and once for dark ones. A page without such a table has no chart.
"""

import re
from io import StringIO
from typing import Final

import matplotlib
from matplotlib.figure import Figure

from docs._extensions.crossref import ROOT
from docs.figures.drawing import STYLE
from docs.figures.palette import BAD, GOOD, INK, OTHER, WARN, dark

FOLDER: Final = ROOT / "docs" / "_build" / "charts"
"""Where the two pictures are written."""

TABLE: Final = re.compile(r"^\| sessions \|.*, s \|.*\n\|[-|: ]+\n(?:\|.*\n)+", re.MULTILINE)

ALT: Final = "Nanoseconds per session by number of sessions, one line for each engine of the table"


def costs(page: str) -> dict[str, dict[float, float]]:
    r"""Nanoseconds per session, by engine and millions of sessions.

    Examples
    --------
    >>> costs("| sessions | `a`, s | B, s | of B |\n|---|---|---|---|\n| 10 M | 0.5 | 1 | 0.5 |\n")
    {'a': {10.0: 50.0}, 'B': {10.0: 100.0}}
    """
    found = TABLE.search(page)
    if found is None:
        return {}
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in found[0].splitlines())
    engines = {name.removesuffix(", s").strip("`"): place for place, name in enumerate(head) if ", s" in name}
    return {
        engine: {
            millions: float(row[place]) * 1000 / millions
            for row in rows
            for millions in [float(row[0].removesuffix(" M"))]
        }
        for engine, place in engines.items()
    }


def svg(costs: dict[str, dict[float, float]]) -> str:
    """The chart for light pages."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.5, 3), layout="constrained")
        axes = figure.add_subplot()
        for (engine, line), colour in zip(costs.items(), (GOOD, INK, OTHER, WARN, BAD), strict=False):
            sizes, values = [*line], [*line.values()]
            axes.plot(sizes, values, "-o", color=colour, lw=2.5 if colour == GOOD else 1.2, ms=4)
            axes.annotate(engine, (sizes[-1], values[-1]), (7, -3), textcoords="offset points", color=colour)
        sizes = sorted({size for line in costs.values() for size in line})
        axes.set(xscale="log", xlabel="million sessions", ylabel="nanoseconds per session", ylim=0)
        axes.set_xlim(sizes[0] * 0.8, sizes[-1] * 2.4)
        axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
        axes.minorticks_off()
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def with_chart(page: str) -> str:
    """The page with the chart after its table."""
    found, measured = TABLE.search(page), costs(page)
    if found is None:
        return page
    FOLDER.mkdir(parents=True, exist_ok=True)
    light = svg(measured)
    shown = ""
    for scheme, text in (("light", light), ("dark", dark(light))):
        (FOLDER / f"costs-{scheme}.svg").write_text(text, encoding="utf-8")
        shown += (
            f"\n:::{{image}} /_build/charts/costs-{scheme}.svg\n:alt: {ALT}\n:class: only-{scheme}\n:::\n"
        )
    return page[: found.end()] + shown + page[found.end() :]
