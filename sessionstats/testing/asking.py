"""One request, read once, that many variants of the model answer about few sessions.

1. Most of what a small answer costs is the reading of its request. A variant that replaces nothing but what
   folds, chooses, groups and measures sessions needs that only once.
2. Any other variant answers a case of its own.
3. Neither ranks nor cuts: every group is there.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import is_
from typing import Any, Final

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Variant
from sessionstats.testing.findings import GROUPS, GroupKey
from sessionstats.testing.hypotheses import OK, RIGHT, replaced
from sessionstats.testing.model.answer import describe, read_question
from sessionstats.testing.model.conditions import Context, holds, validate_terms
from sessionstats.testing.model.definitions import DEFINITIONS, Definitions
from sessionstats.testing.model.ordering import Group, base_groups, split
from sessionstats.testing.model.parameters import Parameters
from sessionstats.testing.model.request import may_be_unhandled, read_request
from sessionstats.testing.model.rows import Row, read_row

OF_REQUESTS: Final = frozenset(
    {
        "means_all", "period", "default_interval", "is_longer_than_a_day", "date", "dates", "begin",
        "aligned", "too_many", "build", "selects_text", "selects_unreadable", "read_release", "version_rank",
        "version_condition", "build_condition",
    }
)  # fmt: skip
"""The definitions by which requests are read."""

MOST_JOINED: Final = 10_000
"""Sessions of a place, as many as a hypothesis may make of them."""

SLOW_READERS: Final = frozenset({"instant"})
"""The definitions for which every row is read again."""

OF_CHOICE: Final = frozenset({"fold", "fold_one", "session_of", "inside", "counting"})
"""The definitions by which sessions are chosen."""

OF_GROUPS: Final = frozenset(
    {"column", "group_key", "of_nothing", "contributes", "counted_duration", "person", "health"}
)
"""The definitions that make groups."""


class Few:
    """Few sessions, as a case and as the model has them, and what is right about them.

    Parameters
    ----------
    asked : Asked
    sessions : list of dict
    """

    def __init__(self, asked: "Asked", sessions: list[dict[str, Any]]) -> None:
        self._asked, self.sessions = asked, sessions
        self._unhandled = may_be_unhandled(asked.case.get("rules"))
        self._read = [read_row(DEFINITIONS, 0, each, self._unhandled) for each in sessions]
        self.rows = list(filter(DEFINITIONS.is_session, self._read))

    @cached_property
    def chosen(self) -> list[Row]:
        """The sessions that count."""
        return self._asked.chosen(DEFINITIONS, self.rows)

    @cached_property
    def groups(self) -> list[Group]:
        """The groups that they make."""
        return self._asked.grouped(DEFINITIONS, self.chosen)

    def rows_of(self, variant: Variant, altered: Mapping[str, Any]) -> list[Row]:
        """The rows as a variant reads them; the same object if they are the same."""
        d, sessions = variant.definitions, altered["sessions"]
        if len(sessions) != len(self.sessions) or not replaced(variant).keys().isdisjoint(SLOW_READERS):
            return model.read(altered, d)
        rows = []
        for given, usual, row in zip(sessions, self.sessions, self._read, strict=True):
            if given is not usual and given != usual:
                row = read_row(d, 0, given, self._unhandled)
            elif row.user != (user := d.user(given.get("distinct_id"))):
                row = dataclasses.replace(row, user=user)
            if d.is_session(row):
                rows.append(row)
        same = len(rows) == len(self.rows) and all(map(is_, rows, self.rows))
        return self.rows if same else rows


class Asked:
    """A request, read once.

    Parameters
    ----------
    case : mapping
        The request (§9), without sessions, page and order.
    """

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.case = {**case, "sessions": []}
        self.right = model.answer(self.case)
        request = read_request(self.case)
        self._question = read_question(DEFINITIONS, request, Parameters(case["params"]), [])
        asked = self._question
        context = Context(
            request.projects, asked.selected, asked.environments, asked.releases, asked.rules, DEFINITIONS
        )
        self._predicates = validate_terms(asked.tree, context)

    @property
    def is_answered(self) -> bool:
        """Whether the answer has groups at all."""
        return self.right["status"] == OK and bool(self._question.counted)

    @property
    def fields(self) -> list[str]:
        """The fields of the request."""
        return self._question.fields

    def groups(self, variant: Variant, few: Few, fields: Sequence[str], *, totals: bool) -> list[Any]:
        """The groups that a variant gives, with some fields; none if it breaks down, as a program might.

        Parameters
        ----------
        variant : Variant
        few : Few
            The sessions.
        fields : sequence of str
        totals : bool
            Whether totals are wanted, or series.
        """
        try:
            case = {**self.case, "sessions": few.sessions}
            altered = case if variant.alter is RIGHT.alter else variant.alter(case)
            if self._reads_as_usual(variant, altered):
                return self._measured(variant, few, few.rows_of(variant, altered), fields, totals=totals)
            params = {**self.case["params"], ("includeSeries" if totals else "includeTotals"): ["0"]}
            return list(variant({**case, "params": params})["body"].get(GROUPS, []))
        except Exception:
            return []

    def _reads_as_usual(self, variant: Variant, altered: Mapping[str, Any]) -> bool:
        """Whether a variant changes nothing in how the request is read."""
        return OF_REQUESTS.isdisjoint(replaced(variant)) and all(
            altered.get(name) == self.case.get(name)
            for name in (altered.keys() | self.case.keys()) - {"sessions"}
        )

    def _measured(
        self, variant: Variant, few: Few, rows: list[Row], fields: Sequence[str], *, totals: bool
    ) -> list[Any]:
        d, changed = variant.definitions, replaced(variant)
        as_chosen = rows is few.rows and OF_CHOICE.isdisjoint(changed)
        if as_chosen and OF_GROUPS.isdisjoint(changed):
            groups = few.groups
        else:
            groups = self.grouped(d, few.chosen if as_chosen else self.chosen(d, rows))
        shown = dataclasses.replace(
            self._question, definitions=d, fields=list(fields), totals=totals, series=not totals
        )
        return self._retouched(variant, [describe(shown, group) for group in groups])

    def _retouched(self, variant: Variant, described: list[Any]) -> list[Any]:
        if variant.retouch is RIGHT.retouch:
            return described
        answer = {**self.right, "body": {**self.right["body"], GROUPS: described}}
        return list(variant.retouch(self.case, answer)["body"][GROUPS])

    def empty(self, variant: Variant, base: GroupKey, fields: Sequence[str]) -> list[Any]:
        """What a variant gives for the series of a base group in intervals without sessions."""
        shown = dataclasses.replace(
            self._question, definitions=variant.definitions, fields=list(fields), totals=False, series=True
        )
        groups = split([Group(dict(base), [])], shown.split_by)
        try:
            return self._retouched(variant, [describe(shown, group) for group in groups])
        except Exception:
            return []

    def members(self, variant: Variant, few: Few) -> list[tuple[dict[str, Any], list[Row]]]:
        """The base groups of a variant that reads the request as usual, with their sessions."""
        case = {**self.case, "sessions": few.sessions}
        altered = variant.alter(case)
        if not self._reads_as_usual(variant, altered):
            return []
        d, asked = variant.definitions, self._question
        chosen = self.chosen(d, few.rows_of(variant, altered))
        groups = base_groups(d, chosen, asked.group_by, asked.counted)
        return [(group.by, group.sessions) for group in groups]

    def grouped(self, d: Definitions, sessions: list[Row]) -> list[Group]:
        """The groups that sessions make by some definitions."""
        asked = self._question
        return split(base_groups(d, sessions, asked.group_by, asked.counted), asked.split_by)

    def chosen(self, d: Definitions, rows: list[Row]) -> list[Row]:
        """The sessions that count by some definitions."""
        asked = self._question
        sessions = d.fold(d, list(rows))
        if len(sessions) > max(MOST_JOINED, len(rows)):
            raise OverflowError("a join of a place of very many sessions with itself")
        sessions = [session for session in sessions if d.inside(asked.window, session.started)]
        if asked.selected is not None or asked.environments or self._predicates:
            sessions = [
                session
                for session in sessions
                if (asked.selected is None or session.project in asked.selected)
                and (not asked.environments or session.environment in asked.environments)
                and holds(asked.tree, session, self._predicates)
            ]
        return d.counting(d, sessions, asked.statuses)
