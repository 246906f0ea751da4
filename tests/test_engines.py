"""Real engines, checked by the kit: session statistics in the SQL of DuckDB and of ClickHouse (§3 to §8).

1. With exact functions every answer is right to the bit, except for averages: an engine adds floats in its
   own way. Both use compensated sums, which are off by a binary64 step or two; four are allowed (`AVERAGES`).
2. Counts beyond 2**53 also stay exact; rates of such counts are not claimed, since both engines divide in
   binary64 after rounding the counts.
3. With sketches, distinct counts and percentiles are within a tolerance whose reason is given beside it.
4. What the engines do not support is left out by `Claims`; they claim no rejections.

Under the profile ``thorough`` of Hypothesis, as many examples are tried as it says; otherwise few, since a
statement takes tens of milliseconds to plan.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from sessionstats import vectors
from sessionstats.fields import DOCUMENTED_FIELDS
from sessionstats.protocol import read_rules, respond
from sessionstats.testing.comparison import EXACT, Tolerance, compare
from sessionstats.testing.strategies import Claims, cases

ROOT = Path(__file__).parents[1]

CLAIMS = Claims(
    search=False,
    metadata=False,
    updates=False,
    editions=False,
    errors=False,
    bad_rows=False,
    big_counts=False,
)
"""What both engines do."""

AVERAGE = "avg(session.duration)"

COUNTS = ("sum(session)", "count_unique(user)")

EXACTLY = replace(CLAIMS, fields=tuple(name for name in DOCUMENTED_FIELDS if name != AVERAGE))

AVERAGES = Tolerance(ulps=4)
"""A compensated sum is off by up to two steps, division and multiplication by half a step each."""

FLOAT32 = 2**30
"""Binary64 steps that two steps of binary32 are: ClickHouse keeps a t-digest in binary32."""

SECTIONS = ("6", "6.1", "6.2", "6.3", "6.5", "6.6", "7.1", "7.2", "7.3", "7.4", "7.6")
"""The sections that are for the SQL, and in which a case is a rule: what it measures and how it ranks."""

PERCENTILES = tuple(name for name in DOCUMENTED_FIELDS if name[0] == "p")

LARGEST = 1e30
"""Longest duration that sketches are given: ClickHouse's t-digest, in binary32, overflows at 3.4e38. Nor are
they given 0: DuckDB's t-digest makes it 2.2e-308."""


@pytest.fixture(params=["duckdb", "clickhouse"])
def engine(request: pytest.FixtureRequest) -> ModuleType:
    """An engine's module; skipped where the engine is not installed."""
    name = request.param
    package = {"duckdb": "duckdb", "clickhouse": "chdb"}[name]
    pytest.importorskip(package, reason=f"needs {package}: pip install sessionstats[engines]")
    return import_module(f"tests.engines.{name}_sql")


def usual() -> bool:
    """Whether this is an ordinary run, and not one of the profile ``thorough``."""
    return settings.get_current_profile_name() != "thorough"


def findings_of(
    answer: Callable[[dict[str, Any]], Any],
    made: SearchStrategy[dict[str, Any]],
    tolerance: Tolerance,
    few: int,
) -> list[Any]:
    """The findings of the first case that is answered wrongly; if few are tried, always the same ones."""
    found: list[Any] = []

    @settings(
        max_examples=few if usual() else settings.default.max_examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made)
    def check(case: dict[str, Any]) -> None:
        if not found:
            expected, actual = respond(case), answer(case)
            found.extend((case, str(each)) for each in compare(case, expected, actual, tolerance))

    check()
    return found


def test_exact_to_the_bit(engine: ModuleType) -> None:
    """§3 to §8: all fields but averages, without any tolerance."""
    assert findings_of(engine.answer, cases(EXACTLY), EXACT, 80) == []


def test_averages(engine: ModuleType) -> None:
    """§6.3: averages, within the steps of a compensated sum."""
    claims = replace(CLAIMS, fields=(AVERAGE, "sum(session)"))
    assert findings_of(engine.answer, cases(claims), AVERAGES, 40) == []


def test_large_counts(engine: ModuleType) -> None:
    """§6.1: counts beyond 2**53 are exact, and rank exactly."""
    claims = replace(CLAIMS, fields=COUNTS, big_counts=True)
    assert findings_of(engine.answer, cases(claims), EXACT, 40) == []


