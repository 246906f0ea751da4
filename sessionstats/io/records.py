"""Sessions from records and back: mappings with the columns of §1.1 as keys, as JSON has them.

1. Keys that are no column are ignored; a key that is absent, or null, is a missing value.
2. A record with a ``session_id`` that is not empty is an update; updates of one session are folded (§1.2).
   Others are sessions by themselves.
3. Records are turned into columns first, so that each column is checked and encoded once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from sessionstats.columns.schema import COLUMNS, ENCODED, REQUIRED_COLUMNS, UPDATE_COLUMNS
from sessionstats.columns.values import refuse, show
from sessionstats.errors import DataError
from sessionstats.folding import from_updates
from sessionstats.health import STATUSES
from sessionstats.notes import editions_with
from sessionstats.sessions import Sessions


def from_records(records: Iterable[Mapping[str, Any]], statuses: Collection[str] = STATUSES) -> Sessions:
    """Sessions, or updates of sessions, from mappings.

    Parameters
    ----------
    records : iterable of mappings
    statuses : collection of str
        Those of the edition, `Rules.statuses`.

    Returns
    -------
    Sessions

    Raises
    ------
    DataError
        If a record is not a mapping, or breaks §1.4; rows are counted from 0.

    Examples
    --------
    >>> row = {"started": "2024-01-29T12:00:00Z", "project_id": 1, "status": "ok", "session_id": "a"}
    >>> from_records([row, row | {"status": "exited", "seq": 1, "duration": 30}])
    Sessions(1 row, 1 session, 2024-01-29T12:00:00Z to 2024-01-29T12:00:00Z, 1 project, 1 release, 0 users)
    >>> from_records([row, row | {"status": "gone"}])
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: column 'status', row 1: unknown status: 'gone'
    """
    rows = list(records)
    if not rows:
        return Sessions.empty()
    columns = record_columns(rows)
    sessions = from_updates(**columns)
    if not set(columns["status"]).issubset(statuses):
        row, status = next(item for item in enumerate(columns["status"]) if item[1] not in statuses)
        note = partial(editions_with, status)
        refuse("status", "not a status of this edition", row, status, note)
    return sessions


def to_records(sessions: Sessions) -> list[dict[str, Any]]:
    """One dict a row, fit for JSON and for `from_records`; `None` for no user and no duration.

    Examples
    --------
    >>> sessions = Sessions(started=[0.25], project_id=[1], status=["ok"])
    >>> to_records(sessions)[0]["started"]
    '1970-01-01T00:00:00.250000Z'
    >>> from_records(to_records(sessions)) == sessions
    True
    """
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(sessions)]


def rows_of(sessions: Sessions) -> Iterator[tuple[Any, ...]]:
    """The rows as tuples of Python values, in the order of `COLUMNS`; otherwise as `to_records`."""
    values = {name: getattr(sessions, name) for name in COLUMNS}
    lists = {name: c.decode() if name in ENCODED else c.tolist() for name, c in values.items()}
    lists["started"] = [f"{text}Z" for text in sessions.started.astype(str).tolist()]
    lists["status"] = [STATUSES[code] for code in lists["status"]]
    lists["duration"] = [None if value != value else value for value in lists["duration"]]
    return zip(*lists.values(), strict=True)


def record_columns(rows: list[Any]) -> dict[str, list[Any]]:
    """The records as columns, `None` where a value is missing; columns that no record has are left out.

    Raises
    ------
    DataError
        If a record is not a mapping.

    Examples
    --------
    >>> record_columns([{"started": 0, "status": "ok", "project_id": 1, "colour": "red"}, {"started": 1}])
    {'started': [0, 1], 'project_id': [1, None], 'status': ['ok', None]}
    """
    try:
        columns = {name: [row.get(name) for row in rows] for name in UPDATE_COLUMNS}
    except AttributeError:
        wrong = next(number for number, row in enumerate(rows) if not isinstance(row, Mapping))
        raise DataError(f"not an object: {show(rows[wrong])}", row=wrong, value=rows[wrong]) from None
    return {name: v for name, v in columns.items() if name in REQUIRED_COLUMNS or v.count(None) < len(v)}
