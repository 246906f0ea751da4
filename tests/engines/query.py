"""What is requested: the parameters of a request as values for SQL.

1. Enough of §2 and §3.3 to speak the protocol; requests are assumed to be valid, and nothing is rejected.
2. Not claimed: searches, release metadata, updates of sessions, other editions, rejections.
3. Rounding, filtering, grouping, ranking and the cap are rules, not parameters: the SQL applies them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds of the letters of periods (§3.1)."""

EPOCH = datetime(1970, 1, 1)

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Query:
    """One request, without its sessions; instants are UTC without saying so."""

    fields: list[str]
    group_by: list[str]
    start: datetime
    end: datetime
    now: datetime
    step: timedelta
    projects: list[int] | None
    environments: list[str] | None
    order_by: str | None
    per_page: int | None
    offset: int
    totals: bool
    series: bool
    max_points: int

    @property
    def keys(self) -> list[str]:
        """The columns that make base groups, in the order in which ties are broken (§5, §7.3)."""
        return [name for name in ("project", "release", "environment") if name in self.group_by]

    @property
    def by_status(self) -> bool:
        return "session.status" in self.group_by

    @property
    def ranking_field(self) -> str:
        """The field that ranks (§7.1, §7.2)."""
        if self.order_by:
            return self.order_by.removeprefix("-")
        return "sum(session)" if "sum(session)" in self.fields else self.fields[0]

    @property
    def ascending(self) -> bool:
        return bool(self.order_by) and not str(self.order_by).startswith("-")


def read(request: dict[str, Any]) -> Query:
    """Read a request of the protocol (§9)."""
    given = {name: values_of(value) for name, value in request["params"].items()}

    def last(name: str) -> str | None:
        return given.get(name, [None])[-1] or None

    now = instant(request["now"])
    start, end = dates(last, now)
    interval = last("interval") or ""
    return Query(
        fields=list(dict.fromkeys(given["field"])),
        group_by=list(dict.fromkeys(given.get("groupBy", []))),
        start=start,
        end=end,
        now=now,
        step=period(interval) or timedelta(hours=1),
        projects=projects(given.get("project", []), request.get("projects")),
        environments=given.get("environment"),
        order_by=last("orderBy"),
        per_page=int(last("per_page") or 0) or None,
        offset=int((last("cursor") or "0:0:0").split(":")[1]),
        totals=last("includeTotals") != "0",
        series=last("includeSeries") != "0",
        max_points=(request.get("rules") or {}).get("max_points", 10_000),
    )


def values_of(value: Any) -> list[str]:
    """A parameter's values, as text."""
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def projects(requested: list[str], accessible: dict[str, int] | None) -> list[int] | None:
    """The selected projects; None if that is any (§2)."""
    if requested and "-1" not in requested:
        return [int(text) for text in requested]
    return None if accessible is None else list(accessible.values())


def dates(last: Any, now: datetime) -> tuple[datetime, datetime]:
    """Start and end before rounding (§3.3)."""
    if last("statsPeriod"):
        return now - period(last("statsPeriod")), now
    if last("statsPeriodStart"):
        return now - period(last("statsPeriodStart")), now - period(last("statsPeriodEnd"))
    if last("start"):
        return instant(last("start")), instant(last("end"))
    return now - timedelta(days=90), now


def period(text: str) -> Any:
    """A period as a `timedelta`, or None if the text is not one (§3.1)."""
    match = re.fullmatch(r"([0-9]+)([smhdw]?)", text)
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]]) if match else None


def instant(value: str | float) -> datetime:
    """An instant: ISO 8601 text, or seconds since 1970 as a number or as digits (§1.1, §3.3)."""
    if isinstance(value, (int, float)):
        return EPOCH + MICROSECOND * math.floor(value * 1e6 if isinstance(value, float) else value * 10**6)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return EPOCH + MICROSECOND * math.floor(Decimal(value) * 10**6)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
