"""The page "Spot the bug" (§1 to §9): its cases show the bugs of the registry, its charts look different."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from docs._extensions.playground import spot_data
from docs._extensions.spotting import CASES, page_data
from sessionstats.testing.bugs.registry import BUGS
from sessionstats.testing.hypotheses import Evidence
from tests.browser import needs_chromium, said_by
from tests.pages import DOCS

SCRIPT = DOCS / "_static" / "spot.js"


@cache
def data() -> dict[str, Any]:
    """What the page reads."""
    return page_data({bug.section: f"semantics.html#{bug.section}" for bug in BUGS})


def test_every_bug_is_there() -> None:
    """Those of the registry in its order; ``python -m tests.gallery.spot`` writes the cases."""
    assert [line["id"] for line in json.loads(CASES.read_text())] == [bug.id for bug in BUGS]


def test_smallest_cases_show_their_bugs() -> None:
    """§1 to §9: the variant that is kept answers differently, and the page shows where."""
    for line, shown in zip(json.loads(CASES.read_text()), data()["bugs"], strict=True):
        bug = next(bug for bug in BUGS if bug.id == line["id"])
        case = line["smallest"]
        assert Evidence(case, None).differs(bug.for_case(case)[line["variant"]]), bug.id
        assert shown["smallest"]["right"] != shown["smallest"]["wrong"], bug.id
        pair = shown["pair"]
        columns = pair.get("columns", {"right": (), "wrong": ()})
        assert (columns["right"], pair["right"]) != (columns["wrong"], pair["wrong"]), bug.id


def test_most_bugs_are_charts() -> None:
    assert sum("columns" in bug["pair"] for bug in data()["bugs"]) > 150


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_charts_look_different() -> None:
    """Both of a pair have other bars, labels or names, and no number that SVG would drop in silence."""
    program = """
    const {draw, spanOf} = require(process.argv[1]);
    const pairs = JSON.parse(require("fs").readFileSync(0, "utf-8"));
    const chart = (pair) => (side) => draw(pair.columns[side], pair[side], spanOf(pair));
    console.log(JSON.stringify(pairs.map((pair) => ["right", "wrong"].map(chart(pair)))));
    """
    pairs = [bug["pair"] for bug in data()["bugs"] if "columns" in bug["pair"]]
    command = ["node", "-e", program, str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=True)
    charts = json.loads(done.stdout)
    assert all(right != wrong for right, wrong in charts)
    assert not any(word in picture for pair in charts for picture in pair for word in ("NaN", "undefined"))


CHART = "series-cumulative"
"""A bug that is shown as a chart, of one line; the address names it."""

GUESSES = """
<script>
addEventListener("load", () => {
  const $ = (path) => document.querySelector(path);
  const said = [];
  for (const side of [0, 1]) {
    const texts = [...document.querySelectorAll(".side")].map((each) => each.innerText);
    const chart = document.querySelectorAll(".side")[side].querySelector("svg")?.ariaLabel;
    document.querySelectorAll(".side button")[side].click();
    said.push({ texts, chart, verdict: $(".verdict").innerText, hash: location.hash });
    document.querySelectorAll(".spot button")[0].click();
  }
  const select = $("select");
  select.value = "7";
  select.dispatchEvent(new Event("input"));
  const score = $("[role=status]").textContent;
  fetch("/said", { method: "POST", body: JSON.stringify({ said, score, hash: location.hash }) });
});
</script>
"""
"""What a reader does: guesses twice, and then selects bugs of §7."""


@needs_chromium
def test_page(tmp_path: Path) -> None:
    """Two answers, a verdict with the rule and the smallest case, the next bug, and the filter."""
    shutil.copy(SCRIPT, tmp_path)
    (tmp_path / "spot-data.js").write_text(spot_data({}))
    scripts = "".join(f"<script src={name}></script>" for name in ("spot-data.js", "spot.js"))
    page = tmp_path / "page.html"
    there = f"<script>location.hash = '#{CHART}'</script>"
    page.write_text(f"<meta charset=utf-8><div class=spot></div>{there}{scripts}{GUESSES}")
    heard = json.loads(said_by(page))
    begin = [bug.id for bug in BUGS].index(CHART)
    for bug, said in zip(BUGS[begin:], heard["said"], strict=False):
        assert said["hash"] == f"#{bug.id}"
        assert len(said["texts"]) == 2
        assert said["verdict"].startswith(("Yes, that one is wrong.", "No, that one is right;"))
        assert f"{bug.title}. " in said["verdict"]
        assert f"§{bug.section}" in said["verdict"]
        assert "The smallest case:" in said["verdict"]
    first = heard["said"][0]
    (line,) = data()["bugs"][begin]["pair"]["wrong"]
    wrong = first["chart"] == f"{line['name']}: {', '.join(map(str, line['values']))}"
    assert wrong == first["verdict"].startswith("Yes")
    found = sum(said["verdict"].startswith("Yes") for said in heard["said"])
    assert heard["score"] == f" {found} of 2 found"
    assert heard["hash"] == f"#{next(bug.id for bug in BUGS if bug.section[0] == '7')}"
