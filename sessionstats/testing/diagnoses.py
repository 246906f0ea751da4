"""Which known bug explains an answer that is wrong.

1. Every known bug recomputes the wrong answers that it gives to the case (`bugs`). It explains a finding if
   it gives the very value that was given there.
2. A bug that explains all findings, and gives no wrong value that was not given, is the diagnosis of all.
   If several do, the first of `DIAGNOSES` is: they stand from the most specific to the least, so that a bug
   that concerns few cases comes before one that concerns nearly all.
3. Otherwise each finding goes to the bug that explains most; it must give no wrong value that was not given
   in the same *block*: the totals, or the series, of one field.
4. What no known bug gives has no diagnosis: nothing is guessed.
5. A small case often has several explanations. Of several cases that one implementation answers wrongly,
   `fewest` chooses the bugs that explain all of them together: what is common to them is the likely bug.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sessionstats.testing.bugs import (
    buckets,
    classes,
    counts,
    durations,
    filters,
    keys,
    numbers,
    quantiles,
    ranking,
    rates,
    refusals,
    searches,
    totals,
    updates,
    users,
    versions,
    windows,
)
from sessionstats.testing.bugs.diagnosis import Diagnosis
from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat, alike
from sessionstats.testing.findings import ABSENT, SERIES, TOTALS, Path
from sessionstats.testing.shapes import same

__all__ = ["BY_ID", "DIAGNOSES", "Diagnosis", "diagnose", "explanations", "fewest"]

FAMILIES: Final = (
    windows,
    refusals,
    updates,
    users,
    versions,
    searches,
    filters,
    counts,
    buckets,
    totals,
    quantiles,
    durations,
    rates,
    classes,
    keys,
    ranking,
    numbers,
)
"""The modules of known bugs, those of special parts of a case before those of all values."""

_ALL: Final = [bug for family in FAMILIES for bug in family.DIAGNOSES]

DIAGNOSES: Final[tuple[Diagnosis, ...]] = tuple(sorted(_ALL, key=lambda bug: bug.broad))
"""Every known bug, from the most specific to the least."""

BY_ID: Final[Mapping[str, Diagnosis]] = MappingProxyType({bug.id: bug for bug in DIAGNOSES})
"""The known bugs by their id."""

Reason: TypeAlias = tuple[str | None, str | None]
"""Id of a diagnosis, and the section that its bug breaks; both `None` without one."""

Block: TypeAlias = tuple[str | None, str]
"""Places that an implementation computes in one way: a field, and its totals or series."""


def diagnose(
    case: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    paths: Sequence[Path],
) -> list[Reason]:
    """The known bug that gives what was found at each place.

    Parameters
    ----------
    case : mapping
        A decoded request of the protocol (§9).
    expected, actual : mapping
        The kernel's answer and the wrong one.
    paths : sequence of Path
        Where they differ.

    Returns
    -------
    list of (id, section)
        One for each path; ``(None, None)`` where no known bug gives this value.

    Examples
    --------
    >>> from sessionstats.protocol import respond
    >>> row = {"started": 0, "project_id": 1, "status": "ok", "distinct_id": ""}
    >>> case = {"now": "1970-01-01T01:00:00Z", "sessions": [row],
    ...         "params": {"field": "count_unique(user)", "statsPeriod": "1h"}}
    >>> expected, actual = respond(case), respond({**case, "sessions": [row | {"distinct_id": "a"}]})
    >>> diagnose(case, expected, actual, [Path((), "count_unique(user)", "totals")])
    [('empty-user-counted', '1.1')]
    """
    evidence = Evidence(case, expected)
    given = evidence.flatten(actual)
    partial: list[tuple[Diagnosis, frozenset[Path]]] = []
    for bug, supposed in _alternatives(evidence):
        explained = _explained(evidence.flat, given, supposed, paths)
        if len(explained) == len(set(paths)) and not _contradicted(evidence.flat, given, supposed):
            return [(bug.id, bug.section)] * len(paths)
        sound = explained - _contradicted_blocks(evidence.flat, given, supposed, explained)
        if sound and not evidence.refused:
            partial.append((bug, sound))
    return _cover(partial, paths)


def explanations(
    case: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    paths: Sequence[Path],
    *,
    among: Collection[str] | None = None,
) -> list[str]:
    """Ids of all known bugs that explain everything, the most specific first; see `diagnose`.

    Parameters
    ----------
    case, expected, actual, paths
        As for `diagnose`.
    among : collection of str, optional
        The ids that are tried; by default all.
    """
    evidence = Evidence(case, expected)
    given = evidence.flatten(actual)
    bugs = DIAGNOSES if among is None else [bug for bug in DIAGNOSES if bug.id in among]
    found = dict.fromkeys(
        bug.id
        for bug, supposed in _alternatives(evidence, bugs)
        if len(_explained(evidence.flat, given, supposed, paths)) == len(set(paths))
        and not _contradicted(evidence.flat, given, supposed)
    )
    return list(found)


def fewest(explained: Sequence[Sequence[str]]) -> list[str | None]:
    """One diagnosis for each of several wrong answers of one implementation, of as few bugs as possible.

    Parameters
    ----------
    explained : sequence of sequence of str
        For each wrong answer the ids that `explanations` finds.

    Returns
    -------
    list of str or None
        `None` for an answer without explanation.

    Examples
    --------
    >>> fewest([["nil-user-counted", "no-user-counted"], ["no-user-counted"], []])
    ['no-user-counted', 'no-user-counted', None]
    """
    chosen: list[str | None] = [None] * len(explained)
    while left := [ids for ids, one in zip(explained, chosen, strict=True) if ids and one is None]:
        # The bug that explains most of what is left; of equals the most specific.
        best = max(BY_ID, key=lambda bug: sum(bug in ids for ids in left))
        chosen = [
            best if one is None and best in ids else one for ids, one in zip(explained, chosen, strict=True)
        ]
    return chosen


def _alternatives(
    evidence: Evidence, bugs: Iterable[Diagnosis] = DIAGNOSES
) -> Iterator[tuple[Diagnosis, Flat]]:
    """Known bugs with the wrong answers that they give."""
    for bug in bugs:
        if bug.of_refusals or not evidence.refused:
            for supposed in bug.alternatives(evidence):
                yield bug, supposed


def _explained(right: Flat, given: Flat, supposed: Flat, paths: Iterable[Path]) -> frozenset[Path]:
    """The places at which a value was given that is not right, and is the supposed one."""
    return frozenset(
        path
        for path in paths
        if not same(given.get(path, ABSENT), right.get(path, ABSENT))
        and alike(supposed.get(path, ABSENT), given.get(path, ABSENT), right.get(path, ABSENT))
    )


def _contradicted(right: Flat, given: Flat, supposed: Flat) -> frozenset[Path]:
    """The places at which the supposed value is wrong, and another one was given."""
    return frozenset(
        path
        for path in supposed.keys() | right.keys()
        if not alike(supposed.get(path, ABSENT), right.get(path, ABSENT), None)
        and not alike(supposed.get(path, ABSENT), given.get(path, ABSENT), right.get(path, ABSENT))
    )


def _contradicted_blocks(
    right: Flat, given: Flat, supposed: Flat, explained: frozenset[Path]
) -> frozenset[Path]:
    """Of the places explained, those in a block that also holds a place that is contradicted."""
    if not explained:
        return explained
    wrong = {_block(path) for path in _contradicted(right, given, supposed)}
    return frozenset(path for path in explained if _block(path) in wrong)


def _block(path: Path) -> Block:
    if path.field is None or path.place in (TOTALS, SERIES):
        return path.field, path.place
    return path.field, "bucket"


def _cover(candidates: Sequence[tuple[Diagnosis, frozenset[Path]]], paths: Sequence[Path]) -> list[Reason]:
    """Give every place to the bug that explains most of what is left, the first of equals."""
    reasons: dict[Path, Reason] = {}
    left = frozenset(paths)
    while left and candidates:
        bug, explained = max(candidates, key=lambda candidate: len(candidate[1] & left))
        if not explained & left:
            break
        reasons |= dict.fromkeys(explained & left, (bug.id, bug.section))
        left -= explained
    return [reasons.get(path, (None, None)) for path in paths]
