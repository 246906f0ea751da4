"""What a recogniser works with: the case, the right answer, and ways to make wrong ones.

A wrong answer is made in one of four ways, each returning it flat:

1. `Evidence.respond`: the kernel answers an altered case; `with_rows`, `with_sessions` and `with_params`
   alter the part that they name.
2. `Evidence.answer`: the kernel answers the judged request with other attributes.
3. `Evidence.recomputed`: a function recomputes every value of some fields from the sessions of its cell; if
   the ranking field is among them, the groups are ranked anew.
4. `Evidence.patched`: a function replaces single values of the right answer.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qs

from sessionstats import from_records, pipeline, protocol, to_records
from sessionstats.fields import STATUS, Field
from sessionstats.health import STATUSES, health_class
from sessionstats.request.ordering import ByField, ranked_class
from sessionstats.request.parameters import Parameters
from sessionstats.request.query import Query
from sessionstats.search.tree import And
from sessionstats.testing.bugs.flat import Flat, flatten
from sessionstats.testing.findings import SERIES, TOTALS, GroupKey, Path
from sessionstats.testing.groups import key_of
from sessionstats.testing.oracle import UNCAPPED, Oracle, base_of

Row: TypeAlias = dict[str, Any]
"""A session row of the protocol (§9)."""


OK: Final = 200
"""Status of an answer that is not a refusal (§9)."""


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
        A decoded request.
    expected : mapping
        The kernel's answer. If it is a refusal, there is neither an oracle nor a judged request.
    """

    def __init__(self, case: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        self.case = case
        self.expected = expected
        self.refused = expected["status"] != OK
        self.intervals: list[str] = expected["body"].get("intervals", [])
        self.flat = self.flatten(expected)

    @cached_property
    def oracle(self) -> Oracle:
        """The kernel's own view of the case."""
        return Oracle(self.case)

    @property
    def query(self) -> Query:
        """The judged request."""
        return self.oracle.query

    def flatten(self, answer: Any) -> Flat:
        """Lay an answer to this case flat."""
        return flatten(answer, () if self.refused else self.query.group_by, self.intervals)

    @cached_property
    def rows(self) -> list[Row]:
        """The session rows of the case."""
        return list(self.case["sessions"])

    @cached_property
    def sessions(self) -> list[Row]:
        """The sessions, updates folded, with every column."""
        sessions = self.oracle.sessions
        return to_records(sessions[sessions.quantity > 0])

    @cached_property
    def params(self) -> dict[str, Any]:
        """The parameters of the case, by name."""
        params = self.case["params"]
        return parse_qs(params, keep_blank_values=True) if isinstance(params, str) else dict(params)

    @cached_property
    def given(self) -> Parameters:
        """The parameters of the case, as texts."""
        return Parameters(self.params)

    # The ways to make a wrong answer.

    def respond(self, **changes: Any) -> Flat:
        """What the kernel answers to the case with other values of some keys."""
        return self.flatten(protocol.respond({**self.case, **changes}))

    def with_rows(self, rows: Sequence[Row]) -> Iterator[Flat]:
        """The answer to other rows; none if they are no others."""
        if repr(rows) != repr(self.rows):
            yield self.respond(sessions=list(rows))

    def with_sessions(self, change: Callable[[Row], Row]) -> Iterator[Flat]:
        """The answer to the folded sessions, each changed; none if no session is."""
        changed = [change(dict(session)) for session in self.sessions]
        if changed != self.sessions:
            yield self.respond(sessions=changed)

    def with_selected(self, change: Callable[[Row], Row]) -> Iterator[Flat]:
        """The answer to the sessions that count, each changed after all filters; none if no session is."""
        selected = to_records(self.oracle.counting)
        changed = [change(dict(session)) for session in selected]
        if changed != selected:
            search = dataclasses.replace(self.query.search, _tree=And(()), _conditions=())
            query = dataclasses.replace(self.query, search=search, environments=(), projects=None)
            yield self.flatten(
                protocol.answered(
                    pipeline.answer(from_records(changed, statuses=self.query.rules.statuses), query)
                )
            )

    def with_params(self, **changes: Any) -> Iterator[Flat]:
        """The answer to other parameters, none if they are no others; the search is echoed as it was."""
        altered = Parameters(changes)
        if any(altered.all(name) != self.given.all(name) for name in changes):
            flat = self.respond(params={**self.params, **changes})
            echo = Path(None, None, "query")
            yield {**flat, echo: self.flat[echo]} if echo in flat and echo in self.flat else flat

    def answer(self, **changes: Any) -> Flat:
        """What the kernel answers to the judged request with other attributes."""
        query = dataclasses.replace(self.query, **changes)
        return self.flatten(protocol.answered(pipeline.answer(self.oracle.sessions, query)))

    def recomputed(self, wrong: CellFunction, fields: Collection[Field]) -> Iterator[Flat]:
        """The answer with every value of some fields recomputed from its cell; none without such fields."""
        order = self.query.order
        if order is None or not fields:
            return
        bases, ranking = self.shown, order.field if isinstance(order, ByField) else None
        if ranking is not None and ranking in fields and len(self.oracle.ranking) > 1:
            selected = ranked_class(self.query.search.classes)
            ranks = {base: wrong(ranking, self.cell(base, None), selected) for base in self.by_key}
            bases = self.page(rank_by(ranks, descending=order.descending))
        flat = self.showing(bases)
        for path in list(flat):
            field = self.field_of(path)
            if field is not None and field in fields and path.place != SERIES:
                flat[path] = self._recomputed_value(wrong, field, path)
        yield flat

    def _recomputed_value(self, wrong: CellFunction, field: Field, path: Path) -> Value:
        assert path.group is not None
        status = dict(path.group).get(STATUS)
        classes = self.query.search.classes if status is None else (status,)
        return wrong(field, self.cell(base_of(path.group), self.bucket_of.get(path.place)), classes)

    def patched(self, patch: Callable[[Field, Any], Any]) -> Iterator[Flat]:
        """The right answer with each value of a field replaced by what `patch` makes of it."""
        flat = dict(self.flat)
        for path, value in self.flat.items():
            field = self.field_of(path)
            if field is not None and path.place != SERIES:
                flat[path] = patch(field, value)
        yield flat

    def showing(self, bases: Sequence[GroupKey]) -> Flat:
        """The answer that shows these base groups, in this order, with their right values."""
        if list(bases) == self.shown:
            return dict(self.flat)
        known: dict[GroupKey, list[Any]] = {base: [] for base in bases}
        counted = [base for base in bases if base in self.oracle.index_of]
        for group in self.oracle.values(counted) if counted else ():
            known[base_of(key_of(group, self.query.group_by))].append(group)
        body = {**self.expected["body"], "groups": [group for base in bases for group in known[base]]}
        return self.flatten({**self.expected, "body": body})

    # What they need.

    def field_of(self, path: Path) -> Field | None:
        """The field of a path."""
        return self.query.rules.fields.get(path.field) if path.field is not None else None

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
        """Every base group with sessions, by ascending key."""
        return [base for base in self.oracle.index_of if base in self.oracle.ranking]

    @cached_property
    def shown(self) -> list[GroupKey]:
        """The base groups that the right answer shows."""
        groups = self.expected["body"]["groups"]
        return list(dict.fromkeys(base_of(key_of(group, self.query.group_by)) for group in groups))

    def page(self, ranked: Sequence[GroupKey]) -> list[GroupKey]:
        """The page that was asked for, of base groups in another order."""
        offset = self.query.page.offset
        return list(ranked[offset : offset + self.query.page_size])

    def cell(self, base: GroupKey, bucket: int | None) -> Sequence[Session]:
        """Sessions of a base group in a bucket, or in the whole window."""
        return self._cells.get((base, bucket), ())

    @cached_property
    def _cells(self) -> dict[tuple[GroupKey, int | None], list[Session]]:
        oracle = self.oracle
        keys = list(oracle.index_of)
        cells: dict[tuple[GroupKey, int | None], list[Session]] = {}
        places = zip(oracle.group.tolist(), oracle.bucket.tolist(), strict=True)
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

    @cached_property
    def series(self) -> dict[tuple[GroupKey, str], list[Any]]:
        """The right series of every group shown and field, whether or not it was asked for."""
        whole = self.flat
        if not self.query.include_series:
            rules = dataclasses.replace(self.query.rules, max_points=UNCAPPED)
            page = dataclasses.replace(self.query.page, size=self.query.page_size)
            whole = self.answer(include_series=True, page=page, rules=rules)
        return {
            (path.group, path.field): [
                whole.get(Path(path.group, path.field, start)) for start in self.intervals
            ]
            for path in whole
            if path.group is not None and path.field is not None and path.place == SERIES
        }

    @property
    def totals(self) -> Iterator[tuple[Path, Field, list[Any]]]:
        """The place of each total of the right answer, its field, and the series that belongs to it."""
        for path in self.flat:
            field = self.field_of(path)
            if field is not None and path.place == TOTALS and path.group is not None:
                yield path, field, self.series[path.group, field.name]


def rank_by(ranks: Mapping[GroupKey, Value], *, descending: bool) -> list[GroupKey]:
    """Groups in the order of their ranking values, null last, ties as they stand (§7.3)."""
    valued = {key: rank for key, rank in ranks.items() if rank is not None}
    ordered = sorted(valued, key=valued.__getitem__, reverse=descending)
    return [*ordered, *(key for key in ranks if key not in valued)]
