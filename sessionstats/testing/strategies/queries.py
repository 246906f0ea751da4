"""One request: fields, grouping, filters, order and page (§2).

1. The frame provides the window, and the world the values to request.
2. Incompatible parts are not combined: rates come without status (§6.5), users with one class (§6.4), the
   order is allowed (§7.2), the page fits (§7.6). One request in sixteen ignores this, and is then usually
   rejected.
3. Small caps are chosen from the number of intervals, so that the cut falls among few groups (§7.4).
"""

from collections.abc import Sequence
from typing import Any, Final

from sessionstats.fields import STATUS
from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.claims import Claims
from sessionstats.testing.strategies.searches import search
from sessionstats.testing.strategies.windows import SECOND, Frame
from sessionstats.testing.strategies.worlds import SLUGS, World

BYTES: Final = 40
"""Bytes that choose a request, besides those of its frame, fields and search."""

MOST_FIELDS: Final = 4
"""Bytes that choose fields, one each."""

COMMON_FIELDS: Final = (
    "sum(session)",
    "count_unique(user)",
    "crash_free_rate(session)",
    "p50(session.duration)",
    "crash_free_rate(user)",
    "avg(session.duration)",
    "crash_rate(user)",
    "anr_rate()",
)
"""Fields that are requested more often than the others."""

GROUPINGS: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("release",),
    (STATUS,),
    ("project",),
    ("environment",),
    ("release",),
    ("release", STATUS),
    ("project", "release"),
    ("release", "environment"),
    (STATUS, "environment", "project"),
    ("environment", "release", "project"),
    (),
)
"""Groupings."""

JOINED: Final = (("release", "environment"), ("environment", "release", "project"))
"""Groupings that separate groups which would merge if their keys were joined."""

PAGES: Final = (1, 2, 3, 1, 5, 100, 2)
"""Values of ``per_page``."""

OFFSETS: Final = (0, 0, 1, 0, 2, 1, 0, 3)
"""Offsets of cursors."""

FIRST_OF_TWO: Final = {
    "interval": "12h",
    "statsPeriod": "3d",
    "per_page": 4,
    "cursor": "0:1:0",
    "includeSeries": 1,
    "includeTotals": 1,
}
"""Values before the last one, which counts, of parameters that take one (§2)."""

VALUES: Final = (0, 0, 1, 0, 7)
"""First parts of cursors, which mean nothing (§7.6)."""


def request(
    choices: Choices,
    names: Choices,
    text: Choices,
    world: World,
    frame: Frame,
    claims: Claims,
    *,
    metadata: bool,
) -> dict[str, Any]:
    """Choose a request without sessions and metadata.

    Parameters
    ----------
    choices, names, text : Choices
        For the request, its fields and its search.
    world : World
    frame : Frame
    claims : Claims
    metadata : bool
        Whether the case has release metadata.

    Returns
    -------
    dict
        ``now``, ``params``, and where they are not the default ``projects`` and ``rules``.
    """
    loose = choices.one_in(16) and claims.errors
    grouping = tuple(name for name in choices.pick(_groupings(choices, world)) if name in claims.group_by)
    query = search(text, world, metadata=metadata, status=True) if _searched(choices, world, claims) else ""
    every_field = choices.one_in(16)
    fields = (
        list(claims.fields_of(unhandled=world.edition.unhandled))
        if every_field
        else _fields(names, claims, world)
    )
    if not loose and (STATUS in grouping or STATUS in query):
        fields, grouping, query = _without_rates(fields, grouping, query)
    params: dict[str, Any] = {"field": fields, **frame.params}
    if grouping:
        params["groupBy"] = list(grouping)
    if query:
        params["query"] = query
    params.update(_filters(choices, claims, world, stage="release.stage" in query))
    rules = _rules(choices, claims, world, frame)
    by_release = metadata and (world.edition.order_by_release or claims.errors)
    params.update(_order(choices, claims, fields, grouping, query, by_release=by_release))
    params.update(_page(choices, claims, params, rules, frame))
    if choices.one_in(10) and claims.paging and claims.ordering and claims.includes:
        _repeat(choices, params)
    given: dict[str, Any] = {"now": frame.now, "params": params}
    if world.accessible is not None:
        given["projects"] = dict(world.accessible)
    if rules:
        # The name of an edition alone may be sent without an object around it (§9).
        given["rules"] = rules["edition"] if rules.keys() == {"edition"} and choices.one_in(2) else rules
    return given


def _groupings(choices: Choices, world: World) -> Sequence[tuple[str, ...]]:
    """All groupings, or those where the odd values of the world meet."""
    about = choices.one_in(2)
    if world.about == "both":
        return JOINED
    if not about:
        return GROUPINGS
    return [each for each in GROUPINGS if world.about in each] or GROUPINGS


def _repeat(choices: Choices, params: dict[str, Any]) -> None:
    """Give a parameter twice, in place: of those that take one value the last counts (§2)."""
    name = choices.pick([name for name in ("groupBy", *FIRST_OF_TWO) if name in params] or [""])
    if name == "groupBy":
        params[name].append(params[name][0])
    elif name:
        params[name] = [FIRST_OF_TWO[name], params[name]]


def _searched(choices: Choices, world: World, claims: Claims) -> bool:
    return choices.below(4) > (0 if world.versioned else 1) and claims.search


