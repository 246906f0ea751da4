"""Values wrongly written (§6.6, §8)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.gallery.mutant import Answer, Mutant


def each(change: Callable[[str, Any], Any]) -> Callable[[Answer], Answer]:
    """Change every value of a field, in totals and series."""

    def retouch(answer: Answer) -> Answer:
        groups = []
        for group in answer["body"]["groups"]:
            changed = dict(group)
            if "totals" in group:
                changed["totals"] = {name: change(name, value) for name, value in group["totals"].items()}
            if "series" in group:
                changed["series"] = {
                    name: [change(name, value) for value in values]
                    for name, values in group["series"].items()
                }
            groups.append(changed)
        return {**answer, "body": {**answer["body"], "groups": groups}}

    return retouch


def is_count(name: str) -> bool:
    """Whether a field is a count."""
    return name in ("sum(session)", "count_unique(user)")


def empty_buckets_left_out(answer: Answer) -> Answer:
    """Leave out of every series what is 0 or null."""
    groups = [
        {**group, "series": {name: list(filter(None, values)) for name, values in group["series"].items()}}
        if "series" in group
        else group
        for group in answer["body"]["groups"]
    ]
    return {**answer, "body": {**answer["body"], "groups": groups}}


def named_by_ends(answer: Answer) -> Answer:
    """Name every interval by its end."""
    body = answer["body"]
    return {**answer, "body": {**body, "intervals": [*body["intervals"][1:], body["end"]]}}


MUTANTS = (
    Mutant(
        "nan-in-json",
        "Where there is no value stands NaN.",
        "6.3",
        "nan-in-json",
        report="getsentry/sentry#24352",
        retouch=each(lambda name, value: math.nan if value is None else value),
    ),
    Mutant(
        "counts-as-floats",
        "Counts are floats.",
        "8",
        "counts-as-floats",
        retouch=each(lambda name, value: float(value) if is_count(name) else value),
    ),
    Mutant(
        "numbers-as-text",
        "Numbers are written as text.",
        "8",
        "numbers-as-text",
        retouch=each(lambda name, value: None if value is None else str(value)),
    ),
    Mutant(
        "counts-beyond-2-to-the-53",
        "Counts pass through binary64, as in JavaScript.",
        "6.1",
        "counts-through-floats",
        retouch=each(lambda name, value: int(float(value)) if is_count(name) else value),
    ),
    Mutant(
        "counts-of-32-bits",
        "Counts overflow at 32 bits.",
        "6.1",
        "counts-overflow",
        retouch=each(lambda name, value: value % 2**32 if is_count(name) else value),
    ),
    Mutant(
        "single-precision",
        "Values pass through single precision.",
        "6",
        "single-precision",
        diffs={
            "answer": """
- return value(field, group.sessions, classes)
+ import struct
+ exact = value(field, group.sessions, classes)
+ if not isinstance(exact, float) or exact > 1e38:
+     return exact
+ return struct.unpack("f", struct.pack("f", exact))[0]
""",
        },
    ),
    Mutant(
        "null-counts",
        "Counts of nothing are null.",
        "6.6",
        "empty-count-is-null",
        retouch=each(lambda name, value: (value or None) if is_count(name) else value),
    ),
    Mutant(
        "null-as-zero",
        "Null is written as 0.",
        "6.6",
        "null-as-zero",
        retouch=each(lambda name, value: 0 if value is None else value),
    ),
    Mutant(
        "zero-as-null",
        "A rate or duration of 0 is written as null.",
        "6.6",
        "zero-as-null",
        retouch=each(lambda name, value: value if is_count(name) else value or None),
    ),
    Mutant(
        "empty-buckets-left-out",
        "Empty buckets are left out of series.",
        "8",
        "empty-buckets-left-out",
        retouch=empty_buckets_left_out,
    ),
    Mutant(
        "intervals-by-ends",
        "Intervals are named by their ends.",
        "8",
        "intervals-name-their-ends",
        retouch=named_by_ends,
    ),
)
