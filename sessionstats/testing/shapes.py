"""Types before values (§8): what an answer is made of.

1. A count is a JSON integer: 3.0 and "3" are not, and neither is true.
2. Any other value is a finite number or null. A whole one may lack the point, since JSON has one type of
   numbers and not every writer distinguishes 1 from 1.0; NaN and infinities are not JSON at all (§6.3).
3. A key of a group is an integer (``project``) or a text, or null for a release without sessions (§7.5).
4. Two values are the same if their types are, too.
5. A deeply nested value is not an answer.
"""

import json
import math
from typing import Any, Final

from sessionstats.fields import Field

PROJECT: Final = "project"
"""The one groupBy whose values are integers (§5)."""

DEEPEST: Final = 32
"""Levels of arrays and objects in an answer; those of §8 have six."""

TOO_DEEP: Final = f"nested more than {DEEPEST} levels deep"
"""What is wrong with an answer of more levels."""


def is_nested_deeply(value: object) -> bool:
    """Whether a decoded value has more levels than any answer.

    Examples
    --------
    >>> is_nested_deeply({"a": [[]]}), is_nested_deeply(json.loads("[" * 100 + "]" * 100))
    (False, True)
    """
    level = [value]
    for _ in range(DEEPEST):
        level = [
            item
            for outer in level
            if isinstance(outer, (list, dict))
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, (list, dict))
        ]
        if not level:
            return False
    return True


def is_integer(value: object) -> bool:
    """Whether a value is a JSON integer; a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def problem_of_value(field: Field, value: object) -> str | None:
    """The problem with the type of a field's value, or `None` (§8).

    Examples
    --------
    >>> from sessionstats.fields import DOCUMENTED_FIELDS as fields
    >>> problem_of_value(fields["sum(session)"], 3.0)
    'a count must be an integer'
    >>> problem_of_value(fields["crash_rate(user)"], float("nan"))
    'nan is not JSON: what is not a finite number must be null'
    """
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not JSON: what is not a finite number must be null"
    if field.kind == "count":
        return None if is_integer(value) else "a count must be an integer"
    if value is None or is_integer(value) or isinstance(value, float):
        return None
    return "a value must be a number or null"


def problem_of_key(name: str, value: object) -> str | None:
    """The problem with the type of a group's key, or `None` (§5)."""
    if value is None or (is_integer(value) if name == PROJECT else isinstance(value, str)):
        return None
    return f"{name} must be {'an integer' if name == PROJECT else 'text'}"


def same(a: Any, b: Any) -> bool:
    """Whether two decoded values are equal with equal types, at every depth; the order of keys is free.

    Examples
    --------
    >>> same({"a": [1, None]}, {"a": [1, None]}), same(1, 1.0), same([True], [1])
    (True, False, False)
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def same_text(a: Any, b: Any, *, ordered: bool) -> bool:
    """Whether two answers are the same JSON: the fast way to find that nothing is wrong."""
    try:
        return json.dumps(a, sort_keys=not ordered) == json.dumps(b, sort_keys=not ordered)
    except (TypeError, ValueError, RecursionError):
        return False  # not JSON: the full comparison names the problem
