"""What a search keeps (§4.1 to §4.5)."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sessionstats.search.conditions import Search
from sessionstats.search.masks import Table
from sessionstats.search.terms import ENVIRONMENT, RELEASE, Columns, OneOf
from sessionstats.search.tree import FreeText, Term, leaves
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Row
from sessionstats.testing.bugs.flat import Flat

TEXT_COLUMNS: Final = {"release": RELEASE, "environment": ENVIRONMENT}
"""Keys whose values are texts, with their columns."""

OPERATORS: Final = ("AND", "OR")
"""The operators of a search."""

_TOKEN: Final = re.compile(r'[()]|(?:"(?:\\.|[^"\\])*"|\[[^\]]*\]|[^\s()"])+')


@dataclass(frozen=True)
class Matching:
    """A condition that any function of a column's value decides."""

    column: int
    matches: Callable[[Any], bool]

    def table(self, columns: Columns) -> Table:
        """Which categories of the column meet the condition."""
        return np.array([self.matches(value) for value in columns.encoded[self.column].categories], np.bool_)


def with_conditions(evidence: Evidence, change: Callable[[Term, Any], Any]) -> Iterator[Flat]:
    """The answer if terms meant something else; none if none does.

    Parameters
    ----------
    evidence : Evidence
    change : callable
        From a term and its condition to the condition it is taken for.
    """
    search = evidence.query.search
    terms = list(leaves(search._tree)) if search.text else []
    changed = tuple(
        condition if condition is None or isinstance(term, FreeText) else change(term, condition)
        for term, condition in zip(terms, search._conditions, strict=True)
    )
    if changed != search._conditions:
        yield evidence.answer(search=dataclasses.replace(search, _conditions=changed))


@diagnosis("and-or-precedence", "4.1", "AND does not bind tighter than OR")
def precedence(evidence: Evidence) -> Iterator[Flat]:
    """``a OR b c`` is ``a OR (b AND c)``."""
    for text in (_left_to_right(evidence.query.search.text), _or_first(evidence.query.search.text)):
        yield from evidence.with_params(query=text or None)


@diagnosis("operators-swapped", "4.1", "OR is taken for AND, or AND for OR", broad=True)
def swapped(evidence: Evidence) -> Iterator[Flat]:
    """Terms without an operator between them, or with AND, must all hold; with OR one of them must."""
    tokens = _TOKEN.findall(evidence.query.search.text)
    ands = " ".join("AND" if token.upper() == "OR" else token for token in tokens)
    explicit = " ".join("OR" if token.upper() == "AND" else token for token in tokens)
    ors = " OR ".join(token for token in tokens if token.upper() not in OPERATORS)
    for text in (ands, explicit, ors if not {"(", ")"} & set(tokens) else ""):
        yield from evidence.with_params(query=text or None)


@diagnosis("parentheses-ignored", "4.1", "Parentheses are ignored")
def parentheses(evidence: Evidence) -> Iterator[Flat]:
    """Parentheses group conditions."""
    tokens = _TOKEN.findall(evidence.query.search.text)
    yield from evidence.with_params(query=" ".join(token for token in tokens if token not in "()") or None)


def _left_to_right(text: str) -> str:
    """The text with parentheses that make its operators take effect one after the other.

    Examples
    --------
    >>> _left_to_right("has:a OR has:b has:c")
    '((has:a OR has:b) has:c)'
    """
    return _folded(_TOKEN.findall(text), _chained)[0]


def _or_first(text: str) -> str:
    """The text with parentheses that make OR bind tighter.

    Examples
    --------
    >>> _or_first("has:a has:b OR has:c")
    'has:a (has:b OR has:c)'
    """
    return _folded(_TOKEN.findall(text), _ors_bound)[0]


def _folded(tokens: list[str], join: Callable[[list[str]], str]) -> tuple[str, list[str]]:
    """Join the conditions and operators of one level, those of inner levels first; and what is left over."""
    parts: list[str] = []
    while tokens and tokens[0] != ")":
        token, *tokens = tokens
        if token == "(":
            inside, tokens = _folded(tokens, join)
            tokens = tokens[1:]
            token = f"({inside})"
        parts.append(token)
    return join(parts), tokens


def _chained(parts: list[str]) -> str:
    text = ""
    operator = ""
    for part in parts:
        if part.upper() in OPERATORS:
            operator = f"{part.upper()} " if part.upper() == "OR" else ""
        elif not text:
            text = part
        else:
            text, operator = f"({text} {operator}{part})", ""
    return text


def _ors_bound(parts: list[str]) -> str:
    runs: list[list[str]] = []
    joined = False
    for part in parts:
        if part.upper() in OPERATORS:
            joined = part.upper() == "OR"
        elif joined:
            runs[-1].append(part)
            joined = False
        else:
            runs.append([part])
    return " ".join(f"({' OR '.join(run)})" if len(run) > 1 else run[0] for run in runs)


@diagnosis("negation-drops-empty", "4.1", "A negated term drops sessions without a value")
def negation_drops_empty(evidence: Evidence) -> Iterator[Flat]:
    """``!environment:dev`` keeps sessions without an environment: they are not in dev."""

    def change(term: Term, condition: Any) -> Any:
        if term.key not in TEXT_COLUMNS or not isinstance(condition, OneOf) or not term.negated or term.has:
            return condition
        return Matching(condition.column, lambda value: bool(value) and value not in condition.values)

    yield from with_conditions(evidence, change)


