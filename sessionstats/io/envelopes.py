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
6. A payload is a row of a block: bad payloads are reported together, or left out on request. An envelope that
   is damaged is an error, since nobody knows where the next one begins.
7. Errors name the source, line, key and value (§1.4); lines are counted from 1.
"""

import gzip
import re
import zlib
from collections.abc import Iterator, MutableMapping
from functools import partial
from io import BytesIO
from itertools import islice
from os import PathLike, fspath
from typing import Any, Final, NamedTuple, TypeAlias

from sessionstats.columns.values import show
from sessionstats.errors import DataError, SessionStatsError, located
from sessionstats.folding import Updates, fold
from sessionstats.io.bad_rows import ReadReport
from sessionstats.io.blocks import Block, Reading, checked_blocks, reject_bad_rows
from sessionstats.io.names import Names
from sessionstats.io.payloads import checked_project, payload_updates
from sessionstats.io.sources import Opened
from sessionstats.io.strict_json import NotJSON, loads
from sessionstats.sessions import Sessions

Source: TypeAlias = str | PathLike[str] | bytes
"""The path of a file, or its contents."""

TYPES: Final = ("session", "sessions")
"""Types of the items that hold sessions."""

GZIP: Final = b"\x1f\x8b"
"""How gzip begins; an envelope never does, since it begins with a brace."""

PAYLOADS_TOGETHER: Final = 1 << 12
"""Payloads converted together."""


class Item(NamedTuple):
    """An item of an envelope."""

    type: str
    payload: bytes
    line: int
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
        If a payload is invalid (§1.4); a `BadRowsError` if several are.
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
    report = ReadReport(items_left_out={} if left_out is None else left_out)
    reading = Reading(report=report, project_id=None if project_id is None else checked_project(project_id))
    parts: list[Updates] = []
    for number, source in enumerate(sources):
        name = f"source {number}" if isinstance(source, bytes) else fspath(source)
        with located(name), BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
            blocks = envelope_blocks(Opened(file, lambda: 1.0), reading)
            parts += checked_blocks(blocks, reading, name)
    reject_bad_rows(reading, reported=True)
    return fold(Updates.concat(parts)) if parts else Sessions.empty()


def envelope_blocks(source: Opened, reading: Reading) -> Iterator[Block]:
    """The payloads of a file of envelopes.

    Parameters
    ----------
    source : Opened
    reading : Reading

    Yields
    ------
    Block
        A payload that is not JSON is found when it is converted.

    Raises
    ------
    SessionStatsError
        If the file does not consist of envelopes, or the project of one is unknown.
    """
    items = _of_sessions(_items(_unpacked(source.file.read())), reading)
    while block := list(islice(items, PAYLOADS_TOGETHER)):
        convert = partial(_converted, block, reading)
        yield Block(len(block), convert, Names({}), [item.line for item in block], source.share())


def _of_sessions(items: Iterator[Item], reading: Reading) -> Iterator[Item]:
    """The items that hold sessions, each with a project; the others are counted."""
    left_out = reading.report.items_left_out
    for item in items:
        if item.type not in TYPES:
            left_out[item.type] = left_out.get(item.type, 0) + 1
        elif item.project_id is not None:
            yield item
        elif reading.project_id is not None:
            yield item._replace(project_id=reading.project_id)
        else:
            raise _wrong(item.line, "the envelope does not name its project (it has no dsn): give project_id")


def _converted(items: list[Item], reading: Reading, part: slice) -> Updates:
    """The updates in the payloads of some items."""
    payloads = [_decoded(item.payload) for item in items[part]]
    return payload_updates(payloads, [item.project_id or 0 for item in items[part]], reading.statuses)


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise SessionStatsError(f"broken gzip: {error}") from None


def _items(content: bytes) -> Iterator[Item]:
    """The items of all envelopes, in order."""
    position, line = 0, 1
    project, begun = None, False
    while position < len(content):
        text, after = _line(content, position)
        if text.strip():
            header = _header(text, line)
            if "type" not in header:
                project, begun = _project(header, line), True
            elif not begun:
                raise _wrong(line, "an item before the header of its envelope")
            else:
                payload, end = _payload(content, after, header.get("length"), line)
                yield Item(str(header["type"]), payload, line + 1, project)
                line += content.count(b"\n", after, end)
                after = end
        position, line = after, line + 1


def _line(content: bytes, position: int) -> tuple[bytes, int]:
    """The line that begins at a position, without its end; and the position after it."""
    end = content.find(b"\n", position)
    return (content[position:], len(content)) if end < 0 else (content[position:end], end + 1)


def _payload(content: bytes, position: int, length: object, line: int) -> tuple[bytes, int]:
    """The payload that begins at a position; and the position after it and its line break."""
    if length is None:
        return _line(content, position)
    if type(length) is not int or length < 0:
        raise _wrong(line, f"length: not a number of bytes: {show(length)}")
    end = position + length
    if end > len(content):
        raise _wrong(line, f"length: {length} bytes, but only {len(content) - position} follow")
    rest, after = _line(content, end)
    if rest.strip(b"\r"):
        raise _wrong(line, f"length: no line ends after {length} bytes")
    return content[position:end], after


def _header(text: bytes, line: int) -> dict[str, Any]:
    header = _decoded(text)
    if isinstance(header, DataError):
        raise header.at(line=line)
    if not isinstance(header, dict):
        raise _wrong(line, "the header of an envelope, or of an item, is an object")
    return header


def _decoded(text: bytes) -> Any:
    """The value of some JSON; if it is not JSON, the error that says so."""
    try:
        # Lone surrogates are not valid UTF-8, but valid text in JSON.
        return loads(text.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        problem = "not UTF-8"
    except NotJSON as error:
        problem = str(error)
    return DataError(f"not JSON: {problem} (each envelope begins on a line of its own)", reason="not JSON")


def _project(envelope: dict[str, Any], line: int) -> int | None:
    """The project that the header of an envelope names."""
    dsn = envelope.get("dsn")
    if dsn is None:
        return None
    match = re.search(r"/([0-9]{1,18})/?$", dsn) if isinstance(dsn, str) else None
    if match is None or int(match[1]) < 1:
        raise _wrong(line, f"dsn: does not end in the id of a project: {show(dsn)}")
    return int(match[1])


def _wrong(line: int, problem: str) -> DataError:
    """The error for a problem on a line."""
    return DataError(problem).at(line=line)
