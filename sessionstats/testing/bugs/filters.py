"""The parameters that select projects and environments (§2)."""

from collections.abc import Iterator
from typing import Final

from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat


@diagnosis("one-of-several-parameters", "2", "Only one of several environments or projects is selected")
def one_of_several(evidence: Evidence) -> Iterator[Flat]:
    """``environment`` and ``project`` are repeatable: every value selects."""
    for name in ("environment", "project"):
        values = evidence.given.all(name)
        for kept in (values[:1], values[-1:]):
            yield from evidence.with_params(**{name: kept})


@diagnosis("empty-environment-ignored", "2", "An empty environment selects everything")
def empty_environment(evidence: Evidence) -> Iterator[Flat]:
    """An empty ``environment`` is given: it selects the sessions without an environment."""
    yield from evidence.with_params(
        environment=[value for value in evidence.given.all("environment") if value]
    )


@diagnosis("all-projects-misread", "2", "The project -1 is taken for an id", broad=True)
def all_projects(evidence: Evidence) -> Iterator[Flat]:
    """``project=-1`` selects all accessible projects."""
    if "-1" in evidence.given.all("project"):
        ids = {int(text) for text in evidence.given.all("project") if text.removeprefix("-").isdecimal()}
        yield evidence.answer(projects=frozenset(ids - {-1}))


@diagnosis("filter-ignored", "2", "The parameter environment or project has no effect")
def ignored(evidence: Evidence) -> Iterator[Flat]:
    """``environment`` and ``project`` select; without ``project`` the accessible ones are selected."""
    yield from evidence.with_params(environment=None)
    yield from evidence.with_params(project=None)
    if evidence.query.projects is not None:
        yield evidence.answer(projects=None)


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (all_projects, empty_environment, one_of_several, ignored)
"""Of this family, the most specific first."""
