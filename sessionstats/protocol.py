"""The oracle protocol (§9): one request per line in, one answer per line out, in JSON.

1. A request is ``{"id", "now", "params", "sessions", "projects"?, "releases"?, "rules"?}``; other keys are
   ignored. Any other line is answered with status 400, and the stream goes on.
2. Session rows are validated before anything else (§2.2), against the statuses of the edition, as far as the
   rules say which one it is: an invalid row is status 422.
3. A rejected request has the status and the text of its error; an answered one has status 200, the answer
   of §8, and links when ``per_page`` was present.
4. Answers come in the order of requests and are flushed one by one, so that a peer can wait for each.
5. What a request may cost is limited (`sessionstats.limits`): status 413. No more of a line is read than the
   limit allows.
6. The id of a request is returned whatever else is wrong with it, even if the line is not JSON.
"""

import json
import traceback
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, BinaryIO, Final

from sessionstats.errors import RequestError, SessionStatsError
from sessionstats.fields import KEY_COLUMNS
from sessionstats.health import STATUSES
from sessionstats.instants import parse_iso
from sessionstats.io.records import from_protocol
from sessionstats.io.strict_json import NotJSON, loads, member_of_damaged
from sessionstats.limits import Limits
from sessionstats.pipeline import answer as answer_query
from sessionstats.request.query import Query
from sessionstats.result import Result
from sessionstats.rules import EDITIONS, Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions

REQUEST_KEYS: Final = ("now", "params", "sessions")
"""Keys without which a line is not a request."""

DEFAULT: Final = Limits()
"""The default limits."""

TOO_LARGE: Final = 413
"""Status of a request that exceeds a limit."""

_DOCUMENTED: Final = Rules()
_ENCODER: Final = json.JSONEncoder(allow_nan=False)

SKIPPED: Final = 1 << 16
"""Bytes read and dropped at a time from the rest of a line that is too long."""


def respond(request: object, limits: Limits = DEFAULT) -> dict[str, Any]:
    """Answer one decoded request (§9).

    Parameters
    ----------
    request : object
        Decoded JSON.
    limits : Limits

    Returns
    -------
    dict
        ``id``, ``status``, ``body`` and, when ``per_page`` was given, ``links``.

    Examples
    --------
    >>> respond({"id": 7, "now": "2024-01-29T12:00:00Z", "params": {}, "sessions": []})
    {'id': 7, 'status': 400, 'body': {'detail': 'Request is missing a "field"'}}
    """
    identity = request.get("id") if isinstance(request, dict) else None
    try:
        sessions, query = read(request, limits)
        require_cells(sessions, query, limits)
        return {"id": identity, **answered(answer_query(sessions, query))}
    except SessionStatsError as error:
        return _rejection(identity, error.status, error.detail)
    except RecursionError:
        return _rejection(identity, 400, "not a request: nested too deeply")
    except MemoryError:
        return _rejection(identity, TOO_LARGE, "not enough memory for this request")


def answered(result: Result) -> dict[str, Any]:
    """A result in the form of the protocol, without the id (§9)."""
    answer: dict[str, Any] = {"status": 200, "body": result.to_dict()}
    if result.query.page.size is not None:
        names = ("previous", "next")
        answer["links"] = {
            name: {"cursor": link.cursor, "results": link.results}
            for name, link in zip(names, result.links, strict=True)
        }
    return answer


