"""Reading the pages of the documentation, and executing their code.

1. A page is README.md or a Markdown file under docs/. Its fenced blocks have a language.
2. ``python`` with prompts is a doctest, which pytest runs; without prompts it is a script, which is run. A
   block of any language whose first line is a comment that names a file (``# mine.py``) is that file instead.
3. ``console`` holds commands after ``$ ``, each followed by its output. They are run in a directory of the
   page's own, where the files of step 2 are. In an output, a line of ``...`` stands for any lines, and
   ``...`` in a line for any text.
4. ``sh`` is for setting up an environment: ``.ci/run`` runs README's. ``json`` and ``toml`` must parse. Other
   languages are only shown.
5. ``python`` whose first line is ``# in mini.py`` is a part of the file that a reader of the course writes.
   Its states, one per chapter, and some as first written, are in ``course/mini``; a chapter's commands are
   run beside them, and find the chapter's state as ``mini.py``.
6. Commands that cannot be run in a test are listed in `NOT_RUN`, with the reason.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

NOT_RUN = {
    "pip install": "needs a package index",
    "git clone": "needs the network",
    "python -m venv": "the tests run in an environment already",
    "python -m pytest": "the tests would run themselves",
}
"""Commands that are shown but not run, by how they begin, and why."""

FENCE = re.compile(r"^( *)(`{3,}|:{3,})(.*)$")
FILE_LINE = re.compile(r"(?:#|//|--|;) ([\w./-]+\.\w+)\n")


class Block(NamedTuple):
    """A fenced block: its language, its text, and the line it starts in."""

    language: str
    text: str
    line: int

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a file."""
        return self.language == "python" and self.text.startswith("# in ")

    @property
    def file_name(self) -> str | None:
        match = FILE_LINE.match(self.text)
        return match[1] if match and self.language != "console" else None


class Command(NamedTuple):
    """A command of a console block, and the output shown below it."""

    command: str
    output: str


def pages() -> list[Path]:
    """Every page, README first."""
    found = [path for path in sorted(DOCS.rglob("*.md")) if not {"_build", "semantics"} & {*path.parts}]
    return [*ROOT.glob("README.md"), *found]


def page_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page; directives like ``{toctree}`` have the name as their language."""
    found: list[Block] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if opened is None:
            if fence and fence[2][0] == "`":
                opened, start, lines = fence, number, []
        elif fence and fence[2] == opened[2] and not fence[3].strip():
            found.append(Block(opened[3].strip(), "".join(f"{line}\n" for line in lines), start))
            opened = None
        else:
            lines.append(line.removeprefix(opened[1]))
    assert opened is None, f"the block of line {start} is never closed"
    return found


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    kept, inside = [], False
    for line in text.splitlines():
        if FENCE.match(line) and line.lstrip().startswith("`"):
            inside = not inside
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def slugs(text: str) -> set[str]:
    """Anchors of the headings of a page, as code hosts and the site make them."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(text: str) -> list[str]:
    """Targets of the links and images of a page."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(text)))


def commands(text: str) -> list[Command]:
    """The commands of a console block; a backslash at the end of a line continues it."""
    assert text.startswith("$ "), "a console block starts with a command"
    found: list[Command] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append(Command(line[2:], ""))
        elif found[-1].command.endswith("\\\n"):
            found[-1] = Command(found[-1].command + line, "")
        else:
            found[-1] = Command(found[-1].command, found[-1].output + line)
    return found


def run(command: str, directory: Path) -> str:
    """Output of a command, errors included; it finds the package under test, and the tests' own Python."""
    environment = {
        **os.environ,
        "PATH": f"{directory / '.bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return done.stdout


def outputs_agree(shown: str, actual: str) -> bool:
    """Whether an output is the one shown: ``...`` for any text in a line, or, alone, any lines."""
    pattern = ""
    for line in shown.rstrip().splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r"[^\n]*?".join(re.escape(part) for part in line.rstrip().split("...")) + r"[ \t]*\n"
    actual_lines = "".join(f"{line}\n" for line in actual.rstrip().splitlines())
    return re.fullmatch(pattern, actual_lines) is not None


def states(page: Path) -> list[Path]:
    """The states of ``mini.py`` in a chapter of the course; no other page has any."""
    number = page.stem[:2] if page.parent.name == "course" else "no chapter"
    return sorted((DOCS / "course" / "mini").glob(f"{number}*.py"))


def prepare(directory: Path, page: Path | None = None) -> None:
    """Make ``sessionstats`` and ``python`` the ones under test; copy the states of a chapter's file."""
    if page is not None and states(page):
        shutil.copytree(page.parent / "mini", directory / "mini")
        shutil.copy(states(page)[-1], directory / "mini.py")
    binaries = directory / ".bin"
    binaries.mkdir()
    for name, arguments in (("sessionstats", "-m sessionstats "), ("python", "")):
        script = binaries / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        script.chmod(0o755)
