"""The page "Spot the bug": of each bug of the registry two answers to guess from, and the smallest case.

1. ``spot-the-bug.json`` has the cases, made by ``python -m tests.gallery.spot``. What they answer, right and
   wrong, is computed here when the site is built, and ``_static/spot.js`` shows one bug at a time.
2. A pair of answers is a *chart* where a field with numbers looks different: a line for each group over the
   intervals, or over the totals. Else it is a *table* of the positions that differ.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import parse_qs

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Bug
from sessionstats.testing.bugs.registry import BUGS
from sessionstats.testing.findings import ABSENT, Path
from sessionstats.testing.hypotheses import Evidence

CASES = FilePath(__file__).parent.parent / "spot-the-bug.json"
"""The cases, one a line."""

NOW = "2024-01-29T18:27:28Z"
"""When the week is asked about."""

SIDES = ("right", "wrong")
"""The two answers."""

VISIBLE = 0.05
"""Least difference that is seen in a chart, as a share of the largest value."""

MOST_LINES = 6
"""Most lines of a chart."""

MOST_ROWS = 6
"""Most rows of a table."""

LONGEST = 300
"""Most characters of a value in a table."""


def _week() -> list[dict[str, Any]]:
    table = """
        24T09:00 1.0  prod exited   ann 30    1
        24T12:00 1.0  prod exited   bob 45    1
        25T00:00 1.0  prod exited   ann 60    2
        25T10:30 1.1  prod crashed  bob 5     1
        25T11:00 1.1  test ok       eve -     1
        26T06:00 1.0  prod exited   ann 20    1
        26T23:59 1.1  prod abnormal eve 90    1
        27T00:10 1.1  -    exited   ann 15    3
        27T12:00 1.1  prod crashed  bob 2     1
        27T18:00 1.9  prod exited   -   75    1
        28T03:00 1.9  test errored  eve -     1
        28T12:00 1.10 prod exited   ann 120   1
        28T18:00 1.1  prod exited   bob 40    1
        28T20:00 1.10 prod crashed  -   3     2
        29T05:30 1.10 prod exited   ann 50    1
        29T06:00 1.10 -    exited   eve 0     1
        29T11:00 1.10 prod exited   bob 10    4
        29T17:59 1.9  test exited   ann 66    1
        29T18:10 1.10 prod exited   bob 100   1
    """
    columns = ("started", "release", "environment", "status", "distinct_id", "duration", "quantity")
    rows = []
    for number, line in enumerate(table.split("\n")[1:-1]):
        row: dict[str, Any] = {
            name: text for name, text in zip(columns, line.split(), strict=True) if text != "-"
        }
        row |= {
            "started": f"2024-01-{row['started']}:00Z",
            "project_id": 1,
            "release": f"app@{row['release']}",
        }
        row |= {name: int(row[name]) for name in ("duration", "quantity") if name in row}
        row |= {"abnormal_mechanism": "anr_background"} if row["status"] == "abnormal" else {}
        row |= {"errors": 2} if number in (5, 12, 16) else {}
        rows.append(row)
    updates = {
        "started": "2024-01-26T12:00:00Z",
        "project_id": 1,
        "release": "app@1.1",
        "environment": "prod",
    }
    last = {"status": "crashed", "seq": 1, "duration": 12}
    started = {"status": "ok", "seq": 0, "distinct_id": "dan"}
    return [*rows, *({**updates, "session_id": "s1", **update} for update in (started, last))]


WORLD = _week()
"""One week of a small app."""


def demo_case(params: str) -> dict[str, Any]:
    """A request about the week; its parameters as an object, which bugs of parameters change."""
    values = parse_qs(params, keep_blank_values=True)
    given = {name: value[0] if len(value) == 1 else value for name, value in values.items()}
    return {"now": NOW, "params": given, "sessions": WORLD}


def chart(right: dict[str, Any], wrong: dict[str, Any]) -> dict[str, Any] | None:
    """Two answers as charts, where they look different.

    Returns
    -------
    dict or None
        ``field``; the ``columns`` of both sides; for ``right`` and ``wrong`` a list of lines, each with a
        ``name`` and ``values``; and the ``difference``, as a share of the largest value.
    """
    bodies = right["body"], wrong.get("body")
    if right["status"] != 200 or wrong["status"] != 200:
        return None
    pairs = []
    for part in ("series", "totals"):
        groups = [[each for each in body["groups"] if part in each] for body in bodies]
        for field in groups[0][0][part] if all(groups) else ():
            lines = [_lines(each, part, field) for each in groups]
            if all(map(_drawable, lines)):
                columns = [body["intervals"] if part == "series" else ["total"] for body in bodies]
                difference = 0.5 if columns[0] != columns[1] else _difference(*lines)
                pairs.append((difference, field, columns, lines))
    if max((pair[0] for pair in pairs), default=0) <= VISIBLE:
        return None
    difference, field, columns, lines = max(pairs, key=lambda pair: pair[0])
    both = {"columns": dict(zip(SIDES, columns, strict=True)), **dict(zip(SIDES, lines, strict=True))}
    return {"field": field, "difference": difference, **both}


def _lines(groups: list[dict[str, Any]], part: str, field: str) -> list[dict[str, Any]]:
    lines = []
    for group in groups:
        values = group[part].get(field)
        name = ", ".join(str(value) or "(none)" for value in group["by"].values()) or "all"
        lines.append({"name": name, "values": values if isinstance(values, list) else [values]})
    return lines


def _drawable(lines: list[dict[str, Any]]) -> bool:
    values = [value for line in lines for value in line["values"]]
    numbers = all(value is None or (type(value) in (int, float) and isfinite(value)) for value in values)
    return numbers and 0 < len(values) <= 60 and len(lines) <= MOST_LINES


def _difference(right: list[dict[str, Any]], wrong: list[dict[str, Any]]) -> float:
    shapes = [[(line["name"], len(line["values"])) for line in lines] for lines in (right, wrong)]
    if shapes[0] != shapes[1]:
        return 0.5
    pairs = [
        pair
        for lines in zip(right, wrong, strict=True)
        for pair in zip(lines[0]["values"], lines[1]["values"], strict=True)
    ]
    top = max((abs(value) for pair in pairs for value in pair if value is not None), default=0) or 1
    apart = (abs(a - b) / top if a is not None and b is not None else 0.6 * (a is not b) for a, b in pairs)
    return max(apart, default=0)


def table(case: dict[str, Any], right: dict[str, Any], wrong: dict[str, Any]) -> dict[str, Any]:
    """The positions at which two answers differ: ``columns`` and, for ``right`` and ``wrong``, lines."""
    if right["status"] != 200 or wrong["status"] != 200:
        return {"right": [_outcome(right)], "wrong": [_outcome(wrong)]}
    evidence = Evidence(case, wrong, right)
    paths = sorted(evidence.apart(evidence.expected, evidence.actual), key=_rank)
    flats = (evidence.expected, evidence.actual)
    return {
        side: [{"name": str(path), "values": [_shown(flat.get(path, ABSENT))]} for path in paths[:MOST_ROWS]]
        for side, flat in zip(SIDES, flats, strict=True)
    }


def _rank(path: Path) -> tuple[bool, bool, str]:
    return (path.field is None, path.part not in ("totals", "groups"), str(path))


def _outcome(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["status"] != 200:
        return {"name": f"rejected ({answer['status']})", "values": [answer["body"]["detail"]]}
    groups = [{"by": group["by"], **group.get("totals", {})} for group in answer["body"]["groups"][:3]]
    return {"name": "answered (200)", "values": [_shown(groups)]}


def _shown(value: Any) -> str:
    if isinstance(value, tuple):  # the groups and their order
        return _cut(
            " | ".join(re.sub(r"[()]|,(?=\))", "", text) or "the one group" for text in value) or "none"
        )
    return "nothing" if value is ABSENT else _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text)} characters)"


def entry(bug: Bug, kept: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of a bug.

    Parameters
    ----------
    bug : Bug
    kept : dict
        Its line of ``spot-the-bug.json``.
    """
    smallest = kept["smallest"]
    variant = bug.for_case(smallest)[kept["variant"]]
    right, wrong = model.answer(smallest), variant(smallest)
    difference = table(smallest, right, wrong)
    pair, case = chart(right, wrong), smallest
    if "params" in kept:
        case = demo_case(kept["params"])
        shown = bug.for_case(case)[kept["shown_variant"]]
        pair = chart(model.answer(case), shown(case))
    return {
        "id": bug.id, "section": bug.section, "title": bug.title, "explanation": bug.explanation,
        "reports": list(bug.reports), "detail": variant.detail, "of_week": "params" in kept,
        "request": written(case), "pair": pair or difference,
        "smallest": {"request": written(smallest), "rows": smallest["sessions"], **difference},
    }  # fmt: skip


def written(case: dict[str, Any]) -> str:
    """A request but for its rows, as text."""
    params = case["params"]
    if isinstance(params, dict):
        pairs = (
            (name, each)
            for name, value in params.items()
            for each in (value if isinstance(value, list) else [value])
        )
        params = "&".join(f"{name}={value}" for name, value in pairs)
    others = {name: case[name] for name in ("rules", "projects", "releases") if case.get(name) is not None}
    return "\n".join(
        [params, f"now {case['now']}", *(f"{name} {json.dumps(value)}" for name, value in others.items())]
    )


def page_data(addresses: dict[str, str]) -> dict[str, Any]:
    """What ``_static/spot.js`` reads; ``addresses`` has that of each rule."""
    kept = {line["id"]: line for line in json.loads(CASES.read_text(encoding="utf-8"))}
    return {"week": WORLD, "rules": addresses, "bugs": [entry(bug, kept[bug.id]) for bug in BUGS]}
