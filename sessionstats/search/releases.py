"""Release metadata (§4.8): what is known about releases besides their sessions.

1. A release has a version text, the instant it was added, the projects and environments it belongs to, and
   possibly a stage per environment. A version is listed once.
2. Releases are ordered by the instant they were added, then by version text (§4.8, §7.5).
3. The latest release of a project is the last of that order among those that belong to it (§4.8).
4. A release participates in an order by ``release.timestamp`` if it belongs to a selected project and its own
   environments meet every requirement: include one of the values or, negated, none of them (§7.5).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.errors import RequestError
from sessionstats.search.release_records import NO_STAGES, STAGES, Read, instant_of, read_together

RECORD_KEYS: Final = ("version", "date_added", "project_ids")
"""Keys that a record must have; ``environments`` and ``stages`` may be missing."""

LISTS: Final = (list, tuple, set, frozenset, np.ndarray)
"""What counts as a list of projects or environments; a text does not."""


@dataclass(frozen=True)
class EnvironmentRequirement:
    """A requirement on a release's own environments (§7.5).

    Parameters
    ----------
    values : frozenset of str
        The environments of the term or parameter.
    negated : bool
        Whether a release must have none of them, instead of at least one.
    """

    values: frozenset[str]
    negated: bool = False


class Releases:
    """Release metadata, immutable, one entry per release.

    Parameters
    ----------
    versions : sequence of str
        Release texts, each only once.
    date_added : sequence
        When each was added: ISO 8601 text, epoch seconds, `datetime` or `datetime64`.
    project_ids : sequence of lists of int
        The projects each belongs to.
    environments : sequence of lists of str, optional
        The environments each belongs to.
    stages : sequence of mappings, optional
        For each release, its stage by environment; the stages are `STAGES`.

    Attributes
    ----------
    versions : tuple of str
    date_added : (n,) int64
        Microseconds since the epoch.
    project_ids : tuple of frozenset of int
    environments : tuple of frozenset of str
    stages : tuple of dict

    Raises
    ------
    RequestError
        If a value is of the wrong type, lengths differ or a version is listed twice.

    Examples
    --------
    >>> releases = Releases(["a@1.0", "a@1.1"], ["2024-01-29", "2024-02-01"], [[1, 2], [1]])
    >>> sorted(releases.latest()), releases.latest([2])
    (['a@1.0', 'a@1.1'], frozenset({'a@1.0'}))
    >>> Releases(["a", "a"], [0, 1], [[1], [1]])
    Traceback (most recent call last):
        ...
    sessionstats.errors.RequestError: releases: 'a' is listed twice, as release 0 and release 1
    """

    def __init__(
        self,
        versions: Sequence[str],
        date_added: Sequence[Any] | NDArray[Any],
        project_ids: Sequence[Iterable[int]],
        environments: Sequence[Iterable[str]] | None = None,
        stages: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        size = len(versions)
        columns: dict[str, Any] = {
            "version": versions,
            "date_added": date_added,
            "project_ids": project_ids,
            "environments": [()] * size if environments is None else environments,
            "stages": [NO_STAGES] * size if stages is None else stages,
        }
        for key, column in columns.items():
            if len(column) != size:
                raise _error(f"{key} has {len(column)} values, version has {size}")
        read = read_together(*columns.values()) or _read_one_by_one(*columns.values())
        self.versions: tuple[str, ...] = read.versions
        self.date_added: NDArray[np.int64] = read.date_added
        self.date_added.setflags(write=False)
        self.project_ids: tuple[frozenset[int], ...] = read.project_ids
        self.environments: tuple[frozenset[str], ...] = read.environments
        self.stages: tuple[Mapping[str, str], ...] = read.stages
        _check_listed_once(self.versions)

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]]) -> "Releases":
        """Releases from records ``{version, date_added, project_ids, environments, stages}`` (§9).

        Unknown keys are ignored; the last two keys may be missing or null, and so may a stage.

        Raises
        ------
        RequestError
            For the first invalid value; names the release, the key and the value.

        Examples
        --------
        >>> Releases.from_records([{"version": 1, "date_added": 0, "project_ids": [1]}])
        Traceback (most recent call last):
            ...
        sessionstats.errors.RequestError: releases: release 0 (1): version must be text, not 1
        """
        if isinstance(records, str | bytes | Mapping) or not isinstance(records, Iterable):
            raise _error(f"must be a list of records, not {records!r:.80}")
        records = list(records)
        if not set(map(type, records)).issubset((dict,)):
            _reject_wrong_records(records)
        try:
            versions, instants, project_ids = ([record[key] for record in records] for key in RECORD_KEYS)
        except KeyError:
            _reject_wrong_records(records)
            raise
        return cls(
            versions,
            instants,
            project_ids,
            [() if (own := record.get("environments")) is None else own for record in records],
            [NO_STAGES if (own := record.get("stages")) is None else _given(own) for record in records],
        )

    def __len__(self) -> int:
        return len(self.versions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Releases):
            return NotImplemented
        return self._columns() == other._columns()

    def __hash__(self) -> int:
        return hash(self.versions)

    def __repr__(self) -> str:
        return f"Releases({len(self):,} of {len(self._newest):,} projects)"

    def __reduce__(self) -> tuple[object, ...]:
        # Read-only mappings cannot be pickled; dicts can.
        instants, stages = self.date_added.view("M8[us]"), [dict(stages) for stages in self.stages]
        return Releases, (self.versions, instants, self.project_ids, self.environments, stages)

    def _columns(self) -> tuple[object, ...]:
        return (self.versions, self.date_added.tobytes(), self.project_ids, self.environments, self.stages)

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Positions of the releases, in ascending order of `date_added`, then of version text (§7.5)."""
        order = np.argsort(self.date_added, kind="stable")
        instants = self.date_added[order]
        if np.any(instants[1:] == instants[:-1]):
            by_version = np.array(sorted(range(len(self)), key=self.versions.__getitem__), np.intp)
            order = by_version[np.argsort(self.date_added[by_version], kind="stable")]
        order.setflags(write=False)
        return order

    @cached_property
    def _newest(self) -> dict[int, str]:
        """The latest release of each project: the last in the order overwrites the others."""
        versions, project_ids = self.versions, self.project_ids
        return {project: versions[place] for place in self.order.tolist() for project in project_ids[place]}

    def latest(self, project_ids: Iterable[int] | None = None) -> frozenset[str]:
        """Versions that are the latest of any of the projects (§4.8).

        Parameters
        ----------
        project_ids : iterable of int, optional
            The selected projects; by default all of them.
        """
        newest = self._newest
        selected = newest if project_ids is None else project_ids
        return frozenset(newest[project] for project in selected if project in newest)

    def stages_in(self, environment: str) -> dict[str, str]:
        """Stage by version, for the releases that have a stage in an environment (§4.8).

        Examples
        --------
        >>> Releases(["a", "b"], [0, 1], [[1], [1]], stages=[{"prod": "replaced"}, {}]).stages_in("prod")
        {'a': 'replaced'}
        """
        pairs = zip(self.versions, self.stages, strict=True)
        return {version: stages[environment] for version, stages in pairs if environment in stages}

    def participating(
        self, project_ids: Iterable[int] | None = None, requirements: Iterable[EnvironmentRequirement] = ()
    ) -> NDArray[np.intp]:
        """Positions of the releases that an order by ``release.timestamp`` shows, oldest first (§7.5).

        Parameters
        ----------
        project_ids : iterable of int, optional
            The selected projects; by default all of them. A release without a project belongs to none.
        requirements : iterable of EnvironmentRequirement
            All requirements on the releases' own environments: the ``environment`` parameter, if
            there is one, and `Search.environment_selection`.

        Examples
        --------
        >>> releases = Releases(["b", "a"], [5, 5], [[1], [1]], [["prod"], []])
        >>> releases.participating([1]).tolist()
        [1, 0]
        >>> releases.participating([1], [EnvironmentRequirement(frozenset({"prod"}))]).tolist()
        [0]
        """
        requirements = tuple(requirements)
        memberships = list(zip(self.project_ids, self.environments, strict=True))
        distinct = set(memberships)  # most releases have those of others
        if project_ids is None:
            project_ids = frozenset[int]().union(*(projects for projects, _ in distinct))
        selected = frozenset(project_ids)
        participates = {
            (projects, environments): not selected.isdisjoint(projects)
            and all(need.values.isdisjoint(environments) == need.negated for need in requirements)
            for projects, environments in distinct
        }
        order = self.order
        return order.compress(np.array([participates[each] for each in memberships], bool)[order])


