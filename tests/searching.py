"""What a search keeps, of rows given as tuples."""

from collections.abc import Sequence

import numpy as np

from sessionstats.columns.encoding import encode
from sessionstats.health import HEALTH_CLASSES
from sessionstats.search.context import SearchContext
from sessionstats.search.search import validate_search

Row = tuple[int, str, str]
"""Project, release, environment."""

NO_CONTEXT = SearchContext(health_classes=HEALTH_CLASSES)


def rows_kept(text: str, rows: Sequence[Row], context: SearchContext = NO_CONTEXT) -> list[bool]:
    """Whether the search keeps each row; the tables of a conjunction, if there are any, agree."""
    columns = tuple(map(encode, zip(*rows, strict=True)))
    mask = validate_search(text, context).bind(*columns)
    if mask is None:
        return [True] * len(rows)
    codes = tuple(column.codes for column in columns)
    kept = mask(*codes)
    assert kept.dtype == np.bool_
    if mask.tables is not None:
        every = np.ones(len(rows), bool)
        for table, code in zip(mask.tables, codes, strict=True):
            every &= True if table is None else table[code]
        assert every.tolist() == kept.tolist()
    return kept.tolist()  # type: ignore[no-any-return]
