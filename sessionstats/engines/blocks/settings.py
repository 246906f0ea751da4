"""Sizes of the block engine: they change how long an answer takes, never the answer."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How the work is cut.

    Parameters
    ----------
    block_rows : int
        Rows that are read at a time: few enough that what is made of them stays in cache.
    task_rows : int
        Values that a task has at least, unless there are no more.
    threads : int
        Threads at work at the same time.
    """

    block_rows: int = 1 << 18
    task_rows: int = 1 << 18
    threads: int = os.cpu_count() or 1
