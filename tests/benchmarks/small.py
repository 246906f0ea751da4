"""Small work: what Hypothesis and the oracle do thousands of times."""

import json
import subprocess
import sys
from collections.abc import Callable

from sessionstats import compute
from sessionstats.protocol import respond_to_line
from sessionstats.sampling import sample
from tests.benchmarks.questions import ALL_FIELDS, NOW
from tests.benchmarks.timing import medians

ROUNDS = 301


def figures() -> list[tuple[str, str]]:
    """What was measured, and the figure."""
    sessions = sample(100)
    request = {
        "id": 1,
        "now": NOW,
        "params": {
            "field": ["sum(session)", "crash_free_rate(user)"],
            "groupBy": "release",
            "interval": "1d",
        },
        "sessions": sample(50).to_records(),
    }
    line = json.dumps(request).encode()
    asked = {"interval": "1d", "statsPeriod": "14d"}
    sides: dict[str, Callable[[], object]] = {
        "counts": lambda: compute(sessions, {"field": "sum(session)", **asked}, now=NOW),
        "all": lambda: compute(sessions, {"field": list(ALL_FIELDS), **asked}, now=NOW),
        "by release": lambda: compute(
            sessions, {"field": list(ALL_FIELDS), "groupBy": "release", **asked}, now=NOW
        ),
        "oracle": lambda: respond_to_line(line),
    }
    seconds = medians(sides, ROUNDS)
    return [
        ("`compute`, 100 sessions, `sum(session)`", f"{seconds['counts'] * 1e3:.2f} ms"),
        ("`compute`, 100 sessions, all fields", f"{seconds['all'] * 1e3:.2f} ms"),
        ("`compute`, 100 sessions, all fields, by release", f"{seconds['by release'] * 1e3:.2f} ms"),
        ("the oracle, 50 sessions a request", f"{1 / seconds['oracle']:,.0f} requests a second"),
        ("`import sessionstats`, over `import numpy`", f"{_import_time() * 1e3:.0f} ms"),
    ]


def _import_time() -> float:
    def run(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    seconds = medians({"us": run("import numpy, sessionstats"), "numpy": run("import numpy")}, 15)
    return seconds["us"] - seconds["numpy"]
