"""Rates of sessions and users (§6.5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined, values_as
from sessionstats.testing.bugs.users import total_of
from sessionstats.testing.model.aggregates import ANR, kind, of_users, rate, users
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.rows import Row

Counts = dict[str, int]
"""Counts by class, and of all."""


def is_rate(field: str) -> bool:
    """Whether a field is a rate."""
    return kind(field) == "rate"


def name_of(field: str) -> str:
    """What a rate is of: ``crash``, ``crash_free``, ``errored`` and so on."""
    return field.partition("(")[0].removesuffix("_rate")


def share(part: Callable[[str, Counts], float | None], detail: str = "", only: str = "") -> Variant:
    """A variant with other crash and crash-free rates, of counts by class."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        name = name_of(field)
        if name not in ("crash", "crash_free") or only not in field:
            return rate(d, field, sessions)
        counts = d.user_counts(d, sessions) if of_users(field) else d.session_counts(d, sessions)
        return part(name, counts)

    return defined(detail, rate=wrong)


ONLY: Final = ("", "(session)", "(user)")
"""The subjects of rates that a bug may concern."""


def of_crashed(crashed: Callable[[Counts], int], whole: Callable[[Counts], int], detail: str = "") -> Variant:
    """A variant that divides other counts; its twins do so in some of the rates only."""

    def part(name: str, counts: Counts) -> float | None:
        below = whole(counts)
        if not below:
            return None
        quotient = crashed(counts) / below
        return 1 - quotient if name == "crash_free" else quotient

    def alone(name: str, counts: Counts) -> float | None:
        if name == "crash_free" and counts["all"]:
            return 1 - counts["crashed"] / counts["all"]
        return part(name, counts)

    whole_, *twins = [
        share(each, f"{detail}{', in the crash rate' if each is alone else ''} {only}".strip(), only)
        for each in (part, alone)
        for only in ONLY
    ]
    return replace(whole_, twins=tuple(twins))


def crash_free_is(part: Callable[[Counts], float], detail: str) -> tuple[Variant, Variant]:
    """Variants in which the crash-free rate alone is of other counts, and in which the crash rate follows."""

    def alone(name: str, counts: Counts) -> float | None:
        if not counts["all"]:
            return None
        return part(counts) if name == "crash_free" else counts["crashed"] / counts["all"]

    def both(name: str, counts: Counts) -> float | None:
        if not counts["all"]:
            return None
        return part(counts) if name == "crash_free" else 1 - part(counts)

    first, *twins = (share(alone, f"{detail} {only}".strip(), only) for only in ONLY)
    return replace(first, twins=tuple(twins)), share(both, f"{detail}, and the crash rate the rest")


def of_classes(*names: str) -> Variant:
    """A variant in which users of several classes crashed, each counted once; twins in some rates only."""

    def wrong(which: str) -> Callable[[Definitions, str, list[Row]], float | None]:
        def share(d: Definitions, field: str, sessions: list[Row]) -> float | None:
            everyone = users(d, sessions)
            if field not in (f"{name}_rate(user)" for name in which.split()) or not everyone:
                return rate(d, field, sessions)
            crashed = users(d, [session for session in sessions if d.health(session) in names]) / everyone
            return 1 - crashed if is_free(field) else crashed

        return share

    detail = f"users with one that is {' or '.join(names)}"
    both, *alone = (
        defined(f"{detail}{where}", rate=wrong(which))
        for which, where in (("crash crash_free", ""), ("crash", ", in the crash rate"),
                             ("crash_free", ", in the crash-free rate"))
    )  # fmt: skip
    whole = of_crashed(lambda c: sum(c[name] for name in names), lambda c: c["all"])
    either = defined(
        f"sessions, and {detail}",
        rate=lambda d, field, rows: (both.definitions if "(user)" in field else whole.definitions).rate(
            d, field, rows
        ),
    )
    return replace(both, twins=(*alone, either))


def subject(other: Callable[[str], str], detail: str = "") -> Variant:
    """A variant that computes a rate as another field's."""
    return defined(detail, rate=lambda d, field, sessions: rate(d, other(field), sessions))


def users_to_sessions(field: str) -> str:
    """The rate of sessions for that of users."""
    return field.replace("(user)", "(session)")


def complement(field: str) -> str:
    """The crash rate for the crash-free rate."""
    return field.replace("crash_free_rate", "crash_rate")


def swapped(field: str) -> str:
    """Each of the two rates for the other."""
    return complement(field) if "crash_free" in field else field.replace("crash_rate", "crash_free_rate")


