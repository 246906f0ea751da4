"""What the conditions of a search mean (§4.2 to §4.8): from a tree of terms to the sessions it selects.

1. Term by term in text order: the key must be known and its values valid (§4.2, §4.7, §4.8).
2. Then no wildcard outside `release.version` and `release.build` (§4.3).
3. Then `session.status` only among the top-level ANDed terms (§4.5).
4. `session.status` selects health classes, every other term selects sessions (§4.5).
5. A release that does not participate is selected neither by a term nor by its negation (§4.7, §4.8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import versions
from .errors import Rejection
from .parameters import NUMBER
from .request import Release, Rules
from .rows import Row
from .search import All, Node, Term, all_terms, top_terms

if TYPE_CHECKING:
    from .definitions import Definitions

Predicate = Callable[[Row], bool]

STATUS = "session.status"
PROJECT_IDS = ("project_id", "project.id")
VERSIONED = ("release.version", "release.package", "release.build", "release.stage")
STAGES = ("adopted", "low_adoption", "replaced")


@dataclass(frozen=True)
class Context:
    """What a condition may depend on besides the session (§4.2, §4.8)."""

    accessible: dict[str, int] | None
    selected: frozenset[int] | None
    environments: list[str]
    releases: list[Release] | None
    rules: Rules
    definitions: Definitions


def validate_terms(tree: All, context: Context) -> dict[Term, Predicate]:
    """Raise the first error in the meaning of a query; otherwise, the predicate of each term (§4.4)."""
    terms = all_terms(tree)
    predicates = {term: predicate(term, context) for term in terms}
    for term in terms:
        may = term.has or term.key in ("release.version", "release.build")
        if not may and any(value.wildcard for value in term.values):
            raise Rejection("Invalid condition: wildcard search is not supported")
    misplaced(tree, STATUS)
    return predicates


def misplaced(tree: All, key: str) -> None:
    """Reject a key that may only be a top-level ANDed term (§4.5, §7.5)."""
    at_top = [term for term in top_terms(tree) if term.key == key]
    anywhere = [term for term in all_terms(tree) if term.key == key]
    if len(at_top) != len(anywhere):
        raise Rejection(f"Unable to parse condition with {key}")


def holds(node: Node, session: Row, predicates: dict[Term, Predicate]) -> bool:
    """Whether a session is selected by a tree (§4.1)."""
    if isinstance(node, Term):
        return predicates[node](session)
    parts = (holds(part, session, predicates) for part in node.parts)
    return all(parts) if isinstance(node, All) else any(parts)


def status_filter(tree: All, rules: Rules) -> frozenset[str] | None:
    """The health classes that are counted; None without a status term (§4.5)."""
    terms = [term for term in top_terms(tree) if term.key == STATUS]
    if not terms:
        return None
    selected = frozenset(rules.classes)
    for term in terms:
        named = frozenset(rules.classes) if term.has else frozenset(term.texts)
        selected = selected - named if term.negated else selected & named
    return selected


def environment_allows(term: Term, environments: frozenset[str]) -> bool:
    """Whether a top-level environment term selects a release by its own environments (§7.5)."""
    # `has:environment` is `!environment:""`, `!has:environment` is `environment:""`.
    named = frozenset([""]) if term.has else frozenset(term.texts)
    return bool(named & environments) != (term.negated != term.has)


def predicate(term: Term, context: Context) -> Predicate:
    """What one term selects, or the error of its key or values (§4.2)."""
    if term.key is None:
        raise Rejection("Invalid search filter: message")
    if term.key == "project" or term.key in PROJECT_IDS:
        return by_project(term, context)
    if term.key in ("environment", "release"):
        return by_text(term, context)
    if term.key in VERSIONED:
        return by_version(term, context)
    if term.key == STATUS:
        return lambda session: True
    raise Rejection(f"Invalid search filter: {term.key}")


def by_project(term: Term, context: Context) -> Predicate:
    """`project` by slug or id, `project_id` and `project.id` by id; every session has one (§4.2)."""
    if term.has:
        return lambda session: not term.negated
    if term.key == "project":
        ids = known_projects(term, context)
    else:
        for text in term.texts:
            if not NUMBER.fullmatch(text):
                raise Rejection(f"{term.key}: Invalid number: {text}.")
        ids = {int(text) for text in term.texts}
    return lambda session: (session.project in ids) != term.negated


def known_projects(term: Term, context: Context) -> set[int]:
    """The ids of slugs or ids under `project`, all known and selected (§4.2)."""
    # silent (§4.2): a slug that is all digits is read as a slug first; each unknown one is named once.
    found: set[int] = set()
    missing: list[str] = []
    for text in term.texts:
        number = (context.accessible or {}).get(text)
        if number is None and NUMBER.fullmatch(text):
            number = int(text)
        if number is None or (context.selected is not None and number not in context.selected):
            if text not in missing:
                missing.append(text)
        else:
            found.add(number)
    if missing:
        names = listed(missing)
        raise Rejection(f"Invalid query. Project(s) {names} do not exist or are not actively selected.")
    return found


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b, and c` (§4.2)."""
    if len(names) <= 2:
        return " and ".join(names)
    return ", ".join(names[:-1]) + f", and {names[-1]}"


