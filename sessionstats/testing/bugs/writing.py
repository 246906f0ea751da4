"""Values written wrongly (§6.6, §8)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Final

from sessionstats.testing.bugs.bug import (
    Answer,
    Bug,
    Case,
    Variant,
    bug,
    retouched,
    values_as,
    with_groups,
    with_params,
)
from sessionstats.testing.bugs.instants import named_zones
from sessionstats.testing.model import instants
from sessionstats.testing.model.instants import SECOND
from sessionstats.testing.model.parameters import COUNTS

SIGN: Final = 2**31
"""The first number beyond 32 bits with a sign."""


def of_counts(change: Callable[[Any], Any], detail: str = "") -> Variant:
    """A variant that writes counts differently."""
    return values_as(lambda name, value: change(value) if name in COUNTS else value, detail)


def of_others(change: Callable[[Any], Any], detail: str = "") -> Variant:
    """A variant that writes rates and durations differently."""
    return values_as(lambda name, value: value if name in COUNTS else change(value), detail)


def single(value: Any) -> Any:
    """A float in single precision."""
    if not isinstance(value, float):
        return value
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return None


def single_count(value: int) -> int:
    """A count in single precision."""
    return int(struct.unpack("f", struct.pack("f", value))[0])


def series_as(change: Callable[[list[Any]], list[Any]], detail: str = "") -> Variant:
    """A variant with other series."""

    def retouch(case: Case, answer: Answer) -> Answer:
        return with_groups(answer, [_with_series(group, change) for group in answer["body"]["groups"]])

    return retouched(detail, retouch)


def _with_series(group: Mapping[str, Any], change: Callable[[list[Any]], list[Any]]) -> dict[str, Any]:
    if "series" not in group:
        return dict(group)
    return {**group, "series": {name: change(values) for name, values in group["series"].items()}}


def body_as(change: Callable[[dict[str, Any]], dict[str, Any]], detail: str) -> Variant:
    """A variant with other parts of the body."""
    return retouched(detail, lambda case, answer: {**answer, "body": answer["body"] | change(answer["body"])})


def instants_written(change: Callable[[str], str], detail: str) -> Variant:
    """A variant that writes the instants of the answer differently."""

    def changed(body: dict[str, Any]) -> dict[str, Any]:
        ends = {name: change(body[name]) for name in ("start", "end")}
        return {**ends, "intervals": [change(text) for text in body["intervals"]]}

    return body_as(changed, detail)


def moved(text: str, by: int) -> str:
    """An instant some microseconds later."""
    return instants.to_text((instants.from_iso(text) or 0) + by)


def shown_in(zone: tzinfo, text: str) -> str:
    """An instant as the clocks of a zone show it, as if it were UTC."""
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%dT%H:%M:%SZ}"


def named_by_ends(case: Case, answer: Answer) -> Answer:
    """Name every interval by its end."""
    body = answer["body"]
    return {**answer, "body": {**body, "intervals": [*body["intervals"][1:], body["end"]]}}


def zeros_left_out(case: Case, answer: Answer) -> Answer:
    """Leave out groups without any value."""
    return with_groups(
        answer, [group for group in answer["body"]["groups"] if any(group.get("totals", {1: 1}).values())]
    )


def _flags(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda params: {name: value for name, value in params.items() if name not in names}


def _flags_of(kind: type) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda params: {
        name: value
        for name, value in params.items()
        if name not in ("includeTotals", "includeSeries") or not isinstance(value, kind)
    }


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "nan-in-json", "6.3", "The answer contains NaN",
        "NaN and infinities are not JSON: a value that is not finite is null.",
        values_as(lambda name, value: math.nan if value is None else value),
        reports=["getsentry/snuba#1456"],
    ),
    bug(
        "counts-as-floats", "8", "Counts are floats",
        "Counts are integers: a count of three is 3, not 3.0.",
        of_counts(float),
    ),
    bug(
        "numbers-as-text", "8", "Numbers are written as text",
        "A number of the answer is a JSON number.",
        values_as(lambda name, value: None if value is None else str(value)),
        of_counts(str, "those of counts"),
    ),
    bug(
        "counts-through-floats", "6.1", "Counts pass through floats",
        "A binary64 holds integers up to 2**53 only, a binary32 up to 2**24; counts are exact.",
        of_counts(lambda value: int(float(value))), of_counts(single_count, "of single precision"),
    ),
    bug(
        "counts-overflow", "6.1", "Counts overflow 32 bits",
        "A count is an integer as large as the sum of the quantities.",
        of_counts(lambda value: value % 2**32, "and wrap around, without a sign"),
        of_counts(lambda value: (value + SIGN) % 2**32 - SIGN, "and wrap around, with a sign"),
        of_counts(lambda value: min(value, SIGN - 1), "and stop"),
    ),
    bug(
        "single-precision", "6", "Values have passed through single precision",
        "Everything is computed in binary64.",
        of_others(single),
        values_as(lambda name, value: single(value) if name.endswith("(session.duration)") else value,
            "durations"),
        values_as(lambda name, value: single(value) if "_rate(" in name else value, "rates"),
    ),
    bug(
        "empty-count-is-null", "6.6", "Counts without data are null",
        "Without data, a count is 0.",
        of_counts(lambda value: value or None),
        series_as(lambda values: [value or None for value in values] if _ints(values) else values,
            "in series"),
    ),
    bug(
        "null-as-zero", "6.6", "Null is written as 0",
        "Without data, everything but a count is null.",
        values_as(lambda name, value: 0 if value is None else value),
        series_as(lambda values: [0 if value is None else value for value in values], "in series"),
    ),
    bug(
        "zero-as-null", "6.6", "A rate or duration of 0 is written as null",
        "0 is a value: sessions without a crash have a crash rate of 0, which is not null.",
        of_others(lambda value: value or None),
    ),
    bug(
        "empty-buckets-left-out", "8", "Empty buckets are left out of the series",
        "A series has a value for every interval, in order, whether or not there were sessions.",
        series_as(lambda values: [value for value in values if value]),
        series_as(lambda values: [value for value in values if value is not None], "if they are null"),
    ),
    bug(
        "gaps-filled", "6.6", "Empty buckets repeat the previous bucket",
        "A bucket without sessions has counts of 0 and otherwise null, whatever came before it.",
        series_as(lambda values: _filled(values, lambda value: value is None)),
        series_as(lambda values: _filled(values, lambda value: not value), "zeros as well"),
    ),
    bug(
        "intervals-name-their-ends", "8", "Intervals are named by their ends",
        "An interval is named by its start.",
        retouched("", named_by_ends),
    ),
    bug(
        "intervals-listed-wrongly", "8", "There are more or fewer intervals than values in a series",
        "``intervals`` holds the start of every interval; the end of the window is none of them.",
        body_as(lambda body: {"intervals": [*body["intervals"], body["end"]]}, "the end as well"),
        body_as(lambda body: {"intervals": body["intervals"][:-1]}, "the last is missing"),
        body_as(lambda body: {"intervals": body["intervals"][1:]}, "the first is missing"),
        body_as(lambda body: {"intervals": body["intervals"][::-1]}, "the latest first"),
    ),
    bug(
        "end-of-last-second", "8", "The end of the answer is the last instant of the window",
        "``end`` is the first instant after the window.",
        body_as(lambda body: {"end": moved(body["end"], -SECOND)}, "a second before it"),
        body_as(lambda body: {"end": body["intervals"][-1] if body["intervals"] else body["end"]},
            "the start of the last interval"),
    ),
    bug(
        "instants-written-otherwise", "8", "Instants of the answer are written in another form",
        "``start``, ``end`` and ``intervals`` are UTC, to the second: ``2024-01-29T00:00:00Z``.",
        *(instants_written(change, detail) for change, detail in (
            (lambda text: text.replace("Z", ".000Z"), "with milliseconds"),
            (lambda text: text.replace("Z", ".000000Z"), "with microseconds"),
            (lambda text: text.replace("Z", "+00:00"), "with +00:00 instead of Z"),
            (lambda text: text.replace("Z", ""), "without the Z"),
            (lambda text: text.replace("T", " "), "with a space instead of the T"),
            (lambda text: text.replace("T", " ").replace("Z", ""), "with a space, and without the Z"),
            (lambda text: text[:10], "as dates"),
            (lambda text: f"{text[:11]}{int(text[11:13]) % 12 or 12:02}{text[13:]}", "with hours up to 12"),
            (lambda text: f"{text[:5]}{int(text[5:7]) - 1:02}{text[7:]}", "with months from 0"),
            (lambda text: f"{text[:14]}{text[5:7]}{text[16:]}", "with the month instead of the minutes"),
        )),
        *(instants_written(partial(shown_in, zone), f"as local time of {zone}") for zone in named_zones()),
    ),
    bug(
        "series-reversed", "8", "Series run backwards",
        "The earliest interval comes first.",
        series_as(lambda values: values[::-1]),
        retouched("with their intervals", lambda case, answer: _reversed(answer)),
    ),
    bug(
        "include-flag-ignored", "8", "Totals or series appear although they were switched off",
        "``includeTotals=0`` leaves the totals out, ``includeSeries=0`` the series.",
        with_params("both", _flags("includeTotals", "includeSeries")),
        with_params("totals", _flags("includeTotals")), with_params("series", _flags("includeSeries")),
        with_params("if the 0 is text", _flags_of(str)), with_params("if the 0 is not text", _flags_of(int)),
    ),
    bug(
        "empty-groups-dropped", "5", "Groups of zeros are left out",
        "A group with data for one field is shown, whatever the values of the others.",
        retouched("", zeros_left_out),
    ),
)  # fmt: skip
"""The bugs of this family."""


def _ints(values: list[Any]) -> bool:
    return all(isinstance(value, int) for value in values)


def _filled(values: list[Any], gap: Callable[[Any], bool]) -> list[Any]:
    filled: list[Any] = []
    for value in values:
        filled.append(filled[-1] if gap(value) and filled else value)
    return filled


def _reversed(answer: Answer) -> Answer:
    groups = [_with_series(group, lambda values: values[::-1]) for group in answer["body"]["groups"]]
    return with_groups(
        {**answer, "body": {**answer["body"], "intervals": answer["body"]["intervals"][::-1]}}, groups
    )
