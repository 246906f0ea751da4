"""From rows of an engine to an answer of the protocol (§8, §7.6).

1. An engine returns one *head* and rows. The head says how wide the window is, and how many groups there are.
2. A row is a group of the page: its keys, then each field's total, then each field's series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

try:
    from tests.engines.query import Query
except ModuleNotFoundError:  # run as a program, beside this file
    from query import Query  # type: ignore[no-redef,import-not-found]


@dataclass(frozen=True)
class Head:
    """What all rows share."""

    first: str
    last: str
    intervals: list[str]
    n_groups: int
    page_size: int


def lay_out(request: dict[str, Any], query: Query, head: Head, rows: list[list[Any]]) -> dict[str, Any]:
    """The answer to a request."""
    body = {
        "groups": [group(query, row) for row in rows],
        "start": head.first,
        "end": head.last,
        "intervals": head.intervals,
        "query": "",
    }
    answer = {"id": request.get("id"), "status": 200, "body": body}
    if query.per_page:
        back, on = max(0, query.offset - head.page_size), query.offset + head.page_size
        answer["links"] = {
            "previous": {"cursor": f"0:{back}:1", "results": query.offset > 0},
            "next": {"cursor": f"0:{on}:0", "results": on < head.n_groups},
        }
    return answer


def group(query: Query, row: list[Any]) -> dict[str, Any]:
    """One group (§8)."""
    n_keys, n_fields = len(query.group_by), len(query.fields)
    totals, series = row[n_keys : n_keys + n_fields], row[n_keys + n_fields :]
    described: dict[str, Any] = {"by": dict(zip(query.group_by, row[:n_keys], strict=True))}
    if query.totals:
        described["totals"] = dict(zip(query.fields, totals, strict=True))
    if query.series:
        described["series"] = dict(zip(query.fields, series, strict=True))
    return described
