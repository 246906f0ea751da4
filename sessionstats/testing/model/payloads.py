"""Rows of §9 from what SDKs send, by a plain loop.

1. An update is a row with `session_id` and `seq`; `init` makes it the first. A `session_id` that is a UUID
   is written without dashes, in lower case.
2. An update without a position is ordered by the milliseconds at which it was sent, or else began.
3. Each count of an aggregate is a row with `quantity`.
"""

from __future__ import annotations

from typing import Any

from . import instants

COUNTS = ("exited", "errored", "crashed", "abnormal", "unhandled")
"""The counts of an aggregate (§1.1)."""


def rows_of(payloads: list[dict[str, Any]], project: int) -> list[dict[str, Any]]:
    """Rows as the protocol has them (§9) for `rows.read_rows`."""
    rows = []
    for payload in payloads:
        attrs = payload.get("attrs") or {}
        shared = {
            "project_id": project,
            "release": attrs.get("release"),
            "environment": attrs.get("environment"),
        }
        if "aggregates" not in payload:
            rows.append({**update(payload), **shared})
            continue
        for aggregate in payload["aggregates"]:
            for status in COUNTS:
                row = {"started": aggregate["started"], "distinct_id": aggregate.get("did"), "status": status}
                quantity = aggregate.get(status) or 0
                rows.append({**row, **shared, "errors": int(status == "errored"), "quantity": quantity})
    return rows


def update(payload: dict[str, Any]) -> dict[str, Any]:
    """The row of a session update, without what all rows of a payload share (§1.2)."""
    seq = payload.get("seq")
    if seq is None:
        sent = payload.get("timestamp") or payload["started"]
        instant = instants.from_iso(sent) if isinstance(sent, str) else instants.from_number(sent)
        assert instant is not None
        seq = instant // 1000
    if payload.get("init"):
        seq = 0
    same = ("started", "errors", "duration", "abnormal_mechanism")
    return {
        **{key: payload.get(key) for key in same},
        "status": payload.get("status") or "ok",
        "distinct_id": payload.get("did"),
        "session_id": session_id(payload.get("sid")),
        "seq": seq,
    }


def session_id(sid: str | None) -> str | None:
    """The same text for the same UUID (§1.2)."""
    digits = (sid or "").lower().split("-")
    lengths = [len(part) for part in digits]
    if lengths in ([32], [8, 4, 4, 4, 12]) and set("".join(digits)) <= set("0123456789abcdef"):
        return "".join(digits)
    return sid
