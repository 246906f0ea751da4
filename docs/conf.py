"""How the site is built: ``sphinx-build -W docs docs/_build/html``, with the modules in ``_extensions``.

1. Pages are Markdown (MyST), so that they read well on a code host too.
2. The API reference is generated from the docstrings (autosummary, numpydoc), a page a module.
3. The semantics are one page per chapter, besides the whole (``chapters.py``); there each rule is followed by
   a line on its code, tests and vectors, read from the sources (``crossref.py``); each ``§3.5`` anywhere is a
   link to its rule (``rulelinks.py``).
4. The chapters of the course can be had as notebooks (``notebooks.py``).
5. Links into NumPy's and Python's documentation need no network: their inventories are the short lists below.
6. The theme is Furo: light and dark by the reader's setting, good on a phone, nothing of it needs a script to
   be read; the window to play with (``_static/windows.js``) is beside a picture that does not move. NumPy's
   own, pydata-sphinx-theme, brings the navigation of a site of many projects; this is one course and one
   reference.
"""

import re
import sys
import warnings
import zlib
from pathlib import Path
from types import GenericAlias

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))


import sessionstats  # noqa: E402 - found by the path above
from docs._extensions import chapters, charts, crossref, finishing, notebooks, playground, rulelinks  # noqa: E402
from docs.figures.palette import dark  # noqa: E402

project = "sessionstats"
author = "The sessionstats authors"
copyright = f"2026, {author}"
version = release = sessionstats.__version__

DTYPES = ("int8", "int32", "int64", "uint8", "intp", "float64", "datetime64")
"""The dtypes that docstrings name."""

BUILTINS = ("bool", "int", "float", "str", "tuple", "list", "dict", "frozenset", "None", "True", "False")
"""Python's own names that docstrings have as types."""

warnings.filterwarnings("ignore", "Unknown section .* hypothesis", UserWarning)  # of its docstrings, not ours

chapters.write()
notebooks.write()

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: units, shapes, dtypes
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # but these:
numpydoc_xref_aliases = {
    **crossref.classes(),
    **{name: f"numpy.{name}" for name in DTYPES},
    **{name: f"builtins.{name}" for name in BUILTINS},
    **{
        name: f"collections.abc.{name.capitalize()}"
        for name in ("mapping", "iterable", "sequence", "callable")
    },
    "datetime": "datetime.datetime",
}
default_role = "py:obj"  # `rounding.align` in a docstring is a link

html_theme = "furo"
html_title = f"sessionstats {version}"
html_static_path = ["_static"]
html_css_files = ["site.css", "windows.css", "oracle.css", "spot.css"]
html_js_files = [("windows.js", {"defer": "defer"})]
html_search_scorer = str(DOCS / "_static" / "scorer.js")
html_favicon = "_static/favicon.svg"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

NUMPY_OBJECTS = {
    **{name: f"reference/arrays.scalars.html#numpy.{name}" for name in DTYPES},
    "ndarray": "reference/generated/numpy.ndarray.html#numpy.ndarray",
}
"""Objects of NumPy that docstrings name, and where NumPy documents them."""

PYTHON_OBJECTS = {
    **{name: f"library/functions.html#{name}" for name in ("bool", "int", "float", "object")},
    **{
        name: f"library/stdtypes.html#{name}"
        for name in ("str", "list", "tuple", "dict", "frozenset", "bytes")
    },
    **{
        f"collections.abc.{name}": f"library/collections.abc.html#collections.abc.{name}"
        for name in ("Mapping", "Iterable", "Sequence", "Callable")
    },
    **{
        f"builtins.{name}": f"library/{'constants' if name[0].isupper() else 'stdtypes'}.html#{name}"
        for name in BUILTINS
    },
    "builtins.int": "library/functions.html#int",
    "builtins.float": "library/functions.html#float",
    "builtins.bool": "library/functions.html#bool",
    "datetime.datetime": "library/datetime.html#datetime.datetime",
    "datetime.timedelta": "library/datetime.html#datetime.timedelta",
}
"""Objects of Python that docstrings name."""


