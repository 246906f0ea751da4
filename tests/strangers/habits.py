"""Bugs of practitioners' habits, planted in the plain model: SQL, data frames, JavaScript, Java.

1. Each is written as an engineer might make it; none is modelled on the registry.
2. `PLANTED` has every program by its name, with the causes that may be named: mostly none.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from sessionstats.testing import model
from sessionstats.testing.model.definitions import DEFINITIONS
from sessionstats.testing.model.folding import fold, fold_one
from sessionstats.testing.model.instants import SECOND
from sessionstats.testing.model.question import cell
from sessionstats.testing.model.window import DAY, HOUR, Dates, read_dates

D = DEFINITIONS
Program = Callable[[Any], Any]

PLANTED: dict[str, tuple[Program, tuple[str, ...]]] = {}
"""The programs, each with the causes that may be named."""


def plant(*may: str) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]]]:
    """Plant other definitions in the model: those that the decorated function returns."""

    def planted(make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        definitions = dataclasses.replace(D, **make())
        PLANTED[make.__name__] = (lambda case: model.answer(case, definitions), may)
        return make

    return planted


def sessions(change: Callable[[list[Any]], list[Any]]) -> dict[str, Any]:
    """Other sessions, once updates are folded."""
    return {"fold": lambda d, rows: change(fold(d, rows))}


def utc(at: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at)


def shifted(at: int, zone: str) -> int:
    """The clock of a time zone, as if it were UTC."""
    offset = utc(at).astimezone(ZoneInfo(zone)).utcoffset() or dt.timedelta()
    return at + offset // dt.timedelta(microseconds=1)


@plant()
def users_without_environment_lost() -> Any:
    """COUNT(DISTINCT user || environment): NULL || text is NULL."""
    return {"person": lambda row: (row.user + row.environment) if row.user and row.environment else None}


@plant()
def last_second_lost() -> Any:
    """BETWEEN start AND end - 1 second."""
    return {"inside": lambda w, at: w.start <= at <= w.end - SECOND}


@plant()
def bucket_rounded() -> Any:
    """round(x / step) instead of floor."""

    def bucket(w: Any, at: int) -> int:
        return min(round((at - w.start) / w.interval), len(w.buckets) - 1)

    return {"bucket": bucket}


@plant()
def milliseconds_guessed() -> Any:
    """Durations of more than 30 must be milliseconds."""

    def length(row: Any) -> Any:
        value = D.counted_duration(row)
        return value / 1000 if value is not None and value > 30 else value

    return {"counted_duration": length}


@plant()
def weeks_begin_on_monday() -> Any:
    """date_trunc('week') where the period is in weeks."""

    def dates(d: Any, params: Any, now: int) -> Dates:
        right = read_dates(d, params, now)
        if str(params.one("statsPeriod")).endswith("w"):
            start = right.start - utc(right.start).weekday() * DAY
            return dataclasses.replace(right, start=start)
        return right

    return {"dates": dates}


@plant("local-buckets")
def days_in_berlin() -> Any:
    """dt.tz_convert('Europe/Berlin').dt.floor('D') for the bucket, the window in UTC."""

    def bucket(w: Any, at: int) -> Any:
        index = (shifted(at, "Europe/Berlin") - w.start) // w.interval
        return index if 0 <= index < len(w.buckets) else None

    return {"bucket": bucket}


@plant()
def dedupe_user_and_instant() -> Any:
    """drop_duplicates(['distinct_id', 'started'])."""

    def dropped(rows: Any) -> Any:
        seen, kept = set(), []
        for row in rows:
            key = (row.user, row.started)
            if row.user and key in seen:
                continue
            seen.add(key)
            kept.append(row)
        return kept

    return sessions(dropped)


@plant()
def crashes_by_rows() -> Any:
    """SUM(quantity) for all, COUNT(*) for the crashed."""

    def counts(d: Any, rows: Any) -> Any:
        right = D.session_counts(d, rows)
        return right | {"crashed": sum(1 for row in rows if d.health(row) == "crashed")}

    return {"session_counts": counts}


@plant()
def one_in_an_empty_bucket() -> Any:
    """COUNT(*) after a left join with a calendar: 1 for a bucket without sessions."""

    def series(q: Any, group: Any, field: str) -> Any:
        values = D.series(q, group, field)
        if field != "sum(session)" or group.status is not None:
            return values
        return [1 if value == 0 else value for value in values]

    return {"series": series}


@plant("ranked-by-part")
def ranked_by_last_bucket() -> Any:
    """ORDER BY the newest value of the series."""

    def rank(q: Any, group: Any, field: str) -> Any:
        values = D.series(q, group, field)
        return values[-1] if values else D.rank_total(q, group, field)

    return {"rank_total": rank}


@plant("updates-in-another-order")
def sequence_as_text() -> Any:
    """ORDER BY seq::text."""

    def folded(updates: Any) -> Any:
        return fold_one(sorted(updates, key=lambda row: str(row.seq)))

    return {"fold_one": folded}


@plant("worst-status-ranked-otherwise")
def status_by_alphabet() -> Any:
    """MAX(status)."""

    def folded(updates: Any) -> Any:
        return dataclasses.replace(fold_one(updates), status=max(row.status for row in updates))

    return {"fold_one": folded}


@plant()
def nil_by_prefix() -> Any:
    """Anything that begins with eight zeros and a dash counts as the nil UUID."""

    def user(value: Any) -> str:
        right = D.user(value)
        return "" if right.startswith("00000000-") else right

    return {"user": user}


@plant()
def nan_is_contagious() -> Any:
    """np.mean with a missing duration is NaN, which becomes null."""

    def duration(d: Any, field: str, rows: Any) -> Any:
        if any(row.duration is None for row in rows if row.status == "exited"):
            return None
        return D.duration(d, field, rows)

    return {"duration": duration}


@plant("durations-limited")
def outliers_dropped() -> Any:
    """0 < duration < 60 only."""

    def length(row: Any) -> Any:
        value = D.counted_duration(row)
        return value if value is not None and 0 < value < 60 else None

    return {"counted_duration": length}


@plant("groups-without-case")
def accents_do_not_matter() -> Any:
    """utf8_general_ci: é, É and e are one letter."""

    def key(columns: Any) -> Any:
        def plain(v: Any) -> Any:
            if not isinstance(v, str):
                return v
            return "".join(c for c in unicodedata.normalize("NFD", v.lower()) if not unicodedata.combining(c))

        return tuple(map(plain, columns))

    return {"group_key": key}


@plant()
def hours_of_all_days() -> Any:
    """GROUP BY EXTRACT(hour): the hours of several days are one bucket."""

    def series(q: Any, group: Any, field: str) -> Any:
        w = q.window
        if w.interval >= DAY:
            return D.series(q, group, field)
        of_day: dict[int, list[Any]] = defaultdict(list)
        for row in group.sessions:
            of_day[row.started % DAY // w.interval].append(row)
        return [
            cell(q, dataclasses.replace(group, sessions=of_day[at % DAY // w.interval]), field)
            for at in w.buckets
        ]

    return {"series": series}


@plant()
def twelve_hour_clock() -> Any:
    """strftime('%Y-%m-%d %I:%M'): the afternoon is counted in the morning."""

    def bucket(w: Any, at: int) -> Any:
        if w.interval >= 12 * HOUR:
            return D.bucket(w, at)
        early = at - 12 * HOUR if at % DAY >= 12 * HOUR else at
        return D.bucket(w, early) if early >= w.start else None

    return {"bucket": bucket}


@plant()
def week_year() -> Any:
    """DateTimeFormatter 'YYYY-MM-dd': the last days of December are of the next year."""

    def bucket(w: Any, at: int) -> Any:
        when = utc(at)
        return D.bucket(w, at) if when.isocalendar().year == when.year else None

    return {"bucket": bucket}


@plant()
def no_leap_day() -> Any:
    """A calendar of 365 days."""
    return {"inside": lambda w, at: D.inside(w, at) and utc(at).strftime("%m-%d") != "02-29"}


@plant()
def grouped_by_release_alone() -> Any:
    """groupby('release').agg(project='first')."""

    def key(columns: Any) -> Any:
        return tuple(columns[1:]) if len(columns) > 1 else tuple(columns)

    return {"group_key": key}


@plant("day-of-end-included")
def end_date_inclusive() -> Any:
    """end=2024-01-29 means the whole day."""

    def dates(d: Any, params: Any, now: int) -> Dates:
        right = read_dates(d, params, now)
        text = params.filled("end")
        if right.explicit and text and len(text) == 10 and text.count("-") == 2:
            return dataclasses.replace(right, end=right.end + DAY)
        return right

    return {"dates": dates}


@plant()
def sampled_large_tables() -> Any:
    """Of more than 500 rows every tenth is taken, and counts are multiplied."""

    def change(rows: Any) -> Any:
        if len(rows) <= 500:
            return rows
        return [dataclasses.replace(r, quantity=r.quantity * 10) for r in rows[::10]]

    return {"fold": lambda d, rows: fold(d, change(rows))}


@plant()
def p99_needs_a_hundred() -> Any:
    """p95 and p99 of fewer than 20 sessions are null: not significant."""

    def duration(d: Any, field: str, rows: Any) -> Any:
        n = sum(d.counted_duration(r) is not None for r in rows)
        if field[:3] in ("p95", "p99") and n < 20:
            return None
        return D.duration(d, field, rows)

    return {"duration": duration}


@plant("local-buckets")
def dst_days() -> Any:
    """pd.date_range(freq='D', tz='America/New_York'): buckets after the change of time move by an hour."""

    def bucket(w: Any, at: int) -> Any:
        index = (shifted(at, "America/New_York") - shifted(w.start, "America/New_York")) // w.interval
        return index if 0 <= index < len(w.buckets) else None

    return {"bucket": bucket}


@plant("nil-user-counted")
def nil_only_with_dashes() -> Any:
    """distinct_id <> '00000000-0000-0000-0000-000000000000'."""
    return {
        "user": lambda v: "" if v is None else str(v) if v != "00000000-0000-0000-0000-000000000000" else ""
    }


@plant("users-counted-once")
def distinct_of_new_users() -> Any:
    """A user counts in the first bucket only: new users."""

    def series(q: Any, group: Any, field: str) -> Any:
        if field != "count_unique(user)":
            return D.series(q, group, field)
        seen: set[Any] = set()
        kept = []
        for row in sorted(group.sessions, key=lambda r: r.started):
            if row.user not in seen:
                kept.append(row)
                seen.add(row.user)
        return D.series(q, dataclasses.replace(group, sessions=kept), field)

    return {"series": series}


def joined_with_releases(case: Any) -> Any:
    """LEFT JOIN releases USING (version): a release of two projects doubles its sessions."""
    releases = case.get("releases")
    if not isinstance(releases, list):
        return model.answer(case)
    rows = []
    for row in case["sessions"]:
        n = 1
        if isinstance(row, dict):
            n = sum(
                len(r.get("project_ids") or [1])
                for r in releases
                if isinstance(r, dict) and r.get("version") == (row.get("release") or "")
            )
        rows += [row] * max(n, 1)
    return model.answer({**case, "sessions": rows})


PLANTED["joined_with_releases"] = (joined_with_releases, ("join-multiplies",))
