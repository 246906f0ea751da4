"""Bad rows: all reported together, or left out on request (§1.4).

1. The report has the first `SHOWN` bad rows with location, value and reason, and how many there are for
   each reason. Reading stops after `ENOUGH` of them, unless they are to be left out.
2. Leaving them out is never the default; `ReadReport` then says how many there were, and which.
3. It also says which columns were left out, and whether durations look like milliseconds (§1.5).
"""

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sessionstats.errors import DataError
from sessionstats.io.names import Names
from sessionstats.sessions import Sessions

SHOWN: Final = 20
"""Bad rows that are shown one by one."""

ENOUGH: Final = 10_000
"""Bad rows after which reading stops: by then the whole data is wrong."""

DAY: Final = 86_400.0
"""Seconds in a day: a larger median duration is usually in milliseconds."""


@dataclass
class ReadReport:
    r"""What there is to say about data that has been read.

    Attributes
    ----------
    rows : int
        Number of rows.
    bad_rows : int
        Number of bad rows.
    first : list of DataError
        The first of these.
    reasons : Counter of (column, reason)
        Number of bad rows for each reason.
    left_out : list of str
        Names of columns that are not ours (§1.5).
    unread : list of str
        Names of columns that are ours, but were not needed.
    items_left_out : mutable mapping of str to int
        Number of items in envelopes of each type that does not hold sessions.

    Examples
    --------
    >>> from sessionstats import from_records
    >>> report, row = ReadReport(), {"started": 0, "project_id": 1, "status": "ok"}
    >>> len(from_records([row, row | {"errors": -1}], errors="skip", report=report))
    1
    >>> print(*report.lines(), sep="\n")
    column 'errors', row 1: negative count: -1
    1 bad row: 1 × column 'errors': negative count
    """

    rows: int = 0
    bad_rows: int = 0
    first: list[DataError] = field(default_factory=list)
    reasons: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    items_left_out: MutableMapping[str, int] = field(default_factory=dict)
    durations: int = 0
    long_durations: int = 0

    def add(self, error: DataError) -> None:
        """Note a bad row."""
        self.bad_rows += 1
        self.reasons[error.column, error.reason] += 1
        if len(self.first) < SHOWN:
            self.first.append(error)

    def note(self, sessions: Sessions) -> None:
        """Note valid rows."""
        if sessions.duration.strides != (0,):
            self.durations += int(np.count_nonzero(sessions.duration >= 0))
            self.long_durations += int(np.count_nonzero(sessions.duration > DAY))

    def note_names(self, names: Names) -> None:
        """Note columns that are not read, each once."""
        for noted, found in ((self.left_out, names.left_out), (self.unread, names.unread)):
            noted += [name for name in dict.fromkeys(found) if name not in noted]

    @property
    def looks_like_milliseconds(self) -> bool:
        """Whether the median duration is longer than a day."""
        return 2 * self.long_durations > self.durations

    def lines(self) -> list[str]:
        """The first bad rows, and how many there are for each reason; empty if there are none."""
        if not self.bad_rows:
            return []
        counts = [
            f"{count:,} × {'' if column is None else f'column {column!r}: '}{reason}"
            for (column, reason), count in self.reasons.most_common()
        ]
        total = f"{self.bad_rows:,} bad row{'' if self.bad_rows == 1 else 's'}"
        return [*map(str, self.first), f"{total}: {', '.join(counts)}"]


class BadRowsError(DataError):
    """Several rows break §1.4; location and value are those of the first.

    Attributes
    ----------
    report : ReadReport
    """

    def __init__(self, report: ReadReport, *, stopped: bool) -> None:
        first = report.first[0]
        super().__init__(first.problem, column=first.column, row=first.row, value=first.value)
        self.file, self.line, self.payload = first.file, first.line, first.payload
        self.report = report
        self.stopped = stopped

    def __reduce__(self) -> tuple[object, ...]:
        return (_again, (self.report, self.stopped), vars(self))

    @property
    def lines(self) -> list[str]:
        """The detail, line by line."""
        more = ["so many that the rest was not read"] if self.stopped else []
        return [*self.report.lines(), *more]

    @property
    def detail(self) -> str:
        """The first bad rows, one per line, and how many there are for each reason."""
        return "\n".join(self.lines)


def _again(report: ReadReport, stopped: bool) -> BadRowsError:
    return BadRowsError(report, stopped=stopped)
