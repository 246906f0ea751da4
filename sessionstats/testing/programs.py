"""A program under test that speaks the protocol on standard input and output (§9).

1. It is started once, is sent one request per line, and must answer each with one line before the next.
2. Before a request is sent it is written to a file, so that it is there whatever happens next.
3. A program that dies, stays silent past the timeout, or writes something that is not an answer has broken
   down. It is killed with all its children (`processes`), and restarted for the next request.
4. A first line ``{"hello": …}`` of its output says what it claims; `introduce` asks for it.
5. It is started in a time zone that is not UTC: instants without an offset are UTC (§3.3), whatever the clock
   of the machine shows, and on machines that are in UTC a mistake would go unnoticed.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sessionstats.errors import SessionStatsError
from sessionstats.testing.attempts import Breakdown
from sessionstats.testing.processes import LONGEST_LINE, LineProcess
from sessionstats.testing.shapes import TOO_DEEP, is_nested_deeply

DIED: Final = "died"
"""Kind of breakdown: the program ended, or closed its standard output."""

SILENT: Final = "silent"
"""Kind of breakdown: no answer within the timeout."""

GARBAGE: Final = "garbage"
"""Kind of breakdown: a line that is not an answer to the request."""

KINDS: Final = (DIED, SILENT, GARBAGE)
"""How a program breaks down."""

HELLO: Final = "hello"
"""Key of a line that introduces the program."""

SIMPLEST: Final[dict[str, Any]] = {
    "now": "2024-01-29T12:00:00Z",
    "params": {"field": "sum(session)", "statsPeriod": "1h"},
    "sessions": [],
}
"""The request that makes a program introduce itself."""

TIME_ZONE: Final = "America/St_Johns"
"""Time zone of programs: half an hour off whole hours, and with summer time."""

ROWS_A_SECOND: Final = 1000
"""Rows of a request that extend the timeout by a second."""

STDERR_LINES: Final = 20
"""Lines of standard error that are shown."""

SHOWN: Final = 200
"""Characters that are shown of a line that is not an answer."""


class Program:
    """A program, to be called with a decoded request; use it as a context manager.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    timeout : float
        Seconds for an answer, plus one for every `ROWS_A_SECOND` rows of the request.
    pending : path, optional
        File that holds the request before it is sent.
    time_zone : str, optional
        Value of ``TZ``; `None` leaves it as it is.
    """

    def __init__(
        self,
        command: Sequence[str],
        timeout: float = 10.0,
        pending: Path | None = None,
        time_zone: str | None = TIME_ZONE,
    ) -> None:
        self.command = list(command)
        self.timeout = timeout
        self.time_zone = time_zone
        self._pending = None if pending is None else _Pending(pending)
        self._process: LineProcess | None = None
        self._sent = 0
        self._answered = 0
        self._fresh = True
        self.hello: Mapping[str, Any] | None = None

    def __call__(self, case: dict[str, Any]) -> Any:
        """The program's answer to a request, without the id, which is new each time.

        Raises
        ------
        Breakdown
            If there is none.
        OSError
            If the program cannot be started.
        """
        if self._process is None:
            self._process = self._start()
        try:
            if not self._fresh:  # a hello comes unasked
                self._require_silence(self._process)
            self._sent += 1
            line = json.dumps({**case, "id": self._identity})
            if self._pending is not None:
                self._pending.write(line)
            answer = self._read(self._ask(self._process, line, len(case.get("sessions") or ())))
            self._require_silence(self._process)
        except Breakdown:
            self.close()
            raise
        self._answered += 1
        return answer

    def introduce(self) -> Mapping[str, Any] | None:
        """What the program says of itself before its first answer; `None` if it says nothing.

        It is sent the simplest request, whose answer does not matter.
        """
        with suppress(Breakdown):
            self(SIMPLEST)
        return self.hello

    def __enter__(self) -> "Program":
        """Start it; a program that cannot be started is a `SessionStatsError`, not a finding."""
        try:
            self._process = self._start()
        except OSError as error:
            raise SessionStatsError(f"{self.command[0]}: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._pending is not None:
            self._pending.close()

    def close(self) -> None:
        """End the program and its children, if it is running."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    @property
    def _identity(self) -> str:
        return f"case-{self._sent}"

    def _start(self) -> LineProcess:
        self._fresh = True
        zone = {} if self.time_zone is None else {"TZ": self.time_zone}
        return LineProcess(self.command, {**os.environ, **zone})

    def _ask(self, process: LineProcess, line: str, n_rows: int) -> bytes:
        """The line that the program writes after one is sent to it."""
        timeout = self.timeout + n_rows / ROWS_A_SECOND
        try:
            answer = process.ask(line.encode(), timeout)
            if self._fresh and (hello := _hello(answer)) is not None:
                self.hello = hello
                answer = process.next_line(timeout)
            self._fresh = False
        except TimeoutError:
            raise self._broken(SILENT, self._silence(process)) from None
        if answer is None:
            raise self._broken(DIED, f"{_end(process)} before it answered")
        if answer.endswith(b"\n"):
            return answer
        how = f"a line of more than {LONGEST_LINE:,} bytes"
        raise self._broken(
            GARBAGE,
            f"wrote {how if len(answer) >= LONGEST_LINE else 'a line without an end'}: {_shown(answer)}",
        )

    def _silence(self, process: LineProcess) -> str:
        within = f"within {self.timeout:g} s"
        if process.has_ended:
            return f"{_end(process)} before it answered, and one of its children holds its output open"
        if process.unsent:
            return f"did not read the whole request {within}"
        hint = "" if self._answered else ": does it flush every line?"
        return f"gave no answer {within}{hint}"

    def _read(self, line: bytes) -> Any:
        """The answer of a line."""
        try:
            answer = json.loads(line)
            deep = is_nested_deeply(answer)
        except RecursionError:
            deep = True
        except ValueError:
            raise self._broken(GARBAGE, f"wrote a line that is not JSON: {_shown(line)}") from None
        if deep:
            raise self._broken(GARBAGE, f"wrote an answer that is {TOO_DEEP}: {_shown(line)}")
        if not isinstance(answer, dict):
            raise self._broken(GARBAGE, f"wrote a line that is not an answer: {_shown(line)}")
        asked = json.dumps(self._identity)
        if "id" not in answer:
            raise self._broken(GARBAGE, f'gave an answer without an "id"; that of the request was {asked}')
        if (given := answer.pop("id")) != self._identity:
            earlier = isinstance(given, str) and given in {f"case-{n}" for n in range(self._sent)}
            again = ", a request that was sent before" if earlier else ""
            raise self._broken(GARBAGE, f"answered with id {_shown_id(given)} instead of {asked}{again}")
        return answer

    def _require_silence(self, process: LineProcess) -> None:
        """Reject a second line for a request: answers and requests would no longer match."""
        if extra := process.unread:
            first = extra.partition(b"\n")[0]
            raise self._broken(GARBAGE, f"wrote more than one line for a request: {_shown(first)}")

    def _broken(self, kind: str, problem: str) -> Breakdown:
        assert self._process is not None
        self._process.kill()
        lines = self._process.stderr.splitlines()[-STDERR_LINES:]
        return Breakdown(kind, f"the program {problem}", "\n".join(lines))


class _Pending:
    """The file that holds the request sent last: opened once, never through a link."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)

    def write(self, line: str) -> None:
        data = line.encode("ascii") + b"\n"
        written = 0
        while written < len(data):
            written += os.pwrite(self._file, data[written:], written)
        os.ftruncate(self._file, len(data))

    def close(self) -> None:
        os.close(self._file)


def _hello(line: bytes | None) -> Mapping[str, Any] | None:
    """What a line says if it only introduces the program."""
    if line is None or HELLO.encode() not in line:
        return None
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    hello = said.get(HELLO) if isinstance(said, dict) and "id" not in said else None
    return hello if isinstance(hello, dict) else None


def _end(process: LineProcess) -> str:
    status = process.exit_status()
    if status is None:
        return "closed its standard output"
    return f"was killed by signal {-status}" if status < 0 else f"exited with status {status}"


def _shown_id(identity: Any) -> str:
    return _cut(json.dumps(identity), SHOWN // 4)


def _shown(line: bytes) -> str:
    return repr(_cut(line[: 4 * SHOWN].decode(errors="backslashreplace").rstrip("\r\n"), SHOWN))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width]}…"