def inventory(name: str, objects: dict[str, str], prefix: str = "") -> str:
    """Write an intersphinx inventory of these objects, and say where."""
    path = DOCS / "_build" / f"{name}.inv"
    path.parent.mkdir(exist_ok=True)
    head = (
        f"# Sphinx inventory version 2\n# Project: {name}\n# Version: \n# The remainder is zlib compressed.\n"
    )
    lines = "".join(f"{prefix}{key} py:class 1 {place} -\n" for key, place in objects.items())
    path.write_bytes(head.encode() + zlib.compress(lines.encode()))
    return str(path)


intersphinx_mapping = {
    "numpy": ("https://numpy.org/doc/stable/", inventory("numpy", NUMPY_OBJECTS, "numpy.")),
    "python": ("https://docs.python.org/3/", inventory("python", PYTHON_OBJECTS)),
}


def link_rules(app: Sphinx, docname: str, source: list[str]) -> None:
    """Link citations to their rules, in the chapters of the semantics."""
    if Path(app.env.doc2path(docname)).suffix == ".md":
        source[0] = chapters.to_chapters(rulelinks.linked_page(source[0]))
    if docname == "semantics":
        source[0] += chapters.contents()
    if docname == "performance":
        source[0] = charts.with_chart(source[0])
    if docname.startswith("course/"):
        source[0] = notebooks.with_link(docname, source[0])


def link_rules_of_docstring(
    app: object, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Link citations in docstrings, after numpydoc has laid them out."""
    lines[:] = rulelinks.linked_docstring(lines)


PICTURE = re.compile(r"^!\[([^]]*)\]\([./]*figures/(\w+)\.svg\)$", re.MULTILINE)


def pictures_for_both_schemes(app: Sphinx, docname: str, source: list[str]) -> None:
    """Show a picture in the colours of the page (``figures/palette.py``)."""
    for name in {match[2] for match in PICTURE.finditer(source[0])}:
        path = DOCS / "_build" / "dark" / f"{name}-dark.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dark((DOCS / "figures" / f"{name}.svg").read_text()))
    both = ((r"/figures/\2.svg", "light"), (r"/_build/dark/\2-dark.svg", "dark"))
    pictures = (f":::{{image}} {path}\n:alt: \\1\n:class: only-{scheme}\n:::" for path, scheme in both)
    source[0] = PICTURE.sub("\n\n".join(pictures), source[0])


def without_blank_ends(app: object, docname: str, source: list[str]) -> None:
    """Doctests need a blank line before the closing fence; readers do not."""
    source[0] = re.sub(r"\n\n```$", "\n```", source[0], flags=re.MULTILINE)


def only_pages_that_exist(app: object, docname: str, source: list[str]) -> None:
    """Drop the entries of the table of contents that match no page; Sphinx would warn."""
    if docname == "index":
        lines = source[0].splitlines(keepends=True)
        source[0] = "".join(
            x for x in lines if not x.strip().endswith("*") or any(DOCS.glob(f"{x.strip()}.md"))
        )


def skip_aliases(app: Sphinx, what: str, name: str, obj: object, *_: object) -> bool | None:
    """Leave out what is elsewhere or says nothing.

    That is: type aliases; the fields of a named tuple, which are its parameters; and, in its package, a
    function named like its module, on whose page it is.
    """
    module = str(getattr(obj, "__module__", ""))
    elsewhere = module.rpartition(".")[2] == name and not app.env.docname.endswith(module)
    field = str(obj.__doc__).startswith("Alias for field number")
    return True if elsewhere or field or isinstance(obj, GenericAlias) else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("doctree-read", finishing.align_numbers)
    app.connect("html-page-context", finishing.describe)
    app.connect("html-page-context", playground.add_scripts)
    app.connect("build-finished", finishing.finish)
    app.connect("build-finished", playground.finish)
    app.connect("source-read", pictures_for_both_schemes)
    app.connect("source-read", without_blank_ends)
    app.connect("source-read", link_rules)
    app.connect("autodoc-process-docstring", link_rules_of_docstring, priority=900)
    app.connect("source-read", only_pages_that_exist)
    app.connect("autodoc-skip-member", skip_aliases)
