"""A session as the updates that a client sends of it (§1.2).

1. The first update says that the session began, the last one how it ended: as a drawn row says.
2. One or two things in a life are unusual (`TURNS`): a user who logs in later, a second end, an error between
   them.
3. Rows with random ids and sequence numbers, as `rows` draws them, meet in one session more often, but most
   of these sessions crash; in a life it is what a single update says that decides.
"""

from typing import Any, Final

from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.rows import DURATIONS, MECHANISMS, STATUSES
from sessionstats.testing.strategies.windows import Frame, iso
from sessionstats.testing.strategies.worlds import ABSENT, World

BYTES: Final = 16
"""Bytes that choose a life, besides those of its row."""

TURNS: Final = (
    "",
    "login",
    "error",
    "second end",
    "mechanism",
    "start",
    "keys",
    "user",
    "open",
    "quantity",
    "id",
)
"""What is unusual in a life; ``""`` is nothing."""

NUMBERS: Final = (
    (0, 1, 2),
    (ABSENT, ABSENT, ABSENT),
    (0, 1, 2),
    (2, 9, 10),
    (ABSENT, 1, 2),
    (1, 1, 1),
    (7, 20, 100),
)
"""Sequence numbers of the updates: usual, none, sorting otherwise as text, the first one missing, equal."""

CLOSING: Final = ("errors", "duration", "abnormal_mechanism")
"""What only the last update of a usual life says."""


def life(
    choices: Choices, row: dict[str, Any], number: int, world: World, frame: Frame
) -> list[dict[str, Any]]:
    """The updates of one session, in the order in which they were sent or the reverse.

    Parameters
    ----------
    choices : Choices
    row : dict
        How the session ended.
    number : int
        Makes its id unlike those of other sessions.
    world : World
    frame : Frame

    Returns
    -------
    list of dict
        Rows of the protocol (§9).
    """
    turns = {choices.pick(TURNS), choices.pick(TURNS)}
    numbers = choices.pick(NUMBERS)
    first = {name: value for name, value in row.items() if name not in CLOSING} | {"status": "ok"}
    between: list[dict[str, Any]] = []
    last = dict(row)
    if "login" in turns:
        first.pop("distinct_id", None)
    if "error" in turns or "open" in turns:
        status, errors = choices.pick((("errored", 1), ("ok", 1), ("errored", 0)))
        between = [{**first, "status": status, "errors": errors}]
        last.pop("errors", None)
    if "second end" in turns:
        between = [{**last, "status": choices.pick(STATUSES), "duration": choices.pick(DURATIONS[1:])}]
    if "mechanism" in turns:
        first["abnormal_mechanism"] = choices.pick(MECHANISMS[2:])
    if "start" in turns:
        last["started"] = iso(max(0, choices.pick(frame.anchors))) + "Z"
    if "keys" in turns:
        last |= {"release": choices.pick(world.releases), "environment": choices.pick(world.environments)}
    if "user" in turns:
        last["distinct_id"] = choices.pick(world.users)
    if "quantity" in turns:
        first.pop("quantity", None)
    updates = [first, *between, *([] if "open" in turns else [last])]
    for update, seq in zip(updates, numbers, strict=False):
        update["session_id"] = "s" if "id" in turns else f"s{number}"
        update["seq"] = seq
    shown = [{name: value for name, value in each.items() if value is not ABSENT} for each in updates]
    return shown[::-1] if choices.one_in(2) else shown
