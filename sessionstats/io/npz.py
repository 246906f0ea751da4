"""The .npz format: all columns as they are in memory, without pickle, in an uncompressed ZIP archive.

1. `ARRAYS` lists the arrays of a file and their types. ``started`` is microseconds, ``status`` codes into
   `STATUSES`.
2. An encoded column ``c`` is ``c.codes`` and its categories: UTF-8 bytes ``c.texts``, split by ``c.ends``, in
   which lone surrogates pass; projects are numbers, ``c.values``.
3. ``format`` says that the file is ours. ``digest`` is a digest of all other arrays (`_digest`).
4. Before anything is allocated, what the archive declares must match its contents: the arrays are those
   of the list, once each, uncompressed, as many bytes as their shapes say, and the columns of equal length.
5. Then values are checked as everywhere (§1.4), and finally the digest: no byte of a file can change, and
   no row can be lost, without an error.
6. Reading block by block, memory holds all categories, and one block of the rest.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import pairwise
from types import MappingProxyType
from typing import Any, BinaryIO, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded
from sessionstats.columns.packed import PackedTexts, utf8_of
from sessionstats.columns.schema import COLUMNS, ENCODED, SESSION, Kind
from sessionstats.errors import DataError, SessionStatsError, located
from sessionstats.health import STATUSES
from sessionstats.io.blocks import Progress, unreported
from sessionstats.io.sources import Location
from sessionstats.sessions import Sessions

FORMAT: Final = "sessionstats 2"
"""Identifies this format; another layout would get another number."""

ROWS_TOGETHER: Final = 1 << 18
"""Rows of a block."""

TYPES: Final = MappingProxyType(
    {Kind.INSTANT: "<i8", Kind.INTEGER: "<i8", Kind.SECONDS: "<f8", Kind.STATUS: "|i1"}
)
"""Types of the arrays of columns that are not encoded."""

PER_ROW: Final = {
    f"{column.name}.codes" if column.encoded else column.name: "<i4" if column.encoded else TYPES[column.kind]
    for column in SESSION
}
"""The arrays with one entry per row, in the order of columns, and their types."""

TEXTS: Final = tuple(
    [column.name for column in SESSION if column.encoded and column.kind is not Kind.INTEGER]
)
"""The encoded columns whose categories are texts; those of the others are numbers."""

NUMBERS: Final = tuple([name for name in ENCODED if name not in TEXTS])
"""The encoded columns whose categories are numbers."""

ARRAYS: Final = {
    "format": "|u1",
    "digest": "|u1",
    **{f"{name}.values": "<i8" for name in NUMBERS},
    **{f"{name}.texts": "|u1" for name in TEXTS},
    **{f"{name}.ends": "<i8" for name in TEXTS},
    **PER_ROW,
}
"""All arrays of a file, and their types."""


def save_npz(sessions: Sessions, path: Location) -> None:
    """Write sessions to a file for `iter_npz`.

    Parameters
    ----------
    sessions : Sessions
    path : str or path
        Used as is; nothing is appended.
    """
    arrays: dict[str, Any] = {"format": np.frombuffer(FORMAT.encode(), np.uint8)}
    for name in COLUMNS:
        column = getattr(sessions, name)
        if name in ENCODED:
            arrays[f"{name}.codes"] = column.codes
            arrays |= _stored_categories(name, column.categories)
        else:
            arrays[name] = column.view(np.int64) if name == "started" else column
    arrays = {name: np.ascontiguousarray(array, ARRAYS[name]) for name, array in arrays.items()}
    hashes = {name: blake2b(array.data) for name, array in arrays.items()}
    arrays["digest"] = np.frombuffer(_digest(hashes), np.uint8)
    with open(path, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def iter_npz(
    path: Location, block_rows: int = ROWS_TOGETHER, report: Progress = unreported
) -> Iterator[Sessions]:
    """Read sessions that `save_npz` wrote, block by block.

    Parameters
    ----------
    path : str or path
    block_rows : int
        Rows of a block; the last has fewer.
    report : function, optional

    Yields
    ------
    Sessions
        With the categories of the whole file.

    Raises
    ------
    SessionStatsError
        If the file was not written by `save_npz`, or is damaged; a `DataError` if its contents break §1.4.
    OSError
        If it cannot be opened.
    """
    with open(path, "rb") as file, located(path):
        with _rejected():
            members = _members(file)
            length = _common_length(members)
            categories = _categories(members)
        for before in range(0, length, block_rows):
            with _rejected():
                arrays = {name: members[name].read(block_rows) for name in PER_ROW}
            yield _checked(_columns(arrays, categories), before)
            report(min(1.0, (before + block_rows) / length))
        with _rejected():
            _check_digest(members)


@contextmanager
def _rejected() -> Iterator[None]:
    """Whatever NumPy and zipfile raise over a foreign file, which is an open-ended list, as one error."""
    try:
        yield
    except (MemoryError, SessionStatsError):
        raise
    except Exception as error:
        raise _foreign(str(error) or type(error).__name__) from error


def _foreign(problem: str) -> SessionStatsError:
    return SessionStatsError(f"not an archive of sessions ({problem})")


def _checked(columns: dict[str, Any], before: int) -> Sessions:
    """Sessions from the columns of a block; errors name the row in the file."""
    try:
        return Sessions(**columns)
    except DataError as error:
        raise error.at(row=None if error.row is None else before + error.row) from None


class _Member:
    """An array of an archive, read from start to end.

    Parameters
    ----------
    archive : ZipFile
    entry : ZipInfo
    name : str
        Name of the array.
    """

    def __init__(self, archive: ZipFile, entry: ZipInfo, name: str) -> None:
        if entry.compress_type != ZIP_STORED or entry.compress_size != entry.file_size:
            raise _foreign(f"{name} is compressed")
        self.hash = blake2b()
        self._file = archive.open(entry)
        if np.lib.format.read_magic(self._file) != (1, 0):
            raise _foreign(f"{name} has another version of the .npy format")
        shape, fortran_order, self.dtype = np.lib.format.read_array_header_1_0(self._file)
        if self.dtype.str != ARRAYS[name]:
            raise _foreign(f"{name} is of type {self.dtype.str} instead of {ARRAYS[name]}")
        size = entry.file_size - self._file.tell()
        self.length, rest = divmod(size, self.dtype.itemsize)
        if shape != (self.length,) or type(shape[0]) is not int or rest or fortran_order:
            raise _foreign(f"{name} has {size} bytes, which are not an array of shape {shape}")

    def read(self, count: int) -> NDArray[Any]:
        """The next entries; fewer only at the end."""
        data = self._file.read(count * self.dtype.itemsize)
        self.hash.update(data)
        return np.frombuffer(data, self.dtype)

    def read_all(self) -> NDArray[Any]:
        """All entries."""
        return self.read(self.length)


def _members(file: BinaryIO) -> dict[str, _Member]:
    """The arrays of an archive, if they are the required ones."""
    archive = ZipFile(file)
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > os.fstat(file.fileno()).st_size:
        raise _foreign("its arrays are larger than the file")
    names = [entry.filename.removesuffix(".npy") for entry in entries]
    times = Counter(names)
    for name in (*ARRAYS, *times):
        if times[name] != 1 or name not in ARRAYS:
            raise _foreign(f"{name!r} occurs {times[name]} times; the format is not {FORMAT!r}")
    members = {name: _Member(archive, entry, name) for name, entry in zip(names, entries, strict=True)}
    if members["format"].length > 100 or members["format"].read_all().tobytes() != FORMAT.encode():
        raise _foreign(f"the format is not {FORMAT!r}")
    return members


def _common_length(members: Mapping[str, _Member]) -> int:
    """Number of rows."""
    length = members["started"].length
    for name in PER_ROW:
        if members[name].length != length:
            raise _foreign(f"{name} has {members[name].length} rows, but started has {length}")
    return length


def _digest(hashes: Mapping[str, Any]) -> bytes:
    """Digest of the names and bytes of all arrays but the digest itself, from one digest of each."""
    parts = [f"{name} {hashes[name].hexdigest()}\n" for name in ARRAYS if name != "digest"]
    return blake2b("".join(parts).encode(), digest_size=32).digest()


def _check_digest(members: Mapping[str, _Member]) -> None:
    digest = _digest({name: member.hash for name, member in members.items()})
    if members["digest"].read(len(digest) + 1).tobytes() != digest:
        raise SessionStatsError("the file is damaged: its digest is not that of its contents")


def _stored_categories(name: str, categories: Sequence[Any]) -> dict[str, NDArray[Any]]:
    if name not in TEXTS:
        return {f"{name}.values": np.array(categories, np.int64)}
    data, offsets = categories.utf8() if isinstance(categories, PackedTexts) else utf8_of(categories)
    return {f"{name}.texts": data, f"{name}.ends": offsets[1:]}


def _categories(members: Mapping[str, _Member]) -> dict[str, Encoded[Any]]:
    """The categories of each encoded column, without codes."""
    columns: dict[str, Encoded[Any]] = {}
    for name in ENCODED:
        if name in TEXTS:
            values: Sequence[Any] = _texts(
                name, members[f"{name}.texts"].read_all(), members[f"{name}.ends"].read_all()
            )
        else:
            values = members[f"{name}.values"].read_all().tolist()
        columns[name] = Encoded(np.empty(0, np.int32), values)
        if not isinstance(values, PackedTexts):
            columns[name].code_of  # noqa: B018 - found once, and shared by all blocks
    return columns


def _texts(name: str, data: NDArray[np.uint8], ends: NDArray[np.int64]) -> Sequence[str]:
    """The texts that `ends` splits the bytes into; of users, who are many, without a string for each."""
    offsets = np.concatenate([[0], ends])
    outside = ends.min(initial=0) < 0 or ends.max(initial=0) > len(data)
    if outside or offsets[-1] != len(data) or np.any(np.diff(offsets) < 0):
        raise _foreign(f"{name}.ends does not cut {name}.texts into texts")
    whole, cuts = data.tobytes(), offsets.tolist()
    if name == "distinct_id" and _are_texts(data, offsets):
        dictionary = TextDictionary()
        dictionary.add_utf8(data, offsets)
        if len(dictionary) == len(ends):  # otherwise one occurs twice, and is to be named
            return dictionary.texts
    return [whole[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(cuts)]


def _are_texts(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> bool:
    """Whether the bytes are UTF-8, and no character is cut."""
    try:
        data.tobytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return not np.any(data[offsets[offsets < len(data)]] & 0xC0 == 0x80)


def _columns(arrays: Mapping[str, NDArray[Any]], categories: Mapping[str, Encoded[Any]]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: arrays[name] for name in COLUMNS if name not in ENCODED}
    columns |= {name: column.with_codes(arrays[f"{name}.codes"]) for name, column in categories.items()}
    columns["started"] = columns["started"].view("M8[us]")
    columns["status"] = Encoded(columns["status"], STATUSES)
    return columns
