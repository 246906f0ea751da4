"""Files of sessions by their extension."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from sessionstats.errors import SessionStatsError
from sessionstats.sessions import Sessions

READERS: Final[Mapping[str, Callable[[str], Sessions]]] = MappingProxyType(
    {".csv": Sessions.read_csv, ".jsonl": Sessions.read_jsonl, ".npz": Sessions.load_npz}
)
"""How a file with each extension is read."""

WRITERS: Final[Mapping[str, Callable[[Sessions, str], None]]] = MappingProxyType(
    {".csv": Sessions.to_csv, ".jsonl": Sessions.to_jsonl, ".npz": Sessions.save_npz}
)
"""How a file with each extension is written."""


def extension(path: str) -> str:
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
.jsonl or .npz
    """
    suffix = PurePath(path).suffix.lower()
    if suffix not in READERS:
        *names, last = READERS
        raise SessionStatsError(
            f"{path}: unknown kind of file; the name must end in {', '.join(names)} or {last}"
        )
    return suffix
