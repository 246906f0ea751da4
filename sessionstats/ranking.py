"""Ranking base groups (§7.1 to §7.3, §7.5).

1. By default by the total of the primary field, descending: the first field that a status filter leaves in,
   except that ``sum(session)`` wins wherever it stands (§7.1).
2. ``orderBy=F`` ascending, ``-F`` descending, by a requested field (§7.2).
3. The value of a count field is the count over all classes, or, with a status filter that selects exactly
   one class that is neither healthy nor errored, the count of that class (§7.1).
4. Null ranks last in both directions; ties go by ascending group key (§7.3).
5. ``orderBy=release.timestamp`` ranks by the date a release was added, and shows releases without sessions
   too (§7.5): that rule is in `sessionstats.request.release_order`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.errors import RequestError
from sessionstats.fields import Field
from sessionstats.grouping import STATUS

PRIMARY: Final = "sum(session)"
"""The field that ranks wherever it stands (§7.1)."""


@dataclass(frozen=True)
class Order:
    """How base groups are ranked.

    Parameters
    ----------
    field : Field or None
        By the total of this field, or by ``release.timestamp`` if `None`.
    descending : bool
    """

    field: Field | None
    descending: bool


def primary_order(fields: Sequence[Field]) -> Order:
    """The order without an ``orderBy`` (§7.1).

    Parameters
    ----------
    fields : sequence of Field
        The fields that a status filter leaves in; at least one.

    Examples
    --------
    >>> from sessionstats.fields import DOCUMENTED_FIELDS as fields
    >>> primary_order([fields["crash_rate(user)"], fields["sum(session)"]]).field.name
    'sum(session)'
    """
    return Order(next((field for field in fields if field.name == PRIMARY), fields[0]), descending=True)


def parse_order(
    order_by: str,
    fields: Sequence[Field],
    counting: Sequence[Field],
    group_by: Sequence[str],
    selected: Sequence[str] | None,
) -> Order:
    """Order of an ``orderBy`` parameter that names a field (§7.2).

    Parameters
    ----------
    order_by : str
        ``F`` or ``-F``.
    fields : sequence of Field
        The requested fields.
    counting : sequence of Field
        Those that a status filter leaves in (§6.4).
    group_by : sequence of str
    selected : sequence of str or None
        Health classes that a status filter selects.

    Raises
    ------
    RequestError
        With the texts of §7.2.
    """
    name = order_by.removeprefix("-")
    field = next((field for field in fields if field.name == name), None)
    if STATUS in group_by:
        problem = "Cannot use 'orderBy' when grouping by sessions.status"
    elif field is None:
        problem = "'orderBy' must be one of the provided 'fields'"
    elif field not in counting or (field.kind == "count" and selected and ranked_class(selected) is None):
        problem = f"Cannot order by {name} with the current filters"
    else:
        return Order(field, descending=order_by.startswith("-"))
    raise RequestError(problem, parameter="orderBy", value=order_by)


def ranked_class(selected: Sequence[str] | None) -> tuple[str] | None:
    """The one class whose count ranks (§7.1), or `None` if the count over all classes does."""
    if selected is not None and len(selected) == 1 and selected[0] not in ("healthy", "errored"):
        return (selected[0],)
    return None


def rank(values: NDArray[Any], *, descending: bool) -> NDArray[np.intp]:
    """Positions of base groups, the first in rank first (§7.3).

    Parameters
    ----------
    values : (groups,) int64 or float64
        In ascending order of group key; NaN is null.
    descending : bool

    Returns
    -------
    (groups,) intp

    Examples
    --------
    >>> values = np.array([np.nan, 1.0, 2.0, 1.0])
    >>> rank(values, descending=True).tolist(), rank(values, descending=False).tolist()
    ([2, 1, 3, 0], [1, 3, 2, 0])
    """
    # A stable sort keeps ties by key; NaN sorts last, and stays so under a minus.
    return np.argsort(-values if descending else values, kind="stable")
