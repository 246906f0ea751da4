"""What the kit sees of a mutant: its first wrong answers among generated cases, and what explains them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from sessionstats.protocol import respond
from sessionstats.testing.comparison import compare
from sessionstats.testing.diagnoses import explanations, fewest
from sessionstats.testing.findings import Path
from sessionstats.testing.strategies.assembly import assemble
from sessionstats.testing.strategies.recipes import draws
from tests.gallery.mutant import Mutant

Asked = tuple[dict[str, Any], dict[str, Any]]
"""A case, and the kernel's answer to it."""

Wrong = tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[Path]]
"""A case, the kernel's answer, the wrong one, and where they differ."""

FIRST = 3
"""Wrong answers of which every explanation is looked for; those of later ones are among theirs."""


@cache
def asked(examples: int, seed: int) -> list[Asked]:
    """Cases as the kit draws them, with the right answers."""
    cases = (assemble(recipe) for recipe in islice(draws(seed), examples))
    return [(case, respond(case)) for case in cases]


@dataclass
class Catch:
    """How a mutant was caught.

    Attributes
    ----------
    examples : int
        Cases up to the first that was answered wrongly; 0 if none was.
    raised : bool
        Whether the mutant raised instead of answering.
    explained : list of list of str
        For each wrong answer that was looked at the ids that explain it; after the first few answers only ids
        that explain one of these.
    """

    examples: int = 0
    raised: bool = False
    explained: list[list[str]] = field(default_factory=list)

    @property
    def diagnosis(self) -> str | None:
        """What explains most of the wrong answers."""
        chosen = [each for each in fewest(self.explained) if each is not None]
        return max(chosen, key=chosen.count) if chosen else None


def catch(mutant: Mutant, examples: int, seed: int, *, failures: int = 1) -> Catch:
    """Ask a mutant until it has answered wrongly so many times."""
    caught = Catch()
    for number, wrong in _wrong_answers(mutant, asked(examples, seed)):
        caught.examples = caught.examples or number
        if wrong is None:
            caught.raised = True
            return caught
        first_ids = {each for ids in caught.explained[:FIRST] for each in ids}
        caught.explained.append(
            explanations(*wrong, among=None if len(caught.explained) < FIRST else first_ids)
        )
        if len(caught.explained) == failures:
            break
    return caught


def _wrong_answers(mutant: Mutant, drawn: list[Asked]) -> Iterator[tuple[int, Wrong | None]]:
    """Number of each case that is answered wrongly, and what is wrong; `None` where the mutant raises."""
    for number, (case, expected) in enumerate(drawn, 1):
        try:
            actual = mutant(case)
        except Exception:
            yield number, None
            continue
        if expected["status"] == 422 and actual["status"] == 422:
            continue  # the wording is each implementation's own (§9)
        findings = compare(case, expected, actual, diagnosed=False)
        if findings:
            yield number, (case, expected, actual, [finding.path for finding in findings])