def respond_to_line(line: bytes, limits: Limits = DEFAULT) -> str:
    r"""Answer one line of the protocol with one line, without its line end (§9).

    Examples
    --------
    >>> respond_to_line(b"hello")
    '{"id": null, "status": 400, "body": {"detail": "not a request: not JSON (Expecting value, column 1)"}}'
    >>> respond_to_line(b'{"id": 7, "now": 2024-01-29}').partition(":")[2][:3]
    ' 7,'
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        limits.require("max_line_bytes", len(line), "the line is too long")
        # Lone surrogates are not valid UTF-8, but valid text in JSON.
        request = loads(line.decode("utf-8", "surrogatepass").removeprefix("\ufeff"))
        answer = respond(request, limits)
    except SessionStatsError as error:
        answer = _rejection(_id_of_damaged(line), error.status, error.detail)
    except UnicodeDecodeError:
        answer = _rejection(_id_of_damaged(line), 400, "not a request: not UTF-8")
    except NotJSON as error:
        answer = _rejection(_id_of_damaged(line), 400, f"not a request: not JSON ({error})")
    try:
        return _ENCODER.encode(answer)
    except (ValueError, RecursionError):
        # Only the id can be the reason: it holds NaN or Infinity, or is nested too deeply.
        return json.dumps(_rejection(None, 400, "not a request: the id cannot be repeated as JSON"))


def serve(requests: BinaryIO, output: BinaryIO, limits: Limits = DEFAULT) -> None:
    """Answer every line, in order, flushing each answer (§9).

    Parameters
    ----------
    requests : binary file
        Standard input, usually.
    output : binary file
    limits : Limits
    """
    for line in bounded_lines(requests, limits.max_line_bytes):
        try:
            answer = respond_to_line(line, limits)
        except Exception as error:
            # A bug of ours: reported to the peer and, in full, to whoever runs us; the stream goes on.
            traceback.print_exc()
            detail = f"internal error: {type(error).__name__}: {error}"
            answer = json.dumps(_rejection(_id_of_damaged(line), 500, detail))
        output.write(answer.encode() + b"\n")
        output.flush()


def bounded_lines(file: BinaryIO, most: int) -> Iterator[bytes]:
    r"""The lines of a file; of a line of more than `most` bytes only its beginning, longer than `most`.

    Examples
    --------
    >>> from io import BytesIO
    >>> list(bounded_lines(BytesIO(b"four\nseven characters\nlast"), 4))
    [b'four\n', b'seven ', b'last']
    """
    while line := file.readline(most + 2):  # two bytes of a line end
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(SKIPPED)
        yield line


def require_cells(sessions: Sessions, query: Query, limits: Limits) -> None:
    """Reject a request whose answer could hold more values than the limits allow, before it is computed.

    Raises
    ------
    LimitError
    """
    intervals = query.window.n_intervals
    sizes = [
        len(getattr(sessions, name).categories) for key, name in KEY_COLUMNS.items() if key in query.group_by
    ]
    groups = min(len(sessions), prod(sizes)) if sizes else 1
    groups = min(query.page_size, groups + len(query.participating_releases or ()))
    rows = groups * (len(query.shown_classes) if query.by_status else 1)
    values = len(query.fields) * (query.include_totals + intervals * query.include_series)
    limits.require("max_cells", intervals + rows * values, "the answer could hold too many values")


def read(request: object, limits: Limits = DEFAULT) -> tuple[Sessions, Query]:
    """The sessions and the validated request of a decoded line (§9).

    Raises
    ------
    SessionStatsError
        If the line is not a request, a session row is invalid, or the request is rejected (§2.2).
    """
    if not isinstance(request, dict):
        raise RequestError(f"not a request: {type(request).__name__} instead of an object")
    for key in REQUEST_KEYS:
        if request.get(key) is None:
            raise RequestError(f'not a request: "{key}" is missing', parameter=key)
    now, params, rows = (request[key] for key in REQUEST_KEYS)
    if not isinstance(rows, list):
        raise RequestError(f"sessions: a list of rows is expected, not {type(rows).__name__}")
    sessions = from_protocol(rows, known_statuses(request.get("rules")))
    if not isinstance(now, str) or parse_iso(now) is None:
        raise RequestError(
            f"now: an ISO 8601 instant is expected, not {now!r:.80}", parameter="now", value=now
        )
    rules = read_rules(request.get("rules"))
    projects = _projects(_mapping(request, "projects"))
    releases = None if request.get("releases") is None else Releases.from_records(request["releases"])
    if not isinstance(params, (str, dict)):
        raise RequestError(f"params: an object or a query string is expected, not {type(params).__name__}")
    query = Query.parse(params, now=now, rules=rules, projects=projects, releases=releases, limits=limits)
    return sessions, query


def known_statuses(rules: object) -> tuple[str, ...]:
    """The statuses that rows may have under the rules of a request, valid or not (§2.2).

    Parameters
    ----------
    rules : object
        The value of ``rules``, as decoded.

    Returns
    -------
    tuple of str
        Those of every edition if the rules do not say which one it is; such rules are rejected later.

    Examples
    --------
    >>> ["unhandled" in known_statuses(rules) for rules in (None, "latest", {"edition": "2021"}, "2023")]
    [False, True, False, True]
    """
    if rules is None:
        return _DOCUMENTED.statuses
    values = {"edition": rules} if isinstance(rules, str) else rules
    if not isinstance(values, dict):
        return STATUSES
    unhandled, edition = values.get("unhandled"), values.get("edition", "documented")
    if "unhandled" not in values and isinstance(edition, str) and edition in EDITIONS:
        unhandled = EDITIONS[edition].get("unhandled", False)
    return Rules(unhandled=unhandled).statuses if isinstance(unhandled, bool) else STATUSES


def read_rules(rules: object) -> Rules:
    """The rules of a request: the name of an edition, or rules by name that may change one (§9).

    Raises
    ------
    RequestError
        If they are neither, or an edition, a rule or a value is unknown.

    Examples
    --------
    >>> read_rules("2022") == read_rules({"edition": "2022"})
    True
    """
    if isinstance(rules, str):
        return Rules.of(rules)
    if rules is not None and not isinstance(rules, dict):
        raise RequestError(
            f"rules: the name of an edition or an object is expected, not {type(rules).__name__}",
            parameter="rules",
            value=rules,
        )
    return Rules.from_mapping(rules) if rules else _DOCUMENTED


def _mapping(request: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = request.get(key)
    if value is not None and not isinstance(value, dict):
        raise RequestError(f"{key}: an object is expected, not {type(value).__name__}", parameter=key)
    return value


def _projects(projects: Mapping[str, Any] | None) -> Mapping[str, int] | None:
    for slug, number in (projects or {}).items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise RequestError(f"projects: the id of {slug!r} must be a positive integer, not {number!r}")
    return projects


def _rejection(identity: object, status: int, detail: str) -> dict[str, Any]:
    return {"id": identity, "status": status, "body": {"detail": detail}}


def _id_of_damaged(line: bytes) -> object:
    return member_of_damaged(line.decode("utf-8", "replace"), "id")
