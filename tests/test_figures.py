"""The pictures of the docs: what they show is what the kernel answers.

The facts behind every picture are recomputed and compared exactly. The drawings are compared loosely, by the
texts in them, for versions of matplotlib place and format things differently.
"""

import json
import re
from pathlib import Path

import pytest

from docs.figures.facts import PICTURES, facts

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


@pytest.mark.parametrize("name", NAMES)
def test_pictures_suit_light_and_dark_pages(name: str) -> None:
    """No opaque background, no black or white ink."""
    kept = (FIGURES / f"{name}.svg").read_text()
    assert re.search(r"fill: ?#(fff|000)", kept) is None
    assert re.search(r"<svg [^>]*viewBox=", kept)
