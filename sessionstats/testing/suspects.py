"""What has been found so far, and whether another failure is only more of it.

1. A *suspect* is one bug that was found: the smallest case that shows it, and the diagnoses that explain all
   cases that showed it.
2. A small case often has several explanations. Every further case that one of a suspect's diagnoses explains
   belongs to it, and leaves only the diagnoses that explain this case as well.
3. Without a diagnosis a suspect stands for all failures in the same kinds of places and the same fields.
4. Findings that are known beforehand (`known`) come first. What nothing accounts for is new.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from sessionstats.testing.attempts import LAST_BITS, WRONG, Failure
from sessionstats.testing.bugs.diagnosis import Diagnosis
from sessionstats.testing.diagnoses import BY_ID, explanations
from sessionstats.testing.findings import Finding
from sessionstats.testing.known import Known

Symptom: TypeAlias = tuple[str, str | None]
"""Kind of place, and field, at which something is wrong."""

BUCKET: Final = "bucket"
"""Kind of the places that are named for the start of a bucket."""


@dataclass
class Suspect:
    """One bug that was found.

    Parameters
    ----------
    failure : Failure
        The smallest case.
    found_after : int
        Cases asked until the first failure.
    diagnoses : list of str
        What explains all its cases, the most specific first.
    """

    failure: Failure
    found_after: int
    diagnoses: list[str] = field(default_factory=list)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The most specific explanation, if there is one."""
        return BY_ID[self.diagnoses[0]] if self.diagnoses else None

    def accounts_for(self, failure: Failure) -> bool:
        """Whether a failure is more of the same; narrows the diagnoses to those that explain it too."""
        if LAST_BITS in (self.failure.kind, failure.kind):
            return self.failure.kind == failure.kind
        if not self.diagnoses or failure.kind != WRONG:
            return failure.kind == self.failure.kind and symptoms(failure) <= symptoms(self.failure)
        explained = explained_by(self.diagnoses, failure)
        self.diagnoses = explained or self.diagnoses
        return bool(explained)


class Watch:
    """What is known and what was found, to tell what is new.

    Parameters
    ----------
    known : sequence of Known
    """

    def __init__(self, known: Sequence[Known] = ()) -> None:
        self.known = tuple(known)
        self.suspects: list[Suspect] = []
        self.seen: set[Known] = set()

    def is_new(self, failure: Failure) -> bool:
        """Whether nothing accounts for a failure."""
        left = self._without_known(failure)
        return left is not None and not any(suspect.accounts_for(left) for suspect in self.suspects)

    def stale(self) -> list[Known]:
        """The known findings that nothing matched."""
        return [entry for entry in self.known if entry not in self.seen]

    def _without_known(self, failure: Failure) -> Failure | None:
        """The failure with the findings that are not known; `None` if all are."""
        left = []
        for finding in failure.findings:
            covering = [entry for entry in self.known if entry.covers(finding)]
            self.seen.update(covering)
            if not covering:
                left.append(finding)
        ids = {entry.name: entry for entry in self.known if entry.subject == "diagnosis"}
        failure = replace(failure, findings=tuple(left))
        if left and ids and failure.kind == WRONG:
            explained = explained_by(ids, failure)
            self.seen.update(ids[each] for each in explained)
            return None if explained else failure
        return failure if left else None


def explained_by(ids: Collection[str] | None, failure: Failure) -> list[str]:
    """Ids of the diagnoses, of all if `None`, that explain all findings of a failure."""
    if failure.kind != WRONG or not isinstance(failure.actual, dict):
        return []
    return explanations(failure.case, failure.expected, failure.actual, failure.paths, among=ids)


def symptoms(failure: Failure) -> frozenset[Symptom]:
    """Everything that a failure shows."""
    return frozenset(map(_symptom, failure.findings))


def _symptom(finding: Finding) -> Symptom:
    place = finding.path.place
    return BUCKET if place[:1].isdigit() else place, finding.path.field
