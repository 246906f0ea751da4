"""What a response is about as a whole, before its values are compared.

1. A response that is grouped by other names, whose window is more than a day away, or whose intervals have
   another length, answers another request. That is one finding, and nothing else is worth comparing: a window
   that is only wrong (§3.5) is nearer.
2. What the whole response lacks, a field, the totals or the series, is one finding; so is what was not
   requested.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sessionstats.instants import DAY, format_instant, parse_iso
from sessionstats.request.query import Query
from sessionstats.testing.findings import ABSENT, GROUPS, SERIES, TOTALS, Finding, Path


def another_request(query: Query, body: Mapping[str, Any]) -> Finding | None:
    """What shows that a response answers another request.

    Parameters
    ----------
    query : Query
    body : mapping
        The response; it has a list of groups.

    Returns
    -------
    Finding or None
        `None` if it seems to answer this one.
    """
    return _other_groups(query, body) or _other_period(query, body) or _other_interval(query, body)


def as_a_whole(query: Query, body: Mapping[str, Any]) -> list[Finding]:
    """What no group has although it was requested, and what some have although it was not.

    Parameters
    ----------
    query : Query
    body : mapping
        The response; it has a list of groups.

    Returns
    -------
    list of Finding
        The path of each names a field, or a part of the groups.
    """
    groups = _groups(body)
    included = {TOTALS: query.include_totals, SERIES: query.include_series}
    present = [part for part in included if any(isinstance(group.get(part), dict) for group in groups)]
    right = [part for part in present if included[part]]
    given = {name: None for group in groups for part in right for name in group.get(part) or ()}
    fields = [field.name for field in query.fields]
    absent = [part for part in included if included[part] and part not in present] if groups else []
    absent += [name for name in fields if right and name not in given]
    further = [part for part in present if not included[part]]
    further += [name for name in given if name not in fields]
    return [*map(_absent, absent), *map(_not_requested, further)]


def is_part_of(finding: Finding, whole: Sequence[Finding]) -> bool:
    """Whether a finding in one group says no more than one of `as_a_whole`."""
    path = finding.path
    return any(
        (each.path.field == path.field if each.path.field else each.path.part == path.part)
        and (finding.expected if each.expected is ABSENT else finding.actual) is ABSENT
        for each in whole
    )


def _other_groups(query: Query, body: Mapping[str, Any]) -> Finding | None:
    names = {frozenset(group["by"]) for group in _groups(body) if isinstance(group.get("by"), dict)}
    if len(names) != 1 or names == {frozenset(query.group_by)}:
        return None
    given = sorted(*names)
    shown, right = (" and ".join(those) or "nothing" for those in (given, query.group_by))
    message = f"the response is grouped by {shown} instead of {right}"
    return Finding(Path(None, None, GROUPS), list(query.group_by), given, None, "5", message)


def _other_period(query: Query, body: Mapping[str, Any]) -> Finding | None:
    for name, right in (("start", query.window.start), ("end", query.window.end)):
        (given,) = _instants([body.get(name)]) or (right,)
        if abs(given - right) > DAY:
            message = f"{body[name]} instead of {format_instant(right)}: the response is for another period"
            return Finding(Path(None, None, name), format_instant(right), body[name], None, "3.5", message)
    return None


def _other_interval(query: Query, body: Mapping[str, Any]) -> Finding | None:
    intervals = body.get("intervals")
    starts = _instants(intervals[:2]) if isinstance(intervals, list) else []
    if len(starts) < 2 or starts[1] - starts[0] == query.window.interval:
        return None
    lengths = timedelta(microseconds=starts[1] - starts[0]), query.window.interval_length
    message = f"intervals of {lengths[0]} instead of {lengths[1]}: the response is for another interval"
    return Finding(Path(None, None, "intervals"), ABSENT, intervals, None, "3.5", message)


def _instants(values: Sequence[Any]) -> list[int]:
    """The instants that these are; none if one of them is not one."""
    instants = [parse_iso(value) if isinstance(value, str) else None for value in values]
    known = [instant for instant in instants if instant is not None]
    return known if len(known) == len(values) else []


def _groups(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [group for group in body[GROUPS] if isinstance(group, dict)]


def _absent(name: str) -> Finding:
    message = f"no group of the response has {name!r}"
    return Finding(_path(name), "in every group", ABSENT, None, "8", message)


def _not_requested(name: str) -> Finding:
    return Finding(_path(name), ABSENT, "in the response", None, "8", f"{name!r} was not requested")


def _path(name: str) -> Path:
    return Path(None, None, name) if name in (TOTALS, SERIES) else Path(None, name, GROUPS)
