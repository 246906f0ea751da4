"""Reading a search and binding it to columns (§4.3, §4.4, §4.5, §7.5).

1. The text is parsed; errors of its structure come first (`grammar`, §4.4).
2. Term by term, in text order, keys must be known and values valid (`terms`).
3. No value of a key other than ``release.version`` and ``release.build`` may hold a wildcard (§4.3).
4. ``session.status`` is allowed only at the top level: it selects health classes, several terms intersect,
   and none excludes a session (§4.5).
5. The rest is bound to the categories of the sessions: a table per condition, combined into a mask (`masks`).
"""

from dataclasses import dataclass
from typing import Final

from sessionstats.columns.encoding import Encoded
from sessionstats.fields import STATUS
from sessionstats.limits import Limits
from sessionstats.search.context import SearchContext
from sessionstats.search.grammar import parse
from sessionstats.search.masks import RowMask, Table, combine
from sessionstats.search.releases import EnvironmentRequirement, Releases
from sessionstats.search.terms import Columns, Condition, negates, read_term, rejected, texts
from sessionstats.search.tree import And, FreeText, Or, Term, leaves

WILDCARD_KEYS: Final = ("release.version", "release.build")
"""The keys whose values may hold an unescaped asterisk (§4.3)."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a search; from `read_conditions`.

    Attributes
    ----------
    tree : And or Or
    in_order : tuple of Condition or None
        One for each leaf of the tree, in text order.
    classes : tuple of str or None
        As `Search.classes`.
    releases : Releases or None
        Release metadata (§4.8).
    """

    tree: And | Or
    in_order: tuple[Condition | None, ...]
    classes: tuple[str, ...] | None
    releases: Releases | None

    def bind(
        self, projects: Encoded[int], releases: Encoded[str], environments: Encoded[str]
    ) -> RowMask | None:
        """As `Search.bind`."""
        columns = Columns(projects, releases, environments, self.releases)
        conditions = iter(self.in_order)

        def table_of(_: Term | FreeText) -> tuple[int, Table] | None:
            condition = next(conditions)
            return None if condition is None else (condition.column, condition.table(columns))

        mask = combine(self.tree, table_of)
        return None if mask.everything else mask

    def environment_selection(self) -> tuple[EnvironmentRequirement, ...]:
        """As `Search.environment_selection`."""
        terms = _top_level(self.tree, "environment")
        return tuple(EnvironmentRequirement(texts(term), negates(term)) for term in terms)


def read_conditions(text: str, context: SearchContext, limits: Limits) -> Conditions:
    """As `sessionstats.search.search.validate_search`, for a text that is not empty."""
    tree = parse(text, limits)
    terms = tuple(leaves(tree))
    conditions = tuple(read_term(term, context) for term in terms)
    for term in terms:
        _reject_wildcard(term)
    statuses = _top_level(tree, STATUS)
    classes = _select_classes(statuses, context.health_classes) if statuses else None
    return Conditions(tree, conditions, classes, context.releases)


def _reject_wildcard(term: Term | FreeText) -> None:
    if isinstance(term, Term) and term.key not in WILDCARD_KEYS and any(value.stars for value in term.values):
        raise rejected("Invalid condition: wildcard search is not supported", term.key)


def _top_level(tree: And | Or, key: str) -> list[Term]:
    """Terms of a key, all of which must be at the top level (§4.5, §7.5)."""
    children = tree.children if isinstance(tree, And) else ()
    found = [child for child in children if isinstance(child, Term) and child.key == key]
    if len(found) != sum(isinstance(leaf, Term) and leaf.key == key for leaf in leaves(tree)):
        raise rejected(f"Unable to parse condition with {key}", key)
    return found


def _select_classes(terms: list[Term], classes: tuple[str, ...]) -> tuple[str, ...]:
    """Classes that every status term selects; ``has:session.status`` selects all (§4.5)."""
    filters = [(texts(term), negates(term)) for term in terms]
    return tuple(name for name in classes if all((name in values) != negated for values, negated in filters))
