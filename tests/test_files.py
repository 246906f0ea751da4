"""CSV, JSON Lines and .npz: what is written is read back to the bit; errors have locations (§1.1, §1.4)."""

import json
import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessionstats import DataError, Sessions, SessionStatsError, from_records, read, sample, to_records, write
from sessionstats.health import STATUSES
from tests.reading import updates_in

HEADER = "started,project_id,status"
ROW = "2024-01-29T12:00:00Z,1,ok"

texts = st.text(max_size=4) | st.sampled_from(
    [
        "",
        " ",
        "a\rb",
        "a\nb",
        "\r\n",
        '"',
        '""',
        ",",
        "\0",
        "\ud800",
        "\ufeff",
        "\u2028",
        "\x85",
        "é",
        "𝔘",
        "0" * 32,
    ]
)
durations = (
    st.floats(0, allow_nan=False, allow_infinity=False) | st.none() | st.sampled_from([5e-324, 0.1, 1e16])
)
integers = st.integers(0, 3) | st.sampled_from([2**40, 2**53 + 1])
records = st.fixed_dictionaries(
    {
        "started": st.integers(0, 9_246_182_399_999_999).map(lambda us: str(np.datetime64(us, "us")) + "Z"),
        "project_id": st.integers(1, 3) | st.just(2**63 - 1),
        "release": texts,
        "environment": texts,
        "status": st.sampled_from(STATUSES),
        "errors": integers,
        "distinct_id": texts | st.integers() | st.none(),
        "duration": durations,
        "abnormal_mechanism": texts,
        "quantity": integers,
    }
)

FORMATS = ("csv", "jsonl", "npz")


def assert_identical(a: Sessions, b: Sessions) -> None:
    assert to_records(a) == to_records(b)
    assert a == b
    assert a.duration.tobytes() == b.duration.tobytes()


