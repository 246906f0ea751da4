"""What can be requested (§2.1, §5): fields, what each field counts, and groupBy columns.

1. A count field counts sessions (Σ quantity) or distinct users.
2. A duration field is a statistic of the durations of exited sessions.
3. A rate field divides some of the sessions, or of the users, by all of them; ``crash_free_rate`` is one
   minus that.

A field's *subject* says which sessions give it data (§5): any session, one with a user, or an
exited one with a duration.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from sessionstats.errors import RequestError

STATUS: Final = "session.status"
"""The groupBy that splits base groups by health class (§5); also the search key that selects them (§4.5)."""

KEY_COLUMNS: Final = MappingProxyType(
    {"project": "project_id", "release": "release", "environment": "environment"}
)
"""The other groupBy columns, and the columns of `Sessions` they group by, in the order of keys (§7.3)."""

PERCENTILES: Final = MappingProxyType({"p50": 50, "p75": 75, "p90": 90, "p95": 95, "p99": 99})
"""Percentiles that can be requested (§2.1)."""

DURATION_STATISTICS: Final = ("avg", *PERCENTILES, "max")
"""Statistics of ``session.duration`` (§2.1)."""

ANR_MECHANISMS: Final = MappingProxyType(
    {"anr": ("anr_foreground", "anr_background"), "foreground_anr": ("anr_foreground",)}
)
"""Mechanisms that make a user count in each ANR rate (§6.5)."""


class Field(NamedTuple):
    """One field that can be requested.

    Parameters
    ----------
    name : str
        As written in requests and answers, for instance ``crash_free_rate(session)``.
    kind : {"count", "duration", "rate"}
        Counts are integers, and 0 when empty; the others are floats, and null when empty (§6.6).
    subject : {"session", "user", "duration"}
        What is counted, or measured.
    statistic : str
        For a duration, one of `DURATION_STATISTICS`; else empty.
    numerator : str
        For a rate, what is divided by all: a health class, ``unhealthy``, or a name of `ANR_MECHANISMS`; else
        empty.
    complement : bool
        Whether the answer is one minus the rate (§6.5).
    """

    name: str
    kind: Literal["count", "duration", "rate"]
    subject: Literal["session", "user", "duration"]
    statistic: str = ""
    numerator: str = ""
    complement: bool = False


def _rates(name: str, numerator: str, *, complement: bool = False) -> tuple[Field, Field]:
    return (
        Field(f"{name}(session)", "rate", "session", numerator=numerator, complement=complement),
        Field(f"{name}(user)", "rate", "user", numerator=numerator, complement=complement),
    )


def _by_name(*fields: Field) -> Mapping[str, Field]:
    return MappingProxyType({field.name: field for field in fields})


DOCUMENTED_FIELDS: Final = _by_name(
    Field("sum(session)", "count", "session"),
    Field("count_unique(user)", "count", "user"),
    *(Field(f"{s}(session.duration)", "duration", "duration", statistic=s) for s in DURATION_STATISTICS),
    *_rates("crash_rate", "crashed"),
    *_rates("crash_free_rate", "crashed", complement=True),
    Field("anr_rate()", "rate", "user", numerator="anr"),
    Field("foreground_anr_rate()", "rate", "user", numerator="foreground_anr"),
)
"""Fields of the documented edition, the two ANR rates included (§2.1)."""

LATER_FIELDS: Final = _by_name(
    *DOCUMENTED_FIELDS.values(),
    *_rates("errored_rate", "errored"),
    *_rates("abnormal_rate", "abnormal"),
    *_rates("unhandled_rate", "unhandled"),
    Field("unhealthy_rate(session)", "rate", "session", numerator="unhealthy"),
)
"""Fields of the later edition (§2.1)."""


def kept_by_status(fields: Sequence[Field], selected: Sequence[str] | None) -> tuple[Field, ...]:
    """The fields that a status filter keeps: a duration counts only if ``healthy`` is selected (§6.4).

    Parameters
    ----------
    fields : sequence of Field
    selected : sequence of str or None
        The health classes that the filter selects; `None` without a filter.

    Examples
    --------
    >>> fields = [DOCUMENTED_FIELDS["max(session.duration)"], DOCUMENTED_FIELDS["sum(session)"]]
    >>> [field.name for field in kept_by_status(fields, ["crashed"])]
    ['sum(session)']
    """
    if selected is None or "healthy" in selected:
        return tuple(fields)
    return tuple(field for field in fields if field.kind != "duration")


def validate_against_status(
    fields: Iterable[Field], selected: Sequence[str] | None, *, by_status: bool
) -> None:
    """Reject fields that cannot be grouped or filtered by status (§6.4, §6.5).

    Parameters
    ----------
    fields : iterable of Field
    selected : sequence of str or None
        The health classes that a status filter selects; `None` without a filter.
    by_status : bool
        Whether the answer is grouped by status.

    Raises
    ------
    RequestError
        For the first invalid field; grouping is checked before filtering.
    """
    for field in fields:
        if field.kind == "rate" and by_status:
            problem = f"Cannot group field {field.name} by session.status"
        elif field.kind == "rate" and selected is not None:
            problem = f"Cannot filter field {field.name} by session.status"
        elif field.name == "count_unique(user)" and not by_status and selected and len(selected) > 1:
            problem = "Cannot filter count_unique by multiple session.status unless it is in groupBy"
        else:
            continue
        raise RequestError(problem, parameter="field", value=field.name)
