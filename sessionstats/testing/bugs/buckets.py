"""Which bucket a session falls into (§3.5)."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from sessionstats.instants import EPOCH, MICROSECOND, SECOND, parse_iso
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Row
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.findings import SERIES, TOTALS, Path

_FINER: Final = re.compile(r"(\.\d{6})(\d+)")


def _moved(evidence: Evidence, move: Callable[[int], int | None]) -> Iterator[Flat]:
    """The answer if sessions began at other instants; at `None` they are left out."""

    def change(session: Row) -> Row:
        instant = (datetime.fromisoformat(session["started"]) - EPOCH) // MICROSECOND
        moved = move(instant)
        if moved is None:
            return {**session, "quantity": 0}
        return session if moved == instant else {**session, "started": _text(moved)}

    yield from evidence.with_sessions(change)


def _text(instant: int) -> str:
    return (EPOCH + timedelta(microseconds=max(0, instant))).astimezone(UTC).isoformat()


@diagnosis("end-inclusive", "3.5", "A session at the very end of the window counts")
def end_inclusive(evidence: Evidence) -> Iterator[Flat]:
    """The window is half-open: a session that starts at its end belongs to the next one."""
    end = evidence.query.window.end
    moved = list(_moved(evidence, lambda instant: instant - 1 if instant == end else instant))
    yield from moved
    for flat in moved:  # counted in the totals, but in no bucket
        yield {
            path: evidence.flat.get(path, value) if _in_series(path) else value
            for path, value in flat.items()
        }


def _in_series(path: Path) -> bool:
    return path.field is not None and path.place not in (SERIES, TOTALS)


@diagnosis("start-exclusive", "3.5", "A session at the very start of the window does not count")
def start_exclusive(evidence: Evidence) -> Iterator[Flat]:
    """The window is half-open: a session that starts with it belongs to it."""
    start = evidence.query.window.start
    yield from _moved(evidence, lambda instant: None if instant == start else instant)


@diagnosis("after-now-dropped", "3.5", "Sessions after the instant of the request do not count")
def after_now(evidence: Evidence) -> Iterator[Flat]:
    """The window ends on a whole interval, often after now; what begins before its end belongs to it."""
    now = parse_iso(evidence.case["now"])
    assert now is not None
    yield from _moved(evidence, lambda instant: None if instant > now else instant)
    yield from _moved(evidence, lambda instant: None if instant >= now else instant)


@diagnosis("edge-in-earlier-bucket", "3.5", "A session on the edge of two buckets falls into the earlier")
def edge_earlier(evidence: Evidence) -> Iterator[Flat]:
    """A bucket holds its first instant, and not the first of the next."""
    window = evidence.query.window

    def move(instant: int, *, also_start: bool) -> int:
        on_edge = (instant - window.start) % window.interval == 0
        return instant - 1 if on_edge and (also_start or instant > window.start) else instant

    yield from _moved(evidence, partial(move, also_start=False))
    yield from _moved(evidence, partial(move, also_start=True))


@diagnosis("instants-rounded", "1.1", "Instants are rounded instead of cut off")
def rounded(evidence: Evidence) -> Iterator[Flat]:
    """What is finer than a microsecond is cut off; rounding up moves a session into the next bucket."""
    for unit in (SECOND, SECOND // 1000):
        yield from _moved(evidence, partial(_to_nearest, unit))
    rows = [{**row, "started": _up(row["started"])} for row in evidence.rows]
    yield from evidence.with_rows(rows)


def _to_nearest(unit: int, instant: int) -> int:
    return (instant + unit // 2) // unit * unit


def _up(started: Any) -> Any:
    """An instant whose digits beyond the microsecond are rounded, as epoch seconds or text."""
    match = _FINER.search(started) if isinstance(started, str) else None
    if match is None or match[2][0] < "5":
        return started
    moment = datetime.fromisoformat(_FINER.sub(r"\1", started))
    return (moment + MICROSECOND).isoformat()


@diagnosis("shifted-by-one-bucket", "3.5", "Series are shifted by one bucket")
def shifted(evidence: Evidence) -> Iterator[Flat]:
    """The first value of a series is that of the first interval."""
    for by in (1, -1):
        for around in (False, True):
            flat = dict(evidence.flat)
            for (group, field), series in evidence.series.items():
                places = [Path(group, field, start) for start in evidence.intervals]
                if places and places[0] in flat:
                    flat |= zip(places, _shifted(series, by, around=around), strict=True)
            yield flat


def _shifted(series: list[Any], by: int, *, around: bool) -> list[Any]:
    empty = 0 if isinstance(series[0], int) else None
    if by > 0:
        return [series[-1] if around else empty, *series[:-1]]
    return [*series[1:], series[0] if around else empty]


@diagnosis("intervals-name-their-ends", "8", "Intervals are named by their ends")
def named_by_ends(evidence: Evidence) -> Iterator[Flat]:
    """An interval is named by its start."""
    intervals = Path(None, None, "intervals")
    yield {**evidence.flat, intervals: [*evidence.intervals[1:], evidence.flat[Path(None, None, "end")]]}


@diagnosis("series-reversed", "8", "Series run backwards")
def backwards(evidence: Evidence) -> Iterator[Flat]:
    """The earliest interval stands first."""
    flat = dict(evidence.flat)
    for (group, field), series in evidence.series.items():
        places = [Path(group, field, start) for start in evidence.intervals]
        if places and places[0] in flat:
            flat |= zip(places, reversed(series), strict=True)
    yield flat
    intervals = Path(None, None, "intervals")
    yield {**flat, intervals: evidence.intervals[::-1]}


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    after_now,
    rounded,
    end_inclusive,
    start_exclusive,
    edge_earlier,
    named_by_ends,
    shifted,
    backwards,
)
"""Of this family, the most specific first."""
