"""Periods, intervals and dates of a request (§3.1 to §3.4)."""

from __future__ import annotations

import re
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined, with_params, without
from sessionstats.testing.model import instants, window
from sessionstats.testing.model.instants import SECOND
from sessionstats.testing.model.window import DAY, HOUR, MINUTE


def unit(letter: str, seconds: int) -> Variant:
    """A variant with another length of a unit."""

    def period(text: str) -> int | None:
        right = window.period(text)
        if right is None or (text[-1] if not text[-1].isdigit() else "") != letter:
            return right
        return right // (window.UNITS[letter] * SECOND) * seconds * SECOND

    return defined(f"{seconds:,} seconds", period=period)


def losing(winner: tuple[str, ...], loser: str) -> Variant:
    """A variant in which a parameter loses to others that are given as well."""

    def change(params: dict[str, Any]) -> dict[str, Any]:
        return without(loser)(params) if all(params.get(name) for name in winner) else params

    return with_params(f"{' and '.join(winner)} over {loser}", change)


DATES: Final = ("statsPeriod", "statsPeriodStart", "statsPeriodEnd", "start", "end")
"""The parameters that give the window."""


def default_period(text: str) -> Variant:
    """A variant with another period where none is given."""

    def change(params: dict[str, Any]) -> dict[str, Any]:
        given = any(params.get(name) not in (None, "", []) for name in DATES)
        return params if given or "statsPeriod" in params else {**params, "statsPeriod": text}

    return with_params(text, change)


def day_included(params: dict[str, Any]) -> dict[str, Any]:
    """An end that is a date without a time, moved to the end of its day."""
    end = params.get("end")
    if not isinstance(end, str) or not re.fullmatch(r"\d{4}-?\d\d-?\d\d", end):
        return params
    at = instants.from_iso(end)
    return params if at is None else {**params, "end": instants.to_text(at + DAY)}


def until_now(params: dict[str, Any]) -> dict[str, Any]:
    """A period that ends now."""
    return {**params, "statsPeriodEnd": "0s"} if params.get("statsPeriodEnd") else params


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "week-length", "3.1", "A week is not seven days",
        "A week is seven days.",
        unit("w", 432_000), unit("w", 86_400), unit("w", 2_592_000),
    ),
    bug(
        "number-unit", "3.1", "A period without a letter is not in seconds",
        "A period of digits only is in seconds.",
        unit("", 86_400), unit("", 3600), unit("", 60),
    ),
    bug(
        "default-interval", "3.2", "The default interval is not an hour",
        "Without ``interval``, or with one that is not a period, intervals are one hour long.",
        defined("a day", default_interval=DAY), defined("a minute", default_interval=MINUTE),
        defined("six hours", default_interval=6 * HOUR),
    ),
    bug(
        "interval-of-a-day-rejected", "3.2", "An interval of one day is rejected",
        "An interval may be as long as one day.",
        defined(is_longer_than_a_day=lambda interval: interval >= DAY),
    ),
    bug(
        "period-precedence", "3.3", "The wrong parameter determines the window",
        "``statsPeriod`` wins over ``statsPeriodStart`` and ``statsPeriodEnd``, and these win over ``start`` "
        "and ``end``.",
        losing(("start", "end"), "statsPeriod"),
        with_params(
            "start and end over every period",
            lambda params: without(*DATES[:3])(params) if params.get("start") and params.get("end")
                else params,
        ),
        losing(("statsPeriodStart", "statsPeriodEnd"), "statsPeriod"),
    ),
    bug(
        "default-period", "3.3", "The default period is not 90 days",
        "Without any dates the window is the last 90 days.",
        *map(default_period, ("1h", "24h", "7d", "14d", "28d", "30d", "91d", "365d")),
    ),
    bug(
        "future-start-kept", "3.4", "A start in the future is kept",
        "A start in the future is replaced by now.",
        defined(begin=lambda start, now: start),
    ),
    bug(
        "day-of-end-included", "3.3", "An end without a time includes its day",
        "A date without a time is the beginning of that day, as an end, too.",
        with_params("", day_included),
    ),
    bug(
        "period-end-ignored", "3.3", "The parameter statsPeriodEnd has no effect",
        "``statsPeriodEnd`` is how long before now the window ends.",
        with_params("", until_now),
    ),
)  # fmt: skip
"""The bugs of this family."""
