"""Validating a search and applying it (§4.3, §4.4, §4.5, §7.5).

1. The text is parsed; errors of its structure come first (`grammar`, §4.4).
2. Term by term, in text order, keys must be known and values valid (`terms`).
3. No value of a key other than ``release.version`` and ``release.build`` may hold a wildcard (§4.3).
4. ``session.status`` is allowed only at the top level: it selects health classes, several terms intersect,
   and none excludes a session (§4.5).
5. The rest is bound to the categories of the sessions: a table per condition, combined into a mask (`masks`).
"""

from dataclasses import dataclass, field
from typing import Final

from sessionstats.columns.encoding import Encoded
from sessionstats.fields import STATUS
from sessionstats.limits import UNLIMITED, Limits
from sessionstats.search.grammar import parse
from sessionstats.search.masks import RowMask, Table, combine
from sessionstats.search.releases import EnvironmentRequirement
from sessionstats.search.terms import Columns, Condition, SearchContext, negates, read_term, rejected, texts
from sessionstats.search.tree import And, FreeText, Or, Term, leaves

__all__ = ["Search", "SearchContext", "validate_search"]

WILDCARD_KEYS: Final = ("release.version", "release.build")
"""The keys whose values may hold an unescaped asterisk (§4.3)."""


@dataclass(frozen=True, eq=False)
class Search:
    """A validated search; from `validate_search`.

    Equality and pickling use the text and the context it was validated against.

    Attributes
    ----------
    text : str
        As received.
    classes : tuple of str or None
        The health classes that the search selects, in the order of `SearchContext.health_classes`; `None` if
        it has no status filter; empty if it selects none (§4.5).
    """

    text: str
    classes: tuple[str, ...] | None = None
    _tree: And | Or = field(default=And(()), repr=False)
    _conditions: tuple[Condition | None, ...] = field(default=(), repr=False)
    _context: SearchContext = field(default=SearchContext(), repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Search):
            return NotImplemented
        return (self.text, self._context) == (other.text, other._context)

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> tuple[object, ...]:
        return validate_search, (self.text, self._context)

    def bind(
        self, projects: Encoded[int], releases: Encoded[str], environments: Encoded[str]
    ) -> RowMask | None:
        """Mask of the rows that the search keeps, for columns of these categories.

        Parameters
        ----------
        projects, releases, environments : Encoded
            The columns; only their categories are used.

        Returns
        -------
        RowMask or None
            `None` if every row is kept.

        Examples
        --------
        >>> from sessionstats.columns.encoding import encode
        >>> columns = encode([1, 1, 2]), encode(["a@1.0", "a@2.0", "a@1.0"]), encode(["prod", "prod", ""])
        >>> mask = validate_search("release.version:>=2 OR !has:environment", SearchContext()).bind(*columns)
        >>> mask(*(column.codes for column in columns)).tolist()
        [False, True, True]
        """
        if not self._tree.children:
            return None
        columns = Columns(projects, releases, environments, self._context.releases)
        conditions = iter(self._conditions)

        def table_of(_: Term | FreeText) -> tuple[int, Table] | None:
            condition = next(conditions)
            return None if condition is None else (condition.column, condition.table(columns))

        mask = combine(self._tree, table_of)
        return None if mask.everything else mask

    def environment_selection(self) -> tuple[EnvironmentRequirement, ...]:
        """What the top-level ``environment`` terms require of the releases' own environments (§7.5).

        The ``environment`` parameter is not a term: it is a requirement that the caller adds.

        Raises
        ------
        RequestError
            If an ``environment`` term is inside OR or parentheses.

        Examples
        --------
        >>> validate_search("!environment:dev release:a", SearchContext()).environment_selection()
        (EnvironmentRequirement(values=frozenset({'dev'}), negated=True),)
        """
        terms = _top_level(self._tree, "environment")
        return tuple(EnvironmentRequirement(texts(term), negates(term)) for term in terms)


_EMPTY: Final = Search("")
"""The search that is validated most often."""


def validate_search(text: str, context: SearchContext, limits: Limits = UNLIMITED) -> Search:
    """Parse a search and resolve what its terms mean, or reject it.

    Parameters
    ----------
    text : str
        The ``query`` parameter; empty if there is none.
    context : SearchContext
        What it is validated against.
    limits : Limits
        How many terms the search may have, and how deeply it may be nested.

    Returns
    -------
    Search

    Raises
    ------
    RequestError
        With the texts of §4 and in the order of §4.4.
    LimitError
        If it exceeds a limit.

    Examples
    --------
    >>> classes = ("abnormal", "crashed", "errored", "healthy")
    >>> validate_search("!session.status:healthy release:a", SearchContext(health_classes=classes)).classes
    ('abnormal', 'crashed', 'errored')
    >>> validate_search("release:1.*", SearchContext())
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: Invalid condition: wildcard search is not supported
    """
    if not text:
        return _EMPTY
    tree = parse(text, limits)
    terms = tuple(leaves(tree))
    conditions = tuple(read_term(term, context) for term in terms)
    for term in terms:
        _reject_wildcard(term)
    statuses = _top_level(tree, STATUS)
    classes = _select_classes(statuses, context.health_classes) if statuses else None
    return Search(text, classes, tree, conditions, context)


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
