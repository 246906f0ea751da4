"""Making every ``§3.5`` on the site a link to its rule.

1. Each numbered heading of ``semantics.md`` gets a label, ``rule-3-5``.
2. In pages, a citation in running text becomes a link; in code, in links and in headings it stays as it is.
3. In docstrings likewise, except in examples and literals.

The sources themselves stay plain: ``§3.5`` is for whoever reads them.
"""

import re
from typing import Final

from docs._extensions.crossref import HEADING, rules

CITATION: Final = re.compile(r"§(\d(?:\.\d)?)(?!\.?\d)")

NOT_TEXT: Final = re.compile(r"(`+[^`]*`+|\[[^\]]*\]\([^)]*\)|<[^>]*>)")
"""What is not running text in a line of Markdown: inline code, links, tags."""

LITERAL: Final = re.compile(r"(``[^`]*``|:\w+:`[^`]*`|`[^`]*`)")
"""What is not running text in a line of a docstring."""


def label(rule: str) -> str:
    """Label of a rule.

    Examples
    --------
    >>> label("3.5")
    'rule-3-5'
    """
    return f"rule-{rule.replace('.', '-')}"


def with_labels(text: str) -> str:
    """``semantics.md`` with a label before each numbered heading."""
    return HEADING.sub(lambda match: f"({label(match[2])})=\n{match[0]}", text)


def linked_page(text: str) -> str:
    """A page of Markdown with its citations as links."""
    lines, fence = [], ""
    for line in text.split("\n"):
        opening = re.match(r" *(`{3,})", line)
        if opening and (not fence or line.strip() == fence):
            fence = "" if fence else opening[1]
        elif not fence and not line.startswith("#"):
            line = _linked(line, NOT_TEXT, "{ref}")
        lines.append(line)
    return "\n".join(lines)


def linked_docstring(lines: list[str]) -> list[str]:
    """A docstring in reStructuredText with its citations as links."""
    found, example = [], False
    for line in lines:
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        found.append(line if example else _linked(line, LITERAL, ":ref:"))
    return found


def _linked(line: str, apart: re.Pattern[str], role: str) -> str:
    pieces = apart.split(line)
    pieces[::2] = [CITATION.sub(lambda match: _link(match, role), text) for text in pieces[::2]]
    return "".join(pieces)


def _link(match: re.Match[str], role: str) -> str:
    return f"{role}`{match[0]} <{label(match[1])}>`" if match[1] in rules() else match[0]
