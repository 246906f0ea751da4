"""What matters: which parts of a failing case the disagreement needs, if no cause is known.

1. In the smallest case, one thing at a time is removed or made ordinary: an optional column, a parameter,
   equal values made different, an instant moved to the middle of its bucket, a text made plain.
2. The program is run on each of these cases. If it still disagrees, the thing was not needed; else it was.
3. If the program's numbers are a simple function of the rows, in all cases, the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sessionstats.testing.bugs.bug import Case
from sessionstats.testing.model import instants
from sessionstats.testing.model.instants import SECOND

COLUMNS: Final = (
    "release", "environment", "distinct_id", "errors", "duration", "abnormal_mechanism", "quantity",
    "session_id", "seq",
)  # fmt: skip
"""The optional columns (§1.1, §1.2)."""

TEXTS: Final = ("release", "environment", "distinct_id")
"""The columns whose values can be written plainly."""

KEPT: Final = ("field", "interval")
"""The parameters that are not simply removed."""

DAY: Final = 86_400 * SECOND
"""Microseconds of a day."""

ORDINARY_DAY: Final = 19_493
"""2023-05-16, a Tuesday, in days since 1970."""

EARLIER: Final = "the requests before it: a freshly started program answers it correctly"
"""What a disagreement needs if it comes from what the program keeps: a cache, a table left over."""

RATHER: Final = " rather than any other"
"""Ends what is reported about an ordinary value, if it is needed."""

REMOVED: Final = ("the column ", "the parameter ", "the rule ", "the projects ", "the releases ", "the term ")
"""Begin what is reported about a part that is removed."""

FIELD: Final = "field="
"""Begins what is reported about one of several fields."""

OPERATORS: Final = ("AND", "OR")
"""What joins the terms of a search."""

PLAIN: Final = re.compile(r"[A-Za-z0-9@.+-]{1,20}")
"""A text without anything unusual."""

Fails = Callable[[Case], bool]
"""Whether the program disagrees with a case in the same way."""

Row = dict[str, Any]
"""A row of the protocol."""


@dataclass(frozen=True)
class Matters:
    """What a disagreement needs, and what it does not.

    Parameters
    ----------
    needed, free : tuple of str
        Parts of the smallest case with which the disagreement goes away, and those without which it stays.
    formulas : tuple of str
        Simple functions of the rows that give the program's numbers.
    simplest : mapping, optional
        The case without most of what is not needed.
    """

    needed: tuple[str, ...]
    free: tuple[str, ...]
    formulas: tuple[str, ...] = ()
    simplest: Case | None = None

    @property
    def earlier(self) -> bool:
        """Whether the disagreement needs other requests."""
        return EARLIER in self.needed


def what_matters(case: Case, fails: Fails) -> Matters:
    """Run the program on every simpler case.

    Parameters
    ----------
    case : mapping
        The smallest case that is known to fail.
    fails : callable
        Runs the program.

    Examples
    --------
    >>> row = {"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok", "environment": "x y"}
    >>> case = {"now": "2024-01-29T12:00:00Z", "params": {"field": "sum(session)", "statsPeriod": "1d"},
    ...         "sessions": [row]}
    >>> matters = what_matters(case, lambda case: " " in case["sessions"][0].get("environment", ""))
    >>> matters.needed
    ('the column environment', "environment 'x y', which is not plain text")
    >>> matters.free
    ('a status other than exited', 'the date', 'the period')
    """
    needed: list[str] = []
    free: list[str] = []
    for what, other in simpler(case):
        fail = fails(other)
        if not (fail and what.endswith(RATHER)):
            (free if fail else needed).append(what)
    if not needed and fails({**case, "sessions": []}):
        free.insert(0, "any session")
    simplest = without(case, free, fails)
    fields = [what for what in free if what.startswith(FIELD)]
    if len(fields) > 2:
        free = [what for what in free if what not in fields] + [f"any of {len(fields)} other fields"]
    return Matters(tuple(dict.fromkeys(needed)), tuple(dict.fromkeys(free)), simplest=simplest)


def without(case: Case, free: Sequence[str], fails: Fails) -> Case:
    """A failing case without the columns, parameters and fields that do not matter."""
    for what in free:
        other = dict(simpler(case)).get(what) if what.startswith(REMOVED) or "=" in what else None
        if other is not None and fails(other):
            case = other
    return case


def simpler(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every case with one thing removed or made ordinary, and what that is."""
    rows = case["sessions"]
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        yield from _columns(case, rows)
        yield from _texts(case, rows)
        yield from _values(case, rows)
        yield from _instants(case, rows)
    yield from _parameters(case)
    for name in ("projects", "releases", "rules"):
        if case.get(name) is not None:
            yield f"the {name} of the request", {key: value for key, value in case.items() if key != name}
    rules = case.get("rules")
    if isinstance(rules, Mapping) and len(rules) > 1:
        for name in rules:
            yield f"the rule {name}", {**case, "rules": {key: rules[key] for key in rules if key != name}}


