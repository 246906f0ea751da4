"""What the pages with scripts of their own need on the site.

1. ``oracle.md``: Pyodide's core and the standard library, from the npm package ``pyodide`` where that is
   installed (``npm install --prefix .clients pyodide``), and the model's source in one file. Without the
   package the page keeps its text.
2. ``spot-the-bug.md``: its bugs and their answers (``spotting.py``), as a script, which a page opened as a
   file can read, too.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs._extensions import crossref, spotting
from docs._extensions.rulelinks import label

if TYPE_CHECKING:  # tests of the pages need no Sphinx
    from docutils import nodes
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent.parent

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")
"""The files of Pyodide that a browser asks for."""

ORACLE, SPOT = "oracle", "spot-the-bug"
"""The pages."""


DATA = "spot-data.js"
"""The bugs; Sphinx does not know of it, for it is written last."""


def pyodide() -> Path | None:
    """Where the npm package is installed: in ``NODE_PATH`` or in ``.clients``; `None` if nowhere.

    An older release, whose files have other names, is none.
    """
    places = [
        *filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep)),
        ROOT / ".clients/node_modules",
    ]
    folders = (Path(place) / "pyodide" for place in places)
    return next((folder for folder in folders if all((folder / name).is_file() for name in CORE)), None)


def model_files() -> dict[str, str]:
    """The source of the model and of what explains its answers, by path; packages above are empty."""
    package = ROOT / "sessionstats/testing/model"
    paths = [*sorted(package.glob("*.py")), ROOT / "docs/_extensions/oracle.py"]
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    packages = ("docs", "docs/_extensions", "sessionstats", "sessionstats/testing")
    empty = {f"{name}/__init__.py": "" for name in packages}
    return files | empty


def serve(static: Path, core: Path, rules: dict[str, str]) -> None:
    """Lay what the worker loads beside its script."""
    (static / "pyodide").mkdir(parents=True, exist_ok=True)
    for name in CORE:
        shutil.copyfile(core / name, static / "pyodide" / name)
    (static / "oracle.json").write_text(json.dumps({"files": model_files(), "rules": rules}))


def spot_data(rules: dict[str, str]) -> str:
    """The script with the bugs."""
    return f"var spotData = {json.dumps(spotting.page_data(rules), ensure_ascii=False)};\n"


def addresses(app: Sphinx, page: str) -> dict[str, str]:
    """The address of each rule, as seen from a page."""
    labels = app.env.get_domain("std").anonlabels
    places = {rule: labels[label(rule)] for rule in crossref.rules()}
    return {
        rule: f"{app.builder.get_relative_uri(page, place[0])}#{place[1]}" for rule, place in places.items()
    }


def add_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give the pages their scripts."""
    if page == ORACLE and pyodide():
        app.add_js_file("oracle.js", defer="defer")
    elif page == SPOT:
        app.add_js_file("spot.js", defer="defer")
        context["metatags"] = f'{context.get("metatags", "")}\n<script defer src="_static/{DATA}"></script>'


def finish(app: Sphinx, failure: Exception | None) -> None:
    """Lay the files of the pages on the site."""
    if failure is not None or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / DATA).write_text(spot_data(addresses(app, SPOT)), encoding="utf-8")
    if core := pyodide():
        serve(static, core, addresses(app, ORACLE))
