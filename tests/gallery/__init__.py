"""Wrong implementations, one real bug class each, that the kit must find.

Each is the naive model with a few lines of its source changed, written as a diff, or with its answers changed
on the way out. `MUTANTS` is the registry.
"""

from tests.gallery.mutant import Mutant
from tests.gallery.mutants import MUTANTS

__all__ = ["MUTANTS", "Mutant"]
