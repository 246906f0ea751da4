"""Periods, dates, intervals, rounding and buckets: §3."""

import time
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats.bucketing import bucket_index, in_window
from sessionstats.errors import RequestError, SessionStatsError
from sessionstats.instants import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    YEAR_1,
    YEAR_10000,
    format_instant,
    from_datetime,
    parse_date,
    parse_iso,
    parse_now,
    parse_period,
)
from sessionstats.intervals import parse_interval
from sessionstats.request.dates import DateRange, parse_range
from sessionstats.request.parameters import Parameters
from sessionstats.rounding import Window, align, align_hourly, require_few_intervals

NOW = from_datetime(datetime(2024, 1, 29, 12, 27, 28, 303_000))
INTERVALS = [10 * SECOND, MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 90 * MINUTE, 6 * HOUR, DAY]
instants = st.integers(0, 9_000_000_000_000_000)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("10s", 10 * SECOND),
        ("5m", 5 * MINUTE),
        ("7h", 7 * HOUR),
        ("90d", 90 * DAY),
        ("2w", 14 * DAY),
        ("45", 45 * SECOND),
        ("0d", 0),
        ("007h", 7 * HOUR),
        ("", None),
        ("h", None),
        ("1H", None),
        ("1.5h", None),
        ("-1h", None),
        (" 1h", None),
        ("1h\n", None),
        ("1y", None),
        ("١h", None),
        ("9" * 5000 + "s", None),
    ],
)
def test_period_is_digits_and_a_letter(text: str, microseconds: int | None) -> None:
    """§3.1"""
    assert parse_period(text) == microseconds


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-01-29", "2024-01-29T00:00:00"),
        ("20240129", "2024-01-29T00:00:00"),
        ("2024-W05-1", "2024-01-29T00:00:00"),
        ("2024-01-29T12:27:28.303Z", "2024-01-29T12:27:28.303"),
        ("2024-01-29 12:27", "2024-01-29T12:27:00"),
        ("2024-01-29T12:27:28+02:00", "2024-01-29T10:27:28"),
        ("2024-01-29T12:27:28.1234567891", "2024-01-29T12:27:28.123456"),
        ("1969-12-31T23:59:59.9999999", "1969-12-31T23:59:59.999999"),
        ("1706530320", "2024-01-29T12:12:00"),
        ("1706530320.9999999", "2024-01-29T12:12:00.999999"),
        ("-0.0000001", "1969-12-31T23:59:59.999999"),
    ],
)
def test_date_is_iso_or_a_timestamp(text: str, iso: str) -> None:
    """§3.3: anything finer than a microsecond is cut off, towards the past."""
    assert parse_date(text) == np.datetime64(iso, "us").astype(int)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-01",
        "2024-02-30",
        "2024-01-29T24:00",
        "1e9",
        "+5",
        "1_000",
        "nan",
        "99999999999999",
    ],
)
def test_other_texts_are_not_dates(text: str) -> None:
    """§3.3"""
    assert parse_date(text) is None
    with pytest.raises(RequestError, match="is not a valid ISO8601 date query") as caught:
        parse_range(Parameters({"start": text or "?", "end": "2024-01-29"}), NOW)
    assert caught.value.parameter == "start"


def test_date_outside_the_calendar_is_rejected() -> None:
    """§3.3: an offset may carry an ISO date out of the years 1 to 9999."""
    assert parse_iso("0001-01-01T00:00:00+01:00") == YEAR_1 - HOUR
    assert parse_date("0001-01-01T00:00:00+01:00") is None
    assert parse_date("0001-01-01") == YEAR_1
    assert parse_date("9999-12-31T23:59:59.999999") == YEAR_10000 - 1
    assert parse_date(str(YEAR_10000 // SECOND)) is None
    assert parse_date("9999-12-31T23:30:00-01:00") is None


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-1439, 1439))
def test_instant_of_datetime_is_exact(moment: datetime, offset: int) -> None:
    """§1.1"""
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert from_datetime(aware) == from_datetime(moment) - offset * MINUTE
    assert parse_iso(aware.isoformat()) == from_datetime(aware)
    assert format_instant(from_datetime(moment)) == moment.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)


def test_now_accepts_what_callers_have() -> None:
    """§9: a datetime, a datetime64, ISO text or epoch seconds, and otherwise an error that says so."""
    moment = datetime(2024, 1, 29, 12, 27, 28, 303_000, UTC)
    for now in (
        moment,
        moment.replace(tzinfo=None),
        np.datetime64(NOW, "us"),
        moment.isoformat(),
        1706531248.303,
    ):
        assert parse_now(now) == NOW
    assert parse_now(1706531248) == NOW - 303_000
    assert parse_now(0.00001) == 10
    assert parse_now(np.datetime64("9999-12-31T23:59:59.999999")) == YEAR_10000 - 1
    for now in ("soon", True, [], np.datetime64("NaT"), float("nan"), float("inf"), 1e300):
        with pytest.raises(SessionStatsError, match=r"now: .* is not an instant"):
            parse_now(now)


