"""One attempt: an implementation answers one case, and its answer is compared.

1. An implementation is a callable: a decoded request of the protocol in, a decoded answer out (§9).
2. It may break down instead of answering: raise, die, stay silent, or write something that is not an answer.
   That is a `Breakdown`, with what was seen of it.
3. After a wrong answer the case is run once more. If the second answer is another one, that is the finding:
   a failure that comes and goes cannot be shrunk.
4. A wrong answer is a `Failure`; that of a breakdown has one finding, whose path is ``answer``.
5. An answer that says ``unsupported`` is not a failure. It is counted by capability (`tallies`).
6. Numbers that differ only in their last bits (§6.8) are counted as well. If values must be exact to the bit,
   they are a failure of their own kind, unless something else is wrong.
7. An answer of far more groups than there can be is one finding, not one for each group, and is truncated.
"""

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sessionstats.protocol import respond
from sessionstats.testing.comparison import differences
from sessionstats.testing.findings import ABSENT, GROUPS, Finding, Path
from sessionstats.testing.shapes import TOO_DEEP, is_nested_deeply
from sessionstats.testing.tallies import Tally, rules_of
from sessionstats.testing.tolerance import ROUNDED, Tolerance

Case: TypeAlias = Mapping[str, Any]
"""A decoded request of the protocol (§9)."""

Implementation: TypeAlias = Callable[[dict[str, Any]], Any]
"""The implementation that is checked."""

ANSWER: Final = Path(None, None, "answer")
"""The path of a breakdown: there is no answer to look into."""

WRONG: Final = "wrong"
"""Kind of failure: an answer that is not right."""

RAISED: Final = "raised"
"""Kind of breakdown: a callable raised an exception."""

LAST_BITS: Final = "last-bits"
"""Kind of failure: numbers that are rounded differently, and nothing else (§6.8)."""

UNSTEADY: Final = "unsteady"
"""Kind of failure: the same request was answered in two ways."""


UNSUPPORTED: Final = "unsupported"
"""Key of an answer that only names what the case needs and the implementation lacks."""

LONGEST_CAPABILITY: Final = 60
"""Characters that are kept of the name of a capability."""

MOST_GROUPS: Final = 20_000
"""Most groups of an answer that are compared one by one, unless the right answer has half as many."""

KEPT_GROUPS: Final = 100
"""Groups that are kept of a longer answer."""


class Breakdown(Exception):  # noqa: N818 - it is what happened, not an error of ours
    """An implementation gave no answer.

    Parameters
    ----------
    kind : str
        ``raised``, or of a program ``died``, ``silent`` or ``garbage``.
    problem : str
        One sentence for people.
    evidence : str
        What else was seen: a traceback, the end of the standard error.
    """

    def __init__(self, kind: str, problem: str, evidence: str = "") -> None:
        super().__init__(problem)
        self.kind = kind
        self.problem = problem
        self.evidence = evidence


class Unsupported(Breakdown):
    """An implementation says that it does not support a case.

    Parameters
    ----------
    capability : str
        What the case needs, in the implementation's words.
    """

    def __init__(self, capability: str) -> None:
        super().__init__(UNSUPPORTED, f"does not support {capability}")
        self.capability = capability


@dataclass(frozen=True)
class Failure:
    """A case that an implementation answers wrongly, or not at all.

    Parameters
    ----------
    case : mapping
    expected : mapping
        The kernel's answer.
    actual : object
        The implementation's answer; `ABSENT` after a breakdown.
    findings : tuple of Finding
        What is wrong, not yet diagnosed; at least one.
    kind : str
        ``wrong``, ``last-bits``, ``unsteady``, or the kind of the breakdown.
    evidence : str
        What else was seen of a breakdown.
    """

    case: Case
    expected: Mapping[str, Any]
    actual: Any
    findings: tuple[Finding, ...]
    kind: str = WRONG
    evidence: str = ""

    @property
    def paths(self) -> list[Path]:
        """The locations that are wrong."""
        return [finding.path for finding in self.findings]


