"""Editions of the endpoint as data: limits and switches (§9), and what follows from them.

1. The limits: `min_interval` (§3.2), `max_intervals` (§3.6), `max_points` (§7.4), `max_per_page` (§2.3).
2. The switches: `rounding` (§3.5 or §3.7), `unhandled` (the fifth health class), `project_slugs` (§2),
   `order_by_release` (§7.5) and `restrict_date_range` (§3.8).
3. A named edition is an entry of `EDITIONS`: the values in which it differs from the documented one.
4. What follows: `Rules.health_classes`, `Rules.statuses` and `Rules.fields`. Counting, grouping, filtering
   and rates are driven by these tables, so another edition is another `Rules`, not other code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Literal

from sessionstats.errors import RequestError
from sessionstats.fields import DOCUMENTED_FIELDS, LATER_FIELDS, Field
from sessionstats.health import HEALTH_CLASSES, HEALTH_CLASSES_WITH_UNHANDLED, STATUSES

EDITIONS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "documented": {},
        "2021": {"rounding": "hourly", "restrict_date_range": True, "min_interval": 60},
        "2022": {"rounding": "hourly", "min_interval": 10},
        "latest": {
            "min_interval": 10,
            "unhandled": True,
            "project_slugs": True,
            "order_by_release": False,
        },
    }
)
"""The named editions, and how each differs from the documented one (§9)."""


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
        Whether the fifth health class and its rates exist (§1.3, §2.1).
    project_slugs : bool
        Whether ``project`` accepts slugs beside ids (§2).
    order_by_release : bool
        Whether ``orderBy=release.timestamp`` exists (§7.5).
    restrict_date_range : bool
        Whether intervals that are not whole hours are restricted to short and recent ranges (§3.8).

    Raises
    ------
    RequestError
        If a value is of the wrong type or not positive.

    Examples
    --------
    >>> Rules() == Rules.documented() == Rules.of("documented")
    True
    >>> Rules.of("latest").health_classes
    ('abnormal', 'crashed', 'errored', 'healthy', 'unhandled')
    """

    min_interval: int = 3600
    max_intervals: int = 1000
    max_points: int = 10_000
    max_per_page: int = 5000
    rounding: Literal["aligned", "hourly"] = "aligned"
    unhandled: bool = False
    project_slugs: bool = False
    order_by_release: bool = True
    restrict_date_range: bool = False

    def __post_init__(self) -> None:
        for name in ("min_interval", "max_intervals", "max_points", "max_per_page"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise _wrong_rule(name, value, "a positive integer")
        if self.rounding not in ("aligned", "hourly"):
            raise _wrong_rule("rounding", self.rounding, '"aligned" or "hourly"')
        for name in ("unhandled", "project_slugs", "order_by_release", "restrict_date_range"):
            if not isinstance(getattr(self, name), bool):
                raise _wrong_rule(name, getattr(self, name), "true or false")

    @classmethod
    def documented(cls) -> "Rules":
        """The edition of the public documentation, which is the default."""
        return cls()

    @classmethod
    def of(cls, edition: str, **changes: Any) -> "Rules":
        """A named edition (§9), with other values for some of its rules.

        Parameters
        ----------
        edition : str
            A name in `EDITIONS`.
        **changes
            Rules by name that differ from the edition.

        Raises
        ------
        RequestError
            If the edition or a rule is unknown, or a value invalid.

        Examples
        --------
        >>> Rules.of("2022").rounding, Rules.of("latest", max_points=5).max_points
        ('hourly', 5)
        >>> Rules.of("2023")
        Traceback (most recent call last):
            ...
        sessionstats.errors.RequestError: rules: unknown edition '2023'; known: documented, 2021, 2022, latest
        """
        return cls.from_mapping({**changes, "edition": edition})

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Rules":
        """Rules by name, and ``edition`` for a named one that they change, as in the protocol (§9).

        Raises
        ------
        RequestError
            If a name is unknown or a value invalid: a misread edition would make every answer wrong.

        Examples
        --------
        >>> Rules.from_mapping({"edition": "latest", "max_points": 5}) == Rules.of("latest", max_points=5)
        True
        """
        changes = dict(values)
        edition = changes.pop("edition", "documented")
        if not isinstance(edition, str) or edition not in EDITIONS:
            known = ", ".join(EDITIONS)
            raise RequestError(
                f"rules: unknown edition {edition!r:.80}; known: {known}", parameter="rules", value=edition
            )
        names = [field.name for field in fields(cls)] if changes else []
        for name in changes:
            if name not in names:
                raise RequestError(
                    f"rules: unknown rule {name!r:.80}; known: edition, {', '.join(names)}",
                    parameter="rules",
                    value=name,
                )
        return cls(**{**EDITIONS[edition], **changes})

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
