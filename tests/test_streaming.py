"""Files chunk by chunk, on the way to an answer in bounded memory (§1.2, §6.7)."""

import io
import json
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import (
    DataError,
    Query,
    Rules,
    Sessions,
    SessionStatsError,
    compute,
    from_records,
    sample,
    write,
)
from sessionstats.cli import main
from sessionstats.cli.progress import CLEAR, line, progress
from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.schema import COLUMNS
from sessionstats.engines.summaries import (
    Running,
    Summary,
    merging,
    numbering,
    streaming,
    summarize,
    summarize_chunks,
    tallies,
)
from sessionstats.engines.summaries.numbering import NumberedTexts
from sessionstats.folding import Updates
from sessionstats.io.blocks import Reading, unreported
from sessionstats.io.files import WRITERS, folded, read_chunks
from sessionstats.io.npz import iter_npz
from sessionstats.io.records import records_block
from sessionstats.pipeline import finish
from sessionstats.testing.strategies import Claims
from sessionstats.testing.strategies import sessions as session_rows
from tests.reading import updates_in

NOW = "2024-01-29T12:00:00Z"
REQUEST = (
    "field=sum(session)&field=count_unique(user)&field=avg(session.duration)&field=p95(session.duration)"
    "&groupBy=release&interval=1d&statsPeriod=14d"
)
SAMPLE = sample(3000)


def written(sessions: Sessions, folder: Path, extension: str) -> Path:
    if extension == ".parquet":
        pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
    path = folder / f"sessions{extension}"
    write(sessions, path)
    return path


@pytest.mark.parametrize("extension", WRITERS)
def test_a_file_streams_as_it_is_read(tmp_path: Path, extension: str) -> None:
    """§6.7: the sessions of the file, in its order; the same answer."""
    path = written(SAMPLE, tmp_path, extension)
    shares: list[float] = []
    chunks = list(read_chunks(path, progress=shares.append))
    assert Sessions.concat(chunks) == SAMPLE
    assert shares[-1] == 1.0
    assert (
        compute(read_chunks(path), REQUEST, now=NOW).to_json() == compute(SAMPLE, REQUEST, now=NOW).to_json()
    )


def iter_npz_as_updates(path: Path, block_rows: int, report: Any) -> Iterator[Updates]:
    return map(Updates.alone, iter_npz(path, block_rows, report))


@pytest.mark.parametrize(
    ("extension", "blocks"), [(".csv", updates_in), (".jsonl", updates_in), (".npz", iter_npz_as_updates)]
)
def test_blocks_report_the_share_that_is_read(tmp_path: Path, extension: str, blocks: Any) -> None:
    path = written(SAMPLE, tmp_path, extension)
    shares: list[float] = []
    parts = list(folded(blocks(path, 700, shares.append)))
    assert [len(part) for part in parts] == [700, 700, 700, 700, 200]
    assert Sessions.concat(parts) == SAMPLE
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == 1
    assert unreported(0.5) is None


def blocks_of(rows: list[dict[str, Any]], sizes: list[int]) -> Iterator[Any]:
    rows = list(rows)
    for size in [*sizes, len(rows)]:
        block, rows = rows[:size], rows[size:]
        if block:
            yield records_block(block, Reading()).convert(slice(0, len(block)))


@given(session_rows(Claims(bad_rows=False)), st.lists(st.integers(1, 5), max_size=4), st.randoms())
def test_updates_fold_wherever_they_are(
    rows: list[dict[str, Any]], sizes: list[int], draw: random.Random
) -> None:
    """§1.2, §6.7: updates of one session in blocks far apart; standalone sessions do not wait."""
    every_year = REQUEST.replace("statsPeriod=14d", "start=1970-01-01&end=2100-01-01")
    query = Query.parse(every_year, now=NOW, rules=Rules(unhandled=True, max_intervals=10**6))
    draw.shuffle(rows)
    whole = summarize(from_records(rows), query)
    assert summarize_chunks(folded(blocks_of(rows, sizes)), query) == whole


