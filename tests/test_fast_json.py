"""JSON lines that Arrow cuts or parses: the same sessions and errors as from the plain reader (§1.4)."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessionstats import from_records
from sessionstats.folding import fold
from sessionstats.io import text
from sessionstats.io.blocks import Reading

pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
from sessionstats.io import arrow_json_cells, arrow_jsonl
from sessionstats.io.strict_json import NotJSON
from tests.reading import outcome

VALUES = {
    "started": [
        '"2024-01-29T12:00:00Z"',
        '"2024-01-29T12:00:01Z"',
        '"2024-01-29"',
        "1706529600",
        "1706529600.5",
    ],
    "project_id": ["1", "7"],
    "release": ['""', "null", '"app@1.0"', '"é"', '"a b"', '"NA"'],
    "status": ['"ok"', '"exited"'],
    "errors": ["null", "0", "3"],
    "distinct_id": ["null", '""', '"ann"', '"7"', "7", "-3"],
    "duration": ["null", "1.5", "0", "-0.0", "12", "1e3", "2E-1", "9007199254740993", "9" * 25],
    "session_id": ["null", '"a"', '"b"'],
    "seq": ["null", "0", "-1"],
    "other": ["1", '"x"', "null", "true", "[1]", '{"a": 1}', '"{"'],
}
"""Valid values of JSON."""

ODD_VALUES = {
    "started": ["null", '"x"', "true", "1e999", '"2024-02-30T12:00:00Z"'],
    "project_id": ["null", "0", "1.0", "1e0", '"1"', "99999999999999999999", "true", "-0"],
    "status": ["null", '"gone"', "1"],
    "errors": ["-1", "1.0", '"1"', "[]", "true", "NaN"],
    "duration": [
        "-1",
        "Infinity",
        "NaN",
        "-Infinity",
        "1e999",
        '"1"',
        "01",
        "1.",
        ".5",
        "+1",
        "Inf",
        "9" * 4400,
        "-1.5",
        "00",
        "",
        "null ",
        "1 ",
        "nul",
    ],
    "release": [
        "1",
        '"a\\u0000b"',
        '"\\ud800"',
        '"a\tb"',
        '"}\n{"',
        "[]",
        "nul",
        '"a,b"',
        '"a, \\"errors\\": 1"',
        "null ",
    ],
    "distinct_id": [
        '"\\u0061nn"',
        '"a\tb"',
        '"a,b"',
        '"a\\""',
        '"a"b"',
        "nullnull",
        '"null',
        'ann"',
        '""ann"',
        "",
        '"',
    ],
    "session_id": ['"\\u0061"', '"a,b"', "[]", "7", '"a" '],
    "other": ["NaN", "01", '"\\x"', '"a\tb"', "9" * 4400, "[" * 50 + "]" * 50],
}
"""Values that are invalid, or that readers read differently."""


@st.composite
def json_files(draw: st.DrawFn) -> bytes:
    """Files of JSON lines, some with one oddity."""
    names = draw(st.permutations(list(VALUES)))[draw(st.integers(0, 3)) :]
    names = [*dict.fromkeys([*names, "started", "project_id", "status"])]
    one_kind = {name: draw(st.sampled_from(VALUES[name])) for name in ("started", "distinct_id", "other")}
    n = draw(st.integers(1, 8))
    rows = [
        {
            name: one_kind[name]
            if name in one_kind and draw(st.booleans())
            else draw(st.sampled_from(VALUES[name]))
            for name in names
        }
        for _ in range(n)
    ]
    odd = draw(
        st.sampled_from(
            [
                "",
                "",
                "value",
                "value",
                "twice",
                "two",
                "split",
                "blank",
                "bom",
                "after",
                "latin",
                "order",
                "space",
            ]
        )
    )
    at = draw(st.integers(0, n - 1))
    if odd == "value":
        name = draw(st.sampled_from([name for name in names if name in ODD_VALUES]))
        rows[at][name] = draw(st.sampled_from(ODD_VALUES[name]))
    space = draw(st.sampled_from(["", " "]))
    lines = ["{" + f",{space}".join(f'"{k}":{space}{v}' for k, v in row.items()) + "}" for row in rows]
    if odd == "order":
        lines[at] = "{" + ",".join(f'"{k}":{v}' for k, v in reversed(rows[at].items())) + "}"
    if odd == "space":
        lines[at] = lines[at].replace(
            draw(st.sampled_from([",", ":", "{", "}"])), draw(st.sampled_from([" , ", "\t:", " {", " }"])), 1
        )
    if odd == "twice":
        lines[at] = lines[at][:-1] + f',"{draw(st.sampled_from(names))}":null' + "}"
    if odd == "after":
        lines[at] += draw(st.sampled_from([" ", "x", ",", "{}", "\r"]))
    if odd == "blank":
        lines.insert(at, draw(st.sampled_from(["", "  ", "[]", "1", "{}", "{"])))
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n"]))
    if odd == "two":
        text = text.replace("}\n{", "} {", 1)
    if odd == "split":
        text = text.replace(",", ",\n", 1)
    data = text.encode()
    return b"\xef\xbb\xbf" * (odd == "bom") + (
        data.replace("é".encode(), b"\xe9") if odd == "latin" else data
    )


@pytest.mark.usefixtures("_everything_fast")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=json_files())
def test_both_readers_of_json_say_the_same(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    assert outcome(path) == outcome(path, text.ROWS_TOGETHER)


@pytest.mark.parametrize(
    ("block", "lines"),
    [
        (b'{"a":1}\n{"a":2}\n', 2),
        (b'{"a":1}\n{"a":2}', 2),
        (b'{"a":1} {"a":2}\n', None),
        (b'{"a":1,\n"b":2}\n', None),
        (b'{"a":1}\n\n{"a":2}\n', None),
        (b'{"a":"\t"}\n', None),
        (b'{"a":"\\n"}\n', None),
        (b'{"a":{}}\n', None),
        (b'{"a":NaN}\n', 1),
        (b'{"a":' + b"1" * 4400 + b"}\n", None),
    ],
)
def test_lines_of_objects(block: bytes, lines: int | None) -> None:
    assert arrow_jsonl._lines_of_objects(block) == lines


FIRST = """\
{"started": "2024-01-29T12:00:00Z", "project_id": 1, "status": "ok", "distinct_id": "ann", "duration": 0.5}
"""


@pytest.mark.parametrize(
    ("old", "new", "is_cut"),
    [
        ("ann", "ben", True),
        ("ann", "", True),
        ("ann", "a b: é", True),
        ('"ann"', "null", True),
        ("0.5", "null", True),
        ("0.5", "10", True),
        ('"ok"', '"e\\u0078ited"', True),
        ("ann", "a,b", False),
        ("ann", 'a"b', False),
        ("ann", "\\u0061", False),
        ("ann", "a\tb", False),
        ("ann", "a\0b", False),
        ('"ann"', "7", False),
        ('"ann"', "", False),
        ('"ann"', '"ann', False),
        ('"ann"', "nulL", False),
        ("0.5", "05", False),
        ("0.5", "-0", False),
        ("0.5", "", False),
        ("0.5", "NaN", False),
        ('"ok"', "null", False),
        ('"ok"', "1", False),
        ('"ok"', '"ok" x', False),
        ("1,", "1.0,", False),
        (', "project_id": 1, "status": "ok"', ', "status": "ok", "project_id": 1', False),
        (": 0.5", ":0.5", False),
        ("}", "} ", False),
        ("}\n", "}", True),
        ("}\n", "}\r\n", True),
        ("}\n", "}\r", False),
        ("}\n", "}\n\n", False),
        ("duration", "Duration", False),
        ("duration", "seq", False),
    ],
)
def test_lines_that_are_cut(old: str, new: str, is_cut: bool) -> None:
    """§1.4: only if no reader could read them otherwise; then as the plain reader does."""
    block = FIRST * 2 + FIRST.replace(old, new, 1)
    try:
        updates = arrow_json_cells.updates_of_cells(block.encode(), Reading().texts)
    except ValueError:
        assert not is_cut
        return
    assert is_cut
    assert fold(updates) == from_records([json.loads(line) for line in block.splitlines()])


@pytest.mark.parametrize("name", json.loads(FIRST))
def test_no_value_at_the_end_of_a_block(name: str) -> None:
    """§1.4: nothing after a colon, before a comma, is left to the plain reader, too."""
    row = json.loads(FIRST)
    line = json.dumps({name: row.pop(name), **row}) + "\n"
    value = json.dumps(json.loads(FIRST)[name])
    with pytest.raises((arrow_json_cells.Unsuitable, NotJSON)):
        arrow_json_cells.updates_of_cells((line * 2 + line.replace(value, "", 1)).encode(), Reading().texts)
