"""The differential-testing kit: find out whether another implementation is right, and if not, where and why.

1. `check` draws cases, runs an implementation on them, compares, shrinks, diagnoses, and reports.
2. `compare` compares one answer, within a `Tolerance`, and lists what is wrong, one `Finding` each.
3. `explain` compares one response of an endpoint with the sessions that it should come from; `assert_agrees`
   and `assert_answers_equal` are for tests.
4. `cases`, `requests` and `sessions` are strategies for your own tests; `Claims` say what to leave out.

Names are imported when they are used: comparing two answers needs no more than the kernel does, and drawing
cases the ``testing`` extra.

Examples
--------
>>> from sessionstats.protocol import respond
>>> from sessionstats.testing import Claims, check
>>> check(respond, examples=50, claims=Claims(fields=("sum(session)",))).agrees
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sessionstats.testing.asserting import assert_agrees, assert_answers_equal
    from sessionstats.testing.comparison import compare
    from sessionstats.testing.findings import Finding
    from sessionstats.testing.known import Known, read_known
    from sessionstats.testing.programs import Program
    from sessionstats.testing.report import Report
    from sessionstats.testing.responses import explain
    from sessionstats.testing.runner import check
    from sessionstats.testing.screen import Comparison
    from sessionstats.testing.strategies import Claims, cases, requests, sessions
    from sessionstats.testing.tolerance import Tolerance

__all__ = [
    "Claims",
    "Comparison",
    "Finding",
    "Known",
    "Program",
    "Report",
    "Tolerance",
    "assert_agrees",
    "assert_answers_equal",
    "cases",
    "check",
    "compare",
    "explain",
    "read_known",
    "requests",
    "sessions",
]

HOMES: Final = {
    "asserting": ("assert_agrees", "assert_answers_equal"),
    "comparison": ("compare",),
    "findings": ("Finding",),
    "known": ("Known", "read_known"),
    "programs": ("Program",),
    "report": ("Report",),
    "responses": ("explain",),
    "runner": ("check",),
    "screen": ("Comparison",),
    "strategies": ("Claims", "cases", "requests", "sessions"),
    "tolerance": ("Tolerance",),
}
"""The modules, and the names that are imported from them."""


def __getattr__(name: str) -> Any:
    for home, names in HOMES.items():
        if name in names:
            return getattr(import_module(f"sessionstats.testing.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
