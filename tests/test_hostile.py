"""Hostile input (§1.4, §9): a short run of `tests.fuzzing`, and proof that it can fail."""

import random
from pathlib import Path
from typing import Any

import pytest

from sessionstats import SessionStatsError
from tests.fuzzing import MOST_BYTES, MOST_SECONDS, files, lines
from tests.fuzzing.limited import run_cases, run_limited

pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")


@pytest.mark.parametrize(("kind", "count"), [("files", 1000), ("lines", 1000)])
def test_short_run(kind: str, count: int) -> None:
    """§1.4, §9: no traceback, no lost row, no lost id; the same cases every time."""
    found = run_limited(kind, 0, 0, count)
    assert found["failures"] == []
    assert sum(found["outcomes"].values()) == count
    assert found["bytes"] < MOST_BYTES
    expected = {"files": {"same", "rejected", "other values"}, "lines": {"200", "400", "422"}}[kind]
    assert expected <= set(found["outcomes"])


class TestTheRunItself:
    """A run that could not fail would prove nothing."""

    def test_a_lost_row_is_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cases = files.Files(tmp_path)
        monkeypatch.setattr(files, "read", lambda path: cases.sessions[:-1])
        with pytest.raises(AssertionError, match="1 rows lost"):
            cases.run(0, files.FORMATS.index(".csv"))
        with pytest.raises(AssertionError, match="despite the digest"):
            cases.run(0, files.FORMATS.index(".npz"))

    def test_an_error_without_a_location_is_found(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def rejecting(path: Path) -> Any:
            raise SessionStatsError(f"damaged: {path.name}")

        cases = files.Files(tmp_path)
        monkeypatch.setattr(files, "read", rejecting)
        with pytest.raises(AssertionError, match="no location"):
            cases.run(0, 0)

    def test_every_damage_changes_something(self) -> None:
        data = b"a,b\n1,2\n"
        made = [files.damaged(data, random.Random(n), cut_off=True) for n in range(300)]
        assert {len(one) - len(data) for one in made} >= {-8, -4, -1, 0, 1, 2, 4, 8}

    @pytest.mark.parametrize(
        "answer",
        ['{"id": -2, "status": 400, "body": {"detail": "x"}}', '{"id": 1, "status": 500, "body": {}}', "NaN"],
    )
    def test_an_invalid_answer_is_found(self, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lines, "respond_to_line", lambda line: answer)
        number = next(n for n in range(99) if lines.hostile_line(random.Random(f"line 0 {n}"), n)[0])
        with pytest.raises((AssertionError, TypeError)):
            lines.run(0, number)

    def test_failures_are_counted_and_the_run_goes_on(self, tmp_path: Path) -> None:
        def case(number: int) -> str:
            return str(1 // number)

        found = run_cases(case, 0, 3, tmp_path / "current")
        assert [number for number, _ in found["failures"]] == [0]
        assert found["outcomes"] == {"1": 1, "0": 1}
        assert found["seconds"] < MOST_SECONDS

    def test_a_process_that_dies_is_a_failure(self) -> None:
        ((number, what),) = run_limited("nothing", 0, 7, 1)["failures"]
        assert number == 7
        assert "ended with 1" in what
