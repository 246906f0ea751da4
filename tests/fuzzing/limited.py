"""Cases run in a process of its own, under limits of memory and time."""

import faulthandler
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzzing import MOST_BYTES, MOST_SECONDS, lines
from tests.fuzzing.files import Files

ROOT = Path(__file__).parents[2]


def run_limited(kind: str, seed: int, first: int, count: int) -> dict[str, Any]:
    """Run cases ``first`` to ``first + count`` of a kind, ``files`` or ``lines``, in another process.

    Returns
    -------
    dict
        ``outcomes`` and how often each occurred, ``failures`` with the number of the case and what happened,
        ``seconds`` of the slowest case, ``bytes`` of memory at most.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "error", "-m", "tests.fuzzing.limited", kind, folder]
        command += [str(seed), str(first), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        if done.returncode == 0:
            found: dict[str, Any] = json.loads(done.stdout)
            return found
        current = Path(folder, "current")
        number = int(current.read_text() or first) if current.exists() else first
        return {
            "outcomes": {},
            "failures": [[number, f"ended with {done.returncode}: {done.stderr[-2000:]}"]],
            "seconds": 0.0,
            "bytes": 0,
        }


def run_cases(case: Callable[[int], str], first: int, count: int, current: Path) -> dict[str, Any]:
    """Run cases here; the number of the one that runs is in the file `current`."""
    outcomes: Counter[str] = Counter()
    failures, slowest = [], 0.0
    signal.signal(signal.SIGALRM, _too_slow)
    for number in range(first, first + count):
        current.write_text(str(number))
        faulthandler.dump_traceback_later(60, exit=True)  # what the signal cannot interrupt
        signal.setitimer(signal.ITIMER_REAL, 2 * MOST_SECONDS)  # other processes may use the processor
        started = time.process_time()
        try:
            outcomes[case(number)] += 1
        except Exception:
            failures.append([number, traceback.format_exc()[-1500:]])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        slowest = max(slowest, time.process_time() - started)
    faulthandler.cancel_dump_traceback_later()
    return {"outcomes": dict(outcomes), "failures": failures, "seconds": slowest, "bytes": _peak()}


def _peak() -> int:
    """The most memory that this process had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # `ru_maxrss` begins with what the process had that started this one
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _too_slow(*_: Any) -> None:
    raise TimeoutError(f"longer than {2 * MOST_SECONDS} s")


def _main(kind: str, folder: str, seed: int, first: int, count: int) -> None:
    # Address space is more than memory: libraries reserve what they never use.
    resource.setrlimit(resource.RLIMIT_AS, (8 * MOST_BYTES, 8 * MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_DATA, (2 * MOST_BYTES, 2 * MOST_BYTES))
    if kind == "files":
        files = Files(Path(folder))
        found = run_cases(lambda number: files.run(seed, number), first, count, Path(folder, "current"))
    elif kind == "lines":
        found = run_cases(lambda number: lines.run(seed, number), first, count, Path(folder, "current"))
    else:
        raise ValueError(kind)
    print(json.dumps(found))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
