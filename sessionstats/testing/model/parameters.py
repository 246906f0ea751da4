"""Parameters (§2): from a query string or a mapping to lists of texts, and the simple ones among them.

1. In a mapping a value is text, a number, a bool (1 or 0) or null (absent), or a list of these.
2. Of a parameter that takes one value the last counts; of the repeatable ones a repetition counts once.
3. An empty value counts as given; for some names it counts as absent.
4. Validated here, in this order: per_page and cursor; projects; fields; groupBy (§2.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .errors import Rejection
from .request import Rules

if TYPE_CHECKING:
    from .definitions import Definitions

NAMES = (
    "field", "groupBy", "project", "environment", "start", "end", "statsPeriod", "statsPeriodStart",
    "statsPeriodEnd", "interval", "query", "orderBy", "per_page", "cursor", "includeTotals", "includeSeries",
)  # fmt: skip
"""Every parameter there is; other names are ignored (§2)."""

DURATIONS = tuple(f"{name}(session.duration)" for name in ("avg", "p50", "p75", "p90", "p95", "p99", "max"))
"""The duration fields (§2.1)."""

COUNTS = ("sum(session)", "count_unique(user)")
"""The count fields (§2.1)."""

RATES = (
    "crash_rate(session)", "crash_rate(user)", "crash_free_rate(session)", "crash_free_rate(user)",
    "anr_rate()", "foreground_anr_rate()",
)  # fmt: skip
"""The rates of every edition (§2.1)."""

LATER_RATES = (
    "errored_rate(session)", "errored_rate(user)", "abnormal_rate(session)", "abnormal_rate(user)",
    "unhandled_rate(session)", "unhandled_rate(user)", "unhealthy_rate(session)",
)  # fmt: skip
"""The rates of the later edition only (§2.1)."""

GROUPS = ("project", "release", "environment", "session.status")
"""What can be grouped by (§5)."""

NUMBER = re.compile(r"[+-]?[0-9]{1,4000}")
# silent (§2.3, §4.2): a number of more than 4000 digits is not a number, as with periods.

NO_PERMISSION = "You do not have permission to perform this action."
"""The text of status 403 (§2.3)."""


class Parameters:
    """The parameters of a request: each name with its texts, in order (§2)."""

    def __init__(self, params: dict[str, Any] | str) -> None:
        self.given: dict[str, list[str]] = {}
        if isinstance(params, str):
            # silent (§2): one leading question mark of a query string is not part of it.
            pairs = parse_qsl(params.removeprefix("?"), keep_blank_values=True)
            for name, text in pairs:
                self.given.setdefault(name, []).append(text)
            return
        # silent (§2): unknown names are ignored whatever their value is.
        for name in NAMES:
            value = params.get(name)
            values = value if isinstance(value, list) else [value]
            self.given[name] = [as_text(name, item) for item in values if item is not None]

    def many(self, name: str) -> list[str]:
        """Every value of a repeatable parameter, each once (§2)."""
        return list(dict.fromkeys(self.given.get(name, [])))

    def one(self, name: str) -> str | None:
        """The last value of a parameter that takes one; None if absent (§2)."""
        values = self.given.get(name, [])
        return values[-1] if values else None

    def filled(self, name: str) -> str | None:
        """The same for the parameters whose empty value counts as absent (§2)."""
        # silent (§2): the last value counts first, then an empty one is absent: `query=a&query=` has none.
        return self.one(name) or None

    def order_by(self) -> list[str]:
        """Every `orderBy` given, repetitions included, empty ones not (§2, §7.2)."""
        # silent (§7.2): the same `orderBy` twice counts twice; an empty one beside another does not count.
        return [text for text in self.given.get("orderBy", []) if text != ""]


def as_text(name: str, value: Any) -> str:
    """A value of a mapping as the text of a query string (§2)."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Rejection(f"Parameter {name!r} cannot have the value {value!r}.")


def read_per_page(d: Definitions, params: Parameters, rules: Rules) -> int | None:
    """`per_page`, from 1 to the most allowed; None if absent (§2.3)."""
    text = params.one("per_page")
    if text is None:
        return None
    if not NUMBER.fullmatch(text):
        raise Rejection("Invalid per_page parameter.")
    if d.too_many(int(text), rules.max_per_page):
        raise Rejection(f"Invalid per_page value. Cannot exceed {rules.max_per_page}.")
    if int(text) < 1:
        raise Rejection("Invalid per_page value. Must be at least 1.")
    return int(text)


def read_offset(params: Parameters) -> int:
    """The OFFSET of the cursor `VALUE:OFFSET:IS_PREV`; 0 if absent (§7.6)."""
    text = params.filled("cursor")
    if text is None:
        return 0
    parts = text.split(":")
    if len(parts) != 3 or not all(NUMBER.fullmatch(part) for part in parts) or int(parts[1]) < 0:
        raise Rejection("Invalid cursor parameter.")
    return int(parts[1])


def means_all(requested: frozenset[int]) -> bool:
    """Whether -1, every project, is among those requested (§2)."""
    return -1 in requested


def read_projects(
    d: Definitions, params: Parameters, accessible: dict[str, int] | None, rules: Rules
) -> frozenset[int] | None:
    """The ids of the selected projects; None is every project there is (§2, §2.3)."""
    texts = params.many("project")
    if rules.project_slugs:
        return read_ids_and_slugs(d, [text for text in texts if text != ""], accessible)
    if not all(NUMBER.fullmatch(text) for text in texts):
        raise Rejection("Invalid project parameter. Values must be numbers.")
    return among_accessible(d, frozenset(int(text) for text in texts), accessible)


def read_ids_and_slugs(
    d: Definitions, texts: list[str], accessible: dict[str, int] | None
) -> frozenset[int] | None:
    """The same for editions in which `project` accepts slugs (§2)."""
    # silent (§2): a number is an id, whatever the slugs are; -1 means all, whatever is beside it.
    numbers = {text: int(text) for text in texts if NUMBER.fullmatch(text)}
    if d.means_all(frozenset(numbers.values())):
        return among_accessible(d, frozenset([-1]), accessible)
    slugs = accessible or {}
    if any(text not in numbers and text not in slugs for text in texts):
        raise Rejection(NO_PERMISSION, 403)
    ids = [numbers[text] if text in numbers else slugs[text] for text in texts]
    return among_accessible(d, frozenset(ids), accessible)


def among_accessible(
    d: Definitions, requested: frozenset[int], accessible: dict[str, int] | None
) -> frozenset[int] | None:
    """The selected projects of the ids that are requested (§2, §2.3)."""
    everything = not requested or d.means_all(requested)
    if accessible is None:
        return None if everything else requested
    allowed = frozenset(accessible.values())
    if not everything and not requested <= allowed:
        raise Rejection(NO_PERMISSION, 403)
    if not allowed:
        raise Rejection("No projects available")
    return allowed if everything else requested


def read_fields(params: Parameters, rules: Rules) -> list[str]:
    """The requested fields; the later edition has more of them (§2.1, §2.3)."""
    fields = params.many("field")
    if not fields:
        raise Rejection('Request is missing a "field"')
    known = COUNTS + DURATIONS + RATES + (LATER_RATES if rules.unhandled else ())
    for field in fields:
        if field not in known:
            raise Rejection(f'Invalid field: "{field}"')
    return fields


def read_group_by(params: Parameters) -> list[str]:
    """The requested groupings (§5, §2.3)."""
    groups = params.many("groupBy")
    for group in groups:
        if group not in GROUPS:
            raise Rejection(f'Invalid groupBy: "{group}"')
    return groups
