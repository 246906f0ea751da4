"""Each stage by itself, against its definition: health, counting, percentiles, rates, ranking, capping."""

import math
import statistics
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessionstats import Sessions, grouping, percentiles, rates, sample
from sessionstats.capping import Link, PageRows, links, max_groups, page_of_groups, page_of_rows
from sessionstats.counting import (
    distinct_users,
    sessions_by_class,
    set_membership,
    sets_for_classes,
    users_by_class,
)
from sessionstats.engines.blocks import Settings
from sessionstats.errors import RequestError
from sessionstats.fields import DOCUMENTED_FIELDS, DURATION_STATISTICS, PERCENTILES
from sessionstats.grouping import NO_GROUP, BaseGroups, base_groups
from sessionstats.health import HEALTH_CLASSES, HEALTH_CLASSES_WITH_UNHANDLED, STATUSES, health_class
from sessionstats.measures import Measures, Needs
from sessionstats.ranking import rank, rank_by_release_date
from sessionstats.request.paging import Page, parse_page
from sessionstats.request.parameters import Parameters
from sessionstats.request.query import Query
from sessionstats.result import Result
from sessionstats.rounding import Window
from sessionstats.rules import Rules

durations = st.floats(0, 1e6) | st.sampled_from([0.0, 1.0, 5e-324, 0.1, 79.4])


@pytest.mark.parametrize("classes", [HEALTH_CLASSES, HEALTH_CLASSES_WITH_UNHANDLED])
def test_health_class_is_exclusive(classes: tuple[str, ...]) -> None:
    """§1.3"""
    for status in STATUSES:
        for errors in (0, 1, 9):
            if status in ("crashed", "abnormal") or (status == "unhandled" and status in classes):
                expected = status
            else:
                expected = "errored" if errors or status == "errored" else "healthy"
            code = health_class(np.array([STATUSES.index(status)], np.int8), np.array([errors]), classes)
            assert classes[int(code[0])] == expected


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.sampled_from([0, 1, 2, 2**53, 2**53 + 1]))),
    st.booleans(),
)
@example([(0, 1, 2), (0, 1, 2)], False)
def test_sessions_are_summed_exactly(rows: list[tuple[int, int, int]], single: bool) -> None:
    """§6.1: Σ quantity, also beyond what a float can hold."""
    rows = [(slot, health, 1 if single else quantity) for slot, health, quantity in rows]
    expected = np.zeros((5, 4), object)
    for slot, health, quantity in rows:
        expected[slot, health] += quantity
    slot, health, quantity = np.array(rows, np.int64).reshape(-1, 3).T
    counts = sessions_by_class(slot, health.astype(np.int8), quantity, 5, 4)
    assert counts.dtype == np.int64
    assert counts.tolist() == expected.tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 5), st.integers(0, 7))))
def test_distinct_users_of_each_set(rows: list[tuple[int, int, int]]) -> None:
    """§6.2: a user counts once in every set that one of their sessions belongs to."""
    seen: set[tuple[int, int, int]] = {
        (slot, bit, user) for slot, user, member in rows if user >= 0 for bit in range(3) if member >> bit & 1
    }
    expected = [
        [sum(1 for s, b, _ in seen if (s, b) == (slot, bit)) for bit in range(3)] for slot in range(4)
    ]
    slot, user, member = np.array(rows, np.int64).reshape(-1, 3).T
    counts = distinct_users(slot, user.astype(np.int32), member.astype(np.uint8), 4, 3)
    assert counts.tolist() == expected


def test_set_membership() -> None:
    """§6.2, §6.5: sets by health class, and by mechanism."""
    sets = ("crashed", "all", "unhealthy", "anr", "foreground_anr")
    health = np.array(
        [HEALTH_CLASSES.index(c) for c in ("healthy", "errored", "crashed", "abnormal", "abnormal")], np.int8
    )
    mechanisms = ("", "anr_background", "anr_foreground", "other")
    member = set_membership(sets, health, HEALTH_CLASSES, np.array([0, 3, 2, 1, 2], np.int32), mechanisms)
    assert member.dtype == np.uint8
    names = [[name for bit, name in enumerate(sets) if bits >> bit & 1] for bits in member.tolist()]
    assert names == [
        ["all"],
        ["all", "unhealthy"],
        ["crashed", "all", "unhealthy"],  # a mechanism has no effect on a crashed session
        ["all", "unhealthy", "anr"],
        ["all", "unhealthy", "anr", "foreground_anr"],
    ]


