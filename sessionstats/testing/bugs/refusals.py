"""What is refused, and with which words (§1.4, §2.2, §2.3, §3.2, §3.6)."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from sessionstats import protocol
from sessionstats.errors import RequestError, SessionStatsError
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.findings import Path

LIMITS: Final = ("max_intervals", "max_per_page", "max_points")
"""The limits among the rules (§9)."""

NO_LIMIT: Final = 2**62
"""A limit that nothing reaches."""

STATUS, DETAIL = Path(None, None, "status"), Path(None, None, "detail")

LONGEST_DAY: Final = "The interval has to be less than one day."
"""The text for intervals of more than a day, which reads as if a day were too long (§3.2)."""


def _with_rules(evidence: Evidence, **changes: int) -> Iterator[Flat]:
    """The answer under other rules."""
    yield evidence.respond(rules={**_rules(evidence), **changes})


def _rules(evidence: Evidence) -> Mapping[str, Any]:
    return asdict(protocol.read_rules(evidence.case.get("rules")))


@diagnosis("bad-row-accepted", "1.4", "A wrong session row is dropped or accepted", of_refusals=True)
def bad_rows(evidence: Evidence) -> Iterator[Flat]:
    """A row that is wrong is an error that names column, row and value: nothing is silently dropped."""
    try:
        protocol.read({**evidence.case, "params": {"field": "sum(session)"}})
    except SessionStatsError as error:
        row, column = getattr(error, "row", None), getattr(error, "column", None)
        if row is not None and row < len(evidence.rows):
            yield evidence.respond(sessions=[r for place, r in enumerate(evidence.rows) if place != row])
            mended = {**evidence.rows[row], column: None}
            yield evidence.respond(
                sessions=[mended if place == row else r for place, r in enumerate(evidence.rows)]
            )


@diagnosis("limit-off-by-one", "3.6", "A limit is judged one too early or too late", of_refusals=True)
def off_by_one(evidence: Evidence) -> Iterator[Flat]:
    """1000 intervals are allowed, 5000 groups a page, and an interval of one day."""
    rules = _rules(evidence)
    for name in LIMITS:
        for limit in (rules[name] - 1, rules[name] + 1):
            for flat in _with_rules(evidence, **{name: limit}):
                if evidence.refused or DETAIL in flat:
                    yield flat
    yield {STATUS: 400, DETAIL: LONGEST_DAY}


@diagnosis("limit-not-enforced", "2.3", "A limit is not enforced", of_refusals=True)
def not_enforced(evidence: Evidence) -> Iterator[Flat]:
    """What is beyond a limit is refused, not cut down and not answered."""
    if not evidence.refused:
        return
    for name in LIMITS:
        yield from _with_rules(evidence, **{name: NO_LIMIT})
    yield from _with_rules(evidence, min_interval=1)
    if evidence.given.last("per_page") is not None:
        for size in (_rules(evidence)["max_per_page"], 100, None):
            yield from evidence.with_params(per_page=size)


@diagnosis("judged-in-another-order", "2.2", "Another fault of the request is judged first", of_refusals=True)
def other_order(evidence: Evidence) -> Iterator[Flat]:
    """Of several faults the first in the order of §2.2 is the answer."""
    yield from _each_alone(evidence)
    yield from _one_after_the_other(evidence)


def _each_alone(evidence: Evidence) -> Iterator[Flat]:
    """What each parameter is refused for if it is judged before all others."""
    for name, value in evidence.params.items() if evidence.refused else ():
        flat = evidence.respond(params={"field": "sum(session)", name: value})
        if DETAIL in flat:
            yield flat


def _one_after_the_other(evidence: Evidence) -> Iterator[Flat]:
    """The answers that remain when the faults that are judged first are mended."""
    params = evidence.params
    for _ in range(len(params)):
        try:
            protocol.read({**evidence.case, "params": params})
        except RequestError as error:
            if error.parameter not in params:
                return
            changes = {"field": "sum(session)"} if error.parameter == "field" else {error.parameter: None}
            params = {**params, **changes}
            flat = evidence.respond(params=params)
            if DETAIL in flat:
                yield flat
        except SessionStatsError:
            return
        else:
            return


@diagnosis("fault-ignored", "2.3", "A wrong parameter is taken for absent", of_refusals=True, broad=True)
def ignored(evidence: Evidence) -> Iterator[Flat]:
    """A parameter that is wrong is refused; only unknown names are ignored."""
    for name in evidence.params if evidence.refused else ():
        yield from evidence.with_params(**{name: None})


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (bad_rows, off_by_one, not_enforced, other_order, ignored)
"""Of this family, the most specific first."""
