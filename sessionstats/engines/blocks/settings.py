"""Sizes of the block engine: they change how long an answer takes, never the answer."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How the work is divided.

    Parameters
    ----------
    block_rows : int
        Rows read at a time: few enough that intermediate arrays stay in cache.
    task_rows : int
        Minimum number of values of a task, unless there are fewer.
    threads : int
        Threads that work at the same time.
    """

    block_rows: int = 1 << 18
    task_rows: int = 1 << 18
    threads: int = os.cpu_count() or 1
