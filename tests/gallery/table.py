"""The table of the gallery in the documentation: ``python -m tests.gallery.table`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from sessionstats.testing.runner import EXAMPLES
from tests.gallery.catching import catch
from tests.gallery.mutant import Mutant
from tests.gallery.mutants import MUTANTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "gallery.md"
"""The page."""

BEGIN, END = "<!-- gallery: begin -->", "<!-- gallery: end -->"
"""The table stands between these."""

SEEDS = range(5)
"""Seeds of the columns of numbers."""

HEAD = (
    "| wrong implementation | what it does | § | diagnosis | public reports | examples at seeds 0 to 4 |\n"
    "|---|---|---|---|---|---|\n"
)


def main() -> None:
    """Write the table into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    rows = "\n".join(map(row, MUTANTS))
    PAGE.write_text(f"{before}{BEGIN}\n\n{HEAD}{rows}\n\n{END}{after}", encoding="utf-8")


def row(mutant: Mutant) -> str:
    """A line of the table."""
    examples = ", ".join(str(catch(mutant, EXAMPLES, seed).examples or "–") for seed in SEEDS)
    diagnosis = f"`{mutant.diagnosis}`" if mutant.diagnosis else "(raises)"
    cells = (f"`{mutant.name}`", mutant.wrong, f"§{mutant.section}", diagnosis, reports(mutant), examples)
    return f"| {' | '.join(cells)} |"


def reports(mutant: Mutant) -> str:
    """Links to the public reports."""
    links = []
    for report in filter(None, mutant.report.split(", ")):
        project, number = report.split("#")
        links.append(f"[{report}](https://github.com/{project}/issues/{number})")
    return ", ".join(links)


def table_of(page: str) -> list[str]:
    """The lines of the table of a page, without its head."""
    return page.split(BEGIN)[1].split(END)[0].strip().split("\n")[2:]


if __name__ == "__main__":
    main()
