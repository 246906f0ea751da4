"""Counting sessions and distinct users (§6.1, §6.2).

A *slot* is one output position: a base group, or a cell (base group × bucket).

1. Sessions: Σ quantity, by health class.
2. Users: a user belongs to every *user set* that one of their sessions belongs to: all, ``unhealthy``, a
   health class, an ANR set. One sort by (slot, user) finds the distinct users of a slot, and the union of
   their sessions' sets, one bit per set, says where each of them counts.
3. Users by class are counts subtracted from counts, not sets: a user who both crashed and was abnormal makes
   ``errored`` one smaller, down to 0 (§6.2).

Everything is counted in int64; no count passes through a float.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import MISSING
from sessionstats.fields import ANR_MECHANISMS

ALL_USERS: Final = "all"
"""The set of all users of a slot."""

UNHEALTHY: Final = "unhealthy"
"""The set of users with any session that is not healthy (§6.2)."""


def sessions_by_class(
    slot: NDArray[np.intp],
    health: NDArray[np.int8],
    quantity: NDArray[np.int64],
    n_slots: int,
    n_classes: int,
) -> NDArray[np.int64]:
    """Sessions of each slot and health class: Σ quantity (§6.1).

    Parameters
    ----------
    slot : (n,) intp
    health : (n,) int8
        Health class of each row, from `sessionstats.health.health_class`.
    quantity : (n,) int64
        How many sessions each row represents.
    n_slots, n_classes : int

    Returns
    -------
    (n_slots, n_classes) int64

    Examples
    --------
    >>> slot, health = np.array([0, 0, 1]), np.array([3, 3, 1], np.int8)
    >>> sessions_by_class(slot, health, np.array([1, 2**53, 1]), n_slots=2, n_classes=4).tolist()
    [[0, 0, 0, 9007199254740993], [0, 1, 0, 0]]
    """
    key = slot * n_classes + health
    size = n_slots * n_classes
    if (quantity == 1).all():
        counts = np.bincount(key, minlength=size)
    else:
        counts = np.zeros(size, np.int64)
        np.add.at(counts, key, quantity)
    return counts.reshape(n_slots, n_classes)


def set_membership(
    sets: Sequence[str],
    health: NDArray[np.int8],
    classes: Sequence[str],
    mechanism: NDArray[np.int32],
    mechanisms: Sequence[str],
) -> NDArray[np.uint8]:
    """The user sets that each session puts its user into, one bit per set (§6.2, §6.5).

    Parameters
    ----------
    sets : sequence of str
        `ALL_USERS`, `UNHEALTHY`, health classes, and names of `sessionstats.fields.ANR_MECHANISMS`.
    health, classes
        Health class codes and the classes they represent.
    mechanism, mechanisms
        Mechanism codes and the mechanisms they represent.

    Returns
    -------
    (n,) uint8
        Bit ``i`` is set where the session belongs to ``sets[i]``.
    """
    by_class = np.array([_bits(sets, _sets_of_class(name)) for name in classes], np.uint8)
    member: NDArray[np.uint8] = by_class.take(health)
    if any(name in ANR_MECHANISMS for name in sets):
        by_mechanism = [_bits(sets, _sets_of_mechanism(name)) for name in mechanisms]
        hung = np.array(by_mechanism, np.uint8).take(mechanism)
        hung[health != classes.index("abnormal")] = 0  # a mechanism counts on abnormal sessions only (§6.5)
        member |= hung
    return member


def distinct_users(
    slot: NDArray[np.intp],
    user: NDArray[np.int32],
    member: NDArray[np.uint8],
    n_slots: int,
    n_sets: int,
) -> NDArray[np.int64]:
    """Distinct users of each slot and user set (§6.2).

    Parameters
    ----------
    slot : (n,) intp
    user : (n,) int32
        User code of each session, −1 where it has no user: such sessions do not count.
    member : (n,) uint8
        From `set_membership`.
    n_slots, n_sets : int

    Returns
    -------
    (n_slots, n_sets) int64

    Examples
    --------
    One user, seen twice, once in a crash; and a session without a user.

    >>> slot, user = np.array([0, 0, 0]), np.array([7, 7, -1], np.int32)
    >>> distinct_users(slot, user, np.array([0b01, 0b11, 0b11], np.uint8), n_slots=1, n_sets=2).tolist()
    [[1, 1]]
    """
    with_user = user != MISSING
    slot, user, member = slot[with_user], user[with_user], member[with_user]
    if not len(user):
        return np.zeros((n_slots, n_sets), np.int64)
    key = slot * (int(user.max()) + 1) + user
    order = np.argsort(key)
    key = key[order]
    first = np.concatenate(([True], key[1:] != key[:-1])).nonzero()[0]
    union = np.bitwise_or.reduceat(member[order], first)
    slot_of_user = slot[order[first]]
    counts = [np.bincount(slot_of_user[union >> bit & 1 == 1], minlength=n_slots) for bit in range(n_sets)]
    return np.stack(counts, axis=1)


def users_by_class(users: Mapping[str, NDArray[np.int64]], classes: Sequence[str]) -> NDArray[np.int64]:
    """Users of each slot by health class: counts subtracted from counts, at least 0 (§6.2).

    Parameters
    ----------
    users : mapping of user set to (slots,) int64
        `ALL_USERS`, `UNHEALTHY`, and every class but ``healthy`` and ``errored``.
    classes : sequence of str
        The edition's health classes.

    Returns
    -------
    (slots, classes) int64

    Examples
    --------
    Two users, one of whom both crashed and was abnormal; the other had an error.

    >>> counts = {"all": 2, "unhealthy": 2, "crashed": 1, "abnormal": 1}
    >>> users = {name: np.array([count]) for name, count in counts.items()}
    >>> users_by_class(users, ("abnormal", "crashed", "errored", "healthy")).tolist()
    [[1, 1, 0, 0]]
    """
    exclusive = [name for name in classes if name not in ("healthy", "errored")]
    errored = users[UNHEALTHY] - np.sum([users[name] for name in exclusive], axis=0)
    counts = {
        **{name: users[name] for name in exclusive},
        "errored": np.maximum(errored, 0),
        "healthy": np.maximum(users[ALL_USERS] - users[UNHEALTHY], 0),
    }
    return np.stack([counts[name] for name in classes], axis=1)


def sets_for_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """The user sets that `users_by_class` needs."""
    return (ALL_USERS, UNHEALTHY, *(name for name in classes if name not in ("healthy", "errored")))


def _sets_of_class(health_class: str) -> tuple[str, ...]:
    return (ALL_USERS, health_class) if health_class == "healthy" else (ALL_USERS, UNHEALTHY, health_class)


def _sets_of_mechanism(mechanism: str) -> tuple[str, ...]:
    return tuple(name for name, mechanisms in ANR_MECHANISMS.items() if mechanism in mechanisms)


def _bits(sets: Sequence[str], belongs_to: Sequence[str]) -> int:
    return sum(1 << bit for bit, name in enumerate(sets) if name in belongs_to)
