"""Data frames of other libraries as Arrow tables that the kernel reads (extra ``arrow``).

1. Anything with the Arrow PyCapsule interface is a frame: pyarrow tables, batches and readers, Polars frames,
   DuckDB relations; a lazy Polars frame is collected. Data is not copied.
2. A pandas frame is converted column by column, so that a column that is not ours does no harm. NaN,
   NaT, `None` and pandas' NA are missing values. An index named like one of our columns is that column.
3. A frame stores integers as floats once one is missing: such a column of whole numbers becomes integers
   again, up to 2⁵³, beyond which floats no longer distinguish integers.
4. Time spans (timedelta) are durations in seconds, decimals are numbers.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from sessionstats.columns.schema import UPDATE, UPDATE_COLUMNS, Kind
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.io.names import Names, Naming
from sessionstats.io.optional import needed

PROTOCOL: Final = ("__arrow_c_stream__", "__arrow_c_array__")
"""Methods of the Arrow PyCapsule interface: a stream of batches, or one batch."""

INTEGERS: Final = tuple([column.name for column in UPDATE if column.kind in (Kind.INTEGER, Kind.USER)])
"""Columns in which a float may be an integer."""

EXACT: Final = 2**53
"""Largest size of an integer up to which float64 represents all of them."""


EVERYTHING: Final = Naming()
"""No mapping."""


class Frame(Protocol):
    """A data frame of another library."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The frame as a stream of Arrow batches."""


def is_frame(data: object) -> bool:
    """Whether the data is a frame, or anything else that Arrow reads."""
    return _is_pandas(data) or _is_lazy(data) or any(hasattr(data, method) for method in PROTOCOL)


def as_table(data: Any, naming: Naming = EVERYTHING) -> tuple[Any, Names]:
    """The data as a `pyarrow.Table` of our columns under our names, and their original names.

    Raises
    ------
    DataError
        If a column holds values of several types, or floats where integers belong.
    SessionStatsError
        If the data is not a frame, or not one of named columns that include the required ones.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table, _ = as_table(pa.table({"started": [0], "project_id": [1.0], "status": ["ok"]}))
    >>> table.column("project_id").to_pylist()
    [1]
    """
    pa = needed("pyarrow", "arrow")
    if _is_pandas(data):
        table, names = _of_pandas(pa, data, naming)
    elif is_frame(data):
        table = _of_stream(pa, data.collect() if _is_lazy(data) else data)
        names = naming.of(table.column_names)
        table = ours_of(table, names)
    else:
        raise SessionStatsError(
            f"{type(data).__name__} has no {' and no '.join(PROTOCOL)}: it is not Arrow data"
        )
    if "duration" in names.theirs and pa.types.is_duration(table.column("duration").type):
        names = replace(names, milliseconds=False)  # such a column has a unit of its own
    return _usual_table(pa, table), names


def ours_of(table: Any, names: Names) -> Any:
    """The columns of a table that are ours, under our names."""
    places = [table.column_names.index(name) for name in names.theirs.values()]
    return table.select(places).rename_columns(list(names.theirs))


def _usual_table(pa: Any, table: Any) -> Any:
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        usual = _usual(pa, name, column)
        if usual is not column:
            table = table.set_column(place, name, usual)
    return table


def _is_pandas(data: object) -> bool:
    pandas = sys.modules.get("pandas")  # its frames exist only if it was imported
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _is_lazy(data: object) -> bool:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(data, polars.LazyFrame)


def _of_stream(pa: Any, data: Any) -> Any:
    try:
        if hasattr(data, PROTOCOL[0]):
            return pa.RecordBatchReader.from_stream(data).read_all()
        return pa.Table.from_batches([pa.record_batch(data)])
    except pa.ArrowInvalid as error:
        raise SessionStatsError(f"{type(data).__name__} is not a table of columns ({error})") from None


def _of_pandas(pa: Any, frame: Any, naming: Naming) -> tuple[Any, Names]:
    ours = (*UPDATE_COLUMNS, *naming.columns)
    if any(name in ours and name not in frame.columns for name in frame.index.names):
        frame = frame.reset_index()
    there = [str(name) for name in frame.columns]
    names = naming.of(there)
    columns = {
        name: _pandas_column(pa, name, frame.iloc[:, there.index(theirs)])
        for name, theirs in names.theirs.items()
    }
    return pa.table(columns), names


def with_ids(table: Any, projects: Mapping[str, int]) -> Any:
    """The table with ids for projects that it names by texts; an unknown text stays one."""
    place = table.column_names.index("project_id")
    column = table.column(place)
    if not projects or not _is_text(column.type):
        return table
    names = column.unique().to_pylist()
    if not all(name is None or name in projects for name in names):
        name = next(name for name in names if name is not None and name not in projects)
        row = column.to_pylist().index(name)
        raise DataError(f"not a project that is mapped: {name!r}", column="project_id", row=row, value=name)
    ids = [projects.get(name) for name in column.to_pylist()]
    return table.set_column(place, "project_id", [needed("pyarrow", "arrow").array(ids, "int64")])


def _is_text(kind: Any) -> bool:
    types = needed("pyarrow", "arrow").types
    value = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(value) or types.is_large_string(value) or types.is_string_view(value))


def _pandas_column(pa: Any, name: str, series: Any) -> Any:
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        if name != "distinct_id":
            kinds = " and ".join(sorted({type(value).__name__ for value in series.dropna()}))
            raise DataError(f"holds values of several types: {kinds}", column=name) from None
    # Users may be texts beside integers; an integer is the same user as its decimal text (§1.1).
    users = [str(user) if type(user) is int else user for user in series]
    try:
        return pa.array(users, pa.string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise DataError("holds values that are neither texts nor integers", column=name) from None


def _usual(pa: Any, name: str, column: Any) -> Any:
    """The column in the type that `sessionstats.io.arrow` expects, if that can represent the same values."""
    kind = column.type
    if name == "duration" and pa.types.is_duration(kind):
        nanoseconds = column.cast(pa.duration("ns")).cast(pa.int64())
        return pa.compute.divide(nanoseconds.cast(pa.float64(), safe=False), 1e9)
    if name == "duration" and pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if name in INTEGERS and (pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return _whole(pa, name, column)
    return column


def _whole(pa: Any, name: str, column: Any) -> Any:
    """A column of floats or decimals as integers; NaN is null."""
    compute = needed("pyarrow.compute", "arrow")
    if pa.types.is_floating(column.type):
        column = compute.if_else(compute.is_nan(column), None, column)
        beyond = compute.greater(compute.abs(column), float(EXACT))
        _reject_first(compute, name, "an integer kept as a float, and no longer exact", beyond, column)
    wrong = compute.not_equal(compute.floor(column), column)
    _reject_first(compute, name, "not an integer", wrong, column)
    return column.cast(pa.int64())


def _reject_first(compute: Any, name: str, problem: str, wrong: Any, column: Any) -> None:
    row = compute.index(wrong, True).as_py()
    if row >= 0:
        value = column[row].as_py()
        raise DataError(f"{problem}: {value}", column=name, row=row, value=value)
