"""Notes on a rejected request, for people: what may have been meant, and which edition accepts it (§9).

1. A note is never part of the endpoint's text. It is computed when `RequestError.notes` is read, and
   costs nothing if nobody reads it, as in the oracle.
2. `nearest`: the known name closest to an unknown one.
3. `accepted_elsewhere`: the request is validated again under each named edition. Where one accepts it, rules
   that make no difference are reverted one by one, until the request needs each of those that are left.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any

from sessionstats.errors import SessionStatsError
from sessionstats.rules import EDITIONS, Rules


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """A note with the known name closest to an unknown one, if any is close.

    Examples
    --------
    >>> nearest("sum(sessions)", ["sum(session)", "count_unique(user)"])
    ["did you mean 'sum(session)'?"]
    >>> nearest("colour", ["release", "environment"])
    []
    """
    from difflib import get_close_matches  # here, since an accepted request does not need it

    return [f"did you mean {match!r}?" for match in get_close_matches(name, list(known), n=1)]


def accepted_elsewhere(validate: Callable[[Rules], object], rules: Rules) -> list[str]:
    """A note on the other named editions that accept a request, and the rules that make the difference (§9).

    Parameters
    ----------
    validate : callable
        Validates the request under given rules, and raises `SessionStatsError` if they reject it.
    rules : Rules
        The rules that rejected it.

    Examples
    --------
    >>> from sessionstats.intervals import parse_interval
    >>> accepted_elsewhere(lambda rules: parse_interval("1m", rules.min_interval), Rules())
    ['accepted with min_interval=60 (edition 2021); with min_interval=10 (editions 2022, latest)']
    """
    editions: dict[str, list[str]] = {}
    for name in EDITIONS:
        edition = Rules.of(name)
        if _accepts(validate, edition):
            editions.setdefault(_needed(validate, rules, edition), []).append(name)
    ways = [
        f"with {changes} (edition{'s' if len(names) > 1 else ''} {', '.join(names)})"
        for changes, names in editions.items()
    ]
    return [f"accepted {'; '.join(ways)}"] if ways else []


def _needed(validate: Callable[[Rules], object], rules: Rules, edition: Rules) -> str:
    """Rules of an edition that make it accept a request, reduced to those that are all needed."""
    changes = {
        field.name: getattr(edition, field.name)
        for field in fields(Rules)
        if getattr(edition, field.name) != getattr(rules, field.name)
    }
    needed: dict[str, Any] = {}
    while needed != changes:
        needed = changes
        for name in needed:
            others = {other: value for other, value in needed.items() if other != name}
            if _accepts(validate, replace(rules, **others)):
                changes = others
                break
    # JSON, the protocol and the option ``--rule`` write true and false in lower case.
    return ", ".join(f"{name}={str(value).lower()}" for name, value in changes.items())


def _accepts(validate: Callable[[Rules], object], rules: Rules) -> bool:
    try:
        validate(rules)
    except SessionStatsError:
        return False
    return True


def editions_with(status: str) -> list[str]:
    """A note on the named editions that have a session status (§1.1, §9).

    Examples
    --------
    >>> editions_with("unhandled")
    ["edition latest has the status 'unhandled' (unhandled=true)"]
    """
    names = [name for name in EDITIONS if status in Rules.of(name).statuses]
    return [f"edition {', '.join(names)} has the status {status!r} ({status}=true)"]
