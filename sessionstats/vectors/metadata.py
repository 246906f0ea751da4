"""Vectors of §4.8 and §7.5: what is known of releases besides their sessions."""

from collections.abc import Iterator
from typing import Any

from sessionstats.vectors.drafts import Draft, draft, rows


def release(version: str, added: str | int, projects: list[int], **rest: Any) -> dict[str, Any]:
    """One release of the metadata."""
    return {"version": version, "date_added": added, "project_ids": projects, **rest}


FOUR = [
    release("app@1.0", "2024-01-01T00:00:00Z", [1], environments=["prod"], stages={"prod": "replaced"}),
    release(
        "app@2.0", "2024-01-20T00:00:00Z", [1, 2], environments=["prod", "dev"], stages={"prod": "adopted"}
    ),
    release("app@1.1", "2024-01-10T00:00:00Z", [1], environments=["dev"], stages={"prod": "low_adoption"}),
    release("web@1.0", "2024-01-20T00:00:00Z", [2]),
]
"""Four releases, not in the order in which they were added; two were added at once."""

WORLD = {"releases": FOUR}

TABLE = rows(
    release=["app@1.0", "app@1.0", "app@2.0", "app@3.0", "web@1.0"],
    project_id=[1, 1, 1, 1, 2],
    environment=["prod", "dev", "prod", "prod", ""],
    status=["exited", "crashed", "exited", "exited", "exited"],
)
"""Sessions of three of the releases, and of one that the metadata does not know."""


def metadata() -> Iterator[Draft]:
    """All vectors of these sections."""
    yield from latest()
    yield from stages()
    yield from visible_versions()
    yield from wrong_metadata()
    yield from by_timestamp()
    yield from environments()
    yield from rejected_orders()


def latest() -> Iterator[Draft]:
    """The newest release of each selected project."""
    for query, params, why in (
        (
            "release:latest",
            {},
            "Each project has a newest release: by date, and on the same date by version.",
        ),
        ("release:latest", {"project": "1"}, "Only the selected projects have one."),
        ("!release:latest", {}, "The negation selects all other releases, including unknown ones."),
        ("release:[latest, app@1.0]", {}, "A list may contain latest."),
        (
            "release:latest",
            {"project": "9"},
            "A project without releases has no latest one: nothing is selected.",
        ),
    ):
        yield draft(
            "4.8 latest", why, TABLE, world=WORLD, query=query, groupBy="release", includeSeries="0", **params
        )
    why = "The newest release is found by its text: it also selects sessions of other projects."
    table = rows(release="app@2.0", project_id=[1, 2])
    yield draft(
        "4.8 latest", why, table, world=WORLD, query="release:latest", groupBy="project", includeSeries="0"
    )
    why = "Without metadata, latest is an error."
    yield draft("4.8 latest-without", why, TABLE, wording=False, query="release:latest")


def stages() -> Iterator[Draft]:
    """Stages of adoption in the one environment."""
    for query, environment, why in (
        ("release.stage:adopted", "prod", "A stage in the environment of the parameter."),
        (
            "!release.stage:adopted",
            "prod",
            "A release without a stage there is not selected by the negation.",
        ),
        ("release.stage:[adopted, replaced]", "prod", "A list of stages."),
        ("has:release.stage", "prod", "has:release.stage selects releases with a stage there."),
        ("release.stage:adopted", "dev", "No release has a stage in this environment."),
        ("release.stage:adopted", None, "Without an environment there is nothing to choose by."),
        ("release.stage:adopted", ["prod", "dev"], "Two environments are one too many."),
        ("release.stage:nope", "prod", "An unknown stage is an error."),
        ("release.stage:nope", None, "The environment is validated before the stage."),
    ):
        params = {"query": query, "environment": environment, "groupBy": "release", "includeSeries": "0"}
        yield draft("4.8 stage", why, TABLE, world=WORLD, **params)
    why = "Without metadata stages are an error, but the stage is validated first."
    yield draft("4.8 stage-without", why, TABLE, query="release.stage:nope", environment="prod")
    why = "Without metadata, stages are an error."
    yield draft(
        "4.8 stage-without", why, TABLE, wording=False, query="release.stage:adopted", environment="prod"
    )


