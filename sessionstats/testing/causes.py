"""Causes of the differences in one response, confirmed on units other than those that they were found on.

1. The units are groups; for what these do not explain they are intervals (`samples`). Causes are looked for
   among them (`combining`).
2. A cause is named only if it predicts at least 19 of 20 of the units of a larger sample that need it, more
   than `NEEDED` of them, and most totals and most intervals of each field (`combining.clean`). A limit on
   rows is no matter of units (`cutting`).
3. Rivals that no unit distinguishes are named together; if there are many, none is named.
4. What no cause explains is said as well, and whether there was time to look for all of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sessionstats.instants import format_instant
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions
from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Bug
from sessionstats.testing.bugs.registry import BY_ID
from sessionstats.testing.combining import NEEDED, SURE, OutOfTimeError, Search, clean, needed, units_of
from sessionstats.testing.cutting import limit_of
from sessionstats.testing.findings import GROUPS, TOTALS, Finding
from sessionstats.testing.hypotheses import RIGHT, Hypothesis
from sessionstats.testing.samples import Symptom, Table, case_of, symptom
from sessionstats.testing.trials import Response, State

MOST_RIVALS: Final = 3
"""Bugs that may be named for one cause."""

MOST_SHOWN: Final = 4
"""Ways to have a bug that are shown to a person."""

MOST_CONFIRMED: Final = 6
"""Equally short ways to explain a field that are tried on the largest sample."""

SECONDS: Final = 9.0
"""Processor time for all of it; a few hypotheses that are being tried at the end may take a little more."""


@dataclass(frozen=True)
class Confirmed:
    """What explains some of the differences.

    Parameters
    ----------
    hypotheses : tuple of Hypothesis
        The cause; several are rivals that no unit distinguished.
    predicted, tried : int
        How many further units it predicted, and how many of them there were.
    unit : str
        What a unit is: ``groups`` or ``intervals``.
    detail : str
        What else is known of it.
    """

    hypotheses: tuple[Hypothesis, ...]
    predicted: int
    tried: int
    unit: str
    detail: str = ""

    @property
    def bugs(self) -> list[Bug]:
        """The bugs of the rivals, each once."""
        return list({each.bug.id: each.bug for each in self.hypotheses}.values())

    def __str__(self) -> str:
        titles = " or ".join(f"{bug.title} (§{bug.section})" for bug in self.bugs)
        titles += f", {self.detail}" if self.detail else ""
        return f"{titles}: predicted {self.predicted} of {self.tried} further {self.unit}"

    def ways(self, bug: Bug) -> list[str]:
        """The ways to have a bug that no unit distinguished; none if there is only one way to have it."""
        ways = dict.fromkeys(each.variant.detail for each in self.hypotheses if each.bug is bug)
        return [way or "just that" for way in ways] if any(ways) else []

    def lines(self) -> list[str]:
        """The cause, and in which ways, for a person."""
        lines = [str(self)]
        for bug in self.bugs:
            if ways := self.ways(bug):
                more = "; …" if len(ways) > MOST_SHOWN else ""
                of = f"{bug.title}: specifically" if len(self.bugs) > 1 else "Specifically"
                one = ", one of these" if len(ways) > 1 else ""
                lines.append(f"  {of}{one}: {'; '.join(ways[:MOST_SHOWN])}{more}.")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The cause as JSON-ready values."""
        return {
            "diagnoses": [bug.id for bug in self.bugs],
            "titles": [bug.title for bug in self.bugs],
            "variants": [self.ways(bug) for bug in self.bugs],
            "predicted": self.predicted,
            "tried": self.tried,
            "unit": self.unit,
        }


