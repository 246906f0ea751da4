"""Sessions from the two JSON shapes that SDKs send: session updates, and session aggregates.

1. An update is ``{"sid", "did", "seq", "init", "started", "timestamp", "status", "errors", "duration",
   "abnormal_mechanism", "attrs": {"release", "environment"}}``. Updates of one ``sid`` are folded (§1.2); one
   without it is a standalone session. A ``sid`` that is a UUID is the same with and without dashes, and in
   either case: SDKs differ in this. ``status`` is ``ok`` unless given; the rest is as in §1.1.
2. Updates are ordered by ``seq``, and ``init`` means 0, whatever ``seq`` says. Where neither is given, the
   position is the milliseconds of ``timestamp``, when the update was sent, as a server uses the time at which
   it arrives; without a ``timestamp``, those of ``started`` [ours: no clock plays a role in an answer]. So an
   update without a position comes after those that count 0, 1, 2, ….
3. ``timestamp`` does not place a session, nor substitute for ``started``, which is required [ours: an error
   is better than a session in the wrong bucket].
4. Aggregates are ``{"aggregates": [{"started", "did", "exited", "errored", "crashed", "abnormal",
   "unhandled"}, …], "attrs"}``. Each count becomes a row of that status and ``quantity``; a missing count
   is 0. Errored sessions have one error each, the least that they can have had [ours]. Without a
   ``did`` they have no user; none have a duration.
5. A payload with the key ``aggregates`` is of the second shape, every other of the first [ours].
6. Other keys are ignored, and null is a missing value. ``attrs`` may be missing, as may its contents
   [ours: §1.1 knows a missing release]. Errors name the payload, key path and value; payloads and
   aggregates are counted from 0.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import encode
from sessionstats.columns.numbers import integer_column
from sessionstats.columns.schema import BY_NAME, UPDATE
from sessionstats.columns.started import started_column
from sessionstats.columns.values import python_values, show
from sessionstats.errors import DataError
from sessionstats.folding import Updates, checked_updates, fold
from sessionstats.health import STATUSES
from sessionstats.instants import SECOND
from sessionstats.sessions import Sessions, require_known_statuses

KEYS: Final = MappingProxyType(
    {column.name: column.payload_key for column in UPDATE if column.payload_key is not None}
    | {"init": "init", "timestamp": "timestamp"}
)
"""The key path of each column in a payload; the last three determine the position of an update."""

COUNTED: Final = ("exited", "errored", "crashed", "abnormal", "unhandled")
"""Statuses that aggregates have counts of."""

IS_UUID: Final = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE
).fullmatch

MILLISECOND: Final = SECOND // 1000

Instants: TypeAlias = NDArray[np.datetime64]


class Row(NamedTuple):
    """A row, and where it comes from."""

    payload: int
    prefix: str
    """The prefix of its keys: ``aggregates[2].``, or nothing."""
    columns: Mapping[str, Any]


def from_payloads(payloads: Iterable[Mapping[str, Any]], project_id: int) -> Sessions:
    """Sessions from what SDKs send for one project.

    Parameters
    ----------
    payloads : iterable of mappings
        Session updates and session aggregates, decoded from JSON.
    project_id : int
        A payload does not say which project it was sent to.

    Returns
    -------
    Sessions
        Updates are folded; sessions are in the order of first appearance.

    Raises
    ------
    DataError
        If a payload is invalid (§1.4): `row` is its number, counted from 0, `column` the path of the key.

    Examples
    --------
    >>> noon, attrs = "2024-01-29T12:00:00Z", {"release": "app@1.0"}
    >>> begin = {"sid": "a", "init": True, "started": noon, "attrs": attrs}
    >>> end = {**begin, "init": False, "seq": 1, "status": "exited", "duration": 30}
    >>> minute = {"aggregates": [{"started": noon, "exited": 123, "errored": 4}], "attrs": attrs}
    >>> from sessionstats import to_records
    >>> sessions = from_payloads([end, begin, minute], project_id=1)
    >>> [(row["status"], row["quantity"], row["duration"]) for row in to_records(sessions)]
    [('exited', 1, 30.0), ('exited', 123, None), ('errored', 4, None)]
    >>> from_payloads([begin, {**end, "attrs": {"release": 1.0}}], project_id=1)
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: payload 1, attrs.release: not a text: 1.0
    """
    payloads = list(payloads)
    return fold(payload_updates(payloads, [checked_project(project_id)] * len(payloads)))


def checked_project(project_id: object) -> int:
    """The id of a project that the caller gives.

    Raises
    ------
    DataError
        If it is not a positive integer.
    """
    return int(integer_column("project_id", [project_id], default=None, least=1)[0])


def payload_updates(
    payloads: Sequence[Any], project_ids: Sequence[int], statuses: Collection[str] = STATUSES
) -> Updates:
    """The updates in what SDKs send, not yet folded.

    Parameters
    ----------
    payloads : sequence of mappings
        A payload that is a `DataError`, since it could not be decoded, is raised.
    project_ids : sequence of int
        The project of each payload.
    statuses : collection of str
        The statuses of the edition, `Rules.statuses`.

    Returns
    -------
    Updates
        A payload can have several rows, or none.

    Raises
    ------
    DataError
        If a payload is invalid: `row` is its number, counted from 0, `column` the path of the key.
    """
    rows = [row for number, payload in enumerate(payloads) for row in _rows(number, payload)]
    columns: dict[str, Any] = {name: [row.columns.get(name) for row in rows] for name in (*KEYS, "quantity")}
    try:
        columns["started"] = started = started_column(columns["started"])
        columns["seq"] = _places(columns["seq"], columns.pop("init"), columns.pop("timestamp"), started)
        columns["project_id"] = encode([project_ids[row.payload] for row in rows])
        sessions, session_id, seq = checked_updates(**columns)
        counted = np.flatnonzero(sessions.quantity > 0)
        rows = [rows[at] for at in counted.tolist()]
        require_known_statuses(sessions[counted], statuses)
    except DataError as error:
        if error.row is None:  # the sum of all quantities
            raise
        raise _located(rows[error.row], error) from None
    return Updates(sessions[counted], session_id[counted], seq[counted])


def _rows(number: int, payload: Any) -> Iterator[Row]:
    if isinstance(payload, DataError):
        raise payload.at(row=number)
    payload = _object(number, None, payload)
    attrs = {} if payload.get("attrs") is None else _object(number, "attrs", payload["attrs"])
    shared = {name: attrs.get(name) for name in ("release", "environment")}
    if "aggregates" not in payload:
        own = {name: payload.get(key) for name, key in KEYS.items() if name not in shared}
        own["status"] = "ok" if own["status"] is None else own["status"]
        own["session_id"] = _same_id(own["session_id"])
        yield Row(number, "", {**own, **shared})
        return
    aggregates = payload["aggregates"]
    if not isinstance(aggregates, list):
        raise _wrong(number, "aggregates", "not a list", aggregates)
    for place, aggregate in enumerate(aggregates):
        path = f"aggregates[{place}]"
        for columns in _counted(_object(number, path, aggregate)):
            yield Row(number, f"{path}.", {**columns, **shared})


def _same_id(sid: Any) -> Any:
    """One text for all spellings of the same UUID."""
    return sid.replace("-", "").lower() if isinstance(sid, str) and IS_UUID(sid) else sid


def _counted(aggregate: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row per status; those with a count of 0 are checked like the others, then left out."""
    for status in COUNTED:
        count = aggregate.get(status)
        yield {
            "started": aggregate.get("started"),
            "distinct_id": aggregate.get("did"),
            "status": status,
            "errors": int(status == "errored"),
            "quantity": 0 if count is None else count,
        }


