"""Checking an implementation: draw cases, shrink those that fail, continue past known findings.

1. Cases are drawn (`strategies.recipes`), from a seed that is reported, until an answer is wrong in a new way
   (`suspects`); the budget says how many may be drawn.
2. A large table is halved; Hypothesis shrinks that case for a while, and then rows are left out
   (`shrinking`). A smaller case counts if it fails with a symptom of the first.
3. The failure is explained: by its cause, proved by experiment, or else by what matters (`explanations`). The
   search continues with the rest of the budget, looking only for failures that no suspect accounts for.
4. It ends when the budget is spent, `max_findings` bugs were found, or a program no longer answers.

While a case is shrunk, verdicts are remembered by case, so that shrinking and Hypothesis' own replay agree.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded

from sessionstats.testing import model
from sessionstats.testing.attempts import UNSTEADY, WRONG, Case, Failure, Implementation, attempt
from sessionstats.testing.explanations import Explanation, explain_failure
from sessionstats.testing.hypotheses import Evidence, is_large
from sessionstats.testing.known import Known
from sessionstats.testing.matters import EARLIER, Matters
from sessionstats.testing.programs import KINDS, SILENT, Program
from sessionstats.testing.report import Report
from sessionstats.testing.shrinking import fewer
from sessionstats.testing.strategies.assembly import assemble
from sessionstats.testing.strategies.claims import EVERYTHING, Claims
from sessionstats.testing.strategies.recipes import Recipe, draws, simpler
from sessionstats.testing.suspects import Suspect, Symptom, Watch, asked_as, symptoms
from sessionstats.testing.tallies import Tally
from sessionstats.testing.tolerance import ROUNDED, Tolerance

EXAMPLES: Final = 2000
"""Cases drawn by default: nearly every bug of the gallery is found within them."""

MAX_FINDINGS: Final = 10
"""Bugs looked for by default."""

SHRINK_SECONDS: Final = 30.0
"""Time for shrinking one failure by default: mostly a hundred cases are enough, and end it before."""

REMEMBERED: Final = 400
"""Answers, the latest ones, that a cause is examined on."""

PATIENCE: Final = 3
"""Requests that may time out before the check ends."""

IN_A_ROW: Final = 10
"""Drawn cases in a row that may go unanswered before the check ends: such a program answers nothing."""

RECOVERIES: Final = 100
"""Cases close to the failing one that shrinking may begin with; most fail as it does."""

Progress = Callable[[int, int, int], None]
"""Receives the number of cases run, the budget, and the number of bugs found."""


class _Found(AssertionError):  # noqa: N818 - what is looked for
    """Raised inside a Hypothesis test when a smaller case fails as well."""


class _TimeIsUp(BaseException):
    """Raised inside a Hypothesis test to end shrinking."""


def check(
    implementation: Implementation,
    *,
    examples: int = EXAMPLES,
    seed: int = 0,
    claims: Claims = EVERYTHING,
    tolerance: Tolerance = ROUNDED,
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
        Most cases to draw; shrinking runs more.
    seed : int
        The same seed draws the same cases.
    claims : Claims
        What the implementation claims to do.
    tolerance : Tolerance
        How far values may be off.
    ordered : bool
        Whether the order of status groups and of JSON keys also matters.
    known : sequence of Known
        Findings that are not to be reported again.
    max_findings : int
        How many bugs are looked for.
    shrink_seconds : float
        Time for shrinking one failure.
    progress : callable, optional
        Called now and then with the progress of the check.

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
    ...     users = [row.get("distinct_id") for row in case["sessions"]]
    ...     users = ["anonymous" if user is None else user for user in users]
    ...     rows = [{**row, "distinct_id": user} for row, user in zip(case["sessions"], users)]
    ...     return respond({**case, "sessions": rows})
    >>> claims = Claims(errors=False, bad_rows=False, updates=False)
    >>> report = check(counts_anonymous, examples=100, claims=claims, max_findings=1)
    >>> report.findings[0].diagnosis.id
    'no-user-counted'
    """
    options = _Options(examples, claims, tolerance, ordered, max_findings, shrink_seconds, progress)
    watch = Watch(known)
    search = _Search(implementation, options, watch)
    for recipe in islice(draws(seed), examples):
        if (failure := search.failure_of(recipe)) is not None:
            suspect = search.suspect(recipe, failure)
            same = search.same_as(suspect)
            if same is None:
                watch.suspects.append(suspect)
            else:
                same.also |= suspect.symptoms
                if suspect.diagnosis is not None:  # in a way that agrees with what was answered since
                    same.explanation = suspect.explanation
        if search.stopped:
            break
    return Report(
        seed=seed,
        examples=search.asked,
        attempts=search.attempts,
        findings=tuple(watch.suspects),
        stale=tuple(watch.stale()),
        tally=search.tally,
        claims=claims,
        stopped=search.stopped,
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
    """The state of a check: what was run, and what failed in a new way."""

    def __init__(self, implementation: Implementation, options: _Options, watch: Watch) -> None:
        self.implementation = implementation
        self.options = options
        self.watch = watch
        self.asked = 0
        self.attempts = 0
        self.silences = 0
        self.in_a_row = 0
        self.broke_down = False
        self.tally = Tally()
        self.answered: deque[tuple[Case, Failure | None]] = deque(maxlen=REMEMBERED)

    @property
    def stopped(self) -> str:
        """Why the search is over before its budget is spent; empty if it is not."""
        if len(self.watch.suspects) >= self.options.max_findings:
            n = self.options.max_findings
            return f"{n} finding{' is' if n == 1 else 's are'} enough (--max-findings)"
        if self.silences >= PATIENCE:
            return f"{PATIENCE} requests timed out"
        if self.in_a_row >= IN_A_ROW:
            return f"{IN_A_ROW} cases in a row were not answered"
        return ""

    def failure_of(self, recipe: Recipe) -> Failure | None:
        """The failure of a drawn case, if it is a new one."""
        self.asked += 1
        if self.options.progress is not None:
            self.options.progress(self.asked, self.options.examples, len(self.watch.suspects))
        failure = self._attempt(assemble(recipe, self.options.claims), self.tally)
        self.in_a_row = self.in_a_row + 1 if self.broke_down else 0
        return failure

    def suspect(self, recipe: Recipe, first: Failure) -> Suspect:
        """What explains a new failure, and the smallest case found that shows it."""
        if self._needs_others(first):
            explanation = Explanation(None, Matters((EARLIER,), ()))
            return Suspect(first, self.asked, explanation, symptoms(first))
        failures, recipes = ([first], [recipe]) if first.kind == UNSTEADY else self._shrunk(recipe, first)
        explanation = explain_failure(
            failures,
            self.implementation,
            lambda case: self._same(case, failures[-1]) is not None,
            recipes=recipes,
            claims=self.options.claims,
            tolerance=self.options.tolerance,
            before=self._before(large=is_large(failures[-1].case)),
            unknown=[each.failure.case for each in self.watch.suspects if each.diagnosis is None],
        )
        shown = frozenset[Symptom]().union(*map(symptoms, failures))
        matters = explanation.matters
        simplest = (
            None if matters is None or matters.simplest is None else self._same(matters.simplest, first)
        )
        return Suspect(simplest or failures[-1], self.asked, explanation, shown)

    def _before(self, *, large: bool) -> Iterator[Evidence]:
        """What was answered last, right or wrong; large cases, which cost seconds, only where they matter."""
        details = self.options.tolerance.details
        for case, failure in list(self.answered):
            if is_large(case) and not large:
                continue
            if failure is None:
                yield Evidence(case, right := model.answer(case), right, details=details)
            elif failure.kind == WRONG:
                yield Evidence(case, failure.actual, failure.expected, details=details)

    def same_as(self, suspect: Suspect) -> Suspect | None:
        """The earlier suspect that is the same bug; `None` if it is a new one."""
        for other in self.watch.suspects:
            if suspect.diagnoses and suspect.diagnoses == other.diagnoses:
                return other
            if suspect.accounts_for(other):
                return other
            if (
                suspect.diagnosis is None
                and other.diagnosis
                and suspect.in_the_window
                and other.in_the_window
            ):
                return other  # where one window is wrong, others are as well, and little can be told apart
            mine, its = suspect.explanation.matters, other.explanation.matters
            if mine is None or its is None or mine.earlier != its.earlier:
                continue
            if mine.earlier or (self._also_shows(suspect, other) and self._also_shows(other, suspect)):
                return other
        return None

    def _needs_others(self, failure: Failure) -> bool:
        """Whether a freshly started program answers correctly: then it keeps what it should not."""
        if failure.kind != WRONG or not isinstance(self.implementation, Program):
            return False
        self.implementation.close()
        return self._same(failure.case, failure) is None

    def _also_shows(self, one: Suspect, other: Suspect) -> bool:
        """Whether the case of a suspect, with the fields of another one, fails as that one did."""
        case = asked_as(one.failure.case, other.failure.case)
        failure = attempt(self.implementation, case, self.options.tolerance, ordered=self.options.ordered)
        return failure is not None and not symptoms(failure).isdisjoint(other.symptoms)

    def _shrunk(self, recipe: Recipe, first: Failure) -> tuple[list[Failure], list[Recipe]]:
        """A failure and smaller ones, in the order found, the smallest last; and their recipes."""
        deadline = time.monotonic() + self.options.shrink_seconds
        recipe, first = self._halved(recipe, first)
        verdicts: dict[str, Failure | None] = {json.dumps(first.case): first}
        failures, recipes = [first], [recipe]

        @seeded(0)
        @settings(
            max_examples=RECOVERIES,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        @given(simpler(recipe))
        def holds(simpler_recipe: Recipe) -> None:
            case = assemble(simpler_recipe, self.options.claims)
            text = json.dumps(case)
            if text not in verdicts:
                if time.monotonic() > deadline:
                    raise _TimeIsUp
                verdicts[text] = self._same(case, first)
            if (failure := verdicts[text]) is not None:
                failures.append(failure)
                recipes.append(simpler_recipe)
                raise _Found

        with suppress(_Found, _TimeIsUp):
            holds()
        failures += self._with_fewer_rows(failures[-1], first, deadline)
        return failures, [recipes[0], recipes[-1]]

    def _halved(self, recipe: Recipe, first: Failure) -> tuple[Recipe, Failure]:
        """A large table, halved as long as it fails in the same way."""
        while recipe.bulk:
            smaller = replace(recipe, bulk=recipe.bulk // 2)
            failure = self._same(assemble(smaller, self.options.claims), first)
            if failure is None:
                break
            recipe, first = smaller, failure
        return recipe, first

    def _with_fewer_rows(self, failure: Failure, first: Failure, deadline: float) -> list[Failure]:
        """The same failure with fewer rows: Hypothesis cannot leave out those of a large table, or echoes."""
        failures: list[Failure] = []

        def fails(rows: list[Any]) -> bool:
            if time.monotonic() > deadline:
                raise StopIteration
            smaller = self._same({**failure.case, "sessions": rows}, first)
            failures.extend(() if smaller is None else (smaller,))
            return smaller is not None

        fewer(failure.case["sessions"], fails)
        return failures

    def _same(self, case: Case, first: Failure) -> Failure | None:
        """The failure of a case, if it is a new one with a symptom of the first."""
        failure = self._attempt(case)
        if failure is None or failure.kind != first.kind:
            return None
        return None if symptoms(failure).isdisjoint(symptoms(first)) else failure

    def _attempt(self, case: Case, tally: Tally | None = None) -> Failure | None:
        """The failure of a case, if it is a new one."""
        if self.silences >= PATIENCE:
            return None
        self.attempts += 1
        unsupported = self.tally.unsupported.total()
        failure = attempt(
            self.implementation,
            case,
            self.options.tolerance,
            ordered=self.options.ordered,
            tally=tally,
        )
        if tally is not None and unsupported == tally.unsupported.total() and not is_large(case):
            self.answered.append((case, failure))
        self.broke_down = failure is not None and failure.kind in KINDS
        self.silences += failure is not None and failure.kind == SILENT
        return None if failure is None else self.watch.news(failure)
