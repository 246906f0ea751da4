"""The pictures of the docs: what they show is what the kernel answers.

The facts behind every picture are recomputed and compared exactly. The drawings are compared loosely, by the
texts in them, because versions of matplotlib place and format things differently.
"""

import json
import re
from pathlib import Path

import pytest

from docs.figures.facts import PICTURES, facts
from docs.figures.palette import DARK, PAPER, dark

FIGURES = Path(__file__).parent.parent / "docs" / "figures"
NAMES = [picture.__name__ for picture in PICTURES]


def test_facts_are_what_the_kernel_answers() -> None:
    """Every picture shows today's answers (§1 to §7); remake them with ``python -m docs.figures``."""
    assert json.loads((FIGURES / "facts.json").read_text()) == facts()


def test_every_picture_is_there_and_no_other() -> None:
    assert sorted(path.stem for path in FIGURES.glob("*.svg")) == sorted(NAMES)


def texts(svg: str) -> list[str]:
    return sorted(re.findall(r"<text [^>]*>([^<]+)</text>", svg))


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_made_by_the_script(name: str) -> None:
    pytest.importorskip("matplotlib", reason="drawing needs the docs extra")
    from docs.figures.drawing import svg

    drawn = svg(name, facts()[name])
    kept = (FIGURES / f"{name}.svg").read_text()
    assert texts(drawn) == texts(kept) != []
    assert drawn == svg(name, facts()[name]), "drawing is deterministic"


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_pictures_suit_light_and_dark_pages(name: str) -> None:
    """Every colour has a contrast of 4.5:1 to the background, and to an area of itself behind it."""
    kept = (FIGURES / f"{name}.svg").read_text()
    assert re.search(r"<svg [^>]*viewBox=", kept)
    for picture, paper in ((kept, PAPER), (dark(kept), DARK[PAPER])):
        used = set(re.findall(r"#[0-9a-f]{6}\b", picture))
        assert used <= set(DARK if picture is kept else DARK.values())
        assert paper in used
        for colour in used - {paper}:
            light, deep = sorted((luminance(colour), luminance(paper)), reverse=True)
            assert (light + 0.05) / (deep + 0.05) > 5.5, colour


def test_previews_have_a_card() -> None:
    """A PNG of the size that previews of links show; its head has the size."""
    head = (FIGURES.parent / "_static" / "card.png").read_bytes()[:24]
    assert head[:4] == b"\x89PNG"
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (1200, 630)


def test_the_chart_of_performance_shows_its_table() -> None:
    """A line for each engine, with the cost of each number of sessions; no table, no chart."""
    pytest.importorskip("matplotlib", reason="drawing needs the docs extra")
    from docs._extensions import charts

    page = (FIGURES.parent / "performance.md").read_text()
    table = "| sessions | `a`, s | B, s | of B |\n|---|---|---|---|\n| 10 M | 0.5 | 1 | 0.5 |\n"
    assert charts.costs(table) == {"a": {10.0: 50.0}, "B": {10.0: 100.0}}
    assert charts.costs("no table") == {}
    assert {"compute", *charts.costs(page)} <= set(texts(charts.svg(charts.costs(page))))
