"""Chunks held in memory: the answer is that of the whole, to the bit, whatever is held (§6.7)."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sessionstats import DataError, Query, Sessions, compute, pipeline, read_chunks, sample, write
from sessionstats.cli import main
from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.schema import COLUMNS
from sessionstats.engines import holding
from sessionstats.engines.holding import available_memory, hold
from sessionstats.engines.summaries import summarize
from sessionstats.health import STATUSES
from sessionstats.pipeline import answer_chunks, finish

SAMPLE = sample(3000)
NOW = "2024-01-29T12:00:00Z"
FIELDS = {
    "counts": "field=sum(session)&field=crash_rate(session)",
    "users": "field=count_unique(user)&field=crash_free_rate(user)",
    "durations": "field=avg(session.duration)&field=p95(session.duration)",
}
ALL = "&".join(FIELDS.values())


def query(fields: str, more: str = "&groupBy=release&interval=1d&statsPeriod=14d") -> Query:
    return Query.parse(fields + more, now=NOW)


def chunks(size: int) -> Iterator[Sessions]:
    """Chunks with dictionaries of their own."""
    for first in range(0, len(SAMPLE), size):
        rows = np.arange(first, min(first + size, len(SAMPLE)))
        part = SAMPLE[rows[::-1]]
        texts = {name: getattr(part, name).decode() for name in ("project_id", "release", "environment")}
        texts |= {name: getattr(part, name).decode() for name in ("distinct_id", "abnormal_mechanism")}
        status = [STATUSES[code] for code in part.status]
        numbers = {name: getattr(part, name) for name in ("started", "errors", "duration", "quantity")}
        yield Sessions(**numbers, **texts, status=status)  # type: ignore[arg-type]


@pytest.mark.parametrize("fields", [*FIELDS.values(), ALL])
@pytest.mark.parametrize("memory", [None, 0, 40_000])
@pytest.mark.parametrize("blocks_from", [0, 10**9])
def test_the_answer_is_that_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, fields: str, memory: int | None, blocks_from: int
) -> None:
    """§6.7: held in several parts, held in part, hardly held; by either engine."""
    monkeypatch.setattr(holding, "WORTH_A_PART", 700)
    monkeypatch.setattr(pipeline, "BLOCKS_FROM", blocks_from)
    for asked in (query(fields), query(fields, "&interval=1h&statsPeriod=2d&query=!environment:staging")):
        whole = compute(SAMPLE, asked).to_json()
        assert [answer_chunks(chunks(size), asked, memory).to_json() for size in (100, 1100, 1500)] == [
            whole
        ] * 3


def test_what_is_held() -> None:
    """Sessions that count, and the columns that matter."""
    asked = query(FIELDS["counts"], "&interval=1h&statsPeriod=2d")
    (part,) = hold(chunks(500), asked).parts
    assert len(part) == int(compute(SAMPLE, asked).totals["sum(session)"][0]) < len(SAMPLE) / 4
    assert part.distinct_id.n_used == 0
    assert np.isnan(part.duration).all()
    # Instants, projects, statuses, errors and quantities; every other column is one value.
    assert holding._bytes_of(part) == (8 + 4 + 1 + 8 + 8) * len(part)
    (part,) = hold(chunks(500), query(ALL)).parts
    assert part.distinct_id.n_used == SAMPLE.distinct_id.n_used
    assert not np.isnan(part.duration).all()


def test_what_does_not_fit_is_left() -> None:
    held = hold(chunks(500), query(ALL), memory=100_000)
    assert held.rest is not None
    rows = sum(map(len, held.parts))
    assert 500 < rows < len(SAMPLE)
    assert rows + sum(map(len, held.rest)) == len(SAMPLE) == held.seen.n_rows
    nothing = hold([], query(ALL))
    assert nothing.parts == [Sessions.empty()]
    assert nothing.rest is None


def test_sessions_beyond_the_memory_are_summarized(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine is chosen for sessions that are held, and there are too many for it."""
    monkeypatch.setattr(holding, "WORTH_A_PART", 700)
    monkeypatch.delattr(pipeline, "choose_engine")
    assert answer_chunks(chunks(500), query(ALL), 0).size
    with pytest.raises(NameError, match="choose_engine"):
        answer_chunks(chunks(500), query(ALL))


@pytest.mark.parametrize("memory", [None, 0])
def test_invalid_chunks_are_rejected(memory: int | None) -> None:
    """§1.1, §1.4: for the same reasons as the whole."""
    row = {"started": [0, 1], "project_id": [1, 1], "status": ["ok", "ok"]}
    many = Sessions(**row, quantity=[2**62, 2**62 - 1])
    with pytest.raises(DataError, match="the sum is beyond 64 bits"):
        answer_chunks([many, many], query(ALL), memory)
    unknown = Sessions(**(row | {"status": ["ok", "unhandled"]}))
    with pytest.raises(DataError, match="row 3: not a status of this edition: 'unhandled'"):
        answer_chunks([many, unknown], query(ALL), memory)
    with pytest.raises(TypeError, match="a chunk must be Sessions, not dict"):
        answer_chunks([many, row], query(ALL), memory)  # type: ignore[list-item]


