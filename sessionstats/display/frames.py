"""The answer as an Arrow table, for data frames: the lines of `sessionstats.display.tidy`, with types.

1. Keys are strings (``project`` is int64), ``start`` and ``end`` are instants in UTC.
2. Counts are int64, other values float64; null is null.
"""

from typing import Any

import numpy as np

from sessionstats.display import tidy
from sessionstats.display.answer import Answer
from sessionstats.io.optional import needed


def arrow_table(answer: Answer) -> Any:
    """The answer as a tidy `pyarrow.Table`; see `sessionstats.Result.to_arrow`."""
    pa = needed("pyarrow", "arrow")
    names, instant = tidy.header(answer), pa.timestamp("s", "UTC")
    values = list(zip(*tidy.lines(answer), strict=True)) or [()] * len(names)
    columns: dict[str, Any] = dict(zip(names, values, strict=True))
    for name in ("start", "end"):
        columns[name] = np.array([text.removesuffix("Z") for text in columns[name]], "M8[s]")
    kinds = {name: pa.string() for name in names} | {"project": pa.int64(), "start": instant, "end": instant}
    for field in answer.query.fields:
        kinds[field.name] = pa.int64() if field.kind == "count" else pa.float64()
    return pa.table({name: pa.array(columns[name], kinds[name]) for name in names})