def test_errored_users_are_clamped() -> None:
    """§6.2: counts subtracted from counts; two users, both crashed and abnormal, would make errored −2."""
    counts = {"all": [5, 3], "unhealthy": [2, 3], "crashed": [2, 0], "abnormal": [2, 1], "unhandled": [1, 0]}
    users = {name: np.array(slots) for name, slots in counts.items()}
    assert users_by_class(users, HEALTH_CLASSES).tolist() == [[2, 2, 0, 3], [1, 0, 2, 0]]
    assert users_by_class(users, HEALTH_CLASSES_WITH_UNHANDLED).tolist() == [[2, 2, 0, 3, 1], [1, 0, 2, 0, 0]]
    later = {**users, "unhealthy": np.array([9, 3]), "all": np.array([8, 3])}
    assert users_by_class(later, HEALTH_CLASSES_WITH_UNHANDLED).tolist() == [[2, 2, 4, 0, 1], [1, 0, 2, 0, 0]]


def test_users_by_class_need_no_sets_that_are_differences() -> None:
    """§6.2: errored and healthy users are not counted themselves."""
    assert sets_for_classes(HEALTH_CLASSES) == ("all", "unhealthy", "abnormal", "crashed")


@given(st.lists(durations, min_size=1, max_size=30), st.sampled_from(sorted(PERCENTILES.values())))
def test_quantile_is_type_7(values: list[float], percentage: int) -> None:
    """§6.3: by exact fractions; three roundings may be off by some ulps of the largest value."""
    ordered = [Fraction(value) for value in sorted(values)]
    position = Fraction((len(values) - 1) * percentage, 100)
    below = math.floor(position)
    above = min(below + 1, len(values) - 1)
    exact = ordered[below] + (ordered[above] - ordered[below]) * (position - below)
    (found,) = percentiles.quantiles(values, [percentage])
    assert abs(Fraction(float(found)) - exact) <= 4 * Fraction(math.ulp(max(values)))


def test_quantile_by_hand() -> None:
    """§6.3: the published durations; p99 falls 93/100 of the way from 68 to 80."""
    values = [25.0, 49.0, 25.0, 25.0, 30.0, 37.0, 80.0, 68.0]
    assert percentiles.quantiles(values, [0, 50, 75, 90, 95, 99, 100]).tolist() == pytest.approx(
        [25.0, 33.5, 53.75, 71.6, 75.8, 79.16, 80.0], rel=1e-15
    )
    assert np.isnan(percentiles.quantiles([], [50])).all()
    assert percentiles.quantiles(range(100), [99])[0] == 98 + 0.01  # a hundredth of the way
    narrow = np.array([0.1, 0.7], np.float32)  # interpolated in binary64, whatever holds the values
    assert percentiles.quantiles(narrow, [30])[0] == percentiles.quantiles(narrow.tolist(), [30])[0]


@given(st.lists(st.tuples(st.integers(0, 3), durations), max_size=40), st.randoms())
def test_statistics_of_slots(rows: list[tuple[int, float]], random: Any) -> None:
    """§6.3, §6.7: every slot by itself, whatever the order of rows; milliseconds; NaN if empty."""
    shuffled = random.sample(rows, len(rows))
    samples = percentiles.order_samples(*_columns(shuffled), 4)
    for name in DURATION_STATISTICS:
        found = percentiles.statistic(samples, name)
        for slot in range(4):
            values = [value for s, value in rows if s == slot]
            if not values:
                assert np.isnan(found[slot])
            elif name == "avg":
                assert found[slot] == math.fsum(values) / len(values) * 1000
                assert found[slot] == pytest.approx(statistics.fmean(values) * 1000)
            elif name == "max":
                assert found[slot] == max(values) * 1000
            else:
                assert found[slot] == percentiles.quantiles(values, [PERCENTILES[name]])[0] * 1000


def _columns(rows: list[tuple[int, float]]) -> tuple[Any, Any]:
    return np.array([slot for slot, _ in rows], np.intp), np.array([value for _, value in rows], np.float64)


def test_what_is_not_finite_is_null() -> None:
    """§6.3: a sum, or milliseconds, beyond binary64."""
    samples = percentiles.order_samples(np.array([0, 0, 1]), np.array([1.7e308, 1.7e308, 1e306]), 2)
    for name in DURATION_STATISTICS:
        assert np.isnan(percentiles.statistic(samples, name)).all()


