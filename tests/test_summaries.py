"""Summaries: whatever the split, the order and the tree of merges, the answer is that of the whole (§6.7)."""

import pickle
import random
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionstats import (
    DataError,
    Query,
    Releases,
    RequestError,
    Rules,
    Sessions,
    SessionStatsError,
    compute,
    sample,
)
from sessionstats.engines.summaries import (
    Summary,
    merge,
    streaming,
    summarize,
    summarize_chunks,
    tallies,
)
from sessionstats.engines.summaries.sorted_sets import SortedTexts
from sessionstats.pipeline import finish
from sessionstats.protocol import read
from sessionstats.testing.strategies import Claims, cases
from tests.identical import assert_identical, block_answer, plain_answer

NOW = "2024-01-29T12:00:00Z"
EVERYTHING = (
    "field=sum(session)&field=count_unique(user)&field=crash_free_rate(user)&field=anr_rate()"
    "&field=avg(session.duration)&field=p95(session.duration)&field=max(session.duration)"
    "&groupBy=release&groupBy=environment&interval=1d&statsPeriod=14d"
)
TEXTS = st.text(st.characters(), min_size=1, max_size=4) | st.sampled_from(["a\0", "a", "\0", "\ud800", "é"])


def parsed(params: Any = EVERYTHING, **given: Any) -> Query:
    return Query.parse(params, now=NOW, **given)


def read_case(case: dict[str, Any]) -> tuple[Sessions, Query] | None:
    """The sessions and the validated request of a case, unless it is rejected."""
    try:
        return read(case)
    except RequestError:
        return None


def split(sessions: Sessions, draw: random.Random, parts: int) -> list[Sessions]:
    """The sessions in any order, cut anywhere; parts may be empty."""
    order = np.array(draw.sample(range(len(sessions)), len(sessions)), np.intp)
    cuts = sorted(draw.randint(0, len(sessions)) for _ in range(parts - 1))
    return [sessions[order[a:b]] for a, b in pairwise([0, *cuts, len(sessions)])]


def merged_by_any_tree(summaries: list[Summary], draw: random.Random) -> Summary:
    """Merge a few of the summaries, drawn anywhere, until one is left; some are pickled on the way."""
    summaries = list(summaries)
    while len(summaries) > 1:
        draw.shuffle(summaries)
        few = draw.randint(2, 3)
        together = merge(*summaries[:few])
        if draw.random() < 0.3:
            together = pickle.loads(pickle.dumps(together))
        summaries[:few] = [together]
    return summaries[0]


@settings(max_examples=2 * settings.default.max_examples)
@given(cases(Claims(errors=False, bad_rows=False)), st.integers(1, 6), st.randoms(use_true_random=False))
def test_any_split_order_and_tree_gives_the_answer_of_the_whole(
    case: dict[str, Any], parts: int, draw: random.Random
) -> None:
    """§6.7: fields, groups, filters, pages, editions and metadata of `cases`; §5 and §7 come at the end."""
    if (world := read_case(case)) is None:
        return
    sessions, query = world
    with mock.patch.object(tallies, "KEYS_TOGETHER", draw.choice([1, 3, 1000])):
        chunks = split(sessions, draw, parts)
        summary = merged_by_any_tree([summarize(chunk, query) for chunk in chunks], draw)
        assert summary == summarize(sessions, query)
        assert_identical(finish(summary), compute(sessions, query))
        assert_identical(compute(iter(chunks), query), compute(sessions, query))


@given(cases(Claims(errors=False, bad_rows=False)))
def test_the_empty_element_and_single_rows(case: dict[str, Any]) -> None:
    """§6.7: merging nothing changes nothing; one session per chunk is also a split."""
    if (world := read_case(case)) is None:
        return
    sessions, query = world
    nothing, whole = Summary.of_nothing(query), summarize(sessions, query)
    assert nothing == summarize(sessions[:0], query) == merge(nothing, nothing) == merge(nothing)
    assert merge(nothing, whole) == merge(whole, nothing) == whole
    rows = [summarize(sessions[row : row + 1], query) for row in range(len(sessions))]
    assert merge(nothing, *rows) == whole
    assert_identical(finish(nothing), compute(sessions[:0], query))
    # The counts of an equal summary may not be those of any other.
    assert len(sessions) == 0 or whole != nothing


