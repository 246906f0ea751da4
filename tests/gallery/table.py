"""The table of the gallery in the documentation: ``python -m tests.gallery.table`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from sessionstats.testing.bugs.bug import Bug
from sessionstats.testing.bugs.registry import BUGS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "gallery.md"
"""The page."""

BEGIN, END = "<!-- gallery: begin -->", "<!-- gallery: end -->"
"""Markers around the table."""

HEAD = (
    "| diagnosis | what goes wrong | what is right | § | ways | public reports |\n|---|---|---|---|---|---|\n"
)


def page() -> str:
    """The page with the table of the registry."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    rows = "\n".join(map(row, BUGS))
    return f"{before}{BEGIN}\n\n{HEAD}{rows}\n\n{END}{rest.split(END)[1]}"


def row(bug: Bug) -> str:
    """A line of the table."""
    ways = str(sum(1 + len(each.twins) for each in bug.variants)) if bug.family is None else "by the case"
    right = bug.explanation.replace("``", "`").replace("|", "\\|")
    title = bug.title.replace("|", "\\|")
    return f"| `{bug.id}` | {title} | {right} | §{bug.section} | {ways} | {reports(bug)} |"


def reports(bug: Bug) -> str:
    """Links to the public reports."""
    links = []
    for report in bug.reports:
        project, number = report.split("#")
        links.append(f"[{report}](https://github.com/{project}/issues/{number})")
    return ", ".join(links)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
