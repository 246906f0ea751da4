r"""The grammar of a search (§4.1) and the errors of its structure (§4.4).

1. A search is read once from left to right: spaces separate words, ``(`` opens a group and ``)`` closes one.
2. A word that starts with a key and a colon is a term: ``key:value``, ``key:[v1, v2]`` or ``has:key``, each
   with an optional leading ``!``. ``AND`` and ``OR``, in any case, are operators. Anything else is free
   text.
3. Text is quoted if its closing quote is where a value (in a list: an element) ends; otherwise it is
   unquoted. An unquoted value contains no unescaped quote; an unquoted element may.
4. There are two escapes, ``\"`` and ``\*``; any other backslash is literal.
5. A group is an OR of ANDs; neighbours without an operator are ANDed. A parenthesised group is always an
   `And` or an `Or` of its own, so that the tree shows what is at the top level (§4.5, §7.5).
6. Errors of terms and of parentheses are found in text order (§4.4). An unclosed parenthesis precedes all it
   encloses, so an error inside parentheses waits until the outermost of them is closed.
7. Missing conditions come after these, again in text order.

Nothing here recurses, and no part of the text is read more than a few times: time is linear, and memory less
than 200 bytes per character, whatever the text. `Limits` can end the reading early.
"""

import re
from typing import Final

from sessionstats.errors import RequestError
from sessionstats.limits import UNLIMITED, Limits
from sessionstats.search.tree import And, FreeText, Node, Or, Term, Value

OPERATORS: Final = ("AND", "OR")
"""The Boolean operators; AND binds tighter (§4.1)."""

_KEY: Final = re.compile(r'!?(?:([A-Za-z0-9_.-]++)|"([A-Za-z0-9_.:-]++)"):')
_HAS: Final = re.compile(r'(?:([A-Za-z0-9_.-]++)|"([A-Za-z0-9_.:-]++)")(?=[ ()]|\Z)')
_COMPARISON: Final = re.compile(r"[<>]=?|!?=")
_WORD: Final = re.compile(r"[^ ()]*+")
_SPACES: Final = re.compile(r" *+")
_COMMA: Final = re.compile(r" *+, *+")
_ELEMENT_END: Final = re.compile(r"[, \]]|\Z")
_QUOTE: Final = re.compile(r'(?<!\\)"')
_ESCAPE: Final = re.compile(r'\\(["*])')


def parse(text: str, limits: Limits = UNLIMITED) -> And | Or:
    r"""Syntax tree of a search (§4.1).

    Parameters
    ----------
    text : str
        The ``query`` parameter.
    limits : Limits
        How many terms the search may have, and how deeply it may be nested.

    Returns
    -------
    And or Or
        The top level. A child that is an `And` or `Or` of a top-level `And` was in parentheses.

    Raises
    ------
    RequestError
        With the texts and in the order of §4.4.
    LimitError
        If the search exceeds a limit before anything else is wrong with it.

    Examples
    --------
    >>> term, group = parse(r'!release:"a \"b\"" (has:os OR x)').children
    >>> term.key, term.negated, term.values
    ('release', True, (Value(text='a "b"', quoted=True, operator='', stars=()),))
    >>> group.children[1]
    FreeText(text='x')
    >>> parse("release:")
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: Empty string after 'release:'
    """
    return _Parser(text, limits).parse()


_OPEN: Final = "("
"""Marks on the stack where a group begins."""

_EMPTY_GROUP: Final = FreeText("()")
"""An empty group; the same object for all of them."""


