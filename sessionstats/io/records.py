"""Sessions from records and back: mappings with the columns of §1.1 as keys, as JSON has them.

1. Keys are names of columns (§1.5); a key that is absent, or null, is a missing value.
2. A record with a ``session_id`` that is not empty is an update; updates of one session are folded (§1.2).
   Others are standalone sessions.
3. Records are turned into columns first, so that each column is checked and encoded once.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

from sessionstats.columns.schema import COLUMNS, ENCODED, REQUIRED_COLUMNS, UPDATE_COLUMNS
from sessionstats.columns.values import show
from sessionstats.errors import DataError
from sessionstats.folding import Updates, checked_updates, fold
from sessionstats.health import STATUSES
from sessionstats.io.bad_rows import ReadReport
from sessionstats.io.blocks import Block, Errors, Reading, checked_blocks, reject_bad_rows
from sessionstats.io.names import SDK_KEYS, Mapped, sdk_keys
from sessionstats.sessions import Sessions, require_known_statuses

UNMAPPED: Final = MappingProxyType({name: name for name in UPDATE_COLUMNS})
"""The key of each column where keys are not mapped."""


def from_records(
    records: Iterable[Mapping[str, Any]],
    *,
    columns: Mapped | None = None,
    projects: Mapping[str, int] | None = None,
    statuses: Collection[str] = STATUSES,
    errors: Errors = "raise",
    report: ReadReport | None = None,
) -> Sessions:
    """Sessions, or updates of sessions, from mappings.

    Parameters
    ----------
    records : iterable of mappings
    columns : mapping of str to str or None, optional
        Which column a differently named key is; `None` leaves it out (§1.5).
    projects : mapping of str to int, optional
        Ids of the projects that the data names by a text.
    statuses : collection of str
        The statuses of the edition, `Rules.statuses`.
    errors : "raise" or "skip"
        Whether bad rows are an error, or are left out.
    report : ReadReport, optional
        Filled with what was left out; without it a warning says how many rows.

    Returns
    -------
    Sessions

    Raises
    ------
    DataError
        If a record is not a mapping, or breaks §1.4; rows are counted from 0. A `BadRowsError` if several do.
    ColumnNamesError
        If a key probably means a column (§1.5).

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
    reading = Reading.of(columns, projects, statuses, errors, report)
    parts = list(checked_blocks([records_block(rows, reading)] if rows else [], reading))
    reject_bad_rows(reading, reported=report is not None)
    return fold(Updates.concat(parts)) if parts else Sessions.empty()


def records_block(
    rows: list[Any], reading: Reading, lines: Sequence[int] | None = None, share: float = 1.0
) -> Block:
    """Records as a block of rows; a record that is a `DataError` is raised on conversion."""
    common = _common_keys(rows)
    keys = chain.from_iterable(row for row in rows if isinstance(row, Mapping)) if common is None else common
    names = reading.naming.of(dict.fromkeys(keys), all_there=False)

    def convert(part: slice) -> Updates:
        columns = record_columns(rows[part], names.theirs, common)
        return checked_updates(**columns | {"project_id": reading.project_ids(columns["project_id"])})

    return Block(len(rows), convert, names, lines, share)


def from_protocol(rows: list[Any], statuses: Collection[str]) -> Sessions:
    """Sessions from the rows of a request (§9): other keys are ignored, except those that SDKs send (§1.5).

    Raises
    ------
    DataError
        If a row is not a mapping, has a key that SDKs send, or breaks §1.4; the first such row is named.
    """
    common = _common_keys(rows)
    if set(map(type, rows)) != {dict} or not SDK_KEYS.isdisjoint(chain.from_iterable(rows)):
        for number, row in enumerate(rows):
            if isinstance(row, Mapping) and not SDK_KEYS.isdisjoint(row):
                problem = f"keys of what SDKs send, not of a session: {', '.join(map(repr, sdk_keys(row)))}"
                raise DataError(problem, row=number, value=row)
    if not rows:
        return Sessions.empty()
    updates = checked_updates(**record_columns(rows, UNMAPPED, common))
    require_known_statuses(updates.sessions, statuses)
    return fold(updates)


def to_records(sessions: Sessions) -> list[dict[str, Any]]:
    """One dict per row, fit for JSON and for `from_records`; a missing user or duration is `None`.

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
    """The rows as tuples of Python values, in the order of `COLUMNS`; otherwise like `to_records`."""
    values = {name: getattr(sessions, name) for name in COLUMNS}
    lists = {name: c.decode() if name in ENCODED else c.tolist() for name, c in values.items()}
    lists["started"] = [f"{text}Z" for text in sessions.started.astype(str).tolist()]
    lists["status"] = [STATUSES[code] for code in lists["status"]]
    lists["duration"] = [None if value != value else value for value in lists["duration"]]
    return zip(*lists.values(), strict=True)


def record_columns(
    rows: list[Any], keys: Mapping[str, str], common: tuple[str, ...] | None = None
) -> dict[str, list[Any]]:
    """The records as columns, `None` where a value is missing.

    Parameters
    ----------
    rows : list of mappings
    keys : mapping of str to str
        The key of each column; columns that no record has are left out, unless they are required.
    common : tuple of str, optional
        The keys of every record, in this order; `None` if they differ.

    Raises
    ------
    DataError
        If a record is not a mapping.

    Examples
    --------
    >>> rows = [{"started": 0, "status": "ok", "project_id": 1, "colour": "red"}, {"started": 1}]
    >>> record_columns(rows, {"status": "status", "started": "started", "errors": "errors"})
    {'status': ['ok', None], 'started': [0, 1], 'project_id': [1, None]}
    """
    keys = {**keys, **{name: keys.get(name, name) for name in REQUIRED_COLUMNS}}
    columns = {}
    values_of = _values_of_key(rows, common)
    try:
        for name, key in keys.items():
            values = values_of(key)
            if name in REQUIRED_COLUMNS or values.count(None) < len(values):
                columns[name] = values
    except AttributeError:
        wrong = next(number for number, row in enumerate(rows) if not isinstance(row, Mapping))
        raise _not_a_record(rows[wrong]).at(row=wrong) from None
    return columns


def _common_keys(rows: list[Any]) -> tuple[str, ...] | None:
    """The keys of records that are dicts with the same keys in the same order, for `record_columns`.

    `None` if they are not.
    """
    if set(map(type, rows)) != {dict}:
        return None
    keys = tuple(rows[0])
    return keys if all(map(keys.__eq__, map(tuple, rows))) else None


def _values_of_key(rows: list[Any], common: tuple[str, ...] | None) -> Callable[[str], list[Any]]:
    """A function of a key that gives its value in each record, `None` where it is absent."""
    if not common:  # without keys there is nothing to transpose, which would take memory
        return lambda key: [row.get(key) for row in rows]
    columns = dict(zip(common, map(list, zip(*map(dict.values, rows), strict=True)), strict=True))
    absent = [None] * len(rows)
    return lambda key: columns.get(key, absent)


def _not_a_record(row: Any) -> DataError:
    return (
        row
        if isinstance(row, DataError)
        else DataError(f"not an object: {show(row)}", value=row, reason="not an object")
    )
