"""The window to play with (§3.5): `docs/_static/windows.js`, its arithmetic in Node, its page in Chromium."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sessionstats.rules import Rules
from sessionstats.vectors import load
from tests.browser import CHROMIUM, needs_chromium
from tests.pages import DOCS

SCRIPT = DOCS / "_static" / "windows.js"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")

READ_AND_ANSWER = """
const windows = require(process.argv[1]);
const windowOf = ({ now, length, interval, rounding }) => {
  const unit = windows.period(interval) ?? windows.period("1h");
  const window = windows.windowOf(windows.instant(now), windows.period(length), unit, rounding);
  return [window.start, window.end, ...windows.startsOf(window, unit)].map(windows.show);
};
const asked = JSON.parse(require("fs").readFileSync(0, "utf-8"));
console.log(JSON.stringify(asked.map(windowOf)));
"""
"""What Node does with the requests on its standard input."""


def in_node(program: str, given: Any = None) -> Any:
    """What a program prints; its first argument is the script."""
    command = ["node", "-e", program, str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def of_the_last(vector: dict[str, Any]) -> bool:
    """Whether the request of a vector is answered, and is for a period that ends now."""
    params = vector["request"]["params"]
    return (
        vector["answer"]["status"] == 200
        and isinstance(params, dict)
        and isinstance(params.get("statsPeriod"), str)
        and isinstance(params.get("interval", ""), str)
        and vector["answer"]["body"]["intervals"] != []
    )


@needs_node
def test_same_windows_as_the_vectors() -> None:
    """§3.5, §3.7"""
    vectors = [vector for vector in load() if of_the_last(vector)]
    asked, expected = [], []
    for vector in vectors:
        request, body = vector["request"], vector["answer"]["body"]
        params, given = request["params"], request.get("rules") or {}
        rounding = (Rules.of(given) if isinstance(given, str) else Rules.from_mapping(given)).rounding
        shape = {
            "length": params["statsPeriod"],
            "interval": params.get("interval", ""),
            "rounding": rounding,
        }
        asked.append({"now": request["now"], **shape})
        expected.append([body["start"], body["end"], *body["intervals"]])
    assert len(vectors) > 400
    assert {each["rounding"] for each in asked} == {"aligned", "hourly"}
    assert in_node(READ_AND_ANSWER, asked) == expected


def said(period: str, interval: str, edition: str = "aligned") -> str:
    """The sentence below a picture, on 29 January 2024 at 12:27:28."""
    state = f'{{period: "{period}", interval: "{interval}", edition: "{edition}", now}}'
    program = f"""
    const {{describe, instant}} = require(process.argv[1]);
    const now = instant("2024-01-29T12:27:28Z");
    console.log(JSON.stringify(describe({state})));
    """
    return str(in_node(program))


@needs_node
def test_sentences() -> None:
    """§3.2, §3.6, §7.4"""
    assert said("1d", "6h") == (
        "5 buckets, 2024-01-28T12:00:00Z to 2024-01-29T18:00:00Z; at most ⌊10,000 / 5⌋ = 2,000 groups."
    )
    assert said("1d", "6h", "hourly").startswith("4 buckets, 2024-01-28T18:00:00Z to 2024-01-29T12:28:00Z;")
    assert said("90d", "1d").endswith("at most ⌊10,000 / 91⌋ = 109 groups.")
    assert said("1d", "5h") == "Rejected: The interval should divide one day without a remainder."
    assert said("1d", "1w") == "Rejected: The interval has to be less than one day."
    assert said("90d", "1h") == "Rejected: 2161 intervals are too many."


@needs_node
def test_pictures() -> None:
    """§3.5: a box for each bucket, and one for the requested range; none where the request is rejected."""
    program = """
    const {draw, instant} = require(process.argv[1]);
    const state = {period: "1d", edition: "aligned", now: instant("2024-01-29T12:27:28Z")};
    console.log(JSON.stringify(["6h", "5h"].map((interval) => draw({...state, interval}))));
    """
    picture, rejected = in_node(program)
    assert (picture.count("<rect"), rejected.count("<rect")) == (6, 1)
    assert 'aria-label="5 buckets, ' in picture
    assert "NaN" not in picture + rejected


@needs_chromium
def test_page(tmp_path: Path) -> None:
    """§3.5: it begins where the page says, and follows its controls."""
    page = tmp_path / "page.html"
    start = 'data-now="2024-01-29T12:27" data-period="1d" data-interval="6h" data-edition="aligned"'
    change = (
        "const select = document.querySelectorAll('select')[1];"
        "select.value = '1h'; select.dispatchEvent(new Event('input'));"
    )
    page.write_text(
        f"<meta charset=utf-8><div class='window-explorable' {start}></div>"
        f"<script src='{SCRIPT.as_uri()}'></script>"
        "<pre></pre><script>addEventListener('DOMContentLoaded', () => { document.querySelector('pre')"
        f".textContent = document.querySelector('output').textContent; {change} }});</script>"
    )
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "<pre>5 buckets, 2024-01-28T12:00:00Z to 2024-01-29T18:00:00Z;" in done.stdout
    assert "<output>25 buckets, 2024-01-28T12:00:00Z to 2024-01-29T13:00:00Z;" in done.stdout
    assert done.stdout.count("<svg") == 1
