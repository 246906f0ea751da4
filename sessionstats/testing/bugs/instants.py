"""Instants: when a session began, and the dates of a request (§1.1, §3.3)."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from sessionstats.testing.bugs.bug import Bug, Case, Variant, altered, bug, defined
from sessionstats.testing.model import instants, rows
from sessionstats.testing.model.instants import SECOND

OFFSET: Final = re.compile(r"([Tt ]\S*)(Z|z|[+-]\d\d:?\d\d(?::\d\d)?)$")
"""The offset at the end of an instant."""

FRACTION: Final = re.compile(r"(?<=:\d\d)[.,](\d+)")
"""The fraction of an instant."""

DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
"""How a date begins."""

ZONES: Final = ("America/St_Johns", "America/New_York", "America/Los_Angeles", "Europe/Berlin",
                "Europe/London", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney")  # fmt: skip
"""Time zones that machines are set to; the first is that of `sessionstats check`."""

LARGEST: Final = 2**31 - 1
"""The last second of 32 bits with a sign: 2038-01-19T03:14:07Z."""


def instants_as(change: Callable[[int], int], detail: str = "") -> tuple[Variant, ...]:
    """Variants with other instants: of sessions only, also of the request's dates, also of its now."""

    def of(read: Callable[[Any], int | None]) -> Callable[[Any], int | None]:
        def changed(value: Any) -> int | None:
            instant = read(value)
            return None if instant is None else change(instant)

        return changed

    both = {"instant": of(rows.instant), "date": of(instants.from_parameter)}

    def alter(case: Case) -> Case:
        now = instants.from_iso(case["now"]) if isinstance(case["now"], str) else None
        return case if now is None else {**case, "now": iso(max(change(now), 0))}

    dates = defined(f"{detail}, of dates too".removeprefix(", "), **both)
    whole = replace(dates, detail=f"{detail}, of dates and now too".removeprefix(", "), alter=alter)
    return defined(detail, instant=both["instant"]), dates, whole


def iso(at: int) -> str:
    """An instant as text, to the microsecond."""
    return f"{instants.to_text(at)[:-1]}.{at % SECOND:06}Z"


def texts_as(change: Callable[[str], str], detail: str = "") -> tuple[Variant, Variant, Variant]:
    """Variants that read the text of instants differently: of sessions, of dates, or of both."""

    def of_row(value: Any) -> int | None:
        return rows.instant(change(value) if isinstance(value, str) else value)

    def of_date(text: str) -> int | None:
        return instants.from_parameter(change(text))

    return (
        defined(f"{detail} of sessions".strip(), instant=of_row),
        defined(f"{detail} of start and end".strip(), date=of_date),
        defined(detail, instant=of_row, date=of_date),
    )


def without_offset(text: str) -> str:
    """An instant without its offset."""
    return OFFSET.sub(r"\1", text)


def offset_as(change: Callable[[int, int, int], tuple[int, int]]) -> Callable[[str], str]:
    """Reads the sign, hours and minutes of an offset differently."""

    def read(text: str) -> str:
        match = OFFSET.search(text)
        if match is None or match[2] in "Zz":
            return text
        digits = match[2].replace(":", "")
        hours, minutes = change(-1 if digits[0] == "-" else 1, int(digits[1:3]), int(digits[3:5]))
        total = hours * 60 + minutes
        return (
            f"{text[: match.start(2)]}{'-' if total < 0 else '+'}{abs(total) // 60:02}:{abs(total) % 60:02}"
        )

    return read


def fraction_in(unit: int) -> Callable[[str], str]:
    """Reads the digits of a fraction as a number of some microseconds each, which may make whole seconds."""

    def read(text: str) -> str:
        match = FRACTION.search(text)
        at = instants.from_iso(FRACTION.sub("", text)) if match else None
        return text if match is None or at is None else iso(at + int(match[1]) * unit)

    return read


def without_offsets_of_releases(case: Case) -> Case:
    """A case whose releases were added at instants without offset."""
    releases = case.get("releases")
    if not isinstance(releases, list):
        return case
    return {**case, "releases": [_without_offset(release) for release in releases]}


def _without_offset(release: Any) -> Any:
    added = release.get("date_added") if isinstance(release, dict) else None
    return {**release, "date_added": without_offset(added)} if isinstance(added, str) else release


def local(zone: tzinfo) -> Callable[[str], str]:
    """Reads an instant without an offset as local time of a zone."""

    def read(text: str) -> str:
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None or not 2 <= moment.year <= 9998:
                return text
            return moment.replace(tzinfo=zone).astimezone(UTC).isoformat()
        except ValueError:
            return text

    return read


def fixed_zones() -> list[tzinfo]:
    """Zones of whole and half hours."""
    return [timezone(timedelta(minutes=30 * half)) for half in range(-24, 29) if half]


def named_zones() -> list[tzinfo]:
    """Zones with summer time, as far as the machine knows them."""
    known = available_timezones()
    return [ZoneInfo(name) for name in ZONES if name in known]


