"""What a recogniser works with: the case, the right answer, and ways to make wrong ones.

A wrong answer is made in one of four ways, each returning it flat:

1. `Evidence.respond`: the kernel answers an altered case.
2. `Evidence.answer`: the kernel answers altered sessions or an altered judged request.
3. `Evidence.recomputed`: a function recomputes every value of some fields from the sessions of its cell; if
   the ranking field is among them, the groups are ranked anew.
4. `Evidence.patched`: a function replaces single values of the right answer.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from sessionstats import pipeline, protocol
from sessionstats.fields import Field
from sessionstats.grouping import STATUS
from sessionstats.health import STATUSES, health_class
from sessionstats.ranking import ranked_class
from sessionstats.sessions import Sessions
from sessionstats.testing.bugs.flat import Flat, flatten
from sessionstats.testing.findings import SERIES, TOTALS, GroupKey, Path
from sessionstats.testing.groups import key_of
from sessionstats.testing.oracle import Oracle, base_of


class Session(NamedTuple):
    """A session as the cell functions see it."""

    health: str
    status: str
    user: str | None
    duration: float | None
    mechanism: str
    quantity: int


Value: TypeAlias = int | float | None

CellFunction: TypeAlias = Callable[[Field, Sequence[Session], Sequence[str] | None], Value]
"""Value of a field over the sessions of a cell; the classes are those that counts add up, `None` for all."""


class Evidence:
    """A case that was answered wrongly.

    Parameters
    ----------
    case : mapping
        A decoded request that the kernel answers with groups (status 200).
    expected : mapping
        The kernel's answer.
    """

    def __init__(self, case: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        self.case = case
        self.oracle = Oracle(case)
        self.query = self.oracle.query
        self.expected = expected
        self.intervals: list[str] = expected["body"]["intervals"]
        self.flat = self.flatten(expected)

    def flatten(self, answer: Any) -> Flat:
        """Lay an answer to this case flat."""
        return flatten(answer, self.query.group_by, self.intervals)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The session rows of the case."""
        return list(self.case["sessions"])

    @cached_property
    def params(self) -> dict[str, Any]:
        """The parameters of the case, as a mapping; a query string is none that can be altered."""
        params = self.case["params"]
        return dict(params) if isinstance(params, dict) else {}

    # The four ways to make a wrong answer.

    def respond(self, **changes: Any) -> Flat:
        """What the kernel answers to the case with other values of some keys."""
        return self.flatten(protocol.respond({**self.case, **changes}))

    def answer(self, sessions: Sessions | None = None, **changes: Any) -> Flat:
        """What the kernel answers to other sessions, or to the judged request with other attributes."""
        if sessions is None:
            sessions = self.oracle.sessions
        query = dataclasses.replace(self.query, **changes) if changes else self.query
        return self.flatten(protocol.answered(pipeline.answer(sessions, query)))

    def recomputed(self, wrong: CellFunction, fields: Collection[Field]) -> Flat:
        """The answer with every value of some fields recomputed from its cell."""
        order = self.query.order
        if order is None:
            return {}
        bases = self.shown
        if order.field in fields and len(self.oracle.ranking) > 1:
            selected = ranked_class(self.query.search.classes)
            ranks = {base: wrong(order.field, self.cell(base, None), selected) for base in self.by_key}
            bases = self.page(rank_by(ranks, descending=order.descending))
        flat = self.showing(bases)
        for path in list(flat):
            field = self.field_of(path)
            if field in fields and path.place != SERIES:
                flat[path] = self._recomputed_value(wrong, field, path)
        return flat

    def _recomputed_value(self, wrong: CellFunction, field: Field, path: Path) -> Value:
        assert path.group is not None
        status = dict(path.group).get(STATUS)
        classes = self.query.search.classes if status is None else (status,)
        return wrong(field, self.cell(base_of(path.group), self.bucket_of.get(path.place)), classes)

    def patched(self, patch: Callable[[Field, Path, Any], Any]) -> Flat:
        """The right answer with each value of a field replaced by what `patch` makes of it."""
        flat = dict(self.flat)
        for path, value in self.flat.items():
            field = self.field_of(path)
            if field is not None and path.place != SERIES:
                flat[path] = patch(field, path, value)
        return flat

    # What they need.

    def field_of(self, path: Path) -> Field | None:
        """The field of a path."""
        return self.query.rules.fields.get(path.field) if path.field is not None else None

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The requested fields."""
        return self.query.fields

    def fields_of(self, *, kind: str | None = None, subject: str | None = None) -> list[Field]:
        """The requested fields of a kind or subject."""
        return [
            field
            for field in self.query.fields
            if (kind is None or field.kind == kind) and (subject is None or field.subject == subject)
        ]

    @cached_property
    def bucket_of(self) -> dict[str, int]:
        """Number of the bucket that starts at each instant."""
        return {start: bucket for bucket, start in enumerate(self.intervals)}

    @cached_property
    def by_key(self) -> list[GroupKey]:
        """Every base group, by ascending key."""
        return [base for base in self.oracle.index_of if base in self.oracle.ranking]

    @cached_property
    def shown(self) -> list[GroupKey]:
        """The base groups that the right answer shows."""
        groups = self.expected["body"]["groups"]
        return list(dict.fromkeys(base_of(key_of(group, self.query.group_by)) for group in groups))

    def page(self, ranked: Sequence[GroupKey], size: int | None = None) -> list[GroupKey]:
        """The page that was asked for, of base groups in another order or of another size."""
        offset = self.query.page.offset
        return list(ranked[offset : offset + (self.query.page_size if size is None else size)])

    def showing(self, bases: Sequence[GroupKey]) -> Flat:
        """The answer that shows these base groups, in this order, with their right values."""
        if list(bases) == self.shown:
            return dict(self.flat)
        known = {base: [] for base in bases}
        for group in self.oracle.values(bases):
            known[base_of(key_of(group, self.query.group_by))].append(group)
        body = {**self.expected["body"], "groups": [group for base in bases for group in known[base]]}
        return self.flatten({**self.expected, "body": body})

    def cell(self, base: GroupKey, bucket: int | None) -> Sequence[Session]:
        """Sessions of a base group in a bucket, or in the whole window."""
        return self._cells.get((base, bucket), ())

    @cached_property
    def _cells(self) -> dict[tuple[GroupKey, int | None], list[Session]]:
        oracle = self.oracle
        keys = list(oracle.index_of)
        cells: dict[tuple[GroupKey, int | None], list[Session]] = {}
        places = zip(oracle.groups.index.tolist(), oracle.bucket.tolist(), strict=True)
        for session, (group, bucket) in zip(self._decoded(), places, strict=True):
            if group >= 0:
                for place in (bucket, None):
                    cells.setdefault((keys[group], place), []).append(session)
        return cells

    def _decoded(self) -> Iterator[Session]:
        sessions, classes = self.oracle.counting, self.query.rules.health_classes
        columns: list[Iterable[Any]] = [
            [classes[code] for code in health_class(sessions.status, sessions.errors, classes).tolist()],
            [STATUSES[code] for code in sessions.status.tolist()],
            sessions.distinct_id.decode(),
            [None if value != value else value for value in sessions.duration.tolist()],
            sessions.abnormal_mechanism.decode(),
            sessions.quantity.tolist(),
        ]
        return map(Session._make, zip(*columns, strict=True))


def rank_by(ranks: Mapping[GroupKey, Value], *, descending: bool) -> list[GroupKey]:
    """Groups in the order of their ranking values, null last, ties as they stand (§7.3)."""
    valued = {key: rank for key, rank in ranks.items() if rank is not None}
    ordered = sorted(valued, key=valued.__getitem__, reverse=descending)
    return [*ordered, *(key for key in ranks if key not in valued)]


def totals_and_series(evidence: Evidence) -> Iterator[tuple[GroupKey, Field, Value, list[Any]]]:
    """Each total of the right answer with the series that belongs to it, asked for or not."""
    whole = evidence.flat
    if not (evidence.query.include_totals and evidence.query.include_series):
        if not evidence.query.include_totals:
            return
        page = dataclasses.replace(evidence.query.page, size=evidence.query.page_size)
        whole = evidence.answer(include_series=True, page=page, rules=_uncapped(evidence))
    for path, value in whole.items():
        field = evidence.field_of(path)
        if field is not None and path.place == TOTALS and path.group is not None:
            series = [whole[Path(path.group, field.name, start)] for start in evidence.intervals]
            yield path.group, field, value, series


def _uncapped(evidence: Evidence) -> Any:
    return dataclasses.replace(evidence.query.rules, max_points=2**62)
