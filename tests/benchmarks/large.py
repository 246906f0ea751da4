"""More sessions than fit at once: a folder of Parquet files, pieces in memory, a cluster.

1. Each file of the folder has a million sessions like those of `sessionstats.sample`, whose users are drawn
   from ten million.
2. A folder is read by ``sessionstats query``, with all memory and with little, by DuckDB, and by two workers
   of a Dask cluster on this machine; whole processes, as in `files`.
3. Sessions in memory are answered in one and in pieces, held together or summarized one by one.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from sessionstats import Query, Sessions, from_arrow, read, sample
from sessionstats.io.arrow import to_arrow
from sessionstats.pipeline import answer, answer_chunks
from tests.benchmarks import files
from tests.benchmarks.questions import NOW, Question
from tests.benchmarks.timing import medians

ROWS: Final = 1_000_000
"""Sessions of a file."""

USERS: Final = 10_000_000

DICTIONARIES: Final = ("release", "environment", "status", "errors", "project_id", "quantity")
"""Columns of few values."""

LITTLE: Final = "200M"
"""What is held before summaries begin."""

QUESTIONS: Final = {
    "all fields": Question(),
    "counts": Question(fields=("sum(session)",)),
    "users": Question(fields=("count_unique(user)",)),
    "durations": Question(fields=("p95(session.duration)",)),
}


def write_folder(folder: Path, n_files: int, n_users: int = USERS) -> None:
    """Write the files 000.parquet, 001.parquet, …"""
    folder.mkdir(exist_ok=True)
    tables = [to_arrow(sample(ROWS, seed)) for seed in range(2)]
    for number in range(n_files):
        table = tables[number % 2]
        drawn = pa.array(np.random.default_rng(number).integers(0, n_users, ROWS))
        users = pc.binary_join_element_wise("user", pc.cast(drawn, pa.string()), "-")
        users = pc.if_else(pc.is_null(table.column("distinct_id")), None, users)
        table = table.set_column(table.column_names.index("distinct_id"), "distinct_id", users)
        parquet.write_table(table, folder / f"{number:03}.parquet", use_dictionary=[*DICTIONARIES])


def folder_table(n_files: int, rounds: int) -> list[list[str]]:
    """A table of ways to answer about a folder: processor seconds, microseconds per session, megabytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "sessions")
        write_folder(folder, n_files)
        return measured_folder(folder, rounds)


def measured_folder(folder: Path, rounds: int) -> list[list[str]]:
    """The table of an existing folder."""
    n = ROWS * len(list(folder.iterdir()))
    ours = files.command(files.US, folder)
    commands = {
        "query": ours,
        "query --needed-columns-only": [*ours, "--needed-columns-only"],
        f"query --memory {LITTLE}": [*ours, "--memory", LITTLE],
        "two workers of Dask": [sys.executable, "-m", "tests.benchmarks.large", str(folder)],
        "DuckDB": files.command("DuckDB", folder / "*.parquet"),
    }
    seconds, megabytes = files.in_turn(commands, rounds)
    rows = [[f"{n:,} sessions", "s", "µs/session", "of DuckDB", "MB"]]
    for name in commands:
        share = seconds[name] / seconds["DuckDB"]
        each = seconds[name] / n * 1e6
        rows.append([name, f"{seconds[name]:.1f}", f"{each:.2f}", f"{share:.2f}", f"{megabytes[name]:.0f}"])
    return rows


def users_table(n_files: int, rounds: int) -> list[list[str]]:
    """A table of folders whose users are drawn from ever more: processor seconds and megabytes."""
    names = (files.US, "DuckDB")
    rows = [["users", *(f"{name}, s" for name in names), "of DuckDB", *(f"{name}, MB" for name in names)]]
    for n_users in (10_000, 100_000, 1_000_000, USERS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name, "sessions")
            write_folder(folder, n_files, n_users)
            commands = {
                files.US: files.command(files.US, folder),
                "DuckDB": files.command("DuckDB", folder / "*.parquet"),
            }
            seconds, megabytes = files.in_turn(commands, rounds)
        share = seconds[files.US] / seconds["DuckDB"]
        spent = [f"{seconds[name]:.1f}" for name in names]
        rows.append([f"{n_users:,}", *spent, f"{share:.2f}", *(f"{megabytes[name]:.0f}" for name in names)])
        print(*rows[-1], sep=" | ", flush=True)
    return rows


def on_two_workers(folder: str) -> str:
    """The answer of a Dask cluster to the question of `files`."""
    import dask
    from distributed import Client, LocalCluster

    from sessionstats import cluster

    workers = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0)
    with workers, Client(workers):
        parts = [dask.delayed(read)(str(path)) for path in sorted(Path(folder).iterdir())]
        return cluster.compute(parts, files.REQUEST, now=files.NOW).to_json()


def pieces_table(n: int, rounds: int) -> list[list[str]]:
    """A table of sessions in memory: in ten pieces, as shares of the whole."""
    sessions = from_arrow(to_arrow(sample(n)))  # as readers give them
    rows = [[f"{n:,} sessions in ten pieces", "whole, s", "held together", "summarized"]]
    for title, question in QUESTIONS.items():
        query = Query.parse(question.params, now=NOW)
        pieces = [sessions[first : first + n // 10] for first in range(0, n, n // 10)]
        seconds = medians(_sides(sessions, pieces, query), rounds)
        whole = seconds["whole"]
        shares = [f"{seconds[name] / whole:.2f}" for name in ("held", "summarized")]
        rows.append([title, f"{whole:.2f}", *shares])
    return rows


def _sides(sessions: Sessions, pieces: list[Sessions], query: Query) -> dict[str, files.Side]:
    return {
        "whole": lambda: answer(sessions, query),
        "held": lambda: answer_chunks(pieces, query),
        "summarized": lambda: answer_chunks(pieces, query, memory=0),
    }


if __name__ == "__main__":
    print(on_two_workers(sys.argv[1]))
