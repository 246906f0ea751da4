"""What the engines share.

1. `load` puts the sessions into the engine's own memory: integers and floats as they are, releases and
   environments as dictionary-encoded text, users as integers. An engine that is timed has loaded them before.
2. `ask` returns the measures of the groups (``day`` −1) and of the cells, as one Arrow table.
3. If there are more groups than an answer holds, only the first by sessions are measured (§7.1, §7.4).
4. Every engine is queried in the way that suited it best, and may use both cores.
"""

from typing import ClassVar, Final, Protocol

import numpy as np
import pyarrow as pa

from sessionstats.columns.encoding import Encoded
from sessionstats.health import STATUSES
from sessionstats.sessions import Sessions
from tests.benchmarks.data import END
from tests.benchmarks.questions import Question

ERRORED, CRASHED, ABNORMAL, EXITED = (STATUSES.index(s) for s in ("errored", "crashed", "abnormal", "exited"))

CONDITIONS: Final = {
    "all": "true",
    "crashed": f"status = {CRASHED}",
    "abnormal": f"status = {ABNORMAL}",
    "unhealthy": f"(status >= {ABNORMAL} OR status = {ERRORED} OR errors > 0)",
    "errored": f"(status < {ABNORMAL} AND (status = {ERRORED} OR errors > 0))",
    "healthy": f"(status < {ABNORMAL} AND status <> {ERRORED} AND errors = 0)",
    "anr": "mechanism IN (1, 2)",
    "foreground_anr": "mechanism = 1",
}
"""Which sessions a measure counts, in SQL that every engine understands."""

HAS_DURATION: Final = f"status = {EXITED}"
"""Which durations count; those that are missing are null (§6.3)."""


class Engine(Protocol):
    """One engine."""

    name: ClassVar[str]

    def load(self, table: pa.Table) -> None:
        """Load the sessions into the engine's memory."""

    def ask(self, question: Question) -> pa.Table:
        """Measures of groups and of cells."""


def as_arrow(sessions: Sessions) -> pa.Table:
    """The sessions as a table that every engine can load."""
    user = sessions.distinct_id.codes
    return pa.table(
        {
            "started": pa.array(sessions.started),
            "project": pa.array(np.array(sessions.project_id.categories)[sessions.project_id.codes]),
            "release": _dictionary(sessions.release),
            "environment": _dictionary(sessions.environment),
            "status": pa.array(sessions.status),
            "errors": pa.array(sessions.errors),
            "user_id": pa.array(user, mask=user < 0),
            "duration": pa.array(sessions.duration, mask=np.isnan(sessions.duration)),
            "mechanism": pa.array(sessions.abnormal_mechanism.codes.astype(np.int8)),
        }
    )


def _dictionary(column: Encoded[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(column.codes), pa.array(column.categories, pa.string()))


def window(question: Question, instant: str) -> str:
    """The condition that a session is in the window; `instant` makes an instant of a text."""
    start, end = END - np.timedelta64(question.days, "D"), END
    return f"started >= {instant.format(start)} AND started < {instant.format(end)}"


def selection(question: Question, condition: str, n_releases: int) -> str:
    """The condition, and that the release is on the page if not all are."""
    if question.keys != ("release",) or n_releases <= question.limit:
        return condition
    return (
        f"{condition} AND release IN (SELECT release FROM sessions WHERE {condition} "
        f"GROUP BY release ORDER BY count(*) DESC, release LIMIT {question.limit})"
    )
