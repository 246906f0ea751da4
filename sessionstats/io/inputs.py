"""What `sessionstats.compute` accepts as sessions.

1. `Sessions` are used as they are, a data frame is read (`sessionstats.io.tables`), and an iterable yields
   chunks, each of which is either.
2. Anything else is a `TypeError` that names the function to use.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sessionstats.errors import DataError
from sessionstats.io.tables import is_frame
from sessionstats.sessions import Sessions

OTHERWISE: Final = "Sessions, a data frame, or an iterable of either is expected"
"""What an error says was expected."""


def sessions_of(data: Any) -> Sessions | Iterator[Sessions]:
    """The sessions, or their chunks.

    Parameters
    ----------
    data : Sessions, data frame, or iterable of either

    Raises
    ------
    TypeError
        If it is something else; for an iterable, on reaching such a chunk.

    Examples
    --------
    >>> sessions_of("sessions.csv")
    Traceback (most recent call last):
        ...
    TypeError: Sessions, a data frame, or an iterable of either is expected, not a path: use read(path)
    """
    if isinstance(data, Sessions):
        return data
    if is_frame(data):
        from sessionstats.io.arrow import from_arrow

        return from_arrow(data)
    if isinstance(data, (str, os.PathLike)):
        raise TypeError(f"{OTHERWISE}, not a path: use read(path)")
    if isinstance(data, Mapping):
        raise TypeError(f"{OTHERWISE}, not columns: use Sessions(**columns)")
    if not isinstance(data, Iterable):
        raise TypeError(f"{OTHERWISE}, not {type(data).__name__}")
    return _chunks(data)


def _chunks(data: Iterable[Any]) -> Iterator[Sessions]:
    before = 0
    for chunk in data:
        if isinstance(chunk, Mapping):
            raise TypeError(f"{OTHERWISE}, not records: use from_records(rows)")
        if not isinstance(chunk, Sessions) and not is_frame(chunk):
            raise TypeError(f"{OTHERWISE}, not an iterable of {type(chunk).__name__}")
        try:
            made = sessions_of(chunk)
        except DataError as error:  # from a frame; rows are numbered across all chunks
            raise error if error.row is None else error.at(row=before + error.row) from None
        assert isinstance(made, Sessions)
        before += len(made)
        yield made
