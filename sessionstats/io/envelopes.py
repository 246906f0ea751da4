"""Sessions from envelopes, the form in which SDKs send data and keep what they could not send.

1. An envelope is a line with its header, a JSON object, and any number of items. An item is a line with a
   header of its own, a JSON object with a ``type``, and a payload: as many bytes as the header's ``length``
   says or, without one, the rest of the line. A line break ends each of them, except at the end.
2. Envelopes follow one another, each on a line of its own: a header without a ``type`` begins the next
   [ours: a request holds one envelope, a file of captured requests holds many]. Blank lines are skipped.
3. Items of the types ``session`` and ``sessions`` are read (`sessionstats.io.payloads`). Those of other types
   are left out, whatever they contain, and counted by type.
4. The project is the last part of the path of ``dsn`` in the envelope's header. Most SDKs leave it out of
   the envelope, and name it only in the address that they send to; then the caller has to say it.
5. Data compressed with gzip is recognised by its first bytes.
6. All sources are read before anything is folded: the updates of one session may be in any of them (§1.2).
7. Errors name the source, line, key and value (§1.4); lines are counted from 1.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, MutableMapping
from os import PathLike, fspath
from typing import Any, Final, NamedTuple, TypeAlias

from sessionstats.columns.values import show
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.io.payloads import from_payloads
from sessionstats.sessions import Sessions

Source: TypeAlias = str | PathLike[str] | bytes
"""The path of a file, or its contents."""

TYPES: Final = ("session", "sessions")
"""Types of the items that hold sessions."""

GZIP: Final = b"\x1f\x8b"
"""How gzip begins; an envelope never does, since it begins with a brace."""


class Place(NamedTuple):
    """A line of a source."""

    source: str
    line: int

    def wrong(self, problem: str) -> SessionStatsError:
        """The error for a problem on this line."""
        return SessionStatsError(f"{self.source}, line {self.line}: {problem}")


class Item(NamedTuple):
    """An item of an envelope."""

    type: str
    payload: bytes
    place: Place
    """Where the payload begins."""
    project_id: int | None
    """That of its envelope; `None` if the envelope does not name one."""


def from_envelopes(
    *sources: Source, project_id: int | None = None, left_out: MutableMapping[str, int] | None = None
) -> Sessions:
    """Sessions from the envelopes that SDKs send.

    Parameters
    ----------
    *sources : str, path or bytes
        Files, or their contents: one envelope or many, compressed with gzip or not.
    project_id : int, optional
        The project of the envelopes that do not name one.
    left_out : mutable mapping of str to int, optional
        The numbers of items of other types are added to it, by type.

    Returns
    -------
    Sessions
        Updates are folded.

    Raises
    ------
    DataError
        If a payload is invalid (§1.4).
    SessionStatsError
        If a source does not consist of envelopes, or the project of one is unknown.
    OSError
        If a file cannot be read.

    Examples
    --------
    >>> body = b'''{"dsn": "https://key@o1.ingest.example/42"}
    ... {"type": "event", "length": 2}
    ... {}
    ... {"type": "session"}
    ... {"sid": "a", "init": true, "started": "2024-01-29T12:00:00Z", "attrs": {"release": "app@1.0"}}'''
    >>> from sessionstats import to_records
    >>> others = {}
    >>> row, = to_records(from_envelopes(body, left_out=others))
    >>> row["project_id"], row["release"], row["status"], others
    (42, 'app@1.0', 'ok', {'event': 1})
    >>> from_envelopes(body.replace(b"12:00", b"25:00"))
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: source 0, line 5, started: not an instant: '2024-01-29T25:00:00Z'
    """
    left_out = {} if left_out is None else left_out
    wanted: dict[int, list[Item]] = {}
    for number, source in enumerate(sources):
        name = f"source {number}" if isinstance(source, bytes) else fspath(source)
        for item in _items(_content(source, name), name):
            if item.type not in TYPES:
                left_out[item.type] = left_out.get(item.type, 0) + 1
                continue
            project = project_id if item.project_id is None else item.project_id
            if project is None:
                raise item.place.wrong(
                    "the envelope does not name its project (it has no dsn): give project_id"
                )
            wanted.setdefault(project, []).append(item)
    return Sessions.concat(_sessions(items, project) for project, items in wanted.items())


def _sessions(items: list[Item], project: int) -> Sessions:
    """The sessions of one project; errors name the line."""
    payloads = [_parsed(item.payload, item.place) for item in items]
    try:
        return from_payloads(payloads, project)
    except DataError as error:
        if error.row is None:  # the project, or the sum of all quantities
            raise
        source, line = items[error.row].place
        raise error.at(file=source, line=line) from None


def _content(source: Source, name: str) -> bytes:
    """The contents of a source, unpacked."""
    if isinstance(source, bytes):
        content = source
    else:
        with open(source, "rb") as file:
            content = file.read()
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise SessionStatsError(f"{name}: broken gzip: {error}") from None


def _items(content: bytes, name: str) -> Iterator[Item]:
    """The items of all envelopes, in order."""
    position, line = 0, 1
    envelope: dict[str, Any] | None = None
    while position < len(content):
        text, after = _line(content, position)
        if text.strip():
            place = Place(name, line)
            header = _header(text, place)
            if "type" not in header:
                envelope = header
                project = _project(envelope, place)
            elif envelope is None:
                raise place.wrong("an item before the header of its envelope")
            else:
                payload, end = _payload(content, after, header.get("length"), place)
                yield Item(str(header["type"]), payload, Place(name, line + 1), project)
                line += content.count(b"\n", after, end)
                after = end
        position, line = after, line + 1


def _line(content: bytes, position: int) -> tuple[bytes, int]:
    """The line that begins at a position, without its end; and the position after it."""
    end = content.find(b"\n", position)
    return (content[position:], len(content)) if end < 0 else (content[position:end], end + 1)


def _payload(content: bytes, position: int, length: object, header: Place) -> tuple[bytes, int]:
    """The payload that begins at a position; and the position after it and its line break."""
    if length is None:
        return _line(content, position)
    if type(length) is not int or length < 0:
        raise header.wrong(f"length: not a number of bytes: {show(length)}")
    end = position + length
    if end > len(content):
        raise header.wrong(f"length: {length} bytes, but only {len(content) - position} follow")
    rest, after = _line(content, end)
    if rest.strip(b"\r"):
        raise header.wrong(f"length: no line ends after {length} bytes")
    return content[position:end], after


def _header(text: bytes, place: Place) -> dict[str, Any]:
    header = _parsed(text, place)
    if not isinstance(header, dict):
        raise place.wrong("the header of an envelope, or of an item, is an object")
    return header


def _parsed(text: bytes, place: Place) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise place.wrong(f"not JSON: {error} (each envelope begins on a line of its own)") from None


def _project(envelope: dict[str, Any], place: Place) -> int | None:
    """The project that the header of an envelope names."""
    dsn = envelope.get("dsn")
    if dsn is None:
        return None
    match = re.search(r"/([0-9]{1,18})/?$", dsn) if isinstance(dsn, str) else None
    if match is None:
        raise place.wrong(f"dsn: does not end in the id of a project: {show(dsn)}")
    return int(match[1])
