"""Further cases near one that failed, on which hypotheses can be distinguished.

1. From the recipes of failing cases: rows drawn anew, changed, repeated or left out; other fields, another
   search, another window. What the claims exclude stays out (`strategies.assembly`).
2. From failing cases themselves: their rows in other numbers and mixtures, each column with a value that it
   has elsewhere in the case, or a similar text; the whole on another day. So a case that was not drawn, such
   as one from a file, also has neighbours.
3. Fresh cases in between, so that a hypothesis is not only tested where it came from.
4. If other bugs interfere, the request of one case alone, with other rows (`other_rows`).
5. To examine what was proved there: fresh cases and mixtures with other cases (`apart`).
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sessionstats.columns.schema import REQUIRED_COLUMNS
from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Case
from sessionstats.testing.hypotheses import OK, is_large
from sessionstats.testing.matters import TEXTS, moved
from sessionstats.testing.model import instants
from sessionstats.testing.model.instants import SECOND
from sessionstats.testing.strategies.assembly import assemble
from sessionstats.testing.strategies.claims import Claims
from sessionstats.testing.strategies.recipes import MOST_ROWS, Recipe, draws

ROW: Final = len(next(draws(0)).rows[0])
"""Bytes of a row of a recipe."""

NEAR: Final[tuple[Callable[[str], str], ...]] = (
    str.upper,
    str.lower,
    str.strip,
    lambda text: f"{text} ",
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: "".join(each for each in unicodedata.normalize("NFD", text) if each.isascii()),
    lambda text: text[:-1],
    lambda text: f"{text}1",
    lambda text: "",
)
"""Texts that a program may take for the same, or for nothing."""

MOST_REPEATED: Final = 80
"""Most rows of a case whose rows are repeated."""


def neighbours(
    recipes: Sequence[Recipe], cases: Sequence[Case], claims: Claims, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Endlessly many cases near those that failed.

    Parameters
    ----------
    recipes : sequence of Recipe
        What failing cases were made of; none if they were not drawn.
    cases : sequence of mapping
        Failing cases, at least one.
    claims : Claims
        What the implementation claims to do.
    seed : int
        The same seed gives the same cases.
    """
    chance = random.Random(seed)
    # Large tables cost too much to be drawn anew: those that failed are mixed.
    recipes = [replace(recipe, bulk=0) for recipe in recipes]
    fresh = (recipe for recipe in draws(seed + 1) if not recipe.bulk)
    while True:
        for _ in range(3):
            if recipes:
                yield assemble(varied(chance.choice(recipes), chance), claims)
            yield mixed(chance.choice(cases), chance)
        if recipes:
            yield assemble(next(fresh), claims)


