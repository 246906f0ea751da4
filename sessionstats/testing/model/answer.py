"""The answer to one request (§2.2, §8, §9): everything is judged in one order, the first failure answers.

1. The shape of the request; its session rows; the metadata (§9, §2.2).
2. per_page and cursor; projects; fields; groupBy; interval; dates; number of intervals (§2.2).
3. Search query; fields against status; orderBy; per_page against the points limit; include* (§2.2).
4. Groups, totals and series; the page and its links (§7.6, §8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from . import conditions, ordering, parameters, window
from .aggregates import Value, kind, value
from .errors import Refusal
from .folding import fold
from .instants import SECOND, to_text
from .ordering import Group, Order
from .parameters import Parameters
from .request import (
    Release,
    Request,
    Rules,
    may_be_unhandled,
    read_request,
    read_shape,
    refuse_repeated_releases,
)
from .rows import Row, read_rows
from .search import All, parse
from .window import Window

LIMIT = 100
"""The most groups per page, and the default, when ordering by release.timestamp (§7.5)."""


@dataclass(frozen=True)
class Question:
    """A request as far as it is judged before the fields meet the status (§2.2)."""

    rules: Rules
    per_page: int | None
    offset: int
    selected: frozenset[int] | None
    environments: list[str]
    fields: list[str]
    group_by: list[str]
    window: Window
    query: str
    tree: All
    statuses: frozenset[str] | None
    releases: list[Release] | None
    sessions: list[Row]
    totals: bool
    series: bool
    by_timestamp: bool

    @property
    def counted(self) -> list[str]:
        """The fields that §6.4 leaves in."""
        left_out = self.statuses is not None and "healthy" not in self.statuses
        return [field for field in self.fields if not (left_out and kind(field) == "duration")]

    @property
    def split_by(self) -> list[str] | None:
        """The classes that base groups are split into; None if not grouped by status (§5)."""
        if conditions.STATUS not in self.group_by:
            return None
        return [name for name in self.rules.classes if self.statuses is None or name in self.statuses]

    @property
    def page(self) -> int:
        """How many groups a page holds (§7.4, §7.6), or rows if ordered by release.timestamp (§7.5)."""
        if self.by_timestamp:
            return LIMIT if self.per_page is None else self.per_page
        most = ordering.cap(len(self.window.buckets), self.series, self.rules)
        return most if self.per_page is None else min(self.per_page, most)


def answer(request: Any) -> dict[str, Any]:
    """The protocol's answer to one decoded request (§9)."""
    # silent (§9): a request without an id is answered with the id null.
    given = request.get("id") if isinstance(request, dict) else None
    try:
        # silent (§2.2): what is no request at all is refused before its rows are looked at.
        rows = read_rows(read_shape(request), unhandled=may_be_unhandled(request.get("rules")))
        return {"id": given, "status": 200, **judge(read_request(request), fold(rows))}
    except Refusal as refusal:
        return {"id": given, "status": refusal.status, "body": {"detail": refusal.detail}}


def judge(request: Request, sessions: list[Row]) -> dict[str, Any]:
    """Everything that can fail once the rows are good, in the order of §2.2; then the body and the links."""
    refuse_repeated_releases(request.releases)
    params = Parameters(request.params)
    question = read_question(request, params, sessions)
    if question.statuses is not None and not question.statuses:
        return report(question, [], [])
    judge_fields(question)
    if not question.counted:
        return report(question, [], [])
    order = read_order(params, question)
    judge_points(question)
    if not question.totals and not question.series:
        raise Refusal("Cannot omit both series and totals")
    if not question.window.buckets:
        return report(question, [], [])
    if order is not None and question.by_timestamp:
        return newest(question, order)
    return best(question, order)


def read_question(request: Request, params: Parameters, sessions: list[Row]) -> Question:
    """From per_page to the search query (§2.2), with the sessions that all filters but status select."""
    rules = request.rules
    per_page, offset = parameters.read_per_page(params, rules), parameters.read_offset(params)
    selected = parameters.read_projects(params, request.projects, rules)
    fields, group_by = parameters.read_fields(params, rules), parameters.read_group_by(params)
    interval = window.read_interval(params, rules)
    within = window.make_window(window.read_dates(params, request.now), interval, request.now, rules)
    query, environments = params.filled("query") or "", params.many("environment")
    tree = parse(query)
    context = conditions.Context(request.projects, selected, environments, request.releases, rules)
    predicates = conditions.judge_terms(tree, context)
    chosen = [
        session
        for session in sessions
        if within.start <= session.started < within.end
        and (selected is None or session.project in selected)
        and (not environments or session.environment in environments)
        and conditions.holds(tree, session, predicates)
    ]
    return Question(
        rules, per_page, offset, selected, environments, fields, group_by, within, query, tree,
        conditions.status_filter(tree, rules), request.releases, chosen,
        params.one("includeTotals") != "0", params.one("includeSeries") != "0",
        rules.order_by_release
        and [text.removeprefix("-") for text in params.order_by()] == ["release.timestamp"],
    )  # fmt: skip


