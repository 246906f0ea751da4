"""Files that Arrow parses: the same sessions, and the same errors, as from the plain reader (§1.1, §1.4)."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessionstats import Sessions, SessionStatsError, from_arrow, read, sample, write
from sessionstats.io import text

pa = pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
from sessionstats.io import arrow_csv, arrow_jsonl  # noqa: E402
from sessionstats.io.arrow import to_arrow  # noqa: E402
from sessionstats.io.arrow_cells import instants_of, seconds_of  # noqa: E402
from tests.reading import outcome, updates_in  # noqa: E402

SAMPLE = sample(2000)

CELLS = {
    "started": [
        "2024-01-29T12:00:00Z",
        "2024-01-29 12:00:00.5Z",
        "2024-01-29",
        "1706529600",
        "1706529600.25",
    ],
    "project_id": ["1", "7", "007"],
    "release": ["", "app@1.0", "é", "a b", "\u2028", "\ufeff", "NA", "null", "nan"],
    "environment": ["", "production", " "],
    "status": ["ok", "exited", "crashed", "abnormal"],
    "errors": ["", "0", "3"],
    "distinct_id": ["", "ann", "7", "0" * 32, "00000000-0000-0000-0000-000000000000", "x" * 40],
    "duration": ["", "1.5", "0", "12", "1e3", "2E-1", "0.1000000000000000055511151231257827", "9" * 30],
    "session_id": ["", "a", "b"],
    "seq": ["", "0", "-1", "5"],
    "other": ["", "anything"],
}
"""Valid cells."""

ODD = {
    "started": [
        "",
        "x",
        "2024-02-30T12:00:00Z",
        "2024-01-29T24:00:00Z",
        "1969-12-31T23:59:59Z",
        "-1",
        "1e999",
    ],
    "project_id": ["", "0", "1.0", " 1", "+1", "99999999999999999999", "0x1"],
    "status": ["", "gone", "OK", " ok", "unhandled"],
    "errors": ["-1", "1.0", " 1", "1 ", "x", "+1", "١"],
    "duration": [
        "-1",
        "inf",
        "nan",
        "NaN",
        " 1",
        "1 ",
        "1.",
        ".5",
        "+1",
        "1..2",
        "1.2.3",
        "-",
        "1-2",
        "1e999",
        "1_0",
    ],
    "seq": ["x", "1.5", "9223372036854775808"],
    "release": ['"', 'a"b', '"a,b"', '"a\nb"', "a\rb", "\0", "a,b"],
    "other": ['"', "a,b", "\0"],
}
"""Cells that are invalid, or that readers read differently."""


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """CSV files, some with one odd cell, odd line end or odd byte."""
    names = draw(st.permutations(list(CELLS)))[draw(st.integers(0, 3)) :]
    names = [*dict.fromkeys([*names, "started", "project_id", "status"])]
    n = draw(st.integers(0, 8))
    rows = [[draw(st.sampled_from(CELLS[name])) for name in names] for _ in range(n)]
    odd = draw(st.sampled_from([*["cell"] * 3, "short", "long", "blank", "spaces", "bom", "latin", "header"]))
    if n and odd == "cell":
        name = draw(st.sampled_from([name for name in names if name in ODD]))
        rows[draw(st.integers(0, n - 1))][names.index(name)] = draw(st.sampled_from(ODD[name]))
    lines = [",".join(row) for row in [names, *rows]]
    if n and odd != "cell":
        at = draw(st.integers(1, n))
        lines[at] += {"short": "", "long": ",,"}.get(odd, "")
        if odd in ("short", "blank", "spaces"):
            lines.insert(at, {"short": "1,2", "blank": "", "spaces": "  "}[odd])
        if odd == "header":
            lines[0] += ",seq" if "seq" in names else ",status"
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    data = (end.join(lines) + draw(st.sampled_from(["", end, end * 2]))).encode()
    if odd == "latin":
        data = data.replace("é".encode(), b"\xe9")
    return b"\xef\xbb\xbf" * (odd == "bom") + data


@pytest.mark.usefixtures("_everything_fast")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=files())
def test_both_readers_say_the_same(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    assert outcome(path) == outcome(path, text.ROWS_TOGETHER)


@pytest.mark.usefixtures("_everything_fast")
@pytest.mark.parametrize(("kind", "plain"), [("csv", "_plain_csv"), ("jsonl", "_plain_jsonl")])
def test_arrow_really_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, plain: str) -> None:
    """Files from `write` are never left to the plain reader, and users have one code in the whole file."""
    path = tmp_path / f"x.{kind}"
    write(SAMPLE, path)
    monkeypatch.setattr(text, plain, lambda *_: iter(()))
    monkeypatch.setattr(arrow_jsonl.JsonBlocks, "_parsed", None)  # what is written can be cut
    monkeypatch.setattr(arrow_csv, "BLOCK_BYTES", 20_000)
    blocks = [block.sessions for block in updates_in(path)]
    assert len(blocks) > 5
    together = Sessions.concat(blocks)
    assert together == SAMPLE
    assert together.distinct_id.categories == blocks[-1].distinct_id.categories
    assert from_arrow(to_arrow(together)) == SAMPLE


@pytest.mark.usefixtures("_everything_fast")
def test_a_mark_within_a_file_is_text(tmp_path: Path) -> None:
    """§1.1: also where a block begins with it."""
    path = tmp_path / "x.csv"
    path.write_text("release,started,project_id,status\n" + "\ufeffa,0,1,ok\n" * 100)
    assert read(path).release.decode() == ["\ufeffa"] * 100


@pytest.mark.usefixtures("_everything_fast")
def test_a_late_error_has_its_line(tmp_path: Path) -> None:
    """§1.4: counted across blocks, by either reader."""
    path = tmp_path / "x.csv"
    lines = ["started,project_id,status", *["0,1,ok"] * 500, "0,1,gone", *["0,1,ok"] * 500]
    path.write_text("\n".join(lines))
    with pytest.raises(
        SessionStatsError, match="line 502, column 'status': unknown status: 'gone'"
    ) as caught:
        read(path)
    assert caught.value.row == 500


def test_a_small_file_does_without_arrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    write(SAMPLE[:10], path)
    monkeypatch.setattr(arrow_csv, "CsvBlocks", None)
    assert read(path) == SAMPLE[:10]


@given(st.lists(st.text("0123456789.-", max_size=6), min_size=1))
def test_decimals(texts: list[str]) -> None:
    """Digits with a leading minus and a point inside are accepted; the numbers are Python's."""
    from sessionstats.io.cells import DECIMAL

    plain = all(not cell or DECIMAL.fullmatch(cell) for cell in texts)
    numbers = seconds_of(pa.array(texts, pa.string()))
    assert (numbers is not None) == plain
    if numbers is not None:
        assert np.array_equal(numbers, [float(cell or "nan") for cell in texts], equal_nan=True)


