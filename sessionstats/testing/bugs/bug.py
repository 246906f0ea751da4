"""A bug, and the ways to have it: variants of the plain model that answer as a program with the bug would.

1. `defined` replaces definitions of the model, `altered` the case on the way in, `retouched` the answer.
2. `rows_as` and `sessions_as` are for the columns of rows before, and of sessions after, folding (§1.2).
3. A parameter of a bug, such as a length or a time zone, is a family of variants: those worth trying
    for a case.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sessionstats.testing import model
from sessionstats.testing.model.definitions import DEFINITIONS, Definitions
from sessionstats.testing.model.folding import fold
from sessionstats.testing.model.rows import Row

Case: TypeAlias = Mapping[str, Any]
"""A decoded request of the protocol (§9)."""

Answer: TypeAlias = dict[str, Any]
"""A decoded answer (§9)."""


def _same(case: Case) -> Case:
    return case


def _untouched(case: Case, answer: Answer) -> Answer:
    return answer


@dataclass(frozen=True, eq=False)  # identity is enough, and comparing 60 definitions is slow
class Variant:
    """One way to have a bug: the plain model with one thing changed.

    Parameters
    ----------
    detail : str
        What sets this variant apart, for the report; ``""`` where there is nothing to add.
    definitions : Definitions
        What the model computes by.
    alter : callable
        From the case to the case that is answered instead.
    retouch : callable
        From the case and an answer of status 200 to the answer that is given instead.
    twins : tuple of Variant
        The same bug at another stage of a program, where that makes a difference.

    Examples
    --------
    >>> row = {"started": 0, "project_id": 1, "status": "ok", "quantity": 5}
    >>> case = {"now": "1970-01-01T01:00:00Z", "sessions": [row],
    ...         "params": {"field": "sum(session)", "statsPeriod": "1h"}}
    >>> ignores_quantity = rows_as(lambda row: {"quantity": 1})
    >>> ignores_quantity(case)["body"]["groups"][0]["totals"]
    {'sum(session)': 1}
    """

    detail: str = ""
    definitions: Definitions = DEFINITIONS
    alter: Callable[[Case], Case] = _same
    retouch: Callable[[Case, Answer], Answer] = _untouched
    twins: tuple[Variant, ...] = ()

    def __call__(self, case: Case, rows: list[Row] | None = None) -> Answer:
        """The answer to a decoded request, wrong where the bug shows; `rows` as for `model.answer`."""
        answer = model.answer(self.alter(case), self.definitions, rows)
        return self.retouch(case, answer) if answer["status"] == 200 else answer


@dataclass(frozen=True, eq=False)
class Bug:
    """A known bug.

    Parameters
    ----------
    id : str
        Stable: reports and lists of known findings refer to it.
    section : str
        The section of the semantics that it breaks.
    title : str
        The bug in a few words.
    explanation : str
        What is right, and why.
    variants : tuple of Variant
        The ways to have it.
    reports : tuple of str
        Public reports, as ``owner/name#number``.
    family : callable, optional
        Further variants, from a case that they are worth trying for.
    """

    id: str
    section: str
    title: str
    explanation: str
    variants: tuple[Variant, ...]
    reports: tuple[str, ...] = ()
    family: Callable[[Case], Iterable[Variant]] | None = None

    def for_case(self, case: Case) -> list[Variant]:
        """Every variant that is worth trying for a case: none of a search where there is none."""
        own = self.variants if not self.section.startswith("4.") or _has_search(case) else ()
        variants = [*own, *(self.family(case) if self.family else ())]
        return [each for variant in variants for each in (variant, *variant.twins)]


def _has_search(case: Case) -> bool:
    params = case.get("params")
    return "query" in params if isinstance(params, (Mapping, str)) else False


def bug(
    id: str,
    section: str,
    title: str,
    explanation: str,
    *variants: Variant,
    reports: Sequence[str] = (),
    family: Callable[[Case], Iterable[Variant]] | None = None,
) -> Bug:
    """A bug with its variants."""
    return Bug(id, section, title, explanation, variants, tuple(reports), family)


def defined(detail: str = "", /, **definitions: Any) -> Variant:
    """A variant with other definitions of the model.

    Where something no longer counts for a value, it may still make a group: that is a twin.
    """
    changed = dataclasses.replace(DEFINITIONS, **definitions)
    if {"counted_duration", "person"}.isdisjoint(definitions):
        return Variant(detail, changed)
    grouped = dataclasses.replace(changed, contributes=_contributes)
    return Variant(detail, changed, twins=(Variant(f"{detail}, in values only".removeprefix(", "), grouped),))


def _contributes(d: Definitions, field: str, session: Row) -> bool:
    return DEFINITIONS.contributes(DEFINITIONS, field, session)


def altered(detail: str, alter: Callable[[Case], Case], /) -> Variant:
    """A variant that answers another case."""
    return Variant(detail, alter=alter)


def retouched(detail: str, retouch: Callable[[Case, Answer], Answer], /) -> Variant:
    """A variant that gives another answer."""
    return Variant(detail, retouch=retouch)


def with_params(detail: str, change: Callable[[dict[str, Any]], dict[str, Any]], /) -> Variant:
    """A variant that answers other parameters; where they are a query string it changes nothing."""

    def alter(case: Case) -> Case:
        params = case.get("params")
        return {**case, "params": change(dict(params))} if isinstance(params, Mapping) else case

    return altered(detail, alter)


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Parameters without some."""
    return lambda params: {name: value for name, value in params.items() if name not in names}


