r"""Text from strangers, made safe for a terminal.

1. An unprintable character (controls, escape sequences, marks that change the writing direction) is
   shown as its escape, such as ``\x1b``: a release name must not move the cursor or hide its neighbours.
2. Wide characters take two columns of the terminal, combining marks none.
3. A text that is too long keeps its beginning and its end: releases differ in both.
"""

import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
"""Replaces the middle of a text that is too long."""


def escape(text: str) -> str:
    r"""Escape every unprintable character.

    Examples
    --------
    >>> print(escape("app@1.0\x1b[2J\u202e"))
    app@1.0\x1b[2J\u202e
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def display_width(text: str) -> int:
    """Columns that a terminal uses to show a text of printable characters.

    Examples
    --------
    >>> display_width("release"), display_width("発売"), display_width("e\u0301")
    (7, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """The text if it fits into a width, else its beginning and its end.

    Parameters
    ----------
    text : str
        Of printable characters.
    width : int
        Terminal columns; also the most characters, so that a pile of combining marks is limited.

    Examples
    --------
    >>> fit("com.example.shop@2.14.0+20240129", 20)
    'com.exampl…+20240129'
    """
    if len(text) <= width and display_width(text) <= width:
        return text
    head = width // 2
    return _first(text, head) + ELLIPSIS + _first(text[::-1], width - 1 - head)[::-1]


def _first(text: str, width: int) -> str:
    """The longest beginning of at most `width` characters and columns."""
    text = text[:width]
    while display_width(text) > width:
        text = text[:-1]
    return text
