"""Run the benchmarks, and write their tables as Markdown: ``python -m tests.benchmarks [FILE]``.

It needs the extra ``bench``, two cores, some 12 GB of memory and an hour. The file is written part by part;
``--only PART`` runs one, and the part ``large`` runs only then. ``--quick`` divides the sessions by ten and
takes one round, to see that it works.
"""

import argparse
import os
import platform
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from sessionstats import compute
from tests.benchmarks import files, large, loading, small
from tests.benchmarks.agreement import assert_same
from tests.benchmarks.data import make
from tests.benchmarks.engines import as_arrow
from tests.benchmarks.questions import NOW
from tests.benchmarks.scenarios import EXTREMES, KINDS, MILLION, SIZES, USUAL, Scenario
from tests.benchmarks.sides import ENGINES
from tests.benchmarks.timing import US, medians, peak_memory

Table = list[list[str]]


def compared(scenarios: Iterable[Scenario], divisor: int, rounds: int) -> Table:
    """A table of scenarios: seconds of each engine, and the kernel's as a share of each other's."""
    names = [US, *ENGINES]
    table = [
        [
            "",
            *(f"{name}, s" for name in names),
            *(f"of {name}" for name in ENGINES),
            *(f"{name}, B/session" for name in names),
        ]
    ]
    for scenario in scenarios:
        n = scenario.n // divisor
        seconds = _seconds(scenario, n, rounds)
        peaks = [peak_memory(name, n, scenario.made, scenario.question) / n for name in names]
        table.append(
            [
                scenario.title,
                *(f"{seconds[name]:.2f}" for name in names),
                *(f"{seconds[US] / seconds[name]:.2f}" for name in ENGINES),
                *(f"{peak:.0f}" for peak in peaks),
            ]
        )
        print(*table[-1], sep=" | ", flush=True)
    return table


def _seconds(scenario: Scenario, n: int, rounds: int) -> dict[str, float]:
    """Seconds of every engine; their answers agree."""
    question = scenario.question
    sessions = make(n, **scenario.made)
    arrow = as_arrow(sessions)
    sides: dict[str, Callable[[], object]] = {US: lambda: compute(sessions, question.params, now=NOW)}
    result = compute(sessions, question.params, now=NOW)
    for name, kind in ENGINES.items():
        engine = kind()
        engine.load(arrow)
        assert_same(result, engine.ask(question), question, name)
        sides[name] = partial(engine.ask, question)
    return medians(sides, rounds)


def alone(scenarios: Iterable[Scenario], divisor: int, rounds: int) -> Table:
    """A table of scenarios for the kernel alone, alternately: seconds, and how many times the first one's."""
    sessions = {s.title: make(s.n // divisor, **s.made) for s in scenarios}
    asks = {
        t: (lambda rows=rows: compute(rows, USUAL.question.params, now=NOW)) for t, rows in sessions.items()
    }
    seconds = medians(asks, rounds)
    first = next(iter(seconds.values()))
    return [["", "s", "× the usual"], *([t, f"{s:.2f}", f"{s / first:.2f}"] for t, s in seconds.items())]


def markdown(table: Table) -> str:
    """A table as Markdown."""
    head, *rows = table
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def machine() -> str:
    """Where it ran, and with what."""
    packages = ("numpy", "chdb", "polars", "duckdb", "pyarrow")
    models = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{os.cpu_count()} × {models[0]}, Linux; Python {platform.python_version()}, {versions}."


def _small(divisor: int, rounds: int) -> str:
    return "### Small work\n\n" + markdown([["", ""], *map(list, small.figures())])


def _sizes(divisor: int, rounds: int) -> str:
    return "### Sizes\n\n" + markdown(compared(SIZES, divisor, rounds))


def _requests(divisor: int, rounds: int) -> str:
    return "### Requests\n\n" + markdown(compared(KINDS, divisor, rounds))


def _inputs(divisor: int, rounds: int) -> str:
    return "### Inputs\n\n" + markdown(alone(EXTREMES, divisor, rounds))


def _loading(divisor: int, rounds: int) -> str:
    n = 3_000_000 // divisor
    loads = loading.seconds(n, rounds)
    table = [list(loads), [f"{s:.2f} s" for s in loads.values()]]
    return f"### Loading {n:,} sessions of text\n\n" + markdown(table)


def _files(divisor: int, rounds: int) -> str:
    rounds = min(rounds, 3)
    tables = [files.table(MILLION, rounds)]
    if divisor == 1:
        tables.append(files.table(10 * MILLION, rounds, [".parquet"]))
    tables.append(large.pieces_table(3 * MILLION // divisor, rounds))
    return "### Files\n\n" + "\n\n".join(map(markdown, tables))


def _large(divisor: int, rounds: int) -> str:
    tables = [
        files.table(10 * MILLION // divisor, 1, [".csv", ".jsonl"]),
        large.users_table(10 // divisor, 1),
        large.folder_table(10 // divisor, 1),
        large.folder_table(100 // divisor, 1),
    ]
    return "### Large files\n\n" + "\n\n".join(map(markdown, tables))


PARTS = {
    "small": _small,
    "files": _files,
    "loading": _loading,
    "sizes": _sizes,
    "inputs": _inputs,
    "requests": _requests,
}
"""The parts, those that take long last."""

ON_REQUEST = {"large": _large}
"""Parts that take longer still: an hour, and 10 GB of temporary files."""


def main() -> None:
    """Run everything, or some parts."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="where the tables go, besides the terminal")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sessions, one round")
    parts = PARTS | ON_REQUEST
    parser.add_argument("--only", choices=parts, action="append", help="a part; repeatable")
    asked = parser.parse_args()
    divisor, rounds = (10, 1) if asked.quick else (1, 5)
    texts = [machine()]
    for part in asked.only or PARTS:
        texts.append(parts[part](divisor, rounds))
        print(texts[-1], flush=True)
        if asked.file:
            asked.file.write_text("\n\n".join(texts) + "\n")


if __name__ == "__main__":
    main()
