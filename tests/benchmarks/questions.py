"""The questions: a request for the kernel, and what an engine has to measure for the same answer.

1. An engine measures *measures*: counts of sessions, counts of distinct users, statistics of durations, each
   by the groupBy columns, over the window and by day.
2. `fields_from` makes fields of measures, so that answers can be compared; engines are timed for the measures
   alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.rules import Rules

NOW: Final = "2024-01-29T00:00:00Z"
"""The instant of every request; at midnight, so that a window of 14 days has 14 buckets."""

PERCENTILES: Final = (50, 75, 90, 95, 99)
"""Percentiles that are requested."""

ALL_FIELDS: Final = tuple(Rules().fields)
"""Every field of the documented edition."""

COUNT_FIELDS: Final = ("sum(session)", "crash_rate(session)", "crash_free_rate(session)")
USER_FIELDS: Final = tuple(f for f in ALL_FIELDS if "user" in f or "anr" in f)
DURATION_FIELDS: Final = tuple(f for f in ALL_FIELDS if "duration" in f)
STATUS_FIELDS: Final = ("sum(session)", "count_unique(user)")

RANKED_USERS: Final = "count_unique(user)"


@dataclass(frozen=True)
class Question:
    """One request.

    Parameters
    ----------
    fields : tuple of str
    group_by : tuple of str
    days : int
        Length of the window, and number of buckets.
    """

    fields: tuple[str, ...] = ALL_FIELDS
    group_by: tuple[str, ...] = ("release",)
    days: int = 14
    params: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        params = {
            "field": list(self.fields),
            "groupBy": list(self.group_by),
            "interval": "1d",
            "statsPeriod": f"{self.days}d",
        }
        object.__setattr__(self, "params", params)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that make groups."""
        return tuple(name for name in self.group_by if name != "session.status")

    @property
    def by_status(self) -> bool:
        """Whether counts are requested by health class."""
        return "session.status" in self.group_by

    @property
    def sessions(self) -> tuple[str, ...]:
        """Conditions of the counts of sessions."""
        if not any("session)" in name for name in self.fields):
            return ()
        return ("all", "abnormal", "crashed", "errored", "healthy") if self.by_status else ("all", "crashed")

    @property
    def users(self) -> tuple[str, ...]:
        """Conditions of the counts of distinct users."""
        if self.by_status:
            return ("all", "unhealthy", "crashed", "abnormal")
        return ("all", "crashed", "anr", "foreground_anr") if RANKED_USERS in self.fields else ()

    @property
    def durations(self) -> bool:
        """Whether statistics of durations are requested."""
        return any("duration" in name for name in self.fields)

    @property
    def limit(self) -> int:
        """Most groups of the answer (§7.4)."""
        return 10_000 // self.days


def fields_from(measures: Mapping[str, NDArray[Any]], question: Question) -> dict[str, NDArray[Any]]:
    """Fields of an answer, each an array like the measures; by status, one array per class.

    Parameters
    ----------
    measures : mapping of name to array
        ``sessions_X``, ``users_X``, ``avg``, ``max``, ``p50``…
    question : Question
    """
    found: dict[str, NDArray[Any]] = {}
    if question.by_status:
        unhealthy, crashed, abnormal = (measures[f"users_{n}"] for n in ("unhealthy", "crashed", "abnormal"))
        by_class = {
            "abnormal": abnormal,
            "crashed": crashed,
            "errored": np.maximum(0, unhealthy - crashed - abnormal),
            "healthy": np.maximum(0, measures["users_all"] - unhealthy),
        }
        for name, users in by_class.items():
            found[f"sum(session) {name}"] = measures[f"sessions_{name}"]
            found[f"count_unique(user) {name}"] = users
        return found
    with np.errstate(invalid="ignore", divide="ignore"):
        for subject, count in (("session", "sum(session)"), ("user", "count_unique(user)")):
            whole = measures.get(f"{subject}s_all")
            if whole is not None:
                rate = measures[f"{subject}s_crashed"] / whole
                found |= {
                    count: whole,
                    f"crash_rate({subject})": rate,
                    f"crash_free_rate({subject})": 1 - rate,
                }
        if "users_anr" in measures:
            found["anr_rate()"] = measures["users_anr"] / measures["users_all"]
            found["foreground_anr_rate()"] = measures["users_foreground_anr"] / measures["users_all"]
    if question.durations:
        for name in ("avg", "max", *(f"p{p}" for p in PERCENTILES)):
            found[f"{name}(session.duration)"] = measures[name] * 1000
    return found
