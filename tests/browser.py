"""A page in headless Chromium, served from this machine, with no other host in reach.

1. The folder of a page is served on a port of its own, as a site is.
2. A script of the page posts its result to ``/said``; then Chromium is ended.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

TIME_LIMIT = 120
"""Seconds for a page to post its result; a busy machine loads Python slowly."""


class _Site(SimpleHTTPRequestHandler):
    """Files of a folder, and the result of a page."""

    def __init__(self, said: Queue[str], *args: object, directory: str) -> None:
        self.said = said
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        self.said.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


def said_by(page: Path, time_limit: float = TIME_LIMIT) -> str:
    """What a page posts to ``/said``."""
    said: Queue[str] = Queue()
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, said, directory=str(page.parent))) as server,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{page.name}"
        command = [str(CHROMIUM), *OPTIONS, f"--user-data-dir={profile}", address]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return said.get(timeout=time_limit)
        except Empty:
            pytest.fail(f"{page.name} said nothing for {time_limit} seconds")
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()
