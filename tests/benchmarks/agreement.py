"""Whether an engine's answer is ours, checked before anything is timed.

1. Every group and cell of the engine is looked up in our answer; every count of ours that is not there is 0.
2. Counts are equal; rates and durations are equal to 1e-9 of their size: engines add durations in any order,
   and place quantiles with floats.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from sessionstats import Result
from tests.benchmarks.questions import Question, fields_from


def assert_same(result: Result, table: pa.Table, question: Question, engine: str) -> None:
    """Raise an `AssertionError` that names the first field that differs."""
    columns = {name: table[name].to_pylist() for name in (*question.keys, "day")}
    measures = {
        name: np.asarray(table[name].to_numpy(zero_copy_only=False), np.float64)
        for name in table.column_names
        if name not in columns
    }
    row_of = _rows(result, question)
    keys = list(zip(*[columns[name] for name in question.keys], strict=True)) or [()] * table.num_rows
    day = np.array(columns["day"])
    groups = day < 0
    assert groups.sum() == len({key[: len(question.keys)] for key in row_of}), engine
    for name, theirs in fields_from(measures, question).items():
        field, _, status = name.partition(" ")
        rows = np.array([row_of[(*key, status) if status else key] for key in keys])
        for part, chosen in (("totals", groups), ("series", ~groups)):
            values = getattr(result, part)[field]
            ours = values[rows[chosen]] if part == "totals" else values[rows[chosen], day[chosen]]
            np.testing.assert_allclose(
                np.nan_to_num(theirs[chosen]),
                np.nan_to_num(ours),
                rtol=1e-9,
                atol=0,
                err_msg=f"{engine}: {name} {part}",
            )
            if field in ("sum(session)", "count_unique(user)") and part == "series":
                in_all = values[[row for key, row in row_of.items() if not status or key[-1] == status]].sum()
                assert ours.sum() == in_all, f"{engine}: cells are missing"


def _rows(result: Result, question: Question) -> dict[tuple[Any, ...], int]:
    names = [*question.keys, *(("session.status",) if question.by_status else ())]
    lists = [result.by[name].tolist() for name in names]
    return {key: row for row, key in enumerate(zip(*lists, strict=True))} if names else {(): 0}
