"""What the sessions of one case have in common: the values that their columns are chosen from.

1. A world has few users, releases, environments and projects, so that rows meet in them.
2. Some worlds are plain. The others hold what breaks implementations (`texts`): texts that are empty,
   missing, null or odd, users that mean nobody, one user in two spellings, and projects whose numbers sort
   differently as text. In a joined world two keys become one if their parts are joined.
3. A crowded world has many groups of equal size, so that the cap and the page cut through ties (§7.3).
4. Half of the worlds have an edition other than the documented one: a named one, or any of its rules by
   themselves (§9).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sessionstats.fields import STATUS
from sessionstats.rules import EDITIONS, Rules
from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.claims import Claims
from sessionstats.testing.strategies.texts import BIG_USERS, ENVIRONMENTS, JOINTS, RELEASES, USERS, Value

BYTES: Final = 20
"""Bytes that choose a world."""

ABSENT: Final = object()
"""Stands for a column that a row leaves out."""

PLAIN_USERS: Final = ("ann", "ben", "cat", None, "ann", "dan", "ben")
"""Users of a plain world."""

WIDTH: Final = 4
"""How many users an odd world has: neighbours in their pool, so that they meet."""

PROJECT_SETS: Final = ((1,), (1, 2), (1, 2, 3), (2, 10), (1, 2, 10))
"""Ids of the projects of a world; as texts 10 sorts before 2 (§7.3)."""

SLUGS: Final = {1: "one", 2: "two", 3: "three", 10: "ten"}
"""Names of the projects."""

VERSIONED: Final = (
    "app@1.9.0",
    "app@1.10.0+7",
    "app@1.1",
    "app@2.0.0-alpha",
    "app@2.0.0+12",
    "a@b@1.2.3.4",
    "a@b@1.2.3.5",
    "web@1.0.0",
    "app@nightly",
)
"""Releases of a world of versions, some of which are not versions."""

CROWD: Final = tuple(f"r{number}" for number in range(40))
"""Releases of a crowded world."""

SWITCHES: Final = (
    ("unhandled", True),
    ("rounding", "hourly"),
    ("project_slugs", True),
    ("order_by_release", False),
    ("restrict_date_range", True),
)
"""The rules that are not limits, each with the value that is not the default (§9)."""

EDITION_RULES: Final = ("edition", *dict(SWITCHES))
"""The names of these rules, and that of an edition."""


@dataclass(frozen=True)
class World:
    """The values that the rows of one case are chosen from.

    Parameters
    ----------
    releases, environments : tuple
        Texts, ``""`` or `None`.
    users : tuple
        Texts, integers or `None`.
    projects : tuple of int
        Ids that sessions have.
    accessible : dict or None
        Slug and id of the accessible projects, if the request lists them.
    rules : dict
        The rules of the request that are not limits, or the name of an edition under ``edition`` (§9).
    updates : bool
        Whether rows are updates of sessions.
    lives : bool
        Whether they are so as a client sends them (`lives`), rather than at random.
    crowded : bool
        Whether there are many groups.
    versioned : bool
        Whether the releases are versions.
    about : str
        What is often grouped by or counted, so that its values matter: the name of a groupBy, ``"user"``, or
        ``"both"`` for releases and environments of which two keys become one if their parts are joined.
    """

    releases: tuple[Any, ...]
    environments: tuple[Any, ...]
    users: tuple[Any, ...]
    projects: tuple[int, ...]
    accessible: dict[str, int] | None
    rules: dict[str, Any]
    updates: bool
    lives: bool
    crowded: bool
    versioned: bool
    about: str

    @cached_property
    def edition(self) -> Rules:
        """All rules of the request except its limits."""
        return Rules.from_mapping(self.rules)


def world(choices: Choices, claims: Claims) -> World:
    """Choose a world.

    Examples
    --------
    >>> world(Choices(b""), Claims()).releases
    ('app@1.0.0', 'app@1.1', '', None)
    """
    crowded = choices.one_in(6)
    versioned = choices.one_in(3) and not crowded
    releases = VERSIONED if versioned else CROWD if crowded else _some(choices, RELEASES, 4)
    environments = _some(choices, ENVIRONMENTS, 3)
    odd = _some(choices, USERS + BIG_USERS if claims.big_counts else USERS, WIDTH)
    users = choices.pick((PLAIN_USERS, odd, odd, PLAIN_USERS, odd, odd, CROWD))
    projects = choices.pick(PROJECT_SETS)
    about = choices.pick((STATUS, "release", "environment"))
    if choices.one_in(6):
        about = "both"
        releases = environments = ("a", f"a{choices.pick(JOINTS + JOINTS[1:7])}a")
    elif users is odd and choices.one_in(2):
        # They meet in one group.
        about, releases, environments, projects = "user", releases[:2], environments[:1], projects[:1]
    if about == STATUS and choices.one_in(2):
        users = users[:2]  # each has sessions of several classes
    updates = choices.one_in(4) and claims.updates
    return World(
        releases=releases,
        environments=environments,
        users=users,
        projects=projects,
        accessible=_accessible(choices, projects),
        rules=_edition(choices) if claims.editions else {},
        updates=updates,
        lives=updates and choices.one_in(2),
        crowded=crowded,
        versioned=versioned,
        about=about,
    )


def _some(choices: Choices, pool: tuple[Value, ...], width: int) -> tuple[Any, ...]:
    """Some neighbours in a pool; the first ones a quarter of the time."""
    start = max(0, choices.below(len(pool) * 4 // 3) - len(pool) // 3)
    return tuple(each.value for each in (pool + pool)[start : start + width])


def _accessible(choices: Choices, projects: tuple[int, ...]) -> dict[str, int] | None:
    """All projects without a list, these and one without sessions in either order, or only the first."""
    way = choices.below(5)
    if way < 2:
        return None
    known = projects[:1] if way == 4 else sorted({*projects, 3}, reverse=way == 3)
    return {SLUGS[number]: number for number in known}


def _edition(choices: Choices) -> dict[str, Any]:
    """The documented edition, a named one, or rules by themselves."""
    way = choices.below(8)
    name, switches = choices.pick(tuple(EDITIONS)), choices.below(1 << len(SWITCHES))
    if way < 4:
        return {}
    if way == 4:
        return {"edition": name}
    return {rule: value for bit, (rule, value) in enumerate(SWITCHES) if switches >> bit & 1}
