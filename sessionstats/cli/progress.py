"""The progress of a long read: a bar on a terminal.

1. Only a terminal shows it: standard error may also be a file, or read by a program.
2. It appears after a while, so that quick reads do not flicker, and is gone at the end.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from sessionstats.display.terminal import escape, fit

PATIENCE: Final = 0.5
"""Seconds before the bar appears."""

EVERY: Final = 0.1
"""Seconds from one drawing to the next."""

WIDTH: Final = 30
"""Characters of the bar, and most characters of the label."""

CLEAR: Final = "\r\x1b[K"
"""Clears the line."""


@contextmanager
def progress(
    label: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[float], None]]:
    """A function that shows which share is done, from 0 to 1.

    Parameters
    ----------
    label : str
        What is being done, for people.
    stream : text stream, optional
        By default standard error.
    clock : function
        Seconds, from any origin.

    Examples
    --------
    >>> with progress("january.csv", sys.stdout) as report:  # no terminal: nothing is shown
    ...     report(0.5)
    """
    out = sys.stderr if stream is None else stream
    if not out.isatty():
        yield lambda share: None
        return
    due = clock() + PATIENCE

    def report(share: float) -> None:
        nonlocal due
        if clock() >= due:
            due = clock() + EVERY
            out.write(CLEAR + line(label, share))
            out.flush()

    try:
        yield report
    finally:
        out.write(CLEAR)
        out.flush()


def line(label: str, share: float) -> str:
    """The line that shows a share.

    Examples
    --------
    >>> line("january.csv", 0.4)
    'january.csv [############..................]  40 %'
    """
    done = int(share * WIDTH)
    return f"{fit(escape(label), WIDTH)} [{'#' * done}{'.' * (WIDTH - done)}] {int(share * 100):3d} %"