def test_the_clock_is_read_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """§3.3: wherever the machine is."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XYZ-9")
        time.tzset()
        assert abs(parse_now(None) - time.time_ns() // 1000) < MINUTE
    time.tzset()


@pytest.mark.parametrize(
    ("params", "start", "end", "end_given"),
    [
        ("", NOW - 90 * DAY, NOW, False),
        ("statsPeriod=1d", NOW - DAY, NOW, False),
        ("statsPeriod=1d&start=x&statsPeriodStart=y", NOW - DAY, NOW, False),
        ("statsPeriodStart=&statsPeriodEnd=&start=0&end=10", 0, 10 * SECOND, True),
        ("statsPeriodStart=2d&statsPeriodEnd=1d&start=x", NOW - 2 * DAY, NOW - DAY, False),
        ("start=2024-01-28&end=2024-01-29", NOW // DAY * DAY - DAY, NOW // DAY * DAY, True),
        ("start=2024-01-28&start=0&end=10", 0, 10 * SECOND, True),
    ],
)
def test_range_by_precedence(params: str, start: int, end: int, end_given: bool) -> None:
    """§3.3, §2: statsPeriod wins, then the relative pair, then the absolute one; the last value counts."""
    assert parse_range(Parameters(params), NOW) == DateRange(start, end, end_given)


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ("statsPeriod=&start=0&end=10", "Invalid statsPeriod: ''"),
        ("statsPeriod=1y", "Invalid statsPeriod: '1y'"),
        ("statsPeriod=800000d", "Invalid statsPeriod: '800000d'"),
        ("statsPeriodStart=1y&statsPeriodEnd=1d", "Invalid statsPeriod: '1y'"),
        ("statsPeriodStart=2d&statsPeriodEnd=x", "Invalid statsPeriod: 'x'"),
        ("statsPeriodStart=800000d&statsPeriodEnd=1d", "Invalid statsPeriod: '800000d'"),
        ("statsPeriodStart=1d", "statsPeriodStart and statsPeriodEnd are both required"),
        ("statsPeriodEnd=1d&start=0&end=1", "statsPeriodStart and statsPeriodEnd are both required"),
        ("start=2024-01-01", "start and end are both required"),
        ("end=2024-01-01&start=", "start and end are both required"),
        ("start=2024-01-02&end=2024-01-01", "start must be before end"),
        ("start=2024-01-01&end=2024-01-01", "start must be before end"),
        ("statsPeriodStart=1d&statsPeriodEnd=2d", "start must be before end"),
        ("statsPeriod=0d", "start must be before end"),
    ],
)
def test_invalid_dates_are_rejected(params: str, detail: str) -> None:
    """§3.3"""
    with pytest.raises(RequestError) as caught:
        parse_range(Parameters(params), NOW)
    assert caught.value.detail == detail


def test_a_period_ends_at_the_year_1() -> None:
    """§3.3: and not before."""
    assert parse_range(Parameters("statsPeriod=5s"), YEAR_1 + 5 * SECOND).start == YEAR_1
    with pytest.raises(RequestError, match="Invalid statsPeriod: '6s'"):
        parse_range(Parameters("statsPeriod=6s"), YEAR_1 + 5 * SECOND)


@pytest.mark.parametrize(
    ("text", "minimum", "interval"),
    [
        (None, 3600, HOUR),
        ("", 3600, HOUR),
        ("soon", 3600, HOUR),
        ("1d", 3600, DAY),
        ("24h", 3600, DAY),
        ("3600", 3600, HOUR),
        ("10s", 10, 10 * SECOND),
        ("90m", 60, 90 * MINUTE),
    ],
)
def test_interval(text: str | None, minimum: int, interval: int) -> None:
    """§3.2"""
    assert parse_interval(text, minimum) == interval
    assert parse_interval("1h") == HOUR


MULTIPLE = "The interval has to be a multiple of the minimum interval of {}."


@pytest.mark.parametrize(
    ("text", "minimum", "detail"),
    [
        ("0d", 3600, MULTIPLE.format("one hour")),
        ("30m", 3600, MULTIPLE.format("one hour")),
        ("30s", 60, MULTIPLE.format("one minute")),
        ("5s", 10, MULTIPLE.format("ten seconds")),
        ("1m", 7, MULTIPLE.format("7 seconds")),
        ("", 7200, MULTIPLE.format("7200 seconds")),
        ("25h", 3600, "The interval has to be less than one day."),
        ("1w", 3600, "The interval has to be less than one day."),
        ("5h", 3600, "The interval should divide one day without a remainder."),
    ],
)
def test_invalid_interval_is_rejected(text: str, minimum: int, detail: str) -> None:
    """§3.2"""
    with pytest.raises(RequestError) as caught:
        parse_interval(text, minimum)
    assert caught.value.detail == detail


@given(instants, st.integers(1, 100 * DAY), st.sampled_from(INTERVALS), instants)
def test_alignment_is_the_smallest_that_covers(start: int, length: int, interval: int, now: int) -> None:
    """§3.4, §3.5"""
    dates = DateRange(start, start + length, False)
    window = align(dates, interval, now)
    begin = min(start, now)
    window_starts = Window(
        window.start, min(window.end, window.start + 3 * interval), interval, 0
    ).bucket_starts()
    assert window.start % interval == window.end % interval == 0
    assert window.start <= begin < window.start + interval
    assert window.end - interval < dates.end <= window.end
    assert window.n_intervals * interval == window.end - window.start == window.length
    assert window_starts.astype(int).tolist() == [
        window.start + i * interval for i in range(min(3, window.n_intervals))
    ]


def test_start_in_the_future_is_now() -> None:
    """§3.4: only a start after now is replaced."""
    dates = DateRange(NOW + DAY, NOW + 2 * DAY, True)
    assert align(dates, HOUR, NOW).start == NOW // HOUR * HOUR
    assert align(dates, HOUR, NOW + DAY).start == (NOW + DAY) // HOUR * HOUR


@given(instants, st.integers(1, 100 * DAY), st.sampled_from(INTERVALS), st.booleans())
def test_hourly_rounding_keeps_the_length(start: int, length: int, interval: int, end_given: bool) -> None:
    """§3.7: the length is rounded up to the unit, and the end; the start follows."""
    dates = DateRange(start, start + length, end_given)
    unit = interval if interval < MINUTE else -(-interval // HOUR) * HOUR
    window = align_hourly(dates, interval, now=start + 1000 * DAY)
    requested = length + (SECOND if end_given else 0)
    assert window.end % unit == 0
    assert window.end - unit < dates.end + (SECOND if end_given else 0) <= window.end
    assert window.length - unit < requested <= window.length
    assert window.end - window.start in (window.length, window.length + unit)
    grew = window.end - window.start > window.length
    assert grew == (unit > interval and window.end - window.length > start)


def test_hourly_end_after_now_is_the_next_minute() -> None:
    """§3.7: the last bucket may be cut short, and a window that starts after now is empty."""
    window = align_hourly(DateRange(NOW - DAY, NOW, False), DAY, NOW)
    assert format_instant(window.end) == "2024-01-29T12:28:00Z"
    assert window.n_intervals == 1
    future = align_hourly(DateRange(NOW + 2 * DAY, NOW + 3 * DAY, True), DAY, NOW)
    assert future.n_intervals == 0
    assert future.start > future.end


def test_hourly_rounding_of_what_is_round() -> None:
    """§3.7: an end of now stays, and a window that starts where it was requested to does not grow."""
    assert align_hourly(DateRange(0, 2 * HOUR, False), HOUR, 2 * HOUR) == Window(0, 2 * HOUR, HOUR, 2 * HOUR)
    half = 30 * MINUTE
    assert align_hourly(DateRange(0, 2 * HOUR, False), half, DAY) == Window(0, 2 * HOUR, half, 2 * HOUR)
    late = DateRange(half, 2 * HOUR + half // 2, False)  # two hours of it end at three: after its start
    assert align_hourly(late, half, DAY) == Window(0, 3 * HOUR, half, 2 * HOUR)


def test_too_many_intervals() -> None:
    """§3.6: a thousand are allowed; §3.7: checked on the length before it grows."""
    require_few_intervals(Window(0, 1000 * HOUR, HOUR, 1000 * HOUR), 1000)
    require_few_intervals(Window(0, 1001 * HOUR, HOUR, 1000 * HOUR), 1000)
    with pytest.raises(RequestError, match="would create too many results"):
        require_few_intervals(Window(0, 1001 * HOUR, HOUR, 1001 * HOUR), 1000)


@given(instants, st.integers(1, 400), st.sampled_from(INTERVALS), st.integers(0, 400), st.integers(-1, 1))
def test_bucket_at_and_around_every_edge(start: int, n: int, interval: int, edge: int, off: int) -> None:
    """§3.5: half-open, to the microsecond."""
    start = start // interval * interval
    window = Window(start, start + n * interval, interval, n * interval)
    instant = start + min(edge, n) * interval + off
    expected = (instant - start) // interval if start <= instant < window.end else -1
    started = np.array([instant], np.int64).view("datetime64[us]")
    assert bucket_index(started, window).tolist() == [expected]
    assert in_window(started, window).tolist() == [expected >= 0]
