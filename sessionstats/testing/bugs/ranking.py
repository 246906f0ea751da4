"""Groups, their order, the cap and pages (§5, §7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cmp_to_key, partial
from typing import Any, Final

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import (
    Answer,
    Bug,
    Case,
    Variant,
    bug,
    defined,
    retouched,
    with_groups,
    with_params,
    without,
)
from sessionstats.testing.bugs.paging import paged
from sessionstats.testing.model import ordering
from sessionstats.testing.model.aggregates import Value, contributes, kind
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.ordering import Group, Order
from sessionstats.testing.model.question import Question

Totals = list[tuple[Group, Value]]
"""Groups, each with the value that ranks it."""


def arranged(key: Any, detail: str = "") -> Variant:
    """A variant that compares ranking values differently."""
    return defined(detail, rank_key=key)


def unranked(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups by key, nulls last."""
    return [group for group, total in totals if total is not None] + [
        group for group, total in totals if total is None
    ]


def nulls_first(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups without a value before the others."""
    nulls = [group for group, total in totals if total is None]
    return nulls + ordering.ranked(d, [pair for pair in totals if pair[1] is not None], descending)


def nulls_as_zero(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups without a value as if it were 0."""
    return ordering.ranked(d, [(group, total or 0) for group, total in totals], descending)


def nulls_lowest(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups without a value before the others if ascending."""
    return (ordering.ranked if descending else nulls_first)(d, totals, descending)


def nulls_highest(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups without a value before the others if descending."""
    return (nulls_first if descending else ordering.ranked)(d, totals, descending)


def zeros_dropped(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups without those whose value is 0."""
    return ordering.ranked(d, [pair for pair in totals if pair[1] != 0], descending)


def empties_dropped(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups without those whose value is 0 or null."""
    return ordering.ranked(d, [pair for pair in totals if pair[1]], descending)


def shown_classes(field: str, statuses: frozenset[str] | None) -> frozenset[str] | None:
    """A count of the classes that are shown."""
    return statuses if kind(field) == "count" else None


def capped(points: Any, detail: str = "") -> Variant:
    """A variant with another cap."""
    return defined(detail, cap=points)


def right_cap(intervals: int, series: bool, points: int, classes: int) -> int:
    """The cap."""
    return ordering.cap(intervals, series, points, classes)


def of_bucket(place: int) -> Callable[[Question, Group, str], Value]:
    """The value of one bucket."""

    def value(question: Question, group: Group, field: str) -> Value:
        values = question.definitions.series(question, group, field)
        return values[place] if values else None

    return value


def as_text(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Values compared as text, in ascending order only."""
    texts = [(group, total) for group, total in totals if total is not None]
    texts.sort(key=lambda pair: str(pair[1]))
    nulls = [group for group, total in totals if total is None]
    return [group for group, _ in texts] + nulls


def empties_left_out(case: Case, answer: Answer) -> Answer:
    """Leave out the status groups whose values are all 0 or null."""
    groups = [
        group for group in answer["body"]["groups"] if "session.status" not in group["by"] or _has(group)
    ]
    return with_groups(answer, groups)


def _has(group: Mapping[str, Any]) -> bool:
    series = group.get("series", {}).values()
    return any(group.get("totals", {}).values()) or any(value for values in series for value in values)


def without_sessions(case: Case, answer: Answer) -> Answer:
    """Leave out the status groups without sessions, whatever their values, if there is one with some."""
    params = case["params"]
    if not isinstance(params, Mapping) or "session.status" not in str(params.get("groupBy")):
        return answer
    counted = {**params, "field": "sum(session)", "includeTotals": "1"}
    groups = model.answer({**case, "params": without("orderBy", "per_page", "cursor")(counted)})["body"]
    empty = [group["by"] for group in groups.get("groups", ()) if not group["totals"]["sum(session)"]]
    if len(empty) == len(groups.get("groups", ())):
        return answer
    return with_groups(answer, [group for group in answer["body"]["groups"] if group["by"] not in empty])


def project_as_text(case: Case, answer: Answer) -> Answer:
    """Write project ids as texts."""
    groups = [{**group, "by": _texts(group["by"])} for group in answer["body"]["groups"]]
    return with_groups(answer, groups)


def _texts(by: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if name == "project" and value is not None else value for name, value in by.items()
    }


def best_of_buckets(question: Question, order: Order, groups: list[Group]) -> list[Group]:
    """The groups that are on the page in any bucket."""
    series = [question.definitions.series(question, group, order.by) for group in groups]
    chosen: set[int] = set()
    for values in zip(*series, strict=True):
        there = [place for place, value in enumerate(values) if value]
        there.sort(key=values.__getitem__, reverse=order.descending)
        chosen.update(there[question.offset : question.offset + question.page])
    return [group for place, group in enumerate(groups) if place in chosen]


def by_whole_differences(d: Definitions, totals: Totals, descending: bool) -> list[Group]:
    """Groups compared by the whole part of a difference."""

    def difference(one: Any, other: Any) -> int:
        return int(other - one if descending else one - other)

    compared = cmp_to_key(difference)
    known = [pair for pair in totals if pair[1] is not None]
    known.sort(key=lambda pair: compared(pair[1]))
    return [group for group, _ in known] + [group for group, total in totals if total is None]


def other_direction(params: dict[str, Any]) -> dict[str, Any]:
    """An orderBy in the other direction."""
    order = params.get("orderBy")
    if not isinstance(order, str) or not order:
        return params
    return {**params, "orderBy": order[1:] if order.startswith("-") else f"-{order}"}


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "groups-of-nothing", "5", "Groups without data for any field appear",
        "A group needs data for at least one field: a user for counts of users, a duration for durations.",
        defined(contributes=lambda d, field, session: True),
        defined("for durations", contributes=lambda d, field, session: kind(field) == "duration"
                or contributes(d, field, session)),
        defined("for users", contributes=lambda d, field, session: kind(field) != "duration"
                or contributes(d, field, session)),
    ),
    bug(
        "zero-group-missing", "5", "Without sessions there is no group at all",
        "Without groupBy, or by status only, an answer has its groups of zeros even without sessions.",
        defined(of_nothing=list),
        reports=["getsentry/sentry#32157"],
    ),
    bug(
        "empty-status-groups-dropped", "5", "Status groups of zeros are left out",
        "Every base group appears once per health class, zeros included.",
        retouched("", empties_left_out), retouched("those without sessions", without_sessions),
    ),
    bug(
        "project-as-text", "5", "Projects are texts in the keys of groups",
        "A project is an integer.",
        retouched("", project_as_text),
    ),
    bug(
        "groups-of-zero-dropped", "5", "Groups whose ranking value is 0 are left out",
        "A group whose sessions do not count for the first field is still a group, with a 0.",
        defined(ranked=zeros_dropped), defined("or null", ranked=empties_dropped),
    ),
    bug(
        "first-field-ranks", "7.1", "Another field ranks the groups",
        "The first field ranks, except that ``sum(session)`` wins wherever it appears.",
        defined("the first", primary=lambda fields: fields[0]),
        defined("the last", primary=lambda fields: fields[-1]),
    ),
    bug(
        "ranked-by-shown-classes", "7.1", "Groups are ranked by the count of the selected health classes",
        "The count over all classes ranks, unless exactly one class is selected, and it is neither healthy "
        "nor errored.",
        defined(rank_classes=shown_classes),
        defined("or never are", rank_classes=lambda field, statuses: None),
    ),
    bug(
        "ranked-as-text", "7.1", "Ranking values are compared as text",
        "Values rank as numbers: 10 is more than 9.",
        arranged(str),
        defined("in reverse if ascending", ranked=as_text),
    ),
    bug(
        "ranked-by-part", "7.1", "Groups are ranked by a part of their value",
        "The total ranks, to its last digit.",
        arranged(math.floor, "without its fraction"),
        defined("differences below 1 are none", ranked=by_whole_differences),
        *(arranged(partial(round, ndigits=digits), f"to {digits} digits") for digits in (0, 1, 2, 3)),
        defined("that of the last bucket", rank_total=of_bucket(-1)),
        defined("that of the first bucket", rank_total=of_bucket(0)),
    ),
    bug(
        "groups-not-ranked", "7.1", "Groups are not ranked before they are cut",
        "A limit without an order keeps arbitrary groups; it must keep the first in rank.",
        defined(ranked=unranked),
        defined("but keep the order of their keys", ranked=lambda d, totals, descending: [g for g,
            _ in totals]),
        reports=["getsentry/sentry#31214"],
    ),
    bug(
        "order-ignored", "7.2", "The parameter orderBy has no effect",
        "``orderBy`` ranks the groups instead of the first field.",
        with_params("", without("orderBy")),
    ),
    bug(
        "order-reversed", "7.2", "Ascending and descending are swapped",
        "``orderBy=F`` is ascending and ``-F`` descending; without ``orderBy`` the largest comes first.",
        defined(ranked=lambda d, totals, descending: ordering.ranked(d, totals, not descending)),
        with_params("in orderBy", other_direction),
        defined("always ascending", ranked=lambda d, totals, descending: ordering.ranked(d, totals, False)),
        defined("always descending", ranked=lambda d, totals, descending: ordering.ranked(d, totals, True)),
    ),
    bug(
        "nulls-not-last", "7.3", "Groups without a value rank first, or as 0",
        "Null ranks last in both directions.",
        defined("first", ranked=nulls_first), defined("as 0", ranked=nulls_as_zero),
        defined("lowest", ranked=nulls_lowest), defined("highest", ranked=nulls_highest),
    ),
    bug(
        "cap-counts-status-groups", "7.4", "Status groups count towards the cap",
        "The cap and ``per_page`` count base groups; the status groups of one belong together.",
        capped(lambda n, series, points, classes: max(1, right_cap(n, series, points, classes) // classes)),
    ),
    bug(
        "cap-without-series", "7.4", "The cap counts intervals without series, or ignores them with series",
        "Without series a group is one data point.",
        capped(lambda n, series, points, classes: right_cap(n, True, points, classes)),
        capped(lambda n, series, points, classes: points, "ignores them"),
    ),
    bug(
        "cap-off-by-one", "7.4", "The cap is off by one group",
        "The cap is max(1, ⌊max_points / intervals⌋) groups; a page holds ``per_page`` of them.",
        capped(lambda n, series, points, classes: max(1, points // n) + 1 if series and n else points,
            "too many"),
        capped(lambda n, series, points, classes: max(1, right_cap(n, series, points, classes) - 1),
            "too few"),
        capped(lambda n, series, points, classes: max(1, points // max(1, n - 1)) if series else points,
            "as if there were one interval less"),
        capped(lambda n, series, points, classes: max(1, points // (n + 1)) if series else points,
            "as if there were one interval more"),
        capped(lambda n, series, points, classes: -(-points // n) if series and n else points, "rounded up"),
        paged(lambda q, order, groups: groups[q.offset : q.offset + q.page + 1], "on every page"),
        paged(lambda q, order, groups: groups[q.offset : q.offset + q.page - 1], "too few on every page"),
    ),
    bug(
        "cap-ignored", "7.4", "The cap on data points is not applied",
        "An answer holds at most 10,000 data points, groups × intervals; only the first in rank are kept.",
        capped(lambda n, series, points, classes: 10**9),
        capped(lambda n, series, points, classes: 10_000 // n if series and n else 10_000,
            "if it is not 10,000"),
    ),
    bug(
        "top-groups-per-bucket", "7.1", "The top groups are chosen in every bucket",
        "The groups are chosen once, by their totals: every bucket shows the same ones.",
        paged(best_of_buckets),
        reports=["apache/superset#3434"],
    ),
)  # fmt: skip
"""The bugs of this family."""