def test_sketched_users(engine: ModuleType) -> None:
    """§6.2: sketches of distinct users.

    DuckDB's HyperLogLog has 64 registers; of a handful of users, two that share one are the largest error
    there is: one of three. ClickHouse's ``uniq`` is exact for few.
    """
    claims = replace(
        CLAIMS, fields=("count_unique(user)", "crash_free_rate(user)", "anr_rate()", "sum(session)")
    )
    tolerance = Tolerance(users=0.34, ulps=4)
    assert findings_of(partial(engine.answer, functions=engine.SKETCH), cases(claims), tolerance, 50) == []


def test_sketched_percentiles(engine: ModuleType) -> None:
    """§6.3: sketches of quantiles, whose values lie between the order statistics around the rank."""
    claims = replace(CLAIMS, fields=PERCENTILES)
    tolerance = Tolerance(rank=0.05, ulps=FLOAT32)
    made = cases(claims).map(without_extremes)
    assert findings_of(partial(engine.answer, functions=engine.SKETCH), made, tolerance, 50) == []


def without_extremes(case: dict[str, Any]) -> dict[str, Any]:
    """The case without durations of 0 and beyond `LARGEST`."""
    rows = [
        {name: value for name, value in row.items() if name != "duration" or 0 < (value or 0) <= LARGEST}
        for row in case["sessions"]
    ]
    return {**case, "sessions": rows}


def claimed(vector: dict[str, Any]) -> bool:
    """Whether a vector is about what the engines compute, and requests nothing that they do not claim."""
    request, params = vector["request"], vector["request"]["params"]
    return (
        vector["answer"]["status"] == 200
        and vector["sections"][0] in SECTIONS
        and "1.2" not in vector["sections"]
        and not params.get("query")
        and not request.get("releases")
        and read_rules(request.get("rules")).rounding == "aligned"
        and not read_rules(request.get("rules")).unhandled
    )


def test_vectors(engine: ModuleType) -> None:
    """§1 to §9: the test vectors of what the engines claim, compared as they are by other implementers."""
    chosen = [vector for vector in vectors.load() if claimed(vector)]
    wrong = []
    for vector in chosen:
        answer = engine.answer({"id": vector["id"], **vector["request"]})
        found = compare(vector["request"], vector["answer"], answer, AVERAGES)
        wrong += [(vector["id"], str(each)) for each in found]
    assert wrong == []
    assert len(chosen) >= 80


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("first AND started < last", "first AND started <= last"),
        ("$end - INTERVAL 1 MICROSECOND", "$end"),
        ("started >= first", "started > first"),
        ("WHEN status = 'exited' THEN duration", "WHEN true THEN duration"),
        ("coalesce(quantity, 1) AS", "1 AS"),
        ("{points_of_a_group}", "1"),
        ("least($per_page,", "least($per_page + 1,"),
        ("LEFT JOIN cells", "JOIN cells"),
    ],
)
def test_kit_finds_bugs_in_sql(monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    """The checks above can fail: each of these slips in the SQL is found, by comparison or by a rejection."""
    pytest.importorskip("duckdb", reason="needs duckdb: pip install sessionstats[engines]")
    module = import_module("tests.engines.duckdb_sql")
    assert right in module.STATEMENT
    monkeypatch.setattr(module, "STATEMENT", module.STATEMENT.replace(right, wrong))
    claims = replace(CLAIMS, fields=(*COUNTS, "max(session.duration)"))
    assert findings_of(module.answer, cases(claims), EXACT, 250) != []


def test_duckdb_speaks_the_protocol() -> None:
    """§9: one answer per line, in order, with the id; as a program, run from anywhere."""
    pytest.importorskip("duckdb", reason="needs duckdb: pip install sessionstats[engines]")
    chosen = [vector for vector in vectors.load() if vector["sections"][0] == "6.1"]
    lines = [json.dumps({"id": number, **vector["request"]}) for number, vector in enumerate(chosen)]
    ran = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "engines" / "duckdb_sql.py")],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    expected = [{"id": number, **vector["answer"]} for number, vector in enumerate(chosen)]
    assert [json.loads(line) for line in ran.stdout.splitlines()] == expected


def test_type_7_in_integers_is_why() -> None:
    """§6.3: DuckDB's own quantile computes the position in binary64; ours, and the kernel's, in integers."""
    pytest.importorskip("duckdb", reason="needs duckdb: pip install sessionstats[engines]")
    connection = import_module("tests.engines.duckdb_sql").connection()
    [found] = connection.execute(
        "SELECT quantile_cont(x, 0.99), quantile_7(list(x ORDER BY x), 99) "
        "FROM (SELECT unnest([1.0, 2, 4, 8]::DOUBLE[]) AS x)"
    ).fetchall()
    assert found == (7.879999999999999, 7.88)
