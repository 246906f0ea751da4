"""Drawing the facts as SVG, in the colours of ``palette.py``.

Each function draws the facts of the same name in ``facts.py`` on its own axes. The files are deterministic:
no date, fixed ids, text left as text.
"""

from collections.abc import Callable
from datetime import datetime
from io import StringIO
from itertools import pairwise
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.figures.palette import BAD, GOOD, INK, OTHER, PAPER, WARN

FAINT: Final = f"{INK}40"
"""Areas behind."""

CLASS_COLOURS: Final = {"healthy": GOOD, "errored": WARN, "crashed": BAD, "abnormal": OTHER}
"""One colour for each health class, throughout the course."""

STYLE: Final = {
    "svg.hashsalt": "sessionstats",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "legend.frameon": False,
}


def sessions(axes: Axes, facts: dict[str, Any]) -> None:
    """Each life a line of updates, and its class at the end."""
    for row, life in enumerate(reversed(facts["lives"])):
        colour = CLASS_COLOURS[life["class"]]
        updates = life["updates"]
        axes.plot([0, len(updates) - 1], [row, row], color=INK, lw=1)
        for place, status in enumerate(updates):
            axes.plot(place, row, "o", color=CLASS_COLOURS.get(status, INK), ms=8)
            axes.annotate(status, (place, row), (0, 9), textcoords="offset points", ha="center")
        axes.text(3, row, life["class"], color=colour, weight="bold", va="center")
    axes.set(xlim=(-0.4, 3.9), ylim=(-0.5, len(facts["lives"]) - 0.2))
    axes.text(3, len(facts["lives"]) - 0.45, "counts as", style="italic")
    axes.axis("off")


def windows(axes: Axes, facts: dict[str, Any]) -> None:
    """The range asked for above, the buckets that cover it below."""
    _asked(axes, facts["asked"], 1)
    _window(axes, facts["window"], facts["starts"], 0, f"{len(facts['starts'])} buckets")
    _time_axis(axes, facts["window"], (-0.7, 1.9))


