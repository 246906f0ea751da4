"""Converting a column by its description: the one place that maps a kind to its function (§1.1, §1.4).

1. A column that is passed in is converted and checked by the function of its kind.
2. One that is left out is a constant of its missing value, which takes no memory.
"""

from typing import Any, cast

import numpy as np

from sessionstats.columns.numbers import integer_column, seconds_column
from sessionstats.columns.schema import Column, Kind
from sessionstats.columns.started import started_column
from sessionstats.columns.texts import (
    empty_texts,
    no_users,
    project_column,
    status_column,
    text_column,
    user_column,
)
from sessionstats.columns.values import Values, constant


def converted(column: Column, values: Values | None, n: int) -> Any:
    """The values of a column as `Sessions` and `Updates` hold them.

    Parameters
    ----------
    column : Column
    values : array, iterable or Encoded, optional
        If omitted, all `n` values are missing.
    n : int
        Number of rows; not compared with the length of `values`.

    Returns
    -------
    (n,) array or Encoded, read-only

    Raises
    ------
    DataError
        If a value breaks §1.4.

    Examples
    --------
    >>> from sessionstats.columns.schema import BY_NAME
    >>> converted(BY_NAME["errors"], [2, None], 2), converted(BY_NAME["quantity"], None, 2)
    (array([2, 0]), array([1, 1]))
    """
    if values is None and not column.required:
        return _missing(column, n)
    values = cast("Values", values)  # None as a required column is rejected like any value
    match column.kind:
        case Kind.INSTANT:
            return started_column(values)
        case Kind.SECONDS:
            return seconds_column(column.name, values)
        case Kind.USER:
            return user_column(values)
        case Kind.STATUS:
            return status_column(values)
        case Kind.TEXT:
            return text_column(column.name, values)
        case Kind.INTEGER if column.encoded:
            return project_column(values)
    default = cast("int | None", column.missing)
    return integer_column(column.name, values, default=default, least=column.least)


def _missing(column: Column, n: int) -> Any:
    """A column of missing values only."""
    match column.kind:
        case Kind.TEXT:
            return empty_texts(n)
        case Kind.USER:
            return no_users(n)
        case Kind.SECONDS:
            return constant(np.nan, n, np.float64)
    return constant(cast("int", column.missing), n, np.int64)
