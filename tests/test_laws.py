"""Laws that every answer obeys, whatever the sessions and the request (§5 to §8).

The cases are those of `sessionstats.testing.strategies`. A law does not know the right answer: it relates two
answers, or the parts of one, so it tests the kernel against something that neither implementation can fake.
"""

import copy
import math
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sessionstats import RequestError, Sessions, compute, from_records, pipeline
from sessionstats.filtering import select
from sessionstats.protocol import read, respond
from sessionstats.testing.strategies import Claims, cases

Case = dict[str, Any]


def answered(claims: Claims) -> st.SearchStrategy[Case]:
    """Cases that are answered: few are left out, such as a search for the release called "latest"."""
    return cases(claims).filter(lambda case: respond(case)["status"] == 200)


GOOD = answered(Claims(errors=False, bad_rows=False, paging=False))
"""Cases of every kind."""

ROWS = answered(Claims(errors=False, bad_rows=False, paging=False, updates=False))
"""Cases whose rows are sessions by themselves, so that they may be split (§1.2)."""

EVERYTHING_SHOWN = cases(Claims(
    errors=False, bad_rows=False, updates=False, editions=False, metadata=False, includes=False,
    limits=False, paging=False, ordering=False, search=False, filters=False,
))  # fmt: skip
"""Cases whose answers show every base group, with totals and series."""

RATES = ("crash_rate(session)", "crash_free_rate(session)", "crash_rate(user)", "crash_free_rate(user)")
"""Two pairs of complements (§6.5)."""


OTHER_PERIODS = ("statsPeriod", "statsPeriodStart", "statsPeriodEnd")
"""The parameters that win over `start` and `end` (§3.3)."""


def groups_of(case: Case) -> list[dict[str, Any]]:
    answer = respond(case)
    assert answer["status"] == 200, answer
    return list(answer["body"]["groups"])


def with_params(case: Case, **params: Any) -> Case:
    """The case with other parameters; `None` leaves one out."""
    merged = {**case["params"], **params}
    return {**case, "params": {name: value for name, value in merged.items() if value is not None}}


def key_of(group: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(group["by"].items()))


def values_of(groups: list[dict[str, Any]], field: str) -> Iterator[tuple[Any, list[Any]]]:
    """Total and series of a field, a group at a time."""
    for group in groups:
        yield group["totals"][field], group["series"][field]


