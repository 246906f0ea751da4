"""The answer in a notebook and as a page: complete, well formed, escaped, readable by everyone (§8)."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import Result, Sessions, compute, sample, write
from sessionstats.cli import main
from sessionstats.display.html import HEIGHT, NOTEBOOK_ROWS, WIDTH, fragment, page

NOW = "2024-01-29T12:00:00Z"
VOID = {"meta", "path"}


class Reader(HTMLParser):
    """Elements, each closed in the order of opening, and the texts of the table's cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] in (["td"], ["th"]):
            self.rows[-1][-1] += data


def ask(request: str, releases: list[str], **columns: Any) -> Result:
    given = {"started": ["2024-01-29T11:30:00Z"] * len(releases), "project_id": [1] * len(releases)}
    sessions = Sessions(**{**given, "release": releases, "status": ["exited"] * len(releases), **columns})
    return compute(sessions, f"statsPeriod=1d&interval=8h&{request}", now=NOW)


def paths(text: str) -> list[str]:
    return re.findall(r'<path d="([^"]*)"', text)


def test_a_table_of_what_was_answered() -> None:
    """§8: keys and totals as text, series as curves; a null is a dot, a missing text is empty quotes."""
    fields = "field=sum(session)&field=crash_free_rate(session)&field=max(session.duration)&groupBy=release"
    answer = ask(fields, ["app", "app", ""], duration=[61.5, None, None], status=["exited", "crashed", "ok"])
    read = Reader(fragment(answer))
    assert read.rows == [
        ["release", "sum(session)", "crash_free_rate(session)", "max(session.duration)"],
        ["app", "2", "50.00 %", "1.02 min"],
        ['""', "1", "100.00 %", "·"],
    ]
    assert read.tags.count("svg") == 6
    assert (
        "aria-label",
        "2024-01-28 08:00 to 2024-01-29 16:00 UTC, 4 intervals of 8 hours, 2 rows by release",
    ) in (read.attributes)


def test_curves() -> None:
    """From the first interval to the last, the largest value on top; a null is a gap, and alone a dot."""
    started = ["2024-01-28T09:00Z", "2024-01-29T01:00Z", "2024-01-29T02:00Z", "2024-01-29T11:30Z"]
    made = fragment(ask("field=sum(session)", ["a"] * 4, started=started))
    assert paths(made) == ["M2.0 12.0h0L40.7 22.0L79.3 2.0L118.0 12.0"]
    made = fragment(
        ask("field=crash_free_rate(session)", ["a"] * 4, started=started, status=["ok"] * 3 + ["crashed"])
    )
    assert paths(made) == ["M2.0 2.0h0M79.3 2.0h0L118.0 22.0"]
    flat = fragment(ask("field=crash_free_rate(session)&field=sum(session)", ["a"]))
    assert paths(flat) == ["M118.0 12.0h0", "M2.0 22.0h0L40.7 22.0L79.3 22.0L118.0 2.0"]
    nothing = fragment(ask("field=sum(session)&field=p50(session.duration)", []))
    assert paths(nothing) == ["M2.0 22.0h0L40.7 22.0L79.3 22.0L118.0 22.0", ""]
    one = ask("field=sum(session)", ["a"]).query.window
    assert one.n_intervals == 4


def test_long_series_are_merged_and_stay_inside() -> None:
    sessions = sample(2000)
    answer = compute(
        sessions, "field=sum(session)&field=crash_free_rate(user)&interval=1h&statsPeriod=14d", now=NOW
    )
    for path in paths(fragment(answer)):
        points = re.findall(r"[ML]([\d.]+) ([\d.]+)", path)
        assert 0 < len(points) <= WIDTH
        assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in points)


@pytest.mark.parametrize("left_out", ["Totals", "Series"])
def test_parts_left_out(left_out: str) -> None:
    """§8"""
    read = Reader(fragment(ask(f"field=sum(session)&include{left_out}=0", ["a"])))
    assert read.rows[1] == ["" if left_out == "Totals" else "1"]
    assert read.tags.count("svg") == (0 if left_out == "Series" else 1)


HOSTILE = ['"><script>alert(1)</script>', "</style><b>", "a&amp;b", "x\x1b[2J\u202e", "'\"", "<" * 100]


@given(st.lists(st.text(min_size=1, max_size=60) | st.sampled_from(HOSTILE), min_size=1, max_size=4))
def test_names_of_strangers_are_text(names: list[str]) -> None:
    """Nothing of a name becomes markup, and nothing of it steers the page."""
    answer = ask("field=sum(session)&groupBy=release&includeSeries=0", names)
    for text in (fragment(answer), page(answer)):
        read = Reader(text)
        assert "script" not in read.tags
        assert read.tags.count("tr") == len(answer) + 1
        assert all(len(row[0]) <= 40 for row in read.rows[1:])
        assert all(c.isprintable() or c == "\n" for c in text)


def test_whole_names_are_in_reach() -> None:
    name = f"app@{'1' * 50}"
    assert ("title", name) in Reader(fragment(ask("field=sum(session)&groupBy=release", [name]))).attributes


def test_notebooks_show_the_first_rows() -> None:
    names = [f"r{n:03}" for n in range(NOTEBOOK_ROWS + 2)]
    answer = ask("field=sum(session)&groupBy=release", names)
    assert len(Reader(answer._repr_html_()).rows) == NOTEBOOK_ROWS + 1
    assert "<p>2 more rows are not shown.</p>" in answer._repr_html_()
    assert len(Reader(page(answer)).rows) == NOTEBOOK_ROWS + 3


def test_what_stands_below() -> None:
    """The reason of an empty answer, further pages, and what marks mean."""
    assert "<p>Nothing is counted: there are no sessions.</p>" in fragment(
        ask("field=sum(session)&groupBy=release", [])
    )
    answer = ask("field=crash_rate(session)&groupBy=release&per_page=1", ["a", "b"])
    made = fragment(answer, uncertainty=True)
    assert Reader(made).rows[1][1] == "0.00 % (0.00–79.35)*"
    assert (
        "<p>* fewer than 30 sessions or users</p>\n<p>There are more rows: cursor=0:1:0 continues.</p>"
        in made
    )


def test_a_page_asks_for_nothing() -> None:
    """No script, no link, no image: it can be opened anywhere, and sent by mail."""
    made = page(ask("field=sum(session)", ["a"]))
    read = Reader(made.removeprefix("<!doctype html>\n"))
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert not re.search(r"https?:|url\(|@import", made)
    assert ("lang", "en") in read.attributes
    assert read.tags.count("h1") == read.tags.count("main") == read.tags.count("title") == 1


def test_short_repr() -> None:
    """A notebook shows this if it does not show HTML."""
    assert repr(ask("field=sum(session)&field=crash_rate(user)&groupBy=release", ["a"])) == (
        "Result(2024-01-28 08:00 to 2024-01-29 16:00 UTC, 4 intervals of 8 hours, 1 row by release: "
        "sum(session), crash_rate(user))"
    )


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "s.csv")
    write(sample(300), path)
    request = "field=sum(session)&groupBy=release&statsPeriod=14d&interval=1d"
    assert main(["query", path, request, "--now", NOW, "--format", "html"]) == 0
    assert capsys.readouterr().out == page(compute(sample(300), request, now=NOW))