def _fields(names: Choices, claims: Claims, world: World) -> list[str]:
    known = claims.fields_of(unhandled=world.edition.unhandled)
    common = tuple(name for name in COMMON_FIELDS if name in known)
    pool = common + common + known
    users_matter = world.about == "user" and "count_unique(user)" in known
    fields = ["count_unique(user)" if users_matter else names.pick(pool)]
    while not names.exhausted:
        fields.append(names.pick(pool))
    return fields


def _without_rates(
    fields: list[str], grouping: tuple[str, ...], query: str
) -> tuple[list[str], tuple[str, ...], str]:
    """Leave out the rates or, if nothing else is requested, the status (§6.4, §6.5)."""
    kept = [name for name in fields if "_rate(" not in name]
    if not kept:
        grouping = tuple(name for name in grouping if name != STATUS)
        return fields, grouping, "" if STATUS in query else query
    several = "[" in query.partition(STATUS)[2] or f"!{STATUS}" in query or f"has:{STATUS}" in query
    if STATUS not in grouping and STATUS in query and several:
        counted = [name for name in kept if name != "count_unique(user)"]
        return (counted, grouping, query) if counted else (kept, grouping, "")
    return kept, grouping, query


def _filters(choices: Choices, claims: Claims, world: World, *, stage: bool) -> dict[str, Any]:
    environments, projects = choices.below(9), choices.below(8)
    if not claims.filters:
        return {}
    filters: dict[str, Any] = {}
    given = [text or "" for text in world.environments]
    if stage:
        filters["environment"] = choices.pick(("production", "dev"))
    elif environments > 6:
        filters["environment"] = given[1:] if environments == 8 else choices.pick(given)
        if environments == 7 and choices.one_in(4):
            filters["environment"] = filters["environment"].swapcase()
    if projects > 5:
        ids = list(world.accessible.values() if world.accessible else world.projects)
        twice = [str(number) for number in (*ids, ids[0])]
        asked: Sequence[Any] = (ids[:1], twice, "-1", ids[-1:], [ids[0], -1])
        if world.edition.project_slugs:
            asked = (*asked, *_slugs(world, ids, claims))
        filters["project"] = choices.pick(asked)
    return filters


def _slugs(world: World, ids: Sequence[int], claims: Claims) -> list[Any]:
    """Values of ``project``: slugs, ids and empty ones mixed; unknown ones if errors are claimed (§2)."""
    asked: list[Any] = ["", ["", str(ids[0])]]
    if world.accessible:
        slugs = list(world.accessible)
        asked += [slugs[0], [slugs[-1], ids[0]], ["", slugs[0]], [*slugs, *ids], ["-1", "nowhere"]]
    if claims.errors:
        asked += [["nowhere", ids[0]], SLUGS[ids[0]], "three", [ids[0], " "]]
    return asked


def _rules(choices: Choices, claims: Claims, world: World, frame: Frame) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    groups, beside = choices.pick((0, 0, 0, 1, 2, 3, 5)), choices.pick((0, 0, -1, 1))
    if claims.limits and groups:
        rules["max_points"] = max(1, frame.n_intervals * groups + beside)
    if claims.limits and choices.one_in(10):
        rules["max_intervals"] = max(1, frame.n_intervals - (choices.one_in(3) and claims.errors))
    if frame.step % (world.edition.min_interval * SECOND):
        rules["min_interval"] = 10
    return {**world.rules, **rules}


def _order(
    choices: Choices,
    claims: Claims,
    fields: list[str],
    grouping: tuple[str, ...],
    query: str,
    *,
    by_release: bool,
) -> dict[str, Any]:
    ordered, field, sign = choices.one_in(4), choices.pick(fields), choices.pick(("", "-"))
    if not claims.ordering:
        return {}
    if by_release and "release" in grouping and ordered and not _nested(query):
        return {"orderBy": f"{sign}release.timestamp"}
    if ordered and STATUS not in grouping and STATUS not in query:
        return {"orderBy": sign + field}
    return {}


def _nested(query: str) -> bool:
    """Whether an environment term may be below the top level (§7.5)."""
    return "environment" in query and ("(" in query or " or " in query.lower())


def _page(
    choices: Choices, claims: Claims, params: dict[str, Any], rules: dict[str, Any], frame: Frame
) -> dict[str, Any]:
    paged, size, offset = choices.one_in(3), choices.pick(PAGES), choices.pick(OFFSETS)
    shown = choices.below(10)
    page: dict[str, Any] = {}
    if claims.includes and shown > 7:
        page["includeTotals" if shown == 8 else "includeSeries"] = choices.pick(("0", 0))
    if not claims.paging or not paged:
        return page
    if "includeSeries" not in page:
        most = rules.get("max_points", 10_000) // frame.n_intervals
        if not most and not claims.errors:
            return page
        size = min(size, max(1, most))
    page["per_page"] = size
    if claims.limits and choices.one_in(6):
        rules["max_per_page"] = max(1, size - choices.pick((0, 1, 0, 50)) * claims.errors)
    if offset and "groupBy" in params and "timestamp" not in params.get("orderBy", ""):
        previous, value = choices.below(2), choices.pick(VALUES)
        page["cursor"] = f"{value}:{offset}:{previous}"
    return page
