"""The answer to one request (§2.2, §8, §9): validated in one order, the first failure is the answer.

1. The shape of the request; its session rows; the metadata (§9, §2.2).
2. per_page and cursor; projects; fields; groupBy; interval; dates; number of intervals (§2.2).
3. Search query; fields against status; orderBy; per_page against the points limit; include* (§2.2).
4. Groups, totals and series; the page and its links (§7.6, §8).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from . import conditions, ordering, parameters, window
from .aggregates import kind
from .definitions import DEFINITIONS, Definitions
from .errors import Rejection
from .instants import SECOND, to_text
from .ordering import Group, Order
from .parameters import Parameters
from .question import LIMIT, Question
from .request import Request, may_be_unhandled, read_request, read_shape, reject_repeated_releases
from .rows import Row, read_rows
from .search import parse


def answer(
    request: Any, definitions: Definitions = DEFINITIONS, rows: list[Row] | None = None
) -> dict[str, Any]:
    """The protocol's answer to one decoded request (§9), by the semantics or by other definitions.

    `rows` are its session rows, if they were read before by the same definitions (`read`).
    """
    # silent (§9): a request without an id is answered with the id null.
    given = request.get("id") if isinstance(request, dict) else None
    try:
        # silent (§2.2): something that is not a request at all is rejected before its rows are read.
        rows = read(request, definitions) if rows is None else rows
        sessions = definitions.fold(definitions, rows)
        return {"id": given, "status": 200, **respond(definitions, read_request(request), sessions)}
    except Rejection as rejection:
        return {"id": given, "status": rejection.status, "body": {"detail": rejection.detail}}


def read(request: Any, definitions: Definitions = DEFINITIONS) -> list[Row]:
    """The session rows of a request, or the first error in them (§1.4)."""
    sessions = read_shape(request)
    return read_rows(definitions, sessions, unhandled=may_be_unhandled(request.get("rules")))


def respond(d: Definitions, request: Request, sessions: list[Row]) -> dict[str, Any]:
    """Everything that can fail once the rows are valid, in the order of §2.2; then the body and the links."""
    reject_repeated_releases(request.releases)
    params = Parameters(request.params)
    question = read_question(d, request, params, sessions)
    if question.statuses is not None and not question.statuses:
        return report(question, [], [])
    validate_fields(question)
    if not question.counted:
        return report(question, [], [])
    order = read_order(params, question)
    validate_points(question)
    if not question.totals and not question.series:
        raise Rejection("Cannot omit both series and totals")
    if not question.window.buckets:
        return report(question, [], [])
    if order is not None and question.by_timestamp:
        return newest(question, order)
    return best(question, order)


def read_question(d: Definitions, request: Request, params: Parameters, sessions: list[Row]) -> Question:
    """From per_page to the search query (§2.2), with the sessions that all filters but status select."""
    rules = request.rules
    per_page, offset = parameters.read_per_page(d, params, rules), parameters.read_offset(params)
    selected = parameters.read_projects(d, params, request.projects, rules)
    fields, group_by = parameters.read_fields(params, rules), parameters.read_group_by(params)
    interval = window.read_interval(d, params, rules)
    within = window.make_window(d, d.dates(d, params, request.now), interval, request.now, rules)
    query, environments = params.filled("query") or "", params.many("environment")
    tree = parse(d, query)
    context = conditions.Context(request.projects, selected, environments, request.releases, rules, d)
    predicates = conditions.validate_terms(tree, context)
    chosen = [
        session
        for session in sessions
        if d.inside(within, session.started)
        and (selected is None or session.project in selected)
        and (not environments or session.environment in environments)
        and conditions.holds(tree, session, predicates)
    ]
    statuses = d.status_filter(tree, rules)
    chosen = d.counting(d, chosen, statuses)
    return Question(
        d, rules, per_page, offset, selected, environments, fields, group_by, within, query, tree,
        statuses, request.releases, chosen,
        params.one("includeTotals") != "0", params.one("includeSeries") != "0",
        rules.order_by_release
        and [text.removeprefix("-") for text in params.order_by()] == ["release.timestamp"],
    )  # fmt: skip


def validate_fields(question: Question) -> None:
    """Check fields against grouping, then against filtering by status, field by field (§6.4, §6.5)."""
    for field in question.fields:
        if kind(field) == "rate":
            if question.split_by is not None:
                raise Rejection(f"Cannot group field {field} by session.status")
            if question.statuses is not None:
                raise Rejection(f"Cannot filter field {field} by session.status")
        several = question.statuses is not None and len(question.statuses) > 1
        if field == "count_unique(user)" and several and question.split_by is None:
            raise Rejection("Cannot filter count_unique by multiple session.status unless it is in groupBy")


def read_order(params: Parameters, question: Question) -> Order | None:
    """`orderBy`, which must be a requested field or release.timestamp (§7.2, §7.5)."""
    texts = params.order_by()
    if len(texts) > 1:
        raise Rejection("Cannot order by multiple fields")
    if not texts:
        return None
    order = Order(texts[0].removeprefix("-"), texts[0].startswith("-"))
    if question.by_timestamp:
        validate_timestamp(question)
        return order
    if question.split_by is not None:
        raise Rejection("Cannot use 'orderBy' when grouping by sessions.status")
    if order.by not in question.fields:
        raise Rejection("'orderBy' must be one of the provided 'fields'")
    statuses = question.statuses
    unclear = statuses is not None and (len(statuses) > 1 or bool(statuses & {"healthy", "errored"}))
    if order.by not in question.counted or (kind(order.by) == "count" and unclear):
        raise Rejection(f"Cannot order by {order.by} with the current filters")
    return order


def validate_timestamp(question: Question) -> None:
    """Check what ordering by release.timestamp needs, in the order of its errors (§7.5)."""
    if "release" not in question.group_by:
        raise Rejection("To sort by release.timestamp, tag release must be in the groupBy")
    if question.releases is None:
        raise Rejection("orderBy=release.timestamp needs release metadata: supply releases")
    if question.per_page is not None and question.per_page > LIMIT:
        raise Rejection(
            "This limit is too high for queries that requests a preflight query. "
            "Please choose a limit below 100"
        )
    if question.offset > 0:
        raise Rejection(
            "Passing an offset value greater than 0 when ordering by release.timestamp is not permitted"
        )
    conditions.misplaced(question.tree, "environment")


def validate_points(question: Question) -> None:
    """Check `per_page` against the points limit; only with series (§7.6)."""
    if question.per_page is None or not question.series:
        return
    if len(question.window.buckets) * question.per_page > question.rules.max_points:
        interval = timedelta(seconds=question.window.interval // SECOND)
        width = timedelta(seconds=(question.window.end - question.window.start) // SECOND)
        raise Rejection(
            f"Requested interval of timedelta of {interval} with statsPeriod timedelta of {width} "
            f"is too granular for a per_page of {question.per_page} elements. "
            "Increase your interval, decrease your statsPeriod, or decrease your per_page parameter."
        )


def best(question: Question, order: Order | None) -> dict[str, Any]:
    """The page of base groups ranked by a field (§7.1, §7.6)."""
    fields = question.counted
    d = question.definitions
    order = order or Order(d.primary(fields), descending=True)
    groups = ranking(question, order)
    page = d.page(question, order, groups)
    return report(question, groups, ordering.split(page, question.split_by))


def ranking(question: Question, order: Order) -> list[Group]:
    """Every base group, in the order of a field (§7.1 to §7.3)."""
    d = question.definitions
    groups = ordering.base_groups(d, question.sessions, question.group_by, question.counted)
    totals = [(group, d.rank_total(question, group, order.by)) for group in groups]
    return d.ranked(d, [(replace(group, rank=total), total) for group, total in totals], order.descending)


def newest(question: Question, order: Order) -> dict[str, Any]:
    """The page of answer groups ranked by the date of their release (§7.5)."""
    groups = ordering.base_groups(
        question.definitions, question.sessions, question.group_by, question.counted
    )
    releases = ordering.own_releases(
        question.releases or [], question.selected, question.environments, question.tree
    )
    if order.descending:
        releases.reverse()
    page = ordering.by_timestamp(groups, releases, question.group_by, question.split_by, question.most)
    groups = ordering.by_timestamp(groups, releases, question.group_by, question.split_by)
    return report(question, groups, page[: question.page])


def report(question: Question, ranked: list[Group], page: list[Group]) -> dict[str, Any]:
    """The body, and the links when per_page was given (§8, §7.6)."""
    body = {
        "groups": [describe(question, group) for group in page],
        "start": to_text(question.window.start),
        "end": to_text(question.window.end),
        "intervals": [to_text(bucket) for bucket in question.window.buckets],
        "query": question.query,
    }
    if question.per_page is None:
        return {"body": body}
    offset, size = question.offset, question.page
    previous = {"cursor": f"0:{max(0, offset - size)}:1", "results": offset > 0}
    following = {"cursor": f"0:{offset + size}:0", "results": len(ranked) > offset + size}
    return {"body": body, "links": {"previous": previous, "next": following}}


def describe(question: Question, group: Group) -> dict[str, Any]:
    """One group of the answer: its keys, totals and series (§8)."""
    d = question.definitions
    by = {name: group.status if name == conditions.STATUS else group.by[name] for name in question.group_by}
    described: dict[str, Any] = {"by": by}
    if question.totals:
        described["totals"] = {field: d.total(question, group, field) for field in question.fields}
    if question.series:
        described["series"] = {field: d.series(question, group, field) for field in question.fields}
    return described
