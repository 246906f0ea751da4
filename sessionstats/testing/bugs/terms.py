"""Terms of a search misread, whatever their key (§4.1, §4.5).

1. `changed` has every term of some keys read as another one, or as none at all.
2. `selecting` combines the status terms of a search differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined
from sessionstats.testing.model import search
from sessionstats.testing.model.conditions import PROJECT_IDS, STATUS, VERSIONED
from sessionstats.testing.model.request import Rules
from sessionstats.testing.model.search import All, Level, Term, top_terms

Change = Callable[[Term], Term | None]
"""From a term to the one that is read instead, or to `None` where it has no effect."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "in every key": ("environment", "release", "project", *PROJECT_IDS, STATUS, *VERSIONED),
    "in releases and environments": ("environment", "release"),
    "in releases": ("release",),
    "in environments": ("environment",),
    "in versions": VERSIONED,
    "in projects": ("project", *PROJECT_IDS),
    "in statuses": (STATUS,),
}
"""The keys that a bug may concern."""


def changed(change: Change, detail: str = "", keys: str = "in every key") -> Variant:
    """A variant that reads the terms of some keys differently."""

    def read(item: search.Term | search.Operator | Level) -> search.Term | search.Operator | Level:
        if isinstance(item, list):
            return [read(each) for each in item]
        if not isinstance(item, Term) or item.key not in KEYS[keys]:
            return item
        return change(item) or []  # an empty level holds for every session

    return defined(
        f"{detail} {keys}".strip(), build=lambda level: search.build([read(item) for item in level])
    )


def by_key(change: Change, detail: str = "") -> tuple[Variant, ...]:
    """A change of the terms of every key, or of some only."""
    return tuple(changed(change, detail, keys) for keys in KEYS)


def plain(term: Term) -> Term:
    """A term without its negation."""
    return replace(term, negated=False)


def unless(which: Callable[[Term], bool], change: Change) -> Change:
    """A change of some terms."""
    return lambda term: change(term) if which(term) else term


def some_of(place: slice, which: Callable[[Term], bool]) -> Change:
    """Only some values of a list are read."""
    return unless(lambda term: term.is_list and which(term),
                  lambda term: replace(term, values=term.values[place]))  # fmt: skip


def is_plain(term: Term) -> bool:
    """Whether a term is not negated."""
    return not term.negated


def dropped(term: Term) -> None:
    """No term at all."""


def selecting(combine: Callable[[list[frozenset[str]]], Iterable[str]], detail: str) -> Variant:
    """A variant that combines what several status terms select."""

    def status_filter(tree: All, rules: Rules) -> frozenset[str] | None:
        terms = [term for term in top_terms(tree) if term.key == STATUS]
        every = frozenset(rules.classes)
        named = [(term, every if term.has else frozenset(term.texts)) for term in terms]
        selected = [every - texts if term.negated else every & texts for term, texts in named]
        return frozenset(combine(selected)) if selected else None

    return defined(detail, status_filter=status_filter)


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "negation-ignored", "4.1", "Negation is ignored",
        "``!key:value`` keeps what ``key:value`` does not.",
        *by_key(plain),
        *by_key(unless(lambda term: term.is_list, plain), "before a list,"),
        *by_key(unless(lambda term: not term.is_list, plain), "but before a list,"),
        changed(unless(lambda term: term.has, plain), "before has,"),
    ),
    bug(
        "list-of-one", "4.1", "Only some values of a list are considered",
        "``key:[a, b]`` keeps sessions that have either value.",
        *(each for place, detail in ((slice(1), "the first"), (slice(-1, None), "the last"),
                                     (slice(-1), "all but the last"), (slice(1, None), "all but the first"))
          for each in by_key(some_of(place, is_plain), f"{detail},")),
    ),
    bug(
        "negated-list-of-one", "4.1", "Only some values of a negated list are excluded",
        "``!key:[a, b]`` keeps the sessions that have neither value.",
        *(each for place, detail in ((slice(1), "the first"), (slice(-1, None), "the last"))
          for each in by_key(some_of(place, lambda term: term.negated), f"{detail},")),
    ),
    bug(
        "terms-ignored", "4.1", "Some terms of a search have no effect",
        "Every term of a search selects sessions, or health classes.",
        *(changed(dropped, "", keys) for keys in KEYS if keys != "in every key"),
        *by_key(unless(lambda term: term.negated, dropped), "negated ones,"),
        *by_key(unless(lambda term: term.is_list, dropped), "lists,"),
        *by_key(unless(lambda term: "" in term.texts, dropped), "those of the empty text,"),
        changed(unless(lambda term: term.has, dropped), "has,"),
        changed(unless(lambda term: term.has and term.negated, dropped), "negated has,"),
    ),
    bug(
        "status-terms-combined", "4.5", "Several status terms are not all applied",
        "Several ``session.status`` terms select the health classes that all of them select.",
        selecting(lambda each: frozenset().union(*each), "what any of them selects counts"),
        selecting(lambda each: each[0], "only the first counts"),
        selecting(lambda each: each[-1], "only the last counts"),
    ),
)  # fmt: skip
"""The bugs of this family."""