Changes: TypeAlias = Mapping[str, Any] | None
"""The columns of a row that are different; `None` where the row is lost."""


def _each(rows: Iterable[Row], change: Callable[[Row], Changes]) -> list[Row]:
    changed = []
    for row in rows:
        changes = change(row)
        if changes is not None:
            changed.append(dataclasses.replace(row, **changes) if changes else row)
    return changed


def rows_as(change: Callable[[Row], Changes], detail: str = "") -> Variant:
    """A variant that reads other columns in every row."""
    return defined(detail, fold=lambda d, rows: fold(d, _each(rows, change)))


def sessions_as(change: Callable[[Row], Changes], detail: str = "") -> Variant:
    """A variant that has other columns in every session, once updates are folded."""
    return defined(detail, fold=lambda d, rows: _each(fold(d, rows), change))


def table_as(change: Callable[[list[Row]], list[Row]], detail: str = "") -> Variant:
    """A variant with another table of rows."""
    return defined(detail, fold=lambda d, rows: fold(d, change(rows)))


def values_as(change: Callable[[str, Any], Any], detail: str = "") -> Variant:
    """A variant that writes every value of a field differently, in totals and series.

    Its twin has other values before they rank the groups.
    """

    def value(d: Definitions, field: str, sessions: list[Row], classes: frozenset[str] | None) -> Any:
        return change(field, DEFINITIONS.value(d, field, sessions, classes))

    def retouch(case: Case, answer: Answer) -> Answer:
        return with_groups(answer, [_revalued(group, change) for group in answer["body"]["groups"]])

    early = defined(f"{detail}, before ranking".removeprefix(", "), value=value)
    return Variant(detail, retouch=retouch, twins=(early,))


def _revalued(group: Mapping[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    changed = dict(group)
    if "totals" in group:
        changed["totals"] = {name: change(name, value) for name, value in group["totals"].items()}
    if "series" in group:
        changed["series"] = {
            name: [change(name, value) for value in values] for name, values in group["series"].items()
        }
    return changed


def with_groups(answer: Answer, groups: list[Any]) -> Answer:
    """The answer with other groups."""
    return {**answer, "body": {**answer["body"], "groups": groups}}


def beginning(length: int) -> Callable[[str], str]:
    """The first characters of a text."""
    return lambda text: text[:length]


LENGTHS: Final = (8, 10, 12, 15, 16, 20, 24, 30, 31, 32, 36, 40, 48, 50, 60, 63, 64, 80, 100, 120, 127, 128,
                  200, 250, 255)  # fmt: skip
"""Lengths that columns of text are often cut to."""
