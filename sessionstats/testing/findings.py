"""What a comparison finds: a location in the answer, both values there, and perhaps the reason.

1. A *path* is such a location: a group, a field, and the totals or a bucket; or a part of the whole answer.
2. A *finding* is a path with the expected value and the actual one, the section of the semantics that
   decides, a sentence for people, and the id of a diagnosis if one fits.
3. A value that is not there at all is `ABSENT`, which is not the same as null.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

GroupKey: TypeAlias = tuple[tuple[str, Any], ...]
"""A group of the answer: its ``by``, as pairs of name and value in the order of groupBy."""


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.value


ABSENT: Final = _Absent.ABSENT
"""The value where there is none."""

TOTALS: Final = "totals"
"""Place of the values over the whole window."""

SERIES: Final = "series"
"""Place of a series as a whole: that it is there, and its length."""

GROUPS: Final = "groups"
"""Place of a group as a whole, or of the list of groups: which there are and in which order."""


@dataclass(frozen=True)
class Path:
    """A location in an answer.

    Parameters
    ----------
    group : tuple of (name, value), or None
        The group; `None` for a part of the answer that belongs to no group.
    field : str or None
    part : str
        ``totals``, the start of a bucket, or ``series``; for parts without a field ``groups``, ``status``,
        ``detail``, ``start``, ``end``, ``intervals``, ``query``, ``links`` or ``body``.

    Examples
    --------
    >>> print(Path((("release", "app@1.0"),), "sum(session)", "totals"))
    release 'app@1.0' · sum(session) · totals
    """

    group: GroupKey | None
    field: str | None
    part: str

    def __str__(self) -> str:
        parts = []
        if self.group is not None:
            parts.append(", ".join(f"{name} {value!r}" for name, value in self.group) or "the one group")
        if self.field is not None:
            parts.append(self.field)
        return " · ".join([*parts, self.part])


@dataclass(frozen=True)
class Finding:
    """One position at which an answer is wrong.

    Parameters
    ----------
    path : Path
    expected, actual : object
        Both values; `ABSENT` where there is none.
    diagnosis : str or None
        Id of the proved cause; `None` from a comparison alone, which proves none.
    section : str
        The section of the semantics that decides, for instance ``6.2``.
    message : str
        One sentence for people.
    units : int or None
        By how many units in the last place two numbers differ that differ by no more than rounding explains
        (§6.8); `None` for any other finding.
    """

    path: Path
    expected: Any
    actual: Any
    diagnosis: str | None
    section: str
    message: str
    units: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready values; ``expected`` or ``actual`` is left out if it is `ABSENT`.

        Examples
        --------
        >>> path = Path((), "crash_rate(session)", "totals")
        >>> Finding(path, None, float("nan"), None, "6.5", "NaN is not JSON.").to_dict()["actual"]
        'nan'
        """
        path = self.path
        values = {"expected": self.expected, "actual": self.actual}
        return {
            "path": {
                "group": None if path.group is None else json_ready(dict(path.group)),
                "field": path.field,
                "part": path.part,
            },
            **{name: json_ready(value) for name, value in values.items() if value is not ABSENT},
            "diagnosis": self.diagnosis,
            "section": self.section,
            "message": self.message,
        }


def json_ready(value: Any) -> Any:
    """A value as JSON can hold it: what it cannot hold becomes its Python text."""
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else repr(value)
