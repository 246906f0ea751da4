"""Comparing the groups of an answer (§5 to §8).

1. A group is an object whose ``by`` identifies it. Anything else, or a group that occurs twice, is reported
   and not compared further.
2. The groups are those of the page (`membership`).
3. The values of each that belongs there are compared with the kernel's for this group, even where another
   choice among equals was shown (`values`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sessionstats.testing.findings import ABSENT, Finding, GroupKey
from sessionstats.testing.membership import group_finding, wrong_groups
from sessionstats.testing.oracle import Oracle, base_of
from sessionstats.testing.shapes import problem_of_key
from sessionstats.testing.tolerance import Tolerance
from sessionstats.testing.values import compare_values

PARTS: Final = ("by", "totals", "series")
"""The parts of a group, in their order (§8)."""


def compare_groups(
    oracle: Oracle,
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    tolerance: Tolerance,
    *,
    ordered: bool,
) -> Iterator[Finding]:
    """What is wrong with the groups of a body.

    Parameters
    ----------
    oracle : Oracle
        Of the case.
    expected, actual : mapping
        Bodies (§8); `actual` has a list of groups.
    tolerance : Tolerance
    ordered : bool
        Whether the order of status groups and of keys counts.
    """
    names = oracle.query.group_by
    groups = {key_of(group, names): group for group in expected["groups"]}
    shown: dict[GroupKey, Mapping[str, Any]] = {}
    for number, group in enumerate(actual["groups"]):
        problem = _problem_of_group(group, names)
        if problem is not None:
            yield group_finding(None, ABSENT, group, "8", f"group {number}: {problem}")
        elif key_of(group, names) in shown:
            key = key_of(group, names)
            yield group_finding(key, ABSENT, dict(key), "5", "the group occurs twice")
        else:
            shown[key_of(group, names)] = group
    belonging = shown
    if list(shown) != list(groups):
        wrong = list(wrong_groups(oracle, list(groups), list(shown), tolerance))
        yield from wrong
        rejected = {finding.path.group for finding in wrong if finding.expected is ABSENT}
        belonging = {key: group for key, group in shown.items() if key not in rejected}
        groups |= _other_choices(oracle, [key for key in belonging if key not in groups])
    for key, group in belonging.items():
        yield from compare_values(oracle, key, groups[key], group, expected["intervals"], tolerance)
    if ordered:
        yield from _wrong_order(groups, belonging, names)


def key_of(group: Mapping[str, Any], names: Sequence[str]) -> GroupKey:
    """Key of a group of an answer, in the order of groupBy."""
    return tuple((name, group["by"][name]) for name in names)


def _problem_of_group(group: Any, names: Sequence[str]) -> str | None:
    """Why the group cannot be identified, or `None` (§8)."""
    if not isinstance(group, dict) or not isinstance(group.get("by"), dict):
        return "not an object with 'by'"
    if group["by"].keys() != set(names):
        return f"'by' has the keys {list(group['by'])} instead of {list(names)}"
    problems = (problem_of_key(name, value) for name, value in group["by"].items())
    return next((problem for problem in problems if problem is not None), None)


def _other_choices(oracle: Oracle, keys: Sequence[GroupKey]) -> dict[GroupKey, Mapping[str, Any]]:
    """The kernel's groups for keys that are right although its own answer shows others of equal rank."""
    if not keys:
        return {}
    groups = oracle.values({base_of(key) for key in keys})
    return {key_of(group, oracle.query.group_by): group for group in groups}


def _wrong_order(
    expected: Mapping[GroupKey, Mapping[str, Any]],
    actual: Mapping[GroupKey, Mapping[str, Any]],
    names: Sequence[str],
) -> Iterator[Finding]:
    """Status groups of one base group, and keys of objects, in the wrong order (§5, §8)."""
    rows: dict[GroupKey, list[GroupKey]] = {}
    for key in actual:
        rows.setdefault(base_of(key), []).append(key)
    in_order = [row for of_base in rows.values() for row in sorted(of_base, key=list(expected).index)]
    if list(actual) != in_order:
        keys = [dict(key) for key in in_order], [dict(key) for key in actual]
        yield group_finding(None, *keys, "5", "the status groups are in another order")
    for key, group in actual.items():
        for part in PARTS[1:]:
            fields = list(expected[key].get(part, ())), list(group.get(part, ()))
            if fields[0] != fields[1] and set(fields[0]) == set(fields[1]):
                yield group_finding(key, *fields, "8", f"the fields of {part!r} are in another order")
        orders = [part for part in PARTS if part in expected[key]], list(group)
        if orders[0] != orders[1] and set(orders[0]) == set(orders[1]):
            yield group_finding(key, *orders, "8", "the parts of the group are in another order")
        if list(group["by"]) != list(names):
            yield group_finding(
                key, list(names), list(group["by"]), "8", "the keys of 'by' are in another order"
            )
