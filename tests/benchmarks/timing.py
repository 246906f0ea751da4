"""Timing engines alternately, and peak memory of one engine in a fresh process.

1. Times differ from minute to minute by more than engines do: each round runs every engine once, and an
   engine's time is the median of its rounds. Only ratios are to be trusted.
2. Memory is that of a process of its own: the most that it held while it answered, beyond what it held
   before. The operating system keeps the count; Linux only.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa

from sessionstats import compute
from tests.benchmarks.data import make
from tests.benchmarks.engines import as_arrow
from tests.benchmarks.questions import NOW, Question
from tests.benchmarks.sides import ENGINES

US = "compute"
"""The kernel's name among the engines."""


def medians(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each engine."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: median(seconds) for name, seconds in times.items()}


def peak_memory(side: str, n: int, made: Mapping[str, Any], question: Question) -> int:
    """Most bytes that an engine held while it answered, beyond what it held before."""
    given = json.dumps([side, n, dict(made), question.fields, question.group_by, question.days])
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.timing", given], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def _memory(name: str) -> int:
    """A line of the process's status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _measure_peak(given: str) -> int:
    side, n, made, fields, group_by, days = json.loads(given)
    question = Question(tuple(fields), tuple(group_by), days)
    sessions = make(n, **made)
    if side == US:
        run: Callable[[], object] = lambda: compute(sessions, question.params, now=NOW)  # noqa: E731
    else:
        engine = ENGINES[side]()
        engine.load(as_arrow(sessions))
        del sessions
        pa.default_memory_pool().release_unused()
        run = lambda: engine.ask(question)  # noqa: E731
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _memory("VmRSS")
    run()
    return _memory("VmHWM") - before


if __name__ == "__main__":
    print(_measure_peak(sys.argv[1]))
