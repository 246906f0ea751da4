"""What the page ``oracle.md`` shows: the answer of the plain model, and the rules that make each number.

1. Rows come as cells of text, as the page has them; what reads as a number in a column of numbers is one.
2. The model answers by its own definitions, some of them wrapped: the wrappers remember which row became
   which session, and note each number while it is computed.
3. The rules of a number are those that the model's functions cite which ran for it, in the order in which
   they were called, with what they returned. The rules of a rejection are those of the functions that were
   running.

It imports the model and the standard library only, so that it runs in a browser (``_static/oracle.js``).
"""

import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import CodeType, FrameType, FunctionType
from typing import Any

from sessionstats.testing import model
from sessionstats.testing.model import question as questions
from sessionstats.testing.model.definitions import DEFINITIONS, Definitions
from sessionstats.testing.model.errors import Rejection
from sessionstats.testing.model.instants import to_text
from sessionstats.testing.model.ordering import Group
from sessionstats.testing.model.question import Question
from sessionstats.testing.model.rows import Row
from sessionstats.testing.model.window import Window

COLUMNS_OF_NUMBERS = frozenset({"project_id", "errors", "duration", "quantity", "seq"})
"""Columns whose cells are read as numbers (§1.1)."""


@dataclass(frozen=True)
class Rule:
    """A function of the model, as its docstring presents it."""

    module: str
    says: str
    sections: tuple[str, ...]
    of_a_row: bool


def _rule_of(function: FunctionType) -> Rule | None:
    line = (inspect.getdoc(function) or "").partition("\n")[0]
    sections = re.findall(r"§(\d(?:\.\d)?)", line)
    says = re.sub(r" \([^()]*§[^()]*\)\.?$", "", line)
    of_a_row = function.__code__.co_varnames[:1] in (("session",), ("row",))
    module = function.__module__.rpartition(".")[2]
    return Rule(module, says, tuple(sections), of_a_row) if sections else None


def _functions() -> Iterator[FunctionType]:
    for each in pkgutil.iter_modules(model.__path__):
        module = importlib.import_module(f"{model.__name__}.{each.name}")
        for thing in vars(module).values():
            if getattr(thing, "__module__", None) != module.__name__:
                continue
            parts = vars(thing).values() if isinstance(thing, type) else [thing]
            functions = [part.fget if isinstance(part, property) else part for part in parts]
            yield from (function for function in functions if isinstance(function, FunctionType))


RULES: dict[CodeType, Rule] = {
    function.__code__: rule for function in _functions() if (rule := _rule_of(function))
}
"""The functions of the model that cite a rule."""


