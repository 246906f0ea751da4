"""The published cases of the real endpoint, through the oracle protocol (§9).

A case says where its answer comes from (``source``). ``match: subset`` compares only the keys given,
``order: any`` allows any order of groups, ``lengths`` gives lengths of lists; floats agree within 1e-9
relative, or the case's own ``approx``: published in decimal, rounded by others.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from sessionstats.protocol import respond_to_line
from sessionstats.testing.model import answer as model_answer

PUBLISHED = json.loads((Path(__file__).parent / "cases" / "published.json").read_text())
CASES = PUBLISHED["cases"]


def request_of(case: dict[str, Any]) -> dict[str, Any]:
    request = {
        key: case[key] for key in ("id", "now", "params", "projects", "releases", "rules") if key in case
    }
    return {**request, "sessions": PUBLISHED["sessions"][case["sessions"]]}


def mismatches(
    expected: Any, actual: Any, path: str, *, subset: bool, any_order: bool, within: float
) -> list[str]:
    options = {"subset": subset, "any_order": any_order, "within": within}
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing = expected.keys() - actual.keys()
        extra = set() if subset else actual.keys() - expected.keys()
        found = [f"{path}: keys missing {sorted(missing)}, extra {sorted(extra)}"] if missing or extra else []
        for key in expected.keys() & actual.keys():
            found += mismatches(expected[key], actual[key], f"{path}.{key}", **options)
        return found
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{path}: {len(expected)} expected, {len(actual)} found"]
        if any_order and path.endswith(".groups"):
            by_key = {json.dumps(group["by"], sort_keys=True): group for group in actual}
            actual = [by_key.get(json.dumps(group["by"], sort_keys=True)) for group in expected]
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for i, (e, a) in pairs for line in mismatches(e, a, f"{path}[{i}]", **options)]
    if isinstance(expected, float) and isinstance(actual, float):
        return [] if math.isclose(expected, actual, rel_tol=within) else [f"{path}: {expected} != {actual}"]
    same = expected == actual and type(expected) is type(actual)
    return [] if same else [f"{path}: {expected!r} expected, {actual!r} found"]


def case_mismatches(expect: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    options = {
        "subset": expect.get("match") == "subset",
        "any_order": expect.get("order") == "any",
        "within": expect.get("approx", 1e-9),
    }
    given = {key: expect[key] for key in ("status", "body") if key in expect}
    found = mismatches(given, {key: actual[key] for key in given}, "", **options)
    if "links" in expect:
        found += mismatches(
            expect["links"], actual["links"], "links", subset=True, any_order=False, within=0.0
        )
    for name, length in expect.get("lengths", {}).items():
        if len(actual["body"][name]) != length:
            found.append(f"{name}: {length} expected, {len(actual['body'][name])} found")
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_kernel_answers_published_case(case: dict[str, Any]) -> None:
    """§9: every published case, line in, line out."""
    actual = json.loads(respond_to_line(json.dumps(request_of(case)).encode()))
    assert case_mismatches(case["expect"], actual) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_model_answers_published_case(case: dict[str, Any]) -> None:
    """§9: the model answers them as well, independently."""
    assert case_mismatches(case["expect"], model_answer(request_of(case))) == []


def test_comparison_notices_wrong_answers() -> None:
    """The comparison is itself tested: every wrong answer below is noticed."""
    expected = {
        "status": 200,
        "body": {"groups": [{"by": {}, "totals": {"a": 1}, "series": {"a": [1.0, None]}}]},
    }
    wrong = [
        {"groups": []},
        {"groups": [{"by": {}, "totals": {"a": 2}, "series": {"a": [1.0, None]}}]},
        {"groups": [{"by": {}, "totals": {"a": 1.0}, "series": {"a": [1.0, None]}}]},
        {"groups": [{"by": {}, "totals": {"a": 1}, "series": {"a": [1.0]}}]},
        {"groups": [{"by": {}, "totals": {"a": 1}, "series": {"a": [1.0, 0.0]}}]},
        {"groups": [{"by": {}, "totals": {"a": 1}, "series": {"a": [1.0 + 1e-8, None]}}]},
        {"groups": [{"by": {}, "totals": {"a": 1}, "series": {"a": [1.0, None]}, "extra": 1}]},
    ]
    assert case_mismatches(expected, expected) == []
    assert [body for body in wrong if not case_mismatches(expected, {"status": 200, "body": body})] == []
    assert case_mismatches(expected, {"status": 400, "body": expected["body"]})
