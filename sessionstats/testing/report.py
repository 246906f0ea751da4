"""What a check found: a report for people to act on, and JSON.

1. A finding comes with its diagnosis and the section of the semantics that is broken; then follow the
   smallest sessions and request that show it, the expected values beside the actual ones, and lines to paste.
2. It has at most `MOST_LINES` lines, and nothing of the program's output reaches a terminal unescaped.
3. It ends with what was checked: version, seed, claims, program, and the rules that were not reached.
4. The JSON report says the same.
"""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sessionstats import __version__
from sessionstats.display.terminal import escape, fit
from sessionstats.testing.attempts import LAST_BITS, UNSTEADY, WRONG, Case
from sessionstats.testing.findings import ABSENT, Finding, json_ready
from sessionstats.testing.known import Known
from sessionstats.testing.strategies.claims import EVERYTHING, Claims
from sessionstats.testing.suspects import Suspect
from sessionstats.testing.tallies import RULES, Tally

FORMAT: Final = 1
"""Version of the JSON report and of case files."""

MOST_LISTED: Final = 12
"""Positions of one finding that are shown side by side."""

LONGEST_TITLE: Final = 200
"""Characters of a title, and of a line of evidence."""

MOST_EVIDENCE: Final = 20
"""Lines of evidence that are shown: the last ones."""

MOST_ROWS: Final = 40
"""Rows of a case that are shown."""

MOST_LINES: Final = 180
"""Lines of a report; findings that do not fit are only named."""

BRIEF_LINES: Final = 4
"""Lines of a finding that is only named."""

WIDEST: Final = 60
"""Characters of a value that are shown in a table."""

LONGEST_LINE: Final = 3000
"""Characters of a request that is shown as a line to paste."""


