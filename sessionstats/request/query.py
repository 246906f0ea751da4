"""Validating a request (§2).

`Query.parse` validates a request in the order of §2.2; the first failure is the answer. Each check is in the
module of its rule; this module only says in which order they come. A rejected request carries notes for
people: the nearest known name, and which other edition accepts it (`sessionstats.notes`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from sessionstats.capping import max_groups
from sessionstats.errors import AccessError, RequestError
from sessionstats.fields import KEY_COLUMNS, STATUS, Field, kept_by_status, validate_against_status
from sessionstats.instants import parse_now
from sessionstats.intervals import parse_interval
from sessionstats.limits import UNLIMITED, Limits
from sessionstats.notes import accepted_elsewhere, nearest
from sessionstats.request.dates import parse_range
from sessionstats.request.ordering import (
    MAX_ROWS,
    RELEASE_TIMESTAMP,
    ByReleaseDate,
    Order,
    parse_order,
    parse_release_order,
    primary_order,
)
from sessionstats.request.paging import Page, parse_page, require_fitting_page
from sessionstats.request.parameters import Parameters
from sessionstats.rounding import ROUNDINGS, Window, require_few_intervals, require_short_and_recent
from sessionstats.rules import Rules
from sessionstats.search.context import SearchContext
from sessionstats.search.releases import EnvironmentRequirement, Releases
from sessionstats.search.search import Search, validate_search

ALL_PROJECTS: Final = -1
"""Value of ``project`` that selects all accessible projects (§2)."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)

OFF: Final = "0"
"""Value of ``includeTotals`` and ``includeSeries`` that leaves them out (§8)."""


@dataclass(frozen=True)
class Query:
    """A valid request: everything an answer depends on except the sessions.

    Make one with `Query.parse`.

    Parameters
    ----------
    fields : tuple of Field
        The requested fields, in their order.
    group_by : tuple of str
        The requested groupBy, in their order.
    window : Window
        The rounded window (§3).
    projects : frozenset of int, or None
        The selected projects; `None` selects every project.
    environments : tuple of str
        The ``environment`` parameters; none selects every environment.
    search : Search
        The validated search (§4).
    order : Order or None
        How base groups are ranked; `None` if validation ended before, for an answer without groups (§2.2).
    page : Page
    include_totals, include_series : bool
    rules : Rules
    releases : Releases or None
        Release metadata (§4.8).
    """

    fields: tuple[Field, ...]
    group_by: tuple[str, ...]
    window: Window
    projects: frozenset[int] | None
    environments: tuple[str, ...]
    search: Search
    order: Order | None
    page: Page
    include_totals: bool
    include_series: bool
    rules: Rules
    releases: Releases | None

    @classmethod
    def parse(
        cls,
        params: str | Mapping[str, object],
        *,
        now: object = None,
        rules: Rules | None = None,
        projects: Mapping[str, int] | None = None,
        releases: Releases | None = None,
        limits: Limits = UNLIMITED,
    ) -> "Query":
        """Validate a request (§2).

        Parameters
        ----------
        params : str or mapping
            A query string, or names with values or lists of values.
        now : None, datetime, datetime64, str, int or float
            The instant of the request; `None` means the clock.
        rules : Rules, optional
            The edition; by default the documented one.
        projects : mapping of str to int, optional
            Slugs and ids of the accessible projects; by default every project is accessible.
        releases : Releases, optional
            Release metadata (§4.8).
        limits : Limits
            How many terms the search may have, and how deeply it may be nested.

        Raises
        ------
        RequestError
            The first failure in the order of §2.2.
        LimitError
            If the search exceeds a limit.

        Examples
        --------
        >>> query = Query.parse("field=sum(session)&interval=1d&statsPeriod=90d", now="2024-01-29T12:27:28Z")
        >>> query.window.n_intervals
        91
        """
        rules = rules or Rules()
        given = Parameters(params)
        validate = partial(cls._validated, given, parse_now(now), projects, releases, limits)
        try:
            return validate(rules)
        except RequestError as error:
            error.add(partial(accepted_elsewhere, validate, rules))
            raise

    @classmethod
    def _validated(
        cls,
        given: Parameters,
        instant: int,
        projects: Mapping[str, int] | None,
        releases: Releases | None,
        limits: Limits,
        rules: Rules,
    ) -> "Query":
        """The request under these rules, or the first failure in the order of §2.2."""
        page = parse_page(given, rules)
        selected = parse_projects(given, projects, rules)
        fields = parse_fields(given, rules)
        group_by = parse_group_by(given)
        interval = parse_interval(given.last("interval"), rules.min_interval)
        dates = parse_range(given, instant)
        window = ROUNDINGS[rules.rounding](dates, interval, instant)
        if rules.restrict_date_range:
            require_short_and_recent(window, dates.start, instant)
        require_few_intervals(window, rules.max_intervals)
        environments = given.distinct("environment")
        context = SearchContext(projects, selected, environments, releases, rules.health_classes)
        search = validate_search(given.last("query") or "", context, limits)
        order = _parse_order(given, fields, group_by, page, search, releases, rules)
        include_totals = given.last("includeTotals") != OFF
        include_series = given.last("includeSeries") != OFF
        if order is not None:
            if include_series:
                require_fitting_page(page, window, rules.max_points)
            if not include_totals and not include_series:
                raise RequestError("Cannot omit both series and totals", parameter="includeTotals")
        return cls(
            fields=fields,
            group_by=group_by,
            window=window,
            projects=selected,
            environments=environments,
            search=search,
            order=order,
            page=page,
            include_totals=include_totals,
            include_series=include_series,
            rules=rules,
            releases=releases,
        )

    @property
    def by_status(self) -> bool:
        """Whether every base group appears once per health class (§5)."""
        return STATUS in self.group_by

    @property
    def shown_classes(self) -> tuple[str, ...]:
        """The health classes that a status filter keeps, in the order of answers."""
        return self.rules.health_classes if self.search.classes is None else self.search.classes

    @property
    def counts_anything(self) -> bool:
        """Whether sessions matter: not if validation ended early (§2.2), or the window is empty (§3.7)."""
        return self.order is not None and self.window.n_intervals > 0

    @cached_property
    def counting_fields(self) -> tuple[Field, ...]:
        """The requested fields that a status filter keeps (§6.4)."""
        return kept_by_status(self.fields, self.search.classes)

    @property
    def by_release_timestamp(self) -> bool:
        """Whether base groups are ordered by ``release.timestamp`` (§7.5)."""
        return isinstance(self.order, ByReleaseDate)

    @cached_property
    def participating_releases(self) -> tuple[str, ...] | None:
        """The releases that participate, by date added, then version; `None` if all do (§7.5)."""
        if not self.by_release_timestamp or self.releases is None:
            return None
        requirements = [*self.search.environment_selection()]
        if self.environments:
            requirements.append(EnvironmentRequirement(frozenset(self.environments)))
        places = self.releases.participating(self.projects, requirements)
        return tuple(map(self.releases.versions.__getitem__, places.tolist()))

    @property
    def page_size(self) -> int:
        """Most base groups of a page (§7.6), or most rows when ordered by ``release.timestamp`` (§7.5)."""
        if self.by_release_timestamp:
            return MAX_ROWS if self.page.size is None else self.page.size
        return self.max_groups if self.page.size is None else min(self.page.size, self.max_groups)

    @property
    def max_groups(self) -> int:
        """Most base groups of the answer (§7.4)."""
        if not self.include_series:
            return self.rules.max_points
        return max_groups(self.window.n_intervals, self.rules.max_points)


