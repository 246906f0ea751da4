"""When a case takes place: the instant of the request, its window, and the instants that matter to it (§3).

1. A frame has few intervals, so that sessions meet in a bucket.
2. Start and end are a multiple of the interval, a microsecond or a second off one, or in between. With an
   interval that is not whole hours, the range may be six hours long, or start 30 days ago, or be a little
   off (§3.8).
3. The window is written in every way that §3.3 allows.
4. The instants of sessions are chosen around *anchors*: edges of buckets and window, start and end as given,
   and the instant of the request. The anchors are worked out here in plain integers; they steer what is
   generated, and say nothing about what is right.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.claims import Claims

BYTES: Final = 18
"""Bytes that choose a frame."""

SECOND: Final = 1_000_000
"""Microseconds: instants are counted in them since 1970, and lengths of time too."""

HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR

NOWS: Final = (
    "2024-01-29T12:27:28.303Z",
    "2024-01-29T12:00:00Z",
    "2024-03-01T00:00:00Z",
    "2024-03-31T23:59:59.999999Z",
    "2024-11-04T05:30:00Z",
    "2018-12-11T03:21:00Z",
    "2024-12-31T23:59:59Z",
    "1972-03-01T00:00:00.000001Z",
    "1970-01-02T03:04:05.678901Z",
    "2038-01-20T00:00:00Z",
    "2038-01-19T03:14:08Z",
    "2040-02-29T12:00:00Z",
    "2106-02-07T06:28:16.5Z",
    "2200-01-01T00:00:00Z",
)
"""Instants of requests: usual, on an edge, around leap days and years, just after changes of summer time,
near 1970 with windows that begin before it, and where seconds no longer fit into 31 and 32 bits."""

HOURLY: Final = ("1d", "1h", "6h", "12h", "", "1h", "1d", "3h", "7200", "1440m", "nonsense")
"""Intervals of an hour or more; ``""`` and a text that is not a period mean an hour (§3.2)."""

FINE: Final = ("1m", "10s", "30m", "15m", "90s", "120", "90m", "15m")
"""Intervals that are not whole hours, for editions with a smaller minimum."""

RESTRICTED: Final = (6 * HOUR, 30 * DAY)
"""The longest range with these, and how long ago it may start (§3.8)."""

LENGTHS: Final = (1, 2, 3, 2, 1, 4, 5, 7, 3, 2, 13, 24, 14, 7)
"""Numbers of intervals, before rounding."""

LONG: Final = 480
"""Now and then there are so many that the default cap is 20 groups (§7.4)."""

BESIDE: Final = (0, 0, 1, -1, SECOND, -SECOND, 1_700_000_000, 500_000)
"""How far start and end are from a multiple of the interval."""

OFFSETS: Final = (("-08:00", -480), ("+05:30", 330), ("-03:30", -210), ("+12:45", 765), ("+14:00", 840))
"""Offsets of local time, and their minutes."""

UNITS: Final = (("w", 7 * DAY), ("d", DAY), ("h", HOUR), ("m", 60 * SECOND))
"""Letters of periods and their lengths (§3.1); seconds need none."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Frame:
    """The window of a request, and the instants around which its sessions begin.

    Parameters
    ----------
    now : str
        The instant of the request.
    params : dict
        Interval and dates.
    step : int
        The interval, in microseconds.
    n_intervals : int
        How many of them the rounded window has (§3.5).
    anchors : tuple of int
        Instants that matter, in microseconds; the first is the first edge of the window.
    """

    now: str
    params: dict[str, Any]
    step: int
    n_intervals: int
    anchors: tuple[int, ...]