@pytest.mark.parametrize(
    ("texts", "taken"),
    [
        ([], True),
        (["2024-01-29T12:00:00Z", "2024-02-29 23:59:59Z"], True),
        (["2024-01-29T12:00:00.123456"], True),
        (["2024-01-29T12:00:00.1234567"], False),
        (["2024-01-29T12:00:00Z", "2024-01-29T12:00:00"], False),
        (["2024-01-29T12:00:00.5", "2024-01-29T12:00:00Z "], False),
        (["2023-02-29T12:00:00Z"], False),
        (["2024-13-01T12:00:00Z"], False),
        (["2024-01-29T12:00:60Z"], False),
        (["2024-01-29T12-00:00Z"], False),
        (["2024-01-29T12:00:00."], False),
        (["1969-12-31T23:59:59Z"], False),
        (["2263-01-01T00:00:00Z"], False),
        (["2024-01-29"], False),
    ],
)
def test_plain_instants(texts: list[str], taken: bool) -> None:
    instants = instants_of(pa.array(texts, pa.string()))
    assert (instants is not None) == taken
    if instants is not None:
        assert (instants == np.array([text.removesuffix("Z") for text in texts], "M8[us]")).all()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_pandas_stays_outside(tmp_path: Path, kind: str) -> None:
    """Importing it takes longer than reading a file of a hundred thousand sessions."""
    path = tmp_path / f"x.{kind}"
    write(SAMPLE, path)
    program = (
        "import sys, sessionstats; from sessionstats.io import arrow_csv; arrow_csv.FROM = 0; "
        f"sessionstats.read({str(path)!r}); print('pyarrow' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "True False\n"
