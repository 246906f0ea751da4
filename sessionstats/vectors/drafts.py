"""A draft: a test vector before it has a number and an answer.

1. A draft has a *topic*, ``SECTION name``: the section of the semantics, and the part of it that is tested.
2. Its request starts from the same plain parameters (`PLAIN`) and its sessions from the same plain row
   (`ROW`), so that what a vector is about is all that a reader sees.
3. Its *why* says in one sentence what it catches.
4. An answer whose text is each implementation's own has no wording: only its status counts (§9).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import EllipsisType, MappingProxyType
from typing import Any, Final

NOW: Final = "2024-01-29T12:27:28.303Z"
"""The instant of every request that does not say otherwise: the one of §3.5, a Monday, not on any edge."""

PLAIN: Final = MappingProxyType({"field": "sum(session)", "interval": "1d", "statsPeriod": "1d"})
"""Parameters of every request that does not say otherwise: two days, of which the second is today."""

ROW: Final = MappingProxyType({"started": "2024-01-29T08:00:00Z", "project_id": 1, "status": "exited"})
"""Columns of every session that does not say otherwise."""


@dataclass(frozen=True)
class Draft:
    """A test vector without a number and an answer.

    Parameters
    ----------
    topic : str
        ``SECTION name``, for instance ``3.5 window-edges``.
    why : str
        One sentence.
    request : dict
        A request of the protocol (§9) without ``id``.
    also : tuple of str
        Further sections that it covers.
    wording : bool
        Whether the text of a rejection is part of the answer.
    """

    topic: str
    why: str
    request: dict[str, Any]
    also: tuple[str, ...] = ()
    wording: bool = True

    @property
    def sections(self) -> list[str]:
        """The sections that it covers, the one of its topic first."""
        return [self.topic.split()[0], *self.also]


def draft(
    topic: str,
    why: str,
    sessions: Iterable[Any] = (),
    /,
    *,
    # `Any`: parameters are often unpacked into the call, and a type checker would match them with these.
    also: Any = "",
    wording: Any = True,
    now: Any = NOW,
    query_string: Any = None,
    world: Any = MappingProxyType({}),
    **params: Any,
) -> Draft:
    """Draft a vector.

    Parameters
    ----------
    topic, why : str
        As in `Draft`.
    sessions : iterable
        Rows of the request.
    also : str
        Further sections, separated by spaces.
    wording : bool
        As in `Draft`.
    now : str
        The instant of the request.
    query_string : str, optional
        The parameters as a query string, instead of `params`.
    world : mapping
        ``projects``, ``releases`` and ``rules`` of the request, as far as it has any.
    **params
        Parameters besides or instead of those of `PLAIN`; `None` removes one.

    Examples
    --------
    >>> draft("3.1 letters", "An hour.", statsPeriod="1h").request["params"]
    {'field': 'sum(session)', 'interval': '1d', 'statsPeriod': '1h'}
    """
    asked = {name: value for name, value in {**PLAIN, **params}.items() if value is not None}
    request = {
        "now": now,
        "params": asked if query_string is None else query_string,
        "sessions": list(sessions),
        **world,
    }
    return Draft(topic, why, request, tuple(also.split()), wording)


def rows(**columns: Any) -> list[dict[str, Any]]:
    """Session rows; a list has a value for each row, anything else is the same for all.

    Parameters
    ----------
    **columns
        Columns besides or instead of those of `ROW`; ``...`` leaves one out.

    Examples
    --------
    >>> [row["status"] for row in rows(status=["ok", "crashed"], release="app@1.0")]
    ['ok', 'crashed']
    """
    sizes = {len(values) for values in columns.values() if isinstance(values, list)}
    n = max(sizes, default=1)
    lists = {name: v if isinstance(v, list) else [v] * n for name, v in columns.items()}
    table = zip(*lists.values(), strict=True) if lists else [()]
    return [_row(dict(zip(lists, values, strict=True))) for values in table]


def _row(columns: dict[str, Any]) -> dict[str, Any]:
    row = {**ROW, **columns}
    return {name: value for name, value in row.items() if not isinstance(value, EllipsisType)}