@diagnosis("negation-ignored", "4.1", "Negation is ignored", broad=True)
def negation_ignored(evidence: Evidence) -> Iterator[Flat]:
    """``!key:value`` keeps what ``key:value`` does not."""
    yield from with_conditions(
        evidence,
        lambda term, condition: (
            dataclasses.replace(condition, negated=not condition.negated) if term.negated else condition
        ),
    )
    yield from with_conditions(
        evidence,
        lambda term, condition: (
            dataclasses.replace(condition, negated=False) if term.negated and term.is_list else condition
        ),
    )


@diagnosis("list-of-one", "4.1", "Only one value of a list is looked at")
def list_of_one(evidence: Evidence) -> Iterator[Flat]:
    """``key:[a, b]`` keeps sessions that have either value."""
    yield from with_conditions(evidence, lambda term, condition: _only(term, condition, 0))
    yield from with_conditions(evidence, lambda term, condition: _only(term, condition, -1))


def _only(term: Term, condition: Any, place: int) -> Any:
    if not term.is_list or term.key not in TEXT_COLUMNS:
        return condition
    return OneOf(condition.column, frozenset((term.values[place].text,)), term.negated)


@diagnosis("has-matches-empty", "4.1", "The search has:key keeps sessions with an empty value")
def has_empty(evidence: Evidence) -> Iterator[Flat]:
    """``has:key`` keeps sessions whose value is not empty."""
    yield from with_conditions(
        evidence,
        lambda term, condition: (
            Matching(condition.column, lambda _: not term.negated) if term.has else condition
        ),
    )


@diagnosis("search-without-case", "4.2", "Values are compared without case")
def without_case(evidence: Evidence) -> Iterator[Flat]:
    """Releases and environments are compared exactly."""

    def change(term: Term, condition: Any) -> Any:
        if term.key not in TEXT_COLUMNS or not isinstance(condition, OneOf):
            return condition
        wanted = {value.lower() for value in condition.values}
        return Matching(condition.column, lambda value: (value.lower() in wanted) != condition.negated)

    yield from with_conditions(evidence, change)


@diagnosis("search-by-part", "4.2", "A value is found as a part of a longer one")
def by_part(evidence: Evidence) -> Iterator[Flat]:
    """Values are compared as a whole: ``release:1.0`` does not find 1.0.1."""

    def found(test: Callable[[str, str], bool]) -> Iterator[Flat]:
        def change(term: Term, condition: Any) -> Any:
            if term.key not in TEXT_COLUMNS or not isinstance(condition, OneOf) or term.has:
                return condition
            wanted = condition.values
            return Matching(
                condition.column, lambda value: any(test(value, w) for w in wanted) != condition.negated
            )

        yield from with_conditions(evidence, change)

    yield from found(str.startswith)
    yield from found(lambda value, wanted: wanted in value)


@diagnosis("quotes-kept", "4.1", "Quotes or escapes are taken for part of the value")
def quotes_kept(evidence: Evidence) -> Iterator[Flat]:
    r"""Quotes enclose a value, and ``\"`` and ``\*`` stand for a quote and an asterisk."""

    def spelled(spell: Callable[[Any], str]) -> Iterator[Flat]:
        def change(term: Term, condition: Any) -> Any:
            if term.key not in TEXT_COLUMNS or not isinstance(condition, OneOf) or term.has:
                return condition
            return OneOf(condition.column, frozenset(map(spell, term.values)), term.negated)

        yield from with_conditions(evidence, change)

    yield from spelled(lambda value: f'"{value.text}"' if value.quoted else value.text)
    yield from spelled(lambda value: value.text.replace('"', '\\"').replace("*", "\\*"))


@diagnosis("status-filter-removes-sessions", "4.5", "A status filter removes sessions")
def status_removes(evidence: Evidence) -> Iterator[Flat]:
    """A status filter selects which health classes are counted; groups and users are of all sessions."""
    classes = evidence.query.search.classes
    if classes is not None:
        yield from evidence.with_sessions(lambda s: s if _health(s) in classes else {**s, "quantity": 0})


def _health(session: Row) -> str:
    """Health class of a session (§1.3)."""
    if session["status"] in ("crashed", "abnormal", "unhandled"):
        return str(session["status"])
    return "errored" if session["errors"] or session["status"] == "errored" else "healthy"


@diagnosis("status-filter-ignored", "4.5", "A status filter has no effect")
def status_ignored(evidence: Evidence) -> Iterator[Flat]:
    """``session.status`` selects which health classes are counted."""
    search = evidence.query.search
    if search.classes is not None:
        yield evidence.answer(search=dataclasses.replace(search, classes=None))


@diagnosis("search-ignored", "4", "The search has no effect")
def ignored(evidence: Evidence) -> Iterator[Flat]:
    """A search keeps the sessions that meet it."""
    search = evidence.query.search
    if search.text:
        yield evidence.answer(search=Search(search.text, search.classes))


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    negation_drops_empty,
    has_empty,
    quotes_kept,
    without_case,
    list_of_one,
    precedence,
    parentheses,
    swapped,
    negation_ignored,
    by_part,
    status_removes,
    status_ignored,
    ignored,
)
"""Of this family, the most specific first."""
