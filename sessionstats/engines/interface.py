"""What an engine is (§5, §6).

1. It has the base groups of the sessions that count for one request, in ascending order of their keys.
2. It measures totals of every base group, if the ranking needs them.
3. It measures totals and series of the base groups that the answer shows, and of no others.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sessionstats.grouping import BaseGroups
from sessionstats.measures import Measures, Needs


class Engine(Protocol):
    """Measures the base groups of one request."""

    @property
    def groups(self) -> BaseGroups:
        """The base groups of the sessions, in ascending order of their keys (§5)."""

    def totals(self, needs: Needs) -> Measures:
        """Measures over the whole window: one slot per base group."""

    def measure(self, shown: NDArray[np.intp], needs: Needs) -> tuple[Measures, Measures | None]:
        """Measures of some base groups.

        Parameters
        ----------
        shown : (shown,) intp
            Base groups, ascending. Those beyond `groups` have no sessions (§7.5).
        needs : Needs

        Returns
        -------
        totals : Measures
            Over the whole window: one slot per shown group.
        series : Measures or None
            One slot per cell: shown group × interval. `None` if the request leaves series out.
        """


def slot_of_group(shown: NDArray[np.intp], n_groups: int) -> NDArray[np.intp]:
    """Slot of each base group among those shown: (n_groups + 1,) intp, −1 for groups that are not shown.

    The last entry is for `sessionstats.grouping.NO_GROUP`.

    Examples
    --------
    >>> slot_of_group(np.array([0, 2, 3]), n_groups=3).tolist()
    [0, -1, 1, -1]
    """
    slot = np.full(n_groups + 1, -1)
    present = shown[shown < n_groups]
    slot[present] = np.arange(len(present))
    return slot
