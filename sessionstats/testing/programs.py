"""A program under test that speaks the protocol on standard input and output (§9).

1. It is started once, is sent one request a line, and must answer each with one line before the next.
2. Before a request is sent it stands in a file, so that it is there whatever happens next.
3. A program that dies, keeps silent past the timeout, or writes what is no answer has broken down. It is
   killed, and started anew for the next request.
4. Its standard error is drained all the time, lest it block, and the end of it is kept.
"""

import json
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, Final

from sessionstats.errors import SessionStatsError
from sessionstats.testing.attempts import Breakdown

DIED: Final = "died"
"""Kind of breakdown: the program ended, or closed its standard output."""

SILENT: Final = "silent"
"""Kind of breakdown: no answer within the timeout."""

GARBAGE: Final = "garbage"
"""Kind of breakdown: a line that is no answer to the request."""

KINDS: Final = (DIED, SILENT, GARBAGE)
"""How a program breaks down."""

STDERR_LINES: Final = 20
"""Lines of standard error that are kept."""

STDERR_WIDTH: Final = 2000
"""Bytes that are kept of a line of standard error."""

LONGEST_ANSWER: Final = 1 << 26
"""Bytes of the longest line that is read as an answer."""

SHOWN: Final = 200
"""Characters that are shown of a line that is no answer."""

GRACE: Final = 0.5
"""Seconds that a program whose output has ended gets to tell its exit status, and that its threads get."""


class Program:
    """A program, to be called with a decoded request; use it as a context manager.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    timeout : float
        Seconds it may take for an answer.
    pending : path, optional
        File in which the request stands before it is sent.
    """

    def __init__(self, command: Sequence[str], timeout: float = 10.0, pending: Path | None = None) -> None:
        self.command = list(command)
        self.timeout = timeout
        self.pending = pending
        self._process: _Process | None = None
        self._sent = 0

    def __call__(self, case: dict[str, Any]) -> Any:
        """The program's answer to a request, without the id, which is a new one each time.

        Raises
        ------
        Breakdown
            If it gives none.
        OSError
            If the program cannot be started.
        """
        self._sent += 1
        identity = f"case-{self._sent}"
        line = json.dumps({**case, "id": identity})
        if self.pending is not None:
            self.pending.write_text(line + "\n", encoding="ascii")
        if self._process is None:
            self._process = _Process(self.command)
        try:
            answer = _read_answer(self._process.answer(line, self.timeout), identity)
            self._process.require_nothing_more()
        except Breakdown:
            self.close()
            raise
        return answer

    def __enter__(self) -> "Program":
        """Start it: that a program cannot be started is no finding, but a `SessionStatsError`."""
        try:
            self._process = _Process(self.command)
        except OSError as error:
            raise SessionStatsError(f"{self.command[0]}: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the program, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process = None


class _Process:
    """One run of the program, with threads that read its output and its standard error."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        self._popen = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._stderr: deque[bytes] = deque(maxlen=STDERR_LINES)
        targets = (self._read_lines, self._popen.stdout), (self._drain, self._popen.stderr)
        self._threads = [threading.Thread(target=run, args=(pipe,), daemon=True) for run, pipe in targets]
        for thread in self._threads:
            thread.start()

    def answer(self, line: str, timeout: float) -> bytes:
        """The line that the program writes after one is sent to it."""
        sender = threading.Thread(target=self._send, args=(line.encode() + b"\n",), daemon=True)
        sender.start()  # a program that does not read must not block us
        try:
            answer = self._lines.get(timeout=timeout)
        except Empty:
            raise self._broken(
                SILENT, f"gave no answer within {timeout:g} s: does it flush every line?"
            ) from None
        if answer is None:
            raise self._broken(DIED, f"{self._end()} before it answered")
        if not answer.endswith(b"\n"):
            how = "wrote a line without an end" if len(answer) < LONGEST_ANSWER else "wrote an endless line"
            raise self._broken(GARBAGE, f"{how}: {_shown(answer)}")
        return answer

    def require_nothing_more(self) -> None:
        """Refuse a second line: answers and requests would no longer match."""
        if not self._lines.empty() and (extra := self._lines.get()) is not None:
            raise self._broken(GARBAGE, f"wrote more than one line for a request: {_shown(extra)}")

    def kill(self) -> None:
        """End the program whatever it is doing."""
        self._popen.kill()
        self._popen.wait()
        for thread in self._threads:
            thread.join(GRACE)
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            assert stream is not None
            with suppress(OSError):  # something was left to send
                stream.close()

    def _broken(self, kind: str, problem: str) -> Breakdown:
        self._popen.kill()
        self._popen.wait()
        self._threads[1].join(GRACE)
        return Breakdown(kind, f"the program {problem}", self._stderr_end())

    def _end(self) -> str:
        try:
            status = self._popen.wait(GRACE)
        except subprocess.TimeoutExpired:
            return "closed its standard output"
        return f"was killed by signal {-status}" if status < 0 else f"exited with status {status}"

    def _stderr_end(self) -> str:
        return b"".join(self._stderr).decode(errors="backslashreplace")

    def _send(self, data: bytes) -> None:
        assert self._popen.stdin is not None
        with suppress(OSError, ValueError):  # a program that has ended says so on its output
            self._popen.stdin.write(data)
            self._popen.stdin.flush()

    def _read_lines(self, stream: IO[bytes]) -> None:
        with suppress(ValueError):  # closed by `kill`
            while line := stream.readline(LONGEST_ANSWER):
                self._lines.put(line)
        self._lines.put(None)

    def _drain(self, stream: IO[bytes]) -> None:
        with suppress(ValueError):
            while line := stream.readline(STDERR_WIDTH):
                self._stderr.append(line)


def _read_answer(line: bytes, identity: str) -> Any:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise Breakdown(GARBAGE, f"the program wrote what is not JSON: {_shown(line)}") from None
    if not isinstance(answer, dict):
        raise Breakdown(GARBAGE, f"the program wrote what is no answer: {_shown(line)}")
    if "id" not in answer:
        raise Breakdown(
            GARBAGE, f'the program\'s answer has no "id"; that of the request was {json.dumps(identity)}'
        )
    if answer["id"] != identity:
        given = json.dumps(answer["id"])
        problem = f"the program answered with id {given:.50} instead of {json.dumps(identity)}"
        raise Breakdown(GARBAGE, problem)
    del answer["id"]
    return answer


def _shown(line: bytes) -> str:
    text = line[: 4 * SHOWN].decode(errors="backslashreplace").rstrip("\r\n")
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
