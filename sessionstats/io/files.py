"""Files of sessions: read whole or chunk by chunk, and written (§1.1, §1.2).

1. The extension says what a file is: `FORMATS` lists them.
2. A file is read in blocks of rows. Rows that are sessions by themselves are passed on as they come.
3. Updates of one session may stand anywhere (§1.2): rows with a ``session_id`` wait until the file ends, are
   folded, and come last.
4. So memory holds a block, and the updates. For a file without updates that is a bound, whatever its size.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Final, NamedTuple

from sessionstats.errors import SessionStatsError
from sessionstats.folding import Updates, fold
from sessionstats.io.npz import iter_npz, save_npz
from sessionstats.io.parquet import iter_parquet, write_parquet
from sessionstats.io.text import Path, Report, iter_csv, iter_jsonl, unreported, write_csv, write_jsonl
from sessionstats.sessions import Sessions


class Format(NamedTuple):
    """How a kind of file is read, block by block, and written."""

    blocks: Callable[[Path, Report], Iterator[Updates]]
    write: Callable[[Sessions, Path], None]


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        ".csv": Format(lambda path, report: iter_csv(path, report=report), write_csv),
        ".jsonl": Format(lambda path, report: iter_jsonl(path, report=report), write_jsonl),
        ".npz": Format(lambda path, report: map(Updates.alone, iter_npz(path, report=report)), save_npz),
        ".parquet": Format(lambda path, report: iter_parquet(path, report=report), write_parquet),
    }
)
"""The kinds of files, by extension."""


def read(path: Path) -> Sessions:
    """Read the sessions, or the updates of sessions, of a file.

    Parameters
    ----------
    path : str or path
        With an extension of `FORMATS`.

    Returns
    -------
    Sessions
        Updates are folded (§1.2).

    Raises
    ------
    DataError
        If a row breaks §1.4; the text names the file, the line or row, the column and the value.
    SessionStatsError
        If the file is not what its extension says.
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
    parts = list(FORMATS[extension(path)].blocks(path, unreported))
    return fold(Updates.concat(parts)) if parts else Sessions.empty()


def read_chunks(path: Path, report: Report = unreported) -> Iterator[Sessions]:
    """Read a file chunk by chunk, so that it may be larger than memory; otherwise as `read`.

    Parameters
    ----------
    path : str or path
    report : function, optional
        Called after each block with the share of the file that has been read.

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
    return folded(FORMATS[extension(path)].blocks(path, report))


def write(sessions: Sessions, path: Path) -> None:
    """Write sessions to a file for `read`, with all columns of §1.1.

    Parameters
    ----------
    sessions : Sessions
    path : str or path
        With an extension of `FORMATS`; replaced if it exists.

    Raises
    ------
    SessionStatsError
        If the extension is not one of a file of sessions.
    OSError
        If it cannot be written.
    """
    FORMATS[extension(path)].write(sessions, path)


def extension(path: Path) -> str:
    """The extension of a file of sessions.

    Raises
    ------
    SessionStatsError
        If no file of sessions has it.

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
    if suffix not in FORMATS:
        *names, last = FORMATS
        problem = f"unknown kind of file; the name must end in {', '.join(names)} or {last}"
        raise SessionStatsError(problem).at(file=str(path))
    return suffix


def folded(blocks: Iterable[Updates]) -> Iterator[Sessions]:
    """Sessions of blocks of updates: those by themselves as they come, then those folded from several rows.

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
