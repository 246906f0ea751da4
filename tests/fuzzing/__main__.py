"""The long run: ``python -m tests.fuzzing --files 100000 --lines 100000``."""

import argparse
import sys
import time
from collections import Counter
from typing import Any

from tests.fuzzing import MOST_BYTES, MOST_SECONDS
from tests.fuzzing.limited import run_limited

TOGETHER = 10_000
"""Cases of a process."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description="Hostile files and lines.")
    parser.add_argument("--files", type=int, default=100_000, help="damaged files (default: 100000)")
    parser.add_argument("--lines", type=int, default=100_000, help="hostile lines (default: 100000)")
    parser.add_argument("--seed", type=int, default=0, help="which cases (default: 0)")
    args = parser.parse_args()
    started = time.monotonic()
    failed = [reported(kind, args.seed, getattr(args, kind)) for kind in ("files", "lines")]
    print(f"{time.monotonic() - started:,.0f} s")
    return int(any(failed))


def reported(kind: str, seed: int, count: int) -> bool:
    """Run the cases of a kind, print their outcomes, and return whether anything failed."""
    outcomes: Counter[str] = Counter()
    runs: list[dict[str, Any]] = []
    for first in range(0, count, TOGETHER):
        runs.append(run_limited(kind, seed, first, min(TOGETHER, count - first)))
        outcomes.update(runs[-1]["outcomes"])
        for number, what in runs[-1]["failures"]:
            print(f"{kind} {number} of seed {seed}:\n{what}\n")
    failures = sum(len(run["failures"]) for run in runs)
    seconds, used = (max((run[name] for run in runs), default=0) for name in ("seconds", "bytes"))
    print(
        f"{kind}: {count:,} cases, {failures} failures, slowest {seconds:.2f} s, {used / 1e6:,.0f} MB;",
        end=" ",
    )
    print(", ".join(f"{name} {times:,}" for name, times in sorted(outcomes.items())))
    return failures > 0 or seconds > MOST_SECONDS or used > MOST_BYTES


if __name__ == "__main__":
    sys.exit(main())
