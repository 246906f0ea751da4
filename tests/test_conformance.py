"""The vectors as a test of a program: passed, failed, unsupported, by rule and by tag; JUnit XML."""

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sessionstats import vectors
from sessionstats.cli import main
from sessionstats.protocol import respond
from sessionstats.testing.artefacts import read_case
from sessionstats.testing.conformance import counted, run_vectors, to_text
from sessionstats.testing.junit import Entry as Line
from sessionstats.testing.junit import junit

VECTORS = vectors.load()

ORACLE = ("--", sys.executable, "-m", "sessionstats", "oracle")


def test_the_kernel_passes() -> None:
    """§9: every vector."""
    outcomes = run_vectors(respond, VECTORS)
    assert {outcome.outcome for outcome in outcomes} == {"passed"}
    assert f"{len(VECTORS):,} passed, 0 failed, 0 unsupported." in to_text(outcomes)


def test_outcomes_are_counted_by_rule_and_tag() -> None:
    """§4: a program without search that counts missing users, and dies on a rejection."""

    def program(case: dict[str, Any]) -> Any:
        answer = respond(case)
        if "query" in case["params"]:
            return {"unsupported": "search"}
        if answer["status"] == 403:
            raise ValueError("\x1b[2J")
        for group in answer["body"].get("groups", ()):
            for name in ("count_unique(user)",):
                if name in group.get("totals", {}):
                    group["totals"][name] += 1
        return answer

    outcomes = run_vectors(program, VECTORS)
    by_rule = counted(outcomes, "sections")
    assert by_rule["4.1"]["unsupported"] > 10
    assert by_rule["6.2"]["failed"] > 5
    assert not by_rule["3.5"]["failed"]
    assert any(outcome.broke_down for outcome in outcomes)
    text = to_text(outcomes)
    assert "\x1b" not in text
    assert text.count("\n") < 200
    assert {outcome.outcome for outcome in outcomes if "search" in outcome.tags} == {"unsupported"}


def test_the_text_of_a_bad_row_is_free() -> None:
    """§1.4: only the status counts if the vector has no body."""
    free = [vector for vector in VECTORS if vector["answer"] == {"status": 422}]
    assert {o.outcome for o in run_vectors(lambda case: {"status": 422, "body": 1}, free)} == {"passed"}
    assert {o.outcome for o in run_vectors(lambda case: {"status": 400, "body": 1}, free)} == {"failed"}


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0, 1, 2 and 3; JSON and JUnit say the same."""
    files = ("--json", str(tmp_path / "a.json"), "--junit", str(tmp_path / "a.xml"))
    assert main(["vectors", "--run", "--tag", "search", *files, *ORACLE]) == 0
    searched = [vector["id"] for vector in VECTORS if "search" in vector["tags"]]
    assert f"{len(searched)} passed, 0 failed" in capsys.readouterr().out
    report = json.loads((tmp_path / "a.json").read_text())
    assert [each["id"] for each in report["vectors"]] == searched
    suite = ElementTree.parse(tmp_path / "a.xml").getroot()
    assert [case.get("name") for case in suite] == searched
    wrong = "import json, sys\nfor l in sys.stdin: print(json.dumps({'id': json.loads(l)['id']}), flush=True)"
    assert main(["vectors", "--run", "--tag", "search", "--", sys.executable, "-c", wrong]) == 1
    assert main(["vectors", "--run", "--tag", "search", "--", sys.executable, "-c", "pass"]) == 3
    assert main(["vectors", "--run", "--tag", "serach", *ORACLE]) == 2
    assert main(["vectors", "--run"]) == 2
    assert main(["vectors", "one", "two"]) == 2


def test_vectors_by_tag_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines of the file, to the letter."""
    assert main(["vectors", "--tag", "search"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 0 < len(lines) < len(VECTORS)
    assert set(lines) < set(vectors.read_text().splitlines())


def test_a_vector_is_replayed(tmp_path: Path) -> None:
    """By its id, and as a file."""
    vector = VECTORS[0]
    (tmp_path / "vector.json").write_text(vectors.as_line(vector))
    assert read_case(vector["id"]) == read_case(tmp_path / "vector.json") == vector["request"]
    assert main(["check", "--save", str(tmp_path), "--replay", vector["id"], *ORACLE]) == 0


def test_findings_as_junit(tmp_path: Path) -> None:
    """A finding is a test that failed; control characters of a program are written as escapes."""
    report = tmp_path / "report.xml"
    program = ("--", sys.executable, "-c", "print('\\x1b[2J')")
    assert main(["check", "--save", str(tmp_path), "--examples", "2", "--junit", str(report), *program]) == 3
    (case,) = ElementTree.parse(report).getroot()
    assert case[0].tag == "failure"
    assert main(["check", "--save", str(tmp_path), "--examples", "2", "--junit", str(report), *ORACLE]) == 0
    (case,) = ElementTree.parse(report).getroot()
    assert len(case) == 0
    xml = junit("a<b", [Line("x", "y", skipped="\x1b\x00&"), Line("x", "z", failure="1\n2 < 3")])
    assert [each[0].tag for each in ElementTree.fromstring(xml.encode())] == ["skipped", "failure"]
