"""A small independent program: sessions counted with dicts and sorted lists, as one would at one's desk.

It claims little (`CLAIMS`), and is correct in what it claims. Bugs are planted by overriding a step.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sessionstats.testing import Claims

CLAIMS = Claims(
    search=False, ordering=False, includes=False, limits=False, editions=False, metadata=False,
    updates=False, errors=False, bad_rows=False, paging=False,
    group_by=("project", "release", "environment"),
)  # fmt: skip

Rows = list[dict[str, Any]]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Desk:
    """A correct program."""

    MAY: tuple[str, ...] = ()

    def __call__(self, case: dict[str, Any]) -> dict[str, Any]:
        params = {k: v if isinstance(v, list) else [v] for k, v in case["params"].items() if v is not None}
        now = self.instant(case["now"])
        step = self.seconds(params.get("interval", ["1h"])[-1]) or 3600
        start, end = self.window(params, now, step)
        fields = list(dict.fromkeys(map(str, params["field"])))
        names = list(dict.fromkeys(params.get("groupBy", [])))
        rows = self.kept(self.clean(case["sessions"]), params, case.get("projects"), start, end)
        groups: dict[Any, Rows] = defaultdict(list)
        for row in rows:
            groups[self.key(row, names)].append(row)
        shown = [g for g in groups.values() if any(self.has(f, r) for f in fields for r in g)]
        shown.sort(key=lambda g: self.rank(g, fields, names))
        n = round((end - start) / step)
        shown = shown[: max(1, 10_000 // max(n, 1))] if n else []
        if n and not shown and not names:
            shown = [[]]
        return {
            "status": 200,
            "body": {
                "groups": [self.group(g, names, fields, start, step, n) for g in shown],
                "start": self.text(start),
                "end": self.text(end),
                "intervals": [self.text(start + i * step) for i in range(n)],
                "query": "",
            },
        }

    def group(self, rows: Rows, names: list[str], fields: list[str], start: float, step: int, n: int) -> Any:
        buckets: list[Rows] = [[] for _ in range(n)]
        for row in rows:
            at = self.bucket(row, start, step, n)
            if at is not None:
                buckets[at].append(row)
        return {
            "by": {name: self.label(rows[0], name) for name in names},
            "totals": {f: self.total(f, rows, buckets) for f in fields},
            "series": {f: [self.value(f, b) for b in buckets] for f in fields},
        }

    def total(self, field: str, rows: Rows, buckets: list[Rows]) -> Any:
        return self.value(field, rows)

    def label(self, row: dict[str, Any], name: str) -> Any:
        return row["project_id"] if name == "project" else row[name]

    def key(self, row: dict[str, Any], names: list[str]) -> Any:
        return tuple(self.label(row, name) for name in names)

    def rank(self, rows: Rows, fields: list[str], names: list[str]) -> Any:
        by = "sum(session)" if "sum(session)" in fields else fields[0]
        value = self.value(by, rows)
        return (
            value is None,
            -(value or 0),
            [self.label(rows[0], n) for n in ("project", "release", "environment")],
        )

    def seconds(self, text: str) -> int | None:
        text = str(text)
        if text.isascii() and text.isdigit():
            return int(text)
        if text[:-1].isascii() and text[:-1].isdigit() and text[-1:] in UNITS:
            return int(text[:-1]) * UNITS[text[-1]]
        return None

    def instant(self, value: Any) -> int:
        """Microseconds."""
        if isinstance(value, (int, float)):
            return math.floor(value * 1_000_000)
        try:
            when = dt.datetime.fromisoformat(value)
        except ValueError:
            whole, _, part = value.partition(".")
            return int(whole) * 1_000_000 + int(f"{part:0<6}"[:6])
        return self.of(when)

    def of(self, when: dt.datetime) -> int:
        if when.tzinfo is None:
            when = when.replace(tzinfo=dt.UTC)
        return (when - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)

    def text(self, seconds: float) -> str:
        return (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def window(self, params: dict[str, list[Any]], now: int, step: int) -> tuple[int, int]:
        def last(name: str) -> Any:
            return params.get(name, [""])[-1]

        if "statsPeriod" in params:
            begin, end = now - self.seconds(last("statsPeriod")) * 10**6, now
        elif last("statsPeriodStart"):
            begin = now - self.seconds(last("statsPeriodStart")) * 10**6
            end = now - self.seconds(last("statsPeriodEnd")) * 10**6
        elif last("start"):
            begin, end = self.instant(last("start")), self.instant(last("end"))
        else:
            begin, end = now - 90 * 86400 * 10**6, now
        return self.rounded(min(begin, now), end, step)

    def rounded(self, begin: int, end: int, step: int) -> tuple[int, int]:
        return begin // (step * 10**6) * step, -(-end // (step * 10**6)) * step

    def user(self, value: Any) -> str:
        text = "" if value is None else str(value)
        return "" if text.replace("-", "") == "0" * 32 and len(text) in (32, 36) else text

    def clean(self, sessions: Rows) -> Rows:
        return [self.row(row) for row in sessions if row.get("quantity") != 0]

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        length = row.get("duration")
        return {
            "at": self.instant(row["started"]),
            "project_id": row["project_id"],
            "release": row.get("release") or "",
            "environment": row.get("environment") or "",
            "user": self.user(row.get("distinct_id")),
            "status": row["status"],
            "errors": row.get("errors") or 0,
            "duration": None if length is None else float(length),
            "mechanism": row.get("abnormal_mechanism") or "",
            "quantity": 1 if row.get("quantity") is None else row["quantity"],
        }

    def inside(self, row: dict[str, Any], start: int, end: int) -> bool:
        return bool(start * 10**6 <= row["at"] < end * 10**6)

    def bucket(self, row: dict[str, Any], start: float, step: int, n: int) -> int | None:
        return int((row["at"] - start * 10**6) // (step * 10**6))

    def same(self, value: str, required: str) -> bool:
        return value == required

    def kept(self, rows: Rows, params: dict[str, list[Any]], known: Any, start: int, end: int) -> Rows:
        ids = {int(p) for p in params.get("project", [])}
        allowed = set(known.values()) if known else None
        if ids and -1 not in ids:
            allowed = ids
        required = params.get("environment", [])
        return [
            row
            for row in rows
            if self.inside(row, start, end)
            and (allowed is None or row["project_id"] in allowed)
            and (not required or any(self.same(row["environment"], one) for one in required))
        ]

    def has(self, field: str, row: dict[str, Any]) -> bool:
        if "duration" in field:
            return self.length(row) is not None
        return row["user"] != "" if "user" in field or "anr" in field else True

    def length(self, row: dict[str, Any]) -> float | None:
        return row["duration"] if row["status"] == "exited" else None

    def users(self, rows: Iterable[dict[str, Any]]) -> int:
        return len({row["user"] for row in rows} - {""})

    def count(self, rows: Iterable[dict[str, Any]]) -> int:
        return sum(row["quantity"] for row in rows)

    def quantile(self, lengths: list[float], percent: int) -> float:
        low, rest = divmod((len(lengths) - 1) * percent, 100)
        high = min(low + 1, len(lengths) - 1)
        return lengths[low] + (lengths[high] - lengths[low]) * (rest / 100)

    def mean(self, lengths: list[float]) -> float:
        return math.fsum(lengths) / len(lengths) if max(lengths) < 1e300 else math.inf

    def duration(self, name: str, rows: Rows) -> float | None:
        lengths = sorted(length for row in rows if (length := self.length(row)) is not None)
        if not lengths:
            return None
        if name == "avg":
            value = self.mean(lengths)
        else:
            value = lengths[-1] if name == "max" else self.quantile(lengths, int(name[1:]))
        return value * 1000 if math.isfinite(value * 1000) else None

    def value(self, field: str, rows: Rows) -> Any:
        name = field.partition("(")[0]
        if field == "sum(session)":
            return self.count(rows)
        if field == "count_unique(user)":
            return self.users(rows)
        if "duration" in field:
            return self.duration(name, rows)
        return self.rate(field, rows)

    def rate(self, field: str, rows: Rows) -> float | None:
        count = self.count if "(session)" in field else self.users
        whole = count(rows)
        if not whole:
            return None
        if "anr" in field:
            kinds = ["anr_foreground"] if field.startswith("fore") else ["anr_foreground", "anr_background"]
            return count([r for r in rows if r["status"] == "abnormal" and r["mechanism"] in kinds]) / whole
        share = count([r for r in rows if r["status"] == "crashed"]) / whole
        return 1 - share if "free" in field else share
