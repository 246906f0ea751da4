"""From a file to the answer: whole processes alternately, their answers compared.

1. The question: sessions and crash-free users by release and day, over 14 days, of `sessionstats.sample`.
2. A process reads a file and prints, for each release and day, sessions and the rate. Ours is the command
   ``sessionstats query``; the others are this module, called with a name and a file.
3. Seconds are those of the processor, of all threads together, as medians: unlike seconds of the clock they
   change little when something else runs. Memory is the largest resident set.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from sessionstats import sample, write

NOW = "2024-01-29T00:00:00Z"
REQUEST = "field=sum(session)&field=crash_free_rate(user)&groupBy=release&interval=1d&statsPeriod=14d"
KINDS = (".csv", ".jsonl", ".parquet")
US = "query"

MEASURED = """
import json, os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
measured = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss
print(json.dumps(measured), file=sys.stderr)
"""
"""Runs a command from a small process: the peak of a process begins with that of the one that starts it."""

Cells = dict[tuple[str, str], tuple[int, float | None]]
"""Sessions and rate by release and day, of those that have sessions."""


Side = Callable[[], object]


def table(n: int, rounds: int, kinds: Iterable[str] = KINDS) -> list[list[str]]:
    """A table of processor seconds and megabytes, one row per kind of file."""
    names = [US, *OTHERS]
    head = ["", *(f"{name}, s" for name in names), *(f"of {name}" for name in OTHERS)]
    rows = [[*head, *(f"{name}, MB" for name in names)]]
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            path = Path(folder, f"sessions{kind}")
            write(sample(n), path)
            seconds, megabytes = _measured(path, rounds)
            path.unlink()
            rows.append(
                [
                    f"{n:,}, {kind[1:]}",
                    *(f"{seconds[name]:.1f}" for name in names),
                    *(f"{seconds[US] / seconds[name]:.2f}" for name in OTHERS),
                    *(f"{megabytes[name]:.0f}" for name in names),
                ]
            )
            print(*rows[-1], sep=" | ", flush=True)
    return rows


def _measured(path: Path, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    return in_turn({name: command(name, path) for name in (US, *OTHERS)}, rounds)


def in_turn(commands: Mapping[str, list[str]], rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Processor seconds and megabytes of commands that print the same answer, ours or that of others."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    megabytes: dict[str, list[float]] = {name: [] for name in seconds}
    for _ in range(rounds):
        answers = []
        for name, arguments in commands.items():
            printed, spent, peak = _run(arguments)
            answers.append(_plain_cells(printed) if name in OTHERS else _cells(printed))
            seconds[name].append(spent)
            megabytes[name].append(peak)
        assert all(answer == answers[0] for answer in answers), "the answers differ"
    return tuple({k: median(v) for k, v in values.items()} for values in (seconds, megabytes))  # type: ignore[return-value]


def command(name: str, path: Path) -> list[str]:
    """The command line of a program."""
    if name == US:
        run = ["sessionstats", "query", str(path), REQUEST, "--now", NOW, "--format", "json"]
    else:
        run = ["tests.benchmarks.files", name, str(path)]
    return [sys.executable, "-m", *run]


def _run(arguments: list[str]) -> tuple[str, float, float]:
    """What a process prints, its processor seconds, and its largest resident set in megabytes."""
    done = subprocess.run([sys.executable, "-S", "-c", MEASURED, *arguments], capture_output=True, text=True)
    status, seconds, kilobytes = json.loads(done.stderr.splitlines()[-1])
    assert status == 0, (arguments, done.stderr)
    return done.stdout, seconds, kilobytes / 1024


def _cells(printed: str) -> Cells:
    answer: dict[str, Any] = json.loads(printed)
    days = [start[:10] for start in answer["intervals"]]
    cells: Cells = {}
    for group in answer["groups"]:
        series = group["series"]
        for day, n, rate in zip(days, series["sum(session)"], series["crash_free_rate(user)"], strict=True):
            if n:
                cells[group["by"]["release"], day] = (n, rate)
    return cells


def _plain_cells(printed: str) -> Cells:
    return {
        (release, day): (n, None if not users else 1 - crashed / users)
        for release, day, n, users, crashed in json.loads(printed)
    }


def polars_rows(path: str) -> list[Any]:
    """The question in Polars."""
    import polars as pl

    scans: Mapping[str, Callable[..., pl.LazyFrame]] = {
        ".csv": pl.scan_csv,
        ".jsonl": pl.scan_ndjson,
        ".parquet": pl.scan_parquet,
    }
    rows = scans[Path(path).suffix](path)
    if not path.endswith(".parquet"):
        rows = rows.with_columns(pl.col("started").str.to_datetime(time_unit="us", time_zone="UTC"))
    end = pl.lit(NOW).str.to_datetime(time_zone="UTC")
    inside = (pl.col("started") >= end - pl.duration(days=14)) & (pl.col("started") < end)
    user = pl.col("distinct_id").replace("", None) if not path.endswith(".parquet") else pl.col("distinct_id")
    by = [pl.col("release").cast(pl.String), pl.col("started").dt.date().cast(pl.String).alias("day")]
    counted = (
        rows.filter(inside)
        .group_by(by)
        .agg(
            pl.col("quantity").sum().alias("n"),
            user.drop_nulls().n_unique().alias("users"),
            user.filter(pl.col("status") == "crashed").drop_nulls().n_unique().alias("crashed"),
        )
    )
    return [list(row) for row in counted.collect().rows()]


def duckdb_rows(path: str) -> list[Any]:
    """The question in DuckDB; users are deduplicated in two stages, as that is faster."""
    import duckdb

    readers = {".csv": "read_csv('{}')", ".jsonl": "read_ndjson('{}')", ".parquet": "read_parquet('{}')"}
    source = readers[Path(path).suffix].format(path)
    db = duckdb.connect()
    db.execute("SET threads = 2; SET timezone = 'UTC'")
    return [
        list(row)
        for row in db.sql(
            f"""
            WITH r AS (SELECT release, strftime(started::timestamptz, '%Y-%m-%d') AS day, quantity,
                              nullif(distinct_id, '') AS user, status = 'crashed' AS crashed FROM {source}
                       WHERE started::timestamptz >= '{NOW}'::timestamptz - INTERVAL 14 DAY
                         AND started::timestamptz < '{NOW}'::timestamptz),
            a AS (SELECT release, day, sum(quantity)::BIGINT AS n FROM r GROUP BY ALL),
            u AS (SELECT release, day, user, bool_or(crashed) AS c FROM r WHERE user IS NOT NULL
                  GROUP BY ALL),
            b AS (SELECT release, day, count(*) AS users, count(*) FILTER (c) AS crashed FROM u GROUP BY ALL)
            SELECT release, day, n, coalesce(users, 0), coalesce(crashed, 0)
            FROM a LEFT JOIN b USING (release, day)"""
        ).fetchall()
    ]


OTHERS: Mapping[str, Callable[[str], list[Any]]] = {"Polars": polars_rows, "DuckDB": duckdb_rows}

if __name__ == "__main__":
    print(json.dumps(OTHERS[sys.argv[1]](sys.argv[2])))
