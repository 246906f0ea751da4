"""The chapters of the course as notebooks, made from their pages whenever the site is built.

1. Examples become cells of code without prompts; a cell ends with each output, and holds it. An example of an
   error is tagged ``raises-exception``, so that the notebook runs through.
2. Everything else stays text: commands, parts of ``mini.py``, and the answers of exercises, unfolded.
3. A notebook is self-contained: its picture is inside, and of links to other pages only the words are left.
"""

import json
import re
from base64 import b64encode
from doctest import DocTestParser, Example
from pathlib import Path
from typing import Any, Final

from docs._extensions.crossref import ROOT

COURSE: Final = ROOT / "docs" / "course"

FOLDER: Final = ROOT / "docs" / "_build" / "notebooks"
"""Where they are written."""

EXAMPLES: Final = re.compile(r"^```python\n(>>> .*?)^```$", re.MULTILINE | re.DOTALL)

INTRODUCTION: Final = (
    """*This notebook needs the package: in a clone of sessionstats, `pip install '.[testing]'`.*"""
)


def chapters() -> list[Path]:
    """The pages that become notebooks."""
    return sorted(COURSE.glob("[0-9]*.md"))


def notebook(page: Path) -> dict[str, Any]:
    """The notebook of a page, as the format 4.5 describes it."""
    cells = [_text(INTRODUCTION)]
    for number, piece in enumerate(EXAMPLES.split(page.read_text(encoding="utf-8"))):
        cells += _code(piece) if number % 2 else [_text(_alone(piece, page))]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def write() -> None:
    """Write the notebooks."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page in chapters():
        (FOLDER / f"{page.stem}.ipynb").write_text(json.dumps(notebook(page), indent=1), encoding="utf-8")


def with_link(docname: str, text: str) -> str:
    """The page of a chapter with a link to its notebook, after what it takes."""
    name = docname.rpartition("/")[2]
    link = rf"\1 {{download}}`As a notebook </_build/notebooks/{name}.ipynb>`."
    return re.sub(r"(\*\*Time:\*\*\s\d+\sminutes[^.]*\.)", link, text, count=1)


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.strip()}


def _code(examples: str) -> list[dict[str, Any]]:
    cells, source = [], ""
    found = DocTestParser().get_examples(examples)
    for example in found:
        source += re.sub(r"  # doctest: .*", "", example.source)
        if example.want or example is found[-1]:
            cells.append(_cell(source.rstrip("\n"), example))
            source = ""
    return cells


def _cell(source: str, example: Example) -> dict[str, Any]:
    output = {"output_type": "stream", "name": "stdout", "text": example.want.replace("<BLANKLINE>", "")}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": ["raises-exception"]} if example.exc_msg else {},
        "source": source,
        "outputs": [output] if example.want else [],
    }


def _alone(text: str, page: Path) -> str:
    def embedded(match: re.Match[str]) -> str:
        picture = b64encode((page.parent / match[2]).read_bytes()).decode()
        return f"![{match[1]}](data:image/svg+xml;base64,{picture})"

    text = re.sub(r"!\[([^]]*)\]\(([^)]+\.svg)\)", embedded, text)
    text = re.sub(r"(?<!!)\[([^]]+)\]\((?!https:|data:)[^)]+\)", r"\1", text)
    text = re.sub(r"<summary>(.*?)</summary>", r"**\1**", text)
    return re.sub(r"^</?(?:details|div).*\n", "", text, flags=re.MULTILINE)