def judge_fields(question: Question) -> None:
    """Fields against grouping, then against filtering by status, field by field (§6.4, §6.5)."""
    for field in question.fields:
        if kind(field) == "rate":
            if question.split_by is not None:
                raise Refusal(f"Cannot group field {field} by session.status")
            if question.statuses is not None:
                raise Refusal(f"Cannot filter field {field} by session.status")
        several = question.statuses is not None and len(question.statuses) > 1
        if field == "count_unique(user)" and several and question.split_by is None:
            raise Refusal("Cannot filter count_unique by multiple session.status unless it is in groupBy")


def read_order(params: Parameters, question: Question) -> Order | None:
    """`orderBy`, which must be a requested field or release.timestamp (§7.2, §7.5)."""
    texts = params.order_by()
    if len(texts) > 1:
        raise Refusal("Cannot order by multiple fields")
    if not texts:
        return None
    order = Order(texts[0].removeprefix("-"), texts[0].startswith("-"))
    if question.by_timestamp:
        judge_timestamp(question)
        return order
    if question.split_by is not None:
        raise Refusal("Cannot use 'orderBy' when grouping by sessions.status")
    if order.by not in question.fields:
        raise Refusal("'orderBy' must be one of the provided 'fields'")
    statuses = question.statuses
    unclear = statuses is not None and (len(statuses) > 1 or bool(statuses & {"healthy", "errored"}))
    if order.by not in question.counted or (kind(order.by) == "count" and unclear):
        raise Refusal(f"Cannot order by {order.by} with the current filters")
    return order


def judge_timestamp(question: Question) -> None:
    """What ordering by release.timestamp needs, in the order of its errors (§7.5)."""
    if "release" not in question.group_by:
        raise Refusal("To sort by release.timestamp, tag release must be in the groupBy")
    if question.releases is None:
        raise Refusal("orderBy=release.timestamp needs release metadata: supply releases")
    if question.per_page is not None and question.per_page > LIMIT:
        raise Refusal(
            "This limit is too high for queries that requests a preflight query. "
            "Please choose a limit below 100"
        )
    if question.offset > 0:
        raise Refusal(
            "Passing an offset value greater than 0 when ordering by release.timestamp is not permitted"
        )
    conditions.misplaced(question.tree, "environment")


def judge_points(question: Question) -> None:
    """`per_page` against the points limit; only with series (§7.6)."""
    if question.per_page is None or not question.series:
        return
    if len(question.window.buckets) * question.per_page > question.rules.max_points:
        interval = timedelta(seconds=question.window.interval // SECOND)
        width = timedelta(seconds=(question.window.end - question.window.start) // SECOND)
        raise Refusal(
            f"Requested interval of timedelta of {interval} with statsPeriod timedelta of {width} "
            f"is too granular for a per_page of {question.per_page} elements. "
            "Increase your interval, decrease your statsPeriod, or decrease your per_page parameter."
        )


def best(question: Question, order: Order | None) -> dict[str, Any]:
    """The page of base groups ranked by a field (§7.1, §7.6)."""
    fields = question.counted
    groups = ordering.base_groups(question.sessions, question.group_by, fields)
    by = ordering.primary(fields) if order is None else order.by
    groups = ordering.ranked(groups, by, order is None or order.descending, question.statuses)
    page = groups[question.offset : question.offset + question.page]
    return report(question, groups, ordering.split(page, question.split_by))


def newest(question: Question, order: Order) -> dict[str, Any]:
    """The page of answer groups ranked by the date of their release (§7.5)."""
    groups = ordering.base_groups(question.sessions, question.group_by, question.counted)
    releases = ordering.own_releases(
        question.releases or [], question.selected, question.environments, question.tree
    )
    if order.descending:
        releases.reverse()
    most = ordering.cap(len(question.window.buckets), question.series, question.rules)
    page = ordering.by_timestamp(groups, releases, question.group_by, question.split_by, most)
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
    by = {name: group.status if name == conditions.STATUS else group.by[name] for name in question.group_by}
    described: dict[str, Any] = {"by": by}
    if question.totals:
        described["totals"] = {field: cell(question, group, field) for field in question.fields}
    if question.series:
        described["series"] = {field: series(question, group, field) for field in question.fields}
    return described


def series(question: Question, group: Group, field: str) -> list[Value]:
    """A field in every bucket, each from its own sessions (§6, §6.6)."""
    within = question.window
    buckets: list[list[Row]] = [[] for _ in within.buckets]
    for session in group.sessions:
        buckets[(session.started - within.start) // within.interval].append(session)
    missing = cell(question, Group(group.by, [], group.status), field)
    return [
        cell(question, Group(group.by, sessions, group.status), field) if sessions else missing
        for sessions in buckets
    ]


def cell(question: Question, group: Group, field: str) -> Value:
    """A field over a group's sessions, with its class or the status filter applied (§6.4)."""
    classes = question.statuses if group.status is None else frozenset([group.status])
    return value(field, group.sessions, classes)
