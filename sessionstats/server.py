"""The endpoint on your own machine: sessions in memory, queried over HTTP with the documented requests.

1. ``GET /api/0/organizations/{any}/sessions/?field=…`` is answered as the endpoint does: status and body (§2,
   §8), in JSON. Errors are ``{"detail": …}``.
2. With ``per_page`` there is a ``Link`` header to the previous and the next page (§7.6), as documented: URL,
   ``rel``, ``results``, ``cursor``.
3. ``Authorization`` is ignored unless a token is set: then anything but ``Bearer TOKEN`` is 401.
   Any other path is 404, any method other than GET and HEAD is 405.
4. Sessions are only read. Each connection has a thread; as many requests are answered at a time as there
   are cores.
5. A client may hang up, send nothing, or send far too much: it gets an error if it listens, and no other
   client notices.
"""

import json
import os
import re
import socket
import socketserver
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from sessionstats.display.terminal import escape
from sessionstats.errors import SessionStatsError
from sessionstats.pipeline import answer
from sessionstats.request.query import Query
from sessionstats.result import Result
from sessionstats.rules import Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions, require_known_statuses

PATH: Final = re.compile(r"/api/0/organizations/[^/]+/sessions/?")
"""Path of the endpoint, for any organization."""

EXAMPLE_PATH: Final = "/api/0/organizations/any/sessions/"
"""A path that is answered."""

METHODS: Final = ("GET", "HEAD")
"""Methods that are answered."""

HOST: Final = re.compile(r"[\w.:\[\]-]+", re.ASCII)
"""What a ``Host`` header has to look like to be used in links."""

PATIENCE: Final = 30.0
"""Seconds that a connection may be silent."""

DRAINED: Final = 1 << 24
"""Most bytes of a rejected request that are still read: a client does not read while it is sending."""

WAITING: Final = 1024
"""Connections that may wait to be accepted."""