@pytest.mark.parametrize("memory", [None, 0])
def test_nothing_counted_is_explained(memory: int | None) -> None:
    """Rows and their span are those of all chunks, not of what is held."""
    asked = Query.parse(ALL + "&statsPeriod=1d", now="2020-01-01")
    nothing = [Sessions(started=[9], project_id=[1], status=["ok"], quantity=[0])]
    explanation = answer_chunks([*chunks(500), *nothing], asked, memory).explanation
    assert explanation is not None
    assert explanation.n_rows == len(SAMPLE)
    ends = SAMPLE.started.astype(np.int64)
    assert explanation.span == (ends.min(), ends.max())


def test_a_summary_without_counted_sessions_is_explained() -> None:
    """As their sessions are, by what a summary knows of them."""
    asked = Query.parse(ALL + "&statsPeriod=1d", now="2020-01-01")
    explanation = finish(summarize(SAMPLE, asked)).explanation
    assert explanation is not None
    ends = SAMPLE.started.astype(np.int64)
    assert (explanation.n_rows, explanation.span) == (len(SAMPLE), (ends.min(), ends.max()))


def test_rows_of_quantity_0_are_not_seen() -> None:
    """§1.1"""
    chunk = Sessions(started=[9, 20, 30], project_id=[1] * 3, status=["ok"] * 3, quantity=[0, 1, 0])
    seen = hold([chunk], query(ALL)).seen
    assert (seen.n_rows, seen.span) == (1, (20_000_000, 20_000_000))
    assert summarize(chunk, query(ALL)).span == seen.span


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sessions.csv"
    write(SAMPLE, path)
    arguments = ["query", str(path), ALL + "&groupBy=release&interval=1d&statsPeriod=14d", "--now", NOW]
    answers = []
    for memory in ([], ["--memory", "1"], ["--memory", "20K"], ["--memory", "1g"]):
        assert main([*arguments, "--format", "json", *memory]) == 0
        answers.append(capsys.readouterr().out)
    assert len(set(answers)) == 1
    for wrong in ("", "1.5G", "2T", "M"):
        assert main([*arguments, "--memory", wrong]) == 2
        assert f"{wrong!r} is not a number of bytes, such as 500M or 2G" in capsys.readouterr().err
    assert answer_chunks(read_chunks(path), query(ALL)).to_json() + "\n" == answers[0]


def test_texts_of_users_take_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a file are shared by its chunks, beside what is held of each; a quarter of memory is used."""
    texts = TextDictionary(["ann"]).texts
    columns = dict(zip(COLUMNS, SAMPLE[:1].columns, strict=True))
    columns["distinct_id"] = Encoded(np.zeros(1, np.int32), texts)
    chunk = Sessions.from_columns(*columns.values())
    held = hold([chunk], query(FIELDS["counts"]), 0)
    assert held.rest is not None
    enough = holding._bytes_of(held.parts[0]) + texts.nbytes
    assert hold([chunk], query(FIELDS["counts"]), enough).rest is None
    assert hold([chunk], query(FIELDS["counts"]), enough - 1).rest is not None
    for available, fits in ((4 * enough, True), (4 * enough - 4, False)):
        monkeypatch.setattr(holding, "available_memory", lambda available=available: available)
        assert (hold([chunk], query(FIELDS["counts"])).rest is None) == fits


def test_available_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the system reports, and a default if it reports nothing."""
    assert available_memory() > 0
    info = tmp_path / "info"
    info.write_text("MemTotal: 90 kB\nMemAvailable:   77 kB\n")
    assert holding._read_numbers(str(info), "MemAvailable:", 1024) == [77 * 1024]
    info.write_text("max\n")
    assert holding._read_numbers(str(info), "", 1) == []
    said = {
        ("/proc/meminfo", "MemAvailable:", 1024): [1000],
        ("/sys/fs/cgroup/memory.max", "", 1): [700],
        ("/sys/fs/cgroup/memory.current", "", 1): [100],
    }
    monkeypatch.setattr(holding, "_read_numbers", lambda *asked: said.get(asked, []))
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 10, "SC_PAGE_SIZE": 4}.__getitem__)
    assert available_memory() == 600
    said["/sys/fs/cgroup/memory.current", "", 1] = [701]
    assert available_memory() == 0
    del said["/sys/fs/cgroup/memory.current", "", 1]
    assert available_memory() == 1000
    said.clear()
    assert available_memory() == 20
    monkeypatch.setattr(os, "sysconf_names", {})
    assert available_memory() == holding.UNKNOWN
