"""What a search is validated against: other parameters of its request, and release metadata (§4.2, §4.8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sessionstats.search.releases import Releases


@dataclass(frozen=True)
class SearchContext:
    """What a search is validated against.

    Parameters
    ----------
    projects : mapping of str to int, optional
        The accessible projects by slug. Without it, every id is known but no slug (§4.2).
    selected : frozenset of int, optional
        The selected projects, some of the accessible ones; by default all of them.
    environments : tuple of str
        The values of the ``environment`` parameter (§4.8).
    releases : Releases, optional
        Release metadata (§4.8).
    health_classes : tuple of str
        `Rules.health_classes`.
    """

    projects: Mapping[str, int] | None = None
    selected: frozenset[int] | None = None
    environments: tuple[str, ...] = ()
    releases: Releases | None = None
    health_classes: tuple[str, ...] = ()

    @cached_property
    def selected_projects(self) -> frozenset[int] | None:
        """The selected projects; `None` if that is any project."""
        if self.selected is not None or self.projects is None:
            return self.selected
        return frozenset(self.projects.values())
