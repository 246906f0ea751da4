"""Which measures the requested fields need, and how they become values (§6).

1. Fields share measures: the crash rate and the crash-free rate divide the same two counts. `needs` lists
   the measures that a set of fields is computed from.
2. `measure` fills them for every slot: sessions by health class, users by user set, durations by statistic.
3. `evaluate` computes the value of a field from the measures.

This module is the reference that faster engines are tested against.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sessionstats import percentiles
from sessionstats.counting import (
    ALL_USERS,
    UNHEALTHY,
    distinct_users,
    sessions_by_class,
    set_membership,
    sets_for_classes,
    users_by_class,
)
from sessionstats.fields import ANR_MECHANISMS, Field
from sessionstats.health import has_duration, health_class
from sessionstats.rates import crash_free_rate, rate
from sessionstats.request.query import Query
from sessionstats.sessions import Sessions


class Needs(NamedTuple):
    """The measures that a set of fields is computed from.

    Parameters
    ----------
    sessions : bool
        Whether sessions are counted.
    user_sets : tuple of str
        Sets whose distinct users are counted (`sessionstats.counting`).
    statistics : tuple of str
        Statistics of durations (`sessionstats.fields.DURATION_STATISTICS`).
    """

    sessions: bool
    user_sets: tuple[str, ...]
    statistics: tuple[str, ...]


@dataclass(frozen=True)
class Measures:
    """What was measured, one entry per slot.

    Parameters
    ----------
    sessions : (slots, classes) int64
        Sessions by health class (§6.1); without columns if not needed.
    users : mapping of user set to (slots,) int64
        Distinct users (§6.2).
    durations : mapping of statistic to (slots,) float64
        Milliseconds, NaN where there are none (§6.3).
    """

    sessions: NDArray[np.int64]
    users: Mapping[str, NDArray[np.int64]]
    durations: Mapping[str, NDArray[np.float64]]

    @cached_property
    def all_sessions(self) -> NDArray[np.int64]:
        """Sessions of all health classes: (slots,) int64."""
        # `sum` takes thrice as long for rows this short.
        whole: NDArray[np.int64] = np.einsum("sc->s", self.sessions)
        return whole


def needs(fields: Iterable[Field], classes: Sequence[str], *, by_class: bool) -> Needs:
    """The measures that fields are computed from.

    Parameters
    ----------
    fields : iterable of Field
    classes : sequence of str
        The edition's health classes.
    by_class : bool
        Whether counts are split by health class.
    """
    sessions, user_sets, statistics = False, set[str](), []
    for field in fields:
        if field.subject == "session":
            sessions = True
        elif field.subject == "duration":
            statistics.append(field.statistic)
        elif by_class or field.numerator == "errored":
            user_sets.update(sets_for_classes(classes))
        else:
            user_sets.update((ALL_USERS, field.numerator) if field.numerator else (ALL_USERS,))
    return Needs(sessions, tuple(sorted(user_sets)), tuple(statistics))


def needs_of(query: Query) -> Needs:
    """The measures that the answer to a request shows."""
    by_class = query.by_status or query.search.classes is not None
    return needs(query.counting_fields, query.rules.health_classes, by_class=by_class)


def unneeded_columns(query: Query) -> frozenset[str]:
    """Columns that the answer to a request does not depend on, if no session has updates (§1.2).

    Parameters
    ----------
    query : Query
        The validated request.

    Returns
    -------
    frozenset of str
        Names of columns (§1.1).

    Examples
    --------
    >>> request = "field=sum(session)&groupBy=release&statsPeriod=14d"
    >>> sorted(unneeded_columns(Query.parse(request, now="2024-01-29T12:00Z")))
    ['abnormal_mechanism', 'distinct_id', 'duration', 'environment']
    """
    measured = needs_of(query)
    filtered = bool(query.search.text) or query.by_release_timestamp
    needed = {
        "release": filtered or "release" in query.group_by,
        "environment": filtered or "environment" in query.group_by or bool(query.environments),
        "distinct_id": bool(measured.user_sets),
        "duration": bool(measured.statistics),
        "abnormal_mechanism": any(name in ANR_MECHANISMS for name in measured.user_sets),
    }
    return frozenset(name for name, is_needed in needed.items() if not is_needed)


def measure(
    sessions: Sessions, slot: NDArray[np.intp], n_slots: int, needs: Needs, classes: tuple[str, ...]
) -> Measures:
    """Measure every slot from the sessions themselves (§6).

    Parameters
    ----------
    sessions : Sessions
        The sessions that count.
    slot : (n,) intp
        Slot of each session, from 0 to ``n_slots - 1``.
    n_slots : int
    needs : Needs
    classes : tuple of str
        The edition's health classes.
    """
    counts = np.zeros((n_slots, 0), np.int64)
    users: dict[str, NDArray[np.int64]] = {}
    durations: dict[str, NDArray[np.float64]] = {}
    if needs.sessions or needs.user_sets:
        health = health_class(sessions.status, sessions.errors, classes)
        if needs.sessions:
            counts = sessions_by_class(slot, health, sessions.quantity, n_slots, len(classes))
        if needs.user_sets:
            mechanism = sessions.abnormal_mechanism
            member = set_membership(needs.user_sets, health, classes, mechanism.codes, mechanism.categories)
            by_set = distinct_users(slot, sessions.distinct_id.codes, member, n_slots, len(needs.user_sets))
            users = dict(zip(needs.user_sets, by_set.T, strict=True))
    if needs.statistics:
        counted = has_duration(sessions.status, sessions.duration)
        samples = percentiles.order_samples(slot[counted], sessions.duration[counted], n_slots)
        durations = {name: percentiles.statistic(samples, name) for name in needs.statistics}
    return Measures(counts, users, durations)


def evaluate(
    field: Field,
    measures: Measures,
    classes: Sequence[str],
    selected: Sequence[str] | None = None,
    *,
    by_status: bool = False,
) -> NDArray[Any]:
    """Values of a field (§6).

    Parameters
    ----------
    field : Field
    measures : Measures
    classes : sequence of str
        The edition's health classes.
    selected : sequence of str, optional
        The classes that a status filter selects (§6.4); by default there is no filter.
    by_status : bool
        Whether the answer is grouped by status.

    Returns
    -------
    (slots, columns) int64 or float64
        One column per selected class if `by_status`, else one column. NaN is null.
    """
    if field.kind == "rate":
        return _rate_values(field, measures, classes)[:, np.newaxis]
    chosen = list(classes if selected is None else selected)
    if field.kind == "duration":
        return _duration_values(field, measures, chosen, by_status=by_status)
    if field.subject == "user" and not by_status and selected is None:
        return measures.users[ALL_USERS][:, np.newaxis]
    counts = measures.sessions if field.subject == "session" else users_by_class(measures.users, classes)
    columns = counts[:, [classes.index(name) for name in chosen]]
    return columns if by_status else columns.sum(axis=1, keepdims=True)


def _duration_values(
    field: Field, measures: Measures, chosen: Sequence[str], *, by_status: bool
) -> NDArray[np.float64]:
    # Durations belong to ``healthy`` (§6.3), and count only if that is selected (§6.4).
    columns = len(chosen) if by_status else 1
    values = np.full((len(measures.sessions), columns), np.nan)
    if "healthy" in chosen:
        values[:, chosen.index("healthy") if by_status else 0] = measures.durations[field.statistic]
    return values


def denominator(field: Field, measures: Measures) -> NDArray[np.int64]:
    """The denominator of a rate, one entry per slot: the sessions, or the users (§6.5)."""
    return measures.all_sessions if field.subject == "session" else measures.users[ALL_USERS]


def _rate_values(field: Field, measures: Measures, classes: Sequence[str]) -> NDArray[np.float64]:
    whole = denominator(field, measures)
    if field.subject == "session":
        if field.numerator == UNHEALTHY:
            part = whole - measures.sessions[:, classes.index("healthy")]
        else:
            part = measures.sessions[:, classes.index(field.numerator)]
    else:
        if field.numerator == "errored":
            part = users_by_class(measures.users, classes)[:, classes.index("errored")]
        else:
            part = measures.users[field.numerator]
    return crash_free_rate(part, whole) if field.complement else rate(part, whole)
