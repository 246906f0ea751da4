"""Small work: what Hypothesis and the oracle do thousands of times."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from sessionstats import compute, to_records
from sessionstats.io.sampling import sample
from sessionstats.protocol import respond_to_line
from tests.benchmarks.questions import ALL_FIELDS, NOW
from tests.benchmarks.timing import medians

ROUNDS = 101

STREAM = 20
"""Requests that the oracle answers one after the other, as in a check."""


def figures() -> list[tuple[str, str]]:
    """What was measured, and each figure."""
    sessions = sample(100)
    by_release = {"field": "crash_free_rate(session)", "groupBy": "release", "interval": "1d"}
    lines = {
        "an hourly count": _line({"field": "sum(session)", "statsPeriod": "24h"}),
        "by release, 14 days": _line({**by_release, "statsPeriod": "14d"}),
        "by release, 91 days": _line(by_release),
    }
    asked = {"interval": "1d", "statsPeriod": "14d"}
    sides: dict[str, Callable[[], object]] = {
        "counts": lambda: compute(sessions, {"field": "sum(session)", **asked}, now=NOW),
        "all": lambda: compute(sessions, {"field": list(ALL_FIELDS), **asked}, now=NOW),
        "by release": lambda: compute(
            sessions, {"field": list(ALL_FIELDS), "groupBy": "release", **asked}, now=NOW
        ),
        **{name: partial(_serve, line) for name, line in lines.items()},
    }
    seconds = medians(sides, ROUNDS)
    return [
        ("`compute`, 100 sessions, `sum(session)`", f"{seconds['counts'] * 1e3:.2f} ms"),
        ("`compute`, 100 sessions, all fields", f"{seconds['all'] * 1e3:.2f} ms"),
        ("`compute`, 100 sessions, all fields, by release", f"{seconds['by release'] * 1e3:.2f} ms"),
        *(
            (f"the oracle, 50 sessions a request, {name}", f"{STREAM / seconds[name]:,.0f} requests a second")
            for name in lines
        ),
        ("`import sessionstats`, over `import numpy`", f"{_import_time() * 1e3:.0f} ms"),
    ]


def _serve(line: bytes) -> None:
    for _ in range(STREAM):
        respond_to_line(line)


def _line(params: dict[str, str]) -> bytes:
    """A request of the protocol about 50 sessions."""
    request = {"id": 1, "now": NOW, "params": params, "sessions": to_records(sample(50))}
    return json.dumps(request).encode()


def _import_time() -> float:
    def run(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    seconds = medians({"us": run("import numpy, sessionstats"), "numpy": run("import numpy")}, 15)
    return seconds["us"] - seconds["numpy"]