@dataclass(frozen=True)
class Response:
    """Status, headers and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, status: int, value: object, headers: Mapping[str, str] | None = None) -> "Response":
        """A response in JSON."""
        return cls(
            status,
            {"Content-Type": "application/json", **(headers or {})},
            json.dumps(value, allow_nan=False).encode(),
        )


@dataclass(frozen=True)
class Endpoint:
    r"""The sessions, and what every request is answered with; knows nothing of sockets.

    Parameters
    ----------
    sessions : Sessions
    now : str, optional
        The instant of every request; by default the clock.
    rules : Rules
    projects : mapping of str to int, optional
        Slugs and ids of the accessible projects; by default every project is accessible.
    releases : Releases, optional
    token : str, optional
        Required of every request; by default no token is.

    Raises
    ------
    DataError
        If a session has a status that the edition does not know (§1.4).

    Examples
    --------
    >>> endpoint = Endpoint(Sessions.empty(), now="2024-01-29T12:00Z")
    >>> endpoint.respond("GET", "/api/0/organizations/any/sessions/?field=x").body
    b'{"detail": "Invalid field: \\"x\\""}'
    """

    sessions: Sessions
    now: str | None = None
    rules: Rules = field(default_factory=Rules)
    projects: Mapping[str, int] | None = None
    releases: Releases | None = None
    token: str | None = None

    def __post_init__(self) -> None:
        require_known_statuses(self.sessions, self.rules.statuses)

    def respond(self, method: str, target: str, authorization: str = "", origin: str = "") -> Response:
        """Answer a request.

        Parameters
        ----------
        method : str
        target : str
            Path and query.
        authorization : str
            The header; empty if there is none.
        origin : str
            Scheme and host for links.
        """
        try:
            parts = urlsplit(target)
        except ValueError as error:  # an invalid host
            return Response.of(HTTPStatus.BAD_REQUEST, {"detail": str(error)})
        if not PATH.fullmatch(unquote(parts.path)):
            detail = f"The requested resource does not exist; there is {EXAMPLE_PATH}"
            return Response.of(HTTPStatus.NOT_FOUND, {"detail": detail})
        if self.token is not None and not compare_digest(
            authorization.encode(), f"Bearer {self.token}".encode()
        ):
            detail = "Invalid token" if authorization else "Authentication credentials were not provided."
            headers = {"WWW-Authenticate": "Bearer"}
            return Response.of(HTTPStatus.UNAUTHORIZED, {"detail": detail}, headers)
        if method not in METHODS:
            detail, headers = f'Method "{method}" not allowed.', {"Allow": ", ".join(METHODS)}
            return Response.of(HTTPStatus.METHOD_NOT_ALLOWED, {"detail": detail}, headers)
        try:
            result = answer(self.sessions, self._query(parts.query))
        except SessionStatsError as error:
            return Response.of(error.status, {"detail": error.detail})
        headers = (
            {"Link": links(result, f"{origin}{parts.path}", parts.query)} if result.query.page.size else {}
        )
        return Response.of(HTTPStatus.OK, result.to_dict(), headers)

    def _query(self, text: str) -> Query:
        return Query.parse(
            text, now=self.now, rules=self.rules, projects=self.projects, releases=self.releases
        )


def links(result: Result, url: str, query: str) -> str:
    """The ``Link`` header (§7.6).

    Parameters
    ----------
    result : Result
    url, query : str
        Of the request, as received.

    Examples
    --------
    >>> from sessionstats import compute
    >>> query = "field=sum(session)&groupBy=project&statsPeriod=1h&per_page=5"
    >>> answer = compute(Sessions.empty(), query, now="2024-01-29T12:00Z")
    >>> for link in links(answer, "/s/", query).split(", "):
    ...     print(link.replace(query, "…"))
    </s/?…&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1"
    </s/?…&cursor=0:5:0>; rel="next"; results="false"; cursor="0:5:0"
    """
    kept = "&".join(part for part in query.split("&") if unquote(part.partition("=")[0]) != "cursor")
    base = quote(f"{url}?{kept}", safe="%/:?&=+@!$*();~[]'")  # no comma: it separates links
    return ", ".join(
        f'<{base}&cursor={link.cursor}>; rel="{relation}"; '
        f'results="{str(link.results).lower()}"; cursor="{link.cursor}"'
        for relation, link in zip(("previous", "next"), result.links, strict=True)
    )


class Server(ThreadingHTTPServer):
    """An endpoint that listens; `serve_forever` and `server_close` work as on every `socketserver` server.

    Parameters
    ----------
    endpoint : Endpoint
    host : str
        Address to listen on.
    port : int
        0 means any free one.
    log : bool
        Whether every request is logged to standard error, one line each.
    """

    request_queue_size = WAITING

    def __init__(
        self, endpoint: Endpoint, host: str = "127.0.0.1", port: int = 0, *, log: bool = False
    ) -> None:
        self.endpoint = endpoint
        self.log = log
        self.answering = threading.BoundedSemaphore(os.cpu_count() or 1)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Bind the socket; unlike the method of the base class, without a name server lookup."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    @property
    def authority(self) -> str:
        """Host and port, as in a URL."""
        return (
            f"{f'[{self.server_name}]' if ':' in self.server_name else self.server_name}:{self.server_port}"
        )

    @property
    def url(self) -> str:
        """The URL of the endpoint for some organization."""
        return f"http://{self.authority}{EXAMPLE_PATH}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up; anything else is a bug of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "sessionstats"
    sys_version = ""
    timeout = PATIENCE
    disable_nagle_algorithm = True
    wbufsize = -1

    def _answer(self) -> None:
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # a body is not read, and must not be parsed as the next request
        host = self.headers.get("Host", "")
        origin = f"http://{host if HOST.fullmatch(host) else self.server.authority}"
        with self.server.answering:
            try:
                sent = self.path, self.headers.get("Authorization", "")
                target, authorization = (text.encode("latin-1").decode(errors="replace") for text in sent)
                response = self.server.endpoint.respond(self.command, target, authorization, origin)
            except Exception as error:  # a bug of ours, reported to the client and to whoever runs us
                traceback.print_exc(file=sys.stderr)
                detail = f"internal error: {type(error).__name__}: {error}"
                response = Response.of(HTTPStatus.INTERNAL_SERVER_ERROR, {"detail": detail})
        self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Reject a malformed request, in JSON; the connection ends."""
        self.close_connection, self.request_version = True, self.protocol_version
        if code == HTTPStatus.NOT_IMPLEMENTED:  # an unknown method
            code, message = HTTPStatus.METHOD_NOT_ALLOWED, f'Method "{self.command}" not allowed.'
        self._send(Response.of(code, {"detail": message or HTTPStatus(code).phrase}))

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()
        if self.close_connection:
            self._drain()

    def _drain(self) -> None:
        """Read what is still coming: closing the connection now would reset it and lose the answer."""
        left = DRAINED
        try:
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1)
            while left > 0 and (piece := self.connection.recv(1 << 16)):
                left -= len(piece)
        except OSError:  # silent for too long, or gone
            pass

    def log_message(self, format: str, *args: Any) -> None:
        """One line per request on standard error, if requested."""
        if self.server.log:
            print(escape(f"{self.address_string()} {format % args}"), file=sys.stderr, flush=True)
