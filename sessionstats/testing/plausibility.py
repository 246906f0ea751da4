"""Which hypotheses are possible for one response.

1. They do not change the window that the response has, and not only the page: no place shows that.
2. What decides only some fields concerns these alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sessionstats.testing.hypotheses import RIGHT, Evidence, Hypothesis, hypotheses_for, replaced
from sessionstats.testing.samples import shows_in_units
from sessionstats.testing.trials import Response

OF_WINDOWS: Final = frozenset(
    {"aligned", "begin", "date", "dates", "default_interval", "is_longer_than_a_day", "period", "too_many"}
)
"""The definitions that decide the window."""

OF_SEARCHES: Final = frozenset(
    {
        "build", "build_condition", "read_release", "selects_text", "selects_unreadable", "version_condition",
        "version_rank",
    }
)  # fmt: skip
"""The definitions that decide what a search selects."""

OF_FIELDS: Final = (
    (
        frozenset({"counted_duration", "duration", "mean", "milliseconds", "quantile", "contributes"}),
        "duration",
    ),
    (frozenset({"distinct", "person", "user", "user_counts", "contributes"}), "(user)"),
    (frozenset({"session_counts"}), "(session)"),
    (frozenset({"rate"}), "rate"),
)
"""The definitions that decide some fields only, and a part of the names of these."""

OF_RANKS: Final = frozenset(
    {"cap", "fold_one", "page", "primary", "rank_classes", "rank_key", "rank_total", "ranked", "session_of"}
)
"""The definitions that no place shows: those of the page, and of updates, which are folded already."""

MOST_ROWS: Final = 100
"""Sessions by which families are chosen."""


def possible(response: Response, rows: Sequence[Mapping[str, Any]]) -> list[Hypothesis]:
    """The hypotheses that leave the window of a response as it is; families are chosen by some rows."""
    case = response.asked.case
    frame = Evidence(case, None)
    given = {name: response.frame[name] for name in ("start", "end") if name in response.frame}
    searched = bool(case["params"].get("query"))

    def fits(each: Hypothesis) -> bool:
        variant = each.variant
        if _only(each, OF_RANKS) or (not searched and _only(each, OF_SEARCHES)):
            return False
        if variant.alter is RIGHT.alter and replaced(variant).keys().isdisjoint(OF_WINDOWS):
            return True
        body = (frame.answer_of(variant) or {}).get("body", {})
        if _only(each, OF_WINDOWS) and body == frame.answer["body"]:
            return False
        return all(body.get(name) == value for name, value in given.items())

    few = {**case, "sessions": rows[:: -(-len(rows) // MOST_ROWS) or 1]}
    return [each for each in hypotheses_for(few) if shows_in_units(each.bug) and fits(each)]


def concerns(each: Hypothesis, field: str) -> bool:
    """Whether a hypothesis may show in a field."""
    parts = [part for names, part in OF_FIELDS if _only(each, names)]
    return not parts or "anr" in field or any(part in field for part in parts)


def _only(each: Hypothesis, names: frozenset[str]) -> bool:
    """Whether a hypothesis replaces some definitions and does nothing else."""
    variant = each.variant
    plain = variant.alter is RIGHT.alter and variant.retouch is RIGHT.retouch
    return plain and replaced(variant).keys() <= names
