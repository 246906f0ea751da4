"""How certain a rate is: Wilson's interval, where it is shown, and what it is based on."""

import json
from fractions import Fraction
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import Result, Sessions, compute, sample
from sessionstats.cli import main
from sessionstats.display import tidy
from sessionstats.display.table import render
from sessionstats.uncertainty import FEW, Z, wilson

NOW = "2024-01-29T12:00:00Z"
RATE = "crash_free_rate(session)"


def answered(request: str, n: int = 40) -> Result:
    """Of `n` sessions of two users with release a the first crashed; one session of release b did not."""
    sessions = Sessions(
        started=["2024-01-29T11:30:00Z"] * (n + 1),
        project_id=[1] * (n + 1),
        status=["crashed", *["exited"] * n],
        release=[*["a"] * n, "b"],
        distinct_id=[*["ann", "bob"] * (n // 2), "cid"],
    )
    return compute(sessions, f"{request}&groupBy=release&interval=1d&statsPeriod=2d", now=NOW)


@given(st.integers(1, 10**15), st.data())
def test_wilson_solves_its_equation(n: int, data: st.DataObject) -> None:
    """The ends are z standard errors from the observed rate; a rate of 0 or 1 is itself an end."""
    crashed = data.draw(st.integers(0, n))
    rate = crashed / n
    bounds = wilson(np.array([rate]), np.array([n]))
    low, high = bounds.low[0], bounds.high[0]
    assert 0 <= low <= rate <= high <= 1
    for end in (low, high):
        if end != rate:
            assert abs(rate - end) == pytest.approx(Z * sqrt(end * (1 - end) / n), rel=1e-5)
    assert (low == 0) == (crashed == 0)
    assert (high == 1) == (crashed == n)


def test_wilson_as_published() -> None:
    """Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29, by the score method."""
    part, whole = np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29])
    bounds = wilson(part / whole, whole)
    assert bounds.low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert bounds.high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_the_ends_of_rates_that_are_ends() -> None:
    """Rounding does not move them, whatever the number of sessions."""
    whole = np.arange(1, 5000)
    assert not wilson(np.zeros(len(whole)), whole).low.any()
    assert (wilson(np.ones(len(whole)), whole).high == 1).all()


def test_few() -> None:
    whole = np.array([0, 1, FEW - 1, FEW, 10**6])
    assert wilson(np.full(5, 0.5), whole).few.tolist() == [False, True, True, False, False]


def test_what_a_rate_rests_on() -> None:
    """§6.1, §6.2, §6.5: sessions or users, of the window and of each interval."""
    answer = answered(f"field={RATE}&field=crash_rate(user)&field=sum(session)")
    of_sessions, of_users = answer.uncertainty(RATE), answer.uncertainty("crash_rate(user)")
    assert of_sessions.totals is not None
    assert of_sessions.series is not None
    assert of_users.totals is not None
    assert of_sessions.totals.whole.tolist() == [40, 1]
    assert of_sessions.series.whole.tolist() == [[0, 0, 40], [0, 0, 1]]
    assert of_users.totals.whole.tolist() == [2, 1]
    expected = wilson(answer.totals[RATE], np.array([40, 1]))
    assert of_sessions.totals.low.tolist() == expected.low.tolist()
    assert np.isnan(of_sessions.series.low[:, 0]).all()


@pytest.mark.parametrize("left_out", ["totals", "series"])
def test_parts_left_out(left_out: str) -> None:
    """§8"""
    found = answered(f"field={RATE}&include{left_out.title()}=0").uncertainty(RATE)
    assert [part for part in ("totals", "series") if getattr(found, part) is None] == [left_out]


def test_rows_of_a_page_rest_on_their_own() -> None:
    """§6.7, §7.6: the sessions that are counted beside the rate, whether they come in chunks or not."""
    sessions = sample(2000)
    fields = f"field={RATE}&field=sum(session)&field=crash_rate(user)&field=count_unique(user)"
    request = f"{fields}&groupBy=release&interval=1d&statsPeriod=14d&cursor=0:2:0&per_page=3"
    for data in (sessions, [sessions[:900], sessions[900:]]):
        answer = compute(data, request, now=NOW)
        for rate, count in ((RATE, "sum(session)"), ("crash_rate(user)", "count_unique(user)")):
            totals, series = answer.wholes[rate]
            assert totals is not None
            assert series is not None
            assert totals.tolist() == answer.totals[count].tolist()
            assert series.tolist() == answer.series[count].tolist()


@pytest.mark.parametrize("name", ["sum(session)", "crash_rate(session)", "x"])
def test_only_rates_of_the_answer_have_one(name: str) -> None:
    with pytest.raises(ValueError, match="not a rate of this answer"):
        answered(f"field={RATE}&field=sum(session)").uncertainty(name)


def test_the_table_shows_it_if_asked() -> None:
    """Off by default; rates of few are marked, and the mark is explained."""
    answer = answered(f"field={RATE}&includeSeries=0")
    assert "(" not in str(answer).splitlines()[-1]
    assert render(answer, uncertainty=True).splitlines()[2:] == [
        "release  crash_free_rate(session)",
        "───────  ────────────────────────",
        "b        100.00 % (20.65–100.00)*",
        "a         97.50 %  (87.12–99.56)",
        "",
        "* fewer than 30 sessions or users",
    ]
    assert "*" not in render(answered(f"field={RATE}&query=release:a"), uncertainty=True)


def test_tidy_lines_have_it_if_asked() -> None:
    answer = answered(f"field={RATE}&field=sum(session)&query=release:b")
    assert tidy.header(answer) == ["release", "part", "start", "end", RATE, "sum(session)"]
    header = tidy.header(answer, uncertainty=True)
    assert header[4:] == [RATE, f"{RATE} low", f"{RATE} high", "sum(session)"]
    lines = list(tidy.lines(answer, uncertainty=True))
    assert [line[4:] for line in lines] == [
        [1.0, pytest.approx(0.2065, abs=1e-4), 1.0, 1],
        [None, None, None, 0],
        [None, None, None, 0],
        [1.0, pytest.approx(0.2065, abs=1e-4), 1.0, 1],
    ]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """§8: the answer of the endpoint, with one more key."""
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps({"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok"}))
    arguments = ["query", str(path), f"field={RATE}&statsPeriod=1h", "--now", NOW, "--format"]
    bodies = []
    for options in ([], ["--uncertainty"]):
        assert main([*arguments, "json", *options]) == 0
        bodies.append(json.loads(capsys.readouterr().out))
    bounds = bodies[1]["groups"][0].pop("uncertainty")
    assert bodies[0] == bodies[1]
    low = pytest.approx(float(Fraction(1) / (1 + Fraction(Z) ** 2)))
    assert bounds == {"totals": {RATE: [low, 1.0]}, "series": {RATE: [[low, 1.0]]}}
    assert main([*arguments, "csv", "--uncertainty"]) == 0
    assert capsys.readouterr().out.startswith(f"part,start,end,{RATE},{RATE} low,{RATE} high\n")
    assert main([*arguments, "table", "--uncertainty"]) == 0
    assert "100.00 % (20.65–100.00)*" in capsys.readouterr().out