def _reject_wrong_records(records: list[Any]) -> None:
    """Reject the first record that is not a mapping, or lacks a key."""
    for place, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise _error(f"release {place} must be a record, not {record!r:.80}")
        for key in RECORD_KEYS:
            if key not in record:
                raise _error(f"release {place} ({record.get('version')!r:.80}): {key} is missing")


def _given(stages: Any) -> Any:
    """The stages of a record without null ones; anything but a mapping is left to be rejected."""
    if not isinstance(stages, Mapping) or None not in stages.values():
        return stages
    return {environment: stage for environment, stage in stages.items() if stage is not None}


def _read_one_by_one(*columns: Any) -> Read:
    """All releases with their values checked; errors name the first invalid one. There is at least one."""
    rows = [_read_release(place, *row) for place, row in enumerate(zip(*columns, strict=True))]
    versions, instants, *others = zip(*rows, strict=True)
    return Read(versions, np.array(instants, np.int64), *others)


def _read_release(
    place: int, version: Any, date_added: Any, project_ids: Any, environments: Any, stages: Any
) -> tuple[str, int, frozenset[int], frozenset[str], Mapping[str, str]]:
    """One release with its values checked."""

    def wrong(key: str, value: object, expected: str) -> RequestError:
        return _error(
            f"release {place} ({version!r:.80}): {key} must be {expected}, not {value!r:.80}", value
        )

    if not isinstance(version, str):
        raise wrong("version", version, "text")
    instant = instant_of(date_added)
    if instant is None:
        raise wrong("date_added", date_added, "an instant (ISO 8601 text, epoch seconds or a datetime)")
    if not _all_are(project_ids, int | np.integer) or any(i < 1 or isinstance(i, bool) for i in project_ids):
        raise wrong("project_ids", project_ids, "a list of positive integers")
    if not _all_are(environments, str):
        raise wrong("environments", environments, "a list of texts")
    if not isinstance(stages, Mapping) or not _all_are(list(stages), str):
        raise wrong("stages", stages, "a mapping of environment to stage")
    for environment, stage in stages.items():
        if stage not in STAGES:
            raise wrong(f"stages[{environment!r:.80}]", stage, "one of " + ", ".join(STAGES))
    projects = frozenset(map(int, project_ids))
    frozen = MappingProxyType(dict(stages)) if stages else NO_STAGES
    return version, instant, projects, frozenset(environments), frozen


def _all_are(values: Any, kind: Any) -> bool:
    """Whether this is a list, or the like, of values of one kind."""
    return isinstance(values, LISTS) and all(isinstance(value, kind) for value in values)


def _check_listed_once(versions: tuple[str, ...]) -> None:
    if len(set(versions)) == len(versions):
        return
    first: dict[str, int] = {}
    for place, version in enumerate(versions):
        if first.setdefault(version, place) != place:
            raise _error(f"{version!r:.80} is listed twice, as release {first[version]} and release {place}")


def _error(problem: str, value: object = None) -> RequestError:
    return RequestError(f"releases: {problem}", parameter="releases", value=value)
