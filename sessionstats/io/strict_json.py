r"""JSON strict enough for an answer that can be trusted (§9).

1. A key that occurs twice in one object is an error: readers differ in which of the values they keep.
2. Every problem is one sentence: syntax, nesting, an integer of too many digits.
3. The value of one member can be found in text that is not JSON, so that an error can name the request it
   belongs to.

``NaN`` and ``Infinity`` are read as Python does: as numbers, which the columns then accept or reject.
"""

import json
import re
from typing import Any, Final

SEARCHED: Final = 1 << 20
"""Characters of a damaged text that are searched for a member."""

_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_COLON: Final = re.compile(r"[ \t\r\n]*+:[ \t\r\n]*+")
_AFTER: Final = re.compile(r"[ \t\r\n,}]")


class NotJSON(ValueError):  # noqa: N818 - what the text is
    """A text that is not acceptable as JSON; the message says why."""


def loads(text: str) -> Any:
    """Decode JSON.

    Raises
    ------
    NotJSON
        If the text is not JSON, or an object has a key twice.

    Examples
    --------
    >>> loads('{"a": [1, null]}')
    {'a': [1, None]}
    >>> loads('{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    sessionstats.io.strict_json.NotJSON: key 'a' occurs twice in one object
    >>> loads("hello")
    Traceback (most recent call last):
        ...
    sessionstats.io.strict_json.NotJSON: Expecting value, column 1
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = min(error.pos, len(text.rstrip()))
        line, column = text.count("\n", 0, place), place - text.rfind("\n", 0, place)
        problem = f"{error.msg}, {f'line {line + 1}, ' if line else ''}column {column}"
    except RecursionError:
        problem = "nested too deeply"
    except NotJSON:
        raise
    except ValueError:
        problem = "an integer of too many digits"
    raise NotJSON(problem)


def member_of_damaged(text: str, key: str) -> Any:
    """Value of a member of the outermost object of a text that need not be JSON.

    Parameters
    ----------
    text : str
        Only its first `SEARCHED` characters are examined.
    key : str

    Returns
    -------
    object
        The decoded value; `None` if there is none, it is damaged itself, or there are several.

    Examples
    --------
    >>> member_of_damaged('{"sessions": [{"id": 1}], "id": 7, "now": nonsense', "id")
    7
    >>> member_of_damaged('{"id": 7, "id": 8}', "id") is None
    True
    """
    text = text[:SEARCHED]
    quoted_key, found = json.dumps(key), []
    depth = read = 0
    for quoted in _TEXT.finditer(text):
        between = text[read : quoted.start()]
        depth += between.count("{") + between.count("[") - between.count("}") - between.count("]")
        read = quoted.end()
        if depth == 1 and quoted[0] == quoted_key and (colon := _COLON.match(text, read)):
            found.append(colon.end())
    if len(found) != 1:
        return None
    try:
        value, end = _DECODER.raw_decode(text, found[0])
    except (ValueError, RecursionError):
        return None
    return value if _AFTER.match(text, end) else None  # otherwise the number may continue


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotJSON(f"key {twice!r:.80} occurs twice in one object")
    return members


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique_keys)