def attempt(
    implementation: Implementation,
    case: Case,
    tolerance: Tolerance = ROUNDED,
    *,
    ordered: bool = False,
    tally: Tally | None = None,
) -> Failure | None:
    """Run an implementation on one case.

    Parameters
    ----------
    implementation : callable
    case : mapping
    tolerance : Tolerance
    ordered : bool
        Whether the order of status groups and of JSON keys also matters.
    tally : Tally, optional
        Counts everything but failures: last bits, unsupported cases, rules that were reached.

    Returns
    -------
    Failure or None
        `None` if the answer is right, or the implementation says that it does not support the case.

    Examples
    --------
    >>> case = {"now": "2024-01-29T12:00:00Z", "params": {"field": "sum(session)", "statsPeriod": "1h"},
    ...         "sessions": [{"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok"}]}
    >>> attempt(respond, case) is None
    True
    >>> failure = attempt(lambda case: case["missing"], case)
    >>> failure.kind, failure.findings[0].message
    ('raised', "raised KeyError: 'missing'")
    """
    expected = respond(dict(case))
    tally = Tally() if tally is None else tally
    try:
        actual = ask(implementation, case)
        tally.reached.update(rules_of(case, expected))
        if (flood := _flood(case, expected, actual)) is not None:
            return flood
        found = differences(case, expected, actual, tolerance, ordered=ordered)
        tally.last_bits.add(found)
        wrong = [finding for finding in found if finding.units is None]
        findings = wrong or ([] if tolerance.ulps else found)
        if not findings:
            return None
        again = ask(implementation, case)
    except Unsupported as unsupported:
        tally.unsupported[unsupported.capability] += 1
        return None
    except Breakdown as breakdown:
        finding = Finding(ANSWER, expected, ABSENT, None, "9", breakdown.problem)
        return Failure(case, expected, ABSENT, (finding,), breakdown.kind, breakdown.evidence)
    if _text(again) != _text(actual):
        message = "the same request was answered in two ways; the second answer is shown as expected"
        finding = Finding(ANSWER, again, actual, None, "6.7", message)
        return Failure(case, expected, actual, (finding,), UNSTEADY)
    return Failure(case, expected, actual, tuple(findings), WRONG if wrong else LAST_BITS)


def _flood(case: Case, expected: Mapping[str, Any], actual: Any) -> Failure | None:
    """The failure of an answer of far more groups than there can be."""
    body = actual.get("body") if isinstance(actual, dict) else None
    groups = body.get("groups") if isinstance(body, dict) else None
    n_right = len(expected["body"].get("groups", ()))
    rejected = "groups" not in expected["body"]
    if rejected or not isinstance(groups, list) or len(groups) <= max(MOST_GROUPS, 2 * n_right):
        return None
    message = f"the answer has {len(groups):,} groups instead of {n_right:,}"
    finding = Finding(Path(None, None, GROUPS), n_right, len(groups), None, "7.4", message)
    kept = {**actual, "body": {**actual["body"], "groups": groups[:KEPT_GROUPS]}}
    return Failure(case, expected, kept, (finding,))


def ask(implementation: Implementation, case: Case) -> Any:
    """An implementation's answer to a copy of the case, which it may alter.

    Raises
    ------
    Breakdown
        If there is none; `Unsupported` if the implementation says why.
    """
    try:
        answer = implementation(_copy(case))
    except Breakdown:
        raise
    except Exception as error:
        problem = f"raised {type(error).__name__}: {error}"
        raise Breakdown(RAISED, problem, traceback.format_exc(limit=-3)) from error
    if isinstance(answer, dict) and isinstance(answer.get(UNSUPPORTED), str) and "status" not in answer:
        raise Unsupported(answer[UNSUPPORTED][:LONGEST_CAPABILITY])
    if is_nested_deeply(answer):
        raise Breakdown(RAISED, f"returned an answer that is {TOO_DEEP}")
    return answer


def _copy(case: Case) -> dict[str, Any]:
    """A copy that may be altered; most of a large case are rows without anything inside."""
    rows = case["sessions"]
    rest = json.loads(json.dumps({name: value for name, value in case.items() if name != "sessions"}))
    copied = [row.copy() if type(row) is dict else row for row in rows] if isinstance(rows, list) else rows
    return {**rest, "sessions": copied}


def _text(answer: Any) -> str:
    return json.dumps(answer, sort_keys=True, default=repr)
