"""What the theme leaves to do: a description of every page, and pages that screen readers find their way in.

1. The description is the first paragraph of a page, for search engines and for previews of links. These show
   a picture, too, where the site knows its address (``sphinx-build -D html_baseurl=…``).
2. Landmarks get the names that tell them apart, and headings of the navigation their level.
3. Code and tables that scroll sideways can be scrolled with the keyboard.
4. An empty cell in the corner of a table is not a header. Columns of numbers are aligned on the right.
5. Long names in code break between their parts, and options not after their dashes.
6. The page of the search has a heading, and a field of its own.
"""

import re
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 200
"""Most characters of a description."""

SEARCH = (
    "<h1>Search</h1>\n"
    '<form action=""><input type="search" name="q" aria-label="Words"> <button>Search</button></form>'
)
"""What the page of the search begins with."""

REPLACED = (
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Pages">'),
    ('<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
    (
        '<div class="content-icon-container">',
        '<div class="content-icon-container" role="region" aria-label="Tools">',
    ),
    (r'<th class="head[^"]*"><p></p></th>', "<td></td>"),
    ("<pre>", '<pre tabindex="0">'),
    (r'(<div class="table-wrapper[^"]*")>', r'\1 tabindex="0">'),
    (r'</noscript>\s*<div id="search-results">', f'</noscript>\n{SEARCH}\n<div id="search-results">'),
)
"""Parts of finished pages, as patterns, and what they become."""

LONG = re.compile(r'(?<=<span class="pre">)[^<>]{12,}(?=</span>)')
"""A word of code that may be too long for its line."""

PART = re.compile(r"(?<=\w)(?:[./_=(]|&amp;)(?=[a-zA-Z]{3})")
"""What separates two parts of a name."""

NUMBER = re.compile(r"[−-]?\d[\d,.]*( ?(s|ms|/s|%|GB|MB|M))?")
"""A cell that is a number, with its unit if it has one."""


def align_numbers(app: Sphinx, tree: nodes.document) -> None:
    """Align the columns of a table whose cells are numbers."""
    for table in tree.findall(nodes.table):
        bodies = [row for body in table.findall(nodes.tbody) for row in body.findall(nodes.row)]
        for place, column in enumerate(zip(*bodies, strict=True)):
            texts = [cell.astext().strip() for cell in column]
            if any(texts) and all(NUMBER.fullmatch(text) for text in texts if text):
                for row in table.findall(nodes.row):
                    row[place]["classes"].append("text-right")


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Add the description of a page to its head."""
    if tree is None:
        return
    paragraphs = (
        node.astext() for node in tree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section)
    )
    text = re.sub(r"\s+", " ", next(paragraphs, "")).strip()
    if len(text) > LONGEST:
        text = text[: text.rindex(" ", 0, LONGEST)] + " …"
    card = urljoin(context.get("pageurl") or "", context["pathto"]("_static/card.png", 1))
    tags = {
        "og:title": context.get("title", ""),
        "og:type": "article",
        "og:description": text,
        "og:image": card,
        "twitter:card": "summary_large_image",
    }
    lines = [f'<meta name="description" content="{escape(text)}">'] if text else []
    lines += [
        f'<meta property="{name}" content="{escape(re.sub("<[^>]+>", "", value))}">'
        for name, value in tags.items()
    ]
    context["metatags"] = "\n".join([context.get("metatags", ""), *lines])


def with_breaks(text: str) -> str:
    """A finished page whose names break between their parts, if they have to.

    Examples
    --------
    >>> with_breaks('<span class="pre">sessionstats.pipeline</span>')
    '<span class="pre">sessionstats.<wbr>pipeline</span>'
    >>> with_breaks('<span class="pre">--no-errors</span>')
    '<span class="pre"><span class="option-start">--no</span>-errors</span>'
    """
    text = LONG.sub(lambda found: PART.sub(r"\g<0><wbr>", found[0]), text)
    return re.sub(r'(?<=<span class="pre">)--\w+', r'<span class="option-start">\g<0></span>', text)


def finish(app: Sphinx, failure: Exception | None) -> None:
    """Put finished pages right."""
    if failure is not None or app.builder.name != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for before, after in REPLACED:
            text = re.sub(before, after, text)
        text = with_breaks(text)
        path.write_text(text, encoding="utf-8")
