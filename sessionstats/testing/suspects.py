"""What has been found so far, and whether another failure is only more of it.

1. A *suspect* is one bug that was found: the smallest case that shows it, and its explanation.
2. A suspect with a cause accounts for the positions that its cause explains in any further case; several
   suspects together account for those that they explain together.
3. Without a cause it accounts for all failures that show no other symptoms than it did. To these are added
   the symptoms of a later failure of the same bug: one with the same cause or, if none is known, one where
   each of the two cases also fails as the other does when it requests the other's fields.
4. Findings that are known beforehand (`known`) come first. A failure that nothing accounts for is new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from sessionstats.testing.attempts import LAST_BITS, WRONG, Case, Failure
from sessionstats.testing.bugs.bug import Bug, Variant
from sessionstats.testing.bugs.registry import BY_ID
from sessionstats.testing.experiments import symptom
from sessionstats.testing.explanations import Explanation
from sessionstats.testing.findings import Path
from sessionstats.testing.hypotheses import Evidence, together
from sessionstats.testing.known import Known

Symptom: TypeAlias = tuple[str, str | None]
"""Kind and field of a position at which something is wrong."""

ASKED: Final = ("field", "groupBy")
"""The parameters that say what is requested."""

Symptoms: TypeAlias = frozenset[Symptom]
"""Everything that is wrong, by kind."""


@dataclass
class Suspect:
    """One bug that was found.

    Parameters
    ----------
    failure : Failure
        The smallest case.
    found_after : int
        Cases run until the first failure.
    explanation : Explanation
        Its cause, or what matters.
    symptoms : frozenset
        Everything that its failures showed.
    also : frozenset
        What later failures of the same bug showed.
    """

    failure: Failure
    found_after: int
    explanation: Explanation = field(default_factory=Explanation)
    symptoms: Symptoms = frozenset()
    also: Symptoms = frozenset()

    @property
    def diagnosis(self) -> Bug | None:
        """The cause, if one was proved; the first of several rivals."""
        cause = self.explanation.cause
        return None if cause is None else cause.bugs[0]

    @property
    def diagnoses(self) -> list[str]:
        """The ids of the cause and its rivals."""
        cause = self.explanation.cause
        return [] if cause is None else [bug.id for bug in cause.bugs]

    @property
    def in_the_window(self) -> bool:
        """Whether the window is wrong."""
        return any(kind in ("start", "end", "intervals") for kind, _ in self.symptoms)

    @property
    def variant(self) -> Variant | None:
        """The variant that answers as the program does."""
        cause = self.explanation.cause
        return None if cause is None else cause.hypotheses[0].variant

    def accounts_for(self, other: Suspect) -> bool:
        """Whether the cause gives the whole answer of another one, whose cause is not known."""
        if self.variant is None or other.diagnosis is not None or other.failure.kind != WRONG:
            return False
        return _evidence(other.failure).agrees(self.variant)

    def shows_nothing_else(self, failure: Failure) -> bool:
        """Whether a failure has only symptoms of this suspect that no cause accounts for."""
        if self.failure.kind != failure.kind or failure.kind == LAST_BITS:
            return self.failure.kind == failure.kind
        own = (self.symptoms or symptoms(self.failure)) if self.variant is None else frozenset()
        return symptoms(failure) <= own | self.also


class Watch:
    """What is known and what was found, to decide what is new.

    Parameters
    ----------
    known : sequence of Known
    """

    def __init__(self, known: Sequence[Known] = ()) -> None:
        self.known = tuple(known)
        self.suspects: list[Suspect] = []
        self.seen: set[Known] = set()

    def news(self, failure: Failure) -> Failure | None:
        """A failure with the findings that nothing accounts for; `None` if there are none."""
        left = self._without_known(failure)
        if left is not None:
            left = self._without_causes(left)
        if left is None or any(suspect.shows_nothing_else(left) for suspect in self.suspects):
            return None
        return left

    def stale(self) -> list[Known]:
        """The known findings that nothing matched."""
        return [entry for entry in self.known if entry not in self.seen]

    def _without_causes(self, failure: Failure) -> Failure | None:
        variants = [suspect.variant for suspect in self.suspects if suspect.variant is not None]
        if not variants or failure.kind != WRONG:
            return failure
        evidence = _evidence(failure)
        if not evidence.wrong and any(map(evidence.agrees, variants)):
            return None  # it differs by less than causes are told apart by
        explained = frozenset[Path]().union(*(evidence.explained(variant) for variant in variants))
        if len(variants) > 1 and not explained.issuperset(failure.paths):
            explained |= evidence.explained(together(variants))
        return _without(failure, explained)

    def _without_known(self, failure: Failure) -> Failure | None:
        """The failure with the findings that are not known; `None` if all are."""
        left = []
        for finding in failure.findings:
            covering = [entry for entry in self.known if entry.covers(finding)]
            self.seen.update(covering)
            if not covering:
                left.append(finding)
        failure = replace(failure, findings=tuple(left))
        if not left or failure.kind != WRONG:
            return failure if left else None
        for entry in self.known:
            if entry.subject == "diagnosis" and (explained := _explained_by(entry.name, failure)):
                self.seen.add(entry)
                rest = _without(failure, explained)
                if rest is None:
                    return None
                failure = rest
        return failure


def symptoms(failure: Failure) -> Symptoms:
    """Everything that a failure shows."""
    return frozenset(symptom(finding.path) for finding in failure.findings)


def asked_as(case: Case, other: Case) -> Case:
    """A case with the fields and the grouping of another one, and with data for each field."""
    params, asked = case["params"], other["params"]
    if not isinstance(params, Mapping) or not isinstance(asked, Mapping):
        return case
    kept = {name: value for name, value in params.items() if name not in ASKED}
    rows = [
        {"distinct_id": f"v{number}", "duration": 1 + number, **row} if isinstance(row, dict) else row
        for number, row in enumerate(case["sessions"])
    ]
    changed = {**kept, **{name: asked[name] for name in ASKED if name in asked}}
    return {**case, "params": changed, "sessions": rows}


def _evidence(failure: Failure) -> Evidence:
    return Evidence(failure.case, failure.actual, failure.expected)


def _without(failure: Failure, explained: Collection[Path]) -> Failure | None:
    left = tuple(finding for finding in failure.findings if finding.path not in explained)
    return replace(failure, findings=left) if left else None


def _explained_by(bug: str, failure: Failure) -> frozenset[Path]:
    """The positions that a known bug explains, in the variant that explains most."""
    evidence, variants = _evidence(failure), BY_ID[bug].for_case(failure.case)
    if not evidence.wrong and any(map(evidence.agrees, variants)):
        return frozenset(failure.paths)  # it differs by less than causes are told apart by
    return max(map(evidence.explained, variants), key=len, default=frozenset())
