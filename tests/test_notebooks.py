"""The notebooks of the course: made from its pages, complete, and run through.

No Jupyter is needed: the cells are executed as a notebook executes them, one after the other, and their
outputs must be those that they hold.
"""

import ast
import re
from contextlib import redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from docs._extensions.notebooks import chapters, notebook, with_link
from tests.pages import page_name

CHAPTERS = pytest.mark.parametrize("page", chapters(), ids=page_name)


def executed(source: str, namespace: dict[str, Any]) -> str:
    """What a cell prints, the value of its last line or its error included."""
    printed = StringIO()
    with redirect_stdout(printed):
        try:
            for statement in ast.parse(source).body:
                exec(compile(ast.Interactive([statement]), "<cell>", "single"), namespace)
        except Exception as error:
            name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
            print(f"Traceback (most recent call last):\n    ...\n{name}: {error}")
    return printed.getvalue()


@CHAPTERS
def test_a_notebook_runs_through_and_prints_what_it_shows(page: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook(page)["cells"] if cell["cell_type"] == "code"]
    assert cells
    for cell in cells:
        actual = executed(cell["source"], namespace)
        shown = "".join(output["text"] for output in cell["outputs"])
        assert OutputChecker().check_output(shown, actual, ELLIPSIS | NORMALIZE_WHITESPACE), cell["source"]
        assert ("raises-exception" in cell["metadata"].get("tags", ())) == shown.startswith("Traceback")


@CHAPTERS
def test_a_notebook_stands_alone(page: Path) -> None:
    """No example is left in the text, nothing is folded, and pictures are inside."""
    cells = notebook(page)["cells"]
    text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    assert not re.search(r"^>>> |^</?details|^<div", text, re.MULTILINE)
    assert "](data:image/svg+xml;base64," in text
    assert not re.search(r"\]\((?!https:|data:)", text)
    assert len({cell["id"] for cell in cells}) == len(cells)


@CHAPTERS
def test_a_page_links_to_its_notebook(page: Path) -> None:
    assert f"/_build/notebooks/{page.stem}.ipynb" in with_link(f"course/{page.stem}", page.read_text())