@dataclass(frozen=True)
class Left:
    """Differences that no cause explains.

    Parameters
    ----------
    field : str
    places : str
        ``totals``, ``intervals`` or ``totals and intervals``.
    groups : int
        In how many groups they are.
    """

    field: str
    places: str
    groups: int

    def __str__(self) -> str:
        return f"{self.field} ({self.places} of {self.groups:,} groups)"

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready values."""
        return {"field": self.field, "places": self.places, "groups": self.groups}


@dataclass(frozen=True)
class Causes:
    """What explains the differences of a response, and what is left.

    Parameters
    ----------
    confirmed : tuple of Confirmed
    left : tuple of Left
        By field.
    out_of_time : bool
        Whether the search ended because its time was up.
    """

    confirmed: tuple[Confirmed, ...] = ()
    left: tuple[Left, ...] = ()
    out_of_time: bool = False

    def lines(self) -> list[str]:
        """What is known, for a person."""
        up = f" within {SECONDS:.0f} seconds" if self.out_of_time else ""
        if not self.confirmed:
            return [f"No cause was confirmed{up}."]
        lines = ["Causes:", *(f"  {line}" for cause in self.confirmed for line in cause.lines())]
        if self.left:
            lines.append(f"Not explained{up}: {', '.join(map(str, self.left))}")
        return lines


def causes_of(
    sessions: Sessions,
    params: str | Mapping[str, object],
    query: Query,
    body: Mapping[str, Any],
    findings: Sequence[Finding],
    *,
    now: object = None,
    projects: Mapping[str, int] | None = None,
    seconds: float,
) -> Causes:
    """The causes of the differences between a response and its sessions.

    Parameters
    ----------
    sessions : Sessions
    params : str or mapping
        The request.
    query : Query
        The request, as it was read.
    body : mapping
        The response.
    findings : sequence of Finding
        The differences.
    now : object
        The instant of the request, if it is known.
    projects : mapping, optional
    seconds : float
        Processor time for it.
    """
    ends = (query.window.end - 1, query.window.end)
    instants = [now] if isinstance(now, str) else [format_instant(at) for at in ends]
    cases = [case_of(params, query, instant, projects) for instant in instants]
    others = len(body[GROUPS]) - 1
    if others > NEEDED and (limit := limit_of(sessions, query, body, findings)):
        rows_limited = Hypothesis(BY_ID["rows-limited"], RIGHT)
        return Causes((Confirmed((rows_limited,), others, others, "groups", limit),))
    table = Table(sessions, query)
    case = next((case for case in cases if _intervals(case) == table.intervals), None)
    response = None if case is None else Response(case, body, table)
    if response is None or not response.asked.is_answered:
        return Causes((), left_of(findings, frozenset()))
    search = Search(response, findings, seconds)
    if renaming := search.renaming():
        response = Response(response.case, body, Table(sessions, query, renaming.renamed))
        search = Search(response, findings, search.left(), (renaming.hypothesis,))
    confirmed, explained = _confirmed(search)
    return Causes(confirmed, left_of(findings, explained), search.out_of_time)


def left_of(findings: Sequence[Finding], explained: frozenset[Symptom]) -> tuple[Left, ...]:
    """The differences that are not explained, by field."""
    left: dict[str, list[Finding]] = {}
    for finding in findings:
        path = finding.path
        if path.group is not None and path.field is not None and symptom(path) not in explained:
            left.setdefault(path.field, []).append(finding)
    return tuple(
        Left(
            field,
            " and ".join(
                name
                for name, is_total in (("totals", True), ("intervals", False))
                if any((each.path.part == TOTALS) is is_total for each in those)
            ),
            len({each.path.group for each in those}),
        )
        for field, those in left.items()
    )


def _intervals(case: Mapping[str, Any]) -> Any:
    return model.answer({**case, "sessions": []})["body"].get("intervals")


def _confirmed(search: Search) -> tuple[tuple[Confirmed, ...], frozenset[Symptom]]:
    """What is confirmed of what was found, and the kinds of positions that it explains."""
    states = search.found()[:MOST_CONFIRMED]
    if not states:
        return (), frozenset()
    largest, seconds = search.largest, search.left()
    state: State = ()
    causes = {}
    try:
        for each_state in search.in_time(states):
            state = max(state, clean(largest, each_state), key=len)
            if len(state) == len(each_state) or search.left() < seconds / 2:
                break
        for each in search.in_time(state):
            paths = needed(largest, state, each)
            tried, unit = units_of(paths)
            right, _ = units_of(paths - largest.wrong(state))
            causes[each] = Confirmed(tuple(search.rivals(state, each)), right - 1, tried - 1, unit)
    except OutOfTimeError:
        search.out_of_time = True
    named = {each: cause for each, cause in causes.items() if len(cause.bugs) <= MOST_RIVALS}
    kept = tuple(named)
    if not kept:
        return (), frozenset()
    touched = Counter(symptom(path) for _, path in largest.between(kept, ()))
    wrong = Counter(symptom(path) for _, path in largest.wrong(kept))
    left = search.unexplained(kept)
    explained = {kind for kind, number in touched.items() if wrong[kind] <= (1 - SURE) * number}
    # Groups of very many sessions are not tried as a whole: their totals are those of their intervals.
    shown = {symptom(path) for cell in largest.cells if not cell.is_right(()) for path in cell.paths}
    explained |= {(True, field) for _, field in explained if (True, field) not in shown}
    return tuple(named.values()), frozenset(kind for kind in explained if kind[1] not in left)
