"""A process that answers line by line, with a deadline and in bounded memory, whatever it does.

1. It leads a process group of its own. Ending it kills the whole group, so that none of its children
   survives.
2. Nothing waits for a pipe alone: sending, receiving and draining are one loop that ends at the deadline. A
   child that left the group and holds a pipe open therefore holds up nobody.
3. A line is read up to `LONGEST_LINE`. Of standard error only the end is kept. Output that nobody waits for
   stays in the pipe, which is small, and blocks the writer, not the reader.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, Final

LONGEST_LINE: Final = 1 << 26
"""Bytes of the longest line that is received."""

CHUNK: Final = 1 << 16
"""Bytes that are read at once."""

STDERR_BYTES: Final = 1 << 14
"""Bytes that are kept of the end of standard error."""

GRACE: Final = 0.5
"""Seconds that a process whose output has ended gets to report its exit status."""


class LineProcess:
    r"""A running program that answers each line with a line.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    environment : mapping, optional
        Environment variables; by default those of this process.

    Raises
    ------
    OSError
        If it cannot be started.

    Examples
    --------
    >>> with LineProcess(["cat"]) as process:
    ...     process.ask(b"once", timeout=10)
    b'once\n'
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        pipe = subprocess.PIPE
        self._popen = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=environment, start_new_session=True
        )
        self._selector = selectors.DefaultSelector()
        self._unsent = memoryview(b"")
        self._received = bytearray()
        self._stderr = bytearray()
        self._ended = False
        for stream, events in (
            (self._stdin, selectors.EVENT_WRITE),
            (self._stdout, selectors.EVENT_READ),
            (self._errors, selectors.EVENT_READ),
        ):
            os.set_blocking(stream.fileno(), False)
            if events == selectors.EVENT_READ:
                self._selector.register(stream, events)

    def __enter__(self) -> "LineProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._popen.stdin is not None
        return self._popen.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._popen.stdout is not None
        return self._popen.stdout

    @property
    def _errors(self) -> IO[bytes]:
        assert self._popen.stderr is not None
        return self._popen.stderr

    def ask(self, line: bytes, timeout: float) -> bytes | None:
        """Send a line, and return the line that the process writes next.

        Returns
        -------
        bytes or None
            Without a line end if the output ended there, or if the line is longer than `LONGEST_LINE`;
            `None` if the output ended before a first byte.

        Raises
        ------
        TimeoutError
            If there is none after `timeout` seconds.
        """
        self._unsent = memoryview(line + b"\n")
        self._watch_input()
        return self.next_line(timeout)

    def next_line(self, timeout: float) -> bytes | None:
        """The next line that the process writes; see `ask`."""
        deadline = time.monotonic() + timeout
        searched = 0
        while True:
            end = self._received.find(b"\n", searched) + 1
            searched = len(self._received)
            if end or searched >= LONGEST_LINE or self._ended:
                return self._take(end or searched)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._exchange(left)

    @property
    def unsent(self) -> int:
        """Bytes of the last line that the process has not read."""
        return len(self._unsent)

    @property
    def unread(self) -> bytes:
        """What the process has written after the line received last; empty if nothing."""
        self._exchange(0)
        return bytes(self._received[:CHUNK])

    @property
    def stderr(self) -> str:
        """The end of standard error."""
        return self._stderr.decode(errors="backslashreplace")

    @property
    def has_ended(self) -> bool:
        """Whether the process itself has ended, whatever its children do."""
        return self._popen.poll() is not None

    def exit_status(self) -> int | None:
        """The exit status of a process that is ending, negative after a signal; `None` if it goes on."""
        with suppress(subprocess.TimeoutExpired):
            return self._popen.wait(GRACE)
        return None

    def kill(self) -> None:
        """End the process and its group, and keep the end of what it wrote on standard error."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        if self._selector.get_map() is None:
            return
        for _ in range(STDERR_BYTES):
            if not self._drain():
                break
        self._selector.close()
        for stream in (self._stdin, self._stdout, self._errors):
            with suppress(OSError):  # something was left to send
                stream.close()

    def _watch_input(self) -> None:
        with suppress(KeyError):  # the rest of the line before was never read
            self._selector.unregister(self._stdin)
        self._selector.register(self._stdin, selectors.EVENT_WRITE)

    def _exchange(self, timeout: float) -> None:
        """Send, receive and drain whatever is ready, once; wait for that at most `timeout` seconds."""
        for key, _ in self._selector.select(timeout):
            stream: Any = key.fileobj
            if stream is self._stdin:
                self._send()
            elif stream is self._stdout:
                self._receive()
            else:
                self._drain()

    def _send(self) -> None:
        try:
            sent = os.write(self._stdin.fileno(), self._unsent[:CHUNK])
        except BlockingIOError:
            return
        except OSError:  # a process that has ended says so on its output
            sent = len(self._unsent)
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            self._selector.unregister(self._stdin)

    def _receive(self) -> None:
        data = _read(self._stdout)
        if data == b"":
            self._ended = True
            self._selector.unregister(self._stdout)
        self._received += data or b""

    def _drain(self) -> bool:
        """Read some of standard error; whether there was any."""
        data = _read(self._errors)
        if data == b"" and self._errors.fileno() in self._selector.get_map():
            self._selector.unregister(self._errors)
        self._stderr += data or b""
        del self._stderr[:-STDERR_BYTES]
        return bool(data)

    def _take(self, end: int) -> bytes | None:
        line = bytes(self._received[:end])
        del self._received[:end]
        return line or None


def _read(stream: IO[bytes]) -> bytes | None:
    """Some bytes; empty at the end, `None` if there are none yet."""
    try:
        return os.read(stream.fileno(), CHUNK)
    except BlockingIOError:
        return None