def intervals(axes: Axes, facts: dict[str, Any]) -> None:
    """A day cut by each interval; one that does not divide it straddles midnight."""
    chosen = ["24", "12", "8", "6", "5", "7", "9"]
    for row, hours in enumerate(reversed(chosen)):
        width = int(hours)
        good = facts["verdicts"][hours] == "accepted"
        for number in range(-(-24 // width)):
            over = (number + 1) * width > 24
            axes.barh(
                row,
                width,
                left=number * width,
                height=0.62,
                color=BAD if over else GOOD,
                alpha=0.75,
                ec="none",
            )
            axes.plot([number * width] * 2, [row - 0.4, row + 0.4], color=INK, lw=1)
        axes.text(-0.4, row, f"{hours}h", ha="right", va="center", color=INK if good else BAD)
    axes.axvline(24, color=INK, ls="--", lw=1)
    axes.text(23.6, len(chosen) - 0.3, "midnight", ha="right")
    axes.set(xlim=(-2, 29), ylim=(-0.6, len(chosen) + 0.2))
    axes.axis("off")


def buckets(axes: Axes, facts: dict[str, Any]) -> None:
    """Instants on and beside the edges, coloured by bucket."""
    colours = {-1: INK, 0: GOOD, 1: OTHER}
    places = [-0.14, 0.0, 0.86, 1.0, 1.86, 2.0]
    names = ["06:00 − 1 µs", "06:00", "07:00 − 1 µs", "07:00", "08:00 − 1 µs", "08:00"]
    for number in (0, 1):
        axes.axvspan(number, number + 1, color=colours[number], alpha=0.15, ec="none")
        axes.plot([number] * 2, [0, 1], color=colours[number], lw=2)
        axes.text(number + 0.5, 0.9, f"bucket {number}", ha="center", color=colours[number], weight="bold")
    for rank, (place, name, bucket) in enumerate(zip(places, names, facts["buckets"], strict=True)):
        axes.plot(place, 0.3, "o", color=colours[bucket], ms=9, mfc="none" if bucket < 0 else colours[bucket])
        beside, side = ((6, 10), "left") if rank % 2 else ((-1, -19), "right")
        axes.annotate(name, (place, 0.3), beside, textcoords="offset points", ha=side)
    axes.set(xlim=(-0.85, 2.5), ylim=(0, 1))
    axes.axis("off")


def counting(axes: Axes, facts: dict[str, Any]) -> None:
    """Stacked bars: a bucket's classes add up to its sessions."""
    days = [f"{22 + day} Jan" for day in range(facts["days"])]
    bottom = [0] * facts["days"]
    for name in ("healthy", "errored", "abnormal", "crashed"):
        values = facts["series"][name]
        axes.bar(
            days, values, bottom=bottom, color=CLASS_COLOURS[name], width=0.7, label=f"{name}: {sum(values)}"
        )
        bottom = [low + value for low, value in zip(bottom, values, strict=True)]
    axes.set_ylabel("sessions")
    axes.legend(loc="upper right", labelcolor=INK)
    axes.set_ylim(0, 112)


def users(axes: Axes, facts: dict[str, Any]) -> None:
    """Who came when, the count of each day below, and the count of all on the right."""
    names = list(facts["seen"])
    for row, (_, days) in enumerate(reversed(facts["seen"].items())):
        axes.plot([min(days), max(days)], [row, row], color=FAINT, lw=6, solid_capstyle="round")
        axes.plot(days, [row] * len(days), "o", color=GOOD, ms=11)
    for day, count in enumerate(facts["series"]):
        axes.text(day, -1, str(count), ha="center", va="center", weight="bold")
    axes.axhline(-0.5, color=INK, lw=1)
    total, added = facts["total"], sum(facts["series"])
    axes.text(4.6, -1, f"sum {added}", color=BAD, va="center")
    axes.text(4.6, (len(names) - 1) / 2, f"{total} users", color=GOOD, weight="bold", va="center")
    axes.set(xlim=(-0.5, 5.8), ylim=(-1.5, len(names) - 0.4))
    axes.set_yticks([-1, *range(len(names))], ["users", *reversed(names)])
    axes.set_xticks(range(5), [f"{24 + day} Jan" for day in range(5)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def percentiles(axes: Axes, facts: dict[str, Any]) -> None:
    """The values at equal steps from 0 to 100 %; a quantile is read off the line between them."""
    seconds = facts["seconds"]
    step = 100 / (len(seconds) - 1)
    axes.plot([number * step for number in range(len(seconds))], seconds, "-o", color=INK, lw=1.2, ms=6)
    for percentage in ("50", "90"):
        value = facts["quantiles"][percentage]
        axes.plot([int(percentage)] * 2, [0, value], color=GOOD, lw=1, ls="--")
        axes.plot([0, int(percentage)], [value, value], color=GOOD, lw=1, ls="--")
        axes.plot(int(percentage), value, "D", color=GOOD, ms=8)
        axes.annotate(
            f"p{percentage} = {value:g} s",
            (int(percentage), value),
            (-8, 8),
            textcoords="offset points",
            ha="right",
            color=GOOD,
        )
    axes.set(xlabel="percentage", ylabel="seconds", xlim=(0, 103), ylim=(0, 66))
    axes.set_xticks([0, 25, 50, 75, 90, 100])


def rates(axes: Axes, facts: dict[str, Any]) -> None:
    """The crash-free rate of each release by day; no line where there is no session."""
    colours = {"app@1.0": INK, "app@1.1": BAD, "app@1.2": GOOD}
    for release in sorted(facts["series"]):
        values = [float("nan") if value is None else 100 * value for value in facts["series"][release]]
        axes.plot(range(len(values)), values, "-o", color=colours[release], ms=4, lw=1.8)
        last = max(place for place, value in enumerate(values) if value == value)
        below = -10 if release == "app@1.2" else -1
        axes.annotate(
            release, (last, values[last]), (7, below), textcoords="offset points", color=colours[release]
        )
    axes.set(ylabel="crash-free sessions, %", ylim=(91.5, 100.4), xlim=(-0.4, 15.6))
    axes.set_xticks(range(0, 14, 3), [f"{15 + day} Jan" for day in range(0, 14, 3)])


def ranking(axes: Axes, facts: dict[str, Any]) -> None:
    """Groups against intervals: the product stays below 10,000."""
    counts = {int(number): groups for number, groups in facts["groups"].items()}
    axes.fill_between(list(counts), list(counts.values()), 1, color=FAINT, ec="none")
    axes.plot(list(counts), list(counts.values()), "-o", color=INK, ms=4, lw=1.2)
    for number, text in ((15, "14 days by day"), (91, "90 days by day"), (361, "15 days by hour")):
        axes.plot(number, counts[number], "D", color=GOOD, ms=8)
        label = f"{text}:\n{number} × {counts[number]}"
        axes.annotate(label, (number, counts[number]), (8, 5), textcoords="offset points", color=GOOD)
    axes.set(
        xscale="log", yscale="log", xlabel="intervals", ylabel="base groups", xlim=(1, 3000), ylim=(4, 12000)
    )
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    axes.set_yticks([10, 100, 1000, 10000], ["10", "100", "1000", "10,000"])
    axes.minorticks_off()


def search(axes: Axes, facts: dict[str, Any]) -> None:
    """Two grids of release × environment, filled where the search keeps the sessions."""
    releases, environments = ("a", "b"), ("dev", "prod")
    for number, (query, kept) in enumerate(facts["kept"].items()):
        left = number * 3.6
        for x, environment in enumerate(environments):
            axes.text(left + x + 0.5, 2.1, environment, ha="center")
            for y, release in enumerate(reversed(releases)):
                chosen = [release, environment] in kept
                axes.bar(
                    left + x + 0.5,
                    0.9,
                    bottom=y + 0.05,
                    width=0.9,
                    color=GOOD if chosen else FAINT,
                    ec="none",
                )
        for y, release in enumerate(reversed(releases)):
            axes.text(left - 0.12, y + 0.5, release, ha="right", va="center")
        first, second = query.split(") " if ")" in query else " OR ")
        lines = (f"{first})", second) if ")" in query else (first, f"OR {second}")
        axes.text(left + 1, -0.15, "\n".join(lines), ha="center", va="top", family="monospace", size=9)
    axes.set(xlim=(-0.9, 6.8), ylim=(-0.9, 2.5))
    axes.axis("off")


def editions(axes: Axes, facts: dict[str, Any]) -> None:
    """The same range, rounded by two editions."""
    _asked(axes, facts["asked"], 2)
    both = facts["editions"]
    _window(axes, both["documented"]["window"], both["documented"]["starts"], 1, "documented")
    _window(axes, both["2022"]["window"], both["2022"]["starts"], 0, "2022", OTHER)
    _time_axis(axes, both["documented"]["window"], (-0.7, 2.9))


def intake(axes: Axes, facts: dict[str, Any]) -> None:
    """Each session a line of updates; on the right what is counted of it in two ways."""
    lives = facts["lives"]
    for row, life in enumerate(reversed(lives)):
        updates = life["updates"]
        axes.plot([0, len(updates) - 1], [row, row], color=INK, lw=1)
        for place, status in enumerate(updates):
            colour = CLASS_COLOURS.get(status, INK)
            axes.plot(place, row, "o", color=colour, mfc="none" if not status else colour, ms=8)
            label = status or "lost"
            axes.annotate(label, (place, row), (0, 9), textcoords="offset points", ha="center")
        for place, way in ((4.4, "folded"), (6.6, "intake")):
            counted = life[way]
            colour = INK if counted == life["folded"] else BAD
            axes.text(
                place,
                row,
                f"{counted['sessions']} / {counted['crashed']}",
                color=colour,
                ha="center",
                va="center",
            )
    for place, title in ((4.4, "folded"), (6.6, "the intake")):
        axes.text(place, len(lives) - 0.45, f"{title}:\nsessions / crashes", style="italic", ha="center")
    axes.set(xlim=(-0.4, 7.7), ylim=(-0.5, len(lives) + 0.4))
    axes.axis("off")


def validation(axes: Axes, facts: dict[str, Any]) -> None:
    """Two lines for each mistake: where it is, and the text that the request is rejected with."""
    shown = [(parameter, message, BAD) for parameter, message in facts["reported"]]
    shown.append(("all of them corrected", f"an answer of {facts['intervals']} intervals", GOOD))
    for row, (parameter, message, colour) in enumerate(shown):
        axes.text(0, -row, parameter, family="monospace", va="bottom")
        short = message if len(message) < 58 else f"{message[:56]}…"
        axes.text(0.06, -row, f"→ {short}", color=colour, va="top")
    axes.set(xlim=(0, 1), ylim=(0.6 - len(shown), 0.5))
    axes.axis("off")


def grouping(axes: Axes, facts: dict[str, Any]) -> None:
    """The same sessions cut into groups in three ways, one below the other."""
    ways = facts["groups"]
    for row, (columns, groups) in enumerate(reversed(ways.items())):
        left = 0
        for number, (key, total) in enumerate(groups):
            colour = (GOOD, OTHER)[number % 2]
            axes.barh(row, total - 0.06, left=left + 0.03, height=0.5, color=colour, alpha=0.3, ec="none")
            label = ", ".join(text or '""' for text in key) or "{}"
            axes.text(left + total / 2, row, label, ha="center", va="center", size=9)
            axes.text(left + total / 2, row + 0.36, str(total), ha="center", va="center", size=9)
            left += total
        axes.text(-0.2, row, columns.replace(" and ", "\nand ") or "no groupBy", ha="right", va="center")
    axes.set(xlim=(-2.8, 11.2), ylim=(-0.5, len(ways) - 0.3))
    axes.axis("off")


def answer(axes: Axes, facts: dict[str, Any]) -> None:
    """A table: a row for each group and field, a column for `by`, the total, and each interval."""
    heads = ["by", "field", "totals", *(text[5:10] for text in facts["intervals"])]
    places = [0.0, 1.25, 4.25, 5.4, 6.5, 7.6]
    rows = [
        [group["by"]["release"], field, group["totals"][field], *group["series"][field]]
        for group in facts["groups"]
        for field in group["totals"]
    ]
    for line, cells in enumerate([heads, *rows]):
        for place, cell in zip(places, cells, strict=True):
            text = "null" if cell is None else str(cell)
            colour = INK if line == 0 or place < 3 else GOOD if place == 4.25 else OTHER
            align = "left" if place < 3 else "center"
            weight = "bold" if line == 0 else "normal"
            axes.text(place, -line, text, color=colour, ha=align, va="center", weight=weight)
    axes.plot([0, 8], [-0.5, -0.5], color=INK, lw=1)
    axes.annotate("series: a value per interval", (6.5, 0.75), ha="center", color=OTHER, style="italic")
    axes.plot([5, 8], [0.5, 0.5], color=OTHER, lw=1)
    axes.set(xlim=(-0.1, 8.2), ylim=(-len(rows) - 0.5, 1.1))
    axes.axis("off")


def files(axes: Axes, facts: dict[str, Any]) -> None:
    """Two bars for each file: the share of what Polars takes, and of what DuckDB does; 1 is as fast."""
    names = list(facts["shares"])
    for row, name in enumerate(reversed(names)):
        for beside, share, colour in zip((0.19, -0.19), facts["shares"][name], (GOOD, OTHER), strict=True):
            axes.barh(row + beside, share, height=0.36, color=colour, ec="none")
            axes.text(0.02, row + beside, f"{share:.2f}", va="center", color=PAPER)
    axes.axvline(1, color=INK, ls="--", lw=1)
    axes.text(1.42, len(names) - 1 + 0.19, "of Polars", va="center", color=GOOD, weight="bold")
    axes.text(1.42, len(names) - 1 - 0.19, "of DuckDB", va="center", color=OTHER, weight="bold")
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.set(xlim=(0, 1.75), ylim=(-0.5, len(names) - 0.3), xlabel="processor time of query; 1 is as fast")
    axes.tick_params(length=0)


SIZES: Final[dict[Callable[[Axes, dict[str, Any]], None], tuple[float, float]]] = {
    sessions: (5.5, 2.9),
    windows: (5.5, 1.9),
    intervals: (5.5, 2.7),
    buckets: (5.5, 1.7),
    counting: (5.5, 2.9),
    users: (5.5, 2.5),
    percentiles: (5.5, 3.0),
    rates: (5.5, 3.0),
    ranking: (5.5, 3.0),
    search: (5.5, 2.5),
    editions: (5.5, 2.5),
    intake: (6.2, 3.2),
    validation: (5.5, 4.1),
    grouping: (6.2, 2.5),
    answer: (5.5, 2.2),
    files: (5.5, 3.6),
}
"""Width and height of each picture in inches."""


def svg(name: str, facts: dict[str, Any]) -> str:
    """The text of one picture."""
    draw = next(draw for draw in SIZES if draw.__name__ == name)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZES[draw], layout="constrained")
        draw(figure.add_subplot(), facts)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _hours(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp() / 3600


def _asked(axes: Axes, asked: list[str], row: int) -> None:
    start, end = map(_hours, asked)
    axes.plot([start, end], [row, row], color=WARN, lw=5, solid_capstyle="butt")
    axes.text((start + end) / 2, row + 0.22, "asked for: the last 24 hours", ha="center", color=WARN)
    for place in (start, end):
        axes.plot([place] * 2, [-0.3, row], color=WARN, lw=1, ls=":")


def _window(
    axes: Axes, window: list[str], starts: list[str], row: int, label: str, colour: str = GOOD
) -> None:
    edges = [*map(_hours, starts), _hours(window[1])]
    for number, (left, right) in enumerate(pairwise(edges)):
        axes.barh(
            row,
            right - left,
            left=left,
            height=0.45,
            color=colour,
            alpha=0.75 if number % 2 else 0.5,
            ec="none",
        )
    axes.text(edges[-1] + 0.4, row, label, va="center", color=colour, weight="bold")


def _time_axis(axes: Axes, window: list[str], height: tuple[float, float]) -> None:
    start, end = map(_hours, window)
    ticks = range(int(start), int(end) + 1, 6)
    axes.set_xticks(list(ticks), [f"{hour % 24:02}:00" for hour in ticks])
    axes.set(xlim=(start - 1, end + 7), ylim=height, yticks=[])
    axes.spines[["left"]].set_visible(False)
