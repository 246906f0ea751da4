"""The page of the oracle: what it says about numbers (§1 to §9), and its form in Chromium with Python."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from docs._extensions.oracle import Notes, explained
from docs._extensions.playground import pyodide, serve
from sessionstats.testing import model
from sessionstats.vectors import load
from tests.browser import needs_chromium, said_by
from tests.pages import DOCS

NOW = "2024-01-29T12:27:28Z"
DAY = "interval=1d&statsPeriod=1d"


def asked(params: str, *rows: dict[str, str], edition: str = "documented") -> dict[str, Any]:
    """What the page shows about a request."""
    base = {"started": "2024-01-29T10:00:00Z", "project_id": "1", "status": "exited"}
    return explained(NOW, params, edition, [{**base, **row} for row in rows])


def sections(steps: list[dict[str, Any]]) -> list[str]:
    return [section for step in steps for section in step["sections"]]


def test_watching_changes_no_answer() -> None:
    """§9: the model still answers the vectors, and each number that is explained is in the answer."""
    numbers_explained = 0
    for vector in load()[::6]:
        notes = Notes()
        answer = model.answer(vector["request"], notes.definitions())
        assert answer == model.answer(vector["request"])
        groups = answer["body"].get("groups", [])
        for group, explained_group in zip(groups, notes.groups.values(), strict=False):
            for number in explained_group["numbers"]:
                name, where, numbers_explained = number["field"], number["where"], numbers_explained + 1
                place = answer["body"]["intervals"].index(where) if where != "total" else None
                values = group["totals"] if place is None else group["series"]
                assert number["value"] == (values[name] if place is None else values[name][place])
                assert sections(number["steps"])[0] == "6.4"
    assert numbers_explained > 400


def test_rules_of_numbers() -> None:
    """§6.1, §6.2, §6.3, §6.5: a number has the rules of its field, and the rows of its group and bucket."""
    rows = [
        {"release": "a@1", "duration": "2"},
        {"release": "a@2", "status": "crashed", "distinct_id": "ann"},
    ]
    fields = "field=crash_rate(session)&field=count_unique(user)&field=p50(session.duration)&groupBy=release"
    second, first = asked(f"{fields}&{DAY}", *rows)["numbers"]
    by_field = {number["field"]: number for number in second if number["where"] == "total"}
    assert sections(by_field["crash_rate(session)"]["steps"])[2:] == ["6.5", "6.1"]
    assert by_field["crash_rate(session)"]["steps"][-1]["gave"] == "all 1, crashed 1"
    assert sections(by_field["count_unique(user)"]["steps"])[2:] == ["6.2", "6.2", "6.2"]
    assert set(sections(by_field["p50(session.duration)"]["steps"])[2:]) == {"6.3"}
    assert {tuple(number["rows"]) for number in first} == {(0,), ()}
    assert {tuple(number["rows"]) for number in second if number["where"] > "2024-01-29"} == {(1,)}


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ("field=sum(session)&interval=5h", "3.2"),
        ("field=sum(session)&statsPeriod=soon", "3.3"),
        ("field=nothing", "2.1"),
        (f"field=crash_rate(session)&groupBy=session.status&{DAY}", "6.5"),
    ],
)
def test_rules_of_rejections(params: str, rule: str) -> None:
    """§2.1, §3.2, §3.3, §6.5: the rule that rejected the request."""
    shown = asked(params, {})
    assert shown["answer"]["status"] == 400
    assert rule in sections(shown["rejecting"])


def test_what_becomes_of_rows() -> None:
    """§1.1, §1.2, §1.3, §3.5, §4, §5"""
    shown = asked(
        f"field=count_unique(user)&groupBy=release&environment=prod&{DAY}",
        {"environment": "prod", "session_id": "a", "distinct_id": "ann"},
        {"environment": "prod", "quantity": "0"},
        {"environment": "prod", "session_id": "a", "seq": "1", "status": "crashed"},
        {"environment": "test"},
        {"started": "2024-01-27T23:59:59Z"},
        {"environment": "prod", "release": "a@1"},
    )
    assert [(row["rows"], row["class"], row["fate"]) for row in shown["rows"]] == [
        ([0, 2], "crashed", "counted"),
        ([1], "", "no session: quantity 0"),
        ([3], "healthy", "not selected by project, environment or search"),
        ([4], "healthy", "outside the window"),
        ([5], "healthy", "in no group of the answer"),
    ]
    assert shown["rows"][0]["sections"] == ["1.2", "1.3", "5"]


def test_bad_cells_are_reported() -> None:
    """§1.4: a cell that is not a number stays text."""
    shown = asked(f"field=sum(session)&{DAY}", {"errors": "many"})
    assert shown["answer"]["body"]["detail"] == "sessions: column 'errors', row 0: not an integer: 'many'."
    assert "1.1" in sections(shown["rejecting"])


CLICKS = """
<script>
const $ = (path) => document.querySelector(path);
const all = (path) => [...document.querySelectorAll(path)];
const until = async (holds) => { while (!holds()) await new Promise((go) => setTimeout(go, 20)); };
const status = () => $("[role=status]").textContent;
addEventListener("load", async () => {
  const before = performance.getEntriesByType("resource").length;
  $(".oracle-start").click();
  await until(() => $(".oracle-answer td button") || status().includes("does not run"));
  const first = $(".oracle-answer table")?.innerText;
  const why = all(".oracle-answer td button").map((button) => (button.click(), $(".oracle-why").innerText));
  const params = $(".oracle textarea");
  params.value = "field=sum(session)&interval=5h";
  params.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => $(".oracle-answer").innerText.includes("Rejected") || !first);
  const links = all(".oracle-answer a").map((link) => link.getAttribute("href"));
  const said = { before, status: status(), first, why, links, rejected: $(".oracle-answer").innerText };
  fetch("/said", { method: "POST", body: JSON.stringify(said) });
});
</script>
"""
"""What a reader does: starts, looks at every number, and changes the request."""


@needs_chromium
@pytest.mark.skipif(pyodide() is None, reason="needs the npm package pyodide, in NODE_PATH or .clients")
def test_page(tmp_path: Path) -> None:
    """§6.5, §3.2: Python is loaded on a click, from the site alone, and answers what the page says."""
    core = pyodide()
    assert core is not None
    serve(tmp_path, core, {"3.2": "semantics.html#rule-3-2", "2.2": "semantics.html#rule-2-2"})
    for name in ("oracle.js", "oracle-worker.js"):
        shutil.copy(DOCS / "_static" / name, tmp_path)
    page = tmp_path / "page.html"
    page.write_text(f"<meta charset=utf-8><div class=oracle></div><script src=oracle.js></script>{CLICKS}")
    said = json.loads(said_by(page))
    assert said["before"] == 1, "the script and nothing else, before the click"
    assert said["status"] == "Answered by the model, in your browser (400).", said
    assert '"app@1.1"\tcrash_free_rate(session)\t0.8\t0\t1' in said["first"]
    assert said["why"][0].startswith("app@1.1, crash_free_rate(session), total: 0.8 from rows 1, 3, 4\n")
    assert (
        "Σ quantity of each class and of all §6.1: all 5, healthy 1, errored 3, crashed 1" in said["why"][0]
    )
    assert "Rejected (400): The interval should divide one day without a remainder." in said["rejected"]
    assert said["links"] == ["semantics.html#rule-3-2", "semantics.html#rule-2-2"]