def visible_versions() -> Iterator[Draft]:
    """With metadata versions are those of its releases."""
    for query, why in (
        ("release.version:>=1.0", "A release that is not in the metadata does not participate in versions."),
        ("!release.version:1.0", "Nor is it selected by the negation."),
        ("has:release.package", "Nor does it have a package."),
        ("release:app@3.0", "By its text, it is still found."),
    ):
        yield draft(
            "4.8 versions",
            why,
            TABLE,
            also="4.7",
            world=WORLD,
            query=query,
            groupBy="release",
            includeSeries="0",
        )


def wrong_metadata() -> Iterator[Draft]:
    """Invalid metadata."""
    twice = {"releases": [FOUR[0], FOUR[0]]}
    yield draft("4.8 listed-twice", "A version that is listed twice is an error.", world=twice, wording=False)


def by_timestamp() -> Iterator[Draft]:
    """Groups in the order in which releases were added."""

    def ordered(why: str, order: str = "-release.timestamp", by: Any = "release", **params: Any) -> Draft:
        asked = {"orderBy": order, "groupBy": by, "includeSeries": "0", **params}
        return draft("7.5 order", why, TABLE, also="4.8", world=WORLD, **asked)

    yield ordered(
        "The newest first; releases without sessions appear with zeros, unknown ones do not appear."
    )
    yield ordered("The oldest first; on the same date by version.", order="release.timestamp")
    yield ordered(
        "A release keeps its position even if none of its sessions has a user.", field="count_unique(user)"
    )
    yield ordered(
        "Values other than counts are null where there is no session.", field="crash_free_rate(session)"
    )
    yield ordered("Other keys of a release without sessions are null.", by=["release", "environment"])
    yield ordered(
        "Groups of one release are ordered by their keys, which a minus does not reverse.",
        by=["environment", "release"],
    )
    yield ordered("A release without sessions has no status groups.", by=["release", "session.status"])
    yield ordered("Status groups count against per_page.", by=["release", "session.status"], per_page="3")
    yield ordered("Only releases of the selected projects participate.", project="1")
    yield ordered("A page shows as many groups as requested.", per_page="2")
    yield ordered("No release of the selected projects: no groups.", project="9")
    yield ordered(
        "A release that the search leaves without sessions appears with zeros.", query="release:web@1.0"
    )
    yield ordered("The series of a release without sessions are zeros.", includeSeries="1", project="1")


def environments() -> Iterator[Draft]:
    """Environments select among the releases' own."""
    for params, why in (
        ({"environment": "dev"}, "The parameter selects releases that have such an environment."),
        ({"query": "environment:dev"}, "So does a top-level term."),
        ({"query": "!environment:dev"}, "A negated term leaves out releases that have such an environment."),
        ({"query": "environment:[dev, prod]"}, "One environment of a list is enough."),
        ({"query": "environment:dev", "environment": "prod"}, "Parameter and term must both be met."),
        ({"query": "environment:nope"}, "No release is left: no groups."),
        (
            {"query": "(environment:dev)"},
            "Inside parentheses an environment term cannot be separated.",
        ),
        ({"query": "environment:dev OR release:a"}, "Nor inside OR."),
    ):
        asked = {"orderBy": "release.timestamp", "groupBy": "release", "includeSeries": "0", **params}
        yield draft("7.5 environment", why, TABLE, also="4.8", world=WORLD, **asked)


def rejected_orders() -> Iterator[Draft]:
    """Requests that cannot be ordered by `release.timestamp`."""
    known = {"groupBy": "release", "orderBy": "release.timestamp", "includeSeries": "0"}
    for params, why in (
        ({"groupBy": "project"}, "The release must be in the groupBy."),
        ({"per_page": "101"}, "A page holds at most a hundred."),
        ({"per_page": "100"}, "A page of a hundred is allowed."),
        ({"cursor": "0:1:0"}, "An offset is rejected."),
        ({"cursor": "0:0:0"}, "An offset of 0 is accepted."),
        ({"orderBy": ["release.timestamp", "sum(session)"]}, "Only one order is allowed."),
    ):
        yield draft("7.5 rejected", why, TABLE, also="2.3", world=WORLD, **{**known, **params})
    yield draft(
        "7.5 without", "Without metadata, ordering by date is an error.", TABLE, wording=False, **known
    )
