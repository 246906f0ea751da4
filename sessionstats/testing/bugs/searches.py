"""Searches and filters misread (§2, §4)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Case, Variant, altered, bug, defined, with_params, without
from sessionstats.testing.bugs.users import unaccented
from sessionstats.testing.model import conditions, search
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.ordering import Group
from sessionstats.testing.model.question import Question, series, total
from sessionstats.testing.model.rows import Row
from sessionstats.testing.model.search import All, Level, OneOf, Operator, Term

Equal = Callable[[str, str], bool]
"""Whether a value is found by a text."""


PLACES: Final[Mapping[str, Callable[[Term], bool]]] = {
    "in lists": lambda term: term.is_list,
    "outside lists": lambda term: not term.is_list,
    "in releases": lambda term: term.key == "release",
    "in environments": lambda term: term.key == "environment",
    "in negated terms": lambda term: term.negated,
}
"""The terms that a comparison may concern."""


def found(equal: Equal, detail: str = "") -> Variant:
    """A variant that compares values differently; its twins do so in some terms only."""

    def within(which: Callable[[Term], bool]) -> Callable[[str, Term, set[str]], bool]:
        def selects(value: str, term: Term, texts: set[str]) -> bool:
            if term.has or not which(term):
                return conditions.selects_text(value, term, texts)
            return any(equal(value, text) for text in texts) != term.negated

        return selects

    twins = tuple(
        defined(f"{detail}, {place}".removeprefix(", "), selects_text=within(which))
        for place, which in PLACES.items()
    )
    return replace(defined(detail, selects_text=within(lambda term: True)), twins=twins)


def of_parameter(*ways: tuple[Equal, str]) -> Callable[[Case], Iterable[Variant]]:
    """Variants that compare the parameter environment differently, for cases that have it."""

    def variants(case: Case) -> Iterable[Variant]:
        params = case["params"]
        if isinstance(params, Mapping) and params.get("environment"):
            for equal, detail in ways:
                yield altered(f"{detail} in the parameter environment".strip(), _asking_for_equal(equal))

    return variants


def _asking_for_equal(equal: Equal) -> Callable[[Case], Case]:
    def alter(case: Case) -> Case:
        params = case["params"]
        asked = params.get("environment") if isinstance(params, Mapping) else None
        rows = case.get("sessions")
        if not asked or not isinstance(rows, list):
            return case
        texts = [str(text) for text in (asked if isinstance(asked, list) else [asked])]
        there = {str(row.get("environment") or "") for row in rows if isinstance(row, Mapping)}
        chosen = sorted(value for value in there if any(equal(value, text) for text in texts))
        return {**case, "params": {**params, "environment": chosen or texts}}

    return alter


def like(value: str, text: str) -> bool:
    """As LIKE of SQL compares."""
    pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in text)
    return re.fullmatch(pattern, value, re.DOTALL) is not None


def like_without_case(value: str, text: str) -> bool:
    """As LIKE of SQLite or MySQL compares."""
    return like(value.lower(), text.lower())


def glob(value: str, text: str) -> bool:
    """As file names are matched."""
    return fnmatch.fnmatchcase(value, text)


def as_pattern(value: str, text: str, whole: bool = True) -> bool:
    """As a regular expression matches."""
    try:
        return bool(re.fullmatch(text, value) if whole else re.search(text, value))
    except re.error:
        return False


def drops_empty(value: str, term: Term, texts: set[str]) -> bool:
    """A negated term drops what has no value."""
    return conditions.selects_text(value, term, texts) and not (value == "" and term.negated and not term.has)


def has_all(value: str, term: Term, texts: set[str]) -> bool:
    """``has:key`` selects everything."""
    return not term.negated if term.has else conditions.selects_text(value, term, texts)


def differs_from_any(value: str, term: Term, texts: set[str]) -> bool:
    """A negated list matches what differs from one of its values."""
    if term.negated and term.is_list:
        return any(value != text for text in texts)
    return conditions.selects_text(value, term, texts)


def left_to_right(level: Level) -> All | OneOf:
    """Conditions joined from left to right."""
    tree: All | OneOf = All(())
    alternative = False
    for item in level:
        if isinstance(item, Operator):
            alternative = item.name == "OR"
            continue
        part = item if isinstance(item, Term) else left_to_right(item)
        tree = (
            OneOf((tree, part))
            if alternative
            else All((*tree.parts, part) if isinstance(tree, All) else (tree, part))
        )
        alternative = False
    return tree


def or_first(level: Level) -> All | OneOf:
    """OR binds tighter than AND."""
    groups: list[list[Any]] = []
    after_or = False
    for item in level:
        if isinstance(item, Operator):
            after_or = item.name == "OR"
            continue
        part = item if isinstance(item, Term) else or_first(item)
        if after_or:
            groups[-1].append(part)
        else:
            groups.append([part])
        after_or = False
    return All(tuple(group[0] if len(group) == 1 else OneOf(tuple(group)) for group in groups))


def all_and(level: Level) -> All | OneOf:
    """OR read as AND."""
    return All(tuple(item if isinstance(item, Term) else all_and(item) for item in _terms(level)))


def _terms(level: Level) -> list[Term | Level]:
    return [item for item in level if not isinstance(item, Operator)]


def all_or(level: Level) -> All | OneOf:
    """AND read as OR."""
    parts = tuple(item if isinstance(item, Term) else all_or(item) for item in _terms(level))
    return OneOf(parts) if len(parts) > 1 else All(parts)


def same_keys(level: Level) -> All | OneOf:
    """Terms of the same key side by side are alternatives, if there is no operator."""
    if any(not isinstance(item, Term) for item in level):
        return search.build(level)
    by_key: dict[Any, list[Term]] = {}
    for term in level:
        if isinstance(term, Term):
            by_key.setdefault((term.key, term.negated), []).append(term)
    return All(
        tuple(
            OneOf(tuple(terms)) if len(terms) > 1 and not negated else All(tuple(terms))
            for (_, negated), terms in by_key.items()
        )
    )


def flat(level: Level) -> All | OneOf:
    """Parentheses ignored."""
    items: Level = []
    stack = list(level)[::-1]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item[::-1])
        else:
            items.append(item)
    return search.build(items)


def first_of(name: str, place: slice) -> Variant:
    """A variant that looks at one value of a parameter that may be repeated."""

    def change(params: dict[str, Any]) -> dict[str, Any]:
        values = params.get(name)
        return {**params, name: values[place]} if isinstance(values, list) and len(values) > 1 else params

    return with_params(f"the {'first' if place == slice(1) else 'last'} {name}", change)


def unless_searched(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters without environments, if the search has some."""
    return without("environment")(params) if "environment:" in str(params.get("query")) else params


