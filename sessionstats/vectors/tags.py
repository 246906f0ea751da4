"""What an implementation needs to answer a vector, read off its request and answer (§9).

1. A capability has the name of its claim in `sessionstats check`: `CAPABILITIES`.
2. ``edition:NAME`` is there for each named edition that gives this answer: a program of that edition can run
   it, and need not read ``rules``.
3. ``rules`` is there if no named edition is: only a program that reads ``rules`` can run it.

So a program runs the vectors whose capabilities it has and, unless it reads ``rules``, whose edition.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from sessionstats.protocol import respond
from sessionstats.rules import EDITIONS

Vector = Mapping[str, Any]

BIG: Final = 2**53
"""Integers up to here are exact in binary64."""


def tags(vector: Vector) -> list[str]:
    """The tags of a vector that has a request and an answer.

    Parameters
    ----------
    vector : mapping

    Returns
    -------
    list of str
        Capabilities, then editions, or ``rules``.

    Examples
    --------
    >>> params = {"field": "sum(session)", "per_page": 1}
    >>> request = {"now": "2024-01-29T12:00:00Z", "sessions": [], "params": params}
    >>> tags({"request": request, "answer": {"status": 400}})
    ['paging', 'errors', 'edition:documented', 'edition:2021', 'edition:2022', 'edition:latest']
    """
    needed = [name for name, is_needed in CAPABILITIES.items() if is_needed(vector)]
    editions = [f"edition:{name}" for name in EDITIONS if _answers(name, vector)]
    return needed + (editions or ["rules"])


def _answers(edition: str, vector: Vector) -> bool:
    """Whether an edition gives this answer, as far as the vector has it."""
    answer = respond({**vector["request"], "rules": edition})
    return all(answer.get(part) == value for part, value in vector["answer"].items())


def _asks(*names: str) -> Callable[[Vector], bool]:
    """Whether a request has one of these parameters."""

    def asks(vector: Vector) -> bool:
        params = vector["request"]["params"]
        if isinstance(params, str):
            params = dict(parse_qsl(params, keep_blank_values=True))
        return isinstance(params, dict) and any(params.get(name) not in (None, []) for name in names)

    return asks


def _has(column: str, meets: Callable[[Any], bool]) -> Callable[[Vector], bool]:
    """Whether a row has such a value."""
    return lambda vector: any(
        isinstance(row, dict) and meets(row.get(column)) for row in vector["request"]["sessions"]
    )


def _answered(*statuses: int) -> Callable[[Vector], bool]:
    return lambda vector: vector["answer"]["status"] in statuses


CAPABILITIES: Final[Mapping[str, Callable[[Vector], bool]]] = MappingProxyType(
    {
        "search": _asks("query"),
        "filters": _asks("project", "environment"),
        "paging": _asks("per_page", "cursor"),
        "ordering": _asks("orderBy"),
        "includes": _asks("includeTotals", "includeSeries"),
        "metadata": lambda vector: vector["request"].get("releases") is not None,
        "updates": _has("session_id", lambda value: bool(value)),
        "quantity": _has("quantity", lambda value: value not in (None, 1)),
        "big_counts": _has("quantity", lambda value: isinstance(value, int) and value > BIG),
        "errors": _answered(400, 403),
        "bad_rows": _answered(422),
    }
)
"""The capabilities, and whether a vector needs each."""
