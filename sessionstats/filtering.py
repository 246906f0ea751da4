"""Selecting the sessions that count for a request (§3.5, §4).

1. In the window: start ≤ ``started`` < end (§3.5).
2. Of a quantity other than 0: a row of quantity 0 is not a session (§1.1).
3. Of a selected project, and of a selected environment (§4).
4. Matching the search (§4), except for its terms on ``session.status``: those select what is counted of each
   session, and exclude no session (§4.5).
5. When ordered by ``release.timestamp``, of a release that participates (§7.5).

Conditions on texts are evaluated once per distinct value; each session looks the result up.
"""

from collections.abc import Callable, Collection, Hashable
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sessionstats.bucketing import in_window
from sessionstats.columns.encoding import Encoded
from sessionstats.request.query import Query
from sessionstats.rounding import Window
from sessionstats.sessions import Sessions

T = TypeVar("T", bound=Hashable)


def select(sessions: Sessions, query: Query) -> Sessions:
    """The sessions that count for a request.

    Parameters
    ----------
    sessions : Sessions
    query : Query

    Returns
    -------
    Sessions
        A subset of the rows, in their order.
    """
    keep = row_filter(sessions, query)(sessions)
    return sessions if keep.all() else sessions[keep.nonzero()[0]]


def row_filter(sessions: Sessions, query: Query) -> Callable[[Sessions], NDArray[np.bool_]]:
    """Evaluate the conditions on texts; the function returned selects rows of any part of the sessions.

    Parameters
    ----------
    sessions : Sessions
        Only their categories are used.
    query : Query
    """
    return partial(_keep, query.window, [*conditions(sessions, query).values()])


def _keep(
    window: Window, conditions: list[Callable[[Sessions], NDArray[np.bool_]]], rows: Sessions
) -> NDArray[np.bool_]:
    counts = in_window(rows.started, window)
    counts &= rows.quantity > 0
    for condition in conditions:
        counts &= condition(rows)
    return counts


def conditions(sessions: Sessions, query: Query) -> dict[str, Callable[[Sessions], NDArray[np.bool_]]]:
    """The conditions of a request other than the window, by subject: whether each row meets them.

    Parameters
    ----------
    sessions : Sessions
        Only their categories are used.
    query : Query

    Returns
    -------
    dict of str to callable
        Those of ``project_id``, ``environment``, ``release`` and ``query`` that the request has.
    """
    one_of = (
        ("project_id", query.projects),
        ("environment", query.environments or None),
        ("release", query.participating_releases),
    )
    made = {name: _lookup(sessions, name, values) for name, values in one_of if values is not None}
    bound = query.search.bind(sessions.project_id, sessions.release, sessions.environment)
    if bound is not None:
        made["query"] = lambda rows: bound(rows.project_id.codes, rows.release.codes, rows.environment.codes)
    return made


def _lookup(
    sessions: Sessions, name: str, values: Collection[Hashable]
) -> Callable[[Sessions], NDArray[np.bool_]]:
    table = _table(getattr(sessions, name), values)
    return lambda rows: table[getattr(rows, name).codes]


def _table(column: Encoded[T], values: Collection[T]) -> NDArray[np.bool_]:
    """Whether each category is one of `values`: (categories,) bool."""
    table = np.zeros(len(column.categories), np.bool_)
    table[[column.code_of[value] for value in column.code_of.keys() & values]] = True
    return table