def nothing(answer: float) -> Callable[[Definitions, str, list[Row]], float | None]:
    """Rates without data have a value."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        right = rate(d, field, sessions)
        return answer if right is None else right

    return wrong


def crash_rates_of_nothing(crash: float | None, free: float | None, only: str = "") -> Variant:
    """A variant with values for crash and crash-free rates without data; those of ANR stay null."""

    def wrong(d: Definitions, field: str, sessions: list[Row]) -> float | None:
        right = rate(d, field, sessions)
        if right is not None or not field.startswith("crash") or only not in field:
            return right
        return free if is_free(field) else crash

    return defined(f"crash {crash}, crash-free {free} {only}".replace("None", "null").strip(), rate=wrong)


def nothing_by_kind(d: Definitions, field: str, sessions: list[Row]) -> float | None:
    """Rates without data are 0, but 1 if crash-free."""
    right = rate(d, field, sessions)
    return (1.0 if "crash_free" in field else 0.0) if right is None else right


def written(
    change: Callable[[float], float], detail: str, applies: Callable[[str], bool] = is_rate
) -> Variant:
    """A variant that writes rates differently."""
    return values_as(
        lambda name, value: change(value) if applies(name) and value is not None else value, detail
    )


def ended(sessions: list[Row]) -> list[Row]:
    """Those that are not open."""
    return [session for session in sessions if session.status != "ok"]


def is_free(field: str) -> bool:
    """Whether a field is a crash-free rate."""
    return "crash_free" in field


def rounded(digits: int, factor: int = 1) -> Callable[[float], float]:
    """A multiple of a rate, rounded."""
    return lambda value: round(value * factor, digits)


def half_up(digits: int) -> Callable[[float], float]:
    """A rate rounded as JavaScript's ``toFixed`` does: exactly, and halves up."""
    return lambda value: math.floor(Fraction(value) * 10**digits + Fraction(1, 2)) / 10**digits


def is_of_crashes(field: str) -> bool:
    """Whether a field is a crash or crash-free rate."""
    return field.startswith("crash")


def rounded_down(digits: int) -> Callable[[float], float]:
    """A rate, rounded down."""
    return lambda value: math.floor(value * 10**digits) / 10**digits


