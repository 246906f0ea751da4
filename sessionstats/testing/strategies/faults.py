"""Requests and rows that must be rejected, one for each error text (§2.3, §3, §4.4, §6, §7, §1.4).

1. A fault changes a valid request; the change alone is enough for it to be rejected, unless an earlier check
   of §2.2 rejects it first, which two faults at once are there to show.
2. A fault belongs to a claim: a request is only given faults of what the implementation claims.
3. A fault of a row breaks §1.4.
"""

from typing import Any, Final

from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.claims import Claims

ALWAYS: Final[tuple[dict[str, Any], ...]] = (
    {"field": []},
    {"field": ["sum(session)", "sum(sessions)"]},
    {"field": ["p999(session.duration)"]},
    {"groupBy": ["release", "user"]},
    {"project": "nowhere"},
    {"project": ["1", "1.5"]},
    {"project": "999999"},
    {"project": ["1", "999999"]},
    {"project": 7},
    {"interval": "90m"},
    {"interval": "0h"},
    {"interval": "25h"},
    {"interval": "5h"},
    {"statsPeriod": "1x"},
    {"statsPeriod": "4000000d"},
    {"statsPeriod": None, "start": "2024-01-01T00:00:00Z", "end": None},
    {"statsPeriod": None, "start": None, "end": "2024-01-01T00:00:00Z"},
    {"statsPeriod": None, "statsPeriodStart": "2d", "statsPeriodEnd": None},
    {"statsPeriod": None, "statsPeriodStart": "2d", "statsPeriodEnd": "x"},
    {"statsPeriod": None, "statsPeriodStart": "1d", "statsPeriodEnd": "2d"},
    {"statsPeriod": None, "statsPeriodStart": None, "start": "yesterday", "end": "2024-01-02"},
    {"statsPeriod": None, "statsPeriodStart": None, "start": "2024-01-02", "end": "2024-01-02"},
    {"interval": "1h", "statsPeriod": "1000h", "includeSeries": "0", "per_page": None},
    {"interval": "1h", "statsPeriod": "1001h"},
)
"""Changes of parameters that any implementation must reject; `None` removes a parameter. The last but one is
rejected only if its start and end are not on the hour: 1000 intervals are allowed (§3.6)."""

PAGING: Final[tuple[dict[str, Any], ...]] = (
    {"per_page": "many"},
    {"per_page": "0"},
    {"per_page": 5001},
    {"per_page": ""},
    {"cursor": "1"},
    {"cursor": "0:a:0"},
    {"interval": "1h", "statsPeriod": "30d", "per_page": 100, "includeSeries": None},
)
"""Changes of the page; the last requests too many data points (§7.6)."""

INCLUDES: Final[tuple[dict[str, Any], ...]] = ({"includeTotals": "0", "includeSeries": "0"},)
"""Changes of what the answer includes."""

ORDERING: Final[tuple[dict[str, Any], ...]] = (
    {"orderBy": ["sum(session)", "-sum(session)"]},
    {"orderBy": "release"},
    {"orderBy": "-max(session.duration)", "field": ["sum(session)"]},
    {"orderBy": "sum(session)", "field": ["sum(session)"], "groupBy": ["session.status"]},
)
"""Changes of the order."""

METADATA: Final[tuple[dict[str, Any], ...]] = (
    {"orderBy": "release.timestamp", "groupBy": ["project"]},
    {"orderBy": "release.timestamp", "groupBy": ["release"], "per_page": 101, "includeSeries": "0"},
    {"orderBy": "-release.timestamp", "groupBy": ["release"], "per_page": 1, "cursor": "0:1:0"},
    {"orderBy": "release.timestamp", "groupBy": ["release"], "query": "(environment:dev)", "cursor": None},
    {"query": "release.stage:adopted", "environment": ["dev", "production"]},
    {"query": "release.stage:gone", "environment": "dev"},
)
"""Changes that are invalid with release metadata (§4.8, §7.5)."""

