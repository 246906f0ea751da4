"""An answer laid flat: every position with its value, so that answers can be compared one by one.

1. A position is a `Path`, as in findings. A bucket is named by its start in the *right* answer, so that it
   stays the same position if the starts are wrong; buckets beyond those have a number.
2. The list of groups has a position (their keys in order), and so do each group (that it is there) and the
   length of each series.
3. Malformed parts are left out: there is nothing at their positions.
4. Two values are *close* if they differ only by the rounding of another order of operations; counts must be
   equal.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from sessionstats.testing.findings import GROUPS, SERIES, TOTALS, GroupKey, Path
from sessionstats.testing.model.parameters import COUNTS
from sessionstats.testing.shapes import is_integer

Flat: TypeAlias = dict[Path, Any]
"""Values by position."""

CLOSE: Final = 1e-9
"""Relative difference at which floats count as the same: a bug may be computed in several orders. It helps to
name causes, and excuses nothing."""

NEAR_ZERO: Final = 1e-12
"""Absolute difference at which they do: one minus a rate is rounded at the scale of 1 (§6.5)."""

EXACT_UP_TO: Final = 2**53
"""Every integer up to this is a binary64 number."""

PLACES_OF_BODY: Final = ("detail", "start", "end", "intervals", "query")
"""The parts of a body without groups (§8)."""

ORDER: Final = Path(None, None, GROUPS)
"""The path of the list of groups."""


def flatten(answer: Any, names: Sequence[str], intervals: Sequence[str]) -> Flat:
    """Lay an answer flat.

    Parameters
    ----------
    answer : object
        A decoded answer of the protocol, right or wrong.
    names : sequence of str
        The groupBy of the request, in whose order keys are laid out; other names come after them.
    intervals : sequence of str
        Starts of the buckets, as they should be.
    """
    if not isinstance(answer, dict):
        return {}
    flat: Flat = {Path(None, None, name): answer[name] for name in ("status", "links") if name in answer}
    body = answer.get("body")
    if not isinstance(body, dict):
        return flat
    flat |= {Path(None, None, name): body[name] for name in PLACES_OF_BODY if name in body}
    groups = body.get(GROUPS)
    if not isinstance(groups, list):
        return flat
    keys = []
    for group in groups:
        if not isinstance(group, dict) or not isinstance(group.get("by"), dict):
            continue
        by = group["by"]
        if any(isinstance(value, (dict, list)) for value in by.values()):
            continue
        key = tuple((name, by[name]) for name in dict.fromkeys((*names, *sorted(by))) if name in by)
        keys.append(key)
        flat |= _flat_group(key, group, intervals)
    flat[Path(None, None, GROUPS)] = tuple(map(repr, keys))
    return flat


def _flat_group(key: GroupKey, group: Mapping[str, Any], intervals: Sequence[str]) -> Flat:
    flat: Flat = {Path(key, None, GROUPS): repr(key)}
    for part in (TOTALS, SERIES):
        values = group.get(part)
        flat |= {Path(key, None, part): type(values).__name__} if part in group else {}
        if not isinstance(values, dict):
            continue
        for field, value in values.items():
            if part == TOTALS:
                flat[Path(key, field, TOTALS)] = value
            elif isinstance(value, list):
                flat[Path(key, field, SERIES)] = len(value)
                for bucket, item in enumerate(value):
                    place = intervals[bucket] if bucket < len(intervals) else f"#{bucket}"
                    flat[Path(key, field, place)] = item
    return flat


def close(path: Path, one: Any, other: Any) -> bool:
    """Whether two values at a position are the same but for rounding.

    Examples
    --------
    >>> total = Path((), "avg(session.duration)", "totals")
    >>> close(total, 0.30000000000000004, 0.3), close(total, 1000.0, 1000), close(total, 0.0, None)
    (True, True, False)

    As a count, 3.0 is not the same value as 3. Elsewhere a whole number may lack its point, as some writers
    of JSON omit it.

    >>> close(Path((), "sum(session)", "totals"), 3.0, 3)
    False
    """
    if path.field is not None and path.field not in COUNTS:
        one, other = _as_float(one), _as_float(other)
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(
            one, other, rel_tol=CLOSE, abs_tol=NEAR_ZERO
        )
    return type(one) is type(other) and bool(one == other)


def _as_float(value: Any) -> Any:
    """A whole number as the float that it is, if it is exactly one."""
    return float(value) if is_integer(value) and abs(value) <= EXACT_UP_TO else value
