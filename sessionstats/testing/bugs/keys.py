"""Which groups there are, and what they are called (§5)."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from sessionstats.fields import STATUS
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Row
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.findings import GROUPS, SERIES, GroupKey, Path

TEXTS: Final = ("release", "environment")
"""The groupBy columns that are texts."""


def _regrouped(evidence: Evidence, change: Callable[[str], str | None]) -> Iterator[Flat]:
    """The answers if texts that are grouped by were others; `None` leaves the session out."""

    def changed(*names: str) -> Iterator[Flat]:
        def of_session(session: Row) -> Row:
            texts = {name: change(session[name]) for name in names}
            if None in texts.values():
                return {**session, "quantity": 0}
            return {**session, **texts}

        yield from evidence.with_selected(of_session)

    grouped = [name for name in TEXTS if name in evidence.query.group_by]
    yield from changed(*grouped)
    for name in grouped if len(grouped) > 1 else ():
        yield from changed(name)


def _named(evidence: Evidence, name: Callable[[str, Any], Any]) -> Iterator[Flat]:
    """The right answer with the values of keys changed."""
    groups = evidence.expected["body"]["groups"]
    changed = [
        {**group, "by": {column: name(column, value) for column, value in group["by"].items()}}
        for group in groups
    ]
    if changed != groups:
        yield evidence.flatten(
            {**evidence.expected, "body": {**evidence.expected["body"], "groups": changed}}
        )


@diagnosis("empty-group-dropped", "5", "Sessions without a release or environment make no group")
def empty_dropped(evidence: Evidence) -> Iterator[Flat]:
    """A missing release or environment is the empty text, which is a group like any other."""
    yield from _regrouped(evidence, lambda text: text or None)


@diagnosis("empty-group-renamed", "5", "The group of the empty text has another name")
def empty_renamed(evidence: Evidence) -> Iterator[Flat]:
    """A missing release or environment is the empty text: neither null nor a text that others may have."""
    for other in ("None", "null", "(none)", "unknown", "undefined", "(empty)"):
        yield from _regrouped(evidence, _stand_in(other))
    yield from _named(evidence, lambda _, value: None if value == "" else value)


def _stand_in(other: str) -> Callable[[str], str]:
    return lambda text: text or other


@diagnosis("groups-without-case", "5", "Groups that differ in case or space are merged")
def without_case(evidence: Evidence) -> Iterator[Flat]:
    """Releases and environments are compared exactly."""
    yield from _regrouped(evidence, str.lower)
    yield from _regrouped(evidence, str.casefold)
    yield from _regrouped(evidence, str.strip)


@diagnosis("project-as-text", "5", "Projects are texts in the keys of groups")
def project_as_text(evidence: Evidence) -> Iterator[Flat]:
    """A project is an integer."""
    yield from _named(evidence, lambda column, value: str(value) if column == "project" else value)


@diagnosis("groups-of-nothing", "5", "Groups that have nothing for the fields appear")
def of_nothing(evidence: Evidence) -> Iterator[Flat]:
    """A group needs something for at least one field: a user for users, a duration for durations."""
    added = evidence.query.rules.fields["sum(session)"]
    if added not in evidence.query.fields and not evidence.query.by_release_timestamp:
        flat = evidence.answer(fields=(*evidence.query.fields, added))
        yield {path: value for path, value in flat.items() if path.field != added.name}


@diagnosis("empty-status-groups-dropped", "5", "Status groups of zeros are left out")
def empty_status_dropped(evidence: Evidence) -> Iterator[Flat]:
    """Every base group appears once per health class, zeros included."""
    if STATUS in evidence.query.group_by:
        yield _without(evidence, [key for key, values in _values(evidence).items() if not any(values)])


@diagnosis("zero-group-missing", "5", "Without sessions there is no group at all")
def zero_missing(evidence: Evidence) -> Iterator[Flat]:
    """Without groupBy, or by status only, the groups of zeros are there even of nothing."""
    values = _values(evidence)
    if not set(evidence.query.group_by) - {STATUS} and not any(map(any, values.values())):
        yield _without(evidence, list(values))


def _values(evidence: Evidence) -> dict[GroupKey, list[Any]]:
    """The values of each group shown."""
    values: dict[GroupKey, list[Any]] = {}
    for path, value in evidence.flat.items():
        if path.group is not None:
            of_group = values.setdefault(path.group, [])
            if path.field is not None and path.place != SERIES:
                of_group.append(value)
    return values


def _without(evidence: Evidence, dropped: list[GroupKey]) -> Flat:
    """The right answer without some groups."""
    flat = {
        path: value
        for path, value in evidence.flat.items()
        if path.group is None or path.group not in dropped
    }
    kept = [key for key in _values(evidence) if key not in dropped]
    return {**flat, Path(None, None, GROUPS): tuple(map(repr, kept))}


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    zero_missing,
    empty_dropped,
    empty_renamed,
    without_case,
    project_as_text,
    empty_status_dropped,
    of_nothing,
)
"""Of this family, the most specific first."""
