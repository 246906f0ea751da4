"""Bad rows are all reported together, with their locations, or left out on request (§1.4)."""

import copyreg
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionstats import (
    DataError,
    Rules,
    compute,
    from_records,
    read,
    read_chunks,
    sample,
    write,
)
from sessionstats.cli import main
from sessionstats.io.bad_rows import BadRowsError, ReadReport
from sessionstats.io.records import record_columns

NOW = "2024-01-29T13:00:00Z"
REQUEST = "field=sum(session)&statsPeriod=1d&interval=1d"
ROW: dict[str, Any] = {"started": "2024-01-29T12:00:00Z", "project_id": 1, "status": "exited"}
WRONG: list[dict[str, Any]] = [
    {"errors": "two"},
    {"errors": -1},
    {"status": "gone"},
    {"started": "noon"},
    {"duration": -0.5, "errors": -1},
]
"""Ways to be invalid; a row reports the first such column in the order of §1.1."""


def lines_of(rows: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([None, None, *range(len(WRONG))]), max_size=40))
def test_the_bad_rows_are_those_that_are_bad_by_themselves(wrong: list[int | None]) -> None:
    rows = [ROW | {"release": str(n)} | ({} if way is None else WRONG[way]) for n, way in enumerate(wrong)]
    report = ReadReport()
    sessions = from_records(rows, errors="skip", report=report)
    assert sessions.release.decode() == [str(n) for n, way in enumerate(wrong) if way is None]
    assert [error.row for error in report.first] == [n for n, way in enumerate(wrong) if way is not None][:20]
    assert report.bad_rows == sum(report.reasons.values()) == len(wrong) - len(sessions)
    assert report.rows == len(wrong)
    for error in report.first:
        with pytest.raises(DataError) as caught:
            from_records([rows[error.row or 0]])
        assert caught.value.problem == error.problem
    if not report.bad_rows:
        assert from_records(rows) == sessions
        return
    with pytest.raises(DataError) as caught:
        from_records(rows)
    assert isinstance(caught.value, BadRowsError) == (report.bad_rows > 1)
    assert (caught.value.row, caught.value.value) == (report.first[0].row, report.first[0].value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert caught.value.status == 422


def test_the_text_of_several_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "started,project_id,status,errors\n2024-01-29,1,ok,\n2024-01-29,1,ok,x\n\n2024-01-29,1,gone,\n2024-01-29,1\n"
    )
    with pytest.raises(BadRowsError) as caught:
        read(path)
    assert caught.value.detail == (
        f"{path}, line 3, column 'errors': not an integer: 'x'\n"
        f"{path}, line 5, column 'status': unknown status: 'gone'\n"
        f"{path}, line 6: 2 cells, where the header has 4\n"
        "3 bad rows: 1 × column 'errors': not an integer, 1 × column 'status': unknown status, "
        "1 × 2 cells, where the header has 4"
    )
    assert (caught.value.line, caught.value.column, caught.value.file) == (3, "errors", str(path))


def test_lines_that_are_not_json_are_bad_rows(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(f"{lines_of([ROW])}{{\n[]\n{lines_of([ROW])}")
    report = ReadReport()
    assert len(read(tmp_path / "x.jsonl", errors="skip", report=report)) == 2
    assert [error.line for error in report.first] == [2, 3]
    assert dict(report.reasons) == {(None, "not JSON"): 1, (None, "not an object"): 1}


def test_twenty_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(lines_of([ROW, *[ROW | {"errors": -1}] * 1200]))
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path / "x.jsonl")
    assert len(caught.value.lines) == 21
    assert caught.value.lines[-1] == "1,200 bad rows: 1,200 × column 'errors': negative count"


def test_reading_stops_when_nearly_all_are_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessionstats.io.blocks.ENOUGH", 10)
    monkeypatch.setattr("sessionstats.io.text.ROWS_TOGETHER", 64)
    (tmp_path / "x.jsonl").write_text(lines_of([ROW | {"errors": -1}] * 100))
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path / "x.jsonl")
    assert caught.value.lines[-2:] == [
        "64 bad rows: 64 × column 'errors': negative count",
        "so many that the rest was not read",
    ]
    report = ReadReport()
    assert len(read(tmp_path / "x.jsonl", errors="skip", report=report)) == 0
    assert report.bad_rows == 100


