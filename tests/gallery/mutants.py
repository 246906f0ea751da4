"""The registry of wrong implementations, a family a module."""

from __future__ import annotations

from tests.gallery import (
    counting,
    durations,
    grouping,
    numbers,
    ranking,
    rates,
    searches,
    updates,
    users,
    windows,
)
from tests.gallery.mutant import Mutant

FAMILIES = (windows, users, counting, rates, durations, updates, grouping, ranking, searches, numbers)
"""The modules that hold them."""

MUTANTS: tuple[Mutant, ...] = tuple(mutant for family in FAMILIES for mutant in family.MUTANTS)
"""Every mutant, in the order of the documentation."""
