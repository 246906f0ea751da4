"""The semantics as one page per chapter, made from ``semantics.md`` whenever the site is built.

1. ``semantics.md`` is the single source, and on the site the whole on one page, for printing and searching.
2. A chapter runs from its heading, ``## 3. …``, to the next chapter. On its own page it is one level up, and
   each rule has a label and its line of code, tests and vectors.
3. ``§3.5`` leads to the chapter (``rulelinks.py``), and so does every link to ``semantics.md#35-rounding``.
"""

import re
from pathlib import Path
from typing import Final

from docs._extensions.crossref import ROOT, with_rule_lines
from docs._extensions.rulelinks import with_labels

SOURCE: Final = ROOT / "docs" / "semantics.md"

FOLDER: Final = ROOT / "docs" / "semantics"
"""Where the pages are written; they are not kept."""

CHAPTER: Final = re.compile(r"^## (\d)\. .+$", re.MULTILINE)

HEAD: Final = (
    "*A chapter of the [semantics](semantics.md), which explain its marks and what its examples share. The "
    "[oracle in the browser](oracle.md) shows which of its rules make each number, for rows of your own.*"
)


def chapters() -> dict[str, str]:
    """Text of the page of each chapter, by its number."""
    text = SOURCE.read_text(encoding="utf-8")
    starts = [*CHAPTER.finditer(text)]
    ends = [*(match.start() for match in starts[1:]), len(text)]
    return {
        match[1]: _page(text[match.start() : end], match[0]) for match, end in zip(starts, ends, strict=True)
    }


def _page(chapter: str, heading: str) -> str:
    text = chapter.replace(heading, f"{heading}\n\n{HEAD}", 1)
    text = re.sub(r"\]\((?![a-z]+:|#)", "](../", text)
    return re.sub(r"^##(#?) ", r"#\1 ", with_labels(with_rule_lines(text)), flags=re.MULTILINE)


def to_chapters(text: str) -> str:
    """A page whose links to rules lead to the chapters.

    Examples
    --------
    >>> to_chapters("[§3.5](../semantics.md#35-rounding), [all](semantics.md)")
    '[§3.5](../semantics/3.md#35-rounding), [all](semantics.md)'
    """
    return re.sub(r"\]\(((?:\.\./)*)semantics\.md#((\d)[\w-]*)\)", r"](\1semantics/\3.md#\2)", text)


def contents() -> str:
    """The table of contents that the whole has on the site."""
    entries = "\n".join(f"semantics/{number}" for number in chapters())
    return f"\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n"


def write() -> list[Path]:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    written = []
    for number, text in chapters().items():
        path = FOLDER / f"{number}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
