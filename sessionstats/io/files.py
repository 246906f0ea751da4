"""Files of sessions: read whole or chunk by chunk, and written (§1.1, §1.2, §1.5).

1. The extension says what a file is (`sessionstats.io.sources`); several files are read as one.
2. A file is read in blocks of rows, each checked by the one loop of `sessionstats.io.blocks`. Rows that are
   standalone sessions are passed on as they come.
3. Updates of one session may be anywhere (§1.2): rows with a ``session_id`` wait until the last file ends,
   are folded, and come last.
4. So memory holds one block and the updates: for files without updates it is bounded, whatever their size.
5. A file is written under a temporary name, and renamed when it is complete (`sessionstats.io.writing`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Final, TypeAlias

from sessionstats.errors import DataError, SessionStatsError, located
from sessionstats.folding import Updates, fold
from sessionstats.health import STATUSES
from sessionstats.io.bad_rows import ReadReport
from sessionstats.io.blocks import (
    Block,
    Errors,
    Progress,
    Reading,
    checked_blocks,
    reject_bad_rows,
    unreported,
)
from sessionstats.io.envelopes import envelope_blocks
from sessionstats.io.names import Mapped
from sessionstats.io.npz import iter_npz, save_npz
from sessionstats.io.parquet import parquet_blocks, write_parquet
from sessionstats.io.sources import STANDARD_INPUT, Location, Opened, Source, opened, sources_of
from sessionstats.io.text import csv_blocks, jsonl_blocks, write_csv, write_jsonl
from sessionstats.io.writing import whole
from sessionstats.sessions import Sessions, require_known_statuses

READERS: Final[Mapping[str, Callable[[Opened, Reading], Iterator[Block]]]] = MappingProxyType(
    {".csv": csv_blocks, ".jsonl": jsonl_blocks, ".envelope": envelope_blocks, ".parquet": parquet_blocks}
)
"""How the rows of each kind of file are read; the columns of our archives have been checked before."""

WRITERS: Final[Mapping[str, Callable[[Sessions, str], None]]] = MappingProxyType(
    {".csv": write_csv, ".jsonl": write_jsonl, ".npz": save_npz, ".parquet": write_parquet}
)
"""How each kind of file is written."""

Locations: TypeAlias = Location | Iterable[Location]
"""A path, a glob, a folder of Parquet files, ``-``, or several of them."""


def read(
    path: Locations,
    *,
    columns: Mapped | None = None,
    projects: Mapping[str, int] | None = None,
    statuses: Collection[str] = STATUSES,
    errors: Errors = "raise",
    report: ReadReport | None = None,
    input_format: str | None = None,
    project_id: int | None = None,
) -> Sessions:
    """Read the sessions, or the updates of sessions, of one file or several.

    Parameters
    ----------
    path : str or path, or iterable of them
        Names that end in .csv, .jsonl, .envelope (or these with .gz or .zst), .npz or .parquet; also a glob
        such as ``"sessions-*.parquet"``, a folder of Parquet files, or ``"-"`` for standard input.
    columns : mapping of str to str or None, optional
        Which column a differently named one is, such as ``{"user_id": "distinct_id"}``; `None`
        leaves it out. ``duration_ms`` is a duration in milliseconds (§1.5).
    projects : mapping of str to int, optional
        Ids of the projects that the data names by a text.
    statuses : collection of str
        The statuses of the edition, `Rules.statuses`.
    errors : "raise" or "skip"
        Whether bad rows, or payloads of envelopes, are an error, or are left out.
    report : ReadReport, optional
        Filled with what was left out; without it a warning says how many rows.
    input_format : str, optional
        Such as ``"csv"`` or ``"jsonl.gz"``, instead of the extension; required for standard input.
    project_id : int, optional
        The project of envelopes that do not name one.

    Returns
    -------
    Sessions
        Updates are folded (§1.2).

    Raises
    ------
    DataError
        If a row breaks §1.4; the text names the file, the line or row, the column and the value. A
        `BadRowsError` if several do: it names the first of them, and how many there are for each reason.
    ColumnNamesError
        If a name probably means a column (§1.5); the text shows the mapping to write.
    SessionStatsError
        If a file is not what its extension says.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sessionstats import read, sample, write
    >>> with TemporaryDirectory() as folder:
    ...     write(sample(1000), f"{folder}/sample.csv")
    ...     read(f"{folder}/sample.csv") == sample(1000)
    True
    """
    reading = replace(Reading.of(columns, projects, statuses, errors, report), project_id=project_id)
    parts = list(_updates(path, reading, reported=report is not None, input_format=input_format))
    with located(str(path), DataError):  # if the sum of the quantities is too large
        return fold(Updates.concat(parts)) if parts else Sessions.empty()


def read_chunks(
    path: Locations,
    *,
    columns: Mapped | None = None,
    projects: Mapping[str, int] | None = None,
    statuses: Collection[str] = STATUSES,
    errors: Errors = "raise",
    report: ReadReport | None = None,
    input_format: str | None = None,
    project_id: int | None = None,
    progress: Progress = unreported,
    unneeded: Collection[str] = (),
) -> Iterator[Sessions]:
    """Read files chunk by chunk, so that they may be larger than memory; otherwise as `read`.

    Parameters
    ----------
    path, columns, projects, statuses, errors, report, input_format, project_id
        As in `read`.
    progress : function, optional
        Called after each block with the share that has been read, from 0 to 1.
    unneeded : collection of str
        Columns that are neither read nor checked, such as `sessionstats.measures.unneeded_columns` of a
        request; without effect on data with updates (§1.2), and on archives and envelopes.

    Returns
    -------
    iterator of Sessions
        For `sessionstats.compute`.

    Examples
    --------
    >>> from sessionstats import compute
    >>> chunks = read_chunks("a-year-of-sessions.csv")
    >>> compute(chunks, "field=sum(session)&interval=1d&statsPeriod=90d")  # doctest: +SKIP
    """
    reading = replace(
        Reading.of(columns, projects, statuses, errors, report, unneeded), project_id=project_id
    )
    sources_of(path, input_format)  # rejects what cannot be read before reading anything
    return folded(
        _updates(path, reading, reported=report is not None, input_format=input_format, progress=progress)
    )


def _updates(
    path: Locations,
    reading: Reading,
    *,
    reported: bool,
    input_format: str | None,
    progress: Progress = unreported,
) -> Iterator[Updates]:
    """The updates of all files, block by block; bad rows are rejected once everything has been read."""
    sources = sources_of(path, input_format)
    for number, source in enumerate(sources):
        yield from _of_source(source, reading, partial(_part_of, progress, number, len(sources)))
    reject_bad_rows(reading, reported=reported)


def _part_of(progress: Progress, number: int, count: int, share: float) -> None:
    progress((number + share) / count)


def _of_source(source: Source, reading: Reading, progress: Progress) -> Iterator[Updates]:
    with located(source.name):
        if source.format == ".npz":
            yield from _of_archive(source, reading, progress)
            return
        with opened(source) as file:
            blocks = READERS[source.format](file, reading)
            yield from checked_blocks(blocks, replace(reading, progress=progress), source.name)


def _of_archive(source: Source, reading: Reading, progress: Progress) -> Iterator[Updates]:
    if reading.naming.columns:
        raise SessionStatsError("an archive has its own names of columns: nothing can be mapped")
    if source.path == STANDARD_INPUT or Path(source.path).is_fifo():
        raise SessionStatsError("an archive is not read from a pipe")
    before = 0
    for sessions in iter_npz(source.path, report=progress):
        require_known_statuses(sessions, reading.statuses, before)
        before += len(sessions)
        reading.report.rows += len(sessions)
        yield Updates.alone(sessions)


def write(sessions: Sessions, path: Location) -> None:
    """Write sessions to a file for `read`, with all columns of §1.1.

    Parameters
    ----------
    sessions : Sessions
    path : str or path
        With an extension of `WRITERS`; replaced if it exists.

    Raises
    ------
    SessionStatsError
        If the extension is not one of a file of sessions.
    OSError
        If it cannot be written; no partial file is left then, and an existing file stays as it was.
    """
    writer = WRITERS[extension(path)]
    whole(path, lambda part: writer(sessions, part))


def extension(path: Location) -> str:
    """The extension of a file of sessions to be written.

    Raises
    ------
    SessionStatsError
        If it is not one of a file of sessions.

    Examples
    --------
    >>> extension("january.CSV")
    '.csv'
    >>> extension("january.xlsx")
    Traceback (most recent call last):
        ...
    sessionstats.errors.SessionStatsError: january.xlsx: unknown kind of file; the name must end in .csv, \
