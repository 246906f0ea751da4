"""Sessions from Arrow data, and back (extra ``arrow``).

1. pandas and Polars frames, DuckDB relations, and anything else with the Arrow PyCapsule interface are
   accepted (`sessionstats.io.tables`). Columns are found by their names (§1.1); others are ignored.
2. Numbers, instants and codes of the kernel's own types are used without a copy. Texts become codes without a
   Python string for each of them (`sessionstats.io.arrow_texts`).
3. A null is a missing value (§1.1). Types are not coerced: a column of a wrong type is rejected by name, an
   invalid value by column, row and value (§1.4).
4. Rows with a ``session_id`` are updates, which are folded (§1.2).
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import Encoded, encode
from sessionstats.columns.schema import BY_NAME, COLUMNS, UPDATE_COLUMNS, Column, Kind
from sessionstats.columns.values import Values, reject
from sessionstats.errors import DataError
from sessionstats.folding import Updates, checked_updates, fold
from sessionstats.health import STATUSES
from sessionstats.io.arrow_buffers import nulls_of, numbers_of
from sessionstats.io.arrow_cells import read_instants
from sessionstats.io.arrow_texts import dictionary_array, encoded_texts
from sessionstats.io.bad_rows import ReadReport
from sessionstats.io.blocks import Block, Errors, Reading, checked_blocks, reject_bad_rows
from sessionstats.io.damage import message_of
from sessionstats.io.names import Mapped, Names
from sessionstats.io.optional import needed
from sessionstats.io.tables import as_table, with_ids
from sessionstats.io.writable import reject_surrogates
from sessionstats.sessions import Sessions

TEXTS: Final = ("is_string", "is_large_string", "is_string_view")
"""Arrow types of text, as names of the functions in `pyarrow.types` that recognise them."""

TYPES: Final = MappingProxyType(
    {
        Kind.INSTANT: ("is_timestamp", "is_date", *TEXTS, "is_integer", "is_floating"),
        Kind.INTEGER: ("is_integer",),
        Kind.SECONDS: ("is_integer", "is_floating"),
        Kind.TEXT: TEXTS,
        Kind.STATUS: TEXTS,
        Kind.USER: (*TEXTS, "is_integer"),
    }
)
"""Arrow types that can hold each kind of column."""


def from_arrow(
    data: Any,
    *,
    columns: Mapped | None = None,
    projects: Mapping[str, int] | None = None,
    statuses: Collection[str] = STATUSES,
    errors: Errors = "raise",
    report: ReadReport | None = None,
) -> Sessions:
    """Sessions, or updates of sessions, from Arrow data.

    Parameters
    ----------
    data : data frame, or object with ``__arrow_c_stream__`` or ``__arrow_c_array__``
        With the columns of §1.1, and possibly ``session_id`` and ``seq`` (§1.2).
    columns, projects, statuses, errors, report
        As in `sessionstats.from_records`.

    Returns
    -------
    Sessions

    Raises
    ------
    DataError
        If a column has a wrong type, or a row breaks §1.4.
    SessionStatsError
        If the data is not Arrow's, or a required column is missing.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"started": [1706486400], "project_id": [1], "status": ["ok"], "duration": [None]})
    >>> from_arrow(table)
    Sessions(1 row, 1 session, 2024-01-29T00:00:00Z to 2024-01-29T00:00:00Z, 1 project, 1 release, 0 users)
    >>> from_arrow(pa.table({"started": [1706486400], "project_id": ["1"], "status": ["ok"]}))
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: column 'project_id': an Arrow column of string, where integers are expected
    """
    reading = Reading.of(columns, projects, statuses, errors, report)
    parts = list(checked_blocks([frame_block(data, reading)], reading))
    reject_bad_rows(reading, reported=report is not None)
    return fold(Updates.concat(parts)) if parts else Sessions.empty()


def frame_block(data: Any, reading: Reading) -> Block:
    """A frame as a block of rows."""
    table, names = as_table(data, reading.naming)
    return table_block(table, names, reading, 1.0)


def table_block(table: Any, names: Names, reading: Reading, share: float) -> Block:
    """A `pyarrow.Table` of our columns as a block of rows."""

    def convert(part: slice) -> Updates:
        rows = table.slice(part.start, part.stop - part.start)
        return updates_of(with_ids(rows, reading.projects), reading.texts)

    return Block(len(table), convert, names, share=share)


def updates_of(table: Any, texts: Mapping[str, TextDictionary]) -> Updates:
    """Updates of sessions from a `pyarrow.Table`, not folded; raises as `from_arrow` does.

    Parameters
    ----------
    table : pyarrow.Table
    texts : mapping of str to TextDictionary
        New texts are added to that of their column.
    """
    names = table.column_names
    columns = {
        name: _converted(BY_NAME[name], table.column(name), texts) for name in UPDATE_COLUMNS if name in names
    }
    return checked_updates(**columns)


def _converted(described: Column, column: Any, texts: Mapping[str, TextDictionary]) -> Values:
    try:
        return _column(described, column, texts)
    except (needed("pyarrow", "arrow").ArrowException, UnicodeDecodeError) as error:
        raise DataError(f"Arrow cannot read it ({message_of(error)})", column=described.name) from None


def _column(described: Column, column: Any, texts: Mapping[str, TextDictionary]) -> Values:
    """The values of a chunked array, checked for their type."""
    name, kind = described.name, described.kind
    types = needed("pyarrow", "arrow").types
    if types.is_null(column.type):
        return [None] * len(column)
    of_dictionary = types.is_dictionary(column.type)
    value_type = column.type.value_type if of_dictionary else column.type
    if not any(getattr(types, is_one)(value_type) for is_one in TYPES[kind]):
        raise DataError(f"an Arrow column of {value_type}, where {kind.value} are expected", column=name)
    if not column.num_chunks:
        return []
    is_number = types.is_integer(value_type) or types.is_floating(value_type)
    if of_dictionary and (is_number or kind is Kind.INSTANT or _has_null_inside(described, column)):
        column = column.cast(value_type)
    if kind is Kind.USER and is_number:
        column = column.cast("string")  # an integer is the user of its decimal text
    if kind in (Kind.INSTANT, Kind.INTEGER, Kind.SECONDS):
        return _numbers(described, column)
    if described.required and column.null_count:
        reject(name, "missing value", _first_null(column), None)
    return encoded_texts(name, column, texts[name])


def _has_null_inside(described: Column, column: Any) -> bool:
    """Whether a disallowed null is among the values of a dictionary: the null count does not include it."""
    return described.required and any(chunk.dictionary.null_count for chunk in column.chunks)


def _numbers(described: Column, column: Any) -> Values:
    """Numbers or instants as an array, without a copy if they are in one chunk without nulls."""
    types = needed("pyarrow", "arrow").types
    if described.required and column.null_count:
        reject(described.name, "missing value", _first_null(column), None)
    if not types.is_primitive(column.type):  # instants as text
        return read_instants(column)
    if types.is_date(column.type):
        column = column.cast("timestamp[ms]")
    parts = [_filled(chunk, described.missing) for chunk in column.chunks]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _filled(chunk: Any, missing: Any) -> NDArray[Any]:
    values, nulls = numbers_of(chunk), nulls_of(chunk)
    return values if nulls is None else np.where(nulls, missing, values)


def _first_null(column: Any) -> int:
    return int(np.flatnonzero(column.is_null().to_numpy())[0])


def _texts(name: str, column: Encoded[str]) -> Any:
    try:
        return dictionary_array(column)
    except (UnicodeEncodeError, needed("pyarrow", "arrow").ArrowInvalid):
        reject_surrogates(name, column)
    # Only a text that no row uses was invalid.
    return dictionary_array(encode(column.decode(), missing=(None,)))  # type: ignore[arg-type]


def to_arrow(sessions: Sessions) -> Any:
    """The sessions as a `pyarrow.Table` for `from_arrow`, with all columns of §1.1.

    Texts and users are dictionary columns; a missing user or duration is null.

    Examples
    --------
    >>> from sessionstats import sample
    >>> sessions = sample(100)
    >>> from_arrow(to_arrow(sessions)) == sessions
    True
    """
    pa = needed("pyarrow", "arrow")
    statuses = Encoded(sessions.status, STATUSES)
    columns = {}
    for name in COLUMNS:
        column = statuses if name == "status" else getattr(sessions, name)
        if name == "project_id":
            columns[name] = pa.array(np.array(column.categories, np.int64)[column.codes])
        elif isinstance(column, Encoded):
            columns[name] = _texts(name, column)
        else:
            columns[name] = pa.array(column, mask=np.isnan(column) if name == "duration" else None)
    columns["started"] = columns["started"].cast(pa.timestamp("us", "UTC"))
    return pa.table(columns)