SEARCHES: Final = (
    "message",
    "()",
    "user.id:1",
    "project:nowhere",
    "project:[999999, nowhere]",
    "project.id:one",
    "project_id:[1, x]",
    "release:app*",
    "environment:[a*, b]",
    "environment:",
    "environment: release:a",
    'environment:a"b',
    "release:[a,]",
    "OR has:release",
    "has:release AND",
    "has:release OR AND has:environment",
    "(has:release",
    "has:release )has:environment",
    "release:a OR session.status:crashed",
    "(session.status:crashed)",
    "release.version:[1.0, 2.0]",
    "release.build:[1]",
    "release.version:abc",
    "release:[a b]",
    "((has:release) (",
    "bogus:1 AND AND has:release*",
    "release:a* bogus:b",
)
"""Searches that are rejected (§4.1 to §4.5)."""

STATUS_FIELDS: Final[tuple[dict[str, Any], ...]] = (
    {"query": "session.status:[crashed, abnormal]", "field": ["count_unique(user)"], "groupBy": None},
    {"query": "session.status:crashed", "field": ["crash_rate(session)"], "groupBy": None},
    {"groupBy": ["session.status"], "field": ["crash_free_rate(user)"]},
    {
        "query": "session.status:healthy",
        "field": ["sum(session)"],
        "orderBy": "sum(session)",
        "groupBy": None,
    },
    {
        "query": "session.status:crashed",
        "field": ["sum(session)", "p50(session.duration)"],
        "orderBy": "p50(session.duration)",
        "groupBy": None,
    },
)
"""Fields and orders that do not go with a status (§6.4, §6.5, §7.2)."""

ROWS: Final[tuple[dict[str, Any], ...]] = (
    {"status": "gone"},
    {"status": "unhandled"},
    {"errors": -1},
    {"errors": 1.5},
    {"duration": -0.5},
    {"project_id": 0},
    {"project_id": "1"},
    {"quantity": -1},
    {"started": "1969-12-31T23:59:59.999999Z"},
    {"started": "2263-01-01T00:00:00Z"},
    {"started": None},
    {"status": None},
    {"started": "noon"},
    {"release": 1},
    {"distinct_id": 1.5},
)
"""Values that no row may have (§1.4)."""


def faults(claims: Claims, *, metadata: bool) -> tuple[dict[str, Any], ...]:
    """Changes of parameters that must be rejected, as far as the implementation claims them.

    Parameters
    ----------
    claims : Claims
    metadata : bool
        Whether the case has release metadata.
    """
    changes = ALWAYS
    if claims.paging:
        changes += PAGING
    if claims.includes:
        changes += INCLUDES
    if claims.ordering:
        changes += ORDERING
    if claims.metadata and metadata:
        changes += METADATA
    if claims.search:
        changes += (*({"query": text} for text in SEARCHES), *STATUS_FIELDS)
    return tuple(change for change in changes if _claimed(change, claims))


def spoil(case: dict[str, Any], change: dict[str, Any]) -> None:
    """Change the parameters of a request, in place.

    Examples
    --------
    >>> case = {"params": {"field": ["sum(session)"], "statsPeriod": "1d"}}
    >>> spoil(case, {"field": [], "statsPeriod": None})
    >>> case
    {'params': {'field': []}}
    """
    params = case["params"]
    for name, value in change.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = list(value) if isinstance(value, list) else value


def spoil_row(choices: Choices, rows: list[dict[str, Any]]) -> None:
    """Break §1.4 in one of the rows, in place."""
    change = choices.pick(ROWS)
    if rows:
        choices.pick(rows[:256]).update(change)


def _claimed(change: dict[str, Any], claims: Claims) -> bool:
    fields_known = (
        claims.fields is None
        or set(change.get("field", ())) <= set(claims.fields)
        or (change["field"][-1] not in claims.fields_of(unhandled=True))
    )
    optional = {"per_page": claims.paging, "query": claims.search, "project": claims.filters}
    return fields_known and all(optional.get(name, True) for name in change)
