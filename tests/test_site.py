"""The built site in Chromium: axe-core finds nothing, in light and dark; no page scrolls sideways.

Switched on by ``SITE=docs/_build/html``, once the site is built: for a page of each kind, or with
``SITE_PAGES=1/8`` to ``8/8`` for all pages in eight shares, which take about a minute each.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.browser import needs_chromium, said_by

SITE, PAGES = os.environ.get("SITE", ""), os.environ.get("SITE_PAGES", "")

AXE = [Path(place) / "axe-core/axe.min.js" for place in os.environ.get("NODE_PATH", "").split(os.pathsep)]

LOOK = """
<!doctype html><meta charset=utf-8><iframe style="border:0;height:900px"></iframe>
<script type=module>
const { pages, widths } = await (await fetch("look.json")).json();
const axe = await (await fetch("axe.min.js")).text();
const frame = document.querySelector("iframe");
const found = [];
const loaded = (page) => new Promise((done) => { frame.onload = done; frame.src = `site/${page}`; });
for (const page of pages) {
  frame.style.width = "1366px";
  await loaded(page);
  const { contentWindow: inside, contentDocument: paper } = frame;
  inside.eval(axe);
  for (const theme of ["light", "dark"]) {
    paper.body.dataset.theme = theme;
    const only = theme === "dark" ? { runOnly: ["color-contrast"] } : {};
    const { violations } = await inside.axe.run(paper, { resultTypes: ["violations"], ...only });
    for (const { id, nodes } of violations) found.push(`${page} (${theme}): ${id}: ${nodes[0].html}`);
  }
  for (const width of widths) {
    frame.style.width = `${width}px`;
    const wide = paper.documentElement.scrollWidth;
    if (wide > width) found.push(`${page}: ${wide} pixels wide on a screen of ${width}`);
  }
}
fetch("/said", { method: "POST", body: JSON.stringify({ found, pages: pages.length }) });
</script>
"""
"""The page that looks at the others, one after another, in a frame."""

WIDTHS = (390, 768, 1024, 1313, 1320, 1366, 1400, 1439, 1440)
"""Screens, in pixels."""

KINDS = (
    "index",
    "course/02-windows",
    "semantics/3",
    "oracle",
    "spot-the-bug",
    "performance",
    "reference/check",
    "reference/api",
    "reference/api/sessionstats.rounding",
    "search",
    "genindex",
)
"""A page of each kind."""


@needs_chromium
@pytest.mark.skipif(not SITE, reason="looks at the site in SITE, if that is set")
def test_site(tmp_path: Path) -> None:
    axe = next(filter(Path.is_file, AXE), None)
    if axe is None:
        pytest.skip("needs the npm package axe-core, in NODE_PATH")
    site = Path(SITE).resolve()
    pages = [f"{kind}.html" for kind in KINDS]
    if PAGES:
        share, shares = map(int, PAGES.split("/"))
        pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))[
            share - 1 :: shares
        ]
    (tmp_path / "site").symlink_to(site)
    shutil.copy(axe, tmp_path)
    (tmp_path / "look.json").write_text(json.dumps({"pages": pages, "widths": WIDTHS}))
    look = tmp_path / "look.html"
    look.write_text(LOOK)
    heard = json.loads(said_by(look, time_limit=1200))
    assert heard["pages"] == len(pages)
    assert heard["found"] == []
