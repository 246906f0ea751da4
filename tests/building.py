"""Sessions of one column, for tests of that column."""

from typing import Any

import pytest

from sessionstats import DataError, Sessions


def built(**columns: Any) -> Sessions:
    """Sessions of the given columns; missing required ones are filled in."""
    n = next(len(column) for column in columns.values())
    return Sessions(**{"started": [0] * n, "project_id": [1] * n, "status": ["ok"] * n, **columns})


def rejection(**columns: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        built(**columns)
    return caught.value
