"""The endpoint over HTTP: documented answers for every client, and no client harms another."""

import http.client
import json
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sessionstats import DataError, Releases, Rules, Sessions, compute, sample, write
from sessionstats.cli import INTERRUPTED, main
from sessionstats.server import EXAMPLE_PATH, Endpoint, Server

NOW = "2024-01-29T12:00:00Z"
SAMPLE = sample(1000)
REQUEST = "field=sum(session)&field=crash_free_rate(user)&groupBy=release&interval=1d&statsPeriod=14d"


@contextmanager
def serving(endpoint: Endpoint, host: str = "127.0.0.1", *, log: bool = False) -> Iterator[Server]:
    with Server(endpoint, host, log=log) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(Endpoint(SAMPLE, now=NOW)) as made:
        yield made


def connected(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.server_name, server.server_port, timeout=30)


def ask(
    server: Server,
    query: str,
    *,
    method: str = "GET",
    path: str = EXAMPLE_PATH,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> tuple[int, Any, Mapping[str, str]]:
    """Status, decoded body and headers."""
    connection = connected(server)
    try:
        connection.request(method, f"{path}?{query}" if query else path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.headers["Content-Type"] == "application/json"
        return answer.status, json.loads(text) if text else None, answer.headers
    finally:
        connection.close()


def raw(server: Server, sent: bytes) -> bytes:
    """What comes back until the server hangs up."""
    with socket.create_connection(server.server_address[:2], timeout=30) as client:  # type: ignore[arg-type]
        client.sendall(sent)
        return b"".join(iter(lambda: client.recv(4096), b""))


@pytest.mark.parametrize("organization", ["any", "acme", "1", "caf%C3%A9"])
@pytest.mark.parametrize("slash", ["/", ""])
def test_an_answer(server: Server, organization: str, slash: str) -> None:
    """§8: the body of `compute`, for any organization; with a slash as documented, and without."""
    path = f"/api/0/organizations/{organization}/sessions{slash}"
    status, body, headers = ask(server, REQUEST, path=path)
    assert (status, body) == (200, compute(SAMPLE, REQUEST, now=NOW).to_dict())
    assert "Link" not in headers


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("", 400, 'Request is missing a "field"'),
        ("field=x", 400, 'Invalid field: "x"'),
        ("field=sum(session)&cursor=x", 400, "Invalid cursor parameter."),
        ("field=sum(session)&query=release:%C3%A4&groupBy=%C3%A4", 400, 'Invalid groupBy: "ä"'),
        ("field=sum(session)&groupBy=ä", 400, 'Invalid groupBy: "ä"'),
        ("field=sum(session)&project=9", 403, "You do not have permission to perform this action."),
    ],
)
def test_rejections(query: str, status: int, detail: str) -> None:
    """§2: status and text of the endpoint; bytes of a query may be UTF-8 as they are."""
    endpoint = Endpoint(SAMPLE, now=NOW, projects={"web": 1})
    with serving(endpoint) as server, socket.create_connection(server.server_address[:2]) as client:  # type: ignore[arg-type]
        client.sendall(
            f"GET {EXAMPLE_PATH}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        head, _, body = b"".join(iter(lambda: client.recv(4096), b"")).partition(b"\r\n\r\n")
    assert head.split()[1] == str(status).encode()
    assert json.loads(body) == {"detail": detail}


def test_unknown_paths(server: Server) -> None:
    for path in ("/", "/api/0/organizations/any/", "/api/0/organizations/a/b/sessions/", f"{EXAMPLE_PATH}x"):
        status, body, _ = ask(server, REQUEST, path=path)
        assert status == 404
        assert body["detail"].startswith("The requested resource does not exist")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_other_methods(server: Server, method: str) -> None:
    """Read-only: any other method is rejected, along with its body."""
    status, body, headers = ask(server, REQUEST, method=method, body=b"x" * 100_000)
    assert (status, body) == (405, {"detail": f'Method "{method}" not allowed.'})
    assert headers["Connection"] == "close"
    assert method == "BREW" or headers["Allow"] == "GET, HEAD"


def test_head(server: Server) -> None:
    status, body, headers = ask(server, REQUEST, method="HEAD")
    assert (status, body) == (200, None)
    assert int(headers["Content-Length"]) == len(compute(SAMPLE, REQUEST, now=NOW).to_json())


def test_links_lead_through_the_pages(server: Server) -> None:
    """§7.6: followed as a client follows them, they give every group once, in both directions."""
    link = re.compile(r'<http://([^/]+)(/[^?]+)\?([^>]+)>; rel="(\w+)"; results="(\w+)"; cursor="([^"]+)"')
    found, query, cursors = [], f"cursor=0:0:0&{REQUEST}&per_page=7", []
    while True:
        status, body, headers = ask(server, query, headers={"Host": "kernel.test:81"})
        assert status == 200
        found += [group["by"]["release"] for group in body["groups"]]
        previous, following = (link.fullmatch(text) for text in headers["Link"].split(", "))
        assert previous is not None
        assert following is not None
        assert previous.group(1, 2, 4) == ("kernel.test:81", EXAMPLE_PATH, "previous")
        assert (previous[5] == "true") == bool(cursors)
        cursors.append(following[6])
        assert following[3].endswith(f"&cursor={following[6]}")
        assert following[3].count("cursor=") == 1
        if following[5] == "false":
            break
        query = following[3]
    whole = compute(SAMPLE, REQUEST, now=NOW).by["release"].tolist()
    assert found == whole
    assert cursors == [f"0:{at}:0" for at in range(7, len(whole) + 7, 7)]


@pytest.mark.parametrize("host", ['"><script>', "a b", "x,y", ""])
def test_links_name_a_host_only(server: Server, host: str) -> None:
    """Text that is not a host does not get into a header; nor does text that would end a link."""
    query = quote('a>b,"c', safe='>,"')
    _, _, headers = ask(server, f"{REQUEST}&per_page=1&x={query}", headers={"Host": host})
    assert headers["Link"].startswith(f"<http://{server.authority}{EXAMPLE_PATH}?")
    assert [part.count(">") for part in headers["Link"].split(", ")] == [1, 1]


def test_tokens() -> None:
    """Without a token any header is accepted; with one, it is required, and compared in constant time."""
    with serving(Endpoint(SAMPLE, now=NOW)) as server:
        assert ask(server, REQUEST, headers={"Authorization": "Bearer whatever"})[0] == 200
    with serving(Endpoint(SAMPLE, now=NOW, token="säsam")) as server:
        sent = {"Authorization": "Bearer säsam".encode().decode("latin-1")}
        assert ask(server, REQUEST, headers=sent)[0] == 200
        status, body, headers = ask(server, REQUEST)
        assert (status, body) == (401, {"detail": "Authentication credentials were not provided."})
        assert headers["WWW-Authenticate"] == "Bearer"
        for wrong in ("Bearer sesam", "säsam".encode().decode("latin-1"), "Basic x", "Bearer "):
            assert ask(server, REQUEST, headers={"Authorization": wrong})[:2] == (
                401,
                {"detail": "Invalid token"},
            )


def test_the_rest_of_a_request() -> None:
    """§4.8, §9: edition, projects, release metadata, and the clock if no instant is given."""
    releases = Releases.from_records([{"version": "b", "date_added": 0, "project_ids": [3]}])
    row = {"started": ["2024-01-29T11:59:55Z"], "project_id": [3], "status": ["unhandled"], "release": ["b"]}
    with pytest.raises(DataError, match="unhandled"):
        Endpoint(Sessions(**row))
    rules = Rules.from_mapping({"unhandled": True})
    endpoint = Endpoint(Sessions(**row), NOW, rules, {"web": 3}, releases)
    request = "field=unhandled_rate(session)&statsPeriod=1h&query=project:web release:latest"
    with serving(endpoint) as server:
        _, body, _ = ask(server, quote(request, safe="=&():"))
    assert body["groups"][0]["totals"] == {"unhandled_rate(session)": 1.0}
    with serving(Endpoint(SAMPLE)) as server:
        assert ask(server, "field=sum(session)&statsPeriod=1h")[1]["end"] > "2026"


def test_many_at_a_time(server: Server) -> None:
    """200 requests at once, of four kinds: each gets its own answer."""
    requests = [f"{REQUEST}&per_page={1 + number % 4}" for number in range(200)]
    expected = [compute(SAMPLE, request, now=NOW).to_dict() for request in requests[:4]]
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda request: ask(server, request)[:2], requests))
    assert answers == [(200, expected[number % 4]) for number in range(200)]


