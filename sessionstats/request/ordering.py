"""The order that a request asks for (§7.1, §7.2, §7.5).

1. Without ``orderBy`` the primary field orders, descending: the first field that a status filter keeps,
   except that ``sum(session)`` wins wherever it appears (§7.1).
2. ``orderBy=F`` orders by a requested field, ascending; ``-F`` descending (§7.2).
3. ``orderBy=release.timestamp`` orders by the date on which a release was added (§7.5). It needs ``release``
   in groupBy and release metadata, and shows the first page only, of at most 100 rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from sessionstats.errors import RequestError
from sessionstats.fields import LATER_FIELDS, STATUS, Field
from sessionstats.notes import nearest
from sessionstats.request.paging import Page
from sessionstats.search.releases import Releases
from sessionstats.search.search import Search

PRIMARY: Final = "sum(session)"
"""The field that orders wherever it appears (§7.1)."""

RELEASE_TIMESTAMP: Final = "release.timestamp"
"""The ``orderBy`` that does not name a field (§7.5)."""

MAX_ROWS: Final = 100
"""Most rows of a page ordered by ``release.timestamp``; also the number without ``per_page``."""


@dataclass(frozen=True)
class ByField:
    """Base groups ordered by the total of a field.

    Parameters
    ----------
    field : Field
    descending : bool
    """

    field: Field
    descending: bool


@dataclass(frozen=True)
class ByReleaseDate:
    """Base groups ordered by the date on which their release was added (§7.5).

    Parameters
    ----------
    descending : bool
    """

    descending: bool


Order: TypeAlias = ByField | ByReleaseDate
"""How base groups are ordered."""


def primary_order(fields: Sequence[Field]) -> ByField:
    """The order without an ``orderBy`` (§7.1).

    Parameters
    ----------
    fields : sequence of Field
        The fields that a status filter keeps; at least one.

    Examples
    --------
    >>> from sessionstats.fields import DOCUMENTED_FIELDS as fields
    >>> primary_order([fields["crash_rate(user)"], fields["sum(session)"]]).field.name
    'sum(session)'
    """
    return ByField(next((field for field in fields if field.name == PRIMARY), fields[0]), descending=True)


def ranked_class(selected: Sequence[str] | None) -> tuple[str] | None:
    """The one class whose count ranks base groups (§7.1), or `None` if the count over all classes does."""
    if selected is not None and len(selected) == 1 and selected[0] not in ("healthy", "errored"):
        return (selected[0],)
    return None


def parse_order(
    order_by: str,
    fields: Sequence[Field],
    counting: Sequence[Field],
    group_by: Sequence[str],
    selected: Sequence[str] | None,
    known: Sequence[str] = (),
) -> ByField:
    """Order of an ``orderBy`` parameter that names a field (§7.2).

    Parameters
    ----------
    order_by : str
        ``F`` or ``-F``.
    fields : sequence of Field
        The requested fields.
    counting : sequence of Field
        Those that a status filter keeps (§6.4).
    group_by : sequence of str
    selected : sequence of str or None
        Health classes that a status filter selects.
    known : sequence of str
        What the request may be ordered by, for a note on an unknown name.

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
        return ByField(field, descending=order_by.startswith("-"))
    note = partial(nearest, name, known) if name not in LATER_FIELDS else None
    raise RequestError(problem, parameter="orderBy", value=order_by, note=note)


def parse_release_order(
    order_by: str, group_by: Sequence[str], page: Page, releases: Releases | None, search: Search
) -> ByReleaseDate:
    """Order of an ``orderBy`` parameter that names ``release.timestamp`` (§7.5).

    Raises
    ------
    RequestError
        With the texts of §7.5.
    """
    if "release" not in group_by:
        problem = f"To sort by {RELEASE_TIMESTAMP}, tag release must be in the groupBy"
    elif releases is None:
        problem = f"orderBy={RELEASE_TIMESTAMP} needs release metadata: supply releases"
    elif page.size is not None and page.size > MAX_ROWS:
        problem = (
            "This limit is too high for queries that requests a preflight query. "
            f"Please choose a limit below {MAX_ROWS}"
        )
    elif page.offset > 0:
        problem = (
            f"Passing an offset value greater than 0 when ordering by {RELEASE_TIMESTAMP} is not permitted"
        )
    else:
        search.environment_selection()  # rejects a term that does not select releases by itself
        return ByReleaseDate(descending=order_by.startswith("-"))
    raise RequestError(problem, parameter="orderBy", value=order_by)
