"""Checking an implementation: draw cases, shrink what fails, go on past what was found.

1. Cases are drawn by Hypothesis, from a seed that is told, until an answer is wrong in a new way
   (`suspects`); how many may be drawn is the budget.
2. That case is shrunk for a while: a smaller one counts if it fails with a symptom of the first.
3. What explains the smallest case, and the first, is a suspect. The search goes on with what is left of the
   budget, looking only for failures that no suspect accounts for.
4. It ends when the budget is spent, `max_findings` bugs were found, or a program has kept silent too often.

Every verdict is remembered by its case, so that drawing, shrinking and Hypothesis' own replay agree.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded

from sessionstats.testing.attempts import UNSTEADY, Case, Failure, Implementation, attempt
from sessionstats.testing.known import Known
from sessionstats.testing.programs import SILENT
from sessionstats.testing.report import Report
from sessionstats.testing.strategies import EVERYTHING, Claims, cases
from sessionstats.testing.suspects import Suspect, Watch, explained_by, symptoms
from sessionstats.testing.tolerance import EXACT, Tolerance

EXAMPLES: Final = 2000
"""Cases drawn by default: nearly every bug of the gallery is found within them."""

MAX_FINDINGS: Final = 10
"""Bugs looked for by default."""

SHRINK_SECONDS: Final = 10.0
"""Time for shrinking one failure by default."""

PATIENCE: Final = 3
"""Requests that may stay without an answer until the timeout before the check ends."""

WITNESSES: Final = 5
"""Cases on the way to the smallest one that must have the same explanation, if they can."""

Progress = Callable[[int, int, int], None]
"""Told the cases asked, the budget, and the bugs found."""


class _Found(AssertionError):  # noqa: N818 - what is looked for
    """Raised inside a Hypothesis test where a case fails in a new way."""


def check(
    implementation: Implementation,
    *,
    examples: int = EXAMPLES,
    seed: int = 0,
    claims: Claims = EVERYTHING,
    tolerance: Tolerance = EXACT,
    ordered: bool = False,
    known: Sequence[Known] = (),
    max_findings: int = MAX_FINDINGS,
    shrink_seconds: float = SHRINK_SECONDS,
    progress: Progress | None = None,
) -> Report:
    """Find out whether an implementation is right, and if not, where and probably why.

    Parameters
    ----------
    implementation : callable
        Takes a decoded request of the protocol and returns a decoded answer (§9): a function, or a
        `sessionstats.testing.programs.Program`.
    examples : int
        Most cases to draw; shrinking asks more.
    seed : int
        The same seed draws the same cases.
    claims : Claims
        What the implementation claims to do.
    tolerance : Tolerance
        How far values may be off.
    ordered : bool
        Whether the order of status groups and of JSON keys matters, too.
    known : sequence of Known
        Findings that are not to be told again.
    max_findings : int
        How many bugs are looked for.
    shrink_seconds : float
        Time for shrinking one failure.
    progress : callable, optional
        Told now and then how far the check has come.

    Returns
    -------
    Report
        `Report.findings` is empty if the implementation agrees with the kernel.

    Examples
    --------
    >>> from sessionstats.protocol import respond
    >>> check(respond, examples=20).agrees
    True
    >>> def counts_anonymous(case):
    ...     rows = [{**row, "distinct_id": row.get("distinct_id") or "anonymous"} for row in case["sessions"]]
    ...     return respond({**case, "sessions": rows})
    >>> claims = Claims(errors=False, bad_rows=False, updates=False)
    >>> [found.diagnosis.id for found in check(counts_anonymous, examples=400, claims=claims).findings]
    ['no-user-counted']
    """
    options = _Options(examples, claims, tolerance, ordered, max_findings, shrink_seconds, progress)
    watch = Watch(known)
    search = _Search(implementation, options, watch)
    while search.may_go_on and (suspect := search.next_suspect(seed + len(watch.suspects))):
        watch.suspects.append(suspect)
    return Report(
        seed=seed,
        examples=search.asked,
        attempts=search.attempts,
        findings=tuple(watch.suspects),
        stale=tuple(watch.stale()),
    )


@dataclass(frozen=True)
class _Options:
    """How a check is to be done; see `check`."""

    examples: int
    claims: Claims
    tolerance: Tolerance
    ordered: bool
    max_findings: int
    shrink_seconds: float
    progress: Progress | None


class _Search:
    """The state of a check: what was asked, and in this round what failed in a new way."""

    def __init__(self, implementation: Implementation, options: _Options, watch: Watch) -> None:
        self.implementation = implementation
        self.options = options
        self.watch = watch
        self.asked = 0
        self.attempts = 0
        self.silences = 0
        self.new: dict[str, Failure | None] = {}
        self.first: Failure | None = None
        self.smallest: Failure | None = None
        self.deadline = 0.0

    @property
    def may_go_on(self) -> bool:
        """Whether another round is worth it."""
        found = len(self.watch.suspects)
        budget_left = self.asked < self.options.examples and found < self.options.max_findings
        return budget_left and self.silences < PATIENCE

    def next_suspect(self, seed: int) -> Suspect | None:
        """The next bug, with the smallest case found that shows it; `None` if no case does."""
        self.new.clear()
        self.first = self.smallest = None

        @seeded(seed)
        @settings(
            max_examples=self.options.examples - self.asked,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        @given(cases(self.options.claims))
        def holds(case: dict[str, Any]) -> None:
            if self._fails(case):
                raise _Found

        with suppress(_Found):
            holds()
        if self.first is None or self.smallest is None:
            return None
        suspect = Suspect(self.smallest, self.asked, explained_by(None, self.smallest))
        # A small case has more explanations than the larger ones on the way to it.
        failures = [failure for failure in self.new.values() if failure is not None]
        for failure in failures[:: max(1, len(failures) // WITNESSES)]:
            suspect.accounts_for(failure)
        return suspect

    def _fails(self, case: Case) -> bool:
        """Whether a case fails in a new way and, once one does, with a symptom of that."""
        text = json.dumps(case)
        if text not in self.new:
            self.new[text] = self._drawn(case) if self.first is None else self._smaller(case)
        failure = self.new[text]
        if failure is not None:
            self.smallest = failure
        return failure is not None

    def _drawn(self, case: Case) -> Failure | None:
        self.asked += 1
        if self.options.progress is not None:
            self.options.progress(self.asked, self.options.examples, len(self.watch.suspects))
        self.first = self._attempt(case)
        unsteady = self.first is not None and self.first.kind == UNSTEADY  # cannot be shrunk
        self.deadline = time.monotonic() + (0 if unsteady else self.options.shrink_seconds)
        return self.first

    def _smaller(self, case: Case) -> Failure | None:
        assert self.first is not None
        failure = self._attempt(case) if time.monotonic() < self.deadline else None
        if failure is None or failure.kind != self.first.kind:
            return None
        return None if symptoms(failure).isdisjoint(symptoms(self.first)) else failure

    def _attempt(self, case: Case) -> Failure | None:
        """The failure of a case, if it is a new one."""
        if self.silences >= PATIENCE:
            return None
        self.attempts += 1
        failure = attempt(self.implementation, case, self.options.tolerance, ordered=self.options.ordered)
        self.silences += failure is not None and failure.kind == SILENT
        return failure if failure is not None and self.watch.is_new(failure) else None
