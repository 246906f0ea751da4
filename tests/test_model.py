"""Two independent implementations, compared: the kernel and the model of the whole SPEC.

The generated cases are those of `sessionstats.testing.strategies`, biased towards what breaks
implementations; `tests.test_strategies` shows that the rare shapes occur. Answers are equal to the bit: there
is no tolerance.
"""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionstats.protocol import respond
from sessionstats.testing.model import answer as model_answer
from sessionstats.testing.strategies import Claims, cases

EXAMPLES = 2 * settings.default.max_examples
"""Examples of each property: 400 in an ordinary run."""

QUERY_PIECES = (
    *(
        "release",
        "environment",
        "has",
        "session.status",
        "project",
        "foo",
        "release.version",
        "release.build",
    ),
    *("latest", "a", "1.0", ":", ":", ":", "!", "(", ")", " ", " ", '"', "\\", "*", "[", "]", ",", "\t", "é"),
    *(
        "AND",
        "OR",
        "or",
        "and",
        ">=",
        "<",
        "=",
        "!=",
        "x",
        "-",
        ".",
        '\\"',
        "\\*",
        "a b",
        "release:a",
        '"foo":',
    ),
)


def canonical(answer: dict[str, Any]) -> str:
    """An answer as text; the wording of 422 is each implementation's own (§9)."""
    if answer["status"] == 422:
        answer = {**answer, "body": {}}
    return json.dumps(answer, sort_keys=True)


def assert_same_answer(case: dict[str, Any]) -> None:
    assert canonical(respond(case)) == canonical(model_answer(case))


@settings(max_examples=EXAMPLES)
@given(cases())
def test_same_answer_to_everything(case: dict[str, Any]) -> None:
    """§1 to §9: fields, groups, filters, pages, editions, metadata, updates, invalid requests and rows."""
    assert_same_answer(case)


@settings(max_examples=EXAMPLES)
@given(cases(Claims(errors=False, bad_rows=False)))
def test_same_answer_to_valid_requests(case: dict[str, Any]) -> None:
    """§5 to §7: requests that are answered, so that values are compared and not rejections."""
    assert_same_answer(case)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.sampled_from(QUERY_PIECES), max_size=12).map("".join), st.booleans())
def test_same_verdict_on_any_search(query: str, with_metadata: bool) -> None:
    """§4: any text at all, most of it invalid; the first error in the order of §4.4 is the answer."""
    releases = ["a", "1.0", "a*", 'x"', "p@1.0+a", "p@1.0", "", "]", ">=1.0"]
    row = {"started": "2024-01-29T12:00:00Z", "project_id": 1, "status": "ok"}
    case = {
        "id": 1,
        "now": "2024-01-29T12:27:28.303Z",
        "params": {"field": "sum(session)", "statsPeriod": "1h", "query": query, "groupBy": "release"},
        "sessions": [{**row, "release": r, "environment": e} for r in releases for e in ("", "x", "a")],
        "projects": {"a": 1},
        "releases": [{"version": "a", "date_added": 1, "project_ids": [1]}] if with_metadata else None,
    }
    assert_same_answer(case)


@pytest.mark.parametrize("fields", [["sum(session)"], ["count_unique(user)", "p95(session.duration)"]])
def test_same_answer_with_thousands_of_groups(fields: list[str]) -> None:
    """§7.4: far more groups than the cap lets through, with many equal totals at the cut."""
    draw = random.Random(20240129)
    rows = [
        {
            "started": f"2024-01-2{draw.randrange(3, 9)}T{draw.randrange(24):02}:00:00Z",
            "project_id": draw.randrange(1, 3),
            "release": f"app@{draw.randrange(3000)}",
            "status": draw.choice(["ok", "exited", "crashed"]),
            "distinct_id": draw.randrange(50),
            "duration": draw.randrange(4),
        }
        for _ in range(6000)
    ]
    params = {"field": fields, "groupBy": ["project", "release"], "interval": "1d", "statsPeriod": "7d"}
    assert_same_answer({"id": 1, "now": "2024-01-29T00:00:00Z", "params": params, "sessions": rows})
