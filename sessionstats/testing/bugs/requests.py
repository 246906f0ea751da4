"""The order in which a request is validated (§2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Bug, Case, Variant, altered, bug

USUAL: Final = {"field": "sum(session)", "interval": "1d", "statsPeriod": "1d"}
"""Parameters that are never rejected."""

LIMITS: Final = ("max_intervals", "max_points", "max_per_page", "min_interval")
"""The rules that could reject them all the same."""


def first(detail: str, *names: str) -> Variant:
    """A variant that validates some parameters before all others."""

    def alter(case: Case) -> Case:
        params = case["params"]
        if not isinstance(params, Mapping):
            return case
        others = {name: value for name, value in USUAL.items() if name not in names}
        alone = {name: params[name] for name in names if name in params}
        return _if_rejected({**case, "params": {**others, **alone}, "rules": _edition(case)}, case)

    return altered(f"{detail} first", alter)


def _edition(case: Case) -> Any:
    rules = case.get("rules")
    if not isinstance(rules, Mapping):
        return rules
    return {name: value for name, value in rules.items() if name not in LIMITS}


def rows_last(case: Case) -> Case:
    """A case without rows, if its request is rejected without them."""
    return _if_rejected(case, case)


def _if_rejected(changed: Case, case: Case) -> Case:
    without = {**changed, "sessions": []}
    return without if isinstance(case["sessions"], list) and model.answer(without)["status"] != 200 else case


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "validated-in-another-order", "2.2", "Parameters are validated in another order",
        "The first failure is the answer: page, projects, fields, groupBy, interval, dates, search, and "
        "so on; bad rows come before all of them.",
        first("the search", "query"),
        first("the fields", "field"),
        first("groupBy", "groupBy"),
        first("the projects", "project"),
        altered("the rows last", rows_last),
    ),
)  # fmt: skip
"""The bugs of this family."""