def put(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    return path


def csv_rejection(path: Path, data: str | bytes) -> SessionStatsError:
    with pytest.raises(SessionStatsError) as caught:
        read(put(path / "x.csv", data))
    return caught.value


def jsonl_rejection(path: Path, data: str | bytes) -> SessionStatsError:
    with pytest.raises(SessionStatsError) as caught:
        read(put(path / "x.jsonl", data))
    return caught.value


class TestRoundTrip:
    """§1.1: every column, whatever it holds."""

    @pytest.mark.parametrize("suffix", FORMATS)
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(rows=st.lists(records, max_size=6))
    def test_any_sessions(self, suffix: str, rows: list[dict[str, Any]], tmp_path: Path) -> None:
        sessions, path = from_records(rows), tmp_path / f"x.{suffix}"
        write(sessions, path)
        assert_identical(read(path), sessions)

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_more_than_a_block(self, suffix: str, tmp_path: Path) -> None:
        sessions, path = sample(10_000), tmp_path / f"x.{suffix}"
        write(sessions, path)
        assert_identical(read(path), sessions)

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_no_sessions(self, suffix: str, tmp_path: Path) -> None:
        write(Sessions.empty(), tmp_path / f"x.{suffix}")
        assert_identical(read(tmp_path / f"x.{suffix}"), Sessions.empty())

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_same_bytes_each_time(self, suffix: str, tmp_path: Path) -> None:
        """§6.7: a file is a function of the sessions."""
        for name in ("a", "b"):
            write(sample(20), tmp_path / f"{name}.{suffix}")
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()

    def test_lines_are_ascii_json(self, tmp_path: Path) -> None:
        """§9: the same keys and forms as the rows of the protocol."""
        write(Sessions(started=[0], project_id=[1], status=["ok"], release=["é"]), tmp_path / "x.jsonl")
        line = (tmp_path / "x.jsonl").read_text("ascii")
        assert json.loads(line)["started"] == "1970-01-01T00:00:00.000000Z"
        assert json.loads(line)["release"] == "é"
        assert json.loads(line)["duration"] is None


class TestCsv:
    """§1.1: cells are read as the columns of JSON rows are; an empty one is a missing value."""

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_line_ends_and_byte_order_mark(self, end: str, mark: str, tmp_path: Path) -> None:
        lines = [HEADER + ",release", "", ROW + ',"a\r\n\ufeffb"', "", ROW + ",\ufeff", ""]
        sessions = read(put(tmp_path / "x.csv", mark + end.join(lines)))
        assert sessions.release.decode() == ["a\r\n\ufeffb", "\ufeff"]

    def test_columns_in_any_order_and_others(self, tmp_path: Path) -> None:
        data = "status,note,project_id,started,errors\nexited,hello,7,1706529600.5,3\n"
        sessions = read(put(tmp_path / "x.csv", data))
        row = {"started": 1706529600.5, "project_id": 7, "status": "exited", "errors": 3}
        assert sessions == from_records([row])

    def test_instants(self, tmp_path: Path) -> None:
        """§1.1: ISO 8601 before epoch seconds: a day of eight digits is a day."""
        cells = ["20240129", "2024-01-29", "1706486400", "1706486400.0", "1.7064864e9", "20240129T00Z"]
        rows = "\n".join(f"{cell},1,ok" for cell in cells)
        sessions = read(put(tmp_path / "x.csv", f"{HEADER}\n{rows}"))
        assert set(sessions.started.tolist()) == {datetime(2024, 1, 29)}

    def test_missing_values(self, tmp_path: Path) -> None:
        columns = "errors,quantity,duration,distinct_id,release,environment,abnormal_mechanism,session_id,seq"
        sessions = read(put(tmp_path / "x.csv", f"{HEADER},{columns}\n{ROW},,,,,,,,,\n"))
        assert sessions == Sessions(started=["2024-01-29T12:00:00Z"], project_id=[1], status=["ok"])

    def test_updates_are_folded_across_blocks(self, tmp_path: Path) -> None:
        """§1.2: the updates of a session may be anywhere."""
        end = "2024-01-29T12:00:05Z,1,exited,a,1,9"
        others = [f"{ROW},{n},0," for n in range(5000)]
        data = "\n".join([f"{HEADER},session_id,seq,duration", end, *others, f"{ROW},a,0,"])
        first = read(put(tmp_path / "x.csv", data))[:1]
        assert to_records(first)[0]["status"] == "exited"
        assert to_records(first)[0]["started"] == "2024-01-29T12:00:00.000000Z"
        assert to_records(first)[0]["duration"] == 9.0

    def test_blocks(self, tmp_path: Path) -> None:
        path = tmp_path / "x.csv"
        write(sample(25), path)
        blocks = list(updates_in(path, 10))
        assert [len(block.sessions) for block in blocks] == [10, 10, 5]
        assert Sessions.concat([block.sessions for block in blocks]) == sample(25)

    @pytest.mark.parametrize("rows", [2, 9000])
    def test_a_pipe_is_read_once(self, rows: int, tmp_path: Path) -> None:
        """§1.4: errors are located without reading a second time."""
        path, lines = tmp_path / "pipe.csv", [HEADER, "", *[ROW] * rows, ""]
        os.mkfifo(path)

        def piped(data: str) -> Sessions:
            writer = threading.Thread(target=put, args=(path, data))
            writer.start()
            try:
                return read(path)
            finally:
                writer.join()

        assert len(piped("\n".join(lines))) == rows
        with pytest.raises(DataError) as caught:
            piped("\n".join([*lines, "x,1,ok"]))
        assert caught.value.detail == f"{path}, line {rows + 4}, column 'started': not an instant: 'x'"

    @pytest.mark.parametrize(
        ("cells", "column", "problem"),
        [
            (",1,ok", "started", "missing value: None"),
            ("29.1.2024,1,ok", "started", "not an instant: '29.1.2024'"),
            ("2024-01-29T12:00:00Z,,ok", "project_id", "missing value: None"),
            ("2024-01-29T12:00:00Z,1.0,ok", "project_id", "not an integer: '1.0'"),
            ("2024-01-29T12:00:00Z,0,ok", "project_id", "less than 1: 0"),
            ("2024-01-29T12:00:00Z,1,OK", "status", "unknown status: 'OK'"),
            ("2024-01-29T12:00:00Z,1,", "status", "missing value: None"),
        ],
    )
    def test_an_invalid_cell_is_named(self, cells: str, column: str, problem: str, tmp_path: Path) -> None:
        """§1.4: line, column and value; blank lines and line breaks in cells count as lines."""
        data = f'{HEADER},release\n\n{ROW},"a\nb"\n{cells},"c\nc"\n{ROW},d\n'
        error = csv_rejection(tmp_path, data)
        assert isinstance(error, DataError)
        assert error.detail == f"{tmp_path / 'x.csv'}, line 5, column '{column}': {problem}"
        assert (error.column, error.row) == (column, 1)
        assert str(error) == error.detail

    def test_an_invalid_cell_of_a_later_block_is_named(self, tmp_path: Path) -> None:
        error = csv_rejection(tmp_path, "\n".join([HEADER, *[ROW] * 9000, "x,1,ok"]))
        assert isinstance(error, DataError)
        assert error.detail == f"{tmp_path / 'x.csv'}, line 9002, column 'started': not an instant: 'x'"
        assert error.row == 9000

    @pytest.mark.parametrize(
        ("column", "cell", "problem"),
        [
            ("errors", "-1", "negative count: -1"),
            ("errors", "1e3", "not an integer: '1e3'"),
            ("errors", " 1", "not an integer: ' 1'"),
            ("errors", "9223372036854775808", "integer beyond 64 bits: 9223372036854775808"),
            ("quantity", "٣", "not an integer: '٣'"),
            ("seq", "1_0", "not an integer: '1_0'"),
            ("duration", "-0.5", "negative duration: -0.5"),
            ("duration", "1e999", "infinite duration: inf"),
            ("duration", "nan", "not a number: 'nan'"),
            ("duration", "1,5", "not a number: '1,5'"),
        ],
    )
    def test_an_invalid_number_is_named(self, column: str, cell: str, problem: str, tmp_path: Path) -> None:
        """§1.4: nothing is guessed."""
        error = csv_rejection(tmp_path, f'{HEADER},{column}\n{ROW},1\n{ROW},"{cell}"\n')
        assert error.detail == f"{tmp_path / 'x.csv'}, line 3, column '{column}': {problem}"

    @pytest.mark.parametrize(
        ("data", "detail"),
        [
            ("", ": the file is empty; its first line names the columns"),
            ("\n\n", ": the file is empty; its first line names the columns"),
            ("started,status\n", ": no column 'project_id'; the columns are started, status"),
            (f"{HEADER},errors,errors\n", ": column 'errors' is there twice"),
            (f"{HEADER}\n{ROW}\n{ROW},2\n", ", line 3: 4 cells, where the header has 3"),
            (f"{HEADER}\nx\n", ", line 2: 1 cell, where the header has 3"),
            (f'{HEADER}\n{ROW}\n"2024"x,1,ok\n', """, line 3: ',' expected after '"'"""),
            (f'{HEADER}\n{ROW}\n"2024', ", line 3: unexpected end of data"),
            (HEADER.encode() + b"\n\n\xff,1,ok\n", ", line 3: not UTF-8"),
            (HEADER.encode("utf-16"), ", line 1: not UTF-8"),
        ],
    )
    def test_an_invalid_file_is_rejected(self, data: str | bytes, detail: str, tmp_path: Path) -> None:
        assert csv_rejection(tmp_path, data).detail == f"{tmp_path / 'x.csv'}{detail}"

    def test_sum_of_quantities(self, tmp_path: Path) -> None:
        """§6.1: a sum beyond 64 bits belongs to no line; it is noticed within a block, and across blocks."""
        row = f"{ROW},{2**62}"
        error = csv_rejection(tmp_path, f"{HEADER},quantity\n{row}\n{row}\n")
        assert error.detail == f"{tmp_path / 'x.csv'}, column 'quantity': the sum is beyond 64 bits: {2**63}"
        rows = [row, *[f"{ROW},1"] * 5000, row]
        assert "beyond 64 bits" in csv_rejection(tmp_path, "\n".join([f"{HEADER},quantity", *rows])).detail

    def test_header_alone(self, tmp_path: Path) -> None:
        assert len(read(put(tmp_path / "x.csv", HEADER))) == 0


class TestJsonLines:
    """§9: the rows of the protocol, one per line."""

    def test_blank_lines_marks_and_other_keys(self, tmp_path: Path) -> None:
        line = '{"started": 1706529600.5, "project_id": 7, "status": "exited", "note": [1]}'
        data = f"\ufeff\r\n{line}\r\n  \n\n{line}"
        row = {"started": 1706529600.5, "project_id": 7, "status": "exited"}
        assert read(put(tmp_path / "x.jsonl", data)) == from_records([row, row])

    def test_blocks(self, tmp_path: Path) -> None:
        path = tmp_path / "x.jsonl"
        write(sample(25), path)
        blocks = list(updates_in(path, 10))
        assert [len(block.sessions) for block in blocks] == [10, 10, 5]
        assert Sessions.concat([block.sessions for block in blocks]) == sample(25)

    @pytest.mark.parametrize(
        ("line", "detail"),
        [
            ('{"started": "x", "project_id": 1, "status": "ok"}', ", column 'started': not an instant: 'x'"),
            (
                '{"started": 0, "project_id": true, "status": "ok"}',
                ", column 'project_id': not an integer: True",
            ),
            ('{"started": 0, "project_id": 1}', ", column 'status': missing value: None"),
            (
                '{"started": 0, "project_id": 1, "status": "ok", "duration": Infinity}',
                ", column 'duration': infinite duration: inf",
            ),
            ("[1]", ": not an object: [1]"),
            ("null", ": not an object: None"),
            ("{", ": not JSON (Expecting property name enclosed in double quotes, column 2)"),
            ('{"a": 1,, }', ": not JSON (Expecting property name enclosed in double quotes, column 9)"),
            ("9" * 5000, None),
        ],
    )
    def test_an_invalid_line_is_named(self, line: str, detail: str | None, tmp_path: Path) -> None:
        """§1.4: the line, the column and the value."""
        good = '{"started": 0, "project_id": 1, "status": "ok"}'
        error = jsonl_rejection(tmp_path, f"{good}\n\n{line}\n{good}\n")
        assert error.detail.startswith(f"{tmp_path / 'x.jsonl'}, line 3{detail or ': not JSON ('}")
        assert detail is None or error.detail.endswith(detail)

    def test_lines_that_are_json_only_together(self, tmp_path: Path) -> None:
        """§9: one object per line, although lines are decoded together."""
        good = '{"started": 0, "project_id": 1, "status": "ok"}'
        error = jsonl_rejection(tmp_path, f'{good},{good}\n{good[:-1]}, "note": [1\n2]}}\n')
        assert f"{tmp_path / 'x.jsonl'}, line 1: not JSON (Extra data, column 48)" in error.detail

    def test_invalid_bytes_and_depth_are_rejected(self, tmp_path: Path) -> None:
        assert jsonl_rejection(tmp_path, b"\n\xff\n").detail == f"{tmp_path / 'x.jsonl'}, line 2: not UTF-8"
        detail = jsonl_rejection(tmp_path, "[" * 100_000).detail
        assert detail == f"{tmp_path / 'x.jsonl'}, line 1: not JSON (nested too deeply)"

    def test_empty_file(self, tmp_path: Path) -> None:
        assert read(put(tmp_path / "x.jsonl", "")) == Sessions.empty()


@pytest.mark.parametrize("suffix", FORMATS)
def test_missing_file(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / f"nothing.{suffix}")
