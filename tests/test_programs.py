"""Programs under test: whatever one does, the check ends, and reports what it saw."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sessionstats.cli import main
from sessionstats.testing.attempts import Breakdown
from sessionstats.testing.programs import Program
from sessionstats.testing.runner import IN_A_ROW

PEERS = Path(__file__).parent / "peers"

MISHAPS = {
    "kill": "was killed by signal 9",
    "half": "wrote a line without an end",
    "exit": "exited with status 0 before it answered",
    "close": "closed its standard output before it answered",
    "print": "wrote a line that is not JSON: 'debug: now answering'",
    "list": "wrote a line that is not an answer: '[]'",
    "id": 'answered with id "another" instead of "case-',
    "order": 'answered with id "case-1" instead of "case-',
    "twice": "wrote more than one line for a request",
    "silence": "gave no answer within 2 s\n",
    "stubborn": "gave no answer within 2 s\n",
    "unended": "gave no answer within",
    "deaf": "gave no answer within 2 s: does it flush every line?",
    "huge": "wrote a line of more than 1,048,576 bytes",
    "huge-line": "wrote a line of more than 1,048,576 bytes",
    "deep": "wrote an answer that is nested more than 32 levels deep",
    "deep-id": "wrote an answer that is nested more than 32 levels deep",
    "child": "exited with status 0 before it answered, and one of its children holds its output open",
    "flooding-child": "wrote a line that is not JSON: 'xxx",
}
"""What the program does, and what is reported."""


def check(save: Path, *arguments: str) -> int:
    return main(["check", "--save", str(save), "--shrink-seconds", "0.5", *arguments])


def peer(how: str) -> tuple[str, ...]:
    return "--", sys.executable, str(PEERS / "misbehaving.py"), how


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PEERS.parent.parent))


@pytest.mark.parametrize("how", MISHAPS)
def test_a_breakdown_is_a_finding(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """§9: exit status 3, one clear sentence, and the request is in a file, ready for a replay."""
    for module in ("processes", "programs"):
        monkeypatch.setattr(f"sessionstats.testing.{module}.LONGEST_LINE", 1 << 20)
    quick = {"child": "5", "unended": "2"}.get(how, "2" if "within" in MISHAPS[how] else "120")
    assert check(tmp_path, "--examples", "3", "--timeout", quick, *peer(how)) == 3
    assert MISHAPS[how] in capsys.readouterr().out
    saved = list(tmp_path.glob("01-*.json"))
    assert {"now", "params", "sessions"} <= json.loads(saved[0].read_text())["case"].keys()
    assert {"now", "params", "sessions"} <= json.loads((tmp_path / "pending.jsonl").read_text()).keys()


def test_the_end_of_standard_error_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "--examples", "5", *peer("kill")) == 3
    assert "out of memory, it seems" in capsys.readouterr().out


@pytest.mark.parametrize("how", ["flood", "windows"])
def test_what_is_not_a_breakdown(how: str, tmp_path: Path) -> None:
    """§9: a flood on standard error and Windows line ends do no harm."""
    assert check(tmp_path, "--examples", "5", *peer(how)) == 0


def test_the_oracle_agrees_with_itself(tmp_path: Path) -> None:
    """§9: the kernel as a program."""
    oracle = ("--", sys.executable, "-m", "sessionstats", "oracle")
    assert check(tmp_path, "--examples", "300", *oracle) == 0


def test_a_program_that_answers_nothing_is_given_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """§9: a mistyped name of a script must not be tried for all of the cases."""
    assert check(tmp_path, "--", sys.executable, str(tmp_path / "nowhere.py")) == 3
    printed = capsys.readouterr().out
    assert "nowhere.py" in printed
    assert f"1 finding in {IN_A_ROW} cases" in printed


def test_an_answer_without_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """§9: a missing id is not an id of null."""
    silent = "import sys\nfor line in sys.stdin: print('{}', flush=True)"
    assert check(tmp_path, "--examples", "3", "--", sys.executable, "-c", silent) == 3
    assert 'gave an answer without an "id"; that of the request was "case-' in capsys.readouterr().out


def test_without_hypothesis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra: how to install it, and the status of invalid usage."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert check(tmp_path, "--", "true") == 2
    assert 'pip install "sessionstats[testing]"' in capsys.readouterr().err


def test_a_program_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "--", str(tmp_path / "nowhere")) == 2
    assert "No such file" in capsys.readouterr().err


def runs(pid: int) -> bool:
    """Whether a process is running; a zombie is not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_children_end_with_the_program(tmp_path: Path) -> None:
    """§9: the whole group is killed, so that nothing runs on after the check."""
    pid_file = tmp_path / "pid"
    assert check(tmp_path, "--examples", "4", "--timeout", "1", *peer("parent"), "--tell", str(pid_file)) == 3
    assert not runs(int(pid_file.read_text()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_program_too(number: signal.Signals, tmp_path: Path) -> None:
    """§9: a check that is ended leaves no process, and has the usual status."""
    pid_file = tmp_path / "pid"
    command = [sys.executable, "-m", "sessionstats", "check", "--save", str(tmp_path), "--timeout", "60"]
    checking = subprocess.Popen([*command, *peer("parent"), "--tell", str(pid_file)], stderr=subprocess.PIPE)
    while not (pid_file.exists() and pid_file.read_text()):
        assert checking.poll() is None
        time.sleep(0.05)
    checking.send_signal(number)
    assert checking.communicate(timeout=30)[1] == b""
    assert checking.returncode == 128 + number
    assert not runs(int(pid_file.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", ["huge", "flooding-child"])
def test_a_flood_does_not_fill_the_memory(how: str, tmp_path: Path) -> None:
    """§9: output that nobody waits for is not read, and the length of a line is limited."""
    arguments = [
        "check",
        "--save",
        str(tmp_path),
        "--examples",
        "3",
        "--shrink-seconds",
        "0.1",
        *peer(how),
        "--apart",
    ]
    code = (
        "import sys; from sessionstats.cli import main\n"
        f"main({arguments!r}); print(open('/proc/self/status').read(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    # The peak of this process alone: ru_maxrss would be inherited from the process that started it.
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None
    assert int(peak[1]) << 10 < 600 << 20


def test_a_request_that_is_not_read() -> None:
    """§9: a program that never reads does not hold us up."""
    message = r"did not read the whole request within 0\.5 s"
    sleeper = Program([sys.executable, "-c", "import time; time.sleep(600)"], timeout=0.5)
    with sleeper as deaf, pytest.raises(Breakdown, match=message):
        deaf({"sessions": ["x" * 1_000_000]})


def test_programs_run_in_another_time_zone() -> None:
    """§3.3: an instant without an offset is UTC, whatever the clock of the machine shows."""
    code = (
        "import json, os\n"
        "while line := input():\n"
        "    print(json.dumps({'id': json.loads(line)['id'], 'zone': os.environ.get('TZ')}), flush=True)"
    )
    for given, zone in ((None, os.environ.get("TZ")), ("Asia/Tokyo", "Asia/Tokyo")):
        with Program([sys.executable, "-c", code], time_zone=given) as program:
            assert program({}) == {"zone": zone}
    with Program([sys.executable, "-c", code]) as program:
        assert program({}) == {"zone": "America/St_Johns"}


HELLO = """
import json, sys
from sessionstats.protocol import respond
print(json.dumps({"hello": HELLO}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    assert "query" not in request["params"] and "groupBy" not in request["params"]
    print(json.dumps(respond(request)), flush=True)
"""


def test_a_program_says_what_it_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """§9: a first line makes flags unnecessary."""
    hello = {"groupBy": [], "unsupported": ["search", "errors"]}
    program = ("--", sys.executable, "-c", HELLO.replace("HELLO", repr(hello), 1))
    assert check(tmp_path, "--examples", "60", *program) == 0
    assert "claims: groupBy nothing; no search; no errors; program: " in capsys.readouterr().out


def test_a_hello_may_come_before_the_first_request() -> None:
    """§9: a program that starts quickly has said it when it is asked."""
    with Program([sys.executable, "-c", HELLO.replace("HELLO", '{"unsupported": []}', 1)]) as program:
        assert program._process is not None
        while not program._process.unread:
            time.sleep(0.01)
        assert program.introduce() == {"unsupported": []}


FORGETFUL = """
import json, sys
from sessionstats.protocol import respond
rows = {}
for line in sys.stdin:
    request = json.loads(line)
    request["sessions"] = rows.setdefault(json.dumps(request["params"].get("interval")), request["sessions"])
    print(json.dumps(respond(request)), flush=True)
"""


def test_what_requests_before_it_do_to_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cache by the wrong key: no case shows it alone, so none is made smaller, and nothing is to paste."""
    claims = ("--no-errors", "--no-bad-rows", "--no-updates", "--examples", "25")
    assert check(tmp_path, *claims, "--", sys.executable, "-c", FORGETFUL) == 1
    out = capsys.readouterr().out
    assert "1 finding in 25 cases" in out
    assert "a freshly started program answers it correctly" in out
    assert "to reproduce" not in out


def test_a_program_that_claims_what_does_not_exist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt capability would be requested after all."""
    program = ("--", sys.executable, "-c", HELLO.replace("HELLO", '{"unsupported": ["serach"]}', 1))
    assert check(tmp_path, "--examples", "5", *program) == 2
    assert "unknown capability 'serach'; there are search, filters" in capsys.readouterr().err
