"""The .npz format: all columns as they are in memory, without pickle.

1. Arrays are stored as they are; ``started`` as microseconds, ``status`` as codes into `STATUSES`.
2. An encoded column ``c`` is three arrays: ``c.codes``, and its categories as UTF-8 bytes ``c.texts`` that
   ``c.ends`` cuts; lone surrogates pass. Projects are decimal texts there.
3. ``format`` says that the file is ours. Reading checks everything again: a file may come from anywhere.
"""

from collections.abc import Mapping
from os import PathLike
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns import relocated
from sessionstats.encoding import Encoded
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.health import STATUSES
from sessionstats.sessions import COLUMNS, ENCODED, Sessions

FORMAT: Final = "sessionstats 1"
"""What a file of this format says of itself; another layout would be another number."""


def save_npz(sessions: Sessions, path: str | PathLike[str]) -> None:
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


def load_npz(path: str | PathLike[str]) -> Sessions:
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
        try:
            with np.load(file, allow_pickle=False) as archive:
                columns = _columns(archive)
        except Exception as error:  # there is no end to what NumPy and zipfile raise over a foreign file
            raise SessionStatsError(f"{path}: not a file that save_npz wrote ({error})") from error
    try:
        return Sessions(**columns)
    except DataError as error:
        place = error.detail.removesuffix(f": {error.problem}")
        raise relocated(error, f"{path}, {place}", column=error.column, row=error.row) from None


def _columns(archive: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    if str(archive["format"]) != FORMAT:
        raise ValueError(f"the format is not {FORMAT!r}")
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name in ENCODED:
            categories = _texts(archive[f"{name}.texts"], archive[f"{name}.ends"])
            columns[name] = Encoded(archive[f"{name}.codes"], categories)
        else:
            columns[name] = archive[name]
    columns["started"] = columns["started"].astype(np.int64, casting="safe").view("M8[us]")
    columns["project_id"] = Encoded(
        columns["project_id"].codes, [*map(int, columns["project_id"].categories)]
    )
    columns["status"] = Encoded(columns["status"], STATUSES)
    return columns


def _texts(data: NDArray[np.uint8], ends: NDArray[np.int64]) -> list[str]:
    """The texts that `ends` cuts the bytes into."""
    whole, stops = data.tobytes(), ends.tolist()
    return [whole[a:b].decode("utf-8", "surrogatepass") for a, b in zip([0, *stops], stops, strict=False)]
