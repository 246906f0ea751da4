"""The command line: answers on standard output, errors in one line on standard error."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sessionstats import compute, sample
from sessionstats.cli import COMMANDS, main
from sessionstats.cli.demo import NOW

REQUEST = "field=sum(session)&field=crash_free_rate(user)&groupBy=release&interval=1d&statsPeriod=14d"

HEADER = "started,project_id,status\n"


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "sample.csv"
    assert main(["sample", "500", str(path)]) == 0
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The error: status 2, nothing on standard output, one line on standard error besides notes."""
    status = main(arguments)
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    first, *notes = captured.err.splitlines()
    assert first.startswith("sessionstats"), captured.err
    assert all(note.startswith("note: ") for note in notes), captured.err
    assert "Traceback" not in captured.err
    return captured.err


class TestQuery:
    @pytest.mark.parametrize("extension", ["csv", "jsonl", "npz"])
    def test_json_is_the_answer(
        self, extension: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """§8: the same bytes from every kind of file."""
        path = str(tmp_path / f"s.{extension}")
        assert main(["sample", "300", path, "--seed", "5"]) == 0
        assert main(["query", path, REQUEST, "--now", NOW, "--format", "json"]) == 0
        expected = compute(sample(300, 5), REQUEST, now=NOW)
        assert capsys.readouterr().out == expected.to_json() + "\n"

    def test_table_is_the_default(self, sampled: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["query", str(sampled), REQUEST, "--now", NOW]) == 0
        assert capsys.readouterr().out == f"{compute(sample(500), REQUEST, now=NOW)}\n"

    def test_csv(self, sampled: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A total and fifteen intervals per group."""
        assert main(["query", str(sampled), f"{REQUEST}&per_page=2", "--now", NOW, "--format", "csv"]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert [row["part"] for row in rows] == ["total", *["interval"] * 15] * 2
        answer = compute(sample(500), f"{REQUEST}&per_page=2", now=NOW)
        totals = [int(row["sum(session)"]) for row in rows if row["part"] == "total"]
        assert totals == answer.totals["sum(session)"].tolist()

    def test_ignored_parameters_are_reported(self, sampled: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§2: the endpoint ignores unknown names; a person may have misspelt one."""
        assert main(["query", str(sampled), f"?{REQUEST}&groupby=release&zz=1&zz=2", "--now", NOW]) == 0
        assert capsys.readouterr().err.splitlines() == [
            "sessionstats: 'groupby' is not a parameter, and is ignored; groupBy is one",
            "sessionstats: 'zz' is not a parameter, and is ignored",
        ]

    @pytest.mark.parametrize(("left_out", "left"), [("Totals", "interval"), ("Series", "total")])
    def test_csv_of_a_part(
        self, left_out: str, left: str, sampled: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """§8: only the requested lines."""
        request = f"{REQUEST}&per_page=2&include{left_out}=0"
        assert main(["query", str(sampled), request, "--now", NOW, "--format", "csv"]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert {row["part"] for row in rows} == {left}

    def test_updates_are_folded(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§1.2: rows with a session_id are updates."""
        path = tmp_path / "updates.jsonl"
        row = {"session_id": "s", "started": "2024-01-29T11:30:00Z", "project_id": 1}
        updates = [{**row, "status": status, "seq": seq} for seq, status in enumerate(["ok", "exited"])]
        path.write_text("\n".join(map(json.dumps, updates)))
        request = "field=sum(session)&statsPeriod=1h"
        assert main(["query", str(path), request, "--now", NOW, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["groups"][0]["totals"] == {"sum(session)": 1}

    def test_rules_projects_and_releases(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§3.2, §4.2, §4.8: another edition, slugs, and release metadata."""
        path, metadata = tmp_path / "s.jsonl", tmp_path / "releases.json"
        row = {"started": "2024-01-29T11:59:55Z", "project_id": 3, "status": "unhandled", "release": "b"}
        path.write_text(json.dumps(row))
        metadata.write_text('[{"version": "b", "date_added": "2024-01-01T00:00:00Z", "project_ids": [3]}]')
        request = (
            "field=unhandled_rate(session)&interval=10s&statsPeriod=10s&query=project:web release:latest"
        )
        options = ["--rule", "min_interval=10", "--rule", "unhandled=true", "--project", "web=3"]
        arguments = [
            "query",
            str(path),
            request,
            "--now",
            NOW,
            "--format",
            "json",
            "--releases",
            str(metadata),
        ]
        assert main([*arguments, *options]) == 0
        totals = json.loads(capsys.readouterr().out)["groups"][0]["totals"]
        assert totals == {"unhandled_rate(session)": 1.0}

    def test_releases_one_per_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§4.8: the later of two releases is the latest, whichever form the file has."""
        path = tmp_path / "s.jsonl"
        row = {"started": "2024-01-29T11:30:00Z", "project_id": 3, "status": "ok"}
        path.write_text("\n".join(json.dumps({**row, "release": release}) for release in "abb"))
        releases = [{"version": v, "date_added": n, "project_ids": [3]} for n, v in enumerate("ab")]
        for name, text in (
            ("releases.json", json.dumps(releases)),
            ("releases.jsonl", "\n".join(map(json.dumps, releases)) + "\n\n"),
        ):
            (tmp_path / name).write_text(text)
            request = "field=sum(session)&statsPeriod=1h&query=release:latest"
            options = ["--now", NOW, "--format", "json", "--releases", str(tmp_path / name)]
            assert main(["query", str(path), request, *options]) == 0
            totals = json.loads(capsys.readouterr().out)["groups"][0]["totals"]
            assert totals == {"sum(session)": 2}

    def test_old_file_gets_a_hint(self, sampled: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Without --now the clock is used, and a file of old sessions has nothing in that window."""
        assert main(["query", str(sampled), REQUEST]) == 0
        assert "set now to 2024-01-29T" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (["FILE", "field=crash_rate"], 'Invalid field: "crash_rate"'),
            (["FILE", REQUEST, "--now", "noon"], "noon"),
            (["FILE", REQUEST, "--rule", "min_intervals=1"], "min_intervals"),
            (["FILE", REQUEST, "--rule", "max_points=many"], "max_points"),
            (["FILE", REQUEST, "--rule", "max_points"], "NAME=VALUE"),
            (["FILE", REQUEST, "--rule", f"max_points={'[' * 100_000}"], "max_points"),
            (["FILE", REQUEST, "--project", "web=x"], "the id of a project is a number"),
            (["FILE", REQUEST, "--format", "xml"], "xml"),
            (["FILE", REQUEST, "--releases", "FILE"], "not JSON"),
            (["FILE", REQUEST, "--releases", "nowhere.json"], "nowhere.json"),
            (["nowhere.csv", REQUEST], "nowhere.csv"),
            (["january.xlsx", REQUEST], "january.xlsx"),
            (["DIRECTORY.csv", REQUEST], "no Parquet files in this folder"),
            (["FILE"], "REQUEST"),
        ],
    )
    def test_an_error_is_one_line(
        self, arguments: list[str], problem: str, sampled: Path, tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        """§2.3: it says what is wrong."""
        (tmp_path / "DIRECTORY.csv").mkdir()
        paths = {"FILE": str(sampled), "DIRECTORY.csv": str(tmp_path / "DIRECTORY.csv")}
        assert problem in said(capsys, "query", *(paths.get(each, each) for each in arguments))

    @pytest.mark.parametrize(
        ("name", "text", "parts"),
        [
            (
                "s.csv",
                f"{HEADER}2024-01-29,1,ok\n2024-01-29,0,ok\n",
                ["line 3", "project_id", "0"],
            ),
            ("s.csv", f"{HEADER}2024-01-29,1,fine\n", ["line 2", "status", "fine"]),
            ("s.csv", "started,project_id\n2024-01-29,1\n", ["status"]),
            ("s.jsonl", '{"started": 1, "project_id": 1, "status": "ok"}\n{"started"\n', ["line 2"]),
            (
                "s.jsonl",
                '{"started": 1, "project_id": 1, "status": "ok", "errors": -1}\n',
                ["line 1", "errors"],
            ),
            ("s.npz", "not an archive", ["s.npz"]),
        ],
    )
    def test_an_invalid_row_is_named(
        self, name: str, text: str, parts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """§1.4: by line, column and value."""
        path = tmp_path / name
        path.write_text(text)
        reported = said(capsys, "query", str(path), REQUEST, "--now", NOW)
        for part in parts:
            assert part in reported


class TestOthers:
    def test_demo(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The quickest look shows the bad release."""
        assert main(["demo"]) == 0
        assert "93.25 %" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "arguments", [["-1", "s.csv"], ["x", "s.csv"], ["5", "s.xlsx"], ["5", "no/where.csv"]]
    )
    def test_invalid_arguments_of_sample(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        said(capsys, "sample", *arguments)

    def test_help_of_every_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        for command in COMMANDS:
            assert main([command, "--help"]) == 0
            assert f"usage: sessionstats {command}" in capsys.readouterr().out

    def test_usage(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "unknown" in said(capsys, "unknown")
        assert main(["--version"]) == 0

    def test_module_runs(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "sessionstats", "--version"], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")


class TestOracle:
    def serve(self, data: bytes) -> list[dict[str, Any]]:
        command = [sys.executable, "-m", "sessionstats", "oracle"]
        done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_survives_any_input(self) -> None:
        """§9: garbage, NaN, unknown keys, many releases; the stream goes on."""
        request = {
            "id": 1,
            "now": NOW,
            "params": {"field": "sum(session)", "statsPeriod": "1h"},
            "sessions": [],
        }
        releases = [{"version": f"v{n}", "date_added": NOW, "project_ids": [1]} for n in range(20_000)]
        lines = [
            b"garbage", b"", b"\xff\xfe", b'{"id": NaN}', b"[" * 10_000,
            json.dumps({**request, "colour": "red"}).encode(),
            json.dumps({**request, "releases": releases}).encode(),
            json.dumps(request).encode(),
        ]  # fmt: skip
        assert [answer["status"] for answer in self.serve(b"\n".join(lines))] == [400] * 5 + [200] * 3

    def test_answers_one_by_one(self) -> None:
        """§9: each answer is flushed before the next request is read."""
        command = [sys.executable, "-m", "sessionstats", "oracle"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as oracle:
            assert oracle.stdin is not None
            assert oracle.stdout is not None
            for number in range(3):
                oracle.stdin.write(b'{"id": %d}\n' % number)
                oracle.stdin.flush()
                assert json.loads(oracle.stdout.readline())["id"] == number
            oracle.stdin.close()


def test_a_closed_pipe_causes_no_traceback(sampled: Path) -> None:
    """If the reader stops reading, we end quietly."""
    query = f"{sys.executable} -m sessionstats query {sampled} '{REQUEST}' --format csv"
    command = query + " | head -1; echo ${PIPESTATUS[0]}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] in ("0", "141")
