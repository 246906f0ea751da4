"""The .npz format: all columns as they are in memory, without pickle.

1. Arrays are stored as they are; ``started`` as microseconds, ``status`` as codes into `STATUSES`.
2. An encoded column ``c`` is three arrays: ``c.codes``, and its categories as UTF-8 bytes ``c.texts`` that
   ``c.ends`` cuts; lone surrogates pass. Projects are decimal texts there.
3. ``format`` says that the file is ours. Reading checks everything again: a file may come from anywhere.
4. Read block by block, memory holds all categories, and a block of the rest.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import Encoded
from sessionstats.columns.schema import COLUMNS, ENCODED
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.health import STATUSES
from sessionstats.io.text import Path, Report, unreported
from sessionstats.sessions import Sessions

FORMAT: Final = "sessionstats 1"
"""What a file of this format says of itself; another layout would be another number."""

ROWS_TOGETHER: Final = 1 << 18
"""Rows of a block."""

PER_ROW: Final = tuple(f"{name}.codes" if name in ENCODED else name for name in COLUMNS)
"""The arrays with an entry a row, in the order of columns."""


def save_npz(sessions: Sessions, path: Path) -> None:
    """Write sessions to a file for `load_npz`.

    Parameters
    ----------
    sessions : Sessions
    path : str or path
        Taken as it is; nothing is appended.
    """
    arrays: dict[str, NDArray[Any]] = {"format": np.array(FORMAT)}
    for name in COLUMNS:
        column = getattr(sessions, name)
        if name in ENCODED:
            texts = [str(value).encode("utf-8", "surrogatepass") for value in column.categories]
            arrays[f"{name}.codes"] = column.codes
            arrays[f"{name}.texts"] = np.frombuffer(b"".join(texts), np.uint8)
            arrays[f"{name}.ends"] = np.cumsum([len(text) for text in texts], dtype=np.int64)
        else:
            arrays[name] = column.view(np.int64) if name == "started" else column
    with open(path, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_npz(path: Path) -> Sessions:
    """Read sessions that `save_npz` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Sessions

    Raises
    ------
    SessionStatsError
        If the file is not one of `save_npz`; a `DataError` if what it holds breaks §1.4.
    OSError
        If it cannot be opened.
    """
    with open(path, "rb") as file:
        with _refused(path), np.load(file, allow_pickle=False) as archive:
            columns = _columns(archive, _categories(archive))
        return _checked(path, columns, before=0)


def iter_npz(path: Path, block_rows: int = ROWS_TOGETHER, report: Report = unreported) -> Iterator[Sessions]:
    """Read sessions that `save_npz` wrote block by block; raises as `load_npz` does.

    Parameters
    ----------
    path : str or path
    block_rows : int
        Rows of a block; the last has fewer.
    report : function, optional

    Yields
    ------
    Sessions
    """
    with open(path, "rb") as file:
        with _refused(path):
            archive = np.load(file, allow_pickle=False)
            categories = _categories(archive)
            streams = {name: _Stream(archive, name) for name in PER_ROW}
        length = streams["started"].length
        for name, stream in streams.items():
            if stream.length != length:
                raise SessionStatsError(f"{path}: {name} has {stream.length} rows, but started has {length}")
        for before in range(0, length, block_rows):
            with _refused(path):
                arrays = {name: stream.read(block_rows) for name, stream in streams.items()}
                columns = _columns(arrays, categories)
            yield _checked(path, columns, before)
            report(min(1.0, (before + block_rows) / length))


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Whatever NumPy and zipfile raise over a foreign file, and there is no end to it, as one error."""
    try:
        yield
    except Exception as error:
        raise SessionStatsError(f"{path}: not a file that save_npz wrote ({error})") from error


def _checked(path: Path, columns: dict[str, Any], before: int) -> Sessions:
    """Sessions of the columns of a block; what is wrong is named by its row in the file."""
    try:
        return Sessions(**columns)
    except DataError as error:
        row = None if error.row is None else before + error.row
        raise error.at(file=str(path), row=row) from None


class _Stream:
    """An array of an archive, read from its beginning on.

    Parameters
    ----------
    archive : NpzFile
    name : str
    """

    def __init__(self, archive: Any, name: str) -> None:
        self._file = archive.zip.open(f"{name}.npy")
        np.lib.format.read_magic(self._file)
        (self.length,), _, self._dtype = np.lib.format.read_array_header_1_0(self._file)

    def read(self, rows: int) -> NDArray[Any]:
        """The next rows, fewer only at the end."""
        return np.frombuffer(self._file.read(rows * self._dtype.itemsize), self._dtype)


def _categories(archive: Mapping[str, NDArray[Any]]) -> dict[str, Encoded[Any]]:
    """The categories of each encoded column, without codes."""
    if str(archive["format"]) != FORMAT:
        raise ValueError(f"the format is not {FORMAT!r}")
    columns: dict[str, Encoded[Any]] = {}
    for name in ENCODED:
        values: list[Any] = _texts(archive[f"{name}.texts"], archive[f"{name}.ends"])
        columns[name] = Encoded(
            np.empty(0, np.int32), [*map(int, values)] if name == "project_id" else values
        )
        columns[name].code_of  # noqa: B018 - found once, and shared by all blocks
    return columns


def _columns(arrays: Mapping[str, NDArray[Any]], categories: Mapping[str, Encoded[Any]]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: arrays[name] for name in COLUMNS if name not in ENCODED}
    columns |= {name: column.with_codes(arrays[f"{name}.codes"]) for name, column in categories.items()}
    columns["started"] = columns["started"].astype(np.int64, casting="safe").view("M8[us]")
    columns["status"] = Encoded(columns["status"], STATUSES)
    return columns


def _texts(data: NDArray[np.uint8], ends: NDArray[np.int64]) -> list[str]:
    """The texts that `ends` cuts the bytes into."""
    whole, stops = data.tobytes(), ends.tolist()
    return [whole[a:b].decode("utf-8", "surrogatepass") for a, b in zip([0, *stops], stops, strict=False)]
