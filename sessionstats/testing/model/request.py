"""The request of the protocol (§9): what it must hold, and in which shape, before anything else is validated.

1. A request is an object with `now`, `params` and `sessions`, none of them null, `sessions` a list; anything
   else is not a request: 400.
2. The session rows are read first (§2.2), with the statuses of the edition if the rules say which one it is.
3. Then the values of the rest: `now` is an ISO instant; `projects`, `releases` and `rules` may be null.
4. `rules` names an edition, or is an object of rules that may name one; a rule or an edition that is not
   named in §9 is an error, and so is a value that a rule cannot take.
5. A release listed twice is an error (§4.8).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from . import instants
from .errors import Rejection


@dataclass(frozen=True)
class Rules:
    """The numbers and the edition that a request may change (§9)."""

    min_interval: int = 3600
    max_intervals: int = 1000
    max_points: int = 10_000
    max_per_page: int = 5000
    rounding: str = "aligned"
    unhandled: bool = False
    project_slugs: bool = False
    order_by_release: bool = True
    restrict_date_range: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """The health classes, in the order of the answer (§5)."""
        four = ("abnormal", "crashed", "errored", "healthy")
        return (*four, "unhandled") if self.unhandled else four


NAMED = {
    "documented": Rules(),
    "2021": Rules(rounding="hourly", restrict_date_range=True, min_interval=60),
    "2022": Rules(rounding="hourly", min_interval=10),
    "latest": Rules(min_interval=10, unhandled=True, project_slugs=True, order_by_release=False),
}
"""The named editions (§9)."""


@dataclass(frozen=True)
class Release:
    """What the caller knows of one release (§4.8)."""

    version: str
    date_added: int
    project_ids: frozenset[int]
    environments: frozenset[str]
    stages: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class Request:
    """A request with a valid outer shape (§9)."""

    now: int
    params: Any
    projects: dict[str, int] | None
    releases: list[Release] | None
    rules: Rules


def read_shape(request: Any) -> list[Any]:
    """The session rows, if this is a request at all (§9)."""
    if not isinstance(request, dict):
        raise Rejection("A request must be a JSON object.")
    for name in ("now", "params", "sessions"):
        if request.get(name) is None:
            raise Rejection(f"A request needs {name!r}.")
    if not isinstance(request["sessions"], list):
        raise Rejection("'sessions' must be a list of rows.")
    return request["sessions"]


def may_be_unhandled(rules: Any) -> bool:
    """Whether a row may have the status `unhandled`, as far as the rules can be read (§2.2)."""
    if rules is None:
        return False
    if isinstance(rules, str):
        return rules not in NAMED or NAMED[rules].unhandled
    if not isinstance(rules, dict):
        return True
    if "unhandled" in rules:
        return rules["unhandled"] is not False
    edition = rules.get("edition", "documented")
    return not isinstance(edition, str) or edition not in NAMED or NAMED[edition].unhandled


def read_request(request: dict[str, Any]) -> Request:
    """Validate the values of a request other than its rows (§9)."""
    now = instants.from_iso(request["now"]) if isinstance(request["now"], str) else None
    if now is None or not instants.YEAR_1 <= now < instants.YEAR_10000:
        raise Rejection(f"'now' must be an ISO 8601 instant: {request['now']!r}.")
    # silent (§9): `params` may be a query string here too, as §2 allows both.
    if not isinstance(request["params"], (dict, str)):
        raise Rejection("'params' must be an object of name to value or list, or a query string.")
    return Request(
        now=now,
        params=request["params"],
        projects=read_accessible(request.get("projects")),
        releases=read_releases(request.get("releases")),
        rules=read_rules(request.get("rules")),
    )


def read_accessible(projects: Any) -> dict[str, int] | None:
    """The accessible projects, slug to id; None if no list was given (§2.3)."""
    if projects is None:
        return None
    if not isinstance(projects, dict):
        raise Rejection("'projects' must be an object of slug to id.")
    for slug, number in projects.items():
        if not isinstance(slug, str) or type(number) is not int or number < 1:
            raise Rejection(f"'projects' must map slugs to positive integers: {slug!r}: {number!r}.")
    return dict(projects)


def read_rules(rules: Any) -> Rules:
    """The rules of the request over their defaults (§9)."""
    if rules is None:
        return Rules()
    if isinstance(rules, str):
        rules = {"edition": rules}
    if not isinstance(rules, dict):
        raise Rejection("'rules' must be an object or the name of an edition.")
    changes = dict(rules)
    edition = changes.pop("edition", "documented")
    if not isinstance(edition, str) or edition not in NAMED:
        raise Rejection(f"Unknown edition: {edition!r}; known: {', '.join(NAMED)}.")
    known = {rule.name for rule in fields(Rules)}
    for name, value in changes.items():
        if name not in known:
            raise Rejection(f"Unknown rule: {name!r}.")
        if name == "rounding":
            good = value in ("aligned", "hourly")
        elif isinstance(getattr(Rules(), name), bool):
            good = isinstance(value, bool)
        else:
            # silent (§9): the numbers among the rules are positive integers.
            good = type(value) is int and value >= 1
        if not good:
            raise Rejection(f"Rule {name!r} cannot be {value!r}.")
    return replace(NAMED[edition], **changes)


def read_releases(releases: Any) -> list[Release] | None:
    """The metadata of releases; None if none was supplied (§4.8)."""
    if releases is None:
        return None
    if not isinstance(releases, list):
        raise Rejection("'releases' must be a list.")
    return [read_release(index, release) for index, release in enumerate(releases)]


def read_release(index: int, release: Any) -> Release:
    """One release of the metadata (§9); its lists and objects may be missing."""
    place = f"releases[{index}]"
    if not isinstance(release, dict):
        raise Rejection(f"{place} must be an object.")
    version, added = release.get("version"), release.get("date_added")
    if not isinstance(version, str):
        raise Rejection(f"{place}.version must be text: {version!r}.")
    instant = instants.from_iso(added) if isinstance(added, str) else None
    # silent (§9): `date_added` may be epoch seconds, as `started` may.
    if type(added) is int or type(added) is float:
        instant = instants.from_number(added)
    if instant is None:
        raise Rejection(f"{place}.date_added must be an instant: {added!r}.")
    project_ids = absent_as(release.get("project_ids"), [])
    if not isinstance(project_ids, list) or any(type(number) is not int for number in project_ids):
        raise Rejection(f"{place}.project_ids must be a list of integers: {project_ids!r}.")
    environments = absent_as(release.get("environments"), [])
    if not isinstance(environments, list) or not all(isinstance(name, str) for name in environments):
        raise Rejection(f"{place}.environments must be a list of texts: {environments!r}.")
    stages = absent_as(release.get("stages"), {})
    if isinstance(stages, dict):
        # silent (§9): a stage of null is not a stage.
        stages = {environment: stage for environment, stage in stages.items() if stage is not None}
    if not isinstance(stages, dict) or not all(isinstance(stage, str) for stage in stages.values()):
        raise Rejection(f"{place}.stages must map environments to stages: {stages!r}.")
    return Release(version, instant, frozenset(project_ids), frozenset(environments), dict(stages))


def absent_as(value: Any, default: Any) -> Any:
    """The value, or `default` if it is missing or null (§9)."""
    return default if value is None else value


def reject_repeated_releases(releases: list[Release] | None) -> None:
    """A version listed twice is an error (§4.8)."""
    seen: set[str] = set()
    for release in releases or []:
        if release.version in seen:
            raise Rejection(f"Release listed twice: {release.version!r}.")
        seen.add(release.version)
