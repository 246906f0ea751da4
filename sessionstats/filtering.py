"""Choosing the sessions that count for a request (§3.5, §4).

1. In the window: start ≤ ``started`` < end (§3.5).
2. (A row of quantity 0 is no session: `Sessions` holds none, §1.1.)
3. Of a selected project, and of a selected environment (§4).
4. Passing the search (§4), but for its terms on ``session.status``: they select what is counted of each
   session, and no session is removed by them (§4.5).
5. When ordering by ``release.timestamp``, of a release that takes part (§7.5).

Conditions on texts are decided once per distinct value; sessions only look the decision up.
"""

from collections.abc import Collection, Hashable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sessionstats.bucketing import in_window
from sessionstats.encoding import Encoded
from sessionstats.request import Query
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
    keep = in_window(sessions.started, query.window)
    if query.projects is not None:
        keep &= is_one_of(sessions.project_id, query.projects)
    if query.environments:
        keep &= is_one_of(sessions.environment, query.environments)
    if query.releases_taking_part is not None:
        keep &= is_one_of(sessions.release, query.releases_taking_part)
    columns = sessions.project_id, sessions.release, sessions.environment
    bound = query.search.bind(*columns)
    if bound is not None:
        keep &= bound(*(column.codes for column in columns))
    return sessions if keep.all() else sessions[keep.nonzero()[0]]


def is_one_of(column: Encoded[T], values: Collection[T]) -> NDArray[np.bool_]:
    """Whether each row's value is one of `values`: (n,) bool."""
    table = np.zeros(len(column.categories), np.bool_)
    table[[column.code_of[value] for value in values if value in column.code_of]] = True
    chosen: NDArray[np.bool_] = table[column.codes]
    return chosen