def frame(choices: Choices, claims: Claims) -> Frame:
    """Choose the window of a request.

    Parameters
    ----------
    choices : Choices
    claims : Claims
        ``limits`` allows intervals under an hour.

    Examples
    --------
    >>> frame(Choices(b""), Claims()).params
    {'interval': '1d', 'statsPeriod': '86400'}
    """
    now = choices.pick(NOWS)
    interval = choices.pick(FINE if claims.limits and choices.one_in(5) else HOURLY)
    step = length_of(interval)
    length = choices.pick(LENGTHS)
    if choices.one_in(80):
        length = LONG
    params: dict[str, Any] = {} if interval == "" and choices.one_in(2) else {"interval": interval}
    dates, start, end = _dates(choices, microseconds(now), step, length)
    params.update(dates)
    first, last = start // step * step, -(-end // step) * step
    n_intervals = max(1, (last - first) // step)
    inner = [first + step * index for index in range(min(n_intervals, 5))]
    anchors = (first, *inner, first, *inner[:2], last - step, last, start, end, microseconds(now))
    return Frame(now, params, step, n_intervals, anchors)


def _dates(choices: Choices, now: int, step: int, length: int) -> tuple[dict[str, Any], int, int]:
    """Parameters for the dates, and the start and end that they mean."""
    if step % HOUR and choices.one_in(2):
        return _restricted(choices, now, step, length)
    way = choices.pick(("period", "range", "range", "period", "periods", "default", "future"))
    if way == "default" and step == DAY and choices.one_in(6):
        return {}, now - 90 * step, now
    if way == "periods":
        later = choices.pick((0, 1, 2)) * step
        earlier = later + length * step
        dates = {"statsPeriodStart": period(choices, earlier), "statsPeriodEnd": period(choices, later)}
        dates |= _losing(choices, now)
        return dates, now - earlier, now - later
    if way in ("range", "future"):
        return _range(choices, now, step, length, future=way == "future")
    whole = max(SECOND, length * step + choices.pick((0, 0, SECOND, -SECOND, HOUR // 2)))
    dates = {"statsPeriod": period(choices, whole), **_losing(choices, now)}
    return dates, now - whole, now


def _restricted(choices: Choices, now: int, step: int, length: int) -> tuple[dict[str, Any], int, int]:
    """A range on one of the edges of §3.8, or off by a second or an interval."""
    longest, oldest = RESTRICTED
    beside = choices.pick((0, SECOND, -SECOND, step, -step))
    old = choices.one_in(2) or step < HOUR // 4  # short intervals would be too many in six hours
    whole = length * step if old else longest + beside
    later = oldest + beside - whole if old else choices.pick((0, HOUR, 12_345 * SECOND))
    start, end = now - (later + whole), now - later
    if choices.one_in(3):
        return {"start": instant(choices, start), "end": instant(choices, end)}, start, end
    dates = {"statsPeriodStart": period(choices, later + whole), "statsPeriodEnd": period(choices, later)}
    return dates, start, end


def _losing(choices: Choices, now: int) -> dict[str, Any]:
    """In one case out of six, ``start`` and ``end`` of another window, which do not count (§3.3)."""
    if not choices.one_in(6):
        return {}
    return {"start": iso(now - 20 * HOUR), "end": iso(now - 2 * HOUR)}


def _range(
    choices: Choices, now: int, step: int, length: int, *, future: bool
) -> tuple[dict[str, Any], int, int]:
    """``start`` and ``end``; a window in the future starts now (§3.4)."""
    base = now // step * step
    end = base - choices.pick((0, 0, 1, -1)) * step + choices.pick(BESIDE)
    start = end // step * step - length * step + choices.pick(BESIDE)
    if future:
        start, end = now + SECOND, now + length * step
    if end <= start:
        end = start + step
    dates = {"start": instant(choices, start), "end": instant(choices, end)}
    return dates, min(start, now), end


def microseconds(text: str) -> int:
    """Microseconds since 1970 of an instant with an offset."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def iso(instant: int) -> str:
    """ISO text of an instant, without offset."""
    return (_EPOCH + timedelta(microseconds=instant)).replace(tzinfo=None).isoformat()


def abroad(instant: int) -> str:
    """The same instant as local time with an offset."""
    offset, minutes = OFFSETS[instant // SECOND % len(OFFSETS)]
    return iso(instant + minutes * 60 * SECOND) + offset


def instant(choices: Choices, at: int) -> str:
    """An instant in one of the ways that parameters may be written in (§3.3)."""
    way = choices.below(7)
    text = iso(at)
    if way == 1:
        return text
    if way == 2 and at % 500_000 == 0:
        return f"{at / SECOND:.1f}" if at % SECOND else str(at // SECOND)
    if way in (3, 6) and at % DAY == 0:
        return text[:10]
    if way == 4:
        return abroad(at)
    if way == 5 and "." in text:
        return text + "999Z"
    return text + "Z"


def period(choices: Choices, length: int) -> str:
    """A length of time, in whole seconds, in one of the ways it may be written in (§3.1)."""
    fitting = [unit for unit in UNITS if length % unit[1] == 0]
    unit, size = fitting[0] if fitting and choices.one_in(2) else choices.pick(UNITS)
    if length % size == 0:
        return f"{length // size}{unit}"
    return f"{length // SECOND}{'s' if choices.one_in(2) else ''}"


def length_of(text: str) -> int:
    """The length of an interval; a text that is not a period means an hour (§3.2)."""
    if not text[:1].isdigit():
        return HOUR
    sizes = {"s": SECOND, **dict(UNITS)}
    return int(text[:-1]) * sizes[text[-1]] if text[-1] in sizes else int(text) * SECOND
