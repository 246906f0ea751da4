"""The syntax tree of a search (§4.1).

1. A leaf is a `Term` or `FreeText`. A term has the values of a list, one value, or none for ``has:key``.
2. `And` and `Or` hold their parts in text order. A parenthesised group is always one of them, so that the
   tree shows what is at the top level (§4.5, §7.5).
3. Nothing here recurses: a tree may be as deep as its text is long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a term.

    Parameters
    ----------
    text : str
        The value without quotes and escapes; with the comparison operator, if it has one (§4.6).
    quoted : bool
        Whether it was enclosed in quotes.
    operator : str
        The comparison operator before it, outside quotes; empty if none.
    stars : tuple of int
        Positions in `text` of the first and the last unescaped asterisk, if there are any: no rule depends on
        the others, of which there may be millions.
    """

    text: str
    quoted: bool = False
    operator: str = ""
    stars: tuple[int, ...] = ()

    @property
    def operand(self) -> str:
        """The text after the comparison operator."""
        return self.text[len(self.operator) :]

    @property
    def wildcard(self) -> bool:
        """Whether there is an unescaped asterisk anywhere (§4.3)."""
        return bool(self.stars)

    @property
    def open_ended(self) -> bool:
        """Whether the last character is an unescaped asterisk (§4.7)."""
        return bool(self.stars) and self.stars[-1] == len(self.text) - 1


@dataclass(frozen=True, slots=True)
class Term:
    """``key:value``, ``key:[v1, v2]`` or ``has:key``, possibly negated.

    Parameters
    ----------
    key : str
        The key; for ``has:key``, the key that must be there.
    values : tuple of Value
        One value, the elements of a list, or none for ``has:key``.
    is_list : bool
        Whether the values were in brackets.
    negated : bool
        Whether ``!`` precedes it.
    has : bool
        Whether this is ``has:key``.
    """

    key: str
    values: tuple[Value, ...] = ()
    is_list: bool = False
    negated: bool = False
    has: bool = False


@dataclass(frozen=True, slots=True)
class FreeText:
    """Words without a key; ``()`` is free text too."""

    text: str


@dataclass(frozen=True, slots=True)
class And:
    """All of the children; the empty search is an `And` without children."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the children."""

    children: tuple["Node", ...]


Node: TypeAlias = Term | FreeText | And | Or


def leaves(node: Node) -> Iterator[Term | FreeText]:
    """Terms and free text of a tree, in text order, however deep it is.

    Examples
    --------
    >>> from sessionstats.search.grammar import parse
    >>> [leaf.key for leaf in leaves(parse("has:a OR (has:b (has:c has:d))"))]
    ['a', 'b', 'c', 'd']
    """
    pending = [iter((node,))]
    while pending:
        for child in pending[-1]:
            if isinstance(child, And | Or):
                pending.append(iter(child.children))
                break
            yield child
        else:
            pending.pop()
