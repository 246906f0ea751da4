"""What an implementation claims to do, so that nothing else is requested.

1. By default an implementation claims everything.
2. Switching a claim off keeps what it stands for out of every case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sessionstats.fields import DOCUMENTED_FIELDS, KEY_COLUMNS, LATER_FIELDS, STATUS

GROUP_BY: Final = (*KEY_COLUMNS, STATUS)
"""Every groupBy that can be claimed (§5)."""


@dataclass(frozen=True)
class Claims:
    """What an implementation claims to do.

    Parameters
    ----------
    fields : tuple of str, optional
        The fields it knows (§2.1); by default all.
    group_by : tuple of str
        The groupBy it knows (§5).
    search : bool
        The ``query`` parameter (§4).
    filters : bool
        The ``project`` and ``environment`` parameters (§2).
    paging : bool
        ``per_page`` and ``cursor`` (§7.6).
    ordering : bool
        ``orderBy`` (§7.2).
    includes : bool
        ``includeTotals`` and ``includeSeries`` (§8).
    limits : bool
        The limits among the rules of a request: small caps, intervals that are not whole hours (§9).
    editions : bool
        Named editions, and the rules in which they differ besides limits: older rounding, restricted
        ranges, the fifth health class, slugs of projects, no order by release date (§9).
    metadata : bool
        Release metadata (§4.8, §7.5).
    updates : bool
        Rows that are updates of one session (§1.2).
    quantity : bool
        Rows that stand for several sessions, or for none (§1.1).
    big_counts : bool
        Quantities, and users as integers, beyond 2**53.
    large : bool
        Tables of a thousand rows and more.
    extreme_durations : bool
        Durations from a nanosecond to the largest binary64 number.
    errors : bool
        Requests that must be rejected, with the words of the rejection (§2.3).
    bad_rows : bool
        Session rows that must be rejected (§1.4).

    Raises
    ------
    ValueError
        If a field or groupBy does not exist, or no field is left.

    Examples
    --------
    >>> Claims(fields=("sum(session)",), search=False).group_by
    ('project', 'release', 'environment', 'session.status')
    >>> Claims(fields=("sum(sesion)",))
    Traceback (most recent call last):
        ...
    ValueError: unknown field 'sum(sesion)'
    """

    fields: tuple[str, ...] | None = None
    group_by: tuple[str, ...] = GROUP_BY
    search: bool = True
    filters: bool = True
    paging: bool = True
    ordering: bool = True
    includes: bool = True
    limits: bool = True
    editions: bool = True
    metadata: bool = True
    updates: bool = True
    quantity: bool = True
    big_counts: bool = True
    large: bool = True
    extreme_durations: bool = True
    errors: bool = True
    bad_rows: bool = True

    def __post_init__(self) -> None:
        for name in self.fields or ():
            if name not in LATER_FIELDS:
                raise ValueError(f"unknown field {name!r}")
        for name in self.group_by:
            if name not in GROUP_BY:
                raise ValueError(f"unknown groupBy {name!r}")
        if not self.fields_of(unhandled=False):
            raise ValueError("no field of the documented edition is claimed")

    def __str__(self) -> str:
        parts = [] if self.fields is None else [", ".join(self.fields)]
        if self.group_by != GROUP_BY:
            parts.append(f"groupBy {', '.join(self.group_by) or 'nothing'}")
        parts += [f"no {name.replace('_', '-')}" for name in SWITCHES if not getattr(self, name)]
        return "; ".join(parts) or "everything"

    def to_dict(self) -> dict[str, Any]:
        """The claims as JSON-ready values, in the form of a program's ``hello`` (§9)."""
        off = [name.replace("_", "-") for name in SWITCHES if not getattr(self, name)]
        fields = None if self.fields is None else list(self.fields)
        return {"fields": fields, "groupBy": list(self.group_by), "unsupported": off}

    @classmethod
    def from_hello(cls, hello: Mapping[str, Any]) -> "Claims":
        """The claims in a program's ``hello``.

        Raises
        ------
        ValueError
            If it names a field, a groupBy or a capability that does not exist.

        Examples
        --------
        >>> print(Claims.from_hello({"groupBy": ["release"], "unsupported": ["search"]}))
        groupBy release; no search
        """
        known = {name.replace("_", "-"): name for name in SWITCHES}
        off = _texts(hello, "unsupported")
        for name in off:
            if name not in known:
                raise ValueError(f"unknown capability {name!r}; there are {', '.join(known)}")
        fields = _texts(hello, "fields") if hello.get("fields") is not None else None
        group_by = _texts(hello, "groupBy") if "groupBy" in hello else GROUP_BY
        return cls(fields, group_by, **{known[name]: False for name in off})

    def fields_of(self, *, unhandled: bool) -> tuple[str, ...]:
        """The claimed fields of an edition, in the order of §2.1."""
        known = LATER_FIELDS if unhandled else DOCUMENTED_FIELDS
        return tuple(name for name in known if self.fields is None or name in self.fields)


def _texts(hello: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = hello.get(name, [])
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(given)


SWITCHES: Final = tuple(each.name for each in fields(Claims) if each.type in ("bool", bool))
"""The capabilities that are claimed or not."""

EVERYTHING: Final = Claims()
"""The claims of an implementation of the whole SPEC."""