@given(st.integers(0, 2**62 - 1), st.integers(0, 2**62))
def test_rate_is_the_exact_quotient_rounded_once(part: int, more: int) -> None:
    """§6.5"""
    whole = part + more
    (found,) = rates.rate([part], [whole])
    if whole == 0:
        assert np.isnan(found)
    else:
        assert found == part / whole
        assert rates.crash_free_rate(part, whole) == 1 - part / whole
        assert abs(rates.crash_rate(part, whole) + rates.crash_free_rate(part, whole) - 1) <= math.ulp(1.0)


@pytest.mark.parametrize("part", [1, 2**60])
def test_rates_keep_their_shape(part: int) -> None:
    """§6.5: the shape slots × intervals is kept, whether binary64 holds the counts or not."""
    assert np.array_equal(rates.rate([[part, 0]], [[2 * part, 0]]), [[0.5, np.nan]], equal_nan=True)
    assert rates.rate(part, [part, 2 * part]).tolist() == [1.0, 0.5]
    assert rates.rate([part, 0], 2 * part).tolist() == [0.5, 0.0]
    assert rates.rate([], []).shape == (0,)
    assert np.isnan(rates.rate([part], [0])).tolist() == [True]


def test_crash_free_rate_is_one_minus() -> None:
    """§6.5: computed in that order; one healthy session of three is not the float nearest to 1/3."""
    assert rates.crash_free_rate(1, 6) == 0.8333333333333334
    assert rates.crash_free_rate(2, 3) == 0.33333333333333337 != 1 / 3


def test_rank() -> None:
    """§7.3: null last in both directions, ties by key."""
    values = np.array([3.0, np.nan, 5.0, 3.0, np.nan, 0.0])
    assert rank(values, descending=True).tolist() == [2, 0, 3, 5, 1, 4]
    assert rank(values, descending=False).tolist() == [5, 0, 3, 2, 1, 4]
    assert rank(np.array([2, 7, 2]), descending=True).tolist() == [1, 0, 2]
    assert rank(np.array([1, 2] * 50), descending=True).tolist() == [*range(1, 100, 2), *range(0, 100, 2)]


@pytest.mark.parametrize("descending", [True, False])
def test_groups_of_one_release_stay_in_order(descending: bool) -> None:
    """§7.5: ties by key, however many there are."""
    groups = BaseGroups({"release": np.array(["a", "b"] * 50, object)}, 100, 100)
    order = rank_by_release_date(groups, ["b", "a"], descending=descending)
    b, a = [*range(1, 100, 2)], [*range(0, 100, 2)]
    assert order.tolist() == (a + b if descending else b + a)


def test_cap() -> None:
    """§7.4: 109 releases for 90 days by day; at least one group."""
    assert [max_groups(n) for n in (1, 91, 1000, 10_001)] == [10_000, 109, 10, 1]
    assert max_groups(4, max_points=8) == 2


@pytest.mark.parametrize(
    ("params", "page"),
    [
        ("", Page(None, 0)),
        ("per_page=1", Page(1, 0)),
        ("per_page=5000&cursor=", Page(5000, 0)),
        ("per_page=9&per_page=+7&cursor=x&cursor=-3:20:1", Page(7, 20)),
        ("cursor=0:5:0", Page(None, 5)),
    ],
)
def test_page(params: str, page: Page) -> None:
    """§7.6, §2: the last value counts, an empty cursor is absent."""
    assert parse_page(Parameters(params.replace("+", "%2B")), Rules()) == page


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ("per_page=", "Invalid per_page parameter."),
        ("per_page=ten", "Invalid per_page parameter."),
        ("per_page=1.0", "Invalid per_page parameter."),
        ("per_page=1_0", "Invalid per_page parameter."),
        ("per_page=5001", "Invalid per_page value. Cannot exceed 5000."),
        ("per_page=0", "Invalid per_page value. Must be at least 1."),
        ("per_page=-1&cursor=x", "Invalid per_page value. Must be at least 1."),
        ("cursor=1", "Invalid cursor parameter."),
        ("cursor=0:1", "Invalid cursor parameter."),
        ("cursor=0:1:0:0", "Invalid cursor parameter."),
        ("cursor=0:x:0", "Invalid cursor parameter."),
        ("cursor=0:1.0:0", "Invalid cursor parameter."),
        ("cursor=0:-1:0", "Invalid cursor parameter."),
        ("cursor=::", "Invalid cursor parameter."),
    ],
)
def test_invalid_page_is_rejected(params: str, detail: str) -> None:
    """§2.3: per_page before cursor."""
    with pytest.raises(RequestError) as caught:
        parse_page(Parameters(params), Rules())
    assert caught.value.detail == detail