def test_one_connection_for_many_requests(server: Server) -> None:
    connection = connected(server)
    for _ in range(3):
        connection.request("GET", f"{EXAMPLE_PATH}?{REQUEST}")
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        assert connection.sock is not None
    connection.close()


def test_clients_that_hang_up(capfd: pytest.CaptureFixture[str]) -> None:
    """Before, within and after a request: nothing is reported, and the next one is served."""
    request = f"GET {EXAMPLE_PATH}?{REQUEST} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with serving(Endpoint(SAMPLE, now=NOW)) as server:
        last = request.replace(b"Host: x", b"Host: x\r\nConnection: close")
        for sent in (b"", request[:20], request, request * 20, *[last] * 5):
            client = socket.create_connection(server.server_address[:2])  # type: ignore[arg-type]
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # resets
            client.sendall(sent)
            client.close()
        assert ask(server, REQUEST)[0] == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"x" * 8_000_000 + b" HTTP/1.1\r\n\r\n", 414),  # more than sockets buffer
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n", 431),
        (b"hello\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/9\r\n\r\n", 400),
    ],
)
def test_what_is_not_a_request(server: Server, sent: bytes, status: int) -> None:
    """Rejected in JSON, also where the client goes on sending; the connection ends."""
    head, _, body = raw(server, sent).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert set(json.loads(body)) == {"detail"}