@dataclass
class Trace:
    """The rules that run, each with what it returned, and those that were running at a rejection."""

    returned: dict[Rule, list[Any]] = field(default_factory=lambda: defaultdict(list))
    rejecting: list[Rule] = field(default_factory=list)

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        """Called by the interpreter when a function is entered or left."""
        if rule := RULES.get(frame.f_code):
            if event == "call":
                self.returned[rule]
            elif event == "return":
                self.returned[rule].append(arg)
        elif event == "call" and frame.f_code is Rejection.__init__.__code__:
            caller: FrameType | None = frame
            while caller := caller.f_back:
                if running := RULES.get(caller.f_code):
                    self.rejecting.append(running)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow the functions that are called inside."""
        before = sys.getprofile()
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(before)

    def steps(self, *modules: str) -> list[dict[str, Any]]:
        """The rules of these modules in order, except for those that validate a single row or only decide."""
        return [
            _step(rule, results)
            for rule, results in self.returned.items()
            if rule.module in modules
            and not rule.of_a_row
            and not all(isinstance(result, bool | str) for result in results)
        ]


def _step(rule: Rule, results: Sequence[Any] = ()) -> dict[str, Any]:
    step: dict[str, Any] = {"says": rule.says, "sections": list(rule.sections)}
    if len(results) == 1 and (results[0] is None or isinstance(results[0], int | float)):
        step["gave"] = json.dumps(results[0])
    elif len(results) == 1 and isinstance(results[0], dict):
        counts = results[0].items()
        step["gave"] = ", ".join(f"{name} {value}" for name, value in counts if value or name == "all")
    return step


@dataclass
class Notes:
    """What is remembered while the model answers."""

    indices: dict[int, list[int]] = field(default_factory=dict)
    sessions: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    chosen: list[Row] = field(default_factory=list)
    window: Window | None = None
    groups: dict[int, dict[str, Any]] = field(default_factory=dict)

    def definitions(self) -> Definitions:
        """Those of the semantics, watched."""
        d = DEFINITIONS
        return replace(
            d, is_session=self.is_session, fold=self.fold, fold_one=self.fold_one, inside=self.inside,
            counting=self.counting, total=self.total, series=self.series,
        )  # fmt: skip

    def is_session(self, row: Row) -> bool:
        """Remember the place of a row."""
        self.indices[id(row)] = [len(self.rows)]
        self.rows.append(row)
        return DEFINITIONS.is_session(row)

    def fold_one(self, updates: list[Row]) -> Row:
        """Remember which rows a session is made of."""
        session = DEFINITIONS.fold_one(updates)
        self.indices[id(session)] = sorted(index for row in updates for index in self.indices[id(row)])
        return session

    def fold(self, d: Definitions, rows: list[Row]) -> list[Row]:
        """Remember the sessions."""
        self.sessions = DEFINITIONS.fold(d, rows)
        return self.sessions

    def inside(self, window: Window, started: int) -> bool:
        """Remember the window."""
        self.window = window
        return DEFINITIONS.inside(window, started)

    def counting(self, d: Definitions, sessions: list[Row], statuses: frozenset[str] | None) -> list[Row]:
        """Remember which sessions are selected."""
        self.chosen = DEFINITIONS.counting(d, sessions, statuses)
        return self.chosen

    def total(self, question: Question, group: Group, field: str) -> Any:
        """Note a total."""
        return self._note(question, group, field, "total", group.sessions)

    def series(self, question: Question, group: Group, field: str) -> list[Any]:
        """Note the value of each bucket; each is computed by itself."""
        window = question.window
        return [
            self._note(
                question, group, field, to_text(start),
                [each for each in group.sessions if DEFINITIONS.bucket(window, each.started) == place],
            )
            for place, start in enumerate(window.buckets)
        ]  # fmt: skip

    def _note(self, question: Question, group: Group, field: str, where: str, sessions: list[Row]) -> Any:
        noted = self.groups.setdefault(id(group), {"group": group, "sessions": group.sessions, "numbers": []})
        trace = Trace()
        with trace.watching():
            value = questions.cell(question, Group(group.by, sessions, group.status), field)
        noted["numbers"].append({
            "field": field, "where": where, "value": value, "steps": trace.steps("question", "aggregates"),
            "rows": sorted(index for session in sessions for index in self.indices[id(session)]),
        })  # fmt: skip
        return value

    def fates(self) -> list[dict[str, Any]]:
        """What became of the rows: a session each, or several rows one session, and by which rules."""
        none = [
            {
                "rows": self.indices[id(row)],
                "class": "",
                "fate": "no session: quantity 0",
                "sections": ["1.1"],
            }
            for row in self.rows
            if not DEFINITIONS.is_session(row)
        ]
        return sorted([*map(self._fate, self.sessions), *none], key=lambda fate: fate["rows"])

    def _fate(self, session: Row) -> dict[str, Any]:
        rows = self.indices[id(session)]
        if self.window is None or not DEFINITIONS.inside(self.window, session.started):
            fate, rule = "outside the window", "3.5"
        elif session not in self.chosen:
            fate, rule = "not selected by project, environment or search", "4"
        elif not any(session in group["sessions"] for group in self.groups.values()):
            fate, rule = "in no group of the answer", "5"
        else:
            fate, rule = "counted", "5"
        sections = [*(["1.2"] if len(rows) > 1 else []), "1.3", rule]
        return {"rows": rows, "class": DEFINITIONS.health(session), "fate": fate, "sections": sections}


def row_of(cells: dict[str, str]) -> dict[str, Any]:
    """A row of the protocol (§9) from its cells; an empty one is missing.

    Examples
    --------
    >>> row_of({"started": "2024-01-29T10:00:00Z", "errors": "2", "duration": "long", "release": ""})
    {'started': '2024-01-29T10:00:00Z', 'errors': 2, 'duration': 'long'}
    """
    return {
        name: _number(text) if name in COLUMNS_OF_NUMBERS else text for name, text in cells.items() if text
    }


def _number(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if type(value) in (int, float) else text


def explained(now: str, params: str, edition: str, table: list[dict[str, str]]) -> dict[str, Any]:
    """The answer, and how it came about.

    Parameters
    ----------
    now, params, edition : str
        The instant of the request, its query string, and the name of its rules.
    table : list of dict
        Rows as cells of text.

    Returns
    -------
    dict
        ``answer``, that of the protocol (§9); ``window`` and ``order``, the steps to the window and to the
        order of the groups; ``rejecting``, the steps at a rejection; ``numbers``, a list for each group of
        the answer, each number with ``field``, ``where``, ``value``, ``steps`` and ``rows``; ``rows``, what
        they became, with ``rows``, ``class``, ``fate`` and ``sections``. A step ``says`` what is done by
        which ``sections``, and what it ``gave``.

    Examples
    --------
    >>> row = {"started": "2024-01-29T10:00:00Z", "project_id": "1", "status": "crashed"}
    >>> params = "field=crash_rate(session)&statsPeriod=1d"
    >>> shown = explained("2024-01-29T12:00:00Z", params, "documented", [row])
    >>> for step in shown["numbers"][0][0]["steps"][2:]:
    ...     print(step["sections"], step["says"], "→", step["gave"])
    ['6.5'] A share of sessions or users → 1.0
    ['6.1'] Σ quantity of each class and of all → all 1, crashed 1
    """
    case = {"now": now, "params": params, "rules": edition, "sessions": [row_of(cells) for cells in table]}
    notes, trace = Notes(), Trace()
    with trace.watching():
        answer = model.answer(case, notes.definitions())
    answered = answer["status"] == 200
    return {
        "answer": answer,
        "rejecting": [_step(rule) for rule in trace.rejecting[:2]],
        "window": [{**step, "gave": ""} for step in trace.steps("window")],
        "order": trace.steps("ordering"),
        "numbers": [group["numbers"] for group in notes.groups.values()],
        "rows": notes.fates() if answered else [],
    }


def explained_as_text(request: str) -> str:
    """`explained` from JSON to JSON: what a browser calls."""
    return json.dumps(explained(**json.loads(request)))
