"""The steps of `sessionstats.pipeline.answer`, on the fast path.

1. Find the base groups, and count their sessions (`groups`).
2. Rank them: by those counts, or by what else the order needs, measured for all groups (`measuring`).
3. Measure totals and series of the groups on the page, together (`measuring`). Where all groups fit on the
   page, that comes before step 2, which then has its totals.
4. Lay the values out, as ever.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sessionstats.engines.blocks.groups import find_groups
from sessionstats.engines.blocks.measuring import measure
from sessionstats.engines.blocks.placing import Placing
from sessionstats.engines.blocks.scan import Scan, has_small_table
from sessionstats.engines.blocks.settings import Settings
from sessionstats.measures import Measures, Needs
from sessionstats.pipeline import page_of, ranked, shown_needs, with_empty
from sessionstats.request.query import Query
from sessionstats.result import Result, lay_out
from sessionstats.sessions import Sessions


def can_answer(sessions: Sessions, query: Query) -> bool:
    """Whether the fast path has an answer: its table of combinations must not outgrow the rows."""
    return has_small_table(sessions, query)


def answer(sessions: Sessions, query: Query, settings: Settings = Settings()) -> Result:  # noqa: B008 - immutable
    """Answer a judged request that counts something (`Query.counts_anything`), of known statuses only.

    Parameters
    ----------
    sessions : Sessions
    query : Query
    settings : Settings
        Sizes; they change nothing in the answer.

    Returns
    -------
    Result
        The same as the plain path's, bit for bit.
    """
    scan = Scan.of(sessions, query, settings)
    found = find_groups(scan)
    groups = with_empty(found.base, query)

    n_buckets = query.window.n_intervals if query.include_series else 1

    def measured(place: NDArray[np.intp], n_groups: int) -> tuple[Measures, Measures]:
        return measure(Placing(scan, place, n_groups, n_buckets, shown_needs(query)))

    @cache
    def everything() -> tuple[Measures, Measures]:
        return measured(found.table, groups.size)

    few = groups.size <= query.page_size and query.page.offset == 0  # so that all may be shown

    def totals_of(wanted: Needs) -> Measures:
        if not wanted.user_sets and not wanted.statistics:
            return Measures(found.sessions, {}, {})
        if few:
            return everything()[0]
        return measure(Placing(scan, found.table, groups.size, 1, wanted))[0]

    page = page_of(groups, ranked(groups, query, totals_of), query)
    shown = np.unique(page.group)
    slot = np.full(groups.size + 1, -1)  # the last entry is for combinations of no group
    slot[shown] = np.arange(len(shown))
    all_shown = len(shown) == groups.size
    totals, series = everything() if all_shown else measured(slot[found.table], len(shown))
    return lay_out(
        query,
        groups,
        page,
        shown,
        totals if query.include_totals else None,
        series if query.include_series else None,
    )