def test_a_bad_row_costs_a_few_conversions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every hundredth row is bad: five conversions for each, and six of each row, are more than there are."""
    rows = [ROW | ({"errors": -1} if n % 100 == 50 else {}) for n in range(10_000)]
    converted: list[int] = []

    def counted(part: list[Any], *others: Any) -> Any:
        converted.append(len(part))
        return record_columns(part, *others)

    monkeypatch.setattr("sessionstats.io.records.record_columns", counted)
    assert len(from_records(rows, errors="skip", report=ReadReport())) == 9900
    assert len(converted) < 5 * 100
    assert sum(converted) < 6 * len(rows)


def _rebuilt(kind: type[DataError], attributes: dict[str, Any]) -> DataError:
    error = kind.__new__(kind)
    error.__dict__ = attributes
    return error


def test_rows_are_located_whoever_pickles_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """§1.4: tblib, which Dask installs, copies exceptions so that they share their attributes."""
    monkeypatch.setitem(copyreg.dispatch_table, DataError, lambda error: (_rebuilt, (DataError, vars(error))))
    error = DataError("not an integer: 'two'", row=1)
    assert (error.at(row=3).row, error.row) == (3, 1)
    assert repr(error.at(row=3)) == repr(error) == """DataError("not an integer: 'two'")"""
    rows = [ROW | {"errors": "x"}, ROW, ROW | {"errors": "y"}]
    report = ReadReport()
    assert len(from_records(rows, errors="skip", report=report)) == 1
    assert [error.row for error in report.first] == [0, 2]


def test_without_a_report_a_warning_says_what_was_left_out() -> None:
    with pytest.warns(UserWarning, match="left out: 1 bad row: 1 × column 'errors': negative count"):
        from_records([ROW, ROW | {"errors": -1}], errors="skip")


def test_nothing_is_yielded_after_a_bad_row(tmp_path: Path) -> None:
    """A caller that adds up chunks does no work for an answer that never comes."""
    (tmp_path / "x.jsonl").write_text(lines_of([ROW] * 5000 + [ROW | {"errors": -1}] + [ROW] * 5000))
    chunks = read_chunks(tmp_path / "x.jsonl")
    assert sum(len(next(chunks)) for _ in range(1)) == 4096
    with pytest.raises(DataError, match="line 5001"):
        print(sum(map(len, chunks)))


def test_an_error_of_the_whole_is_not_skipped() -> None:
    with pytest.raises(DataError, match="the sum is beyond 64 bits"):
        from_records([ROW | {"quantity": 2**62}] * 2, errors="skip")
    with pytest.raises(ValueError, match="errors: 'raise' or 'skip' is expected, not 'ignore'"):
        from_records([], errors="ignore")  # type: ignore[arg-type]


class TestLocations:
    """§1.4: errors name the file, and rows are counted in the whole."""

    def test_a_status_of_another_edition(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        rows = [ROW | {"session_id": str(n % 7)} for n in range(9000)]
        rows[8000]["status"] = "unhandled"
        path = tmp_path / "x.jsonl"
        path.write_text(f"\n{lines_of(rows)}")
        problem = "column 'status': not a status of this edition: 'unhandled'"
        with pytest.raises(DataError) as caught:
            read(path, statuses=Rules().statuses)
        assert str(caught.value) == f"{path}, line 8002, {problem}"
        assert caught.value.row == 8000
        assert any("latest" in note for note in caught.value.notes)
        assert main(["query", str(path), REQUEST, "--now", NOW]) == 2
        said = capsys.readouterr().err.splitlines()
        assert said[0] == f"sessionstats: {path}, line 8002, {problem}"
        assert "latest" in said[1]
        assert main(["query", str(path), REQUEST, "--now", NOW, "--edition", "latest"]) == 0

    @pytest.mark.parametrize("suffix", ["npz", "parquet"])
    def test_a_status_of_another_edition_in_columns(self, suffix: str, tmp_path: Path) -> None:
        if suffix == "parquet":
            pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
        path = tmp_path / f"x.{suffix}"
        many = sample(300_000)
        write(many + from_records([ROW | {"status": "unhandled"}]), path)
        with pytest.raises(DataError, match=f"^{path}, column 'status', row 300000: not a status"):
            read(path, statuses=Rules().statuses)

    def test_of_chunks_and_frames(self) -> None:
        good = sample(100)
        bad = from_records([ROW, ROW | {"status": "unhandled"}])
        with pytest.raises(DataError, match=r"^column 'status', row 201: not a status"):
            compute([good, good, bad], REQUEST, now=NOW)
        pandas = pytest.importorskip("pandas", reason="needs the extra 'arrow'")
        frame = pandas.DataFrame([ROW, ROW | {"errors": -1}])
        with pytest.raises(DataError, match=r"^column 'errors', row 103: negative count"):
            compute([good, frame[:1], frame[:1], frame], REQUEST, now=NOW)

    def test_the_sum_of_quantities_of_several_blocks(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "x.jsonl"
        path.write_text(lines_of([ROW | {"quantity": 2**62}, *[ROW] * 5000, ROW | {"quantity": 2**62}]))
        with pytest.raises(DataError, match=f"^{path}, column 'quantity': the sum is beyond 64 bits"):
            read(path)
        assert main(["query", str(path), REQUEST, "--now", NOW]) == 2
        assert capsys.readouterr().err.startswith(f"sessionstats: {path}, column 'quantity': the sum is ")

    @pytest.mark.parametrize(
        "text",
        ["{", "5", '[{"version": 1}]', "\xff", '[{"version": "a", "date_added": "x", "project_ids": [1]}]'],
    )
    def test_of_release_metadata(self, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(sample(3), tmp_path / "x.csv")
        (tmp_path / "r.json").write_text(text, encoding="latin-1")
        arguments = ["query", str(tmp_path / "x.csv"), REQUEST, "--releases", str(tmp_path / "r.json")]
        assert main(arguments) == 2
        assert capsys.readouterr().err.startswith(f"sessionstats: {tmp_path / 'r.json'}: ")


def test_the_command_leaves_bad_rows_out_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x\x1b.jsonl"
    path.write_text(lines_of([ROW, ROW | {"errors": -1}, ROW | {"status": "\x1b"}, ROW]))
    shown = str(path).replace("\x1b", "\\x1b")
    arguments = ["query", str(path), REQUEST, "--now", NOW, "--format", "csv"]
    reported = (
        f"sessionstats: {shown}, line 2, column 'errors': negative count: -1\n"
        f"sessionstats: {shown}, line 3, column 'status': unknown status: '\\x1b'\n"
    )
    counts = "2 bad rows: 1 × column 'errors': negative count, 1 × column 'status': unknown status\n"
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", f"{reported}sessionstats: {counts}")
    assert main([*arguments, "--skip-bad-rows"]) == 0
    output = capsys.readouterr()
    assert output.err == f"{reported}sessionstats: left out: {counts}"
    assert output.out.splitlines()[1].endswith(",2")
