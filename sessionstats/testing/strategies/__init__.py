"""Hypothesis strategies for sessions, requests and whole cases, biased towards what breaks implementations.

1. A case is a decoded request of the protocol (§9): ``now``, ``params``, ``sessions`` and, where they are not
   the default, ``projects``, ``releases`` and ``rules``.
2. A case is made of a few short byte strings (`recipes`); `assembly` turns them into a case in plain Python,
   one module per idea: `windows` (when), `worlds` (who and what), `rows`, `searches`, `metadata`, `queries`,
   and `faults` (what must be rejected).
3. `Claims` switch off what an implementation does not claim to do.

Examples
--------
>>> from hypothesis import given
>>> from sessionstats.protocol import respond
>>> @given(cases(Claims(errors=False, bad_rows=False)))
... def test_answered(case):
...     assert respond(case)["status"] in (200, 400)
>>> test_answered()
"""

from sessionstats.testing.strategies.assembly import cases, requests, sessions
from sessionstats.testing.strategies.claims import EVERYTHING, GROUP_BY, Claims
from sessionstats.testing.strategies.recipes import MOST_ROWS

__all__ = ["EVERYTHING", "GROUP_BY", "MOST_ROWS", "Claims", "cases", "requests", "sessions"]
