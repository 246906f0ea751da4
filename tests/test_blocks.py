"""The block engine measures what the plain one does, bit for bit (§6.7).

Sizes are arguments: with blocks of three rows and tasks of two values, a dozen sessions take every branch
that ten million do. Both engines are called by name; which of them `compute` chooses depends on size alone.
"""

import hashlib
import math
import os
import subprocess
import sys
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessionstats import Query, Sessions, compute, pipeline
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.values import constant
from sessionstats.engines import blocks
from sessionstats.engines.blocks import BlockEngine, Settings, cells
from sessionstats.engines.blocks.cells import CellValues, order_by_cell
from sessionstats.engines.blocks.exact_sums import exact_parts
from sessionstats.engines.blocks.measuring import _ranges
from sessionstats.engines.blocks.placing import Placing
from sessionstats.engines.blocks.scan import Scan
from sessionstats.engines.blocks.threads import run
from sessionstats.engines.blocks.users import distinct
from sessionstats.engines.interface import slot_of_group
from sessionstats.engines.plain import PlainEngine
from sessionstats.measures import Needs
from sessionstats.protocol import read, respond
from sessionstats.rules import Rules
from sessionstats.testing.strategies import Claims, cases
from tests.benchmarks.data import SHAPES, make
from tests.identical import assert_identical, block_answer, plain_answer

TINY = Settings(block_rows=3, task_rows=2, threads=1)
"""Several blocks and tasks of a few rows."""

SETTINGS = [
    TINY,
    Settings(block_rows=3, task_rows=2, threads=2),
    Settings(block_rows=1000, task_rows=1, threads=1),
    Settings(block_rows=1, task_rows=1000, threads=1),
]

ALL_FIELDS = tuple(Rules(unhandled=True).fields)
NOW = "2024-01-29T00:00:00Z"


def asked(fields: tuple[str, ...] = ALL_FIELDS, rules: Rules = Rules(unhandled=True), **params: Any) -> Query:  # noqa: B008
    params = {"field": list(fields), "groupBy": "release", "interval": "1d", "statsPeriod": "14d"} | params
    return Query.parse(params, now=NOW, rules=rules)


def assert_same_answer(sessions: Sessions, query: Query, settings: Settings) -> None:
    assert blocks.can_measure(sessions, query)
    assert_identical(block_answer(sessions, query, settings), plain_answer(sessions, query))


@given(
    cases(Claims(errors=False, bad_rows=False)).filter(lambda case: respond(case)["status"] == 200),
    st.sampled_from(SETTINGS),
)
def test_same_answer_to_everything(case: dict[str, Any], settings: Settings) -> None:
    """§6.7: any sessions, any request, however the work is cut."""
    sessions, query = read(case)
    if query.counts_anything:
        assert_same_answer(sessions, query, settings)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("threads", [1, 2])
def test_same_answer_to_many_sessions(shape: str, threads: int) -> None:
    """§6.7: shapes that are extreme in one property, in sizes where cells hold many rows."""
    sessions = make(20_000, releases=7, shape=shape)
    settings = Settings(block_rows=4096, task_rows=2000, threads=threads)
    assert_same_answer(sessions, asked(), settings)
    assert_same_answer(sessions, asked(("p95(session.duration)", "count_unique(user)")), settings)


@pytest.mark.parametrize("group_by", [[], ["project"], ["environment", "release", "project"]], ids="+".join)
@pytest.mark.parametrize("settings", SETTINGS[:3])
def test_same_answer_by_any_key(group_by: list[str], settings: Settings) -> None:
    """§5: groups come in the order of keys, whatever their codes."""
    assert_same_answer(make(300, releases=5), asked(groupBy=group_by), settings)


@pytest.mark.parametrize(
    "params",
    [
        {"groupBy": ["release", "session.status"], "field": ["sum(session)", "count_unique(user)"]},
        {"groupBy": [], "query": "session.status:crashed", "field": "sum(session)"},
        {"query": "release:app@3.0 OR environment:staging", "statsPeriod": "3d"},
        {"orderBy": "p50(session.duration)", "per_page": 3, "cursor": "0:2:0"},
        {"includeSeries": 0, "orderBy": "-count_unique(user)"},
        {"includeTotals": 0, "environment": "production", "project": [1, 3]},
        {"field": "count_unique(user)"},
        {"field": "max(session.duration)", "environment": "nowhere"},
    ],
    ids=str,
)
def test_same_answer_to_other_requests(params: dict[str, Any]) -> None:
    """§4 to §7: selections, orders, pages, and parts of the answer."""
    assert_same_answer(make(600, releases=9), asked(**params), Settings(block_rows=70, task_rows=40))