def test_an_error_of_a_later_block_names_its_line(tmp_path: Path) -> None:
    """§1.4: the line in the file."""
    path = tmp_path / "sessions.csv"
    write(SAMPLE[:5], path)
    with open(path, "a") as file:
        file.write("2024-01-29T12:00:00Z,1,,,gone,0,,,,1\n")
    with pytest.raises(DataError, match=r"sessions\.csv, line 7, column 'status': unknown status: 'gone'"):
        list(updates_in(path, 2))


def test_an_archive_in_blocks(tmp_path: Path) -> None:
    """The blocks make up the whole; `tests.test_archives` tests invalid ones."""
    write(sample(9), tmp_path / "sample.npz")
    blocks = list(iter_npz(tmp_path / "sample.npz", 4))
    assert [len(block) for block in blocks] == [4, 4, 1]
    assert Sessions.concat(blocks) == sample(9)


def test_data_that_is_not_a_file_of_sessions_is_rejected() -> None:
    with pytest.raises(SessionStatsError, match=r"must end in \.csv, \.jsonl, \.envelope \(or these"):
        read_chunks("sessions.xlsx")


@pytest.mark.parametrize("extension", WRITERS)
def test_the_command_streams(tmp_path: Path, capsys: pytest.CaptureFixture[str], extension: str) -> None:
    """The answer of the command is that of `compute`, and nothing else is written."""
    path = written(SAMPLE, tmp_path, extension)
    assert main(["query", str(path), REQUEST, "--now", NOW, "--format", "json"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == compute(SAMPLE, REQUEST, now=NOW).to_dict()
    assert output.err == ""


def test_the_command_says_where_the_sessions_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without ``--now`` the window ends by the clock, and sessions of another year are not in it."""
    path = written(SAMPLE, tmp_path, ".csv")
    assert main(["query", str(path), "field=sum(session)&statsPeriod=1d", "--format", "json"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["groups"][0]["totals"] == {"sum(session)": 0}
    assert "2024-01-15T12:" in output.err
    start, end = "2024-01-20T00:00:00", "2024-01-21T00:00:00"
    assert main(["query", str(path), f"field=sum(session)&start={start}&end={end}", "--format", "json"]) == 0
    assert capsys.readouterr().err == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal() -> None:
    """After a while, not too often, and gone at the end, also after an error."""
    terminal, seconds = Terminal(), iter([0.0, 0.4, 0.6, 0.6, 0.65, 0.8, 0.8])

    def fail_at_last() -> None:
        with progress("a.csv", terminal, lambda: next(seconds)) as report:
            for share in (0.1, 0.2, 0.3, 0.4):
                report(share)
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail_at_last()
    assert terminal.getvalue() == CLEAR + line("a.csv", 0.2) + CLEAR + line("a.csv", 0.4) + CLEAR


def test_no_progress_elsewhere() -> None:
    """A file or a pipe sees nothing."""
    stream = io.StringIO()
    with progress("a.csv", stream, lambda: 1e9) as report:
        report(0.5)
    assert stream.getvalue() == ""


def test_a_line_fits_and_cannot_move_the_cursor() -> None:
    assert line("x" * 100, 1.0) == "x" * 15 + "…" + "x" * 14 + " [" + "#" * 30 + "] 100 %"
    assert "\x1b" not in line("\x1b[2J", 0.0)


def of_dictionary(sessions: Sessions, texts: TextDictionary) -> Sessions:
    """The same sessions, their users as codes of a dictionary."""
    users = sessions.distinct_id
    codes = np.append(texts.add(users.categories), np.int32(-1))[users.codes]
    columns = dict(zip(COLUMNS, sessions.columns, strict=True)) | {"distinct_id": Encoded(codes, texts.texts)}
    return Sessions.from_columns(*columns.values())


def test_a_stream_numbers_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """§6.7: from one dictionary, several, or none; the texts are restored if they are needed."""
    monkeypatch.setattr(streaming, "WORTH_A_SUMMARY", 1)
    monkeypatch.setattr(numbering, "SHORTEST_AXIS", 1)
    query, shared, other = Query.parse(REQUEST, now=NOW), TextDictionary(), TextDictionary(["x"])
    parts = [SAMPLE[first : first + 30] for first in range(0, len(SAMPLE), 30)]
    chunks = [
        of_dictionary(part, shared if at % 3 == 0 else other) if at % 3 < 2 else part
        for at, part in enumerate(parts)
    ]
    summary = streaming.numbered(chunks, query)
    assert finish(summary).to_json() == compute(SAMPLE, query).to_json()
    assert isinstance(summary.users, NumberedTexts)
    assert summary.users.dictionary is shared
    assert merging.with_texts(summary) == summarize(SAMPLE, query) == summarize_chunks(chunks, query)


def test_the_axis_of_users_is_long_enough() -> None:
    """A power of two, and no longer than that."""
    sizes = {n: len(NumberedTexts(TextDictionary(map(str, range(n))))) for n in (0, 1024, 1025, 2048, 2049)}
    assert sizes == {0: 1024, 1024: 1024, 1025: 2048, 2048: 2048, 2049: 4096}


def test_chunks_are_summarized_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones together, as soon as they are enough; large ones cut; each session once."""
    monkeypatch.setattr(streaming, "WORTH_A_SUMMARY", 10)
    monkeypatch.setattr(streaming, "PIECE", 12)
    ends = [0, *np.cumsum([4, 5, 1, 4, 5, 25, 3]).tolist()]
    pieces = list(streaming._pieces(SAMPLE[a:b] for a, b in pairwise(ends)))
    assert [len(piece) for piece in pieces] == [10, 12, 12, 10, 3]
    assert Sessions.concat(pieces) == SAMPLE[:47]


@pytest.mark.parametrize("block", [1, 7])
def test_a_summary_is_read_in_blocks(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """§6.7: what several blocks hold adds up."""
    sessions, query = SAMPLE[:300], Query.parse(REQUEST, now=NOW)
    summary = summarize(sessions, query)
    monkeypatch.setattr(tallies, "KEYS_TOGETHER", block)
    assert finish(summary).to_json() == compute(sessions, query).to_json()


def test_summaries_that_come_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are merged at once, none twice, and a summary requested on the way does not disturb it."""
    monkeypatch.setattr(streaming, "WORTH_A_MERGE", 2000)
    query = Query.parse(REQUEST, now=NOW)
    parts = [summarize(SAMPLE[first : first + 7], query) for first in range(0, len(SAMPLE), 7)]
    merges: list[int] = []
    monkeypatch.setattr(
        streaming, "merge", lambda *those: (merges.append(len(those)), merging.merge(*those))[1]
    )
    running = Running(query)
    for at, part in enumerate(parts, 1):
        running.add(part)
        if at == 5:
            assert running.summary() == merging.merge(*parts[:5])
    assert running.summary() == summarize(SAMPLE, query)
    assert 2 < len(merges) < len(parts) / 3


def test_a_stream_merges_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """§6.7: waiting summaries are bounded, however many chunks come; the answer is that of the whole."""
    merged: list[int] = []

    def merge(*summaries: Summary) -> Summary:
        merged.append(len(summaries))
        return merging.merge(*summaries)

    query = Query.parse(REQUEST, now=NOW)
    monkeypatch.setattr(streaming, "merge", merge)
    monkeypatch.setattr(streaming, "WORTH_A_SUMMARY", 1)
    monkeypatch.setattr(streaming, "WORTH_A_MERGE", 1)
    chunks = (SAMPLE[first : first + 30] for first in range(0, len(SAMPLE), 30))
    summary = streaming.summarize_chunks(chunks, query)
    assert len(merged) > 10
    assert max(merged) < 50
    assert finish(summary).to_json() == compute(SAMPLE, query).to_json()
