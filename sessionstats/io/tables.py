"""Data frames of other libraries as Arrow tables that the kernel reads (extra ``arrow``).

1. Whatever has the Arrow PyCapsule interface is a frame: tables, batches and readers of pyarrow, frames of
   Polars, relations of DuckDB; a lazy frame of Polars is collected. Data is not copied.
2. A frame of pandas is converted column by column, so that a column that is none of ours hinders nobody. NaN,
   NaT, `None` and pandas' NA are missing values. An index that is named like a column of ours is that column.
3. A frame keeps integers as floats once one is missing: such a column of whole numbers is one of integers
   again, up to 2⁵³, beyond which a float no longer tells integers apart.
4. Lengths of time (timedelta) are durations in seconds, decimals are numbers.
"""

import sys
from typing import Any, Final, Protocol

from sessionstats.columns.schema import UPDATE, UPDATE_COLUMNS, Kind
from sessionstats.errors import DataError, SessionStatsError
from sessionstats.io.optional import needed

PROTOCOL: Final = ("__arrow_c_stream__", "__arrow_c_array__")
"""Methods of the Arrow PyCapsule interface: a stream of batches, or one batch."""

INTEGERS: Final = tuple([column.name for column in UPDATE if column.kind in (Kind.INTEGER, Kind.USER)])
"""Columns in which a float may be an integer."""

EXACT: Final = 2**53
"""Largest size of an integer up to which float64 holds all of them."""


class Frame(Protocol):
    """A data frame of another library."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The frame as a stream of Arrow batches."""


def is_frame(data: object) -> bool:
    """Whether the data is a frame, or anything else that Arrow reads."""
    return _is_pandas(data) or _is_lazy(data) or any(hasattr(data, method) for method in PROTOCOL)


def as_table(data: Any) -> Any:
    """The data as a `pyarrow.Table`.

    Raises
    ------
    DataError
        If a column holds values of several types, or floats where integers belong.
    SessionStatsError
        If the data is not a frame, or not one of named columns.

    Examples
    --------
    >>> import pyarrow as pa
    >>> as_table(pa.table({"errors": [1.0, None]})).column("errors").to_pylist()
    [1, None]
    """
    pa = needed("pyarrow", "arrow")
    if _is_pandas(data):
        table = _of_pandas(pa, data)
    elif is_frame(data):
        table = _of_stream(pa, data.collect() if _is_lazy(data) else data)
    else:
        raise SessionStatsError(
            f"{type(data).__name__} has no {' and no '.join(PROTOCOL)}: it is not Arrow data"
        )
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        usual = _usual(pa, name, column)
        if usual is not column:
            table = table.set_column(place, name, usual)
    return table


def _is_pandas(data: object) -> bool:
    pandas = sys.modules.get("pandas")  # a frame of it exists only if it was imported
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


def _of_pandas(pa: Any, frame: Any) -> Any:
    if any(name in UPDATE_COLUMNS and name not in frame.columns for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    columns = [
        _pandas_column(pa, name, frame.iloc[:, place])
        if name in UPDATE_COLUMNS
        else pa.nulls(len(frame))  # not read; its name may matter to an error
        for place, name in enumerate(names)
    ]
    return pa.table(columns, names=names)


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
    """The column in the type that `sessionstats.io.arrow` expects, if another one can mean the same."""
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
        _refuse_first(compute, name, "an integer kept as a float, and no longer exact", beyond, column)
    wrong = compute.not_equal(compute.floor(column), column)
    _refuse_first(compute, name, "not an integer", wrong, column)
    return column.cast(pa.int64())


def _refuse_first(compute: Any, name: str, problem: str, wrong: Any, column: Any) -> None:
    row = compute.index(wrong, True).as_py()
    if row >= 0:
        value = column[row].as_py()
        raise DataError(f"{problem}: {value}", column=name, row=row, value=value)