def _columns(case: Case, rows: Sequence[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in COLUMNS:
        if any(row.get(name) is not None for row in rows):
            yield (
                f"the column {name}",
                {**case, "sessions": [{key: row[key] for key in row if key != name} for row in rows]},
            )


def _texts(case: Case, rows: Sequence[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Equal texts made different, unusual ones plain."""
    asked = str(case["params"])
    for name in (*TEXTS, "session_id"):
        values = [row.get(name) for row in rows if row.get(name) not in (None, "")]
        if len(set(map(str, values))) < len(values):
            yield f"rows with the same {name}", _with(case, rows, name, lambda row, n: f"v{n}")
        for value in dict.fromkeys(value for value in values if isinstance(value, str)):
            changed = _with(case, rows, name, _instead(value, "other@1.2.3" if "@" in value else "plain"))
            if not PLAIN.fullmatch(value):
                yield f"{name} {shortened(value)}, which is not plain text", changed
            elif value not in asked:
                yield f"{name} {shortened(value)}{RATHER}", changed
        if any(type(value) is int for value in values):
            yield f"a {name} that is a number", _with(case, rows, name, lambda row, n: f"n{row}")


def _instead(value: str, other: str) -> Callable[[Any, int], Any]:
    return lambda each, n: other if each == value else each


def _values(case: Case, rows: Sequence[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Equal numbers made different, unusual ones and states ordinary."""
    for name in ("duration", "errors", "quantity"):
        numbers = [row[name] for row in rows if isinstance(row.get(name), (int, float))]
        if len(set(numbers)) < len(numbers):
            yield f"rows with the same {name}", _with(case, rows, name, lambda row, n: 1 + n * n)
    lengths = sorted({row["duration"] for row in rows if isinstance(row.get("duration"), (int, float))})
    short = {repr(length): 1 + place * place for place, length in enumerate(lengths)}
    ordinary: dict[str, tuple[str, Callable[[Any, int], Any]]] = {
        "status": ("a status other than exited", lambda row, n: "exited"),
        "errors": ("errors", lambda row, n: 0),
        "quantity": ("a quantity other than 1", lambda row, n: 1),
        "duration": ("a duration other than a small whole number", lambda row, n: short.get(repr(row), row)),
        "project_id": (_projects(rows), lambda row, n: 1),
    }
    for name, (what, usual) in ordinary.items():
        changed = _with(case, rows, name, usual)
        if changed["sessions"] != rows:
            yield what, changed


def _projects(rows: Sequence[Row]) -> str:
    known = list(dict.fromkeys(repr(row.get("project_id")) for row in rows))
    return f"project_id {known[0]}{RATHER}" if len(known) == 1 else "several projects"


def _with(case: Case, rows: Sequence[Row], name: str, change: Callable[[Any, int], Any]) -> dict[str, Any]:
    """A case with other values in a column, where it has any."""
    changed = [
        {**row, name: change(row[name], number)} if row.get(name) not in (None, "") else row
        for number, row in enumerate(rows)
    ]
    return {**case, "sessions": changed}


def _instants(case: Case, rows: Sequence[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Instants written plainly, without fractions, and away from the edges of hours and days."""
    places = [_instant(row.get("started")) for row in rows]
    if None in places:
        return
    at = [place for place in places if place is not None]
    if any(not re.fullmatch(r"[^.]*Z", str(row["started"])) for row in rows):
        yield "the way in which instants are written", _starting(case, rows, at)
    if any(place % SECOND for place in at):
        yield "fractions of a second", _starting(case, rows, [place // SECOND * SECOND for place in at])
    yield from _date(case)
    hour = 3600 * SECOND
    if any(
        place % hour in (0, 1, hour - 1) or place % hour < SECOND or place % hour >= hour - SECOND
        for place in at
    ):
        middle = [place // hour * hour + hour // 2 for place in at]
        yield "a session that begins at the edge of an hour", _starting(case, rows, middle)
    if len(set(at)) > 1:
        yield "sessions that begin at different instants", _starting(case, rows, [at[0]] * len(at))
    if len(set(at)) < len(at):
        yield (
            "sessions that begin at the same instant",
            _starting(case, rows, [place + number * SECOND for number, place in enumerate(at)]),
        )


def _date(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same on another day, far from the ends of years, leap days and changes of summer time."""
    now = instants.from_iso(str(case["now"]))
    if now is None or now // DAY == ORDINARY_DAY:
        return
    if (other := moved(case, ORDINARY_DAY - now // DAY)) is not None:
        yield "the date", other


def moved(case: Case, days: int) -> dict[str, Any] | None:
    """A case so many days later; `None` where its instants are not plain, or some would be before 1970."""
    now, params, rows = instants.from_iso(str(case["now"])), case["params"], case["sessions"]
    absolute = not isinstance(params, Mapping) or "start" in params or "end" in params
    if now is None or absolute or not all(isinstance(row, dict) for row in rows):
        return None
    places = [_instant(row.get("started")) for row in rows]
    later = [place + days * DAY for place in (now, *places) if place is not None]
    if len(later) <= len(places) or min(later) < 0:
        return None
    return {**_starting(case, rows, later[1:]), "now": _text(later[0])}


def _instant(value: Any) -> int | None:
    if isinstance(value, str):
        return instants.from_iso(value)
    return instants.from_number(value) if type(value) in (int, float) else None


def _starting(case: Case, rows: Sequence[Row], places: Sequence[int]) -> dict[str, Any]:
    return {
        **case,
        "sessions": [{**row, "started": _text(at)} for row, at in zip(rows, places, strict=True)],
    }


def _text(at: int) -> str:
    whole, rest = instants.to_text(at), at % SECOND
    return f"{whole[:-1]}.{rest:06}Z" if rest else whole


def _parameters(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    params = case["params"]
    if not isinstance(params, Mapping):
        return

    def other(**changes: Any) -> dict[str, Any]:
        changed = {name: value for name, value in {**params, **changes}.items() if value is not None}
        return {**case, "params": changed}

    dates = [
        name
        for name in ("statsPeriod", "statsPeriodStart", "statsPeriodEnd", "start", "end")
        if name in params
    ]
    for name, value in params.items():
        if name in KEPT or name in dates:
            continue
        if isinstance(value, list) and len(value) > 1:
            for each in value:
                yield f"{name}={shortened(each)}", other(**{name: [one for one in value if one != each]})
        else:
            yield f"the parameter {name}", other(**{name: None})
    for term, rest in _without_terms(str(params.get("query") or "")):
        yield f"the term {shortened(term)} of the search", other(query=rest)
    fields = params.get("field")
    if isinstance(fields, list) and len(fields) > 1:
        for each in fields:
            yield f"{FIELD}{each}", other(field=[one for one in fields if one != each])
    if params.get("interval") not in (None, "1h"):
        yield "the interval", other(interval="1h", **{**dict.fromkeys(dates), "statsPeriod": "5d"})
    for name in ("start", "end"):
        at = instants.from_parameter(str(params.get(name)))
        if at is not None and params[name] != _text(at):
            yield f"the way in which {name} is written", other(**{name: _text(at)})
    if dates:
        yield "the period", other(**{**dict.fromkeys(dates), "statsPeriod": "5d"})


def _without_terms(query: str) -> Iterator[tuple[str, str]]:
    """Every term of a plain search of several, and the search without it."""
    words = [] if any(each in query for each in '"()') else re.findall(r"[^\s\[]*\[[^\]]*\]|\S+", query)
    terms = [place for place, word in enumerate(words) if word.upper() not in OPERATORS]
    for place in terms if len(terms) > 1 else ():
        after = words[place + 1 :]
        before = words[:place]
        if after and after[0].upper() in OPERATORS:
            after = after[1:]
        elif not after and before[-1].upper() in OPERATORS:
            before = before[:-1]
        yield words[place], " ".join([*before, *after])


def shortened(value: Any) -> str:
    """A value for people, not too long."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]}…{text[-1]}"
