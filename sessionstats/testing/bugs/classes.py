"""Health classes and counts of sessions (§1.3, §6.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined, rows_as, sessions_as
from sessionstats.testing.model.aggregates import kind, of_users, session_counts, value
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.folding import fold, health
from sessionstats.testing.model.rows import Row

BAD: Final = ("crashed", "abnormal", "unhandled")
"""The statuses that are classes of their own."""


def as_health(change: Callable[[Row], str], detail: str = "") -> Variant:
    """A variant with another health class."""
    return defined(detail, health=change)


def errors_first(row: Row) -> str:
    """Errors decide before the status."""
    return "errored" if row.errors else health(row)


def counting(change: Callable[[dict[str, int]], dict[str, int]], detail: str = "") -> Variant:
    """A variant with other counts of sessions by class."""
    return defined(detail, session_counts=lambda d, sessions: change(session_counts(d, sessions)))


def with_classes(*classes: str) -> Callable[[dict[str, int]], dict[str, int]]:
    """Errored sessions with those of other classes."""
    return lambda counts: counts | {"errored": counts["errored"] + sum(counts[name] for name in classes)}


def of_rows(d: Definitions, sessions: list[Row]) -> dict[str, int]:
    """Rows of each class."""
    counts = dict.fromkeys(("all", "healthy", "errored", *BAD), 0)
    for session in sessions:
        counts["all"] += 1
        counts[d.health(session)] += 1
    return counts


def one_for_each(d: Definitions, rows: list[Row]) -> list[Row]:
    """Sessions, each of which is one."""
    return fold(d, [replace(row, quantity=1) for row in rows])


def one_for_none(d: Definitions, rows: list[Row]) -> list[Row]:
    """Sessions, of which those of no session are one."""
    return fold(d, [row if row.quantity else replace(row, quantity=1) for row in rows])


def twice(name: str) -> Variant:
    """A variant whose total counts a class twice."""

    def wrong(d: Definitions, field: str, sessions: list[Row], classes: frozenset[str] | None) -> object:
        right = value(d, field, sessions, classes)
        if classes is not None or kind(field) != "count" or of_users(field) or right is None:
            return right
        return right + d.session_counts(d, sessions)[name]

    return defined(name, value=wrong)


def renamed(one: str, other: str) -> Callable[[Row], str]:
    """The sessions of one health class as of another."""
    return lambda row: other if health(row) == one else health(row)


def all_but(name: str) -> Callable[[dict[str, int]], dict[str, int]]:
    """Counts in which all but the sessions of one class are healthy."""
    return lambda counts: counts | {"healthy": counts["all"] - counts[name]}


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "errors-before-status", "1.3", "Sessions with errors are errored whatever their status",
        "The status decides first: a session that crashed after an error is crashed.",
        as_health(errors_first),
        as_health(lambda row: "errored" if row.errors and row.status != "crashed" else health(row),
                  "unless they crashed"),
    ),
    bug(
        "errors-ignored", "1.3", "Sessions with handled errors count as healthy",
        "A session with errors is errored even if it then exited.",
        as_health(lambda row: "healthy" if health(row) == "errored" and row.status != "errored"
            else health(row)),
        as_health(lambda row: "healthy" if health(row) == "errored" and row.status == "exited"
            else health(row),
                  "once they have exited"),
        as_health(lambda row: "healthy" if health(row) == "errored" and row.status == "ok" else health(row),
                  "until they end"),
        as_health(lambda row: "healthy" if row.errors == 1 and row.status in ("ok",
            "exited") else health(row),
                  "if there is only one"),
        rows_as(lambda row: {"errors": int(row.errors > 1)}, "if a row has only one"),
    ),
    bug(
        "errored-status-ignored", "1.3", "Sessions of status errored count as healthy",
        "A session of status ``errored`` is errored even if no count of errors was sent.",
        as_health(lambda row: "healthy" if row.status == "errored" and not row.errors else health(row)),
        as_health(lambda row: "healthy" if row.status == "errored" else health(row), "with errors or not"),
    ),
    bug(
        "abnormal-as-other", "1.3", "Abnormal, unhandled or errored sessions count as another class",
        "Abnormal sessions have a health class of their own; in the later edition, so do unhandled ones.",
        *(as_health(renamed(one, other), f"{one} as {other}")
          for one in ("abnormal", "unhandled", "errored") for other in ("crashed", "errored", "healthy",
              "abnormal")
          if one != other),
        as_health(lambda row: "crashed" if row.status == "errored" else health(row),
                  "sessions of status errored as crashed"),
    ),
    bug(
        "open-sessions-ignored", "1.3", "Sessions that have not ended do not count",
        "A session of status ``ok`` has begun, and counts as healthy until something worse is known.",
        sessions_as(lambda row: None if row.status == "ok" else {}),
        sessions_as(lambda row: None if row.status in ("ok", "errored") else {}, "nor do errored ones"),
        as_health(lambda row: "errored" if row.status == "ok" else health(row),
                  "as healthy, but as errored"),
    ),
    bug(
        "quantity-ignored", "6.1", "Pre-aggregated rows count as one session",
        "A row stands for as many sessions as its quantity says.",
        defined(session_counts=of_rows),
        sessions_as(lambda row: {"quantity": 1}),
        defined("rows of 0 included", is_session=lambda row: True, fold=one_for_each),
        reports=["getsentry/sentry#30367"],
    ),
    bug(
        "rows-of-no-session-counted", "1.1", "Rows of quantity 0 have an effect",
        "A row that stands for no session has no effect: it makes no group, and has no user or duration.",
        defined(is_session=lambda row: True),
        defined("as one session", is_session=lambda row: True, fold=one_for_none),
    ),
    bug(
        "crashed-counted-twice", "6.1", "Totals count a class twice",
        "Health classes are exclusive: each session is in one, and a sum over all classes counts it once.",
        *map(twice, ("crashed", "errored", "abnormal", "unhandled")),
        reports=["getsentry/sentry#57121"],
    ),
    bug(
        "errored-sessions-hold-crashed", "6.1", "Errored sessions still include crashed or abnormal ones",
        "Health classes are exclusive: a crashed session is not errored as well.",
        counting(with_classes(*BAD)), counting(with_classes("crashed")), counting(with_classes("abnormal")),
        counting(with_classes("unhandled")), counting(with_classes("crashed", "abnormal")),
        reports=["getsentry/sentry#24920"],
    ),
    bug(
        "healthy-is-the-rest", "6.1", "Healthy sessions include those of other classes",
        "Healthy sessions are those of no other class.",
        *(counting(all_but(name), f"all but {name} ones") for name in ("crashed", "errored", "abnormal")),
        counting(lambda counts: counts | {"healthy": counts["all"]}, "all"),
        counting(lambda counts: counts | {"healthy": counts["all"] - counts["crashed"] - counts["errored"]},
                 "abnormal ones"),
    ),
)  # fmt: skip
"""The bugs of this family."""
