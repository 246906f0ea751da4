"""Editions of the endpoint as data: limits and switches (§9), and what follows from them.

1. The limits: `min_interval` (§3.2), `max_intervals` (§3.6), `max_points` (§7.4), `max_per_page` (§2.3).
2. The switches: `rounding` (§3.5 or §3.7) and `unhandled` (the fifth health class of the later edition).
3. What follows: `Rules.health_classes`, `Rules.statuses` and `Rules.fields`. Counting, grouping, filtering
   and rates are driven by these tables, so that another edition is another `Rules`, not other code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from sessionstats.errors import RequestError
from sessionstats.fields import DOCUMENTED_FIELDS, LATER_FIELDS, Field
from sessionstats.health import HEALTH_CLASSES, HEALTH_CLASSES_WITH_UNHANDLED, STATUSES


@dataclass(frozen=True)
class Rules:
    """One edition of the endpoint.

    Parameters
    ----------
    min_interval : int
        Smallest interval, in seconds; intervals are multiples of it (§3.2).
    max_intervals : int
        Most intervals of an answer (§3.6).
    max_points : int
        Most data points of an answer, intervals × base groups (§7.4).
    max_per_page : int
        Largest ``per_page`` (§2.3).
    rounding : {"aligned", "hourly"}
        How the window is rounded: §3.5, or the older §3.7.
    unhandled : bool
        Whether the fifth health class and its rates exist (the later edition).

    Raises
    ------
    RequestError
        If a value is of the wrong type or not positive.

    Examples
    --------
    >>> Rules() == Rules.documented()
    True
    >>> Rules.later().health_classes
    ('abnormal', 'crashed', 'errored', 'healthy', 'unhandled')
    """

    min_interval: int = 3600
    max_intervals: int = 1000
    max_points: int = 10_000
    max_per_page: int = 5000
    rounding: Literal["aligned", "hourly"] = "aligned"
    unhandled: bool = False

    def __post_init__(self) -> None:
        for name in ("min_interval", "max_intervals", "max_points", "max_per_page"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise _wrong_rule(name, value, "a positive integer")
        if self.rounding not in ("aligned", "hourly"):
            raise _wrong_rule("rounding", self.rounding, '"aligned" or "hourly"')
        if not isinstance(self.unhandled, bool):
            raise _wrong_rule("unhandled", self.unhandled, "true or false")

    @classmethod
    def documented(cls) -> "Rules":
        """The edition of the public documentation: intervals of an hour or more (the default)."""
        return cls()

    @classmethod
    def fine_grained(cls) -> "Rules":
        """The endpoint as it was observed: intervals down to ten seconds (§3.2)."""
        return cls(min_interval=10)

    @classmethod
    def hourly(cls) -> "Rules":
        """The edition of 2021 to 2023, which rounded the window to whole hours (§3.7)."""
        return cls(rounding="hourly")

    @classmethod
    def later(cls) -> "Rules":
        """The later edition, with the class ``unhandled`` and further rates (§1.3, §2.1, §6.5)."""
        return cls(unhandled=True)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Rules":
        """Rules by name, as the protocol sends them (§9).

        Raises
        ------
        RequestError
            If a name is unknown or a value wrong: an edition misread would make every answer wrong.
        """
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise RequestError(
                    f"rules: unknown rule {name!r}; known: {', '.join(names)}", parameter="rules", value=name
                )
        return cls(**values)

    @property
    def health_classes(self) -> tuple[str, ...]:
        """The health classes that exist, in the order of answers (§1.3, §5)."""
        return HEALTH_CLASSES_WITH_UNHANDLED if self.unhandled else HEALTH_CLASSES

    @property
    def statuses(self) -> tuple[str, ...]:
        """The session statuses that exist (§1.1), mildest first."""
        return STATUSES if self.unhandled else tuple(s for s in STATUSES if s != "unhandled")

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields that can be requested, by name (§2.1)."""
        return LATER_FIELDS if self.unhandled else DOCUMENTED_FIELDS


def _wrong_rule(name: str, value: object, expected: str) -> RequestError:
    return RequestError(f"rules: {name} must be {expected}, not {value!r}", parameter="rules", value=value)
