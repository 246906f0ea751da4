"""The grammar of `query` (§4.1, §4.4): from text to a tree of terms, by recursive descent.

1. A level is terms, groups in parentheses and operators, with or without spaces between them.
2. A word `AND` or `OR` (any case) is an operator; `key:` begins a term; anything else is free text.
3. A value is a quoted text, a well-formed list, or runs to the next space or parenthesis.
4. First the errors of single terms and the parse error, in text order; then missing conditions (§4.4).
5. Conditions side by side are ANDed; AND binds tighter than OR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Rejection

if TYPE_CHECKING:
    from .definitions import Definitions

# silent (§4.1): a space is U+0020 and nothing else; letters and digits of keys are ASCII.
KEY = re.compile(r'!?(?:([A-Za-z0-9_.-]+)|"([A-Za-z0-9_.:-]+)"):')
KEY_AFTER_HAS = re.compile(r'(?:([A-Za-z0-9_.-]+)|"([A-Za-z0-9_.:-]+)")(?![^ ()])')
WORD = re.compile(r"[^ ()]*")
QUOTED = re.compile(r'"((?:\\"|[^"\\]|\\(?!"))*)"(?![^ ()])')
QUOTED_ELEMENT = re.compile(r'"((?:\\"|[^"\\]|\\(?!"))*)"(?![^, \]])')
ELEMENT = re.compile(r"[^, \]]+")
COMMA = re.compile(r" *, *")
OPERATOR = re.compile(r">=|<=|!=|>|<|=")
BARE_QUOTE = re.compile(r'(?<!\\)"')

EMPTY_VALUES = "Lists should not have empty values"
"""The text for `[a,]` (§4.4)."""


@dataclass(frozen=True)
class Value:
    """A value as written, without its quotes; `operator` came before it, outside quotes (§4.1, §4.6)."""

    operator: str
    raw: str

    @property
    def text(self) -> str:
        """What the value says when operators are part of it: without escapes (§4.1, §4.6)."""
        return self.operator + unescape(self.raw)

    @property
    def wildcard(self) -> bool:
        """Whether there is an unescaped asterisk (§4.3)."""
        return has_wildcard(self.raw)


@dataclass(frozen=True)
class Term:
    """`key:value`, `key:[…]` or `has:key`, perhaps negated; free text has no key (§4.1)."""

    key: str | None
    negated: bool = False
    has: bool = False
    is_list: bool = False
    values: tuple[Value, ...] = ()

    @property
    def texts(self) -> list[str]:
        """The values as texts (§4.1)."""
        return [value.text for value in self.values]


@dataclass(frozen=True)
class Operator:
    """AND or OR, in capitals (§4.1)."""

    name: str


@dataclass(frozen=True)
class All:
    """Conditions that must all hold (§4.1)."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class OneOf:
    """Conditions of which one must hold (§4.1)."""

    parts: tuple[Node, ...]


Node = Term | All | OneOf
Level = list["Term | Operator | Level"]


def has_wildcard(raw: str) -> bool:
    """Whether there is an asterisk without a backslash (§4.3)."""
    return re.search(r"(?<!\\)\*", raw) is not None


def unescape(raw: str) -> str:
    r"""The text of a value: `\"` is a quote and `\*` an asterisk (§4.1)."""
    # silent (§4.1): a backslash before anything else is itself, also before another backslash.
    return re.sub(r'\\(["*])', r"\1", raw)


def parse(d: Definitions, query: str) -> All:
    """The tree of a query, or its first structural error (§4.4)."""
    parser = Parser(query)
    level = parser.level(None)
    if parser.errors:
        raise Rejection(min(parser.errors)[1])
    check_conditions(level)
    tree = d.build(level)
    return tree if isinstance(tree, All) else All((tree,))