def test_a_stream_is_merged_by_and_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """§6.7: with pieces smaller than chunks and merges after every few of them."""
    monkeypatch.setattr(streaming, "WORTH_A_SUMMARY", 500)
    monkeypatch.setattr(streaming, "PIECE", 700)
    monkeypatch.setattr(streaming, "WORTH_A_MERGE", 10_000)
    monkeypatch.setattr(tallies, "KEYS_TOGETHER", 1000)
    sessions = sample(20_000)
    sizes = [0, 1, 4000, 0, 300, 100, 600, 4000, 10_999]
    chunks = [sessions[a:b] for a, b in pairwise(accumulate([0, *sizes]))]
    draw = random.Random(1)
    for _ in range(2):
        summary = summarize_chunks(iter(chunks), parsed())
        assert summary == summarize(sessions, parsed())
        assert_identical(finish(summary), compute(sessions, parsed()))
        draw.shuffle(chunks)


def test_thousands_of_groups() -> None:
    """§7.4: groups that meet only after the merge, with equal totals at the cut."""
    draw = np.random.default_rng(20240129)
    n = 6000
    sessions = Sessions(
        started=draw.integers(1705968000, 1706486400, n),
        project_id=draw.integers(1, 3, n),
        release=[f"app@{number}" for number in draw.integers(0, 3000, n)],
        status=draw.choice(["ok", "exited", "crashed"], n),
        distinct_id=draw.integers(0, 50, n),
        duration=draw.integers(0, 4, n),
    )
    for field in ("sum(session)", "count_unique(user)", "p50(session.duration)"):
        query = parsed(f"field={field}&groupBy=release&groupBy=project&interval=1d&statsPeriod=7d")
        parts = [summarize(chunk, query) for chunk in split(sessions, random.Random(3), 9)]
        assert_identical(finish(merge(*parts)), compute(sessions, query))


def test_killed_reordered_and_repeated_chunks() -> None:
    """§6.7: a chunk summarized again after a failure is the same; one that comes twice is rejected."""
    sessions = sample(3000)
    parts = {f"part-{k}": sessions[k * 1000 : (k + 1) * 1000] for k in range(3)}
    summaries = {name: summarize(part, parsed(), chunk=name) for name, part in parts.items()}
    again = summarize(parts["part-1"], parsed(), chunk="part-1")
    assert again == summaries["part-1"]
    whole = merge(summaries["part-2"], again, summaries["part-0"])
    assert whole.chunks == {"part-0", "part-1", "part-2"}
    assert_identical(finish(whole), compute(sessions, parsed()))
    for repeated in (merge(whole, Summary.of_nothing(parsed())), again):
        with pytest.raises(SessionStatsError, match="chunk 'part-1' is in two of the summaries"):
            merge(repeated, summaries["part-1"])
    # Without names duplicates cannot be detected: avoiding them is up to the caller.
    unnamed = summarize(sessions, parsed())
    assert merge(unnamed, unnamed).n_sessions == 2 * unnamed.n_sessions


def test_quantities_beyond_64_bits_are_rejected() -> None:
    """§6.1: as for all sessions at once, in the same words, also outside the window."""
    halves = [
        Sessions(started=[started], project_id=[1], status=["ok"], quantity=[2**62])
        for started in (0, 1706486400)
    ]
    with pytest.raises(DataError) as whole:
        Sessions.concat(halves)
    with pytest.raises(DataError) as merged:
        merge(*(summarize(half, parsed()) for half in halves))
    assert str(merged.value) == str(whole.value)


