"""Hypotheses: the variants of known bugs that would have given the actual answer.

1. A *hypothesis* is one variant of a bug, or several together; it answers any case (`bugs.bug`).
2. *Evidence* is one case with the right answer and the actual one, laid flat (`flat`). A hypothesis *agrees*
   if it gives every actual value; it *explains* the positions at which it differs from the right answer and
   gives the actual value.
3. Groups of equal rank may come in any order, and a cut through them may choose any (§7.3). The same holds
   for the ranks of the hypothesis: its whole ranking says which choices it allows.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Answer, Bug, Case, Variant
from sessionstats.testing.bugs.registry import BUGS, BY_ID
from sessionstats.testing.findings import ABSENT, GROUPS, Path
from sessionstats.testing.flat import ORDER, Flat, close, flatten
from sessionstats.testing.model.definitions import DEFINITIONS
from sessionstats.testing.model.errors import Rejection
from sessionstats.testing.model.ordering import Group, Order
from sessionstats.testing.model.parameters import Parameters
from sessionstats.testing.model.question import Question
from sessionstats.testing.model.rows import Row

Paths: TypeAlias = frozenset[Path]
"""Positions in an answer."""

DETAIL: Final = Path(None, None, "detail")
"""The path of the text of a rejection."""

OK: Final = 200
"""Status of an answer that is not a rejection (§9)."""

BAD_ROW: Final = 422
"""Status of a rejection whose wording is free (§1.4)."""


@dataclass(frozen=True)
class Hypothesis:
    """What might be wrong with a program: a variant of a bug.

    Parameters
    ----------
    bug : Bug
    variant : Variant
    """

    bug: Bug
    variant: Variant

    def __str__(self) -> str:
        detail = self.variant.detail
        return f"{self.bug.title} ({detail})" if detail else self.bug.title


LARGE: Final = 300
"""Rows from which on a case is large: only bugs that need many rows are tried on it."""

OF_LARGE: Final = ("rows-limited", "last-rows-lost", "counts-overflow", "counts-through-floats", "texts-cut")
"""The bugs that need many rows or long texts."""


def is_large(case: Case) -> bool:
    """Whether a case has so many rows that not every hypothesis can be tried on it."""
    return len(case["sessions"]) > LARGE


def hypotheses_for(case: Case) -> list[Hypothesis]:
    """Every hypothesis that is worth trying for a case."""
    bugs = [BY_ID[name] for name in OF_LARGE] if is_large(case) else BUGS
    return [Hypothesis(bug, variant) for bug in bugs for variant in bug.for_case(case)]


RIGHT: Final = Variant()
"""The model without a bug."""


def together(variants: Sequence[Variant]) -> Variant:
    """A variant with several bugs at once; of two that replace one definition the last wins.

    Changes of the table of rows follow each other: a session that is folded stays as it is.
    """
    changed: dict[str, Any] = {}
    for variant in variants:
        for name, value in replaced(variant).items():
            changed[name] = _after(changed[name], value) if name in changed and name == "fold" else value

    def alter(case: Case) -> Case:
        for variant in variants:
            case = variant.alter(case)
        return case

    def retouch(case: Case, answer: Answer) -> Answer:
        for variant in variants:
            answer = variant.retouch(case, answer)
        return answer

    return Variant("", dataclasses.replace(DEFINITIONS, **changed), alter, retouch)


def contradict(variants: Sequence[Variant]) -> bool:
    """Whether two of several variants replace one definition, so that they cannot be had together."""
    seen: set[str] = set()
    for variant in variants:
        names = replaced(variant).keys() - {"fold"}
        if names & seen:
            return True
        seen |= names
    return False


@lru_cache(maxsize=4096)
def replaced(variant: Variant) -> Mapping[str, Any]:
    """The definitions that a variant replaces."""
    values = (
        (each.name, getattr(variant.definitions, each.name)) for each in dataclasses.fields(DEFINITIONS)
    )
    return {name: value for name, value in values if value is not getattr(DEFINITIONS, name)}


def _after(first: Callable[..., list[Row]], then: Callable[..., list[Row]]) -> Callable[..., list[Row]]:
    return lambda d, rows: then(d, first(d, rows))


class Evidence:
    """One case, with the right answer and the actual one.

    Parameters
    ----------
    case : mapping
        A decoded request of the protocol (§9).
    actual : object
        The answer of the program.
    expected : mapping, optional
        The right answer; by default the model's.
    details : bool
        Whether the text of a rejection counts.

    Examples
    --------
    >>> from sessionstats.testing.bugs.registry import BY_ID
    >>> row = {"started": 0, "project_id": 1, "status": "ok", "distinct_id": ""}
    >>> case = {"now": "1970-01-01T01:00:00Z", "sessions": [row],
    ...         "params": {"field": "count_unique(user)", "statsPeriod": "1h"}}
    >>> (variant,) = BY_ID["empty-user-counted"].variants
    >>> evidence = Evidence(case, variant(case))
    >>> evidence.agrees(variant), evidence.agrees(RIGHT), len(evidence.explained(variant))
    (True, False, 2)
    """

    def __init__(
        self, case: Case, actual: Any, expected: Mapping[str, Any] | None = None, *, details: bool = True
    ) -> None:
        self.case = case
        self.answer = model.answer(case) if expected is None else expected
        self.details = details and self.answer["status"] != BAD_ROW
        self.names = _group_by(case)
        body = self.answer["body"]
        self.intervals: list[str] = body.get("intervals", [])
        self.expected = self._flat(self.answer)
        self.actual = self._flat(actual)
        self._read: dict[tuple[Any, ...], list[Row] | None] = {}
        self._changes: dict[Variant, tuple[Flat, Paths]] = {}

    def answered(self, actual: Any) -> Evidence:
        """The same case with another actual answer; what variants give is not computed again."""
        other = copy.copy(self)
        for name in ("wrong", "another_window", "_expected_as_chosen"):
            other.__dict__.pop(name, None)
        other.actual = other._flat(actual)
        return other

    @cached_property
    def wrong(self) -> Paths:
        """The positions at which the actual answer is not right."""
        return self.apart(self._expected_as_chosen, self.actual)

    @cached_property
    def another_window(self) -> bool:
        """Whether the window of the actual answer is not the right one."""
        return any(path.part in WINDOW for path in self.wrong)

    def agrees(self, variant: Variant) -> bool:
        """Whether a variant gives every actual value."""
        return not self.apart(self.aligned(variant), self.actual)

    def explained(self, variant: Variant) -> Paths:
        """The positions at which a variant differs from the right answer; none unless it is right at all."""
        predicted = self.predicted(variant)
        if not self.apart(predicted, self.expected):
            return frozenset()
        predicted = self._allowing(variant, predicted, self.actual)
        differing = self.apart(predicted, self._expected_as_chosen)
        return differing if not differing & self.apart(predicted, self.actual) else frozenset()

    def differs(self, variant: Variant) -> bool:
        """Whether a variant does not give the right answer to the case."""
        predicted = self.predicted(variant)
        return bool(self.apart(self._allowing(variant, predicted, self.expected), self.expected))

    def predicted(self, variant: Variant) -> Flat:
        """What a variant gives."""
        if variant not in self._changes:  # kept as what differs from the right answer, which is mostly little
            given = self._flat(self.answer_of(variant))
            changed = {
                path: value
                for path, value in given.items()
                if not _equal(value, self.expected.get(path, ABSENT))
            }
            self._changes[variant] = changed, frozenset(self.expected.keys() - given.keys())
        changed, missing = self._changes[variant]
        predicted = self.expected | changed
        for path in missing:
            del predicted[path]
        return predicted

    def aligned(self, variant: Variant) -> Flat:
        """What a variant gives, with the groups of equal rank that the actual answer shows."""
        return self._allowing(variant, self.predicted(variant), self.actual)

    @cached_property
    def _expected_as_chosen(self) -> Flat:
        return self.aligned(RIGHT)

    def _allowing(self, variant: Variant, predicted: Flat, actual: Flat) -> Flat:
        """A prediction with the actual choice among groups of equal rank, if it allows that."""
        order = actual.get(ORDER)
        if predicted.get(ORDER) == order or not isinstance(order, tuple) or ORDER not in predicted:
            return predicted
        chosen = _choice(variant, self.case, order, self)
        return predicted if chosen is None else chosen

    def answer_of(self, variant: Variant) -> Any:
        """What a variant answers; one that only writes differently begins with the right answer."""
        if variant.definitions is not DEFINITIONS or variant.alter is not RIGHT.alter:
            return _answer(variant, self.case, self)
        if self.answer["status"] != OK:
            return self.answer
        return variant.retouch(self.case, dict(self.answer))

    def _rows(self, variant: Variant = RIGHT) -> list[Row] | None:
        """The rows as a variant reads them, most like any other: that is most of the cost of an answer."""
        if variant.alter is not RIGHT.alter:
            return None
        readers = tuple(getattr(variant.definitions, name) for name in READERS)
        if readers not in self._read:
            try:
                self._read[readers] = model.read(self.case, variant.definitions)
            except Rejection:
                self._read[readers] = None
        return self._read[readers]

    def _flat(self, answer: Any) -> Flat:
        flat = flatten(answer, self.names, self.intervals)
        if not self.details:
            flat.pop(DETAIL, None)
        return flat

    @staticmethod
    def apart(one: Flat, other: Flat) -> Paths:
        """The positions at which two answers differ by more than rounding."""
        return frozenset(
            path
            for path in one.keys() | other.keys()
            if not _equal(first := one.get(path, ABSENT), second := other.get(path, ABSENT))
            and not close(path, first, second)
        )


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _group_by(case: Case) -> list[str]:
    try:
        return Parameters(case["params"]).many("groupBy")
    except Rejection:
        return []


READERS: Final = ("instant", "user", "is_session")
"""The definitions by which rows are read."""


def _answer(variant: Variant, case: Case, evidence: Evidence) -> Any:
    """What a variant answers; `None` if it breaks down, as a program with the bug might."""
    try:
        rows = evidence._rows(variant)
        return variant(case, None if rows is None else list(rows))
    except Exception:
        return None


def _choice(variant: Variant, case: Case, keys_shown: tuple[str, ...], evidence: Evidence) -> Flat | None:
    """The answer of a variant with the groups of the actual answer, if its ranks allow them; else `None`."""
    pages: list[list[int]] = []
    order: list[Any] = []

    def page(question: Question, by: Order, groups: list[Group]) -> list[Group]:
        shown = {id(group) for group in variant.definitions.page(question, by, groups)}
        pages.append([number for number, group in enumerate(groups) if id(group) in shown])
        order.extend(group.rank for group in groups)
        return groups

    whole = dataclasses.replace(variant.definitions, page=page)
    answer = _answer(dataclasses.replace(variant, definitions=whole), case, evidence)
    if not pages or not isinstance(answer, dict) or not order:
        return None
    groups = answer["body"].get(GROUPS, [])
    each = len(groups) // len(order)
    if each * len(order) != len(groups) or not each:
        return None
    keys = list(evidence._flat(answer).get(ORDER, ()))
    at = {key: number // each for number, key in enumerate(keys)}
    shown = [number for number in pages[0] for _ in range(each)]
    distinct = set(keys_shown)
    if len(keys_shown) != len(shown) or len(distinct) != len(keys_shown) or not distinct <= at.keys():
        return None
    value = Path((), "rank", "totals")
    if not all(
        close(value, order[at[key]], order[number]) for key, number in zip(keys_shown, shown, strict=True)
    ):
        return None
    by_key = dict(zip(keys, groups, strict=True))
    return evidence._flat({**answer, "body": {**answer["body"], GROUPS: [by_key[key] for key in keys_shown]}})


def candidates(evidence: Iterable[Evidence]) -> list[Hypothesis]:
    """The hypotheses that agree with all evidence and differ from the right answer in the last of it.

    If there are none, those that explain some position of the last.
    """
    *others, last = evidence
    explained = {
        each: paths
        for each in hypotheses_for(last.case)
        if (paths := last.explained(each.variant)) and paths <= last.wrong
    }
    whole = [each for each, paths in explained.items() if paths == last.wrong or last.agrees(each.variant)]
    found = whole or list(explained)
    return [each for each in found if all(_allows(other, each.variant) for other in others)]


WINDOW: Final = ("start", "end", "intervals", "status")
"""The positions that depend on the request alone."""


def changes_window(evidence: Evidence, variant: Variant) -> bool:
    """Whether a variant differs from the right answer in something that does not depend on rows."""
    predicted = evidence.predicted(variant)
    return any(path.part in WINDOW for path in evidence.apart(predicted, evidence.expected))


def _allows(evidence: Evidence, variant: Variant) -> bool:
    """Whether evidence is consistent with a variant: what it would do wrong was done wrong."""
    return bool(evidence.explained(variant)) or evidence.agrees(variant) or not evidence.differs(variant)