def test_a_body_is_not_the_next_request(server: Server) -> None:
    hidden = f"GET {EXAMPLE_PATH}?{REQUEST} HTTP/1.1\r\n\r\n".encode()
    head = f"GET /x HTTP/1.1\r\nContent-Length: {len(hidden)}\r\n\r\n".encode()
    received = raw(server, head + hidden)
    assert received.count(b"HTTP/1.1") == 1
    assert received.startswith(b"HTTP/1.1 404 ")


def test_an_internal_error_is_reported(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Status 500 for the client, the traceback for us, and the next request is served."""
    with serving(Endpoint(SAMPLE, now=NOW), log=True) as server:
        with monkeypatch.context() as patch:
            patch.setattr("sessionstats.server.answer", lambda *_: 1 / 0)
            status, body, _ = ask(server, REQUEST)
        assert (status, body) == (500, {"detail": "internal error: ZeroDivisionError: division by zero"})
        assert ask(server, "field=%1b[2J")[0] == 400
    reported = capfd.readouterr().err
    assert "Traceback" in reported
    assert '127.0.0.1 "GET /api/0/organizations/any/sessions/?field=%1b[2J HTTP/1.1" 400 -' in reported


def test_ipv6() -> None:
    try:
        with serving(Endpoint(SAMPLE, now=NOW), "::1") as server:
            assert server.url.startswith("http://[::1]:")
            assert ask(server, REQUEST)[0] == 200
    except OSError:
        pytest.skip("this machine has no IPv6")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_command_and_curl(tmp_path: Path) -> None:
    """The documentation's line, with another host; Ctrl-C ends the command."""
    path = str(tmp_path / "s.npz")
    write(SAMPLE, path)
    command = [sys.executable, "-m", "sessionstats", "serve", path, "--port", "0", "--now", NOW]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        try:
            curl = [
                "curl",
                "-s",
                "-g",
                "-i",
                "-H",
                "Authorization: Bearer TOKEN",
                f"{url}?{REQUEST}&per_page=1",
            ]
            said = subprocess.run(curl, capture_output=True, text=True, check=True, timeout=60).stdout
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
    head, _, body = said.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 OK")
    assert 'results="true"; cursor="0:1:0"' in head
    assert json.loads(body) == compute(SAMPLE, f"{REQUEST}&per_page=1", now=NOW).to_dict()
    assert (process.returncode, err.count("\n")) == (INTERRUPTED, 1)


def test_command_rejects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong file, a port in use: one line, status 2."""
    path = str(tmp_path / "s.npz")
    assert main(["serve", path]) == 2
    write(SAMPLE, path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["serve", path, "--port", str(taken.getsockname()[1])]) == 2
    assert "in use" in capsys.readouterr().err
    for port in ("65536", "-1", "http"):
        assert main(["serve", path, "--port", port]) == 2
        assert f"'{port}' is not a port, 0 to 65535" in capsys.readouterr().err
