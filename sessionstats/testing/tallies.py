"""What a check counts besides its findings.

1. Numbers that differ only in their last bits (§6.8).
2. Cases that the implementation says it does not support, by capability.
3. The rules that the compared cases reached, by section of the semantics: a rule that no case reached was not
   checked, whatever the verdict.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sessionstats.columns.schema import UPDATE_COLUMNS
from sessionstats.fields import LATER_FIELDS
from sessionstats.instants import parse_date, parse_iso
from sessionstats.testing.findings import Finding
from sessionstats.vectors import SECTIONS

KINDS_OF_VALUES: Final = {"rate": "rate", "avg": "average"}
"""What a field is called, by its kind or statistic; the others that are rounded are percentiles."""

RULES: Final = tuple(name for name in SECTIONS if "." in name or name in ("5", "8", "9"))
"""The rules that a case can reach."""

ALWAYS: Final = frozenset({"1.1", "1.3", "2.1", "3.1", "3.2", "3.3", "3.5", "6.7", "8", "9"})
"""The rules that every answer depends on."""

REJECTIONS: Final = (
    ("interval", "3.2"),
    ("statsPeriod", "3.3"),
    ("start", "3.3"),
    ("ISO8601", "3.3"),
    ("too many results", "3.6"),
    ("restricted", "3.8"),
    ("Invalid search filter", "4.2"),
    ("do not exist", "4.2"),
    ("wildcard", "4.3"),
    ("Empty string", "4.4"),
    ("quote", "4.4"),
    ("Lists", "4.4"),
    ("operator", "4.4"),
    ("Parse error", "4.4"),
    ("condition with session.status", "4.5"),
    ("count_unique", "6.4"),
    ("Cannot group field", "6.5"),
    ("Cannot filter field", "6.5"),
    ("order", "7.2"),
    ("sort by", "7.5"),
    ("preflight", "7.5"),
    ("timestamp", "7.5"),
    ("too granular", "7.6"),
)
"""Parts of the texts of rejections, and the rules that they belong to."""

TERMS: Final = (
    ("*", "4.3"),
    ("project", "4.2"),
    ("session.status", "4.5"),
    ("session.status", "6.4"),
    (":>", "4.6"),
    (":<", "4.6"),
    ("release.version", "4.7"),
    ("release.build", "4.7"),
    ("release.package", "4.7"),
    ("latest", "4.8"),
    ("release.stage", "4.8"),
)
"""Parts of searches, and the rules that they reach besides §4.1."""

SUBJECTS: Final = (("sum(", "6.1"), ("unique(", "6.2"), ("duration", "6.3"), ("rate(", "6.5"))
"""Parts of the names of fields, and the rules that compute them."""


@dataclass
class LastBits:
    """How many numbers differed only in their last bits (§6.8).

    Parameters
    ----------
    counts : Counter of str
        By what they are: ``percentile``, ``average`` or ``rate``.
    units : int
        The largest difference, in units in the last place.

    Examples
    --------
    >>> print(LastBits(Counter(percentile=412, rate=1), 382))
    412 percentiles and 1 rate differ in their last bits (at most 382 units)
    >>> print(LastBits(Counter(average=2, percentile=3, rate=1), 1))
    2 averages, 3 percentiles and 1 rate differ in their last bits (at most 1 unit)
    """

    counts: Counter[str] = field(default_factory=Counter)
    units: int = 0

    def add(self, findings: Iterable[Finding]) -> None:
        """Count those of the findings that differ only in their last bits."""
        for finding in findings:
            if finding.units is not None and finding.path.field is not None:
                kind = LATER_FIELDS[finding.path.field]
                names = KINDS_OF_VALUES
                self.counts[names.get(kind.kind) or names.get(kind.statistic) or "percentile"] += 1
                self.units = max(self.units, finding.units)

    def __str__(self) -> str:
        parts = [f"{n:,} {name}{'' if n == 1 else 's'}" for name, n in sorted(self.counts.items())]
        verb = "differs in its" if self.counts.total() == 1 else "differ in their"
        names = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
        return f"{names} {verb} last bits (at most {self.units:,} unit{'' if self.units == 1 else 's'})"


@dataclass
class Tally:
    """What a check counted.

    Parameters
    ----------
    last_bits : LastBits
    unsupported : Counter of str
        Cases that were not answered, by the capability that they need.
    reached : Counter of str
        Compared cases by the rule that they reach.
    """

    last_bits: LastBits = field(default_factory=LastBits)
    unsupported: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)

    @property
    def not_reached(self) -> list[str]:
        """The rules that no compared case reached."""
        return [rule for rule in RULES if not self.reached[rule]]


def rules_of(case: Mapping[str, Any], answer: Mapping[str, Any]) -> set[str]:
    """The rules that a case reaches, judging by its request and its answer.

    Parameters
    ----------
    case, answer : mapping
        A request of the protocol, and the kernel's answer to it (§9).

    Examples
    --------
    >>> from sessionstats.protocol import respond
    >>> case = {"now": "2024-01-29T12:00:00Z", "sessions": [], "params": {"field": "anr_rate()"}}
    >>> sorted(rules_of(case, respond(case)) - ALWAYS)
    ['2.2', '2.3', '3.6']
    """
    if answer["status"] != 200:
        return set(_of_rejection(answer, case["sessions"]))
    return {*ALWAYS, *_of_params(case, case["params"]), *_of_rows(case["sessions"]), *_of_answer(answer)}


def _of_rejection(answer: Mapping[str, Any], rows: Any) -> Iterator[str]:
    if answer["status"] == 422:
        records = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        yield "1.5" if any(name not in UPDATE_COLUMNS for row in records for name in row) else "1.4"
        return
    yield from ("2.2", "2.3")
    yield from (rule for part, rule in REJECTIONS if part in answer["body"]["detail"])


def _of_params(case: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    names, query = str(params.get("field")), str(params.get("query", ""))
    rules = case.get("rules", {})
    yield from (rule for part, rule in SUBJECTS if part in names)
    if "groupBy" in params:
        yield "5"
    if query:
        yield "4.1"
        yield from (rule for part, rule in TERMS if part in query)
    if "orderBy" in params:
        yield "7.5" if "timestamp" in str(params["orderBy"]) else "7.2"
    if "per_page" in params:
        yield "7.6"
    edition = rules if isinstance(rules, str) else rules.get("edition")
    if edition in ("2021", "2022") or "hourly" in str(rules):
        yield "3.7"
    if edition == "2021" or "restrict_date_range" in str(rules):
        yield "3.8"
    if "max_points" in str(rules):
        yield "7.4"
    start, now = parse_date(str(params.get("start", ""))), parse_iso(str(case["now"]))
    if start is not None and now is not None and start > now:
        yield "3.4"


def _of_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    if any("session_id" in row for row in rows):
        yield "1.2"


def _of_answer(answer: Mapping[str, Any]) -> Iterator[str]:
    groups = answer["body"]["groups"]
    if len(groups) > 1:
        yield from ("7.1", "7.3")
    for group in groups[:1]:
        series = group.get("series", {}).values()
        if any(value in (None, 0) for values in series for value in values):
            yield "6.6"
