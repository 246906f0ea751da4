"""Where the data of files comes from: names, globs, folders, compression, standard input.

1. A path is a file. A text with ``*``, ``?`` or ``[`` that is not the name of a file stands for all files
   that match it, in order of their names; a folder for the Parquet files in it, at any depth. ``-`` is
   standard input.
2. The extension says what a file is. ``.gz`` and ``.zst`` behind it say how text is compressed: gzip is read
   by the standard library, Zstandard by that of Python 3.14 or by Arrow.
3. A damaged or truncated compressed file is an error, not the rows before the damage.
"""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from glob import glob, has_magic
from os import PathLike, fspath
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

from sessionstats.errors import SessionStatsError
from sessionstats.io.optional import MissingPackageError, needed

Location: TypeAlias = str | PathLike[str]
"""A path, a glob, a folder, or ``-``."""

STANDARD_INPUT: Final = "-"
"""What standard input is called."""

COMPRESSED: Final = (".gz", ".zst")
"""Extensions of compressed files."""

TEXT: Final = (".csv", ".jsonl", ".envelope")
"""Extensions of text, which may be compressed; other formats have a compression of their own."""

KNOWN: Final = (*TEXT, ".npz", ".parquet")
"""Extensions of files of sessions."""


class Source(NamedTuple):
    """A file.

    Parameters
    ----------
    path : str
        `STANDARD_INPUT` for standard input.
    format : str
        One of `KNOWN`.
    compression : str
        One of `COMPRESSED`, or ``""``.
    """

    path: str
    format: str
    compression: str

    @property
    def name(self) -> str:
        """What errors call it."""
        return "standard input" if self.path == STANDARD_INPUT else self.path


class Opened(NamedTuple):
    """A file that is being read."""

    file: BinaryIO
    share: Callable[[], float]
    """The share that has been read; 0 if the size is unknown."""


def sources_of(locations: Location | Iterable[Location], input_format: str | None = None) -> list[Source]:
    """The files that the locations refer to.

    Parameters
    ----------
    locations : str, path, or iterable of them
    input_format : str, optional
        An extension without its dot, such as ``csv.gz``; by default that of each file. Standard input needs
        it.

    Raises
    ------
    SessionStatsError
        If nothing matches, or a file's extension is unknown.

    Examples
    --------
    >>> sources_of("january.csv.gz")
    [Source(path='january.csv.gz', format='.csv', compression='.gz')]
    >>> sources_of("january.xlsx")
    Traceback (most recent call last):
        ...
    sessionstats.errors.SessionStatsError: january.xlsx: unknown kind of file; the name must end in .csv, \
.jsonl, .envelope (or these with .gz or .zst), .npz or .parquet
    """
    one_or_more = [locations] if isinstance(locations, (str, PathLike)) else locations
    paths = [fspath(location) for location in one_or_more]
    found = [_source(path, input_format) for location in paths for path in _paths(location)]
    if not found:
        raise SessionStatsError("no files are named")
    return found


def _paths(location: str) -> Iterable[str]:
    if location == STANDARD_INPUT:
        return [location]
    if os.path.isdir(location):
        inside = sorted(str(path) for path in Path(location).rglob("*.parquet"))
        if not inside:
            raise SessionStatsError("no Parquet files in this folder").at(file=location)
        return inside
    if has_magic(location) and not os.path.exists(location):
        matching = sorted(glob(location, recursive=True))
        if not matching:
            raise SessionStatsError("no file matches").at(file=location)
        return matching
    return [location]


def _source(path: str, input_format: str | None) -> Source:
    if input_format is None and path == STANDARD_INPUT:
        raise SessionStatsError("standard input has no extension: give its format, such as csv")
    shown = path if input_format is None else f"x.{input_format.removeprefix('.')}"
    kind = PurePath(shown.lower())
    compression = kind.suffix if kind.suffix in COMPRESSED else ""
    extension = PurePath(kind.stem).suffix if compression else kind.suffix
    if extension not in (TEXT if compression else KNOWN):
        what = (
            "unknown kind of file; the name"
            if input_format is None
            else f"unknown format {input_format!r}; it"
        )
        raise SessionStatsError(
            f"{what} must end in .csv, .jsonl, .envelope (or these with .gz or .zst), .npz or .parquet"
        ).at(file=path)
    return Source(path, extension, compression)


@contextmanager
def opened(source: Source) -> Iterator[Opened]:
    """Open a file, unpacking it on the way.

    Raises
    ------
    SessionStatsError
        If the file is damaged; errors raised while it is read name it.
    OSError
        If it cannot be opened.
    """
    with _raw(source) as raw:
        size = os.path.getsize(source.path) if os.path.isfile(source.path) else 0
        try:
            with _unpacked(source, raw) as file:
                yield Opened(file, lambda: min(1.0, raw.tell() / size) if size else 0.0)
        except (OSError, EOFError, zlib.error) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise SessionStatsError(f"damaged: {error}").at(file=source.name) from None


@contextmanager
def _raw(source: Source) -> Iterator[Any]:
    with nullcontext(_standard_input()) if source.path == STANDARD_INPUT else open(source.path, "rb") as file:
        # Other formats than text are not read from front to back.
        yield file if source.format in TEXT or file.seekable() else io.BytesIO(file.read())


def _standard_input() -> Any:
    if sys.stdin is None:
        raise SessionStatsError("it is closed").at(file="standard input")
    return sys.stdin.buffer


@contextmanager
def _unpacked(source: Source, raw: Any) -> Iterator[Any]:
    if source.compression and not raw.peek(1):
        raise EOFError("it is empty")  # to gzip, nothing would be nothing
    if source.compression == ".gz":
        with gzip.open(raw) as file:
            yield file
    elif source.compression == ".zst":
        with _zstandard(raw) as file:
            yield file
    else:
        yield raw


@contextmanager
def _zstandard(raw: Any) -> Iterator[Any]:
    try:
        zstd = needed("compression.zstd", "arrow")
    except MissingPackageError:
        pa = needed("pyarrow", "arrow")
        yield io.BufferedReader(pa.CompressedInputStream(raw, "zstd"))
        return
    try:
        with zstd.open(raw) as file:
            yield file
    except zstd.ZstdError as error:  # of no kind that other modules raise
        raise EOFError(str(error)) from None
