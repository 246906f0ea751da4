"""Commands that have something to clean up, such as half a file, when a signal ends them.

1. A signal that ends a process raises `Ended` in it, as Ctrl-C raises `KeyboardInterrupt`.
2. The status is that of a process killed by the signal: 128 and its number.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from sessionstats.cli import Ended

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end a process, besides Ctrl-C."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the signals that end a process end this one in an orderly way, as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Ended(number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