def test_many_groups_of_which_few_are_shown() -> None:
    """§7.4: more groups than a page holds, and than 32 bits hold with the row numbers of a block."""
    sessions = make(70_000, releases=60_000)
    settings = Settings(block_rows=1 << 17)
    assert_same_answer(sessions, asked(), settings)
    assert_same_answer(sessions, asked(orderBy="-count_unique(user)"), settings)


def with_quantities(sessions: Sessions, quantity: list[int]) -> Sessions:
    return Sessions.from_columns(*sessions.columns[:-1], np.resize(np.array(quantity), len(sessions)))


@pytest.mark.parametrize("per_page", [1, 2, 4, 5, 9, 12])
def test_pages_that_end_within_a_release(per_page: int) -> None:
    """§7.5: status groups count one by one, so that few releases fill a page that could hold them all."""
    names = ["a", "b", "c"]
    rows = [{"started": 0, "project_id": 1, "status": "exited", "release": name} for name in names]
    releases = [{"version": name, "date_added": 0, "project_ids": [1]} for name in names]
    params = {"field": "sum(session)", "groupBy": ["release", "session.status"], "per_page": per_page}
    params |= {"orderBy": "release.timestamp", "statsPeriod": "1h"}
    case = {"now": "1970-01-01T01:00:00Z", "params": params, "sessions": rows, "releases": releases}
    sessions, query = read(case)
    answer = plain_answer(sessions, query)
    assert answer.size == per_page
    assert block_answer(sessions, query).to_json() == answer.to_json()


def test_quantities_count_and_large_ones_stay_exact() -> None:
    """§6.1: Σ quantity in integers, also beyond 2**53."""
    sessions = with_quantities(make(40, releases=2), [1, 2**53, 3])
    assert_same_answer(sessions, asked(("sum(session)", "crash_rate(session)")), TINY)


DURATIONS = st.lists(
    st.one_of(
        st.floats(0, 1e5, allow_subnormal=True),
        st.floats(0, None, allow_infinity=False, allow_nan=False),
        st.sampled_from([0.0, 5e-324, 1e-300, 0.1, 1.0, 1e300, sys.float_info.max]),
    ),
    min_size=1,
    max_size=12,
)


@given(DURATIONS)
@example([1e300, 1.0, 1e-300])
@example([sys.float_info.max] * 3)
def test_any_durations(durations: list[float]) -> None:
    """§6.3: the whole range of binary64, sums beyond it included."""
    n = len(durations)
    text = Encoded(np.zeros(n, np.int32), ("",))
    sessions = Sessions.from_columns(
        np.full(n, np.datetime64("2024-01-28T12:00:00", "us")),
        Encoded(np.zeros(n, np.int32), (1,)),
        text,
        text,
        np.full(n, 2, np.int8),
        constant(0, n, np.int64),
        Encoded(np.arange(n, dtype=np.int32), tuple(map(str, range(n)))),
        np.array(durations) + 0.0,
        text,
        constant(1, n, np.int64),
    )
    assert_same_answer(sessions, asked(), TINY)


@given(DURATIONS, DURATIONS)
def test_parts_add_up_exactly(a: list[float], b: list[float]) -> None:
    """§6.3: the parts of a sum add up to the exact sums of its slices."""
    parts = exact_parts(np.array(a + b), np.array([len(a), 0, len(b)]))
    if parts is None:
        assert max(a + b) > 1e290
        return
    for part, values in zip(parts.T.tolist(), (a, [], b), strict=True):
        assert sum(map(Fraction, part)) == sum(map(Fraction, values))
        assert math.fsum(part) == math.fsum(values)


def test_kinds_of_values_are_bits_of_a_byte() -> None:
    scan = Scan.of([make(1)], asked(), TINY)
    with pytest.raises(ValueError, match=r"^9 kinds of values do not fit into 8 bits$"):
        Placing(scan, np.zeros(1, np.intp), 1, 1, Needs(False, tuple("abcdefgh"), ("avg",)))
    assert len(Placing(scan, np.zeros(1, np.intp), 1, 1, Needs(False, tuple("abcdefg"), ("avg",))).kinds) == 8


def test_slots_of_groups() -> None:
    """§7.5: releases without sessions, and groups that are not shown, have no slot."""
    assert slot_of_group(np.array([0, 2, 3]), 3).tolist() == [0, -1, 1, -1]


@pytest.mark.parametrize(
    ("counts", "ranges"),
    [
        ([], [(0, 0)]),
        ([0, 0], [(0, 2)]),
        ([6, 1], [(0, 2)]),
        ([7, 6, 1], [(0, 1), (1, 3)]),
        ([5, 1, 1, 9, 0], [(0, 3), (3, 4), (4, 5)]),
    ],
)
def test_ranges_of_enough_values(counts: list[int], ranges: list[tuple[int, int]]) -> None:
    """At least seven, except in the last."""
    assert _ranges(np.array(counts, np.int64), 7) == ranges


