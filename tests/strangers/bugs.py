"""Bugs planted in the program of `desk`, and the causes that may be named for each.

`MAY` holds ids of the registry that describe the bug; without any, the kit must name none.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from typing import Any

from tests.strangers.desk import Desk, Rows

Row = dict[str, Any]


class ReleasesCut(Desk):
    MAY = ("texts-cut",)

    def row(self, row: Row) -> Row:
        clean = super().row(row)
        return {**clean, "release": clean["release"][:8]}


class LikeForEquality(Desk):
    MAY = ("search-as-pattern", "search-without-case")

    def same(self, value: str, required: str) -> bool:
        pattern = re.escape(required).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, value, re.IGNORECASE | re.DOTALL) is not None


class AnyCase(Desk):
    MAY = ("search-without-case", "search-as-pattern")

    def same(self, value: str, required: str) -> bool:
        return value.casefold() == required.casefold()


class KeysJoined(Desk):
    MAY = ("groups-joined",)

    def key(self, row: Row, names: list[str]) -> Any:
        return "".join(str(self.label(row, name)) for name in names)


class FirstRows(Desk):
    MAY = ("rows-limited",)

    def clean(self, sessions: Rows) -> Rows:
        return super().clean(sessions[:12])


class UsersAsFloats(Desk):
    MAY = ("users-through-floats",)

    def user(self, value: Any) -> str:
        text = super().user(value)
        try:
            return repr(float(text))
        except ValueError:
            return text


class JoinedWithThemselves(Desk):
    MAY = ("join-multiplies",)

    def kept(self, *args: Any) -> Rows:
        rows = super().kept(*args)
        return [row for row in rows for other in rows if other["user"] == row["user"] or other is row][:5000]


class LocalInstants(Desk):
    MAY = ("local-instants",)

    def of(self, when: dt.datetime) -> int:
        if when.tzinfo is None:
            when = when.replace(tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30)))
        return super().of(when)


class HealthyOverAll(Desk):
    MAY = ("crash-free-is-healthy",)

    def rate(self, field: str, rows: Rows) -> float | None:
        if field != "crash_free_rate(session)" or not rows:
            return super().rate(field, rows)
        good = [r for r in rows if r["status"] in ("ok", "exited") and not r["errors"]]
        return self.count(good) / self.count(rows)


class Seconds32(Desk):
    MAY = ("instants-in-32-bits",)

    def row(self, row: Row) -> Row:
        clean = super().row(row)
        return {**clean, "at": (clean["at"] + 2**31 * 10**6) % (2**32 * 10**6) - 2**31 * 10**6}


class Trimmed(Desk):
    MAY = ("user-ids-normalized",)

    def user(self, value: Any) -> str:
        return super().user(value).strip()


class LowerMedian(Desk):
    MAY = ("percentile-neighbour", "percentile-nearest-rank", "percentile-other-type")

    def quantile(self, lengths: list[float], percent: int) -> float:
        return lengths[int((len(lengths) - 1) * percent / 100)]


class NotANumberIsNobody(Desk):
    """Users whose first letter is a digit are lost: no entry of the registry."""

    MAY = ()

    def user(self, value: Any) -> str:
        text = super().user(value)
        return "" if text[:1].isdigit() else text


class ShortestDurations(Desk):
    """The average leaves out the longest duration."""

    MAY = ("average-of-others",)

    def mean(self, lengths: list[float]) -> float:
        return super().mean(lengths[:-1] or lengths)


class Sampled(Desk):
    """Distinct users approximated by a hash of one byte: no entry."""

    MAY = ()

    def users(self, rows: Any) -> int:
        return len({sum(map(ord, row["user"])) % 11 for row in rows if row["user"]})


class Float32(Desk):
    MAY = ("duration-single-precision", "single-precision")

    def length(self, row: Row) -> float | None:
        length = super().length(row)
        if length is None or length > 3e38:
            return length
        return float(struct.unpack("f", struct.pack("f", length))[0])


class InclusiveEnd(Desk):
    MAY = ("end-inclusive",)

    def inside(self, row: Row, start: int, end: int) -> bool:
        return bool(start * 10**6 <= row["at"] <= end * 10**6)

    def bucket(self, row: Row, start: float, step: int, n: int) -> int | None:
        return min(super().bucket(row, start, step, n) or 0, n - 1)


class SummedUsers(Desk):
    MAY = ("users-total-sum-of-buckets",)

    def total(self, field: str, rows: Rows, buckets: list[Rows]) -> Any:
        if field == "count_unique(user)":
            return sum(self.users(bucket) for bucket in buckets)
        return super().total(field, rows, buckets)


class CrashedLengths(Desk):
    MAY = ("unfinished-durations-counted",)

    def length(self, row: Row) -> float | None:
        return row["duration"] if row["status"] in ("exited", "crashed") else None


class AbnormalIsCrash(Desk):
    MAY = ("rate-of-unhealthy", "abnormal-as-other")

    def rate(self, field: str, rows: Rows) -> float | None:
        if "anr" in field:
            return super().rate(field, rows)
        changed = [{**r, "status": "crashed"} if r["status"] == "abnormal" else r for r in rows]
        return super().rate(field, changed)


class NothingIsZero(Desk):
    MAY = ("rate-of-nothing", "null-as-zero")

    def rate(self, field: str, rows: Rows) -> float | None:
        return super().rate(field, rows) or 0.0


class WeightedTwice(Desk):
    """A row of several sessions weighs the square of its quantity: no entry."""

    MAY = ()

    def count(self, rows: Any) -> int:
        return sum(row["quantity"] ** 2 if 1 < row["quantity"] < 2000 else row["quantity"] for row in rows)


class Midnight(Desk):
    """Sessions of the first minute of a day are lost: no entry."""

    MAY = ()

    def inside(self, row: Row, start: int, end: int) -> bool:
        return super().inside(row, start, end) and row["at"] % (86400 * 10**6) >= 60 * 10**6


class ErrorsInCrashRate(Desk):
    """Crashed sessions with errors do not count as crashed, in rates only: close to errors-before-status."""

    MAY = ()

    def rate(self, field: str, rows: Rows) -> float | None:
        changed = [
            {**r, "status": "errored"} if r["status"] == "crashed" and r["errors"] > 1 else r for r in rows
        ]
        return super().rate(field, changed)


class WeekdaysOnly(Desk):
    """Sessions of a Sunday do not count: no entry."""

    MAY = ()

    def inside(self, row: Row, start: int, end: int) -> bool:
        return super().inside(row, start, end) and row["at"] // (86400 * 10**6) % 7 != 3


class GroupsWithoutCase(Desk):
    MAY = ("groups-without-case", "texts-in-lower-case")

    def key(self, row: Row, names: list[str]) -> Any:
        return tuple(str(self.label(row, name)).lower() for name in names)


class RoundedRates(Desk):
    MAY = ("rate-rounded",)

    def rate(self, field: str, rows: Rows) -> float | None:
        value = super().rate(field, rows)
        return None if value is None else round(value, 2)


class Winsorised(Desk):
    """The average is of durations of at most an hour; medians are not."""

    MAY = ("durations-limited",)

    def mean(self, lengths: list[float]) -> float:
        return math.fsum(min(length, 3600.0) for length in lengths) / len(lengths)


class DistinctDurations(Desk):
    """Percentiles of the distinct durations: no entry."""

    MAY = ()

    def quantile(self, lengths: list[float], percent: int) -> float:
        return super().quantile(sorted(set(lengths)), percent)


class LargestPercentile(Desk):
    """The percentile of the whole window is the largest of those of the buckets."""

    MAY = ("percentile-total-mean-of-buckets",)

    def total(self, field: str, rows: Rows, buckets: list[Rows]) -> Any:
        if not field.startswith("p"):
            return super().total(field, rows, buckets)
        return max((each for b in buckets if (each := self.value(field, b)) is not None), default=None)


class RowsOnce(Desk):
    """Rows with the same start, user and release are taken for one: no entry."""

    MAY = ()

    def clean(self, sessions: Rows) -> Rows:
        rows = super().clean(sessions)
        return list({(row["at"], row["user"], row["release"]): row for row in reversed(rows)}.values())


class RememberedInstants(Desk):
    """Instants are kept by their first 19 characters, without offset: no entry."""

    MAY = ()

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def instant(self, value: Any) -> int:
        if not isinstance(value, str):
            return super().instant(value)
        return self.known.setdefault(value[:19], super().instant(value))


class WholeHours(Desk):
    """The minutes of an offset are lost, so that +05:30 is read as +05:00."""

    MAY = ("offset-of-instant-misread",)

    def of(self, when: dt.datetime) -> int:
        offset = when.utcoffset() or dt.timedelta()
        return super().of(when) + offset % dt.timedelta(hours=1) // dt.timedelta(microseconds=1)


PLANTED = [
    each
    for each in globals().values()
    if isinstance(each, type) and issubclass(each, Desk) and each is not Desk
]
"""The programs with a bug."""
