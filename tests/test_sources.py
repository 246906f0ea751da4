"""Files as people have them: compressed, several, in folders, on standard input; and written completely."""

import gzip
import io
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from sessionstats import Sessions, SessionStatsError, compute, from_records, read, read_chunks, sample, write
from sessionstats.cli import main
from sessionstats.io import sources
from sessionstats.io.sources import sources_of
from sessionstats.io.writing import whole

SAMPLE = sample(6000)
REQUEST = "field=sum(session)&statsPeriod=14d&interval=1d"
NOW = "2024-01-29T12:00:00Z"
ROW: dict[str, Any] = {"started": 0, "project_id": 1, "status": "ok"}


def zstandard(data: bytes) -> bytes:
    pa = pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
    packed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return packed


PACKED = {".gz": gzip.compress, ".zst": zstandard}


class TestCompressed:
    @pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
    @pytest.mark.parametrize("packed", PACKED)
    def test_is_read_as_it_is_unpacked(self, suffix: str, packed: str, tmp_path: Path) -> None:
        write(SAMPLE, tmp_path / f"x{suffix}")
        path = tmp_path / f"x{suffix.upper()}{packed}"
        path.write_bytes(PACKED[packed]((tmp_path / f"x{suffix}").read_bytes()))
        assert read(path) == SAMPLE
        shares: list[float] = []
        assert Sessions.concat(read_chunks(path, progress=shares.append)) == SAMPLE
        assert shares == sorted(shares)
        assert shares[-1] == 1

    @pytest.mark.parametrize("packed", PACKED)
    def test_damaged(self, packed: str, tmp_path: Path) -> None:
        """§1.4: not the rows before the damage; every cut is found."""
        write(sample(300), tmp_path / "x.csv")
        data = PACKED[packed]((tmp_path / "x.csv").read_bytes())
        path = tmp_path / f"y.csv{packed}"
        for wrong in (
            *(data[:n] for n in range(0, len(data), 97)),
            data[:-1],
            b"hello",
            data[:50] + b"\0" * 9,
        ):
            path.write_bytes(wrong)
            with pytest.raises(SessionStatsError, match=f"^{path}: damaged: "):
                read(path)

    def test_damaged_for_the_standard_library(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """§1.4: from Python 3.14, Zstandard is read by a module with an error of its own."""

        class ZstdError(Exception):
            pass

        class Damaged(io.BytesIO):
            def __next__(self) -> bytes:
                raise ZstdError("Unknown frame descriptor")

        zstd = SimpleNamespace(open=lambda raw: Damaged(), ZstdError=ZstdError)
        monkeypatch.setattr(sources, "needed", lambda package, extra: zstd)
        path = tmp_path / "x.csv.zst"
        path.write_bytes(b"hello")
        with pytest.raises(SessionStatsError, match=f"^{path}: damaged: Unknown frame descriptor$"):
            read(path)

    def test_what_is_compressed_by_itself(self) -> None:
        for name in ("x.npz.gz", "x.parquet.zst", "x.gz", "x"):
            with pytest.raises(SessionStatsError, match=f"^{name}: unknown kind of file; the name must"):
                sources_of(name)


class TestSeveral:
    def parts(self, folder: Path, suffix: str) -> list[Path]:
        if suffix == ".parquet":
            pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
        paths = [folder / f"part-{number}{suffix}" for number in range(3)]
        for number, path in enumerate(paths):
            write(SAMPLE[number * 2000 : (number + 1) * 2000], path)
        return paths

    @pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".npz", ".parquet"])
    def test_files_and_globs(self, suffix: str, tmp_path: Path) -> None:
        paths = self.parts(tmp_path, suffix)
        assert read(paths) == SAMPLE
        assert read(f"{tmp_path}/part-*{suffix}") == SAMPLE
        assert read([f"{tmp_path}/part-[12]{suffix}", paths[0]]) == SAMPLE[2000:] + SAMPLE[:2000]
        shares: list[float] = []
        assert len(Sessions.concat(read_chunks(paths, progress=shares.append))) == 6000
        assert shares == sorted(shares)
        assert shares[-1] == 1

    def test_kinds_may_differ(self, tmp_path: Path) -> None:
        write(SAMPLE[:10], tmp_path / "a.csv")
        write(SAMPLE[10:20], tmp_path / "b.jsonl")
        assert read([tmp_path / "a.csv", tmp_path / "b.jsonl"]) == SAMPLE[:20]

    def test_folders_of_parquet(self, tmp_path: Path) -> None:
        self.parts(tmp_path, ".parquet")
        (tmp_path / "z" / "y").mkdir(parents=True)
        write(sample(5), tmp_path / "z" / "y" / "x.parquet")
        (tmp_path / "README").write_text("not a file of sessions")
        assert read(tmp_path) == SAMPLE + sample(5)

    def test_updates_of_one_session_in_several_files(self, tmp_path: Path) -> None:
        """§1.2"""
        header = "started,project_id,status,session_id,seq\n"
        (tmp_path / "a.csv").write_text(f"{header}5,1,exited,s,1\n")
        (tmp_path / "b.csv").write_text(f"{header}4,1,ok,s,0\n")
        expected = from_records([ROW | {"started": 4, "status": "exited"}])
        assert read([tmp_path / "a.csv", tmp_path / "b.csv"]) == expected
        assert Sessions.concat(read_chunks(f"{tmp_path}/*.csv")) == expected

    def test_a_file_whose_name_looks_like_a_glob(self, tmp_path: Path) -> None:
        write(SAMPLE[:3], tmp_path / "[1].csv")
        assert read(f"{tmp_path}/[1].csv") == SAMPLE[:3]

    @pytest.mark.parametrize(
        ("path", "problem"),
        [
            ("*.csv", r"\*\.csv: no file matches"),
            ("", ": no Parquet files in this folder"),
            ([], "no files are named"),
            ("-", "standard input has no extension: give its format"),
        ],
    )
    def test_nothing_to_read(self, path: Any, problem: str, tmp_path: Path) -> None:
        location = f"{tmp_path}/{path}" if path in ("*.csv", "") else path
        with pytest.raises(SessionStatsError, match=problem):
            read_chunks(location)
        with pytest.raises(SessionStatsError, match="unknown format 'xml'; it must end in"):
            read("-", input_format="xml")

    def test_the_command(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        paths = self.parts(tmp_path, ".csv")
        expected = f"{compute(SAMPLE, REQUEST, now=NOW).to_json()}\n"
        for files in ([*map(str, paths)], [f"{tmp_path}/part-*.csv"]):
            assert main(["query", *files, REQUEST, "--now", NOW, "--format", "json"]) == 0
            assert capsys.readouterr() == (expected, "")


class TestEnvelopes:
    DSN = '{"dsn": "https://key@ingest.example/42"}'
    BEGIN = '{"type":"session"}\n{"sid":"a","init":true,"started":"2024-01-29T11:00:00Z"}'
    END = '{"type":"session"}\n{"sid":"a","seq":1,"started":"2024-01-29T11:00:00Z","status":"crashed"}'
    EVENT = '{"type":"event","length":2}\n{}'

    def test_are_read_together(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§1.2: the updates of a session in several files; items of other types are counted."""
        (tmp_path / "a.envelope").write_text(f"{self.DSN}\n{self.EVENT}\n{self.BEGIN}\n")
        (tmp_path / "b.envelope.gz").write_bytes(gzip.compress(f"{self.DSN}\n{self.END}\n".encode()))
        expected = from_records(
            [ROW | {"started": "2024-01-29T11:00:00Z", "project_id": 42, "status": "crashed"}]
        )
        assert read([tmp_path / "a.envelope", tmp_path / "b.envelope.gz"]) == expected
        request = "field=sum(session)&statsPeriod=1d&groupBy=project&groupBy=session.status"
        arguments = ["query", f"{tmp_path}/*.envelope*", request, "--now", NOW, "--format", "csv"]
        assert main(arguments) == 0
        output = capsys.readouterr()
        assert "42,crashed,total,2024-01-28T12:00:00Z,2024-01-29T12:00:00Z,1" in output.out.splitlines()
        assert output.err == (
            "sessionstats: items of envelopes that hold no sessions, left out: 1 of type 'event'\n"
        )

    def test_without_a_dsn(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "a.envelope"
        path.write_text(f"{{}}\n{self.BEGIN}\n")
        with pytest.raises(
            SessionStatsError, match=r"a\.envelope, line 3: the envelope does not name its project"
        ):
            read(path)
        assert read(path, project_id=7).project_id.decode() == [7]
        arguments = ["query", str(path), "field=sum(session)&groupBy=project&statsPeriod=1d", "--now", NOW]
        assert main([*arguments, "--project-id", "7", "--format", "csv"]) == 0
        assert capsys.readouterr().out.splitlines()[1].startswith("7,total,")


class TestStandardInput:
    @pytest.mark.parametrize("kind", ["csv", "jsonl", "csv.gz", "parquet"])
    def test_is_read_like_a_file(self, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if kind == "parquet":
            pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
        plain = tmp_path / f"x.{kind.removesuffix('.gz')}"
        write(SAMPLE, plain)
        data = gzip.compress(plain.read_bytes()) if kind.endswith(".gz") else plain.read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        assert read("-", input_format=kind) == SAMPLE

    def test_errors_say_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = b"started,project_id,status\nnoon,1,ok\n"
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        with pytest.raises(
            SessionStatsError, match=r"^standard input, line 2, column 'started': not an instant"
        ):
            read("-", input_format="csv")
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(SessionStatsError, match=r"^standard input: it is closed"):
            read("-", input_format="csv")

    def test_the_command(self, tmp_path: Path) -> None:
        write(SAMPLE, tmp_path / "x.csv")
        command = [sys.executable, "-m", "sessionstats", "query", "-", "--input-format", "csv", REQUEST]
        for now, groups in ((NOW, 6000), ("2030-01-01", 0)):  # nothing is read again to explain the second
            done = subprocess.run(
                [*command, "--now", now, "--format", "csv"],
                input=(tmp_path / "x.csv").read_bytes(),
                capture_output=True,
            )
            assert done.returncode == 0
            assert done.stdout.decode().splitlines()[1].endswith(f",{groups}")


class TestPipes:
    """A pipe with a name is read from front to back, as standard input is."""

    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_is_read_like_a_file(self, suffix: str, tmp_path: Path) -> None:
        if suffix == ".parquet":
            pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
        write(SAMPLE, tmp_path / f"x{suffix}")
        pipe = tmp_path / f"pipe{suffix}"
        os.mkfifo(pipe)
        writer = Thread(target=lambda: pipe.write_bytes((tmp_path / f"x{suffix}").read_bytes()))
        writer.start()
        assert read(pipe) == SAMPLE
        writer.join()

    def test_archives_are_not(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.npz")
        with pytest.raises(SessionStatsError, match=r"pipe\.npz: an archive is not read from a pipe"):
            read(tmp_path / "pipe.npz")


class TestWriting:
    @pytest.mark.parametrize("suffix", ["csv", "jsonl", "npz", "parquet"])
    def test_a_failure_leaves_what_was_there(
        self, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if suffix == "parquet":
            pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
        path = tmp_path / f"x.{suffix}"
        write(sample(5), path)
        before = path.read_bytes()
        replaced: list[Any] = []

        def full(*paths: Any) -> None:
            replaced.append(paths)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match=re.escape(f"No space left on device: '{path}'")):
            write(sample(9), path)
        assert replaced
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == [path.name]

    def test_permissions_and_links_stay(self, tmp_path: Path) -> None:
        path, link = tmp_path / "x.csv", tmp_path / "link.csv"
        write(sample(2), path)
        path.chmod(0o640)
        link.symlink_to(path)
        write(sample(3), link)
        assert link.is_symlink()
        assert read(path) == sample(3)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_what_cannot_be_replaced_is_written_to(self) -> None:
        whole(os.devnull, lambda path: Path(path).write_text("x"))
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)

    def test_no_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "nowhere" / "x.csv"
        with pytest.raises(FileNotFoundError, match=re.escape(f"No such file or directory: '{path}'")):
            write(sample(1), path)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_an_interrupted_sample_leaves_nothing(self, number: signal.Signals, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "sessionstats", "sample", "2000000", str(tmp_path / "x.csv")]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        for _ in range(6000):
            if any(part.stat().st_size for part in tmp_path.iterdir()):
                break
            time.sleep(0.01)
        assert [part.suffix for part in tmp_path.iterdir()] == [".part"]
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs limits of the system")
@pytest.mark.parametrize("name", ["vectors.jsonl", "sample.csv", "sample.npz"])
def test_a_full_disk_leaves_the_old_file(name: str, tmp_path: Path) -> None:
    """The error names the file, and the partial file is removed."""
    (tmp_path / name).write_text("old")
    command = "vectors" if name.startswith("vectors") else "sample 5000"
    line = f"ulimit -f 8; '{sys.executable}' -B -m sessionstats {command} {name}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, f"sessionstats: {name}: File too large\n")
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "| head -1 > head.txt"])
@pytest.mark.parametrize(
    "command", ["sample 10 x.csv", f"query big.csv '{REQUEST}' --now {NOW}", "demo", "oracle"]
)
def test_closed_streams_end_quietly(command: str, redirection: str, tmp_path: Path) -> None:
    write(sample(100), tmp_path / "big.csv")
    line = f"'{sys.executable}' -W error -m sessionstats {command} {redirection}"
    done = subprocess.run(
        line, shell=True, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("command", [f"query big.csv '{REQUEST}' --now {NOW}", "oracle < lines", "vectors"])
def test_output_that_cannot_be_written(command: str, tmp_path: Path) -> None:
    """The error says which file it was."""
    write(sample(100), tmp_path / "big.csv")
    (tmp_path / "lines").write_text("{}\n")
    line = f"'{sys.executable}' -m sessionstats {command} > /dev/full"
    done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "sessionstats: standard output: No space left on device\n")
