"""One session row per draw (§1.1).

1. A row begins on an anchor of the frame, a microsecond before or after it, or further inside its bucket.
2. Its columns come from the world, and statuses, errors, durations, mechanisms and quantities from the pools
   here; a column may be left out, null, or written differently.
3. In a world of updates most rows have one of a few session ids (§1.2).
"""

from typing import Any, Final

from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.claims import Claims
from sessionstats.testing.strategies.windows import SECOND, Frame, abroad, iso
from sessionstats.testing.strategies.worlds import ABSENT, World

BYTES: Final = 16
"""Bytes that choose a row."""

STATUSES: Final = (
    *("exited", "ok", "crashed", "exited", "errored", "abnormal", "exited", "crashed"),
    *("abnormal", "exited"),
)
"""Statuses of every edition."""

ERRORS: Final = (ABSENT, 0, 1, ABSENT, 2, 0, ABSENT, None, 1, 2**40)
"""Numbers of errors."""

DURATIONS: Final = (
    *(ABSENT, 1, 2.5, 0.1, None, 0, 10, 0.2, 60.5, 0.0, 0.7, 0.3, 0.1),
    *(0.0004, 4000, 90_000, 3_000_000),
)
"""Durations: ties, none, zero, and floats whose sum depends on the order; less than a millisecond, and more
than an hour, a day and a month, which pass for outliers or for milliseconds."""

EXTREME_DURATIONS: Final = (*DURATIONS, 1e-9, 1e9, 1.7e308)
"""Durations, some of which are far apart, or overflow as milliseconds."""

MECHANISMS: Final = (ABSENT, ABSENT, "anr_foreground", "anr_background", ABSENT, "", None, "other", "anr")
"""Abnormal mechanisms (§6.5)."""

QUANTITIES: Final = (ABSENT, ABSENT, ABSENT, 1, ABSENT, 2, ABSENT, 0, ABSENT, 1000, None, ABSENT)
"""Quantities up to a thousand."""

BIG_QUANTITIES: Final = (*QUANTITIES, 2**53 + 1, 2**53)
"""Quantities, some of which are not exact as binary64."""

SESSION_IDS: Final = ("a", "b", "a", "c", "", None, "b", ABSENT, "a", "A")
"""Session ids of updates."""

SEQUENCES: Final = (ABSENT, 0, 1, 2, 1, 3, 10, -1)
"""Sequence numbers of updates."""

BESIDE: Final = (None, 0, 1, -1, 0, None, SECOND, -SECOND, 0, None)
"""How far from its anchor, in microseconds, a session begins; `None` is somewhere in the bucket."""

MIDDLE: Final = 8
"""Sixteenths of a bucket after which the simplest session begins: if it is lost, no edge is to blame."""


def row(choices: Choices, world: World, frame: Frame, claims: Claims) -> dict[str, Any]:
    """Choose one session row.

    Parameters
    ----------
    choices : Choices
    world : World
    frame : Frame
    claims : Claims

    Returns
    -------
    dict
        A row of the protocol (§9).
    """
    at = choices.pick(frame.anchors)
    beside = choices.pick(BESIDE)
    sixteenths = (choices.below(16) + MIDDLE) % 16
    at += beside if beside is not None else frame.step * sixteenths // 16
    status = choices.pick((*STATUSES, "unhandled") if world.edition.unhandled else STATUSES)
    quantities = BIG_QUANTITIES if claims.big_counts else QUANTITIES
    columns = {
        "started": _started(choices, max(at, 0)),
        "project_id": choices.pick(world.projects),
        "status": status,
        "release": _or_absent(choices, choices.pick(world.releases)),
        "environment": choices.pick(world.environments),
        "distinct_id": _or_absent(choices, choices.pick(world.users)),
        "errors": choices.pick(ERRORS),
        "duration": choices.pick(EXTREME_DURATIONS if claims.extreme_durations else DURATIONS),
        "abnormal_mechanism": choices.pick(MECHANISMS),
        "quantity": choices.pick(quantities) if claims.quantity else ABSENT,
    }
    if world.updates:
        columns["session_id"] = choices.pick(SESSION_IDS)
        columns["seq"] = choices.pick(SEQUENCES)
    return {name: value for name, value in columns.items() if value is not ABSENT}


def _started(choices: Choices, at: int) -> str | float:
    """An instant in one of the ways that a row may be written in (§9)."""
    way = choices.below(8)
    if way == 2 and at % SECOND == 0:
        return at // SECOND
    if way == 3:
        return iso(at)
    if way == 4:
        return abroad(at)
    if way == 5 and at % SECOND:
        return iso(at) + "9Z"
    if way == 6 and at % 500_000 == 0:
        return at / SECOND
    return iso(at) + "Z"


def _or_absent(choices: Choices, value: object) -> object:
    """A missing value is null or left out."""
    absent = choices.one_in(2)
    return ABSENT if value is None and absent else value
