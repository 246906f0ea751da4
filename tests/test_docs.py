"""The documentation is true: its code runs, its links lead somewhere, its rules are all there.

Doctests are run by pytest itself (``--doctest-glob``); here is the rest, and that nothing is missed.
"""

import ast
import importlib
import json
import re
import shutil
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import sessionstats
from docs._extensions import chapters, crossref, rulelinks
from tests.pages import (
    DOCS,
    NOT_RUN,
    ROOT,
    Block,
    blocks,
    commands,
    links,
    outputs_agree,
    page_name,
    pages,
    prepare,
    prose,
    run,
    slugs,
    states,
)

FRAMES = all(map(find_spec, ("pandas", "pyarrow")))
"""Whether scripts of data frames can be run."""

LANGUAGES = ("python", "console", "sh", "json", "toml", "text", "sql", "diff", "javascript", "awk", "r")
"""Languages of blocks; `tests.pages` says what becomes of each."""

RULES_OF_CHAPTERS = {1: 5, 2: 3, 3: 8, 4: 8, 5: 0, 6: 8, 7: 6, 8: 0, 9: 0}
"""How many rules each chapter of the semantics has; the numbers are fixed (§1 to §9)."""

NUMBERS = [
    number
    for chapter, count in RULES_OF_CHAPTERS.items()
    for number in (str(chapter), *(f"{chapter}.{rule}" for rule in range(1, count + 1)))
]
"""Every number that can be cited."""

RULES = [number for number in NUMBERS if "." in number or not RULES_OF_CHAPTERS[int(number)]]
"""The numbers of single rules; the others only group these."""

PROGRAMS = ("node", "patch")
"""Programs that a page may run although not everyone has them; without them it is skipped."""

PAGES = pytest.mark.parametrize("page", pages(), ids=page_name)


@PAGES
def test_every_block_has_a_language_that_is_executed_or_only_shown(page: Path) -> None:
    for block in blocks(page.read_text()):
        language = block.language.split()[0] if block.language else ""
        assert language in LANGUAGES or language.startswith("{"), f"line {block.line}: {block.language!r}"
        if language == "python" and ">>>" in block.text:
            assert block.text.lstrip().startswith(">>>"), f"line {block.line}: a doctest starts with a prompt"
            assert block.text.endswith("\n\n") or not re.search(
                r"^(?!>>>|\.\.\.)", block.text.splitlines()[-1]
            ), f"line {block.line}: a blank line ends the expected output before the fence"


@PAGES
def test_shown_data_parses(page: Path) -> None:
    """Blocks of JSON and TOML parse."""
    parsers = {"json": json.loads, "toml": tomllib.loads}
    for block in blocks(page.read_text()):
        if block.language in parsers:
            parsers[block.language](block.text)