def by_text(term: Term, context: Context) -> Predicate:
    """`environment` and `release` by their text, `release:latest` by the newest releases (§4.2, §4.8)."""
    texts = {""} if term.has else set(term.texts)
    select = context.definitions.selects_text
    if term.key == "environment":
        return lambda session: select(session.environment, term, texts)
    if "latest" in texts:
        texts = (texts - {"latest"}) | latest(supplied(context, "release:latest"), context.selected)
    return lambda session: select(session.release, term, texts)


def selects_text(value: str, term: Term, texts: set[str]) -> bool:
    """Whether a term selects a value by its text, negation included; `has:K` is `!K:""` (§4.1)."""
    return (value in texts) != (term.negated != term.has)


def supplied(context: Context, what: str) -> list[Release]:
    """The metadata, or the error that says what to supply (§4.8)."""
    if context.releases is None:
        raise Rejection(f"{what} needs release metadata: supply releases")
    return context.releases


def of_projects(releases: list[Release], selected: frozenset[int] | None) -> list[Release]:
    """The releases of the selected projects (§4.8, §7.5)."""
    # silent (§4.8): with every project selected, a release of no project at all is in none of them.
    return [
        release
        for release in releases
        if any(selected is None or number in selected for number in release.project_ids)
    ]


def latest(releases: list[Release], selected: frozenset[int] | None) -> set[str]:
    """The newest release of each selected project, by date and then version (§4.8)."""
    newest: dict[int, Release] = {}
    for release in sorted(releases, key=lambda release: (release.date_added, release.version)):
        for number in release.project_ids:
            if selected is None or number in selected:
                newest[number] = release
    return {release.version for release in newest.values()}


def by_version(term: Term, context: Context) -> Predicate:
    """The keys in which not every release participates (§4.7, §4.8)."""
    if term.key == "release.stage":
        return by_stage(term, context)
    known = None if context.releases is None else {release.version for release in context.releases}
    d = context.definitions
    test = version_test(d, term)

    def selects(session: Row) -> bool:
        if known is not None and session.release not in known:
            return False
        release = d.read_release(session.release)
        if release is None or (release.version is None and term.key != "release.package"):
            return d.selects_unreadable(term)
        return test(release) != term.negated

    return selects


def selects_unreadable(term: Term) -> bool:
    """Whether a term selects a release that is not a version: neither it nor its negation does (§4.7)."""
    return False


def version_test(d: Definitions, term: Term) -> Callable[[versions.Parsed], bool]:
    """What a term requires of a release that participates, before negation (§4.7)."""
    if term.key == "release.package":
        packages = set(term.texts)
        return lambda release: term.has or release.package in packages
    if term.key == "release.version":
        return (lambda release: True) if term.has else d.version_condition(d, term)
    return (lambda release: release.build != "") if term.has else d.build_condition(term)


def by_stage(term: Term, context: Context) -> Predicate:
    """`release.stage`, in the one environment chosen by parameter (§4.8)."""
    # silent (§4.8): the environment and the values are validated before missing metadata is noticed.
    if len(context.environments) != 1:
        raise Rejection("Choose a single environment to filter by release stage.")
    if not set(term.texts) <= set(STAGES):
        raise Rejection("Unsupported release.stage value.")
    environment = context.environments[0]
    # silent (§4.8): a release has its stage whichever projects it belongs to.
    stages = {
        release.version: release.stages[environment]
        for release in supplied(context, "release.stage")
        if environment in release.stages
    }

    def selects(session: Row) -> bool:
        stage = stages.get(session.release)
        if stage is None:
            return False
        return ((stage != "") if term.has else (stage in term.texts)) != term.negated

    return selects
