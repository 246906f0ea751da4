"""Release metadata read column by column (§4.8).

1. If every value of a column is in the plain form that nearly all have, the whole column is checked and
   converted together: a million releases take about a second.
2. If one is not, nothing is decided here: `Releases` reads the releases one by one, and names the first
   invalid one.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.started import plain_instants
from sessionstats.errors import SessionStatsError
from sessionstats.instants import SECOND, YEAR_10000, parse_now

STAGES: Final = ("adopted", "low_adoption", "replaced")
"""The stages of adoption (§4.8)."""

NO_STAGES: Final[Mapping[str, str]] = MappingProxyType({})
"""Stages of a release without any; shared, because most have none."""


class Read(NamedTuple):
    """Release metadata in columns, checked."""

    versions: tuple[str, ...]
    date_added: NDArray[np.int64]
    project_ids: tuple[frozenset[int], ...]
    environments: tuple[frozenset[str], ...]
    stages: tuple[Mapping[str, str], ...]


def read_together(
    versions: Sequence[Any],
    date_added: Sequence[Any] | NDArray[Any],
    project_ids: Sequence[Any],
    environments: Sequence[Any],
    stages: Sequence[Any],
) -> Read | None:
    """The columns of release metadata, or `None` if they are not all in the plain form.

    The plain form has texts for versions, instants that `columns.started` reads together, lists of positive
    `int` for projects, lists of texts for environments, and dicts of texts for stages.

    Examples
    --------
    >>> read = read_together(["a"], ["2024-01-29T00:00:00Z"], [[1, 2]], [["prod"]], [{}])
    >>> read.date_added.tolist(), read.project_ids
    ([1706486400000000], (frozenset({1, 2}),))
    >>> read_together(["a"], [0], [[True]], [[]], [{}]) is None
    True
    """
    if not _all_of(versions, str):
        return None
    instants, adoption = _instants(date_added), _stage_mappings(stages)
    projects, own = _sets(project_ids, int), _sets(environments, str)
    if instants is None or projects is None or own is None or adoption is None:
        return None
    if projects and min(chain.from_iterable(set(projects)), default=1) < 1:
        return None
    return Read(tuple(versions), instants, projects, own, adoption)


def instant_of(value: Any) -> int | None:
    """Microseconds since the epoch, or `None` if the value is not an instant."""
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        value = value.item()
    try:
        return parse_now(value) if value is not None else None
    except SessionStatsError:
        return None


def _instants(values: Sequence[Any] | NDArray[Any]) -> NDArray[np.int64] | None:
    if isinstance(values, np.ndarray):
        values = list(values)
    if values and _all_of(values, str):
        plain = plain_instants(list(values))
        if plain is not None:
            return plain.view(np.int64)
    elif values and _all_of(values, int) and min(values) >= 0 and max(values) < YEAR_10000 // SECOND:
        return np.array(values, np.int64) * SECOND
    instants = [instant_of(value) for value in values]
    return None if None in instants else np.array(instants, np.int64)


def _sets(lists: Sequence[Any], kind: type) -> tuple[frozenset[Any], ...] | None:
    """Each list as a set, equal ones the same object; `None` unless all are lists of one kind of values."""
    if not (_all_of(lists, list, tuple) and _all_of(chain.from_iterable(lists), kind)):
        return None
    keys = list(map(tuple, lists))
    known = {key: frozenset(key) for key in set(keys)}
    return tuple(map(known.__getitem__, keys))


def _stage_mappings(mappings: Sequence[Any]) -> tuple[Mapping[str, str], ...] | None:
    """Each mapping, read-only, equal ones the same object; `None` unless all are dicts of stages by text."""
    if not _all_of(mappings, dict, MappingProxyType):
        return None
    if mappings.count(NO_STAGES) == len(mappings):
        return (NO_STAGES,) * len(mappings)
    keys = [tuple(own.items()) for own in mappings]
    try:
        distinct = set(keys)
    except TypeError:  # a stage that is a list
        return None
    pairs = set(chain.from_iterable(distinct))
    if not (_all_of((name for name, _ in pairs), str) and {stage for _, stage in pairs}.issubset(STAGES)):
        return None
    known = {key: MappingProxyType(dict(key)) if key else NO_STAGES for key in distinct}
    return tuple(map(known.__getitem__, keys))


def _all_of(values: Iterable[Any], *kinds: type) -> bool:
    """Whether each value is exactly of one of the types: `True` is not an integer."""
    return set(map(type, values)).issubset(kinds)
