"""The picture that previews of links show, ``_static/card.png``: the name, what it is, and crash rates.

Previews take no SVG, so it is the one picture kept as pixels; ``python -m docs.figures`` makes it anew.
"""

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from docs.figures.drawing import STYLE, rates
from docs.figures.palette import GOOD, INK, PAPER

CARD = Path(__file__).parent.parent / "_static" / "card.png"
"""The file."""

SIZE = (1200, 630)
"""Pixels, as previews show them."""


def draw(facts: dict[str, Any]) -> None:
    """Write the card; ``facts`` are those of the picture ``rates``."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=PAPER)
        figure.text(0.06, 0.82, "sessionstats", size=52, weight="bold", color=GOOD)
        figure.text(0.06, 0.72, "Release health from raw sessions, exact to the bit", size=23, color=INK)
        axes = figure.add_axes((0.11, 0.11, 0.83, 0.52))
        rates(axes, facts)
        figure.savefig(CARD, pil_kwargs={"optimize": True}, metadata={"Software": None})