def zoned(case: Case) -> Iterable[Variant]:
    """Variants for a case with an instant that has no offset."""
    texts = [row.get("started") for row in case["sessions"] if isinstance(row, dict)]
    if isinstance(case["params"], dict):
        texts += [case["params"].get("start"), case["params"].get("end")]
    dates = [text for text in texts if isinstance(text, str) and (":" in text or DATE.match(text))]
    naive = [text for text in dates if not OFFSET.search(text)]
    for zone in (*named_zones(), *fixed_zones()) if naive else ():
        yield from texts_as(local(zone), f"as instants of {zone}")
        if not all(":" in text for text in naive):
            for alone, detail in ((True, "dates alone"), (False, "all but dates alone")):
                yield from texts_as(_of_some(local(zone), alone), f"as instants of {zone}, {detail}")


def _of_some(read: Callable[[str], str], alone: bool) -> Callable[[str], str]:
    """Reads only dates alone, or only instants with a time, differently."""
    return lambda text: read(text) if (":" not in text) == alone else text


def timestamp_of_milliseconds(text: str) -> int | None:
    """A date of a request, a number being milliseconds."""
    right = instants.from_parameter(text)
    return right if right is None or instants.from_iso(text) is not None else right // 1000


def single(instant: int) -> int:
    """Seconds in single precision."""
    seconds: float = struct.unpack("f", struct.pack("f", instant / SECOND))[0]
    return int(seconds * SECOND)


def wrapped(instant: int) -> int:
    """Seconds that overflow 32 bits."""
    return ((instant // SECOND + 2**31) % 2**32 - 2**31) * SECOND + instant % SECOND


def clamped(instant: int) -> int:
    """Seconds that stop at the end of 32 bits."""
    return min(instant, LARGEST * SECOND)


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "instants-in-milliseconds", "1.1", "Instants are truncated to milliseconds",
        "Instants are in microseconds: one microsecond after midnight is not midnight.",
        *instants_as(lambda at: at // 1000 * 1000),
    ),
    bug(
        "instants-in-seconds", "1.1", "Instants are truncated to seconds or minutes",
        "Instants are in microseconds: half a second after midnight is not midnight.",
        *instants_as(lambda at: at // SECOND * SECOND, "to seconds"),
        *instants_as(lambda at: at // (60 * SECOND) * 60 * SECOND, "to minutes"),
    ),
    bug(
        "instants-rounded", "1.1", "Instants are rounded instead of truncated",
        "Anything finer than a microsecond is cut off; rounding up can move a session into the next bucket.",
        *instants_as(lambda at: (at + SECOND // 2) // SECOND * SECOND, "to the nearest second"),
        *instants_as(lambda at: (at + 500) // 1000 * 1000, "to the nearest millisecond"),
        *instants_as(lambda at: -(-at // SECOND) * SECOND, "up to whole seconds"),
        *texts_as(lambda text: re.sub(r"(\.\d{5})(\d)9(?=\D|$)", _next_digit, text),
            "to the nearest microsecond"),
    ),
    bug(
        "instants-in-single-precision", "1.1", "Instants have passed through single precision",
        "A binary32 has 24 bits of precision: seconds since 1970 are off by up to a minute.",
        *instants_as(single),
    ),
    bug(
        "instants-in-32-bits", "1.1", "Seconds since 1970 overflow 32 bits",
        "Instants reach to the year 2262: 2038 is not the end.",
        *instants_as(wrapped, "and wrap around to 1901"),
        *instants_as(clamped, "and stop at 2038-01-19"),
        *instants_as(lambda at: at % (2**32 * SECOND), "without a sign"),
    ),
    bug(
        "offset-ignored", "3.3", "The offset of an instant is ignored",
        "An offset is part of the instant: the same digits in UTC are a different one.",
        *texts_as(without_offset), altered("of release metadata", without_offsets_of_releases),
        reports=["BasedHardware/omi#13528"],
    ),
    bug(
        "offset-of-instant-misread", "3.3", "The offset of an instant is misread",
        "The local time is the offset ahead of UTC: hours and minutes have the same sign.",
        *texts_as(offset_as(lambda sign, hours, minutes: (sign * hours, 0)), "without its minutes"),
        *texts_as(offset_as(lambda sign, hours, minutes: (-sign * hours, -sign * minutes)), "reversed"),
        *texts_as(offset_as(lambda sign, hours, minutes: (sign * hours, minutes)), "with positive minutes"),
    ),
    bug(
        "fraction-misread", "1.1", "The fraction of a second is misread",
        "The digits after the point are tenths, hundredths and so on: .5 is half a second.",
        *texts_as(fraction_in(1), "as microseconds"), *texts_as(fraction_in(1000), "as milliseconds"),
    ),
    bug(
        "local-instants", "3.3", "Instants without an offset are read in a local time zone",
        "An instant without an offset is UTC, wherever the machine is.",
        family=zoned,
    ),
    bug(
        "numbers-as-milliseconds", "1.1", "Numeric instants are read as milliseconds",
        "A number is seconds since 1970.",
        defined(instant=lambda value: rows.instant(value if isinstance(value, str) else value / 1000)),
        defined("in start and end", date=timestamp_of_milliseconds),
        defined("in start and end as well", date=timestamp_of_milliseconds,
                instant=lambda value: rows.instant(value if isinstance(value, str) else value / 1000)),
    ),
)  # fmt: skip
"""The bugs of this family."""


def _next_digit(match: re.Match[str]) -> str:
    """A fraction of seven digits that ends in 9, to the nearest of six."""
    return f"{float(match[0]) + 1e-7:.6f}"[1:]
