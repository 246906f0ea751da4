"""From blocks of rows, as a source provides them, to checked updates: one loop for every source (§1.4, §1.5).

1. A source yields one `Block` at a time: how many rows, how to convert some of them, which lines they are on.
2. A block is converted as a whole. If that fails, it is converted from bad row to bad row: the rows before
   the one that the error names, that row alone, then about as many rows as there were since the last bad one.
   That finds each of them, in order, for about three conversions each, and costs nothing if there are none.
3. Errors name the file, the line or else the row in the whole data, and the column as the data calls it.
4. Bad rows are reported together at the end, or left out on request (`sessionstats.io.bad_rows`).
"""

import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.schema import COLUMNS
from sessionstats.errors import DataError
from sessionstats.folding import Updates
from sessionstats.health import STATUSES
from sessionstats.io.bad_rows import ENOUGH, BadRowsError, ReadReport
from sessionstats.io.names import Names, Naming
from sessionstats.sessions import Sessions, require_known_statuses

Progress: TypeAlias = Callable[[float], object]
"""A function called after each block with the share that has been read, from 0 to 1."""

Errors: TypeAlias = Literal["raise", "skip"]
"""What happens to bad rows."""

MILLISECONDS_A_SECOND: Final = 1000.0

LEAST: Final = 8
"""Rows that are converted after a bad row that follows another."""


def unreported(share: float) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class Reading:
    """How sessions are read, whatever the source.

    Parameters
    ----------
    naming : Naming
        How the caller maps the names of columns (§1.5).
    projects : mapping of str to int
        Ids of the projects that the data names by a text.
    statuses : collection of str
        The statuses of the edition, `Rules.statuses`.
    errors : "raise" or "skip"
        What happens to bad rows.
    report : ReadReport
    progress : function
    project_id : int, optional
        The project of envelopes that do not name one.
    texts : mapping of str to TextDictionary
        For each column of texts a dictionary, made when first used: a text has the same code in all blocks of
        all files.
    """

    naming: Naming = field(default_factory=Naming)
    projects: Mapping[str, int] = field(default_factory=dict)
    statuses: Collection[str] = STATUSES
    errors: Errors = "raise"
    report: ReadReport = field(default_factory=ReadReport)
    progress: Progress = unreported
    project_id: int | None = None
    texts: Mapping[str, TextDictionary] = field(default_factory=lambda: defaultdict(TextDictionary))

    @classmethod
    def of(
        cls,
        columns: Mapping[str, str | None] | None,
        projects: Mapping[str, int] | None,
        statuses: Collection[str],
        errors: Errors,
        report: ReadReport | None,
        unneeded: Collection[str] = (),
    ) -> "Reading":
        """From the options of a function that reads; `None` means not given."""
        if errors not in ("raise", "skip"):
            raise ValueError(f"errors: 'raise' or 'skip' is expected, not {errors!r}")
        return cls(Naming(columns or {}, unneeded), projects or {}, statuses, errors, report or ReadReport())

    def project_ids(self, values: Sequence[Any]) -> Sequence[Any]:
        """Values of ``project_id``, with texts replaced by the ids of the projects."""
        if not self.projects:
            return values
        return [self.projects.get(value, value) if isinstance(value, str) else value for value in values]


@dataclass(frozen=True)
class Block:
    """Rows as a source provides them.

    Parameters
    ----------
    n_rows : int
    convert : function of a slice
        The rows as checked updates; raises a `DataError` whose row counts from the start of the slice.
    names : Names
    lines : sequence of int, optional
        The line of the file on which each row begins.
    share : float
        Share of the source that has been read.
    """

    n_rows: int
    convert: Callable[[slice], Updates]
    names: Names
    lines: Sequence[int] | None = None
    share: float = 1.0


def checked_blocks(blocks: Iterable[Block], reading: Reading, file: str | None = None) -> Iterator[Updates]:
    """The updates of the blocks, checked and located.

    Parameters
    ----------
    blocks : iterable of Block
    reading : Reading
    file : str, optional
        Name of the source, for errors.

    Yields
    ------
    Updates
        Not folded. After a bad row, unless bad rows are to be left out, nothing more is yielded.

    Raises
    ------
    DataError
        If a row is bad; a `BadRowsError` if several are.
    """
    before, report, skip = 0, reading.report, reading.errors == "skip"
    for block in blocks:
        report.note_names(block.names)
        for updates in _good_rows(block, reading, _Location(file, block, before)):
            if skip or not report.bad_rows:
                report.note(updates.sessions)
                yield updates
        before += block.n_rows
        report.rows += block.n_rows
        reading.progress(block.share)
        if report.bad_rows >= ENOUGH and not skip:
            raise BadRowsError(report, stopped=True)


def reject_bad_rows(reading: Reading, *, reported: bool) -> None:
    """Raise what `checked_blocks` found, once everything has been read.

    Parameters
    ----------
    reading : Reading
    reported : bool
        Whether the caller reads the report; otherwise a warning says that rows were left out.
    """
    report = reading.report
    if report.bad_rows and reading.errors == "raise":
        raise BadRowsError(report, stopped=False) if report.bad_rows > 1 else report.first[0]
    if report.bad_rows and not reported:
        warnings.warn(f"left out: {report.lines()[-1]}", stacklevel=3)


@dataclass(frozen=True)
class _Location:
    """Where the rows of a block are."""

    file: str | None
    block: Block
    before: int

    def of(self, error: DataError, first: int) -> DataError:
        """The error of a row, in a part of the block that begins at `first`."""
        column = None if error.column is None else self.block.names.theirs.get(error.column, error.column)
        error = error.at(file=self.file, column=column)
        if error.row is None:
            return error
        row = first + error.row
        return error.at(
            row=self.before + row, line=None if self.block.lines is None else self.block.lines[row]
        )


def _good_rows(block: Block, reading: Reading, location: _Location) -> Iterator[Updates]:
    """The good rows of a block; the bad ones are noted.

    An error that belongs to no single row, such as an invalid category, cannot be left out: then the error of
    the whole block is raised.
    """
    start, size, suspect, since_bad = 0, block.n_rows, -1, 0
    whole: DataError | None = None
    while True:
        stop = min(start + size, block.n_rows)
        if start <= suspect < stop:
            stop = max(suspect, start + 1)
        try:
            updates = block.convert(slice(start, stop))
            require_known_statuses(updates.sessions, reading.statuses)
        except DataError as error:
            located = location.of(error, start)
            if error.row is None:
                raise whole or located from None
            whole, suspect = whole or located, start + error.row
            if stop - start > 1:
                continue
            reading.report.add(located)
            size, since_bad = max(LEAST, 2 * since_bad), 0
        else:
            yield _in_seconds(updates) if block.names.milliseconds else updates
            since_bad += stop - start
            size *= 2
        start = stop
        if start >= block.n_rows:
            return


def _in_seconds(updates: Updates) -> Updates:
    """Updates with durations converted from milliseconds."""
    columns = dict(zip(COLUMNS, updates.sessions.columns, strict=True))
    columns["duration"] = updates.sessions.duration / MILLISECONDS_A_SECOND
    return updates._replace(sessions=Sessions.from_columns(*columns.values()))
