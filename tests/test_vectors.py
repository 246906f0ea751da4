"""The test vectors: kernel and model give their answers, and they cover the rules.

The expected answers come from the kernel; the model, which shares no code with it, is the second
witness. A failure of the first test alone means that an answer changed: see the policy of
`docs/reference/vectors.md` before writing the file again.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sessionstats import vectors
from sessionstats.cli import main
from sessionstats.protocol import respond_to_line
from sessionstats.rules import EDITIONS
from sessionstats.testing.model import answer as model_answer
from sessionstats.vectors.tags import CAPABILITIES

LOADED = vectors.load()

SEMANTICS = Path(__file__).parents[1] / "docs" / "semantics.md"

LARGE = {"7.4-documented-cap-01"}
"""Vectors that have to be large: the cap of 109 releases needs 110 of them."""


def text_of(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    """The parts of an answer that a vector has, as text: to the bit and to the type."""
    return json.dumps({name: answer.get(name) for name in expected}, sort_keys=True)


def test_shipped_file_is_what_the_kernel_answers() -> None:
    """§9: the shipped file, to the byte."""
    generated = [vectors.as_line(vector) for vector in vectors.generate()]
    assert vectors.read_text().splitlines(keepends=True) == generated


def test_kernel_answers_the_shipped_lines() -> None:
    """§9: every request, line in, line out, as an implementer would send it."""
    wrong = []
    for vector in LOADED:
        line = json.dumps({"id": vector["id"], **vector["request"]}).encode()
        answer = json.loads(respond_to_line(line))
        if text_of(answer, vector["answer"]) != text_of(vector["answer"], vector["answer"]):
            wrong.append(vector["id"])
        assert answer["id"] == vector["id"]
    assert wrong == []


def test_model_answers_the_same() -> None:
    """§1 to §9: a second witness for every answer."""
    wrong = [
        vector["id"]
        for vector in LOADED
        if text_of(model_answer(vector["request"]), vector["answer"])
        != text_of(vector["answer"], vector["answer"])
    ]
    assert wrong == []


def test_every_section_is_covered() -> None:
    """§1 to §9: every section that states a rule is the topic of some vector, and no other section exists."""
    topics = {vector["sections"][0] for vector in LOADED}
    assert topics == set(vectors.SECTIONS)
    assert {section for vector in LOADED for section in vector["sections"]} <= set(vectors.SECTIONS)


def test_sections_are_those_of_the_semantics() -> None:
    """The sections are the headings of the document; a chapter that only has sections states no rule,
    and §6.8 is about comparisons (`tests.test_arithmetic`)."""
    headings = re.findall(r"^#{2,3} ([1-9](?:\.[1-9])?)\.? ", SEMANTICS.read_text(encoding="utf-8"), re.M)
    assert headings
    assert set(headings) - {"1", "3", "4", "7", "6.8"} == set(vectors.SECTIONS)


def test_ids_are_unique_and_numbered() -> None:
    """An id is its section, a name and a number; the numbers of a name have no gaps."""
    numbers: Counter[str] = Counter()
    for vector in LOADED:
        topic, _, number = vector["id"].rpartition("-")
        numbers[topic] += 1
        assert int(number) == numbers[topic]
        assert topic.startswith(f"{vector['sections'][0]}-")


def test_vectors_are_small() -> None:
    """A vector is small enough to read."""
    lines = {vector["id"]: len(vectors.as_line(vector)) for vector in LOADED}
    assert {name for name, length in lines.items() if length > 3_200} == LARGE
    assert 900 <= len(lines) <= 1100


def test_requests_are_distinct() -> None:
    """No two vectors have the same request."""
    requests = Counter(json.dumps(vector["request"], sort_keys=True) for vector in LOADED)
    assert [request for request, count in requests.items() if count > 1] == []


def test_lines_conform_to_the_schema() -> None:
    """§9: every line conforms to the schema, and the schema is valid."""
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    kind = jsonschema.Draft202012Validator
    kind.check_schema(vectors.schema())
    validator = kind(vectors.schema())
    assert {v["id"]: e.message for v in LOADED for e in validator.iter_errors(v)} == {}


def test_schema_rejects_what_is_wrong() -> None:
    """The schema is itself tested: each of these is rejected."""
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    validator = jsonschema.Draft202012Validator(vectors.schema())
    right = next(vector for vector in LOADED if vector["answer"]["status"] == 200)
    for part, value in (
        ("id", "3.5 window"),
        ("why", "No full stop"),
        ("sections", []),
        ("tags", []),
        ("tags", ["edition:2023"]),
        ("request", {"now": "2024-01-29", "params": {}}),
        ("request", {**right["request"], "rules": {"min_intervals": 10}}),
        ("answer", {"status": 200}),
        ("answer", {"status": 400, "body": right["answer"]["body"]}),
        ("answer", {"status": 200, "body": {**right["answer"]["body"], "start": "2024-01-29"}}),
        ("comment", ""),
    ):
        assert not validator.is_valid({**right, part: value}), (part, value)
    assert validator.is_valid(right)


def test_why_is_one_sentence() -> None:
    """Every vector says why it is there, in a sentence with a capital letter, or a name, and a full stop."""
    wrong = [v["id"] for v in LOADED if not v["why"].endswith(".") or ". " in v["why"] or "\n" in v["why"]]
    assert wrong == []


def test_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``sessionstats vectors`` writes the shipped bytes, to a file or to standard output."""
    target = tmp_path / "vectors.jsonl"
    assert main(["vectors", str(target)]) == 0
    assert target.read_bytes() == vectors.read_text().encode("ascii")
    assert main(["vectors"]) == 0
    assert capsys.readouterr().out == vectors.read_text()


def test_module_writes_the_file() -> None:
    """``python -m sessionstats.vectors`` makes the file, in a fresh interpreter, to the same bytes."""
    made = subprocess.run([sys.executable, "-m", "sessionstats.vectors"], capture_output=True, check=True)
    assert made.stdout.decode("ascii") == vectors.read_text()


def test_tags_are_what_a_vector_needs() -> None:
    """§9: what is not tagged is not needed; every tag occurs with an answer and with a rejection."""
    for vector in LOADED:
        request, tags = vector["request"], vector["tags"]
        text = json.dumps(request["params"])
        assert ("search" in tags) == ("query" in text), vector["id"]
        assert ("paging" in tags) == ("per_page" in text or "cursor" in text), vector["id"]
        assert ("updates" in tags) == any(row.get("session_id") for row in rows_of(request)), vector["id"]
        assert ("metadata" in tags) == bool(request.get("releases") is not None), vector["id"]
        assert ("errors" in tags) == (vector["answer"]["status"] in (400, 403)), vector["id"]
        assert ("bad_rows" in tags) == (vector["answer"]["status"] == 422), vector["id"]
        assert ("rules" in tags) != any(tag.startswith("edition:") for tag in tags), vector["id"]
    seen = {tag for vector in LOADED for tag in vector["tags"]}
    assert seen == {*CAPABILITIES, "rules", *(f"edition:{name}" for name in EDITIONS)}


def rows_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in request["sessions"] if isinstance(row, dict)]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_program_of_one_edition_answers_what_is_tagged_for_it(edition: str) -> None:
    """§9: without reading `rules`; vectors without its tag have another answer there."""
    for vector in LOADED:
        answer = model_answer({**vector["request"], "rules": edition})
        same = text_of(answer, vector["answer"]) == text_of(vector["answer"], vector["answer"])
        assert same == (f"edition:{edition}" in vector["tags"]), vector["id"]
