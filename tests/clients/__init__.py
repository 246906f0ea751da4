"""What SDKs send: programs that use them, and a server on the loopback interface that keeps the bodies."""

import gzip
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import IO, ClassVar

HERE = Path(__file__).parent
PROJECT = 42
"""The project of the DSN that the programs are given."""


class Intake(BaseHTTPRequestHandler):
    """Accepts everything, and keeps it."""

    bodies: ClassVar[list[bytes]]

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length is not None else b"".join(_chunks(self.rfile))
        self.bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests' output is for the tests."""


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The parts of a body that is sent in chunks."""
    while size := int(stream.readline(), 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()


@contextmanager
def intake() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server, and the bodies that it receives."""
    handler = type("Handler", (Intake,), {"bodies": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", handler.bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def capture(program: Sequence[str], mode: str) -> list[bytes]:
    """What a program sends; its last arguments are the address, and what to do."""
    with intake() as (address, bodies):
        subprocess.run([*program, address, mode], timeout=60, check=False, capture_output=True)
        return list(bodies)