class Parser:
    """Reads a query from left to right and notes the errors with their positions (§4.1, §4.4)."""

    # silent (§4.1): parentheses may be nested as deep as Python recurses, some three hundred times.

    def __init__(self, query: str) -> None:
        self.query = query
        self.at = 0
        self.errors: list[tuple[int, str]] = []

    def level(self, opened: int | None) -> Level:
        """Everything up to the parenthesis that closes the one at `opened`, or to the end (§4.1)."""
        items: Level = []
        while True:
            self.skip_spaces()
            if self.at == len(self.query):
                # silent (§4.4): in text order an unclosed parenthesis is where it opens, so it comes
                # before the errors of the terms inside it; of nested ones the outermost unclosed counts.
                if opened is not None:
                    self.parse_error(opened)
                return items
            if self.query[self.at] == ")":
                if opened is None:
                    self.parse_error(self.at)
                    self.at = len(self.query)
                    return items
                self.at += 1
                return items
            items.append(self.item())

    def item(self) -> Term | Operator | Level:
        """One group, operator, term or free text (§4.1)."""
        if self.query[self.at] == "(":
            opened = self.at
            self.at += 1
            inside = self.level(opened)
            # silent (§4.1): parentheses around nothing but spaces are free text, as `()` is.
            return inside if inside else Term(None)
        # silent (§4.1): an operator's word may also end at an opening parenthesis: `a:b OR(c:d)`.
        word = WORD.match(self.query, self.at)
        if word and word[0].upper() in ("AND", "OR"):
            self.at = word.end()
            return Operator(word[0].upper())
        key = KEY.match(self.query, self.at)
        return self.term(key) if key else self.free_text()

    def free_text(self) -> Term:
        """A quoted text, or a word; quotes in a word are not an error (§4.1)."""
        # silent (§4.4): an unclosed or stray quote in free text stays free text.
        free = QUOTED.match(self.query, self.at) or WORD.match(self.query, self.at)
        self.at = free.end() if free else self.at
        return Term(None)

    def term(self, key: re.Match[str]) -> Term:
        """A term whose key has been read: its values (§4.1)."""
        began, name, negated = self.at, key[1] or key[2], key[0].startswith("!")
        self.at = key.end()
        if key[1] == "has" and (named := KEY_AFTER_HAS.match(self.query, self.at)):
            # silent (§4.1): before anything but a key, as in `has:[a]`, `has` is a key like any other.
            self.at = named.end()
            return Term(named[1] or named[2], negated, has=True)
        values = self.list_values(began)
        if values is not None:
            return Term(name, negated, is_list=True, values=values)
        return Term(name, negated, values=(self.single(began, name),))

    def single(self, began: int, name: str) -> Value:
        """A value that is not a list, perhaps after an operator (§4.1, §4.6)."""
        # silent (§4.6): a quoted value may follow an operator. Quotes that do not enclose the whole value are
        # wrong (§4.4), and terms are separated by spaces (§4.1): `a:"b"c` has no quoted value.
        operator = OPERATOR.match(self.query, self.at)
        behind = operator.end() if operator else self.at
        quoted = QUOTED.match(self.query, behind)
        word = WORD.match(self.query, behind)
        sign = operator[0] if operator else ""
        if quoted:
            self.at = quoted.end()
            return Value(sign, quoted[1])
        raw = word[0] if word else ""
        whole = self.query[self.at : behind] + raw
        self.at = behind + len(raw)
        if whole == "":
            self.errors.append((began, f"Empty string after '{name}:'"))
        elif BARE_QUOTE.search(whole):
            # silent (§4.4): X is the whole unquoted value as written, an operator included.
            message = f"Invalid quote at '{whole}': quotes must enclose text or be escaped."
            self.errors.append((began, message))
        return Value(sign, raw)

    def list_values(self, began: int) -> tuple[Value, ...] | None:
        """The elements of a well-formed list; None, with nothing consumed, if there is none (§4.1)."""
        # silent (§4.1): spaces are allowed around commas, not next to the brackets.
        at = self.at
        if self.query[at : at + 1] != "[":
            return None
        values: list[Value] = []
        comma: re.Match[str] | None = None
        at += 1
        while True:
            element = QUOTED_ELEMENT.match(self.query, at) or ELEMENT.match(self.query, at)
            if element is None:
                break
            values.append(Value("", element[1] if element.re is QUOTED_ELEMENT else element[0]))
            at = element.end()
            comma = COMMA.match(self.query, at)
            if comma is None:
                break
            at = comma.end()
        closed, ended = self.query[at : at + 1] == "]", self.query[at + 1 : at + 2] in ("", " ", "(", ")")
        if not values or not closed or not ended:
            return None
        self.at = at + 1
        if comma is not None:
            self.errors.append((began, EMPTY_VALUES))
        return tuple(values)

    def skip_spaces(self) -> None:
        """Terms are separated by spaces (§4.1)."""
        while self.query[self.at : self.at + 1] == " ":
            self.at += 1

    def parse_error(self, place: int) -> None:
        """No further term can begin at this character (§4.4)."""
        around = self.query[max(0, place - 4) : place + 6]
        message = (
            f"Parse error at '{around}' (column {place + 1}). This is commonly caused by unmatched "
            "parentheses. Enclose any text in double quotes."
        )
        self.errors.append((place, message))


def check_conditions(level: Level) -> None:
    """Reject the first operator, in text order, that lacks a condition on one side (§4.4)."""
    previous: Term | Operator | Level | None = None
    for item in level:
        if isinstance(item, list):
            check_conditions(item)
        if isinstance(item, Operator):
            if previous is None:
                raise Rejection(f"Condition is missing on the left side of '{item.name}' operator")
            if isinstance(previous, Operator):
                pair = f"{previous.name} {item.name}"
                raise Rejection(f"Missing condition in between two condition operators: '{pair}'")
        previous = item
    if isinstance(previous, Operator):
        raise Rejection(f"Condition is missing on the right side of '{previous.name}' operator")


def build(level: Level) -> All | OneOf:
    """The tree of a level: an OR of ANDs, or one AND (§4.1)."""
    alternatives: list[list[Node]] = [[]]
    for item in level:
        if isinstance(item, list):
            alternatives[-1].append(build(item))
        elif isinstance(item, Term):
            alternatives[-1].append(item)
        elif item.name == "OR":
            alternatives.append([])
    if len(alternatives) == 1:
        return All(tuple(alternatives[0]))
    return OneOf(tuple(All(tuple(parts)) for parts in alternatives))


def all_terms(node: Node) -> list[Term]:
    """Every term of a tree, in text order (§4.4)."""
    if isinstance(node, Term):
        return [node]
    return [term for part in node.parts for term in all_terms(part)]


def top_terms(tree: All) -> list[Term]:
    """The top-level ANDed terms: outside OR and parentheses (§4.5)."""
    return [part for part in tree.parts if isinstance(part, Term)]
