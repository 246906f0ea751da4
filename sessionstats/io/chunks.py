"""Files of sessions of any size, chunk by chunk.

1. A file is read in blocks of rows. Rows that are sessions by themselves are passed on as they come.
2. Updates of one session may stand anywhere (§1.2): rows with a ``session_id`` wait until the file ends, are
   folded, and come last.
3. So memory holds a block, and the updates. For a file without updates that is a bound, whatever its size.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from sessionstats.errors import SessionStatsError
from sessionstats.folding import Updates, fold, has_text
from sessionstats.io.npz import iter_npz
from sessionstats.io.parquet import iter_parquet
from sessionstats.io.text import Path, Report, iter_csv, iter_jsonl, unreported
from sessionstats.sessions import Sessions

READERS: Final[Mapping[str, Callable[[Path, Report], Iterable[Sessions]]]] = MappingProxyType(
    {
        ".csv": lambda path, report: folded(iter_csv(path, report=report)),
        ".jsonl": lambda path, report: folded(iter_jsonl(path, report=report)),
        ".npz": lambda path, report: iter_npz(path, report=report),
        ".parquet": lambda path, report: folded(iter_parquet(path, report=report)),
    }
)
"""How a file with each extension is read chunk by chunk."""


def read_chunks(path: Path, report: Report = unreported) -> Iterable[Sessions]:
    """The sessions of a file, chunk by chunk.

    Parameters
    ----------
    path : str or path
        With an extension of `READERS`.
    report : function, optional
        Called after each block with the share of the file that has been read.

    Returns
    -------
    iterable of Sessions
        For `sessionstats.compute` and `sessionstats.engines.summaries.summarize_chunks`.

    Raises
    ------
    DataError
        If a row breaks §1.4; the text names the file, the place, the column and the value.
    SessionStatsError
        If the file is not what its extension says.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> from sessionstats import compute
    >>> chunks = read_chunks("a-year-of-sessions.csv")
    >>> compute(chunks, "field=sum(session)&interval=1d&statsPeriod=90d")  # doctest: +SKIP
    """
    return READERS[extension(path)](path, report)


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
    if suffix not in READERS:
        *names, last = READERS
        raise SessionStatsError(
            f"{path}: unknown kind of file; the name must end in {', '.join(names)} or {last}"
        )
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
        updates = has_text(block.session_id)
        if updates.any():
            waiting.append(Updates(block.sessions[updates], block.session_id[updates], block.seq[updates]))
        yield block.sessions[~updates] if updates.any() else block.sessions
    if waiting:
        yield fold(*Updates.concat(waiting))
