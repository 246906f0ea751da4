"""What a session is, and of which health class (§1.1, §1.3, §6.1)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sessionstats.fields import Field
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Row, Session, Value
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.bugs.measuring import rate, sessions_in

BAD: Final = ("abnormal", "crashed", "unhandled")
"""Statuses that are health classes by themselves (§1.3)."""


def _with_status(evidence: Evidence, status: Callable[[Row], str]) -> Iterator[Flat]:
    """The answer if sessions had another status, and the errors to go with it."""

    def change(session: Row) -> Row:
        wanted = status(session)
        errors = session["errors"] if wanted == session["status"] else int(wanted == "errored")
        return {**session, "status": wanted, "errors": errors}

    yield from evidence.with_sessions(change)


def _recounted(
    evidence: Evidence, count: Callable[[Sequence[Session], Sequence[str] | None], int]
) -> Iterator[Flat]:
    """The answer if sessions were counted otherwise, in counts."""

    def wrong(_: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
        return count(sessions, classes)

    yield from evidence.recomputed(wrong, evidence.fields_of(kind="count", subject="session"))


@diagnosis("quantity-ignored", "6.1", "Pre-aggregated rows count as one session", broad=True)
def quantity_ignored(evidence: Evidence) -> Iterator[Flat]:
    """A row stands for as many sessions as its quantity says."""
    yield from evidence.with_sessions(lambda session: {**session, "quantity": 1})
    yield from _recounted(
        evidence, lambda sessions, classes: sessions_in([s._replace(quantity=1) for s in sessions], classes)
    )


@diagnosis("rows-of-no-session-counted", "1.1", "Rows of quantity 0 have an effect")
def of_no_session(evidence: Evidence) -> Iterator[Flat]:
    """A row that stands for no session has none: it makes no group, has no user and no duration."""
    for quantity in (1, None):
        rows = [{**row, "quantity": quantity} if row.get("quantity") == 0 else row for row in evidence.rows]
        yield from evidence.with_rows(rows)


@diagnosis("crashed-counted-twice", "6.1", "Totals count crashed sessions twice")
def crashed_twice(evidence: Evidence) -> Iterator[Flat]:
    """Health classes are exclusive: each session stands in one, and the sum over all has it once."""

    def twice(names: Sequence[str]) -> Iterator[Flat]:
        yield from _recounted(
            evidence,
            lambda sessions, classes: (
                sessions_in(sessions, classes) + (sessions_in(sessions, names) if classes is None else 0)
            ),
        )

    for names in (["crashed"], [*BAD], ["errored"], ["errored", *BAD]):
        yield from twice(names)


@diagnosis("errored-sessions-hold-crashed", "6.1", "Errored sessions still hold crashed or abnormal ones")
def errored_holds_others(evidence: Evidence) -> Iterator[Flat]:
    """Health classes are exclusive: a crashed session is not errored as well."""

    def holding(held: Sequence[str]) -> Iterator[Flat]:
        def errored(sessions: Sequence[Session]) -> int:
            return sessions_in(sessions, ["errored", *held])

        def wrong(field: Field, sessions: Sequence[Session], classes: Sequence[str] | None) -> Value:
            if field.kind == "rate":
                return rate(field, errored(sessions), sessions_in(sessions, None))
            more = sessions_in(sessions, held) if classes is not None and "errored" in classes else 0
            return sessions_in(sessions, classes) + more

        fields = evidence.fields_of(kind="count", subject="session")
        rates = [field for field in evidence.fields_of(subject="session") if field.part == "errored"]
        yield from evidence.recomputed(wrong, fields)
        if rates:
            yield from evidence.recomputed(wrong, [*fields, *rates])

    for held in ([*BAD], ["crashed"], ["abnormal"]):
        yield from holding(held)


@diagnosis("errors-before-status", "1.3", "Sessions with errors are errored whatever their status")
def errors_first(evidence: Evidence) -> Iterator[Flat]:
    """The status decides first: a session that crashed after an error is crashed."""
    for statuses in (BAD, ("crashed",), ("abnormal",)):
        yield from _with_status(evidence, _errored_if_errors(statuses))


def _errored_if_errors(statuses: Sequence[str]) -> Callable[[Row], str]:
    return lambda s: "errored" if s["errors"] and s["status"] in statuses else str(s["status"])


@diagnosis("errors-ignored", "1.3", "Sessions with handled errors count as healthy")
def errors_ignored(evidence: Evidence) -> Iterator[Flat]:
    """A session with errors is errored even if it then exited."""
    yield from evidence.with_sessions(lambda s: {**s, "errors": 0} if s["status"] in ("ok", "exited") else s)


@diagnosis("errored-status-ignored", "1.3", "Sessions of status errored count as healthy")
def status_ignored(evidence: Evidence) -> Iterator[Flat]:
    """A session of status ``errored`` is errored even if no number of errors was sent."""
    yield from _with_status(
        evidence, lambda s: "ok" if s["status"] == "errored" and not s["errors"] else str(s["status"])
    )
    yield from _with_status(evidence, lambda s: "ok" if s["status"] == "errored" else str(s["status"]))


@diagnosis("abnormal-as-other", "1.3", "Abnormal sessions count as crashed, errored or healthy")
def abnormal_as_other(evidence: Evidence) -> Iterator[Flat]:
    """An abnormal session has a health class of its own."""
    for other in ("crashed", "errored", "ok"):
        yield from _with_status(evidence, _abnormal_as(other))


def _abnormal_as(other: str) -> Callable[[Row], str]:
    return lambda s: other if s["status"] == "abnormal" else str(s["status"])


@diagnosis("open-sessions-ignored", "1.3", "Sessions that have not ended do not count", broad=True)
def open_ignored(evidence: Evidence) -> Iterator[Flat]:
    """A session of status ``ok`` has begun, and counts as healthy until it is known to be worse."""
    yield from evidence.with_sessions(lambda s: {**s, "quantity": 0} if s["status"] == "ok" else s)
    yield from evidence.with_sessions(
        lambda s: {**s, "quantity": 0} if s["status"] in ("ok", "errored") else s
    )


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    of_no_session,
    quantity_ignored,
    errors_first,
    errors_ignored,
    status_ignored,
    abnormal_as_other,
    errored_holds_others,
    crashed_twice,
    open_ignored,
)
"""Of this family, the most specific first."""
