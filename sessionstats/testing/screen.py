"""A comparison of a response with its sessions, on one screen.

1. First whether they agree, then what was compared, and whether a session lies in the window at all.
2. Parts of the whole response that differ.
3. Causes, if they were confirmed.
4. For each field: how many totals and intervals differ, and where most.
5. Groups that are missing or should not be there.
6. Everything from outside is escaped, and cut to a width.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sessionstats.display.terminal import escape, fit
from sessionstats.instants import format_instant
from sessionstats.request.query import Query
from sessionstats.testing.causes import Causes, Confirmed
from sessionstats.testing.findings import ABSENT, GROUPS, TOTALS, Finding, GroupKey, json_ready
from sessionstats.testing.tallies import LastBits

MOST: Final = 8
"""Values, groups and parts of a kind that are shown."""

WIDTH: Final = 48
"""Columns of a text from outside."""


@dataclass(frozen=True)
class Comparison:
    """How a response compares with the sessions.

    Parameters
    ----------
    query : Query
        The request, with the instant that it was answered at.
    findings : tuple of Finding
        Where they differ.
    last_bits : LastBits
        Numbers that differ only in their last bits (§6.8).
    absent : tuple of str
        Fields and parts that the whole response lacks.
    n_groups, n_values : int
        Groups and values that were compared.
    n_sessions : int
        Sessions that were read.
    outside : tuple of int, optional
        The first and the last start of the sessions if none lies in the window, in microseconds.
    smallest : tuple of (group, list of dict), optional
        The smallest base group that differs, with its sessions in the window, if they are few.
    searched : Causes, optional
        Known bugs that explain what differs, and what is left; `None` if none were looked for.
    """

    query: Query
    findings: tuple[Finding, ...]
    last_bits: LastBits
    absent: tuple[str, ...]
    n_groups: int
    n_values: int
    n_sessions: int
    outside: tuple[int, int] | None = None
    smallest: tuple[GroupKey, list[dict[str, Any]]] | None = None
    searched: Causes | None = None

    @property
    def causes(self) -> tuple[Confirmed, ...]:
        """Known bugs that explain what differs."""
        return () if self.searched is None else self.searched.confirmed

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON-ready values."""
        return {
            "agrees": self.agrees,
            "start": format_instant(self.query.window.start),
            "end": format_instant(self.query.window.end),
            "sessions": self.n_sessions,
            "outside": None if self.outside is None else [format_instant(at) for at in self.outside],
            "groups": self.n_groups,
            "values": self.n_values,
            "last_bits": {"counts": dict(self.last_bits.counts), "units": self.last_bits.units},
            "absent": list(self.absent),
            "causes": [cause.to_dict() for cause in self.causes],
            "not_explained": [] if self.searched is None else [left.to_dict() for left in self.searched.left],
            "out_of_time": self.searched is not None and self.searched.out_of_time,
            "differences": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        return screen(self)


def screen(comparison: Comparison) -> str:
    """The comparison for a person."""
    window = comparison.query.window
    span = f"{format_instant(window.start)} to {format_instant(window.end)}"
    verdict = "agrees with" if comparison.agrees else "differs from"
    compared = f"{comparison.n_groups:,} groups, {comparison.n_values:,} values"
    lines = [
        f"The response {verdict} the sessions.",
        f"{compared}, {comparison.n_sessions:,} sessions; {span}",
    ]
    if comparison.outside is not None:
        began = " to ".join(map(format_instant, comparison.outside))
        lines.append(f"No session begins in that window; they begin {began}.")
    whole = [each for each in comparison.findings if each.path.group is None]
    of_groups = [each for each in comparison.findings if each.path.group is not None]
    values = [each for each in of_groups if each.path.field]
    others = [each for each in of_groups if not each.path.field]
    if whole:
        lines += ["", *_others(whole)]
    if comparison.searched is not None:
        lines += ["", *comparison.searched.lines()]
    if values:
        lines += ["", *_by_field(values), "", *_largest(values)]
    if others:
        lines += ["", *_others(others)]
    if comparison.smallest is not None:
        group, rows = comparison.smallest
        lines += ["", f"The smallest group that differs: {_group(group)}", *_rows(rows)]
    if comparison.last_bits.counts:
        lines += ["", f"{comparison.last_bits}; --exact reports them."]
    return "\n".join(lines)


def _by_field(findings: Sequence[Finding]) -> list[str]:
    names = dict.fromkeys(each.path.field for each in findings)
    rows = [["field", "totals", "intervals", "groups", "§"]]
    for name in names:
        own = [each for each in findings if each.path.field == name]
        totals = sum(each.path.part == TOTALS for each in own)
        groups = len({each.path.group for each in own})
        rows.append([str(name), f"{totals:,}", f"{len(own) - totals:,}", f"{groups:,}", own[0].section])
    return ["What differs, by field:", *_table(rows)]


def _largest(findings: Sequence[Finding]) -> list[str]:
    shown = sorted(findings, key=_distance, reverse=True)[:MOST]
    rows = [["group", "field", "where", "expected", "response"]]
    for each in shown:
        path = each.path
        values = [_shown(each.expected), _shown(each.actual)]
        rows.append([_group(path.group or ()), str(path.field), escape(path.part), *values])
    return [f"The largest of {len(findings):,} differences:", *_table(rows)]


def _others(findings: Sequence[Finding]) -> list[str]:
    lines = [
        f"{escape(str(each.path))}: {fit(escape(each.message), 2 * WIDTH)}"
        for each in findings
        if each.path.part != GROUPS or each.path.group is None
    ]
    groups = [each for each in findings if each.path.part == GROUPS and each.path.group is not None]
    for message in dict.fromkeys(each.message for each in groups):
        keys = [_group(each.path.group or ()) for each in groups if each.message == message]
        more = f" and {len(keys) - MOST:,} more" if len(keys) > MOST else ""
        lines.append(f"{message} ({len(keys):,}): {'; '.join(keys[:MOST])}{more}")
    left = len(lines) - MOST
    return lines[:MOST] + ([f"and {left:,} more"] if left > 0 else [])


def _rows(rows: Sequence[dict[str, Any]]) -> list[str]:
    usual = {"release": "", "environment": "", "errors": 0, "abnormal_mechanism": "", "quantity": 1}
    names = [
        name
        for name in rows[0]
        if any(row[name] is not None and row[name] != usual.get(name) for row in rows)
    ]
    return _table([names, *([_shown(row[name]) for name in names] for row in rows)])


def _distance(finding: Finding) -> tuple[int, float]:
    """How far apart two values are; pairs that are not both numbers come first."""
    one, other = finding.expected, finding.actual
    if not all(isinstance(value, (int, float)) for value in (one, other)):
        return 1, 0.0
    return 0, abs(one - other) / max(abs(one), abs(other), 1e-300)


def _group(key: Iterable[tuple[str, Any]]) -> str:
    return (
        ", ".join(
            f"{name} {fit(escape(json.dumps(value, ensure_ascii=False)), WIDTH)}" for name, value in key
        )
        or "all"
    )


def _shown(value: Any) -> str:
    text = "nothing" if value is ABSENT else json.dumps(json_ready(value), ensure_ascii=False)
    return fit(escape(text), WIDTH)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(c.ljust(width) for c, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
