"""Who is a user (§1.1, §6.2): bugs that take some users for others, or nobody for somebody."""

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from sessionstats.columns.texts import NO_USER
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Row
from sessionstats.testing.bugs.flat import Flat

STAND_IN: Final = "\x00"
"""First character of made-up users, which no case has."""


def _renamed(evidence: Evidence, rename: Callable[[Any], Any]) -> Iterator[Flat]:
    """The answer if the users of the rows were others."""
    rows = [{**row, "distinct_id": rename(row.get("distinct_id"))} for row in evidence.rows]
    before = [row.get("distinct_id") for row in evidence.rows]
    if list(map(repr, before)) != [repr(row["distinct_id"]) for row in rows]:
        yield evidence.respond(sessions=rows)


def _is_nobody(user: Any) -> bool:
    return user in NO_USER


def _is_nil(user: Any) -> bool:
    return bool(user) and user in NO_USER


def _counted(evidence: Evidence, is_one: Callable[[Any], bool]) -> Iterator[Flat]:
    """The answers if some spellings of nobody were users: all of them one, or one each."""
    yield from _renamed(evidence, lambda user: STAND_IN if is_one(user) else user)
    yield from _renamed(evidence, lambda user: f"{STAND_IN}{user}" if is_one(user) else user)


@diagnosis("nil-user-counted", "1.1", "The nil user is counted")
def nil_user(evidence: Evidence) -> Iterator[Flat]:
    """The nil UUID stands for no user: all anonymous sessions together would be one very active user."""
    yield from _counted(evidence, _is_nil)
    for spelling in NO_USER[2:]:
        yield from _counted(evidence, partial(operator.eq, spelling))


@diagnosis("empty-user-counted", "1.1", "The empty user is counted")
def empty_user(evidence: Evidence) -> Iterator[Flat]:
    """An empty id stands for no user."""
    yield from _counted(evidence, lambda user: user == "")


@diagnosis("no-user-counted", "6.2", "Sessions without a user count as users", broad=True)
def no_user(evidence: Evidence) -> Iterator[Flat]:
    """Sessions without a user count for no user, neither all for one nor each for one."""
    yield from _counted(evidence, lambda user: user is None)
    yield from _counted(evidence, lambda user: user is None or user == "")
    yield from _counted(evidence, _is_nobody)
    numbers = iter(range(len(evidence.rows)))
    yield from _renamed(evidence, lambda user: f"{STAND_IN}{next(numbers)}" if _is_nobody(user) else user)


@diagnosis("users-per-project", "6.2", "The same user counts once a project")
def per_project(evidence: Evidence) -> Iterator[Flat]:
    """Users are one space for all projects: the same id in two projects is one user."""

    def own(session: Row) -> Row:
        if session["distinct_id"] is not None:
            session["distinct_id"] = f"{session['project_id']}{STAND_IN}{session['distinct_id']}"
        return session

    yield from evidence.with_sessions(own)


@diagnosis("integer-users-differ", "1.1", "An integer user and its decimal text are two users")
def integers(evidence: Evidence) -> Iterator[Flat]:
    """An id given as a number is the same user as its decimal text."""
    yield from _renamed(evidence, lambda user: f"{STAND_IN}{user}" if isinstance(user, int) else user)
    yield from _renamed(evidence, lambda user: None if isinstance(user, int) else user)


@diagnosis("falsy-users-dropped", "1.1", "The user 0 is taken for nobody")
def falsy(evidence: Evidence) -> Iterator[Flat]:
    """The integer 0 is the user "0"; only an empty, missing or nil id is nobody."""
    yield from _renamed(evidence, lambda user: None if user == 0 else user)
    yield from _renamed(evidence, lambda user: None if user in (0, "0") else user)


@diagnosis("user-ids-normalized", "1.1", "Users are compared without case or surrounding space")
def normalized(evidence: Evidence) -> Iterator[Flat]:
    """Ids are opaque: those that differ in case or space are different users."""

    def change(user: Any, *steps: Callable[[str], str]) -> Any:
        for step in steps if isinstance(user, str) else ():
            user = step(user)
        return user

    yield from _renamed(evidence, lambda user: change(user, str.lower))
    yield from _renamed(evidence, lambda user: change(user, str.strip))
    yield from _renamed(evidence, lambda user: change(user, str.lower, str.strip))


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    nil_user,
    empty_user,
    no_user,
    per_project,
    falsy,
    integers,
    normalized,
)
"""Of this family, the most specific first."""
