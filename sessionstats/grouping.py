"""Base groups (§5).

1. A base group is a combination of the values of the groupBy columns other than ``session.status``.
2. It exists if it has data for at least one requested field: any session for session counts and rates, a
   session with a user for user counts and rates, a duration that counts for durations.
3. Base groups are built in ascending order of their key: project as a number, then release, then environment
   as text by code point, whatever the order of groupBy. Ties in rank are broken by this order (§7.3).
4. Without a groupBy column other than status there is one base group, ``{}``, even without sessions.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import MISSING, Encoded
from sessionstats.fields import KEY_COLUMNS, Field
from sessionstats.health import has_duration
from sessionstats.sessions import Sessions

NO_GROUP: Final = -1
"""Base group of a session whose combination does not exist as a group."""

_KEY_LIMIT: Final = 2**62


class BaseGroups(NamedTuple):
    """The base groups of the sessions that count, in ascending order of their keys.

    Parameters
    ----------
    keys : mapping of groupBy to (groups,) object array
        The value of each key column; `None` where a group has no such key (§7.5).
    size : int
        Number of base groups.
    empty_from : int
        From here on, groups are releases without sessions (§7.5); usually equal to `size`.
    """

    keys: Mapping[str, NDArray[np.object_]]
    size: int
    empty_from: int


def base_groups(
    sessions: Sessions, group_by: Iterable[str], fields: Iterable[Field]
) -> tuple[BaseGroups, NDArray[np.intp]]:
    """Find the base groups (§5).

    Parameters
    ----------
    sessions : Sessions
        The sessions that count.
    group_by : iterable of str
        The requested groupBy.
    fields : iterable of Field
        The requested fields that a status filter leaves in (§6.4).

    Returns
    -------
    groups : BaseGroups
    index : (n,) intp
        Base group of each session, `NO_GROUP` where it has none.

    Examples
    --------
    >>> sessions = Sessions(started=[0, 0, 0], project_id=[7, 7, 7], release=["b", "a", "b"],
    ...     status=["ok", "ok", "crashed"], distinct_id=["", "", "someone"])
    >>> from sessionstats.fields import DOCUMENTED_FIELDS as fields
    >>> groups, index = base_groups(sessions, ["release"], [fields["sum(session)"]])
    >>> groups.keys["release"].tolist(), index.tolist()
    (['a', 'b'], [1, 0, 1])
    >>> groups, index = base_groups(sessions, ["release"], [fields["count_unique(user)"]])
    >>> groups.keys["release"].tolist(), index.tolist()
    (['b'], [0, -1, 0])
    """
    columns = {name: getattr(sessions, column) for name, column in KEY_COLUMNS.items() if name in group_by}
    if not columns:
        return BaseGroups({}, 1, 1), np.zeros(len(sessions), np.intp)
    combination = _combination(list(columns.values()))
    relevant = makes_group(sessions, fields)
    rows = np.flatnonzero(relevant)
    found, first = np.unique(combination[rows], return_index=True)
    index = np.searchsorted(found, combination)
    if len(rows) < len(sessions):
        known = np.append(found, -1)[index] == combination
        index = np.where(known, index, NO_GROUP)
    rows = rows[first]
    keys = {name: _values(columns[name], rows) for name in columns}
    return BaseGroups(keys, len(found), len(found)), index


def makes_group(sessions: Sessions, fields: Iterable[Field]) -> NDArray[np.bool_]:
    """Whether each session has data for at least one of the fields (§5): (n,) bool."""
    subjects = {field.subject for field in fields}
    if "session" in subjects:
        return np.ones(len(sessions), np.bool_)
    relevant = np.zeros(len(sessions), np.bool_)
    if "user" in subjects:
        relevant |= sessions.distinct_id.codes != MISSING
    if "duration" in subjects:
        relevant |= has_duration(sessions.status, sessions.duration)
    return relevant


def _combination(columns: list[Encoded[Any]]) -> NDArray[np.int64]:
    """One integer per row that sorts as the row's key does."""
    combination: NDArray[np.int64] = columns[0].ranks[columns[0].codes]
    size = len(columns[0].categories)
    for column in columns[1:]:
        if size * len(column.categories) > _KEY_LIMIT:
            combination = np.unique(combination, return_inverse=True)[1]
            size = len(combination)
        combination = combination * len(column.categories) + column.ranks[column.codes]
        size *= len(column.categories)
    return combination


def _values(column: Encoded[Any], rows: NDArray[np.intp]) -> NDArray[np.object_]:
    values = np.empty(len(rows), np.object_)
    values[:] = column[rows].decode()
    return values
