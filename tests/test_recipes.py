"""The recipes of the docs are right: each whose library is installed is compared with the kernel."""

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sessionstats.protocol import respond
from sessionstats.testing import compare
from tests.pages import DOCS, blocks

RECIPES = {
    block.file_name: block.text for block in blocks((DOCS / "recipes.md").read_text()) if block.file_name
}

NEEDED = {"numpy": "numpy", "pandas": "pandas", "polars": "polars", "duckdb": "duckdb", "clickhouse": "chdb"}

Rows = list[dict[str, Any]]
Recipe = Callable[[Rows], dict[str, Any]]

USERS = (None, "ann", "ben", "cat", "constructor", "o'neill \\", "e\u0301")


def groups() -> list[Rows]:
    """Rows of one group each; of one to forty sessions, so that positions fall on and between them."""
    chance = random.Random(6)
    sizes = [1, 1, 2, 3, *range(4, 42)]
    return [
        [
            {
                "status": chance.choice(("exited", "exited", "exited", "crashed", "ok", "abnormal")),
                "distinct_id": chance.choice(USERS),
                "duration": chance.choice(
                    (None, 0, 1, 0.1, chance.random() * 1000, chance.expovariate(0.01))
                ),
            }
            for _ in range(size)
        ]
        for size in sizes
    ]


def check_recipe(statistics: Recipe, given: list[Rows]) -> None:
    for rows in given:
        answer = statistics(rows)
        sessions = [{**row, "started": "2024-01-29T11:30:00Z", "project_id": 1} for row in rows]
        params = {"field": list(answer), "statsPeriod": "1h", "includeSeries": "0"}
        case = {"now": "2024-01-29T12:00:00Z", "params": params, "sessions": sessions}
        expected = respond(case)
        assert len(answer) == 7
        body = {**expected["body"], "groups": [{"by": {}, "totals": answer}]}
        assert compare(case, expected, {"status": 200, "body": body}) == []


@pytest.mark.parametrize("name", NEEDED)
def test_a_recipe_in_python(name: str) -> None:
    """§6.8: right except for the last bits."""
    pytest.importorskip(NEEDED[name], reason="this recipe needs its library")
    scope: dict[str, Any] = {}
    exec(RECIPES[f"recipe_{name}.py"], scope)
    check_recipe(scope["statistics"], groups())


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_recipe_in_javascript(tmp_path: Path) -> None:
    (tmp_path / "recipe.js").write_text(RECIPES["recipe_javascript.js"])
    code = "for (const rows of JSON.parse(process.argv[1])) console.log(JSON.stringify(statistics(rows)))"
    given = groups()
    done = subprocess.run(
        ["node", "-e", f"const {{ statistics }} = require('./recipe.js'); {code}", json.dumps(given)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers = iter(map(json.loads, done.stdout.splitlines()))
    check_recipe(lambda rows: next(answers), given)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R")
def test_the_recipe_in_r(tmp_path: Path) -> None:
    (tmp_path / "recipe.R").write_text(RECIPES["recipe_r.R"])
    source = 'source("recipe.R")\n'
    for rows in (given := groups()):
        columns = [
            f"{name} = c({', '.join('NA' if row[name] is None else json.dumps(row[name]) for row in rows)})"
            for name in ("status", "distinct_id", "duration")
        ]
        source += (
            f"s <- statistics(data.frame({', '.join(columns)}))\n"
            "cat(paste0('\"', names(s), '\": ', lapply(s, function(value)\n"
            "  if (is.null(value)) 'null' else sprintf('%.17g', value)), collapse = ', '), '\\n')\n"
        )
    (tmp_path / "all.R").write_text(source)
    done = subprocess.run(["Rscript", "all.R"], cwd=tmp_path, capture_output=True, text=True, check=True)
    answers = iter(json.loads(f"{{{line}}}") for line in done.stdout.splitlines())
    check_recipe(lambda rows: next(answers), given)
