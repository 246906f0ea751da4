"""Comparing an answer with the right one.

1. The status; of an error, its text (§2.3, §9).
2. The parts of the body and their types (§8).
3. Which groups are shown, and in which order, with every choice among equal ranks allowed (`pages`, §7).
4. The values: types first, then null, then numbers within the tolerance (`shapes`, `tolerance`, §6). What
   only rounds differently is not a mistake (§6.8), unless values must be exact to the bit.

The order of status groups and of JSON keys does not matter unless requested.

>>> case = {"now": "2024-01-29T12:00:00Z", "params": {"field": "sum(session)", "statsPeriod": "1h"},
...         "sessions": [{"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok"}]}
>>> from sessionstats.protocol import respond
>>> expected, actual = respond(case), respond(case)
>>> compare(case, expected, actual)
[]
>>> actual["body"]["groups"][0]["totals"]["sum(session)"] = 1.0
>>> [finding.message for finding in compare(case, expected, actual)]
['a count must be an integer: 1.0']
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sessionstats.testing.findings import ABSENT, GROUPS, Finding, GroupKey, Path
from sessionstats.testing.groups import compare_groups
from sessionstats.testing.oracle import Oracle
from sessionstats.testing.shapes import same, same_text
from sessionstats.testing.tolerance import EXACT, ROUNDED, Tolerance

__all__ = [
    "ABSENT",
    "EXACT",
    "ROUNDED",
    "Finding",
    "GroupKey",
    "Path",
    "Tolerance",
    "compare",
    "differences",
]

OK: Final = 200
"""Status of an answer that is not an error (§9)."""

BAD_ROW: Final = 422
"""Status of a session row that breaks §1.4; the wording of its rejection is free."""

SECTIONS: Final = {"start": "3.5", "end": "3.5", "intervals": "3.5", "query": "8", GROUPS: "8"}
"""The parts of a body (§8), and the section that decides each."""


def compare(
    case: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    tolerance: Tolerance = ROUNDED,
    *,
    ordered: bool = False,
) -> list[Finding]:
    """What is wrong with an answer.

    Parameters
    ----------
    case : mapping
        A decoded request of the protocol (§9).
    expected : mapping
        The kernel's own answer to it, from `sessionstats.protocol.respond`.
    actual : mapping
        The answer to compare: ``status``, ``body`` and, when ``per_page`` was given, ``links``. Other keys
        are ignored.
    tolerance : Tolerance
    ordered : bool
        Whether status groups and JSON keys must also be in the order of the semantics.

    Returns
    -------
    list of Finding
        Empty if the answer is right.
    """
    findings = differences(case, expected, actual, tolerance, ordered=ordered)
    return [finding for finding in findings if finding.units is None] if tolerance.ulps else findings


def differences(
    case: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    tolerance: Tolerance = ROUNDED,
    *,
    ordered: bool = False,
) -> list[Finding]:
    """What is different about an answer: what is wrong, and what differs only in its last bits (§6.8).

    Parameters
    ----------
    case, expected, actual, tolerance, ordered
        As for `compare`.

    Returns
    -------
    list of Finding
        Those with `Finding.units` differ by no more than rounding explains.
    """
    if same_text(_judged(expected), _judged(actual), ordered=ordered):
        return []
    return list(_differences(case, expected, actual, tolerance, ordered=ordered))


def _judged(answer: Mapping[str, Any]) -> list[Any]:
    return (
        [answer.get(name) for name in ("status", "body", "links")] if isinstance(answer, dict) else [answer]
    )


def _differences(
    case: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    tolerance: Tolerance,
    *,
    ordered: bool,
) -> Iterator[Finding]:
    if not isinstance(actual, dict):
        yield _wrong("body", expected, actual, "9", "an answer must be an object")
        return
    if not same(expected["status"], actual.get("status", ABSENT)):
        message = (
            f"status {actual['status']!r} instead of {expected['status']}"
            if "status" in actual
            else "the answer has no status"
        )
        detail = actual.get("body")
        if isinstance(detail, dict) and isinstance(detail.get("detail"), str):
            message += f" ({detail['detail']})"
        yield _wrong("status", expected["status"], actual.get("status", ABSENT), "2.2", message)
    elif expected["status"] != OK:
        worded = tolerance.details and expected["status"] != BAD_ROW
        yield from _detail(expected["body"], actual.get("body", ABSENT), worded=worded)
    else:
        yield from _body(case, expected["body"], actual.get("body", ABSENT), tolerance, ordered=ordered)
        links = expected.get("links", ABSENT), actual.get("links", ABSENT)
        if not same(*links):
            yield _wrong("links", *links, "7.6", "the links to the previous and the next page differ")


def _detail(expected: Mapping[str, Any], body: Any, *, worded: bool) -> Iterator[Finding]:
    actual = body.get("detail", ABSENT) if isinstance(body, dict) else ABSENT
    if not isinstance(actual, str):
        yield _wrong("detail", expected["detail"], actual, "9", "an error must have a detail, as text")
    elif worded and actual != expected["detail"]:
        yield _wrong("detail", expected["detail"], actual, "2.3", "the text of the error differs")


def _body(
    case: Mapping[str, Any], expected: Mapping[str, Any], body: Any, tolerance: Tolerance, *, ordered: bool
) -> Iterator[Finding]:
    if not isinstance(body, dict):
        yield _wrong("body", "an object", body, "8", "the body must be an object")
        return
    for name in body:
        if name not in expected:
            yield _wrong(str(name), ABSENT, body[name], "8", f"{name!r} is not part of an answer")
    for name, value in expected.items():
        actual = body.get(name, ABSENT)
        if name == GROUPS and isinstance(actual, list):
            yield from compare_groups(Oracle(case), expected, body, tolerance, ordered=ordered)
        elif not same(value, actual):
            yield _wrong(name, value, actual, SECTIONS[name], part_differs(name, value, actual))
    if ordered and list(expected) != list(body) and expected.keys() == body.keys():
        yield _wrong("body", list(expected), list(body), "8", "the parts are in another order")


def part_differs(name: str, expected: object, actual: object) -> str:
    """What is reported about a part of an answer other than its groups; instants are short enough to show.

    Examples
    --------
    >>> part_differs("start", "2024-01-29T00:00:00Z", "2024-01-28T23:00:00Z")
    '2024-01-28T23:00:00Z instead of 2024-01-29T00:00:00Z'
    """
    instants = name in ("start", "end") and isinstance(actual, str)
    return f"{actual} instead of {expected}" if instants else f"{name!r} differs"


def _wrong(place: str, expected: Any, actual: Any, section: str, message: str) -> Finding:
    return Finding(Path(None, None, place), expected, actual, None, section, message)
