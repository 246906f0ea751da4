"""Assertions for tests, in the manner of `numpy.testing`: the message is the report.

1. `assert_agrees` checks an implementation (`runner`).
2. `assert_answers_equal` compares two answers without their sessions: numbers that are not counts may be off
   by some units in the last place of the largest value of their field, since the largest number that entered
   the computation is not known (§6.8). The order of the groups does not matter: ties may be in any order.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sessionstats.result import Result
from sessionstats.testing.attempts import Implementation
from sessionstats.testing.findings import ABSENT, SERIES, TOTALS, json_ready
from sessionstats.testing.runner import check
from sessionstats.testing.shapes import is_integer, same
from sessionstats.testing.tolerance import ULPS

MOST: Final = 12
"""Differences that a message shows."""


def assert_agrees(implementation: Implementation, **options: Any) -> None:
    """Raise an error unless an implementation agrees with the kernel.

    Parameters
    ----------
    implementation : callable
    **options
        As for `sessionstats.testing.check`.

    Raises
    ------
    AssertionError
        With the report as its message.

    Examples
    --------
    >>> from sessionstats.protocol import respond
    >>> assert_agrees(respond, examples=20)
    """
    __tracebackhide__ = True
    report = check(implementation, **options)
    if not report.agrees:
        raise AssertionError(f"\n{report}")


def assert_answers_equal(
    actual: Result | Mapping[str, Any], expected: Result | Mapping[str, Any], *, ulps: int = ULPS
) -> None:
    """Raise an error unless two answers are equal.

    Parameters
    ----------
    actual, expected : Result or mapping
        Decoded bodies (§8), or what `sessionstats.compute` gives.
    ulps : int
        By how many units in the last place rates, averages and percentiles may be off; 0 means exactly equal.

    Raises
    ------
    AssertionError
        With the differences as its message.

    Examples
    --------
    >>> answer = {"groups": [{"by": {"release": "a"}, "totals": {"sum(session)": 2}}]}
    >>> assert_answers_equal(answer, answer)
    >>> wrong = {"groups": [{"by": {"release": "a"}, "totals": {"sum(session)": 3}}]}
    >>> assert_answers_equal(wrong, answer)
    Traceback (most recent call last):
        ...
    AssertionError: answers differ at 1 position:
      release 'a' · sum(session) · totals: actual 3, expected 2
    """
    __tracebackhide__ = True
    bodies = [
        answer.to_dict() if isinstance(answer, Result) else dict(answer) for answer in (actual, expected)
    ]
    found = [
        f"  {place}: actual {_shown(one)}, expected {_shown(other)}"
        for place, one, other in _differing(bodies[0], bodies[1], ulps)
    ]
    if found:
        n = len(found)
        more = [f"  and {n - MOST:,} more"] if n > MOST else []
        head = f"answers differ at {n:,} position{'' if n == 1 else 's'}:"
        raise AssertionError("\n".join([head, *found[:MOST], *more]))


def _differing(
    actual: Mapping[str, Any], expected: Mapping[str, Any], ulps: int
) -> Iterator[tuple[str, Any, Any]]:
    """The positions at which two bodies differ, with both values."""
    for name in dict.fromkeys((*expected, *actual)):
        one, other = actual.get(name, ABSENT), expected.get(name, ABSENT)
        if name != "groups" and not same(one, other):
            yield name, one, other
    cells, right = _cells(actual), _cells(expected)
    largest: dict[str, float] = {}
    for (_, field, _), value in right.items():
        if isinstance(value, float):
            largest[field] = max(largest.get(field, 1.0), abs(value))
    for key in dict.fromkeys((*right, *cells)):
        one, other = cells.get(key, ABSENT), right.get(key, ABSENT)
        if not _close(one, other, ulps * math.ulp(largest.get(key[1], 0.0))):
            yield " · ".join(part for part in key if part), one, other


def _cells(body: Mapping[str, Any]) -> dict[tuple[str, str, str], Any]:
    """Every value of a body by group, field and position; a group itself is an entry, too."""
    cells: dict[tuple[str, str, str], Any] = {}
    for group in body.get("groups", ()):
        by = ", ".join(f"{name} {value!r}" for name, value in sorted(group["by"].items())) or "the one group"
        cells[by, "", ""] = "a group"
        for field, value in group.get(TOTALS, {}).items():
            cells[by, field, TOTALS] = value
        for field, values in group.get(SERIES, {}).items():
            cells |= {(by, field, f"interval {index}"): value for index, value in enumerate(values)}
    return cells


def _close(one: Any, other: Any, error: float) -> bool:
    if same(one, other):
        return True
    numbers = all(isinstance(value, float) or is_integer(value) for value in (one, other))
    return numbers and isinstance(other, float) and abs(one - other) <= error


def _shown(value: Any) -> str:
    return "nothing" if value is ABSENT else repr(json_ready(value))
