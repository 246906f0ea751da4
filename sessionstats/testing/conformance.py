"""The frozen vectors, run against an implementation.

1. Each vector passes, fails, or is not supported by the implementation (§9).
2. The answer is compared with that of the vector, within the tolerance; where implementations word a
   rejection as they like, only the status counts.
3. Outcomes are counted by rule and by tag.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sessionstats.display.terminal import escape, fit
from sessionstats.testing.attempts import Breakdown, Implementation, Unsupported, ask
from sessionstats.testing.comparison import compare
from sessionstats.testing.tolerance import ROUNDED, Tolerance

PASSED: Final = "passed"
"""Outcome of a right answer."""

FAILED: Final = "failed"
"""Outcome of a wrong answer, or of none."""

UNSUPPORTED: Final = "unsupported"
"""Outcome of a vector that the implementation says it does not support."""

OUTCOMES: Final = (PASSED, FAILED, UNSUPPORTED)
"""The outcomes, in the order of a report."""

MOST: Final = 20
"""Failures that a report shows."""

WIDTH: Final = 150
"""Characters of a failure that are shown."""


@dataclass(frozen=True)
class Outcome:
    """How one vector fared.

    Parameters
    ----------
    id : str
    sections, tags : tuple of str
        Of the vector.
    outcome : str
        One of `OUTCOMES`.
    problem : str
        What is wrong, or what is not supported; empty if it passed.
    broke_down : bool
        Whether there was no answer.
    """

    id: str
    sections: tuple[str, ...]
    tags: tuple[str, ...]
    outcome: str
    problem: str = ""
    broke_down: bool = False


def run_vectors(
    implementation: Implementation, vectors: Iterable[Mapping[str, Any]], tolerance: Tolerance = ROUNDED
) -> list[Outcome]:
    """Run vectors against an implementation.

    Parameters
    ----------
    implementation : callable
    vectors : iterable of mapping
        Of `sessionstats.vectors.load`.
    tolerance : Tolerance

    Examples
    --------
    >>> from sessionstats.protocol import respond
    >>> from sessionstats.vectors import load
    >>> Counter(outcome.outcome for outcome in run_vectors(respond, load()[:20]))
    Counter({'passed': 20})
    """
    return [_outcome(implementation, vector, tolerance) for vector in vectors]


def _outcome(implementation: Implementation, vector: Mapping[str, Any], tolerance: Tolerance) -> Outcome:
    described = vector["id"], tuple(vector["sections"]), tuple(vector["tags"])
    try:
        actual = ask(implementation, vector["request"])
    except Unsupported as unsupported:
        return Outcome(*described, UNSUPPORTED, unsupported.capability)
    except Breakdown as breakdown:
        return Outcome(*described, FAILED, breakdown.problem, broke_down=True)
    answer = vector["answer"]
    if "body" not in answer:
        given = actual.get("status") if isinstance(actual, dict) else None
        problem = "" if given == answer["status"] else f"status {given!r} instead of {answer['status']}"
    else:
        found = compare(vector["request"], answer, actual, tolerance)
        problem = f"{found[0].path}: {found[0].message}" if found else ""
    return Outcome(*described, FAILED if problem else PASSED, problem)


def to_text(outcomes: Sequence[Outcome]) -> str:
    """The outcomes for a person: the failures, then the counts by rule and by tag."""
    failed = [outcome for outcome in outcomes if outcome.outcome == FAILED]
    lines = [fit(escape(f"{each.id}  {each.problem}"), WIDTH) for each in failed[:MOST]]
    if len(failed) > MOST:
        lines.append(f"and {len(failed) - MOST:,} more")
    for title, name in (("rule", "sections"), ("tag", "tags")):
        counts = counted(outcomes, name)
        if counts:
            width = max(len(title), *map(len, counts))
            lines += ["", f"{title:{width}}" + "".join(f"  {outcome:>11}" for outcome in OUTCOMES)]
            lines += [
                f"{key:{width}}" + "".join(f"  {count[outcome]:11,}" for outcome in OUTCOMES)
                for key, count in counts.items()
            ]
    total = Counter(outcome.outcome for outcome in outcomes)
    return "\n".join([*lines, "", ", ".join(f"{total[outcome]:,} {outcome}" for outcome in OUTCOMES) + "."])


def to_dict(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes as JSON-ready values."""
    return {
        "sections": {key: dict(count) for key, count in counted(outcomes, "sections").items()},
        "tags": {key: dict(count) for key, count in counted(outcomes, "tags").items()},
        "vectors": [
            {"id": each.id, "outcome": each.outcome, **({"problem": each.problem} if each.problem else {})}
            for each in outcomes
        ],
    }


def counted(outcomes: Iterable[Outcome], name: str) -> dict[str, Counter[str]]:
    """Outcomes counted by the ``sections`` or the ``tags`` of their vectors."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        for key in getattr(outcome, name):
            counts.setdefault(key, Counter())[outcome.outcome] += 1
    return dict(sorted(counts.items()))