class _Parser:
    """The state of reading one search.

    The stack holds the conditions of all open groups, the outermost first: `_OPEN` begins a group, ``"OR"``
    separates its alternatives. `last` holds for each open group what was read last: an operator, ``""`` after
    a condition, `None` at its start.
    """

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.position = 0
        self.stack: list[Node | str] = [_OPEN]
        self.last: list[str | None] = [None]
        self.first_opened = -1  # where the outermost open group begins
        self.terms = 0
        self.term_error: RequestError | None = None
        self.missing: RequestError | None = None
        # Where an element of a failed list began: reading on from there would fail again.
        self.dead_ends: set[int] = set()
        # The last stretch of text without an end of an element, so that it is searched only once.
        self.stretch = range(0)

    def parse(self) -> And | Or:
        text, spaces = self.text, _SPACES
        while (position := spaces.match(text, self.position).end()) < len(text):  # type: ignore[union-attr]
            self.position = position
            if text[position] == "(":
                self.open_group()
            elif text[position] == ")":
                self.close_group()
            else:
                self.word()
        if len(self.last) > 1:
            raise self.parse_error(self.first_opened)
        self.end_of_conditions()
        if self.missing is not None:
            raise self.missing
        return self.group()

    def open_group(self) -> None:
        if len(self.last) == 1:
            self.first_opened = self.position
        self.limits.require("max_search_depth", len(self.last), "the search is nested too deeply")
        self.stack.append(_OPEN)
        self.last.append(None)
        self.position += 1

    def close_group(self) -> None:
        if len(self.last) == 1:
            raise self.parse_error(self.position)
        self.end_of_conditions()
        group = self.group()
        self.add(_EMPTY_GROUP if self.last.pop() is None else group, 0)
        self.position += 1
        if self.term_error is not None and len(self.last) == 1:
            raise self.term_error

    def group(self) -> And | Or:
        """Take the innermost group off the stack."""
        alternatives: list[Node] = []
        conditions: list[Node] = []
        while (item := self.stack.pop()) is not _OPEN:
            if isinstance(item, str):
                alternatives.append(_and(conditions))
                conditions = []
            else:
                conditions.append(item)
        if not alternatives:
            return And(tuple(reversed(conditions)))
        return Or((_and(conditions), *reversed(alternatives)))

    def add(self, node: Node, terms: int = 1) -> None:
        """Add a condition to the innermost group."""
        self.terms += terms
        self.limits.require("max_search_terms", self.terms, "the search has too many terms")
        self.stack.append(node)
        self.last[-1] = ""

    def word(self) -> None:
        key = _KEY.match(self.text, self.position)
        if key is not None:
            self.term(key)
            return
        start, end = self.position, self.quoted_end(self.position)
        if end is None:
            end = self.word_end(start)
        self.position, word = end, self.text[start:end]
        if len(word) <= 3 and word.upper() in OPERATORS:
            self.operator(word.upper())
        else:
            self.add(FreeText(word))

    def operator(self, name: str) -> None:
        last = self.last[-1]
        if last is None:
            self.condition_missing(f"Condition is missing on the left side of '{name}' operator")
        elif last:
            self.condition_missing(f"Missing condition in between two condition operators: '{last} {name}'")
        self.last[-1] = name
        if name == "OR":
            self.stack.append(name)

    def end_of_conditions(self) -> None:
        if last := self.last[-1]:
            self.condition_missing(f"Condition is missing on the right side of '{last}' operator")

    def term(self, head: re.Match[str]) -> None:
        negated = head[0][0] == "!"
        key = head[1] or head[2]
        self.position = head.end()
        if head[1] == "has" and (named := _HAS.match(self.text, self.position)):
            self.position = named.end()
            self.add(Term(named[1] or named[2], negated=negated, has=True))
            return
        elements = self.elements() if self.text.startswith("[", self.position) else None
        if elements is not None:
            self.add(Term(key, elements, is_list=True, negated=negated), len(elements))
        else:
            self.add(Term(key, (self.value(key),), negated=negated))

    def value(self, key: str) -> Value:
        text, start = self.text, self.position
        comparison = _COMPARISON.match(text, start)
        operator = comparison[0] if comparison else ""
        opening = start + len(operator)
        end = self.quoted_end(opening)
        if end is not None:
            self.position = end
            return _unescape(operator + text[opening + 1 : end - 1], True, operator)
        self.position = self.word_end(start)
        word = text[start : self.position]
        if not word:
            self.wrong_term(f"Empty string after '{key}:'")
        elif _QUOTE.search(word):
            self.wrong_term(f"Invalid quote at '{word}': quotes must enclose text or be escaped.")
        return _unescape(word, False, operator)

    def elements(self) -> tuple[Value, ...] | None:
        """Elements of the list that opens here; `None`, with nothing consumed, if it is not well-formed."""
        text, start = self.text, self.position + 1
        begun: list[int] = []
        spans: list[tuple[int, int]] = []
        while start not in self.dead_ends:
            begun.append(start)
            end = self.element_end(start)
            if start == end:
                break
            spans.append((start, end))
            self.limits.require("max_search_terms", len(spans), "the search has too many terms")
            comma = _COMMA.match(text, end)
            start = comma.end() if comma else end
            if text.startswith("]", start) and self.value_ends(start + 1):
                self.position = start + 1
                if comma:
                    self.wrong_term("Lists should not have empty values")
                return tuple(_element(text[a:b]) for a, b in spans)
            if comma is None:
                break
        self.dead_ends.update(begun)
        return None

    def element_end(self, start: int) -> int:
        end = self.closing_quote(start)
        if end is not None and _ELEMENT_END.match(self.text, end):
            return end
        if start not in self.stretch:
            self.stretch = range(start, _ELEMENT_END.search(self.text, start).start())  # type: ignore[union-attr]
        return self.stretch.stop

    def quoted_end(self, start: int) -> int | None:
        """Where the quoted text that starts here ends; `None` if it does not end."""
        end = self.closing_quote(start)
        return end if end is not None and self.value_ends(end) else None

    def closing_quote(self, start: int) -> int | None:
        # Escapes depend on only one character before, so stretches between quotes never overlap: linear time.
        quote = _QUOTE.search(self.text, start + 1) if self.text.startswith('"', start) else None
        return quote.end() if quote else None

    def value_ends(self, position: int) -> bool:
        return position == len(self.text) or self.text[position] in " ()"

    def word_end(self, start: int) -> int:
        return _WORD.match(self.text, start).end()  # type: ignore[union-attr]

    def wrong_term(self, detail: str) -> None:
        """Raise now or, inside parentheses, when the outermost of them is closed (step 6)."""
        self.term_error = self.term_error or self.error(detail)
        if len(self.last) == 1:
            raise self.term_error

    def condition_missing(self, detail: str) -> None:
        self.missing = self.missing or self.error(detail)

    def parse_error(self, position: int) -> RequestError:
        around = self.text[max(0, position - 4) : position + 6]
        return self.error(
            f"Parse error at '{around}' (column {position + 1}). This is commonly caused by unmatched "
            "parentheses. Enclose any text in double quotes."
        )

    def error(self, detail: str) -> RequestError:
        return RequestError(detail, parameter="query", value=self.text)


def _and(reversed_conditions: list[Node]) -> Node:
    conditions = tuple(reversed(reversed_conditions))
    return conditions[0] if len(conditions) == 1 else And(conditions)


def _element(raw: str) -> Value:
    closing = _QUOTE.search(raw, 1) if raw.startswith('"') else None
    quoted = closing is not None and closing.end() == len(raw)
    return _unescape(raw[1:-1] if quoted else raw, quoted)


def _unescape(raw: str, quoted: bool, operator: str = "") -> Value:
    if "\\" not in raw and "*" not in raw:
        return Value(raw, quoted, operator)
    pieces = _ESCAPE.split(raw)  # every other one was escaped
    first, last, length = -1, -1, 0
    for place, piece in enumerate(pieces):
        if place % 2 == 0 and "*" in piece:
            last = length + piece.rindex("*")
            first = length + piece.index("*") if first < 0 else first
        length += len(piece)
    stars = () if first < 0 else (first,) if first == last else (first, last)
    return Value("".join(pieces), quoted, operator, stars)
