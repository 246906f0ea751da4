"""One response of an endpoint, compared with the sessions that it should come from.

1. The kernel answers the request about the sessions; every group, field and interval of the response is
   compared with that (`groups`), within the tolerance.
2. Without ``now``, the response determines the instant of the request: of the instants just before and at its
   end, the one whose window is that of the response.
3. A response that answers another request is said to do so. What is absent from the whole response, or too
   much, a field or the series, is reported once (`framing`).
4. If many values differ, the report counts them by field, and shows those that differ most. The sessions of
   the smallest base group that differs are shown if they are few.
5. Known bugs that explain the differences are named if they also predict further groups (`causes`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from sessionstats.errors import SessionStatsError
from sessionstats.instants import format_instant, parse_iso
from sessionstats.io.inputs import sessions_of
from sessionstats.io.records import to_records
from sessionstats.pipeline import answer
from sessionstats.request.ordering import ByReleaseDate
from sessionstats.request.query import Query
from sessionstats.rules import Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions
from sessionstats.testing.causes import SECONDS, Causes, causes_of
from sessionstats.testing.comparison import part_differs
from sessionstats.testing.findings import ABSENT, GROUPS, TOTALS, Finding, GroupKey, Path
from sessionstats.testing.framing import another_request, as_a_whole, is_part_of
from sessionstats.testing.groups import compare_groups
from sessionstats.testing.oracle import Oracle, base_of
from sessionstats.testing.screen import Comparison
from sessionstats.testing.shapes import same
from sessionstats.testing.tallies import LastBits
from sessionstats.testing.tolerance import ROUNDED, Tolerance

FRAME: Final = {"start": "3.5", "end": "3.5", "intervals": "3.5", "query": "8"}
"""The parts of a response besides its groups, and the sections that decide them."""

FEW: Final = 12
"""Sessions of a group that are shown."""


def explain(
    sessions: Any,
    params: str | Mapping[str, object] | Query,
    response: Mapping[str, Any],
    *,
    now: object = None,
    rules: Rules | None = None,
    projects: Mapping[str, int] | None = None,
    releases: Releases | None = None,
    tolerance: Tolerance = ROUNDED,
) -> Comparison:
    """Compare one response of an endpoint with the sessions that it should come from.

    Parameters
    ----------
    sessions : Sessions, data frame, or iterable of them
        As for `sessionstats.compute`.
    params : str, mapping or Query
        The request.
    response : mapping
        The decoded body (§8), or an answer of the protocol with ``status`` and ``body`` (§9).
    now : None, datetime, datetime64, str, int or float
        The instant of the request; by default the one that fits the window of the response.
    rules, projects, releases
        As for `sessionstats.compute`.
    tolerance : Tolerance

    Raises
    ------
    RequestError
        If the request is rejected.
    SessionStatsError
        If the response is not one of §8.

    Examples
    --------
    >>> sessions = Sessions(started=["2024-01-29T09:30:00Z"], project_id=[1], status=["crashed"])
    >>> request = "field=sum(session)&interval=1d&statsPeriod=1d&includeSeries=0"
    >>> response = {"groups": [{"by": {}, "totals": {"sum(session)": 2}}]}
    >>> print(explain(sessions, request, response, now="2024-01-29T12:00:00Z").findings[0].message)
    2 instead of 1
    """
    body = _body(response)
    query = params if isinstance(params, Query) else _query(params, body, now, rules, projects, releases)
    given = sessions if isinstance(sessions, Sessions) else sessions_of(sessions)
    whole = given if isinstance(given, Sessions) else Sessions.concat(given)
    expected = answer(whole, query).to_dict()
    oracle = Oracle.of(whole, query)
    another = another_request(query, body)
    findings, last_bits = (
        _compared(oracle, expected, body, tolerance) if another is None else ([another], LastBits())
    )
    outside = _outside(whole, query)
    comparable = another is None and outside is None and not (tolerance.users or tolerance.rank)
    searched: Causes | None = None
    if findings and comparable and not isinstance(params, Query):
        searched = causes_of(
            whole, params, query, body, findings, now=now, projects=projects, seconds=SECONDS
        )
    n_cells = query.include_totals + query.include_series * query.window.n_intervals
    return Comparison(
        query=query,
        findings=tuple(findings),
        last_bits=last_bits,
        absent=tuple(
            each.path.field or each.path.part
            for each in findings
            if each.path.group is None and each.actual is ABSENT
        ),
        n_groups=len(body["groups"]),
        n_values=0 if another else len(body["groups"]) * len(query.fields) * n_cells,
        n_sessions=len(whole),
        outside=outside,
        smallest=_smallest(oracle, findings),
        searched=searched,
    )


def _body(response: Mapping[str, Any]) -> dict[str, Any]:
    body = response.get("body", response) if isinstance(response, Mapping) else response
    if not isinstance(body, dict):
        raise SessionStatsError("the response is not an object")
    if isinstance(body.get("detail"), str):
        raise SessionStatsError(f"the response is an error: {body['detail']}")
    if not isinstance(body.get(GROUPS), list):
        raise SessionStatsError("the response has no list of groups")
    return body


def _query(
    params: str | Mapping[str, object],
    body: Mapping[str, Any],
    now: object,
    rules: Rules | None,
    projects: Mapping[str, int] | None,
    releases: Releases | None,
) -> Query:
    """The request at the instant that was given, or at the one that fits the window of the response."""
    context: dict[str, Any] = {"rules": rules, "projects": projects, "releases": releases}
    end = parse_iso(body["end"]) if isinstance(body.get("end"), str) else None
    if now is not None or end is None:
        return Query.parse(params, now=now, **context)
    guesses = [Query.parse(params, now=np.datetime64(at, "us"), **context) for at in (end - 1, end)]
    fitting = (query for query in guesses if format_instant(query.window.start) == body.get("start"))
    return next(fitting, guesses[-1])


def _outside(sessions: Sessions, query: Query) -> tuple[int, int] | None:
    """The first and the last start if no session lies in the window."""
    started = sessions.started.astype(np.int64)
    inside = (started >= query.window.start) & (started < query.window.end)
    return None if inside.any() or not started.size else (int(started.min()), int(started.max()))


def _compared(
    oracle: Oracle, expected: Mapping[str, Any], body: Mapping[str, Any], tolerance: Tolerance
) -> tuple[list[Finding], LastBits]:
    """What is wrong, that of the whole response first; and what differs only in its last bits."""
    found = list(_differences(oracle, expected, body, tolerance))
    last_bits = LastBits()
    last_bits.add(found)
    if tolerance.ulps:
        found = [finding for finding in found if finding.units is None]
    if _is_ordered(oracle.query, body["groups"]):
        found = [finding for finding in found if not _is_order(finding)]
    whole = as_a_whole(oracle.query, body)
    return [*whole, *(finding for finding in found if not is_part_of(finding, whole))], last_bits


def _differences(
    oracle: Oracle, expected: Mapping[str, Any], body: Mapping[str, Any], tolerance: Tolerance
) -> Iterator[Finding]:
    for name, section in FRAME.items():
        if name in body and not same(expected[name], body[name]):
            yield Finding(
                Path(None, None, name),
                expected[name],
                body[name],
                None,
                section,
                part_differs(name, expected[name], body[name]),
            )
    yield from compare_groups(oracle, expected, body, tolerance, ordered=False)


def _is_order(finding: Finding) -> bool:
    """Whether a finding is that the right groups are out of order."""
    return finding.path == Path(None, None, GROUPS) and finding.section == "7.1"


def _is_ordered(query: Query, groups: Sequence[Any]) -> bool:
    """Whether the groups are in the order of the totals that the response itself gives them."""
    order = query.order
    if order is None or isinstance(order, ByReleaseDate) or query.by_status:
        return False
    totals = [group.get(TOTALS) for group in groups if isinstance(group, dict)]
    values = [each.get(order.field.name, ABSENT) for each in totals if isinstance(each, dict)]
    if len(values) < len(groups) or not all(each is None or type(each) in (int, float) for each in values):
        return False
    sign = -1 if order.descending else 1
    ranks = [(each is None, 0 if each is None else sign * each) for each in values]
    return ranks == sorted(ranks)


def _smallest(oracle: Oracle, findings: Sequence[Finding]) -> tuple[GroupKey, list[dict[str, Any]]] | None:
    """The smallest base group that differs, if its sessions are few."""
    bases = {base_of(finding.path.group) for finding in findings if finding.path.group is not None}
    sizes = {base: len(oracle.cell(base, None)) for base in bases if base in oracle.index_of}
    if not sizes:
        return None
    base = min(sizes, key=lambda key: sizes[key])
    return (base, to_records(oracle.cell(base, None))) if sizes[base] <= FEW else None