def _places(seq: list[Any], init: list[Any], timestamp: list[Any], started: Instants) -> NDArray[np.int64]:
    """Position of each update among those of its session."""
    counted = integer_column("seq", seq, default=0, least=BY_NAME["seq"].least)
    first = np.array(python_values("init", "true or false", init, (bool,), False), np.bool_)
    uncounted = np.array([value is None for value in seq], np.bool_)
    sent = _sent(timestamp, started).view(np.int64) // MILLISECOND
    return np.where(first, 0, np.where(uncounted, sent, counted))


def _sent(timestamp: list[Any], started: Instants) -> Instants:
    """When each update was sent; if it does not say, when its session began."""
    sent = started.copy()
    rows = [row for row, value in enumerate(timestamp) if value is not None]
    try:
        sent[rows] = started_column([timestamp[row] for row in rows])
    except DataError as error:
        row = rows[error.row or 0]
        raise DataError(error.problem, column="timestamp", row=row, value=error.value) from None
    return sent


def _object(number: int, path: str | None, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(number, path, "not an object", value)
    return value


def _wrong(number: int, path: str | None, problem: str, value: object) -> DataError:
    return _at(number, path, DataError(f"{problem}: {show(value)}", value=value))


def _located(row: Row, error: DataError) -> DataError:
    """The error of a column, at the key whose value it is."""
    counted = row.prefix and error.column in ("quantity", "status")
    key = row.columns["status"] if counted else KEYS[error.column or ""]
    return _at(row.payload, key if key.startswith("attrs.") else row.prefix + key, error)


def _at(number: int, path: str | None, error: DataError) -> DataError:
    return error.at(payload=number, column=path, row=number)