def test_pytest_reads_every_page() -> None:
    """The doctests of README and docs are collected; the run would fail if there were none."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert {"docs", "README.md"} <= set(options["testpaths"])
    assert "--doctest-glob=*.md" in options["addopts"]
    examples = [block for page in pages() for block in blocks(page.read_text()) if ">>>" in block.text]
    assert len(examples) > 80


def scripts(page: Path) -> list[Block]:
    """What of a page is run here: console blocks, files, and Python without prompts."""
    return [
        block
        for block in blocks(page.read_text())
        if block.language == "console"
        or block.file_name
        or (block.language == "python" and ">>>" not in block.text and not block.is_part)
    ]


@pytest.mark.parametrize("page", [page for page in pages() if scripts(page)], ids=page_name)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """Every command of a page, in order, in one directory; files that the page shows are written there."""
    if "import duckdb" in page.read_text():
        pytest.importorskip("duckdb", reason="this page needs the engines extra")
    if "import sentry_sdk" in page.read_text():
        pytest.importorskip("sentry_sdk", reason="this page needs the clients extra")
    if "sessionstats check" in page.read_text():
        pytest.importorskip("hypothesis", reason="this page needs the testing extra")
    for program in PROGRAMS:
        runs = re.search(rf"(?:^\$|--) {program} ", page.read_text(), re.MULTILINE)
        if runs and not shutil.which(program):
            pytest.skip(f"this page needs the program {program}")
    prepare(tmp_path, page)
    namespace: dict[str, object] = {}
    for block in scripts(page):
        if block.file_name:
            (tmp_path / block.file_name).write_text(block.text)
        elif block.language == "python" and "import pandas" in block.text and not FRAMES:
            continue
        elif block.language == "python":
            exec(compile(block.text, f"{page}:{block.line}", "exec"), namespace)
        else:
            for command, output in commands(block.text):
                if not command.startswith(tuple(NOT_RUN)):
                    actual = run(command, tmp_path)
                    assert outputs_agree(output, actual), f"line {block.line}: $ {command}\n{actual}"


@PAGES
def test_links_lead_somewhere(page: Path) -> None:
    """Files exist, and so do the headings that anchors name."""
    for target in links(page.read_text()):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.is_file(), target
        assert not anchor or anchor in slugs(file.read_text()), target


@PAGES
def test_what_a_page_names_exists(page: Path) -> None:
    """A function that a page names, such as `rounding.align`, exists under this name."""
    modules = {path.stem for path in Path(sessionstats.__file__).parent.glob("[a-z]*.py")}
    for module, name in re.findall(r"`([a-z_]+)\.([A-Za-z_]+)`", prose(page.read_text())):
        if module in modules and name not in ("py", "csv", "jsonl", "npz"):
            assert hasattr(importlib.import_module(f"sessionstats.{module}"), name), f"{module}.{name}"


@PAGES
def test_images_have_a_description(page: Path) -> None:
    for description, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text()):
        assert len(description) > 20, target


def test_semantics_has_every_rule_once_and_no_other() -> None:
    """§1 to §9: the numbers are fixed, and in order."""
    assert list(crossref.rules()) == NUMBERS


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_an_example(rule: str) -> None:
    text = (DOCS / "semantics.md").read_text()
    section = re.search(rf"^##+ {re.escape(rule)}\.? .*?(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    assert ">>>" in section[0]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_code_and_tests(rule: str) -> None:
    """A module and a test cite each rule, so that its line in the semantics has links."""
    assert crossref.code_of(rule), f"no docstring of the package cites §{rule}"
    assert crossref.tests_of(rule), f"no docstring of a test cites §{rule}"


@pytest.mark.skipif(not crossref.vectors(), reason="no vectors are shipped yet")
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "6.8"])  # of comparisons, not answers
def test_every_rule_has_vectors(rule: str) -> None:
    assert crossref.vectors().get(rule), f"no vector covers §{rule}"


@pytest.mark.parametrize("package", ["sessionstats", "tests"])
def test_only_rules_that_exist_are_cited(package: str) -> None:
    """A citation of a rule that does not exist would lead nowhere."""
    unknown = {rule: places for rule, places in crossref.citations(package).items() if rule not in NUMBERS}
    assert unknown == {}


def test_rule_lines_are_at_the_end_of_their_rules() -> None:
    """The line of a rule names its function, its tests and nothing of its neighbours."""
    text = crossref.with_rule_lines("## 3. Windows\n\n### 3.5 Rounding\n\nText.\n\n### 3.6 More\n\nText.\n")
    middle = text.partition("### 3.5")[2].partition("### 3.6")[0]
    assert middle.index("Text.") < middle.index("sessionstats.rounding.align>")
    assert "`test_windows`" in middle
    assert "require_few_intervals" not in middle


def test_citations_become_links_in_text_only() -> None:
    """Not in code, in links, in headings, nor if the rule does not exist."""
    page = "# A §1.1\n\nSee §1.1, §9.9 and `§1.1` or [§1.1](x.md).\n\n```python\n>>> 1  # §1.1\n```\n(§5)"
    linked = rulelinks.linked_page(page)
    assert linked == page.replace("See §1.1", "See {ref}`§1.1 <rule-1-1>`").replace(
        "(§5)", "({ref}`§5 <rule-5>`)"
    )
    docstring = ["Round (§3.5).", ">>> 1  # §3.5", "§3.5", "", "``§3.5``"]
    assert rulelinks.linked_docstring(docstring) == ["Round (:ref:`§3.5 <rule-3-5>`).", *docstring[1:]]
    assert "(rule-3-5)=\n### 3.5 Rounding" in rulelinks.with_labels((DOCS / "semantics.md").read_text())


def test_every_module_is_in_the_reference() -> None:
    """Modules one by one; `cli`, `engines`, `testing` and `vectors` as a whole, or in parts."""
    text = (DOCS / "reference" / "api.md").read_text()
    listed = set(re.findall(r"^   (sessionstats\.[\w.]+)$", text, re.MULTILINE))
    package = Path(sessionstats.__file__).parent
    modules = {
        ".".join(("sessionstats", *path.relative_to(package).with_suffix("").parts))
        for path in package.rglob("[a-z]*.py")
    }
    missing = {
        name for name in modules if not any(name == one or name.startswith(f"{one}.") for one in listed)
    }
    assert not missing
    assert all(name in modules or (package.parent / name.replace(".", "/")).is_dir() for name in listed)


def test_the_map_of_the_architecture_is_the_tree() -> None:
    """One line for every module and folder in the root of the package, and no other."""
    text = (DOCS / "architecture.md").read_text()
    tree = re.search(r"^sessionstats/\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert tree is not None
    listed = re.findall(r"^  (\w+/?) ", tree[1], re.MULTILINE)
    package = Path(sessionstats.__file__).parent
    there = {path.stem for path in package.glob("[a-z]*.py")}
    there |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert len(listed) == len(set(listed))
    assert set(listed) == there


@pytest.mark.parametrize("chapter", [page for page in pages() if states(page)], ids=page_name)
def test_chapters_are_made_alike(chapter: Path) -> None:
    """A question, a picture, what it is for, code, myths, a stage of `mini.py`, and an exercise."""
    text = chapter.read_text()
    assert re.match(r"# \d+\. .+\n\n\*[^*]+\*\n\n!\[.+\n\n\*\*Before:\*\* ", text)
    assert re.search(r"\*\*After:\*\*\s[^*]+\*\*Time:\*\*\s\d+\sminutes\.\n", text)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [name for name in headings if name != "By hand"] == [
        "In ten lines",
        "Where everyone goes wrong",
        "In your file",
        "Exercise",
    ]
    assert (
        text.index("## Exercise")
        < text.index("<details>\n<summary>Answer</summary>\n\n")
        < text.index("\n</details>\n")
    )
    assert "Error: " in text or "except RequestError" in text, "errors appear as examples"
    assert f"({chapter.name})" in (DOCS / "course" / "index.md").read_text()


@pytest.mark.parametrize("chapter", [page for page in pages() if states(page)], ids=page_name)
def test_chapters_show_parts_of_their_file(chapter: Path) -> None:
    """The reader writes what the tests run; the check disagrees first, and then agrees."""
    text = chapter.read_text()
    parts = [block.text.partition("\n")[2] for block in blocks(text) if block.is_part]
    assert parts
    for part in parts:
        assert any(part in path.read_text() for path in states(chapter)), part
    assert text.index("1 finding in ") < text.rindex("No disagreement in 300 cases")
    assert f"$(cat mini/{chapter.stem[:2]}.claims)" in text


def named(source: str) -> dict[str, str]:
    """The statements of a file, by the name that they define; imports by themselves."""
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        text = ast.get_source_segment(source, node) or ""
        match node:
            case ast.FunctionDef():
                name = node.name
            case ast.Assign(targets=[target]) | ast.AugAssign(target=target):
                name = ast.unparse(target)
            case _:
                name = text
        found[name] = f"{found[name]}\n{text}" if name in found else text
    return found


@pytest.mark.parametrize("chapter", [page for page in pages() if states(page)], ids=page_name)
def test_following_a_chapter_literally_gives_its_file(chapter: Path) -> None:
    """Each change since the chapter before is shown whole, or line by line, or is to be copied."""
    text = chapter.read_text()
    number = int(chapter.stem[:2])
    mini = DOCS / "course" / "mini"
    before = named((mini / (f"{number - 1:02}.py" if number > 1 else "01-first.py")).read_text())
    parts = [block.text.partition("\n")[2] for block in blocks(text) if block.is_part]
    lines = {line for part in parts if part.startswith(" ") for line in part.splitlines()}
    shown = {name: part for each in parts if not each.startswith(" ") for name, part in named(each).items()}
    copied = re.search(r"Copy from\s.+?(?=\n\n)", text, re.DOTALL)
    said = re.findall(r"`([^`]+)`", copied[0] if copied else "")
    after = named((mini / f"{number:02}.py").read_text())
    for name, part in after.items():
        start = {**before, **shown}.get(name, "")
        if name not in said and f"`{name}`" not in (text if "import" in name else ""):
            assert {*part.splitlines()} - {*start.splitlines()} <= lines, name
    assert all(f"`{name}`" in text for name in before.keys() - after.keys())


def test_the_file_of_the_course_is_plain_python() -> None:
    """From chapter 4 on; before that, it imports from the kernel what is not written yet."""
    for path in (DOCS / "course" / "mini").glob("*.py"):
        lent = re.search(r"^(?:import numpy|from sessionstats)", path.read_text(), re.MULTILINE)
        assert (lent is not None) == (path.name < "04")
    assert len([page for page in pages() if states(page)]) == 11


def test_the_runner_sees_what_differs() -> None:
    """The comparison of outputs is strict except for the dots."""
    assert outputs_agree("a\n...\nz\n", "a\nb\nc\nz\n")
    assert outputs_agree("took ... s\n", "took 1.5 s\n")
    assert outputs_agree("", "")
    assert not outputs_agree("a\n", "a\nb\n")
    assert not outputs_agree("", "error\n")
    assert not outputs_agree("1.0\n", "1x0\n")
    assert not outputs_agree("took ... s\n", "took 1\n2 s\n")


def test_the_runner_reads_commands() -> None:
    assert commands("$ a \\\n  b\nout\n$ c\n") == [("a \\\n  b\n", "out\n"), ("c\n", "")]


def test_the_runner_finds_files(tmp_path: Path) -> None:
    prepare(tmp_path)
    (block,) = blocks("```python\n# mine.py\nprint(6 * 7)\n```\n")
    assert block.file_name == "mine.py"
    (tmp_path / block.file_name).write_text(block.text)
    assert run("python mine.py", tmp_path) == "42\n"


def test_drawings_and_site_code_parse() -> None:
    """Scripts that pytest does not import are at least Python."""
    for path in DOCS.rglob("*.py"):
        ast.parse(path.read_text())


def test_every_rule_is_on_the_page_of_its_chapter() -> None:
    """§1 to §9: the chapters of the site hold the rules of the source, and their links lead somewhere."""
    pages_of_chapters = chapters.chapters()
    found = {
        chapter: re.findall(r"^##? (\d(?:\.\d)?)\.? ", text, re.MULTILINE)
        for chapter, text in pages_of_chapters.items()
    }
    assert [number for numbers in found.values() for number in numbers] == NUMBERS
    assert all(number[0] == chapter for chapter, numbers in found.items() for number in numbers)
    for chapter, text in pages_of_chapters.items():
        assert re.search(rf"^\(rule-{chapter}\)=\n# {chapter}\. .+\n\n.+\n\n!\[", text), "a picture first"
        for target in links(text):
            file, _, anchor = target.partition("#")
            path = DOCS / "semantics" / file
            assert path.resolve().is_file(), target
            assert not anchor or anchor in slugs(path.read_text()), target
