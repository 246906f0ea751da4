"""Rows that a join multiplies or loses (§1.1)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Case, Variant, altered, bug, defined, rows_as, table_as
from sessionstats.testing.model.rows import Row


def repeated(key: Callable[[Row], Any], detail: str) -> Variant:
    """A variant in which every row meets every row with the same key, as after a join."""

    def table(rows: list[Row]) -> list[Row]:
        times = Counter(map(key, rows))
        return [row for row in rows for _ in range(min(times[key(row)], 200))]

    selected = defined(f"{detail} that are selected", counting=lambda d, rows, statuses: table(rows))
    return replace(table_as(table, detail), twins=(selected,))


def entries(count: Callable[[Mapping[str, Any]], int], detail: str) -> Variant:
    """A variant in which a row counts as often as the metadata has its release."""

    def alter(case: Case) -> Case:
        times: Counter[str] = Counter()
        for release in case.get("releases") or ():
            times[release["version"]] += count(release)
        rows = [row for row in case["sessions"] for _ in range(times.get(row.get("release") or "", 1) or 1)]
        return {**case, "sessions": rows}

    return altered(detail, alter)


def known_only(case: Case) -> Case:
    """The case without sessions of releases that the metadata, if any, does not have."""
    if not case.get("releases"):
        return case
    known = {release["version"] for release in case["releases"]}
    return {**case, "sessions": [row for row in case["sessions"] if row.get("release") in known]}


def repeated_by(name: str, other: str) -> Variant:
    """A variant in which a row counts once for every value that another column has beside it."""

    def table(rows: list[Row]) -> list[Row]:
        beside: dict[Any, set[Any]] = defaultdict(set)
        for row in rows:
            beside[getattr(row, name)].add(getattr(row, other))
        return [row for row in rows for _ in beside[getattr(row, name)]]

    return table_as(table, f"with every {other} of the same {name}")


def complete(*names: str) -> Variant:
    """A variant in which only rows count that have some values, as after an inner join or ``dropna``."""

    def kept(row: Row) -> dict[str, Any] | None:
        return None if any(getattr(row, name) in (None, "") for name in names) else {}

    return rows_as(kept, f"without a value for {' or '.join(names)}")


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "join-multiplies", "1.1", "A join multiplies rows",
        "Each row counts as often as its quantity says, whatever it is joined with.",
        repeated(lambda row: row.user or id(row), "with rows of the same user"),
        repeated(lambda row: row.release, "with rows of the same release"),
        repeated(lambda row: (row.release, row.environment), "with rows of the same release and environment"),
        repeated(lambda row: (row.project, row.release), "with rows of the same project and release"),
        repeated(lambda row: row.environment, "with rows of the same environment"),
        repeated(lambda row: row.project, "with rows of the same project"),
        repeated(lambda row: row.started, "with rows of the same start"),
        repeated(lambda row: row.session_id or id(row), "with updates of the same session"),
        *(repeated_by(one, other) for one in ("release", "environment", "project", "user")
          for other in ("release", "environment", "project", "user") if one != other),
        entries(lambda release: 1, "with the metadata of its release"),
        entries(lambda release: len(release.get("project_ids") or ()), "with the projects of its release"),
        entries(lambda release: len(release.get("environments") or ()),
            "with the environments of its release"),
    ),
    bug(
        "join-loses", "1.1", "A join loses rows",
        "Every row counts, whatever it is joined with.",
        altered("of releases without metadata", known_only),
    ),
    bug(
        "incomplete-rows-lost", "1.1", "Rows in which a value is missing are lost",
        "A row without a user, a duration, a release or an environment is a session like any other.",
        complete("user"), complete("duration"), complete("release"), complete("environment"),
        complete("user", "duration"), complete("release", "environment"),
        complete("user", "duration", "release", "environment"),
    ),
)  # fmt: skip
"""The bugs of this family."""
