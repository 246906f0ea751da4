"""Simple functions of the rows that give the program's wrong numbers.

1. For every total that is wrong, the sessions of its group and those of the whole request are at hand.
2. A formula is a statistic of either (a count of something, a sum, a mean, a maximum), or a simple function
   of the right number. It is reported if it gives the actual value in every case, in at least three of them,
   and not always the same number.
3. Where a group is missing and another has as many sessions too many, its sessions count there.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sessionstats.testing import model
from sessionstats.testing.findings import TOTALS, Path
from sessionstats.testing.flat import close
from sessionstats.testing.hypotheses import Evidence
from sessionstats.testing.model.definitions import DEFINITIONS
from sessionstats.testing.model.ordering import Group
from sessionstats.testing.model.question import Question
from sessionstats.testing.model.rows import Row

SESSIONS: Final = "sum(session)"
"""The field that counts sessions."""

LEAST_NUMBERS: Final = 3
"""Wrong numbers that a formula must give."""

Statistic: TypeAlias = Callable[[Sequence[Row]], Any]
"""A number from sessions; `None` where there is none."""


def _of_durations(function: Callable[[list[float]], float], *statuses: str) -> Statistic:
    def statistic(rows: Sequence[Row]) -> float | None:
        lengths = [
            r.duration for r in rows if r.duration is not None and (not statuses or r.status in statuses)
        ]
        return function(lengths) * 1000 if lengths else None

    return statistic


def _mean(lengths: list[float]) -> float:
    return sum(lengths) / len(lengths)


STATISTICS: Final[Mapping[str, Statistic]] = {
    "the number of rows": len,
    "the sum of quantities": lambda rows: sum(row.quantity for row in rows),
    "the number of rows with a user": lambda rows: sum(row.user != "" for row in rows),
    "the number of distinct users": lambda rows: len({row.user for row in rows} - {""}),
    "the number of distinct users, nobody being one": lambda rows: len({row.user for row in rows}),
    "the number of distinct releases": lambda rows: len({row.release for row in rows}),
    "the number of distinct environments": lambda rows: len({row.environment for row in rows}),
    "the number of distinct starts": lambda rows: len({row.started for row in rows}),
    "the number of distinct rows": lambda rows: len(set(rows)),
    "the sum of errors": lambda rows: sum(row.errors for row in rows),
    "the number of rows with errors": lambda rows: sum(row.errors > 0 for row in rows),
    "the number of rows with a duration": lambda rows: sum(row.duration is not None for row in rows),
    **{
        f"the number of {status} rows": lambda rows, status=status: sum(row.status == status for row in rows)  # type: ignore[misc]
        for status in ("ok", "exited", "errored", "crashed", "abnormal")
    },
    "the mean duration": _of_durations(_mean),
    "the median duration": _of_durations(statistics.median),
    "the longest duration": _of_durations(max),
    "the shortest duration": _of_durations(min),
    "the sum of durations": _of_durations(sum),
    "the mean duration of exited sessions": _of_durations(_mean, "exited"),
    "the median duration of exited sessions": _of_durations(statistics.median, "exited"),
    "the shortest duration of exited sessions": _of_durations(min, "exited"),
    "the sum of durations of exited sessions": _of_durations(sum, "exited"),
}
"""What is tried, of the sessions of the group and of all."""

OF_RIGHT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "one more than the right number": lambda right: right + 1,
    "one less than the right number": lambda right: right - 1,
    "twice the right number": lambda right: right * 2,
    "half the right number": lambda right: right / 2,
    "the right number, negative": lambda right: -right,
    "always 0": lambda right: 0,
    "always null": lambda right: None,
}
"""What is tried of the right number."""


def formulas(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """Formulas that give the wrong totals of the answers that were seen.

    Parameters
    ----------
    evidence : iterable of Evidence
    """
    seen: dict[str, list[tuple[Any, dict[str, Any]]]] = defaultdict(list)
    for each in evidence:
        for path, actual, tried in _wrong_totals(each):
            seen[str(path.field)].append((actual, tried))
    found = []
    for field, numbers in seen.items():
        if len(numbers) < LEAST_NUMBERS:
            continue
        for name in numbers[0][1]:
            constant = name.startswith("always")
            varied = len({repr(actual) for actual, _ in numbers}) > 1
            place = Path((), field, TOTALS)
            if (varied or constant) and all(close(place, tried[name], actual) for actual, tried in numbers):
                found.append(f"{field} is {name}, in all {len(numbers)} totals that are wrong")
    return tuple(found)


def moved_groups(evidence: Evidence) -> tuple[str, ...]:
    """Where the sessions of groups that are missing in an answer count instead.

    Parameters
    ----------
    evidence : Evidence
    """
    counts = [path for path in evidence.expected if path.field == SESSIONS and path.part == TOTALS]
    missing = [path for path in counts if path not in evidence.actual and evidence.expected[path]]
    return tuple(
        f"the sessions of {_named(lost)} count in {_named(path)}"
        for lost in missing
        for path in counts
        if path in evidence.actual
        and evidence.actual[path] == evidence.expected[path] + evidence.expected[lost]
    )


def _named(path: Path) -> str:
    return str(Path(path.group, None, "")).removesuffix(" · ")


def _wrong_totals(evidence: Evidence) -> Iterator[tuple[Path, Any, dict[str, Any]]]:
    """Every total that is wrong, its actual value, and what each formula gives."""
    paths = [path for path in evidence.wrong if path.part == TOTALS and path.field is not None]
    paths = [path for path in paths if path in evidence.actual and path in evidence.expected]
    if not paths:
        return
    members, everything = _sessions(evidence)
    for path in paths:
        assert path.group is not None
        group = members.get(_key(dict(path.group)))
        if group is None:
            continue
        expected = evidence.expected[path]
        tried = {f"{name} in the group": function(group) for name, function in STATISTICS.items()}
        tried |= {f"{name} in the request": function(everything) for name, function in STATISTICS.items()}
        tried |= {
            name: None if expected is None else function(expected) for name, function in OF_RIGHT.items()
        }
        yield path, evidence.actual[path], tried


def _sessions(evidence: Evidence) -> tuple[dict[str, list[Row]], list[Row]]:
    """The sessions of every base group, and those of the whole request."""
    members: dict[str, list[Row]] = {}
    everything: list[Row] = []

    def total(question: Question, group: Group, field: str) -> Any:
        members[_key(group.by)] = group.sessions
        return DEFINITIONS.total(question, group, field)

    def fold(d: Any, rows: list[Row]) -> list[Row]:
        everything.extend(DEFINITIONS.fold(d, rows))
        return list(everything)

    model.answer(evidence.case, dataclasses.replace(DEFINITIONS, total=total, fold=fold))
    return members, everything


def _key(by: Mapping[str, Any]) -> str:
    return repr(sorted((name, value) for name, value in by.items() if name != "session.status"))
