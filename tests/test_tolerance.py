"""Tolerances: how far a value may be off, and which order of groups that allows."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sessionstats.protocol import respond
from sessionstats.testing.comparison import EXACT, Tolerance, compare
from tests.comparing import (
    COUNT,
    MEDIAN,
    RATE,
    USER_RATE,
    USERS,
    Answer,
    case_of,
    choice,
    found_after,
    group_of,
    row,
)


def verdict(field: str, value: float, tolerance: Tolerance, *rows: dict[str, Any], **params: Any) -> bool:
    """Whether a total passes."""
    case = case_of(*rows, field=field, includeSeries="0", **params)
    return not found_after(case, lambda a: group_of(a)["totals"].update({field: value}), tolerance)


@pytest.mark.parametrize(
    ("value", "passes"), [(100, True), (98, True), (102, True), (97, False), (103, False)]
)
def test_relative_error_of_users(value: int, passes: bool) -> None:
    """§6.2: a sketch may be off by that share of the count, in both directions."""
    users = [row(distinct_id=str(number)) for number in range(100)]
    assert verdict(USERS, value, Tolerance(users=0.02), *users) == passes


@pytest.mark.parametrize(("value", "passes"), [(80, True), (77, True), (83, True), (76, False), (84, False)])
def test_errors_of_differences_add_up(value: int, passes: bool) -> None:
    """§6.2: healthy users are all minus the others: 100 ± 3 minus 20 ± 0.6."""
    users = [row(distinct_id=str(number), status="crashed" if number < 20 else "ok") for number in range(100)]
    case = case_of(*users, field=USERS, groupBy="session.status", includeSeries="0")

    def healthy(answer: Answer) -> None:
        (group,) = (g for g in answer["body"]["groups"] if g["by"]["session.status"] == "healthy")
        group["totals"][USERS] = value

    assert (found_after(case, healthy, Tolerance(users=0.03)) == []) == passes
    assert (found_after(case, healthy) == []) == (value == 80)


def test_error_of_user_rates() -> None:
    """§6.5: 20 ± 2 % of 100 ± 2 %, and no error of sessions."""
    users = [row(distinct_id=str(number), status="crashed" if number < 20 else "ok") for number in range(100)]
    tolerance = Tolerance(users=0.02)
    assert verdict(USER_RATE, 20 * 1.019 / 98.1, tolerance, *users)
    assert not verdict(USER_RATE, 20 * 1.03 / 98, tolerance, *users)
    assert not verdict("crash_rate(session)", 0.2001, tolerance, *users)
    assert not verdict(COUNT, 101, tolerance, *users)


@pytest.mark.parametrize(
    ("value", "passes"),
    [(32_000.0, True), (28_000.0, True), (36_000.0, True), (27_999.0, False), (36_001.0, False)],
)
def test_rank_error_of_percentiles(value: float, passes: bool) -> None:
    """§6.3: the value lies between the exact quantiles at q ± ε, whatever the values are."""
    rows = [row(duration=seconds) for seconds in range(65)]
    assert verdict(MEDIAN, value, Tolerance(rank=0.0625), *rows) == passes
    assert verdict(MEDIAN, value, Tolerance(users=0.0625), *rows) == (value == 32_000)


def test_rank_error_is_not_relative() -> None:
    """§6.3: half a median can be right if the ranks are far apart, and a tiny difference wrong."""
    rows = [row(duration=seconds) for seconds in (1, 1, 1, 100, 100)]
    assert verdict("p75(session.duration)", 1000.0, Tolerance(rank=0.3), *rows)
    assert not verdict("p75(session.duration)", 99.0, Tolerance(rank=0.3), *rows)


def test_a_rank_between_values() -> None:
    """§6.3: the bounds move outwards to the order statistics next to them."""
    rows = [row(duration=seconds) for seconds in (1, 2, 3, 4)]
    for value, passes in ((2000.0, True), (3000.0, True), (1999.0, False), (3001.0, False)):
        assert verdict(MEDIAN, value, Tolerance(rank=0.01), *rows) == passes


def test_units_of_rates() -> None:
    """§6.8: units in the last place of 1, since one minus a rate was rounded there."""
    rows = [row(status="crashed"), row(), row()]
    unit = math.ulp(1.0)
    for field, exact in (("crash_rate(session)", 1 / 3), (RATE, 1 - 1 / 3)):
        assert verdict(field, exact + 2 * unit, Tolerance(ulps=2), *rows)
        assert not verdict(field, exact + 3 * unit, Tolerance(ulps=2), *rows)
    assert not verdict(COUNT, 4, Tolerance(ulps=4), *rows)


@pytest.mark.parametrize("units", [4, -4, 5, -5])
def test_units_of_averages(units: int) -> None:
    """§6.8: of the largest duration, however small the average is."""
    rows = [row(duration=seconds) for seconds in (0.001, 0.001, 0.002, 1000)]
    exact = 1000.004 * 1000 / 4
    assert verdict("avg(session.duration)", exact + units * math.ulp(1e6), Tolerance(), *rows) == (
        abs(units) == 4
    )


def test_a_position_that_is_off() -> None:
    """§6.8: 0.95 · 20 is 19 exactly; a little more is in the wide gap, a little less is not."""
    seconds = [*range(19), 19, 1e9]
    rows = [row(duration=each) for each in seconds]
    off = 4 * math.ulp(21.0) * (1e9 - 19) * 1000
    for value, passes in ((19_000 + 0.9 * off, True), (19_000 + 1.1 * off, False), (19_000 - 1e-6, False)):
        assert verdict("p95(session.duration)", value, Tolerance(), *rows) == passes


def test_a_maximum_is_exact() -> None:
    """§6.8: nothing is rounded except the multiplication that every program does."""
    rows = [row(duration=0.1), row(duration=0.3)]
    assert not verdict("max(session.duration)", math.nextafter(300.0, 400), Tolerance(), *rows)


def test_null_is_exact() -> None:
    """§6.8: however small a number is, it is not null."""
    assert not verdict("p95(session.duration)", 5e-324, Tolerance(), row())


@pytest.mark.parametrize(("ordinary", "passes"), [(2, True), (4, False)])
def test_infinity_enters_in_another_order(ordinary: int, passes: bool) -> None:
    """§6.8: 1.7e308 s overflows as milliseconds: null is right where it is a neighbour, and ranks last."""
    rows = [row(duration=2.0, release="a")] * ordinary + [row(duration=1.7e308, release="a")]
    rows.append(row(duration=1.0, release="b"))
    for order, names in ((f"-{MEDIAN}", "ab"), (MEDIAN, "ba")):
        case = case_of(*rows, field=MEDIAN, groupBy="release", orderBy=order, includeSeries="0")
        answer = choice(*names, case=case)
        assert compare(case, respond(case), answer) == []
        answer["body"]["groups"][names.index("a")]["totals"][MEDIAN] = None
        answer["body"]["groups"].sort(key=lambda group: group["by"]["release"], reverse=True)
        assert (compare(case, respond(case), answer) == []) == passes
        assert compare(case, respond(case), answer, EXACT)


def test_ranking_by_a_tolerated_value() -> None:
    """§7.1: groups whose ranking values may be equal may be in either order, others may not."""
    rows = [
        row(release=name, distinct_id=str(n))
        for name, k in (("a", 100), ("b", 99), ("c", 50))
        for n in range(k)
    ]
    case = case_of(*rows, field=USERS, groupBy="release")
    for names, tolerance, right in (
        ("bac", Tolerance(users=0.02), True),
        ("bac", Tolerance(), False),
        ("acb", Tolerance(users=0.02), False),
    ):
        findings = compare(case, respond(case), choice(*names, case=case), tolerance)
        assert (findings == []) == right, (names, tolerance)


@pytest.mark.parametrize(
    "wrong", [{"users": -0.1}, {"rank": 1.0}, {"users": math.nan}, {"ulps": -1}, {"ulps": True}]
)
def test_invalid_tolerances_are_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Tolerance(**wrong)