.jsonl, .npz or .parquet
    """
    suffix = PurePath(path).suffix.lower()
    if suffix not in WRITERS:
        *names, last = WRITERS
        problem = f"unknown kind of file; the name must end in {', '.join(names)} or {last}"
        raise SessionStatsError(problem).at(file=str(path))
    return suffix


def folded(blocks: Iterable[Updates]) -> Iterator[Sessions]:
    """Sessions of blocks of updates: standalone sessions as they come, then those folded from updates.

    Parameters
    ----------
    blocks : iterable of Updates

    Yields
    ------
    Sessions

    Examples
    --------
    >>> from sessionstats.folding import checked_updates
    >>> rows = {"started": [0, 1], "project_id": [1, 1], "status": ["ok", "ok"]}
    >>> blocks = [checked_updates(**rows, session_id=ids) for ids in (["a", ""], ["", "a"])]
    >>> [len(chunk) for chunk in folded(blocks)]
    [1, 1, 1]
    """
    waiting = []
    for block in blocks:
        updates = block.to_fold
        if updates.any():
            waiting.append(Updates(block.sessions[updates], block.session_id[updates], block.seq[updates]))
        yield block.sessions[~updates] if updates.any() else block.sessions
    if waiting:
        yield fold(Updates.concat(waiting))
