"""A search as the other parts of a request see it (§4).

1. An empty text is a search that keeps every row.
2. Any other text is validated by `conditions`, which holds what it means and binds it to columns.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sessionstats.columns.encoding import Encoded
from sessionstats.limits import UNLIMITED, Limits
from sessionstats.search.context import SearchContext
from sessionstats.search.releases import EnvironmentRequirement

if TYPE_CHECKING:
    from sessionstats.search.conditions import Conditions
    from sessionstats.search.masks import RowMask


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
    _context: SearchContext = field(default=SearchContext(), repr=False)
    _conditions: "Conditions | None" = field(default=None, repr=False)

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
    ) -> "RowMask | None":
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
        return None if self._conditions is None else self._conditions.bind(projects, releases, environments)

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
        return () if self._conditions is None else self._conditions.environment_selection()


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
    from sessionstats.search.conditions import read_conditions  # the grammar is loaded with the first search

    conditions = read_conditions(text, context, limits)
    return Search(text, conditions.classes, context, conditions)