def without_empty(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters without empty environments."""
    values = params.get("environment")
    kept = [value for value in values if value != ""] if isinstance(values, list) else values or None
    return {**params, "environment": kept}


def projects_as(chosen: Callable[[str, list[str]], bool], detail: str) -> Variant:
    """A variant that selects other projects of the sessions."""

    def alter(case: Case) -> Case:
        params, rows = case["params"], case["sessions"]
        asked = params.get("project") if isinstance(params, Mapping) else None
        if asked in (None, "", []) or not isinstance(rows, list):
            return case
        texts = [str(text) for text in (asked if isinstance(asked, list) else [asked])]
        there = {str(row.get("project_id")) for row in rows if isinstance(row, Mapping)}
        found = sorted(number for number in there if "-1" not in texts and chosen(number, texts))
        return {**case, "params": {**params, "project": [*texts, *found]}}

    return altered(detail, alter)


def without_sessions_of_all(case: Case) -> Case:
    """A case without sessions, if all projects are requested."""
    params = case["params"]
    asked = params.get("project") if isinstance(params, Mapping) else None
    given = asked if isinstance(asked, list) else [asked]
    return {**case, "sessions": []} if "-1" in map(str, given) else case


def of_classes(d: Definitions, sessions: list[Row], statuses: frozenset[str] | None) -> list[Row]:
    """Only sessions of the selected classes."""
    return [session for session in sessions if statuses is None or d.health(session) in statuses]


def of_every_class(name: str) -> Variant:
    """A variant in which a status filter has no effect on a field, unless it is grouped by status."""

    def asked(question: Question, group: Group, field: str) -> Question:
        free = field == name and group.status is None
        return replace(question, statuses=None) if free else question

    return defined(
        f"in {name}, unless grouped by it",
        total=lambda question, group, field: total(asked(question, group, field), group, field),
        series=lambda question, group, field: series(asked(question, group, field), group, field),
    )


def text_without(pattern: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A query without what a pattern matches."""

    def change(params: dict[str, Any]) -> dict[str, Any]:
        query = params.get("query")
        return {**params, "query": re.sub(pattern, "", query)} if isinstance(query, str) else params

    return change


STATUS: Final = r"!?session\.status:(\[[^\]]*\]|\S+)"
"""A status term, as written in a query."""


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "empty-environment-ignored", "2", "An empty environment selects everything",
        "An empty ``environment`` counts as given: it selects the sessions without an environment.",
        with_params("", without_empty),
    ),
    bug(
        "one-of-several-parameters", "2", "Only one of several environments or projects is selected",
        "``environment`` and ``project`` are repeatable: every value selects.",
        first_of("environment", slice(1)), first_of("environment", slice(-1, None)),
        first_of("project", slice(1)), first_of("project", slice(-1, None)),
    ),
    bug(
        "filter-ignored", "2", "The parameter environment or project has no effect",
        "``environment`` and ``project`` select; without ``project``, the accessible ones are selected.",
        with_params("environment", without("environment")), with_params("project", without("project")),
        with_params("both", without("project", "environment")),
        with_params("environment, if the search names one", unless_searched),
    ),
    bug(
        "projects-by-part", "2", "Projects are selected by a part of their number",
        "``project=1`` selects the project 1 only, not 10 or 21.",
        projects_as(lambda number, asked: number in ",".join(asked), "those found in what is requested"),
        projects_as(lambda number, asked: any(text in number for text in asked), "those that contain it"),
        projects_as(lambda number, asked: any(number.startswith(text) for text in asked),
                    "those that begin with it"),
    ),
    bug(
        "all-projects-misread", "2", "The project -1 is read as an id",
        "``project=-1`` selects all accessible projects.",
        defined(means_all=lambda requested: False),
        altered("that has no sessions", without_sessions_of_all),
    ),
    bug(
        "search-ignored", "4", "The search has no effect",
        "A search keeps the sessions that match it.",
        with_params("", without("query")),
        defined("except for the status", selects_text=lambda value, term, texts: True),
    ),
    bug(
        "negation-drops-empty", "4.1", "A negated term drops sessions without a value",
        "``!environment:dev`` keeps sessions without an environment: they are not in dev.",
        defined(selects_text=drops_empty),
        reports=["PostHog/posthog#1546"],
    ),
    bug(
        "negated-list-misread", "4.1", "A negated list is not the opposite of the list",
        "``!key:[a, b]`` keeps the sessions that have neither value.",
        defined("any other value matches", selects_text=differs_from_any),
    ),
    bug(
        "has-matches-empty", "4.1", "The search has:key keeps sessions with an empty value",
        "``has:key`` keeps sessions whose value is not empty.",
        defined(selects_text=has_all),
    ),
    bug(
        "and-or-precedence", "4.1", "AND does not bind tighter than OR",
        "``a OR b c`` is ``a OR (b AND c)``.",
        defined("from left to right", build=left_to_right), defined("OR binds tighter", build=or_first),
        reports=["getsentry/sentry#107831"],
    ),
    bug(
        "parentheses-ignored", "4.1", "Parentheses are ignored",
        "Parentheses group conditions.",
        defined(build=flat),
    ),
    bug(
        "operators-swapped", "4.1", "OR is read as AND, or AND as OR",
        "Terms without an operator between them, or with AND, must all hold; with OR one of them must.",
        defined("OR between terms of the same key", build=same_keys),
        defined("OR for AND", build=all_and), defined("AND for OR", build=all_or),
    ),
    bug(
        "search-without-case", "4.2", "Values are compared regardless of case, space, accents or form",
        "Releases and environments are compared exactly.",
        found(lambda value, text: value.lower() == text.lower()),
        found(lambda value, text: value.strip() == text.strip(), "space at the ends"),
        found(lambda value, text: value.rstrip() == text.rstrip(), "space at the end"),
        found(lambda value, text: value.strip().lower() == text.strip().lower(), "case and space"),
        found(lambda value, text: unaccented(value) == unaccented(text), "accents"),
        found(lambda value, text: unaccented(value).lower() == unaccented(text).lower(), "case and accents"),
        family=of_parameter((lambda value, text: value.lower() == text.lower(), "case"),
                            (lambda value, text: value.strip() == text.strip(), "space")),
    ),
    bug(
        "search-by-part", "4.2", "A value matches as part of a longer one",
        "Values are compared as a whole: ``release:1.0`` does not match 1.0.1.",
        found(str.startswith, "the beginning"), found(str.__contains__, "anywhere"), found(str.endswith,
            "the end"),
        found(lambda value, text: text.startswith(value), "the other way round"),
        found(lambda value, text: text.lower() in value.lower(), "anywhere, in any case"),
    ),
    bug(
        "search-as-pattern", "4.2", "Values are read as patterns",
        "Values are compared as text: ``%``, ``_``, ``.`` and brackets stand for themselves.",
        found(like, "of LIKE"), found(like_without_case, "of LIKE, in any case"), found(glob,
            "of file names"),
        found(as_pattern, "regular expressions"),
        found(lambda value, text: as_pattern(value, text, whole=False), "regular expressions, anywhere"),
        found(lambda value, text: like(value, f"%{text}%"), "of LIKE, anywhere"),
        found(lambda value, text: like(value, f"{text}%"), "of LIKE, from the beginning"),
        family=of_parameter((like, "of LIKE"), (like_without_case, "of LIKE, in any case")),
    ),
    bug(
        "status-filter-removes-sessions", "4.5", "A status filter removes sessions",
        "A status filter selects which health classes are counted; groups and users come from all sessions.",
        defined(counting=of_classes),
    ),
    bug(
        "status-filter-ignored", "4.5", "A status filter has no effect",
        "``session.status`` selects which health classes are counted.",
        with_params("", text_without(STATUS)),
        of_every_class("sum(session)"), of_every_class("count_unique(user)"),
    ),
)  # fmt: skip
"""The bugs of this family."""
