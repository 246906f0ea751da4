"""An app that uses the Python SDK; see `tests.clients`. Arguments: the address, and what to do."""

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from sentry_sdk.sessions import track_session


def application() -> None:
    """One session ends well, one after a handled error, and one crashes."""
    sentry_sdk.set_user({"id": "ann"})
    scope = sentry_sdk.get_isolation_scope()
    with track_session(scope, session_mode="application"):
        pass
    with track_session(scope, session_mode="application"):
        try:
            raise LookupError("handled")
        except LookupError:
            sentry_sdk.capture_exception()
    scope.start_session(session_mode="application")
    raise RuntimeError("crash")


def page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Fail, or handle a failure, as the path says."""
    if environ["PATH_INFO"] == "/crash":
        raise RuntimeError("crash")
    if environ["PATH_INFO"] == "/error":
        sentry_sdk.capture_exception(LookupError("handled"))
    start_response("200 OK", [])
    return [b"page"]


def requests() -> None:
    """Five requests to a server: one session each, of which only the counts are sent."""
    server = SentryWsgiMiddleware(page)
    for path in ("/", "/", "/error", "/crash", "/"):
        request = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
        request |= {"SERVER_NAME": "shop", "SERVER_PORT": "80"}
        with suppress(RuntimeError):
            list(server(request, lambda *args: None))


address, mode = sys.argv[1:]
sentry_sdk.init(dsn=f"http://key@{address}/42", release="shop@1.4.0", environment="production")
{"application": application, "requests": requests}[mode]()
sentry_sdk.flush()
