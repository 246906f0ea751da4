"""Every known bug, from all families."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sessionstats.testing.bugs import (
    anr,
    averages,
    classes,
    durations,
    instants,
    joins,
    paging,
    periods,
    ranking,
    rates,
    requests,
    searches,
    tables,
    terms,
    updates,
    users,
    versions,
    visitors,
    windows,
    writing,
)
from sessionstats.testing.bugs.bug import Bug

FAMILIES: Final = (
    requests,
    periods,
    windows,
    instants,
    tables,
    joins,
    updates,
    users,
    visitors,
    classes,
    durations,
    averages,
    rates,
    anr,
    ranking,
    paging,
    searches,
    terms,
    versions,
    writing,
)
"""The modules that hold them."""

BUGS: Final[tuple[Bug, ...]] = tuple(bug for family in FAMILIES for bug in family.BUGS)
"""Every known bug."""

BY_ID: Final[Mapping[str, Bug]] = MappingProxyType({bug.id: bug for bug in BUGS})
"""The known bugs by their id."""