@given(st.lists(st.integers(0, 5), max_size=40), st.sampled_from([6, 1 << 31]))
@example([4, 0, 1], 1 << 31)
def test_order_by_cell_is_stable(of_rows: list[int], n_cells: int) -> None:
    order = order_by_cell(np.array(of_rows, np.intp) * (n_cells // 6), n_cells)
    assert order.tolist() == sorted(range(len(of_rows)), key=of_rows.__getitem__)


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=9), min_size=1, max_size=5),
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from([1, cells.LONG]),
)
@example([[0, 1, 1]], 1, 2, 1)
def test_cells_are_fetched_from_all_blocks(blocks: list[list[int]], a: int, b: int, long: int) -> None:
    """In segments that are copied, or whose rows are indexed."""
    values = CellValues(len(blocks), 4)
    expected: list[list[tuple[int, int]]] = [[] for _ in range(4)]
    for number, block in enumerate(blocks):
        cell = np.array(block, np.intp)
        ends = np.cumsum(np.bincount(cell, minlength=4))
        values.put(number, ends, order_by_cell(cell, 4) + 100 * number)
        for row, of in enumerate(block):
            expected[of].append(row + 100 * number)
    first, end = min(a, b), max(a, b)
    assert values.counts().tolist() == list(map(len, expected))
    with mock.patch.object(cells, "LONG", long):
        fetched, counts = values.of(first, end)
    assert fetched.tolist() == list(chain(*expected[first:end]))
    assert counts.tolist() == list(map(len, expected[first:end]))


@given(st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=5))
def test_distinct_users_of_slices(slices: list[list[int]]) -> None:
    """§6.2."""
    users = np.array(list(chain(*slices)), np.int32)
    counts = np.array([len(users_of) for users_of in slices])
    assert distinct(users, counts).tolist() == [len(set(users_of)) for users_of in slices]


def test_long_segments_are_copied_whole() -> None:
    """Segments above `cells.LONG` are fetched differently, with the same result."""
    sessions = make(9000, releases=2)
    assert_same_answer(sessions, asked(statsPeriod="14d", interval="1d"), Settings(block_rows=4500))
    assert_same_answer(sessions, asked(groupBy=[], includeSeries=0), Settings(block_rows=4500))


def test_an_error_in_a_thread_is_raised() -> None:
    def fail(task: int) -> None:
        raise ValueError(task)

    with pytest.raises(ValueError, match="1"):
        run(fail, [1, 2], 2)


def test_the_engine_is_chosen_by_size() -> None:
    """A table that outgrows the rows stays with the plain engine."""
    sessions, query = make(pipeline.BLOCKS_FROM), asked()
    assert isinstance(pipeline.choose_engine([sessions], query), BlockEngine)
    assert isinstance(pipeline.choose_engine([sessions[1:]], query), PlainEngine)
    assert_identical(compute(sessions, query), plain_answer(sessions, query))
    columns = list(sessions.columns)
    columns[2] = Encoded(columns[2].codes, tuple(f"a@{n}" for n in range(600_000)))
    by_many = asked(groupBy=["release", "environment"])
    assert not blocks.can_measure(Sessions.from_columns(*columns), by_many)
    assert isinstance(pipeline.choose_engine([Sessions.from_columns(*columns)], by_many), PlainEngine)


DIGEST = """
import sys
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from tests.test_blocks import digest
on = [name for name in __cpu_dispatch__ if __cpu_features__.get(name) and name in sys.argv[1].split()]
print(digest(), *on)
"""
"""Prints the digest, and which of the named features are still on."""

AVX512 = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4"
"""Features of processors by the names of all versions of NumPy; a version warns of those it does not know."""

AVX2 = "AVX2 FMA3 X86_V3"
"""Likewise."""


def digest() -> str:
    """Bytes of both engines' answers, as one text."""
    sessions, query = make(30_000, releases=4), asked()
    digest = hashlib.sha256()
    for answer in (block_answer(sessions, query), plain_answer(sessions, query)):
        digest.update(answer.to_json().encode())
    return digest.hexdigest()


@pytest.mark.parametrize("features", [AVX512, f"{AVX512} {AVX2}"], ids=["avx512", "avx2"])
def test_the_same_bits_without_features(features: str) -> None:
    """§6.7: whatever NumPy's loops are compiled for."""
    env = os.environ | {"NPY_DISABLE_CPU_FEATURES": features, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", DIGEST, features]
    done = subprocess.run(command, env=env, cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    if done.returncode and "NPY_DISABLE_CPU_FEATURES" in done.stderr:
        pytest.skip("this NumPy is built for a processor with these features")
    assert done.stdout.strip() == digest(), done.stderr
