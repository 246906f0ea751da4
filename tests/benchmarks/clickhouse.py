"""ClickHouse in process (``chdb``): exact distinct counts and exact quantiles, as its manual advises.

Two queries, one for the groups and one for the cells; one query with grouping sets takes as long.
"""

import pyarrow as pa
from chdb.session import Session

from tests.benchmarks.engines import CONDITIONS, HAS_DURATION, selection, window
from tests.benchmarks.questions import PERCENTILES, Question

TABLE = """
CREATE OR REPLACE TABLE sessions (
    started DateTime64(6, 'UTC'), project Int32, release LowCardinality(String),
    environment LowCardinality(String), status Int8, errors Int64, user_id Nullable(UInt32),
    duration Nullable(Float64), mechanism Int8
) ENGINE = Memory
"""


class ClickHouse:
    """The engine."""

    name = "ClickHouse"

    def load(self, table: pa.Table) -> None:
        self._session = Session()
        self._session.query("SET max_threads = 2")
        self._session.query(TABLE)
        texts = {name: table[name].cast(pa.string()) for name in ("release", "environment")}
        for name, column in texts.items():
            table = table.set_column(table.schema.get_field_index(name), name, column)
        self._releases = len(texts["release"].unique())
        self._session.query("INSERT INTO sessions SELECT * FROM Python(table)")

    def ask(self, question: Question) -> pa.Table:
        where = selection(question, window(question, "toDateTime64('{}', 6, 'UTC')"), self._releases)
        keys, measured = list(question.keys), ", ".join(_measures(question))
        groups = self._session.query(
            f"SELECT {', '.join([*keys, 'toInt32(-1) AS day', measured])} FROM sessions WHERE {where} "
            + (f"GROUP BY {', '.join(keys)}" if keys else ""),
            "ArrowTable",
        )
        day = f"toInt32(toDate(started) - toDate('2024-01-29') + {question.days}) AS day"
        cells = self._session.query(
            f"SELECT {', '.join([*keys, day, measured])} FROM sessions WHERE {where} "
            f"GROUP BY {', '.join([*keys, 'day'])}",
            "ArrowTable",
        )
        return _with_quantiles_apart(pa.concat_tables([groups, cells], promote_options="permissive"))


def _measures(question: Question) -> list[str]:
    measures = [f"countIf({CONDITIONS[name]}) AS sessions_{name}" for name in question.sessions]
    measures += [f"uniqExactIf(user_id, {CONDITIONS[name]}) AS users_{name}" for name in question.users]
    if question.durations:
        levels = ", ".join(str(p / 100) for p in PERCENTILES)
        measures += [f"{name}If(duration, {HAS_DURATION}) AS {name}" for name in ("avg", "max")]
        measures.append(f"quantilesExactInclusiveIf({levels})(duration, {HAS_DURATION}) AS quantiles")
    return measures


def _with_quantiles_apart(table: pa.Table) -> pa.Table:
    if "quantiles" not in table.column_names:
        return table
    rows = table["quantiles"].to_pylist()
    for place, p in enumerate(PERCENTILES):
        table = table.append_column(f"p{p}", pa.array([row[place] for row in rows], pa.float64()))
    return table.drop_columns("quantiles")
