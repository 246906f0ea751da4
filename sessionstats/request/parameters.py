"""Reading the parameters of a request (§2).

1. Parameters come as a query string, with or without a leading question mark, or as a mapping of name to
   value or list of values.
2. Unknown names are ignored, whatever their value. If a parameter takes one value, the last one counts.
3. An empty value counts as given, except that an empty value of `ABSENT_IF_EMPTY` counts as absent.
4. A repeated identical value counts once where several are allowed.
"""

import re
from collections.abc import Mapping
from typing import Final

from sessionstats.errors import RequestError

NAMES: Final = (
    "field",
    "groupBy",
    "project",
    "environment",
    "start",
    "end",
    "statsPeriod",
    "statsPeriodStart",
    "statsPeriodEnd",
    "interval",
    "query",
    "orderBy",
    "per_page",
    "cursor",
    "includeTotals",
    "includeSeries",
)
"""The known parameters (§2)."""

ABSENT_IF_EMPTY: Final = frozenset(
    ("start", "end", "statsPeriodStart", "statsPeriodEnd", "cursor", "query", "orderBy")
)
"""Parameters whose empty value counts as absent (§2)."""


_BYTES: Final = re.compile("(?:%[0-9A-Fa-f]{2})++")
"""Bytes in a query string."""


class Parameters:
    """The parameters of one request, as text.

    Parameters
    ----------
    params : str or mapping
        A query string, or names with a value (text, number, bool or `None`) or a list of values.

    Raises
    ------
    RequestError
        If a value is something else.

    Examples
    --------
    >>> given = Parameters("field=sum(session)&field=sum(session)&interval=1h&interval=1d&query=")
    >>> given.distinct("field"), given.last("interval"), given.last("query")
    (('sum(session)',), '1d', None)
    """

    def __init__(self, params: str | Mapping[str, object]) -> None:
        self._values: dict[str, list[str]] = {}
        if isinstance(params, str):
            for pair in filter(None, params.removeprefix("?").split("&")):
                name, _, value = pair.partition("=")
                self._values.setdefault(_decoded(name), []).append(_decoded(value))
        elif isinstance(params, Mapping):
            for name in NAMES:
                if name in params:
                    self._values[name] = _texts(name, params[name])
        else:
            raise RequestError(f"params must be a query string or a mapping, not {type(params).__name__}")

    @property
    def ignored(self) -> tuple[str, ...]:
        """Names in a query string that are not parameters, in order of first appearance (§2)."""
        return tuple(name for name in self._values if name not in NAMES)

    def all(self, name: str) -> list[str]:
        """Every value passed, in order."""
        values = self._values.get(name, [])
        return [value for value in values if value] if name in ABSENT_IF_EMPTY else values

    def distinct(self, name: str) -> tuple[str, ...]:
        """Every distinct value passed, in order of first appearance."""
        return tuple(dict.fromkeys(self.all(name)))

    def last(self, name: str) -> str | None:
        """The value that counts of a parameter that takes one, or `None` if it is absent."""
        values = self._values.get(name)
        if not values or (not values[-1] and name in ABSENT_IF_EMPTY):
            return None
        return values[-1]


def _decoded(text: str) -> str:
    """A part of a query string, as `urllib.parse.unquote_plus` decodes it in a hundred bytes a character."""
    text = text.replace("+", " ")
    return _BYTES.sub(_text_of_bytes, text) if "%" in text else text


def _text_of_bytes(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")


def _texts(name: str, value: object) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [_text(name, each) for each in values if each is not None]


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return str(value)
    raise RequestError(
        f"{name}: a parameter is text, a number or a list of these, not {value!r}",
        parameter=name,
        value=value,
    )
