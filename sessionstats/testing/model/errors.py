"""The one way to reject (§9): a status and a sentence, carried by one exception.

400 is for a request that breaks a rule, 403 for a project that is not accessible, 422 for a session row that
breaks §1.4.
"""

from __future__ import annotations


class Rejection(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that is answered with `status` and `{"detail": detail}` (§9)."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
