"""The answer as HTML: in a notebook, and as a page of its own.

1. It shows what `sessionstats.display.table` shows: heading, keys, totals, and each series as a sparkline,
   here a curve in SVG.
2. Text and lines use the colours of their surroundings, so light and dark notebooks both work; a separate
   page follows the reader's system.
3. Every text is escaped, and unprintable characters are shown as in `terminal`. Nothing is loaded from
   elsewhere.
4. On a narrow screen the table scrolls sideways, not the page.
5. Every sparkline has its own scale, as in `sparklines`. A null is a gap, a value between two nulls a dot.
"""

from collections.abc import Iterable
from html import escape as escape_html
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.display.answer import Answer
from sessionstats.display.sparklines import merged
from sessionstats.display.table import heading, key_text, notes, total_texts
from sessionstats.display.terminal import escape
from sessionstats.fields import Field

WIDTH: Final = 120
"""Width of a sparkline in pixels; also its maximum number of points."""

HEIGHT: Final = 24
"""Height of a sparkline in pixels."""

MARGIN: Final = 2
"""Space around a sparkline's curve, for the width of the line."""

NOTEBOOK_ROWS: Final = 50
"""Most rows that a notebook shows."""

STYLE: Final = """\
.sessionstats div{overflow-x:auto}
.sessionstats table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.sessionstats th,.sessionstats td{padding:.25em .75em;text-align:right;white-space:nowrap;color:inherit}
.sessionstats .key{text-align:left;white-space:pre}
.sessionstats tbody .key{font-weight:normal}
.sessionstats thead th{border-bottom:1px solid;font-weight:bold}
.sessionstats svg{vertical-align:middle;margin-left:.5em;fill:none;stroke:currentColor;stroke-width:1.5;
stroke-linecap:round;stroke-linejoin:round}
"""

PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Session statistics, {title}</title>
<style>
:root{{color-scheme:light dark}}
body{{margin:1rem;font:1rem/1.4 system-ui,sans-serif}}
h1{{font-size:1.3rem}}
</style>
</head>
<body>
<main>
<h1>Session statistics</h1>
{body}
</main>
</body>
</html>
"""


def page(answer: Answer, *, uncertainty: bool = False) -> str:
    """The answer as an HTML document.

    Parameters
    ----------
    answer : Answer
    uncertainty : bool
        Whether rates have their intervals beside them (`sessionstats.uncertainty`).
    """
    title = escape_html(heading(answer))
    return PAGE.format(title=title, body=fragment(answer, uncertainty=uncertainty))


def fragment(answer: Answer, *, uncertainty: bool = False, most_rows: int | None = None) -> str:
    r"""The answer as part of an HTML document.

    Parameters
    ----------
    answer : Answer
    uncertainty : bool
        Whether rates have their intervals beside them.
    most_rows : int, optional
        Rows to show; by default all.

    Examples
    --------
    >>> from sessionstats import Sessions, compute
    >>> sessions = Sessions(started=["2024-01-29T11:30Z"], project_id=[1], status=["ok"], release=["<b>"])
    >>> request = "field=sum(session)&groupBy=release&statsPeriod=1h"
    >>> text = fragment(compute(sessions, request, now="2024-01-29T12:00Z"))
    >>> text[text.index("<tbody>") : text.index("<svg")]
    '<tbody>\n<tr><th scope="row" class="key">&lt;b&gt;</th><td>1'
    """
    shown = len(answer) if most_rows is None else min(most_rows, len(answer))
    label = escape_html(heading(answer))
    lines = ['<div class="sessionstats">', f"<style>\n{STYLE}</style>", f"<p>{label}</p>"]
    if shown:
        fields = answer.query.fields
        titles = [f'<th scope="col" class="key">{escape_html(name)}</th>' for name in answer.by]
        titles += [f'<th scope="col">{escape_html(field.name)}</th>' for field in fields]
        columns = [[_key(key) for key in keys[:shown].tolist()] for keys in answer.by.values()]
        columns += [_field_cells(answer, field, shown, uncertainty) for field in fields]
        lines.append(f'<div role="region" aria-label="{label}" tabindex="0">\n<table>')
        lines += [f"<thead>\n<tr>{''.join(titles)}</tr>\n</thead>", "<tbody>"]
        lines += [f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True)]
        lines += ["</tbody>", "</table>", "</div>"]
    lines += [*_paragraphs(answer, shown, uncertainty), "</div>"]
    return "\n".join(lines)


def _paragraphs(answer: Answer, shown: int, uncertainty: bool) -> Iterable[str]:
    if shown < len(answer):
        yield f"<p>{len(answer) - shown:,} more rows are not shown.</p>"
    for note in notes(answer, uncertainty=uncertainty):
        yield f"<p>{escape_html(note)}</p>"


def _key(key: object) -> str:
    text = key_text(key)
    whole = escape_html(escape(str(key)))
    title = f' title="{whole}"' if "…" in text else ""
    return f'<th scope="row" class="key"{title}>{escape_html(text)}</th>'


def _field_cells(answer: Answer, field: Field, shown: int, uncertainty: bool) -> list[str]:
    totals, drawings = [""] * shown, [""] * shown
    if answer.totals:
        texts = total_texts(answer, field, uncertainty=uncertainty)
        totals = [escape_html(text.strip()) for text in texts[:shown]]
    if answer.series:
        series = merged(answer.series[field.name][:shown], field.complement, WIDTH)
        drawings = [_sparkline(values, field) for values in series]
    return [f"<td>{total}{drawing}</td>" for total, drawing in zip(totals, drawings, strict=True)]


def _sparkline(values: NDArray[Any], field: Field) -> str:
    measured = values[~np.isnan(values)]
    low = float(measured.min()) if field.complement and len(measured) else 0.0
    high = float(measured.max()) if len(measured) else 0.0
    level = 0.5 if field.complement else 0.0
    levels = np.where(np.isnan(values), np.nan, level)
    if high > low:
        levels = (values - low) / (high - low)
    x = np.linspace(MARGIN, WIDTH - MARGIN, len(values)) if len(values) > 1 else np.array([WIDTH / 2])
    y = HEIGHT - MARGIN - levels * (HEIGHT - 2 * MARGIN)
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'<path d="{_path(x, y)}"/></svg>'
    )


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """A curve through the points, with gaps where `y` is NaN."""
    commands, pen_is_down = [], False
    for point_x, point_y in zip(x.tolist(), y.tolist(), strict=True):
        if np.isnan(point_y):
            pen_is_down = False
            continue
        # A line without length is drawn as a dot.
        commands.append(
            f"{'L' if pen_is_down else 'M'}{point_x:.1f} {point_y:.1f}{'' if pen_is_down else 'h0'}"
        )
        pen_is_down = True
    return "".join(commands)