def test_the_largest_sum_is_exact() -> None:
    """§6.1: 2**63 − 1 in two chunks."""
    query = parsed("field=sum(session)&statsPeriod=1d")
    parts = [
        Sessions(started=["2024-01-29T09:00Z"], project_id=[1], status=["ok"], quantity=[quantity])
        for quantity in (2**62, 2**62 - 1)
    ]
    assert compute(parts, query).totals["sum(session)"].tolist() == [2**63 - 1]


def test_the_fifth_class() -> None:
    """§1.3, §6.7: unhandled sessions, and the fields of the later edition."""
    n, statuses = 60, ("unhandled", "exited", "abnormal", "crashed", "errored", "ok")
    sessions = Sessions(
        started=["2024-01-29T08:00Z"] * n,
        project_id=[1] * n,
        status=[statuses[row % 6] for row in range(n)],
        errors=[row % 5 // 4 for row in range(n)],
        distinct_id=[row % 17 for row in range(n)],
        abnormal_mechanism=["anr_foreground"] * n,
        release=["b" if row % 18 else "a" for row in range(n)],
    )
    rules = Rules.of("latest")
    fields = [name for name in rules.fields if "duration" not in name]
    ranked = {
        "field": "sum(session)",
        "groupBy": "release",
        "query": "session.status:unhandled",
        "per_page": 1,
    }
    for more in ({"field": fields}, {"field": fields[:2], "groupBy": "session.status"}, ranked):
        query = parsed({"interval": "1d", "statsPeriod": "1d", **more}, rules=rules)
        expected = plain_answer(sessions, query).to_json()
        assert finish(summarize(sessions, query)).to_json() == expected
        assert block_answer(sessions, query).to_json() == expected


def test_statuses_of_another_edition_are_rejected_in_every_chunk() -> None:
    """§1.1, §1.4"""
    good = Sessions(started=[1], project_id=[1], status=["ok"])
    bad = Sessions(started=[1], project_id=[1], status=["unhandled"])
    named = "^column 'status', row 3: not a status of this edition: 'unhandled'$"
    with pytest.raises(DataError, match=named):
        compute([good, good, good, bad], parsed())
    with pytest.raises(DataError, match=named):
        summarize_chunks([good, good, good, bad], parsed())
    assert compute([good, bad], EVERYTHING, now=NOW, rules=Rules(unhandled=True)).totals


def test_summaries_of_different_requests_do_not_merge() -> None:
    """The window follows from ``now`` (§3.3): requests that are validated twice by the clock may differ."""
    sessions = sample(10)
    other = Query.parse(EVERYTHING, now="2024-01-28T12:00:00Z")
    message = "^the summaries are for different requests; validate the request once, with one now$"
    with pytest.raises(SessionStatsError, match=message):
        merge(summarize(sessions, parsed()), summarize(sessions, other))
    same = merge(summarize(sessions[:5], parsed()), summarize(sessions[5:], parsed()))
    assert same == summarize(sessions, parsed())


@pytest.mark.parametrize(
    "search", ["release.version:>1", "release:latest", '!has:environment OR release:"a b"']
)
def test_a_summary_is_picklable_and_says_what_it_is(search: str) -> None:
    releases = Releases(["a@1.0"], [0], [[1]], [["dev"]], [{"dev": "adopted"}])
    query = parsed(
        {"field": "p50(session.duration)", "query": search, "statsPeriod": "3d"}, releases=releases
    )
    summary = summarize(sample(1000), query, chunk="x")
    assert pickle.loads(pickle.dumps(summary)) == summary
    assert repr(summary).startswith("Summary(1,000 rows, 1,000 sessions, 2024-01-15T12:00:47Z to 2024-01-29T")
    assert repr(summary).endswith(f"Z, 1 group, 0 users, {summary.nbytes:,} bytes)")
    layout, *values = summary.__reduce__()[1]
    with pytest.raises(SessionStatsError, match=f"^a summary of layout {layout + 1}; .* layout {layout}$"):
        summary.__reduce__()[0](layout + 1, *values)


def test_the_summary_of_nothing() -> None:
    """§5, §6.6: one group if no key makes groups; an empty axis has a length."""
    query = parsed("field=sum(session)&groupBy=session.status&statsPeriod=1h&includeTotals=1")
    nothing = Summary.of_nothing(query)
    assert nothing == summarize(Sessions.empty(), query)
    assert repr(nothing) == "Summary(0 rows)"
    assert (len(nothing.groups), len(Summary.of_nothing(parsed()).groups)) == (1, 0)
    assert (nothing.counts.shape, nothing.memberships.shape, nothing.samples.shape) == (
        (1, 1, 4),
        (1, 1, 1),
        (1, 1, 1),
    )
    assert finish(nothing).totals["sum(session)"].tolist() == [0] * 4


def test_a_pickle_is_compact() -> None:
    """A few bytes per distinct user or duration of a group and interval, and no Python object for either."""
    summary = summarize(sample(100_000), parsed())
    assert len(pickle.dumps(summary)) < summary.nbytes + 10_000
    assert summary.nbytes < 20 * summary.n_rows


def test_what_no_field_needs_is_not_kept() -> None:
    """§6: a count of sessions keeps neither users nor durations, a total no intervals."""
    sessions = sample(1000)
    counts = summarize(sessions, parsed("field=sum(session)&statsPeriod=14d&includeSeries=0&groupBy=project"))
    assert (len(counts.users), len(counts.durations), counts.counts.shape) == (0, 0, (3, 1, 4))
    users = summarize(sessions, parsed("field=count_unique(user)&statsPeriod=14d"))
    assert (len(users.counts), len(users.samples)) == (0, 0)
    assert len(users.memberships) > 0
    nothing = summarize(sessions, parsed("field=sum(session)&statsPeriod=14d&query=session.status:x"))
    assert (nothing.n_rows, len(nothing.counts)) == (1000, 0)


def test_a_chunk_must_be_sessions() -> None:
    with pytest.raises(TypeError, match="a chunk must be Sessions, not str"):
        summarize_chunks(["started"], parsed())  # type: ignore[list-item]


@given(st.lists(st.sets(TEXTS, max_size=6), min_size=1, max_size=4))
def test_sorted_texts(parts: list[set[str]]) -> None:
    """Any text, by length of its bytes and then by bytes; ranks are positions in that order."""

    def order(texts: set[str]) -> list[str]:
        return sorted(texts, key=lambda t: (len(b := t.encode("utf-8", "surrogatepass")), b))

    made = [SortedTexts.of(list(part)) for part in parts]
    for part, (texts, ranks) in zip(parts, made, strict=True):
        assert texts.decode() == order(part)
        assert [texts.decode()[rank] for rank in ranks] == list(part)
    union, moved = SortedTexts.union([texts for texts, _ in made])
    assert union.decode() == order(set().union(*parts))
    for (texts, _), ranks in zip(made, moved, strict=True):
        assert [union.decode()[rank] for rank in ranks] == texts.decode()


@given(st.data(), st.sampled_from([np.add, np.bitwise_or]), st.sampled_from([1, 2, 1000]))
def test_tallies(data: st.DataObject, combine: np.ufunc, block: int) -> None:
    """Numbers by position, merged and renumbered, against a dict; keys of 32 and of 64 bits."""
    shape = data.draw(st.sampled_from([(3, 4, 2), (2**20, 5, 2**12), (2**30, 2**30, 2)]))
    place = st.tuples(*(st.integers(0, min(size, 6) - 1) for size in shape))
    tables = data.draw(st.lists(st.lists(st.tuples(place, st.integers(0, 300))), min_size=1, max_size=4))
    expected: dict[tuple[int, ...], int] = {}
    parts = []
    with mock.patch.object(tallies, "KEYS_TOGETHER", block):
        for table in tables:
            for at, number in table:
                expected[at] = int(combine(expected.get(at, 0), number))
            columns = np.array([at for at, _ in table], np.int64).reshape(-1, 3).T
            numbers = np.array([number for _, number in table], np.int64)
            parts.append(tallies.tally(shape, columns, numbers, combine))
        whole = tallies.merged(parts, combine)
        assert whole.numbers.dtype == np.min_scalar_type(max(expected.values(), default=0))
        larger = (shape[0] + 2, shape[1], shape[2])
        moved = whole.renumbered(larger, (np.arange(6) + 2, None, None))
        for made, offset in ((whole, 0), (moved, 2)):
            rows = [row for columns in made.blocks(1) for row in np.stack(columns).T.tolist()]
            assert rows == [[i + offset, j, k, expected[i, j, k]] for i, j, k in sorted(expected)]


@pytest.mark.parametrize("number", [255, 256])
@pytest.mark.parametrize("bits", [55, 56, 57])
def test_large_keys_and_numbers(bits: int, number: int) -> None:
    """Keys that fit into one word with their numbers, just fit, and do not."""
    counts = tallies.tally(
        (2, 2**bits, 1), np.array([[1, 0, 1], [0] * 3, [0] * 3]), np.array([number] * 3), np.add
    )
    assert (counts.keys[:].tolist(), counts.numbers.tolist()) == ([0, 2**bits], [number, 2 * number])
    last = tallies.tally((2, 2, 1), np.array([[0, 0], [0, 1], [0, 0]]), np.array([number, 1]), np.add)
    assert (last.keys[:].tolist(), last.numbers.tolist()) == ([0, 1], [number, 1])


def test_blocks_hold_whole_units() -> None:
    """Positions that agree on the first axes come in one block, however many they are."""
    places = np.repeat([0, 1, 2], 4), np.tile([0, 0, 1, 1], 3), np.tile([0, 1], 6)
    counts = tallies.tally((3, 2, 2), places, np.ones(12, np.int64), np.add)
    with mock.patch.object(tallies, "KEYS_TOGETHER", 3):
        assert [len(numbers) for *_, numbers in counts.blocks(1)] == [4, 4, 4]
        assert [len(numbers) for *_, numbers in counts.blocks(2)] == [4] * 3
        assert [len(numbers) for *_, numbers in counts.blocks(3)] == [3] * 4
    with mock.patch.object(tallies, "KEYS_TOGETHER", 1):
        last = tallies.tally((2, 1, 1), np.array([[0, 1], [0, 0], [0, 0]]), np.ones(2, np.int64), np.add)
        assert [len(numbers) for *_, numbers in last.blocks(1)] == [1, 1]


def test_a_table_that_is_too_large_is_rejected() -> None:
    with pytest.raises(SessionStatsError, match="63 bits; 1,073,741,824 × 1,073,741,824 × 8 are too many"):
        tallies.empty_tally((2**30, 2**30, 8))
    largest = (7**2 * 73 * 127 * 337, 92_737 * 649_657, 1)
    last = tallies.tally(largest, [np.array([size - 1]) for size in largest], np.array([1]), np.add)
    assert last.keys[:].tolist() == [2**63 - 2]


@pytest.mark.parametrize(
    "name",
    [
        "groups",
        "users",
        "durations",
        "counts",
        "memberships",
        "samples",
        "n_rows",
        "n_sessions",
        "span",
        "chunks",
    ],
)
def test_equal_summaries_agree_in_everything(name: str) -> None:
    """A comparison that omits a part would blind the tests above."""
    summary = summarize(sample(1000), parsed())
    other = summarize(sample(990, seed=1), parsed(), chunk="b")
    assert summary != "a summary"
    assert summary == replace(summary)
    assert replace(summary, **{name: getattr(other, name)}) != summary
