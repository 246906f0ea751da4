"""Many rows at once, for bugs that show only in large tables.

1. Limits on rows, caps on users, sampled percentiles, approximate distinct counts and hashes of 32 bits work
   on small tables. So one case in twenty has a thousand rows or more, a few of them a hundred thousand.
2. The rows come from a seed, one after another: a table of half the size is the first half, so that shrinking
   can halve it.
3. They are in the window or just beside it. More than half have exited, so that many durations count.
   Durations are eighths of a second, whose sums are exact in any order.
"""

import random
from typing import Any, Final

from sessionstats.testing.strategies.rows import STATUSES
from sessionstats.testing.strategies.windows import SECOND, Frame
from sessionstats.testing.strategies.worlds import World

SIZES: Final = (1030,) * 371 + (5500,) * 13 + (12_000,) * 15 + (100_000,)
"""Numbers of rows, each as often as it is drawn: each more than a usual limit, such as 1,000."""

USERS: Final = (5, 400, 1 << 20)
"""How many users there are to draw from: few, some, nearly as many as sessions."""

RELEASES: Final = (1, 20, 400)
"""How many releases there are to draw from."""


def many_rows(size: int, seed: int, world: World, frame: Frame) -> list[dict[str, Any]]:
    """Draw many rows.

    Parameters
    ----------
    size : int
        How many.
    seed : int
    world : World
    frame : Frame

    Examples
    --------
    >>> from sessionstats.testing.strategies.choices import Choices
    >>> from sessionstats.testing.strategies.claims import Claims
    >>> from sessionstats.testing.strategies.windows import frame
    >>> from sessionstats.testing.strategies.worlds import world
    >>> scene = world(Choices(b""), Claims()), frame(Choices(b""), Claims())
    >>> many_rows(10, 7, *scene) == many_rows(20, 7, *scene)[:10]
    True
    """
    chance = random.Random(seed)
    n_users, n_releases = chance.choice(USERS), chance.choice(RELEASES)
    first = frame.anchors[0] // SECOND
    seconds = frame.step * (frame.n_intervals + 1) // SECOND
    n_statuses, n_projects, n_environments = len(STATUSES), len(world.projects), len(world.environments)
    table = []
    for _ in range(size):
        kinds, user, at = chance.getrandbits(60), chance.getrandbits(32), chance.getrandbits(32)
        table.append(
            {
                "started": max(0, first + at % seconds),
                "project_id": world.projects[kinds % n_projects],
                "status": "exited" if kinds >> 51 & 1 else STATUSES[(kinds >> 8) % n_statuses],
                "release": f"r{(kinds >> 16) % n_releases}",
                "environment": world.environments[(kinds >> 24) % n_environments],
                "distinct_id": f"u{user % n_users}",
                "duration": (kinds >> 32 & 0xFFF) / 8 if kinds >> 48 & 7 else None,
            }
        )
    return table
