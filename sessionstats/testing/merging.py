"""Groups under other names: which known bugs give the groups of a response (§5).

1. If groups are missing or should not be there, one session of every base group is grouped by each variant
   that may change groups; those that lose and make just these groups are kept.
2. What such a variant puts together is one group from there on, with the sessions of all that it holds.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sessionstats.testing.asking import Asked, Few
from sessionstats.testing.findings import ABSENT, GROUPS, Finding, GroupKey
from sessionstats.testing.hypotheses import RIGHT, Hypothesis, replaced
from sessionstats.testing.oracle import base_of

Renamed: TypeAlias = Mapping[GroupKey, GroupKey]
"""The group that the sessions of each base group are in instead."""

OF_NAMES: Final = frozenset({"column", "fold", "group_key"})
"""The definitions that may put sessions into another group."""

FIRST: Final = 30
"""Groups that are missing, of which a change of texts would change some."""

MOST_GROUPS: Final = 3000
"""Groups up to which this is tried."""


class Renaming(NamedTuple):
    """A hypothesis that explains the groups of a response.

    Parameters
    ----------
    hypothesis : Hypothesis
    renamed : mapping
        The base groups whose sessions it puts into another.
    """

    hypothesis: Hypothesis
    renamed: Renamed


def other_groups(findings: Iterable[Finding]) -> tuple[set[GroupKey], set[GroupKey]]:
    """The base groups that are missing, and those that should not be there."""
    of_groups = [each for each in findings if each.path.part == GROUPS and each.path.group is not None]
    missing = {base_of(each.path.group or ()) for each in of_groups if each.actual is ABSENT}
    return missing, {base_of(each.path.group or ()) for each in of_groups if each.expected is ABSENT}


def renamings(
    asked: Asked,
    firsts: Mapping[GroupKey, Mapping[str, Any]],
    missing: Collection[GroupKey],
    extra: Collection[GroupKey],
    possible: Iterable[Hypothesis],
) -> list[Renaming]:
    """The hypotheses that give the groups of a response.

    Parameters
    ----------
    asked : Asked
        The request.
    firsts : mapping
        The first session of every base group, in their order.
    missing, extra : collection of group keys
        The base groups that the response lacks, and those that it should not have.
    possible : iterable of Hypothesis
        Those to try.
    """
    if not firsts or len(firsts) > MOST_GROUPS:
        return []
    bases = list(firsts)
    lost = [base for base in bases if base in missing]
    first, few = _tagged(asked, firsts, lost[:FIRST] or bases[:FIRST]), _tagged(asked, firsts, bases)
    known = {*bases, *extra}
    found = []
    for each in possible:
        names = replaced(each.variant).keys() & OF_NAMES
        if not names and each.variant.alter is RIGHT.alter:
            continue
        some = _renamed(asked, first, each)
        others = {new for old, new in some.items() if old != new}
        if not others <= known or (not others and (extra or names <= {"fold"})):
            continue
        renamed = _renamed(asked, few, each)
        given = set(renamed.values())
        if renamed and (set(lost), set(extra)) == (set(bases) - given, given - set(bases)):
            found.append(Renaming(each, {old: new for old, new in renamed.items() if old != new}))
    return found


class _Tagged(NamedTuple):
    """One session of each of some base groups, whose user is the number of its group."""

    few: Few
    bases: Sequence[GroupKey]


def _tagged(asked: Asked, firsts: Mapping[GroupKey, Mapping[str, Any]], bases: Sequence[GroupKey]) -> _Tagged:
    usual = {"status": "exited", "duration": 1.0, "quantity": 1}
    sessions = [{**firsts[base], "distinct_id": f"#{number}", **usual} for number, base in enumerate(bases)]
    return _Tagged(Few(asked, sessions), bases)


def _renamed(asked: Asked, tagged: _Tagged, each: Hypothesis) -> Renamed:
    """The group that each base group is in; empty if a hypothesis loses some."""
    bases = tagged.bases
    names = [name for name, _ in bases[0]]
    renamed = {}
    try:
        for by, sessions in asked.members(each.variant, tagged.few):
            new = tuple((name, by[name]) for name in names)
            for session in sessions:
                renamed[bases[int(session.user[1:])]] = new
    except Exception:  # a program with the bug might break down as well
        return {}
    return renamed if len(renamed) == len(bases) else {}