def other_rows(
    recipes: Sequence[Recipe], case: Case, claims: Claims, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Endlessly many cases with the request of one that failed, every other time with a further field.

    A cause that concerns sessions shows in every field: if only some are wrong, it is another one.

    Parameters
    ----------
    recipes : sequence of Recipe
        What that case was made of; none if it was not drawn.
    case : mapping
    claims : Claims
    seed : int
        The same seed gives the same cases.
    """
    chance = random.Random(seed)
    recipes = [replace(recipe, bulk=0) for recipe in recipes]
    fields = claims.fields_of(unhandled=False)
    while True:
        # Mixtures of few rows are much alike: if rows can be drawn, most are.
        for recipe in recipes:
            yield assemble(varied(recipe, chance, rows_only=True), claims)
            yield _asking_more(
                assemble(varied(recipe, chance, rows_only=True), claims), chance.choice(fields)
            )
        other = mixed(case, chance, rows_only=True)
        yield other if chance.random() < 0.5 else _asking_more(other, chance.choice(fields))


def apart(
    case: Case, others: Sequence[Case], claims: Claims | None, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Cases far from one that failed: fresh ones, and mixtures of it with these and with others.

    Parameters
    ----------
    case : mapping
    others : sequence of mapping
    claims : Claims or None
        What the implementation claims to do; without them no case is fresh.
    seed : int
        The same seed gives the same cases.
    """
    chance = random.Random(seed)
    fresh = (recipe for recipe in draws(seed + 2) if not recipe.bulk)
    while claims is not None or (others and not is_large(case)):
        drawn = [] if claims is None else [assemble(next(fresh), claims)]
        yield from drawn
        for other in () if is_large(case) else (*drawn, *others):
            rows = [*case["sessions"], *other["sessions"]]
            yield mixed({**chance.choice((case, other)), "sessions": rows}, chance)


def _asking_more(case: dict[str, Any], field: str) -> dict[str, Any]:
    """A case that requests a further field; unchanged if that would be rejected."""
    params = case["params"]
    if not isinstance(params, Mapping):
        return case
    fields = params.get("field", [])
    more = {
        **case,
        "params": {**params, "field": [*([fields] if isinstance(fields, str) else fields), field]},
    }
    return more if model.answer({**more, "sessions": []})["status"] == OK else case


def varied(recipe: Recipe, chance: random.Random, *, rows_only: bool = False) -> Recipe:
    """A recipe like another, mostly with other rows."""
    rows = [_row(row, chance) for row in recipe.rows if chance.random() < 0.8]
    rows += [chance.randbytes(ROW) for _ in range(chance.randint(0, max(0, MOST_ROWS - len(rows))))]
    chance.shuffle(rows)
    if rows_only:
        return replace(recipe, rows=tuple(rows))
    return Recipe(
        head=b"".join(_part(part, chance) for part in recipe.head_parts),
        names=recipe.names if chance.random() < 0.7 else chance.randbytes(chance.randint(1, 3)),
        text=recipe.text if chance.random() < 0.7 else _bytes(recipe.text, chance, 0.2),
        rows=tuple(rows or [chance.randbytes(ROW)]),
    )


def _part(part: bytes, chance: random.Random) -> bytes:
    """A part of the head: mostly as it is, or with some other bytes, or new."""
    way = chance.random()
    return part if way < 0.5 else _bytes(part, chance, 0.2) if way < 0.8 else chance.randbytes(len(part))


def _row(row: bytes, chance: random.Random) -> bytes:
    return row if chance.random() < 0.3 else _bytes(row, chance, 0.4)


def _bytes(data: bytes, chance: random.Random, share: float) -> bytes:
    return bytes(chance.randrange(256) if chance.random() < share else byte for byte in data)


def mixed(case: Case, chance: random.Random, *, rows_only: bool = False) -> dict[str, Any]:
    """A case with its own rows in other numbers, and values that have moved between them."""
    rows = [row for row in case["sessions"] if isinstance(row, Mapping)]
    if len(rows) != len(case["sessions"]) or not rows:
        return dict(case)
    most = MOST_REPEATED if chance.random() < 0.2 else 2 * len(rows) + 2
    chosen = [dict(chance.choice(rows)) for _ in range(chance.randint(1, most))]
    for row in chosen:
        for name in list(row):
            if chance.random() < 0.15:
                row.pop(name) if name not in REQUIRED_COLUMNS and chance.random() < 0.3 else _take(
                    row, name, rows, chance
                )
            elif name in TEXTS and isinstance(row[name], str) and chance.random() < 0.2:
                row[name] = chance.choice(NEAR)(row[name])
    other = {**(case if rows_only else _later(case, chance)), "sessions": chosen}
    another_day = moved(other, chance.randint(-400, 400)) if chance.random() < 0.2 else None
    return other if another_day is None else another_day


def _later(case: Case, chance: random.Random) -> dict[str, Any]:
    """A case a little earlier or later, now and then with one parameter less."""
    if chance.random() < 0.4:
        return dict(case)
    params, now = case["params"], instants.from_iso(case["now"])
    if isinstance(params, Mapping):
        params = _rewritten(params, chance)
        kept = {name: value for name, value in params.items() if name == "field" or chance.random() < 0.93}
        params = kept if chance.random() < 0.5 else params
    if now is None or chance.random() < 0.2:
        return {**case, "params": params}
    shift = chance.choice((1, 1000, SECOND, 60 * SECOND, 3600 * SECOND)) * chance.randint(-90, 90)
    later = max(now + shift, 0)
    return {**case, "params": params, "now": f"{instants.to_text(later)[:-1]}.{later % SECOND:06}Z"}


def _rewritten(params: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """Parameters written differently: a number as its text or the reverse, other parts of a cursor."""
    changed = dict(params)
    for name in FLAGS:
        if changed.get(name) in ("0", 0):
            changed[name] = chance.choice(("0", 0))
    cursor = str(changed.get("cursor", "")).split(":")
    if len(cursor) == CURSOR_PARTS:
        changed["cursor"] = f"{chance.randint(0, 3)}:{cursor[1]}:{chance.randint(0, 1)}"
    return changed


FLAGS: Final = ("includeTotals", "includeSeries")
"""The parameters that switch a part of the answer off."""

CURSOR_PARTS: Final = 3
"""Parts of a cursor (§7.6)."""


def _take(row: dict[str, Any], name: str, rows: Sequence[Mapping[str, Any]], chance: random.Random) -> None:
    """Take the value of a column from any row of the case."""
    other = chance.choice(rows)
    if name in other:
        row[name] = other[name]
