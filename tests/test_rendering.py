"""The answer as a table, and as lines of values: what a person sees is what was computed (§8)."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import Releases, Sessions, compute
from sessionstats.display import tidy
from sessionstats.display.numbers import decimals_for, duration_text, percentage_text
from sessionstats.display.sparklines import MARKS, MAX_MARKS, NULL, sparklines
from sessionstats.display.table import MAX_KEY
from sessionstats.display.terminal import display_width, escape, fit
from sessionstats.result import Result

NOW = "2024-01-29T12:00:00Z"


def ask(request: str, releases: list[str], **columns: Any) -> Result:
    given = {"started": ["2024-01-29T11:30:00Z"] * len(releases), "project_id": [1] * len(releases)}
    sessions = Sessions(**{**given, "release": releases, "status": ["exited"] * len(releases), **columns})
    return compute(sessions, f"statsPeriod=1d&interval=12h&{request}", now=NOW)


def table(answer: Result) -> list[str]:
    return str(answer).splitlines()


class TestTable:
    def test_whole(self) -> None:
        """§8: window, rows, keys, totals, series; null is a dot, a missing text is empty quotes."""
        fields = "field=sum(session)&field=max(session.duration)&groupBy=release"
        answer = ask(fields, ["app", "app", ""], duration=[61.5, None, None])
        assert table(answer) == [
            "2024-01-28 12:00 to 2024-01-29 12:00 UTC, 2 intervals of 12 hours, 2 rows by release",
            "",
            "release  sum(session)  max(session.duration)",
            "───────  ────────────  ─────────────────────",
            "app             2  ▁█           1.02 min  ·█",
            '""              1  ▁█                  ·  ··',
        ]

    def test_without_groups(self) -> None:
        """§5: without a base group there is no row."""
        assert table(ask("field=sum(session)&groupBy=release", [])) == [
            "2024-01-28 12:00 to 2024-01-29 12:00 UTC, 2 intervals of 12 hours, 0 rows by release",
            "",
            "Nothing is counted: there are no sessions.",
        ]

    @pytest.mark.parametrize(
        ("left_out", "row"),
        [("includeSeries", "app                 1"), ("includeTotals", "app                ▁█")],
    )
    def test_parts_left_out(self, left_out: str, row: str) -> None:
        """§8: totals alone, or series alone."""
        assert table(ask(f"field=sum(session)&groupBy=release&{left_out}=0", ["app"]))[-1] == row

    def test_further_rows_are_reported(self) -> None:
        """§7.6: the table says how to continue."""
        answer = ask("field=sum(session)&groupBy=release&per_page=1", ["a", "b"])
        assert table(answer)[-1] == "There are more rows: cursor=0:1:0 continues."

    def test_several_intervals_share_a_mark(self) -> None:
        """A week by hour has more intervals than a sparkline has marks: the head of the table says so."""
        answer = ask("field=sum(session)&interval=1h&statsPeriod=7d", ["a"])
        assert re.search(r", [0-9]+ intervals a mark$", table(answer)[0])

    def test_keys_that_are_null(self) -> None:
        """§7.5: a release without sessions has no environment."""
        releases = Releases.from_records([{"version": "unused", "date_added": 0, "project_ids": [1]}])
        request = (
            "field=sum(session)&groupBy=release&groupBy=environment&orderBy=release.timestamp&interval=1d"
        )
        answer = compute(Sessions.empty(), request, now="2024-01-29T12:00Z", releases=releases)
        assert str(answer).splitlines()[4].split()[:2] == ["unused", NULL]

    @given(st.lists(st.text(max_size=60), min_size=1, max_size=5, unique=True))
    def test_columns_align_whatever_the_names(self, releases: list[str]) -> None:
        """Nothing in a name moves its neighbours, breaks the line or controls the terminal."""
        lines = table(ask("field=sum(session)&groupBy=release", releases))
        rows = lines[2:]
        assert len(rows) == 2 + len(releases)
        assert all(line.isprintable() for line in rows)
        assert len({display_width(line) for line in rows[1:]}) == 1
        assert max(map(display_width, rows)) <= MAX_KEY + 2 + len("sum(session)")


class TestFigures:
    @given(st.lists(st.floats(0, 1), min_size=1))
    def test_no_rate_reads_as_what_it_is_not(self, rates: list[float]) -> None:
        """A rate below one never reads as 100 %, one above zero never as 0 %."""
        decimals = decimals_for(rates)
        for rate in rates:
            text = percentage_text(rate, decimals).removesuffix(" %")
            assert (float(text) == 100) == (rate == 1)
            assert (float(text) == 0) == (rate == 0)

    @given(st.floats(0, 1e12))
    def test_durations_keep_three_digits(self, milliseconds: float) -> None:
        value, unit = duration_text(milliseconds).split()
        size = {"ms": 1, "s": 1e3, "min": 6e4, "h": 3.6e6}[unit]
        assert float(value) * size == pytest.approx(milliseconds, rel=0.006)


class TestSparklines:
    @given(
        st.integers(1, 3 * MAX_MARKS).flatmap(
            lambda n: st.lists(st.floats(0, 1e9) | st.just(np.nan), min_size=n, max_size=n)
        ),
        st.booleans(),
    )
    def test_line(self, values: list[float], complement: bool) -> None:
        """One mark per interval, or per few; null where there is nothing; the extreme value is visible."""
        (line,) = sparklines(np.array([values]), complement=complement)
        assert 1 <= len(line) <= MAX_MARKS
        assert set(line) <= {*MARKS, NULL}
        assert (set(line) == {NULL}) == bool(np.isnan(values).all())
        if len(values) <= MAX_MARKS:
            assert [mark == NULL for mark in line] == np.isnan(values).tolist()
            if (
                np.nanmin(np.nan_to_num(values)) < np.nanmax(np.nan_to_num(values))
                and not np.isnan(values).any()
            ):
                assert line[int(np.argmax(values))] == MARKS[-1]
                lowest = line[int(np.argmin(values))]
                assert lowest == MARKS[0] or not complement


class TestTerminal:
    @given(st.text(max_size=80), st.integers(2, 60))
    def test_fit(self, text: str, width: int) -> None:
        """A text that fits stays; another is cut in the middle, and never wider than requested."""
        shown = escape(text)
        fitted = fit(shown, width)
        assert display_width(fitted) <= width
        assert fitted == shown or "…" in fitted

    @given(st.text())
    def test_escaped_is_printable(self, text: str) -> None:
        assert escape(text).isprintable()


def test_tidy_lines_hold_the_whole_answer() -> None:
    """§8: every total and every value of the series, each once."""
    answer = ask("field=sum(session)&field=crash_rate(session)&groupBy=release", ["a", "b", "b"])
    lines = list(tidy.lines(answer))
    assert tidy.header(answer) == ["release", "part", "start", "end", "sum(session)", "crash_rate(session)"]
    assert [line[4] for line in lines if line[1] == "total"] == answer.totals["sum(session)"].tolist()
    assert [line[4] for line in lines if line[1] == "interval"] == answer.series[
        "sum(session)"
    ].ravel().tolist()
    assert [line[5] for line in lines] == [0.0, None, 0.0, 0.0, None, 0.0]
    assert all(re.fullmatch(r"2024-01-2[89]T(00|12):00:00Z", str(line[2])) for line in lines)