def test_links() -> None:
    """§7.6"""
    assert links(0, 10, 10) == (Link("0:0:1", False), Link("0:10:0", False))
    assert links(5, 10, 16) == (Link("0:0:1", True), Link("0:15:0", True))
    assert links(25, 10, 7) == (Link("0:15:1", True), Link("0:35:0", False))


def test_base_groups() -> None:
    """§5: one without keys; with keys, those that have data for a field. Other sessions belong to none."""
    sessions = Sessions(
        started=[0] * 4,
        project_id=[1, 3, 2, 1],
        status=["ok"] * 4,
        distinct_id=["", "", "", "someone"],
    )
    users = [DOCUMENTED_FIELDS["count_unique(user)"]]
    groups, index = base_groups(sessions, [], users)
    assert (groups.size, groups.empty_from, index.tolist()) == (1, 1, [0, 0, 0, 0])
    groups, index = base_groups(sessions, ["project"], users)
    assert (groups.keys["project"].tolist(), groups.size, groups.empty_from) == ([1], 1, 1)
    assert index.tolist() == [0, NO_GROUP, NO_GROUP, 0]


def test_keys_beyond_64_bits_are_numbered_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """§5: more combinations than an integer can number are still found, in the same order."""
    names = ("project", "release", "environment")
    sessions = sample(300)
    expected, expected_index = base_groups(sessions, names, [DOCUMENTED_FIELDS["sum(session)"]])
    monkeypatch.setattr(grouping, "_KEY_LIMIT", 3)
    found, index = base_groups(sessions, names, [DOCUMENTED_FIELDS["sum(session)"]])
    assert index.tolist() == expected_index.tolist()
    assert {name: keys.tolist() for name, keys in found.keys.items()} == {
        name: keys.tolist() for name, keys in expected.keys.items()
    }


@given(st.permutations(range(6)), st.integers(1, 4), st.integers(0, 7), st.integers(1, 7))
def test_page_of_groups_keeps_status_groups_together(
    order: list[int], columns: int, offset: int, size: int
) -> None:
    """§7.4, §7.6: status groups do not count separately."""
    page = page_of_groups(np.array(order), columns, offset, size)
    expected = [(group, column) for group in order[offset : offset + size] for column in range(columns)]
    assert list(zip(page.group.tolist(), page.column.tolist(), strict=True)) == expected


@given(
    st.permutations(range(4)),
    st.lists(st.integers(1, 3), min_size=4, max_size=4),
    st.integers(1, 5),
    st.integers(1, 13),
)
def test_page_of_rows_counts_status_groups(
    order: list[int], columns: list[int], most: int, size: int
) -> None:
    """§7.5: status groups count against per_page here, but not towards the cap (§7.4)."""
    page = page_of_rows(np.array(order), np.array(columns), most, size)
    rows = [(group, column) for group in order for column in range(columns[group])]
    capped = [row for row in rows if row[0] in order[:most]]
    assert list(zip(page.group.tolist(), page.column.tolist(), strict=True)) == capped[:size]
    assert page.links[1].results == (len(rows) > size)


def test_combined_keys_beyond_64_bits() -> None:
    """§7.3: however many combinations there could be, they sort as their keys do."""

    class Wide:
        """A column of more categories than can exist, each its own rank."""

        def __init__(self, *codes: int, width: int = 2**40) -> None:
            self.categories = range(width)
            self.codes = np.array(codes)

        @property
        def ranks(self) -> "Wide":
            return self

        def __getitem__(self, codes: Any) -> Any:
            return codes

    first, second = Wide(2**40 - 1, 0, 2**40 - 1, 0), Wide(0, 5, 0, 2**40 - 1)
    combination = grouping._combination([first, second])  # type: ignore[list-item]
    assert np.unique(combination, return_inverse=True)[1].tolist() == [2, 0, 2, 1]
    thirds = [Wide(*codes, width=2**25) for codes in ([0, 2**14, 0], [0, 0, 1], [0, 0, 0])]
    combination = grouping._combination(thirds)  # type: ignore[arg-type]
    assert np.unique(combination, return_inverse=True)[1].tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    "kind", [BaseGroups, Measures, Needs, PageRows, Result, Settings, Window, Rules, Query]
)
def test_what_stages_pass_on_is_immutable(kind: type) -> None:
    """No stage can change what another made."""
    made = tuple.__new__(kind) if issubclass(kind, tuple) else object.__new__(kind)
    with pytest.raises(AttributeError):
        setattr(made, next(iter(kind.__annotations__)), None)
