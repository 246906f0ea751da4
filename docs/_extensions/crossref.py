"""Which code, which tests and which vectors belong to each rule.

1. A rule is a numbered heading of ``semantics.md``: ``### 3.5 Rounding``.
2. Code cites it as ``§3.5`` in a docstring, ``§3.4 to §3.7`` citing all of these. A function that cites it
   applies it; a module is named if its own docstring cites it and none of its functions does.
3. Tests cite it in the docstring of a test, or of the test's module.
4. A vector lists the rules it covers under ``sections``.

Nothing here is kept by hand, so nothing can go stale: `rule_line` reads the sources whenever the site is
built.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent.parent

HEADING: Final = re.compile(r"^(##|###) (\d(?:\.\d)?)\.? (.+)$", re.MULTILINE)
"""A numbered heading; chapters without rules of their own (2, 6) are rules as well."""

RANGE: Final = re.compile(r"§(\d)\.(\d) to §\1\.(\d)")
SINGLE: Final = re.compile(r"§(\d(?:\.\d)?)(?!\.?\d)")


class Citation(NamedTuple):
    """A place that cites a rule: the module, and the function or class in it, empty for the module itself."""

    module: str
    name: str


@cache
def rules() -> dict[str, str]:
    """Number and title of every rule, in order."""
    text = (ROOT / "docs" / "semantics.md").read_text()
    return {number: title for _, number, title in HEADING.findall(text)}


def cited_in(text: str) -> set[str]:
    """The rules that a text cites.

    Examples
    --------
    >>> sorted(cited_in("The window (§3.4 to §3.6), see §5."))
    ['3.4', '3.5', '3.6', '5']
    """
    found = set(SINGLE.findall(text))
    for chapter, first, last in RANGE.findall(text):
        found |= {f"{chapter}.{number}" for number in range(int(first), int(last) + 1)}
    return found


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Name and docstring of everything public in a module, the module first, under the empty name."""
    tree = ast.parse(path.read_text())
    yield "", ast.get_docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, ast.get_docstring(node) or ""
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                        yield f"{node.name}.{part.name}", ast.get_docstring(part) or ""


@cache
def citations(package: str) -> dict[str, tuple[Citation, ...]]:
    """Places in the Python files under a directory that cite each rule."""
    found: dict[str, list[Citation]] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        module = _module(path)
        for name, docstring in docstrings(path):
            for rule in cited_in(docstring):
                found.setdefault(rule, []).append(Citation(module, name))
    return {rule: tuple(places) for rule, places in found.items()}


def classes() -> dict[str, str]:
    """Full name of every public class of the package by its short one, where that is unique."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "sessionstats").rglob("*.py")):
        module = _module(path)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(f"{module}.{node.name}")
    return {name: full for name, (full, *others) in found.items() if not others}


@cache
def vectors() -> dict[str, tuple[str, ...]]:
    """Ids of the shipped vectors that cover each rule; none if there are no vectors."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "sessionstats" / "vectors").glob("v*.jsonl")):
        for line in path.read_text().splitlines():
            vector = json.loads(line)
            for section in vector.get("sections", ()):
                found.setdefault(section.lstrip("§"), []).append(vector["id"])
    # First those that are named after the rule, then those that touch it.
    return {
        rule: tuple(sorted(ids, key=lambda identity: not identity.startswith(f"{rule}-")))
        for rule, ids in found.items()
    }


def code_of(rule: str) -> tuple[Citation, ...]:
    """The functions that apply a rule, and the modules that do without saying which function."""
    apart = ("sessionstats.testing", "sessionstats.vectors")
    places = [
        place for place in citations("sessionstats").get(rule, ()) if not place.module.startswith(apart)
    ]
    named = {place.module for place in places if place.name}
    return tuple(place for place in places if place.name or place.module not in named)


def tests_of(rule: str) -> tuple[str, ...]:
    """The test modules that cite a rule."""
    places = citations("tests").get(rule, ())
    return tuple(dict.fromkeys(p.module for p in places if p.module.rpartition(".")[2].startswith("test_")))


def rule_line(rule: str) -> str:
    """One line of Markdown: the code, the tests and the vectors of a rule."""
    code = ", ".join(_code_link(place) for place in code_of(rule))
    tests = ", ".join(f"`{module.rpartition('.')[2]}`" for module in tests_of(rule))
    ids = vectors().get(rule, ())
    shown = ", ".join(f"`{identity}`" for identity in ids[:3])
    covering = f"{len(ids)} vectors ({shown}{', …' if len(ids) > 3 else ''})" if ids else ""
    parts = (("Code", code), ("Tests", tests), ("Vectors", covering))
    return " · ".join(f"{name}: {text}" for name, text in parts if text)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _code_link(place: Citation) -> str:
    module = place.module.removeprefix("sessionstats.")
    if not place.name:
        return f"{{py:mod}}`{module} <{place.module}>`"
    return f"{{py:obj}}`{module}.{place.name} <{place.module}.{place.name}>`"


def with_rule_lines(text: str) -> str:
    """``semantics.md`` with the line of each rule at the end of its section."""
    numbered = list(HEADING.finditer(text))
    ends = [*(match.start() for match in re.finditer(r"^##", text, re.MULTILINE)), len(text)]
    pieces, read = [], 0
    for match in numbered:
        end = min(place for place in ends if place > match.start())
        line = rule_line(match[2])
        pieces.append(text[read:end].rstrip("\n") + "\n\n")
        pieces.append(f":::{{container}} rule-line\n{line}\n:::\n\n" if line else "")
        read = end
    return "".join(pieces) + text[read:]