@dataclass(frozen=True)
class Report:
    """What a check found.

    Parameters
    ----------
    seed : int or None
        Draws the same cases again; `None` if they were not drawn.
    examples : int
        Cases drawn.
    attempts : int
        Requests run, including those of shrinking.
    findings : tuple of Suspect
        The bugs found.
    stale : tuple of Known
        Known findings that did not occur.
    tally : Tally
        Last bits, unsupported cases, rules that were reached.
    claims : Claims
        What the implementation claims to do.
    stopped : str
        Why the check ended before its budget was spent; empty if it did not.
    """

    seed: int | None
    examples: int
    attempts: int
    findings: tuple[Suspect, ...]
    stale: tuple[Known, ...] = ()
    tally: Tally = field(default_factory=Tally)
    claims: Claims = EVERYTHING
    stopped: str = ""

    @property
    def agrees(self) -> bool:
        """Whether every answer was right, except for known findings and unsupported cases."""
        return not self.findings and not self.compared_nothing

    @property
    def compared_nothing(self) -> bool:
        """Whether the implementation supports none of the cases."""
        return bool(self.tally.unsupported) and not self.tally.reached

    @property
    def broke_down(self) -> bool:
        """Whether the implementation failed to answer."""
        return any(found.failure.kind not in (WRONG, LAST_BITS, UNSTEADY) for found in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {
            "format": FORMAT,
            "seed": self.seed,
            "examples": self.examples,
            "attempts": self.attempts,
            "agrees": self.agrees,
            "version": __version__,
            "claims": self.claims.to_dict(),
            "stopped": self.stopped,
            "unsupported": dict(self.tally.unsupported),
            "reached": {rule: self.tally.reached[rule] for rule in RULES},
            "last_bits": {"counts": dict(self.tally.last_bits.counts), "units": self.tally.last_bits.units},
            "findings": [finding_to_dict(found) for found in self.findings],
            "stale": [{entry.subject: entry.name, "reason": entry.reason} for entry in self.stale],
        }

    def to_text(self, command: Sequence[str] | None = None) -> str:
        """The report for a person.

        Parameters
        ----------
        command : sequence of str, optional
            The program that was checked, for the lines to paste.
        """
        conclusion = self._conclusion(command)
        left = MOST_LINES - conclusion.count("\n") - BRIEF_LINES * len(self.findings)
        parts = []
        for number, found in enumerate(self.findings, 1):
            text = _finding(number, found, command)
            left -= text.count("\n")
            parts.append(text if left > 0 else f"{number} · {title(found)}\n\nThe rest is in its case file.")
        return "\n".join(map(escape, "\n\n".join([*parts, conclusion]).split("\n")))

    def __str__(self) -> str:
        return self.to_text()

    def _conclusion(self, command: Sequence[str] | None) -> str:
        cases = _cases(self.examples) + ("" if self.seed is None else f" from seed {self.seed}")
        n = len(self.findings)
        agreement = "Nothing was compared" if self.compared_nothing else "No disagreement"
        lines = [f"{n} finding{'' if n == 1 else 's'} in {cases}." if n else f"{agreement} in {cases}."]
        if n > 1:
            lines.append("Bugs mask one another: fix the first and run again.")
        last_bits_found = any(found.failure.kind == LAST_BITS for found in self.findings)
        if self.tally.last_bits.counts and not last_bits_found:
            lines.append(f"{self.tally.last_bits}; --exact reports them.")
        if self.stopped:
            lines.append(f"Stopped early: {self.stopped}.")
        if unsupported := self.tally.unsupported:
            counts = ", ".join(f"{escape(name)} {n:,}" for name, n in unsupported.most_common(MOST_LISTED))
            lines.append(f"Not supported, and not compared: {_cases(unsupported.total())} ({counts}).")
        lines += [f"Known, but did not occur: {entry}" for entry in self.stale[:MOST_LISTED]]
        if self.seed is not None:
            lines += self._circumstances(command)
        return "\n".join(lines)

    def _circumstances(self, command: Sequence[str] | None) -> list[str]:
        """What was checked, with which version, and which rules were not reached."""
        asked = f"; program: {escape(shlex.join(command))}" if command else ""
        rules = ", ".join(f"§{rule}" for rule in self.tally.not_reached)
        reached = len(RULES) - len(self.tally.not_reached)
        return [
            f"sessionstats {__version__}; claims: {self.claims}{asked}",
            f"Rules reached: {reached} of {len(RULES)}" + (f"; not reached: {rules}" if rules else ""),
        ]


def finding_to_dict(found: Suspect) -> dict[str, Any]:
    """A finding with its smallest case, as JSON-ready values."""
    failure, diagnosis = found.failure, found.diagnosis
    return {
        "kind": failure.kind,
        "diagnosis": None if diagnosis is None else diagnosis.id,
        "explanations": list(found.diagnoses),
        "proof": _proof(found),
        "matters": _matters(found),
        "title": title(found),
        "section": section(found),
        "found_after": found.found_after,
        "case": dict(failure.case),
        "expected": json_ready(failure.expected),
        "actual": None if failure.actual is ABSENT else json_ready(failure.actual),
        "positions": [finding.to_dict() for finding in failure.findings],
        "evidence": failure.evidence,
    }


def _proof(found: Suspect) -> dict[str, Any] | None:
    cause = found.explanation.cause
    if cause is None:
        return None
    return {
        "predicted": cause.predicted,
        "tried": cause.tried,
        "whole": cause.whole,
        "hypotheses": [str(each) for each in cause.hypotheses],
    }


def _matters(found: Suspect) -> dict[str, Any] | None:
    matters = found.explanation.matters
    if matters is None:
        return None
    return {"needed": list(matters.needed), "free": list(matters.free), "formulas": list(matters.formulas)}


def title(found: Suspect) -> str:
    """A finding in one line."""
    if found.diagnosis is not None:
        return found.diagnosis.title
    first = found.failure.findings[0]
    text = first.message if found.failure.kind != WRONG else f"{first.path}: {first.message}"
    return fit(escape(text), LONGEST_TITLE)


def section(found: Suspect) -> str:
    """The section of the semantics that is broken."""
    return found.failure.findings[0].section if found.diagnosis is None else found.diagnosis.section


def _finding(number: int, found: Suspect, command: Sequence[str] | None) -> str:
    failure = found.failure
    head = f"{number} · {title(found)}"
    parts = [f"{head}\n{'─' * len(head)}"]
    parts += _explanation(found)
    parts += [f"sessions\n{_sessions(failure.case)}", f"request\n{_request(failure.case)}"]
    parts.append(f"expected and actual\n{_places(failure.findings)}")
    if failure.evidence:
        last = failure.evidence.splitlines()[-MOST_EVIDENCE:]
        parts.append(f"also seen\n{_indented(line[:LONGEST_TITLE] for line in last)}")
    matters = found.explanation.matters
    if matters is None or not matters.earlier:
        parts.append(_to_paste(failure.case, command))
    parts.append(f"See §{section(found)} of the semantics. Found after {_cases(found.found_after)}.")
    return "\n\n".join(parts)


def _explanation(found: Suspect) -> list[str]:
    """Why, in paragraphs: the cause and its proof, or what matters."""
    cause, matters = found.explanation.cause, found.explanation.matters
    if cause is not None:
        bug, *others = cause.bugs
        ways = dict.fromkeys(each.variant.detail for each in cause.hypotheses if each.bug is bug)
        named = "; ".join(way or "just that" for way in ways)
        how = f"Specifically{'' if len(ways) == 1 else ', one of these'}: {named}. " if any(ways) else ""
        only = "" if cause.whole else ", at the positions it affects"
        proof = f"It predicted {cause.predicted} of {cause.tried} further answers{only}."
        lines = [f"{bug.explanation}\n(diagnosis {bug.id})\n{how}{proof}"]
        if others:
            rivals = [f"{other.title} ({other.id})" for other in others]
            lines.append("No case distinguished it from:\n" + _indented(rivals))
        return lines
    if matters is None:
        return []
    parts = [
        ("The disagreement needs", matters.needed),
        ("It does not need", matters.free),
        ("Apparently", matters.formulas),
    ]
    return [
        "No known bug was proved to be the cause.",
        *(f"{head}\n{_indented(lines)}" for head, lines in parts if lines),
    ]


def _cases(number: int) -> str:
    return f"{number:,} case{'' if number == 1 else 's'}"


def _sessions(case: Case) -> str:
    rows = case["sessions"]
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return _indented([_shown(rows)])
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not rows:
        return _indented(["none"])
    shown = [[_shown(row[name]) if name in row else "" for name in names] for row in rows[:MOST_ROWS]]
    more = len(rows) - MOST_ROWS
    return _table([names, *shown]) + (f"\n  and {more:,} more rows" if more > 0 else "")


def _request(case: Case) -> str:
    params = case["params"]
    lines = [["now", _shown(case["now"])]]
    if isinstance(params, Mapping):
        lines += [[name, _shown(value)] for name, value in params.items()]
    else:
        lines.append(["params", _shown(params)])
    lines += [[name, _shown(case[name])] for name in ("projects", "releases", "rules") if name in case]
    return _table(lines)


def _places(findings: Sequence[Finding]) -> str:
    rows = [["", "expected", "actual"]]
    rows += [[str(each.path), _shown(each.expected), _shown(each.actual)] for each in findings[:MOST_LISTED]]
    more = len(findings) - MOST_LISTED
    return _table(rows) + (f"\n  and at {more} more positions" if more > 0 else "")


def _to_paste(case: Case, command: Sequence[str] | None) -> str:
    line = json.dumps({"id": 1, **case})
    if len(line) > LONGEST_LINE:
        return "The request is too long to paste: it is in the case file."
    ask = shlex.join(command) if command else "YOUR-PROGRAM"
    lines = (
        f"printf '%s\\n' {shlex.quote(line)} > case.json",
        "sessionstats oracle < case.json",
        f"{ask} < case.json",
    )
    return "to reproduce\n  " + "\n  ".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, (list, dict)) and len(value) > WIDEST:
        return f"{len(value):,} {'values' if isinstance(value, list) else 'keys'}"
    text = "nothing" if value is ABSENT else json.dumps(json_ready(value), ensure_ascii=True)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}…"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return _indented(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"  {line}".rstrip() for line in lines)