def crash_rate_cut(digits: int) -> Variant:
    """A variant with the crash rate rounded down, and the crash-free rate as the rest."""

    def part(name: str, counts: Counts) -> float | None:
        if not counts["all"]:
            return None
        crashed = rounded_down(digits)(counts["crashed"] / counts["all"])
        return 1 - crashed if name == "crash_free" else crashed

    return share(part, f"crash rates down to {digits} digits, crash-free ones the rest")


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "rate-total-mean-of-buckets", "6.5", "Totals of rates are the mean of the buckets' rates",
        "A total rate divides total counts: a day with two sessions must not weigh as much as a busy one.",
        *total_of(lambda values: math.fsum(values) / len(values), is_rate),
        *total_of(lambda values: values[-1], is_rate),
    ),
    bug(
        "rate-of-nothing", "6.5", "Rates without data are 0 or 1 instead of null",
        "With nothing to divide by, a rate is null: neither 0 % nor 100 %.",
        defined("0", rate=nothing(0.0)), defined("1", rate=nothing(1.0)),
        defined("crash-free 1, others 0", rate=nothing_by_kind),
        *(crash_rates_of_nothing(crash, free, only) for only in ONLY
          for crash, free in ((0.0, 1.0), (0.0, 0.0), (0.0, None), (None, 1.0), (None, 0.0))),
        defined("ANR rates 0", rate=lambda d, field, rows: nothing(0.0)(d, field, rows) if field in ANR
                else rate(d, field, rows)),
        values_as(lambda name, value: 1.0 if value is None and is_free(name) else value, "crash-free 1"),
        values_as(lambda name, value: 0.0 if value is None and is_rate(name) else value, "always 0"),
        reports=["getsentry/sentry#80654"],
    ),
    bug(
        "rate-in-integers", "6.5", "Rates are computed by integer division",
        "Counts are integers, their ratio is not: integer division leaves 0 or 1.",
        share(lambda name, counts: None if not counts["all"] else
              (1.0 - counts["crashed"] // counts["all"]
                  if name == "crash_free" else counts["crashed"] // counts["all"] + 0.0)),
        share(lambda name, counts: None if not counts["all"] else
              (1.0 - counts["crashed"] // counts["all"]
                  if name == "crash_free" else counts["crashed"] / counts["all"]),
              "crash-free ones"),
        written(lambda value: float(math.floor(value)), "each rounded down"),
    ),
    bug(
        "rate-rounded", "6.5", "Rates are rounded",
        "Rates are not rounded: 99.996 % crash-free is not 100 %.",
        *(written(rounded(digits), f"to {digits} digits") for digits in range(7)),
        *(written(rounded(digits), f"crash-free ones to {digits} digits", is_free) for digits in range(7)),
        *(written(half_up(digits), f"half up, to {digits} digits") for digits in range(7)),
        *(written(change(digits), f"crash and crash-free ones, {detail}to {digits} digits", is_of_crashes)
          for change, detail in ((rounded, ""), (half_up, "half up, ")) for digits in range(7)),
        *(written(rounded_down(digits), f"down to {digits} digits") for digits in range(1, 5)),
        *(written(rounded_down(digits), f"crash-free ones down to {digits} digits", is_free)
          for digits in range(1, 5)),
        *(crash_rate_cut(digits) for digits in range(1, 5)),
        reports=["getsentry/sentry#28458"],
    ),
    bug(
        "rate-in-per-cent", "6.5", "Rates are percentages",
        "Rates are shares from 0 to 1.",
        written(lambda value: value * 100, ""), written(lambda value: value * 100, "crash-free ones",
            is_free),
        *(written(rounded(digits, 100), f"and rounded to {digits} digits") for digits in range(4)),
    ),
    bug(
        "rate-of-healthy", "6.5", "Rates divide by the healthy or the unhealthy instead of by all",
        "A rate divides by all sessions or users: crashed over healthy is not a share, and can exceed 1.",
        of_crashed(lambda c: c["crashed"], lambda c: c["healthy"] or c["all"], "by the healthy"),
        of_crashed(lambda c: c["crashed"], lambda c: c["healthy"], "by the healthy, if any"),
        of_crashed(lambda c: c["crashed"], lambda c: c["all"] - c["crashed"], "by those that did not crash"),
        of_crashed(lambda c: c["crashed"], lambda c: c["all"] - c["healthy"], "by the unhealthy"),
        of_crashed(lambda c: c["crashed"], lambda c: c["healthy"] + c["crashed"],
            "by the healthy and the crashed"),
        of_crashed(lambda c: c["crashed"], lambda c: c["all"] - c["abnormal"], "without the abnormal"),
        of_crashed(lambda c: c["crashed"], lambda c: c["all"] - c["errored"], "without the errored"),
        reports=["getsentry/sentry#75210"],
    ),
    bug(
        "rate-of-ended", "6.5", "Rates are of the sessions that have ended",
        "A rate divides by all sessions or users, those included that are still open.",
        *(defined(f"rates of {only[1:-1]}s" if only else "",
                  rate=lambda d, field, rows, only=only: rate(d, field, ended(rows))
                  if only in field and field.startswith("crash") else rate(d, field, rows)) for only in ONLY),
    ),
    bug(
        "crash-free-is-healthy", "6.5", "The crash-free rate is the share of the healthy",
        "An errored or abnormal session did not crash: crash-free does not mean healthy.",
        *crash_free_is(lambda c: c["healthy"] / c["all"], "healthy over all"),
        *crash_free_is(lambda c: (c["healthy"] + c["errored"]) / c["all"], "healthy and errored over all"),
        *crash_free_is(lambda c: 1 - (c["crashed"] + c["abnormal"]) / c["all"], "without the abnormal"),
        *crash_free_is(lambda c: c["healthy"] / ((c["healthy"] + c["crashed"]) or 1),
            "healthy over healthy and crashed"),
    ),
    bug(
        "rate-of-unhealthy", "6.5", "The crash rate counts more than the crashed",
        "Only crashed sessions count for the crash rate, not abnormal or errored ones.",
        of_crashed(lambda c: c["crashed"] + c["abnormal"], lambda c: c["all"], "the abnormal as well"),
        of_crashed(lambda c: c["all"] - c["healthy"], lambda c: c["all"], "all unhealthy"),
        of_crashed(lambda c: c["crashed"] + c["unhandled"], lambda c: c["all"], "the unhandled as well"),
        of_crashed(lambda c: c["crashed"] + c["errored"], lambda c: c["all"], "the errored as well"),
        of_classes("crashed", "abnormal"), of_classes("crashed", "errored"),
        of_classes("crashed", "abnormal", "errored"),
    ),
    bug(
        "user-rate-of-sessions", "6.5", "Rates of users are computed from sessions",
        "A rate of users divides users by users: a user who crashed ten times counts once.",
        subject(users_to_sessions),
        defined("crashed users over sessions", rate=lambda d, field, rows: _mixed(d, field, rows)),
    ),
    bug(
        "session-rate-of-users", "6.5", "Rates of sessions are computed from users",
        "A rate of sessions divides sessions by sessions, those without a user included.",
        subject(lambda field: field.replace("(session)", "(user)") if "unhealthy" not in field else field),
    ),
    bug(
        "rate-of-rows", "6.5", "Rates of sessions count rows",
        "A row counts as often as its quantity says, in rates as in counts.",
        defined(rate=lambda d, field, rows: _of_rows(d, field, rows)),
    ),
    bug(
        "rate-complemented", "6.5", "Crash rates and crash-free rates are swapped",
        "The crash-free rate is one minus the crash rate.",
        subject(complement, "crash-free as crash rate"), subject(swapped),
        subject(lambda field: field.replace("crash_rate", "crash_free_rate"), "crash rate as crash-free"),
    ),
)  # fmt: skip
"""The bugs of this family."""


def _mixed(d: Definitions, field: str, sessions: list[Row]) -> Any:
    right = rate(d, field, sessions)
    whole = sum(session.quantity for session in sessions)
    if "_rate(user)" not in field or right is None:
        return right
    part = (1 - right if is_free(field) else right) * users(d, sessions) / whole
    return 1 - part if is_free(field) else part


def _of_rows(d: Definitions, field: str, sessions: list[Row]) -> Any:
    if "(session)" not in field:
        return rate(d, field, sessions)
    return rate(d, field, [replace(session, quantity=1) for session in sessions])
