"""From a recipe to a case.

1. Parts of the head of a recipe choose the frame, the world, the request, the metadata and the faults; its
   fields, its search and every row have bytes of their own. Each part is read by its own module, so that one
   can become simpler without changing the others.
2. A row may have an echo: the same user once more, in the next bucket, in another project, release or
   environment, or with another status. So one draw makes a user recur. Or another user does the same.
3. One case in twelve has a fault in the request, one in fifty a fault in a row. An implementation that does
   not claim errors is sent nothing that is rejected.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from sessionstats import protocol
from sessionstats.errors import RequestError
from sessionstats.testing.strategies import bulk, faults, lives, metadata, queries, rows, windows, worlds
from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.claims import EVERYTHING, Claims
from sessionstats.testing.strategies.recipes import ECHO_BYTES, HEADS, MOST_ROWS, NAMES, TEXTS, Recipe, tables

ECHOES: Final = (
    *("", "bucket", "", "status", "", "project", "", "status"),
    *("", "release", "user", "again", "", "user", "environment", ""),
)
"""What is different in the echo of a row; ``""`` means that there is none."""


def assemble(recipe: Recipe, claims: Claims = EVERYTHING) -> dict[str, Any]:
    """The case that a recipe makes.

    Parameters
    ----------
    recipe : Recipe
    claims : Claims
        What the implementation claims to do.

    Returns
    -------
    dict
        A request of the protocol with its sessions, fit for JSON.
    """
    scene = Scene(recipe, claims)
    case = scene.request()
    case["sessions"] = scene.sessions()
    scene.add_faults(case)
    if not claims.errors:
        _leave_out_faults(case)
    return case


def _leave_out_faults(case: dict[str, Any]) -> None:
    """Remove from a request, in place, what the kernel rejects: the search, the project, or all that can be.

    Parts that are valid by themselves can be rejected together, such as a limit and a window.
    """
    params = case["params"]
    for kept in (params, params.keys() - {"query"}, params.keys() - {"query", "project"}):
        case["params"] = {name: value for name, value in params.items() if name in kept}
        if not _is_rejected(case):
            return
    case["params"] = {"field": params["field"], "interval": "1d", "statsPeriod": "1d"}
    rules = case.get("rules")
    if isinstance(rules, dict):
        case["rules"] = {name: rule for name, rule in rules.items() if name in worlds.EDITION_RULES}


def _is_rejected(case: dict[str, Any]) -> bool:
    try:
        protocol.read({**case, "sessions": []})
    except RequestError:
        return True
    return False


def cases(claims: Claims = EVERYTHING, *, max_rows: int = MOST_ROWS) -> st.SearchStrategy[dict[str, Any]]:
    """Whole cases: a request of the protocol with its sessions.

    Parameters
    ----------
    claims : Claims
        What the implementation claims to do.
    max_rows : int
        Most drawn rows; with echoes there may be twice as many.

    Returns
    -------
    strategy of dict
        Fit for JSON and for `sessionstats.protocol.respond`.
    """
    recipes = st.builds(Recipe, HEADS, NAMES, TEXTS, tables(max_rows))
    return recipes.map(lambda recipe: assemble(recipe, claims))


def requests(claims: Claims = EVERYTHING) -> st.SearchStrategy[dict[str, Any]]:
    """Requests alone: cases without ``sessions``, none of them made to be rejected.

    Parameters
    ----------
    claims : Claims
    """
    recipes = st.builds(Recipe, HEADS, NAMES, TEXTS)
    return recipes.map(lambda recipe: Scene(recipe, claims).request())


def sessions(
    claims: Claims = EVERYTHING, *, max_rows: int = MOST_ROWS
) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Session rows alone, of one world and around the edges of one window.

    Parameters
    ----------
    claims : Claims
    max_rows : int
        Most drawn rows; with echoes there may be twice as many.
    """
    recipes = st.builds(lambda head, table: Recipe(head, b"", b"", table), HEADS, tables(max_rows))
    return recipes.map(lambda recipe: Scene(recipe, claims).sessions())


class Scene:
    """The frame and the world of one case, and the bytes that choose the rest of it.

    Parameters
    ----------
    recipe : Recipe
    claims : Claims
    """

    def __init__(self, recipe: Recipe, claims: Claims) -> None:
        when, who, self._asked, self._known, self._wrong = map(Choices, recipe.head_parts)
        self._recipe = recipe
        self.claims = claims
        self.frame = windows.frame(when, claims)
        self.world = worlds.world(who, claims)

    def request(self) -> dict[str, Any]:
        """A request, with release metadata in one case of five."""
        supplied = self._known.one_in(5) and self.claims.metadata
        asked = (self._asked, Choices(self._recipe.names), Choices(self._recipe.text))
        claims = self.claims
        if self._recipe.bulk and claims.large:
            # All rows count, or what is wrong with the last of them would not show.
            claims = replace(claims, search=False, filters=False, paging=False)
        request = queries.request(*asked, self.world, self.frame, claims, metadata=supplied)
        if supplied:
            request["releases"] = metadata.metadata(self._known, self.world)
        return request

    def sessions(self) -> list[dict[str, Any]]:
        """Rows and their echoes; none at all in one case of thirty."""
        table: list[dict[str, Any]] = []
        drawn: Sequence[bytes] = () if self._wrong.one_in(30) else self._recipe.rows
        for number, data in enumerate(drawn):
            first = rows.row(Choices(data), self.world, self.frame, self.claims)
            pair = [first]
            echo = Choices(data[rows.BYTES :])
            difference = echo.pick(ECHOES)
            if difference:
                pair.append(self._echo(first, difference, data, echo))
            if self.world.lives:
                pair = self._lived(pair, number, Choices(data[rows.BYTES + ECHO_BYTES :]))
            table += pair
        if self._recipe.bulk and self.claims.large:
            table += bulk.many_rows(self._recipe.bulk, self._recipe.bulk_seed, self.world, self.frame)
        return table

    def _lived(self, ends: list[dict[str, Any]], number: int, choices: Choices) -> list[dict[str, Any]]:
        """A row and its echo, each as the updates of a session of its own."""
        updates: list[dict[str, Any]] = []
        for offset, end in enumerate(ends):
            updates += lives.life(choices, end, 2 * number + offset, self.world, self.frame)
        return updates

    def _echo(self, first: dict[str, Any], difference: str, data: bytes, echo: Choices) -> dict[str, Any]:
        second = dict(first)
        if difference == "status":
            second["status"] = echo.pick(rows.STATUSES)
        elif difference == "project":
            second["project_id"] = echo.pick(self.world.projects)
        elif difference == "release":
            second["release"] = echo.pick(self.world.releases)
        elif difference == "environment":
            second["environment"] = echo.pick(self.world.environments) or ""
        elif difference == "user":
            second["distinct_id"] = echo.pick(self.world.users)
        elif difference == "bucket":
            next_anchor = bytes([(data[0] + 1) % 256]) + data[1 : rows.BYTES]
            second["started"] = rows.row(Choices(next_anchor), self.world, self.frame, self.claims)["started"]
        return second

    def add_faults(self, case: dict[str, Any]) -> None:
        """Add faults in place, if there are to be any."""
        wrong = self._wrong
        in_request, twice, in_row = wrong.one_in(12), wrong.one_in(2), wrong.one_in(50)
        if self.claims.errors and in_request:
            changes = faults.faults(self.claims, metadata="releases" in case)
            for _ in range(1 + twice):
                faults.spoil(case, wrong.pick(changes))
        if self.claims.bad_rows and in_row:
            faults.spoil_row(wrong, case["sessions"])