@given(GOOD, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(case: Case, shuffler: random.Random) -> None:
    """§6.7: any permutation of the rows gives the identical bytes."""
    rows = list(case["sessions"])
    shuffler.shuffle(rows)
    sessions, query = read(case)
    shuffled, _ = read({**case, "sessions": rows})
    assert pipeline.answer(shuffled, query).to_json() == pipeline.answer(sessions, query).to_json()


@given(ROWS, st.lists(st.integers(0, 40), max_size=4))
def test_concatenated_parts_are_the_whole(case: Case, cuts: list[int]) -> None:
    """§6.7: concatenating a split gives the identical bytes, though every part has its own dictionaries."""
    sessions, query = read(case)
    rows, ends = case["sessions"], [*sorted(cuts), None]
    parts = [from_records(rows[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    assert (
        pipeline.answer(Sessions.concat(parts), query).to_json() == pipeline.answer(sessions, query).to_json()
    )


@given(EVERYTHING_SHOWN)
def test_series_of_counts_add_up(case: Case) -> None:
    """§6.1: sessions of all buckets add up to the total."""
    for total, series in values_of(groups_of(with_params(case, field="sum(session)")), "sum(session)"):
        assert total == sum(series)


@given(EVERYTHING_SHOWN)
def test_distinct_users_lie_between_their_buckets(case: Case) -> None:
    """§6.2: the largest bucket ≤ distinct users ≤ the sum of buckets."""
    groups = [
        group
        for group in groups_of(with_params(case, field="count_unique(user)"))
        # `errored` and `healthy` are differences of counts, for which this need not hold.
        if group["by"].get("session.status") not in ("errored", "healthy")
    ]
    for total, series in values_of(groups, "count_unique(user)"):
        assert max(series) <= total <= sum(series)


@given(EVERYTHING_SHOWN)
def test_classes_add_up(case: Case) -> None:
    """§6.1: the status groups of a base group add up to it, in the total and in every bucket."""
    keys = ["release", "project"]
    by_status: Counter[Any] = Counter()
    case = with_params(case, field="sum(session)", groupBy=[*keys, "session.status"])
    for group in groups_of(case):
        del group["by"]["session.status"]
        for place, value in enumerate([group["totals"]["sum(session)"], *group["series"]["sum(session)"]]):
            by_status[key_of(group), place] += value
    whole = {
        (key_of(group), place): value
        for group in groups_of(with_params(case, groupBy=keys))
        for place, value in enumerate([group["totals"]["sum(session)"], *group["series"]["sum(session)"]])
    }
    assert by_status == whole


@given(EVERYTHING_SHOWN)
def test_crash_rates_are_complements(case: Case) -> None:
    """§6.5: both are null, or they add up to one within one ulp."""
    by = [name for name in case["params"].get("groupBy", []) if name != "session.status"]
    for group in groups_of(with_params(case, field=list(RATES), groupBy=by)):
        buckets = zip(*(group["series"][name] for name in RATES), strict=True)
        for values in ([group["totals"][name] for name in RATES], *buckets):
            for crash, free in (values[:2], values[2:]):
                assert (crash is None) == (free is None)
                assert crash is None or abs(crash + free - 1) <= math.ulp(1)


@given(GOOD, st.integers(1, 3))
def test_pages_joined_are_the_whole(case: Case, size: int) -> None:
    """§7.6: following the links from the first page shows every group once, in order."""
    assume("release.timestamp" not in str(case["params"].get("orderBy")))
    whole = groups_of(with_params(case, per_page=None, cursor=None))
    joined: list[dict[str, Any]] = []
    cursor, more = None, True
    while more:
        answer = respond(with_params(case, per_page=size, cursor=cursor))
        assume(answer["status"] == 200)  # more points than the limit of the case allows
        joined += answer["body"]["groups"]
        cursor, more = answer["links"]["next"]["cursor"], answer["links"]["next"]["results"]
    # The whole may be cut by the cap, which pages go beyond.
    assert joined[: len(whole)] == whole


@given(EVERYTHING_SHOWN, st.sampled_from([("1h", "6h", 6), ("6h", "1d", 4), ("1h", "1d", 24)]))
def test_coarser_interval_merges_neighbours(case: Case, steps: tuple[str, str, int]) -> None:
    """§3.5, §6.1: sessions of a coarse bucket are those of the fine buckets in it."""
    fine, coarse, times = steps
    day = np.datetime64(read(case)[1].window.start, "us").astype("datetime64[D]")
    case = with_params(
        case, field="sum(session)", start=str(day), end=str(day + 2), **dict.fromkeys(OTHER_PERIODS)
    )
    merged = {
        key_of(group): np.reshape(group["series"]["sum(session)"], (-1, times)).sum(axis=1).tolist()
        for group in groups_of(with_params(case, interval=fine))
    }
    assert merged == {
        key_of(group): group["series"]["sum(session)"]
        for group in groups_of(with_params(case, interval=coarse))
    }


@given(EVERYTHING_SHOWN, st.data())
def test_moving_a_session_changes_two_cells(case: Case, data: st.DataObject) -> None:
    """§3.5, §6: a session moved to another bucket changes those two buckets of its groups, and no total."""
    sessions, query = read(case)
    window, fields = query.window, list(query.fields)
    inside = [
        row
        for row, started in enumerate(sessions.started.astype(np.int64).tolist())
        if window.start <= started < window.end
    ]
    assume(inside and window.n_intervals > 1)
    row = data.draw(st.sampled_from(inside))
    started = sessions.started.astype(np.int64).copy()
    before = (started[row] - window.start) // window.interval
    after = data.draw(st.sampled_from([b for b in (before - 1, before + 1) if 0 <= b < window.n_intervals]))
    started[row] += (after - before) * window.interval
    moved = Sessions.from_columns(started.view("M8[us]"), *sessions.columns[1:])
    first, second = pipeline.answer(sessions, query), pipeline.answer(moved, query)
    others = np.delete(np.arange(window.n_intervals), [before, after])
    if any(field.name == "sum(session)" for field in fields) and len(select(sessions[[row]], query)):
        one, two = first.series["sum(session)"], second.series["sum(session)"]
        assert (one != two).any(), "the session was counted nowhere"
    for field in fields:
        np.testing.assert_array_equal(first.totals[field.name], second.totals[field.name])
        one, two = first.series[field.name], second.series[field.name]
        np.testing.assert_array_equal(one[:, others], two[:, others])


FILTERS = {"query": "environment:[prod, dev] OR has:release", "environment": ["prod", ""], "project": [1]}
"""A filter of each kind (§4)."""


@pytest.mark.parametrize("name", FILTERS)
@given(case=EVERYTHING_SHOWN)
def test_dropping_a_filter_never_lowers_a_count(case: Case, name: str) -> None:
    """§4: a filter only removes sessions."""
    fields = ["sum(session)", "count_unique(user)"]
    by = [key for key in case["params"].get("groupBy", []) if key != "session.status"]
    case = with_params({**case, "projects": None}, field=fields, groupBy=by)
    everything = {key_of(group): group for group in groups_of(case)}
    for group in groups_of(with_params(case, **{name: FILTERS[name]})):
        # Without a base group, the group of zeros stands for none at all (§5).
        larger = everything[key_of(group)]
        for field in fields:
            assert group["totals"][field] <= larger["totals"][field]
            assert all(a <= b for a, b in zip(group["series"][field], larger["series"][field], strict=True))


@given(GOOD)
def test_answer_obeys_the_cap(case: Case) -> None:
    """§7.4, §7.6: no more base groups than the cap and the page allow, nor than there are."""
    _, query = read(case)
    answer = respond(case)["body"]
    shown = {tuple(v for k, v in key_of(group) if k != "session.status") for group in answer["groups"]}
    points = max(1, query.window.n_intervals) if query.include_series else 1
    assert len(shown) <= max(1, query.rules.max_points // points)
    assert len(shown) <= query.page_size


@given(cases(Claims(bad_rows=False)))
def test_rejected_requests_do_no_work(case: Case) -> None:
    """§2.2: an invalid request is rejected before any session is read."""
    untouched = copy.deepcopy(case)
    answer = respond(case)
    assert case == untouched
    if answer["status"] == 200:
        return
    assert answer["body"]["detail"]
    sessions = from_records(case["sessions"][:0])
    with mock.patch.object(pipeline, "answer_with", side_effect=AssertionError("work was done")):
        assert respond(case) == answer
        with pytest.raises(AssertionError, match="work was done"):
            compute(sessions, "field=sum(session)&statsPeriod=1h", now="2024-01-29T12:00Z")
        with pytest.raises(RequestError):
            compute(sessions, {"field": "nothing"}, now="2024-01-29T12:00Z")
