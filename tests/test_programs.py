"""Programs under test: whatever one does, the check ends, and says what it saw."""

import json
import sys
from pathlib import Path

import pytest

from sessionstats.cli import main
from sessionstats.testing.runner import IN_A_ROW

PEERS = Path(__file__).parent / "peers"

MISHAPS = {
    "kill": "was killed by signal 9",
    "half": "wrote a line without an end",
    "exit": "exited with status 0 before it answered",
    "close": "closed its standard output before it answered",
    "print": "wrote what is not JSON: 'debug: now answering'",
    "list": "wrote what is no answer: '[]'",
    "id": 'answered with id "another" instead of "case-',
    "order": 'answered with id "case-1" instead of "case-',
    "silence": "gave no answer within",
    "unended": "gave no answer within",
    "huge": "wrote an endless line",
}
"""What the program does, and what is said of it."""


def check(save: Path, *arguments: str) -> int:
    return main(["check", "--save", str(save), "--shrink-seconds", "0.5", *arguments])


def peer(how: str) -> tuple[str, ...]:
    return "--", sys.executable, str(PEERS / "misbehaving.py"), how


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PEERS.parent.parent))


@pytest.mark.parametrize("how", MISHAPS)
def test_a_mishap_is_a_finding(how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """§9: exit status 3, one clear sentence, and the request is in a file, ready for a replay."""
    quick = "0.8" if how in ("silence", "unended") else "20"
    assert check(tmp_path, "--examples", "5", "--timeout", quick, *peer(how)) == 3
    assert MISHAPS[how] in capsys.readouterr().out
    saved = list(tmp_path.glob("01-*.json"))
    assert {"now", "params", "sessions"} <= json.loads(saved[0].read_text())["case"].keys()
    assert {"now", "params", "sessions"} <= json.loads((tmp_path / "pending.jsonl").read_text()).keys()


def test_the_end_of_standard_error_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "--examples", "5", *peer("kill")) == 3
    assert "out of memory, it seems" in capsys.readouterr().out


@pytest.mark.parametrize("how", ["flood", "windows"])
def test_what_is_no_mishap(how: str, tmp_path: Path) -> None:
    """§9: a flood on standard error and line ends of Windows disturb nobody."""
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
    told = capsys.readouterr().out
    assert "nowhere.py" in told
    assert f"1 finding in {IN_A_ROW} cases" in told


def test_an_answer_without_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """§9: it is not an id that is null."""
    silent = "import sys\nfor line in sys.stdin: print('{}', flush=True)"
    assert check(tmp_path, "--examples", "3", "--", sys.executable, "-c", silent) == 3
    assert 'answer has no "id"; that of the request was "case-' in capsys.readouterr().out


def test_without_hypothesis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra: how to install it, and the status of wrong usage."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert check(tmp_path, "--", "true") == 2
    assert 'pip install "sessionstats[testing]"' in capsys.readouterr().err


def test_a_program_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "--", str(tmp_path / "nowhere")) == 2
    assert "No such file" in capsys.readouterr().err
