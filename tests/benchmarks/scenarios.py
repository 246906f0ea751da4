"""The scenarios: which question about which sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.benchmarks.data import SHAPES
from tests.benchmarks.questions import (
    COUNT_FIELDS,
    DURATION_FIELDS,
    STATUS_FIELDS,
    USER_FIELDS,
    Question,
)

MILLION: Final = 1_000_000


@dataclass(frozen=True)
class Scenario:
    """One row of a table.

    Parameters
    ----------
    title : str
    n : int
        Sessions.
    made : mapping
        Other arguments of `data.make`.
    question : Question
    """

    title: str
    n: int = 10 * MILLION
    made: Mapping[str, Any] = field(default_factory=dict)
    question: Question = field(default_factory=Question)


USUAL: Final = Scenario("10 M")

SIZES: Final = (Scenario("1 M", MILLION), Scenario("3 M", 3 * MILLION), USUAL, Scenario("30 M", 30 * MILLION))
"""50 releases × 14 days, all fields."""

KINDS: Final = (
    Scenario("109 releases × 91 days", made={"releases": 109, "days": 91}, question=Question(days=91)),
    Scenario("100,000 releases", made={"releases": 100_000}),
    Scenario("not grouped", question=Question(group_by=())),
    Scenario(
        "by release, environment and project",
        question=Question(group_by=("release", "environment", "project")),
    ),
    Scenario("by status: sessions and users", question=Question(STATUS_FIELDS, ("session.status",))),
    Scenario("only counts", question=Question(COUNT_FIELDS)),
    Scenario("only users", question=Question(USER_FIELDS)),
    Scenario("only durations", question=Question(DURATION_FIELDS)),
)
"""10 million sessions; 50 releases × 14 days and all fields unless the title says otherwise."""

EXTREMES: Final = tuple(Scenario(shape, made={"shape": shape}) for shape in SHAPES)
"""Inputs that might cost more than the usual one, for `compute` alone."""