def parse_projects(
    given: Parameters, accessible: Mapping[str, int] | None, rules: Rules
) -> frozenset[int] | None:
    """The selected projects; `None` selects every project (§2, §2.3).

    Parameters
    ----------
    given : Parameters
    accessible : mapping of slug to id, or None
        The accessible projects; `None` means every project is accessible, though no slug is known.
    rules : Rules

    Raises
    ------
    RequestError
        If a project is not a number and the edition has no slugs, or no project is accessible.
    AccessError
        If a project is not accessible.
    """
    texts = list(given.distinct("project"))
    if rules.project_slugs:
        texts = [text for text in texts if text]
    slugs = [text for text in texts if not _NUMBER.fullmatch(text)]
    if slugs and not rules.project_slugs:
        problem = "Invalid project parameter. Values must be numbers."
        raise RequestError(problem, parameter="project", value=texts)
    requested = {int(text) for text in texts if _NUMBER.fullmatch(text)}
    everything = not texts or ALL_PROJECTS in requested
    if not everything:
        known = accessible or {}
        unknown = [slug for slug in slugs if slug not in known]
        requested.update(known[slug] for slug in slugs if slug in known)
        if unknown or (accessible is not None and not requested <= set(accessible.values())):
            raise AccessError("You do not have permission to perform this action.", parameter="project")
    if accessible is None:
        return None if everything else frozenset(requested)
    if not accessible:
        raise RequestError("No projects available", parameter="project")
    return frozenset(accessible.values()) if everything else frozenset(requested)


def parse_fields(given: Parameters, rules: Rules) -> tuple[Field, ...]:
    """The requested fields, each once (§2.1)."""
    names = given.distinct("field")
    if not names:
        raise RequestError('Request is missing a "field"', parameter="field")
    for name in names:
        if name not in rules.fields:
            note = partial(nearest, name, tuple(rules.fields))
            raise RequestError(f'Invalid field: "{name}"', parameter="field", value=name, note=note)
    return tuple(rules.fields[name] for name in names)


def parse_group_by(given: Parameters) -> tuple[str, ...]:
    """The requested groupBy, each once (§5)."""
    names = given.distinct("groupBy")
    for name in names:
        if name not in KEY_COLUMNS and name != STATUS:
            note = partial(nearest, name, (*KEY_COLUMNS, STATUS))
            raise RequestError(f'Invalid groupBy: "{name}"', parameter="groupBy", value=name, note=note)
    return names


def _parse_order(
    given: Parameters,
    fields: tuple[Field, ...],
    group_by: tuple[str, ...],
    page: Page,
    search: Search,
    releases: Releases | None,
    rules: Rules,
) -> Order | None:
    """The order, once fields suit the status filter (§6.4, §7.2); `None` where validation ends (§2.2)."""
    if search.classes == ():
        return None
    validate_against_status(fields, search.classes, by_status=STATUS in group_by)
    counting = kept_by_status(fields, search.classes)
    if not counting:
        return None
    order_by = given.all("orderBy")
    if len(order_by) > 1:
        raise RequestError("Cannot order by multiple fields", parameter="orderBy", value=order_by)
    if not order_by:
        return primary_order(counting)
    if rules.order_by_release and order_by[0].removeprefix("-") == RELEASE_TIMESTAMP:
        return parse_release_order(order_by[0], group_by, page, releases, search)
    known = (*(field.name for field in fields), *([RELEASE_TIMESTAMP] if rules.order_by_release else ()))
    return parse_order(order_by[0], fields, counting, group_by, search.classes, known)
