"""DuckDB, with distinct users deduplicated in two stages by hand: ``count(DISTINCT …)`` is slower by far.

Users of a group and day are grouped first, with what they had; then they are counted.
"""

import duckdb
import pyarrow as pa

from tests.benchmarks.engines import CONDITIONS, HAS_DURATION, selection, window
from tests.benchmarks.questions import PERCENTILES, Question


class DuckDB:
    """The engine."""

    name = "DuckDB"

    def load(self, table: pa.Table) -> None:
        self._db = duckdb.connect()
        self._db.execute("SET threads = 2")
        self._db.register("given", table)
        self._db.execute("CREATE TABLE sessions AS SELECT * FROM given")
        self._db.unregister("given")
        self._releases = self._db.sql("SELECT count(DISTINCT release) FROM sessions").fetchall()[0][0]

    def ask(self, question: Question) -> pa.Table:
        where = selection(question, window(question, "TIMESTAMP '{}'"), self._releases)
        first = f"(TIMESTAMP '2024-01-29' - INTERVAL {question.days} DAY)"
        day = f"date_diff('day', {first}, started)::INTEGER"
        parts = [self._part(question, where, cell) for cell in ("-1", day)]
        return pa.concat_tables(parts, promote_options="permissive")

    def _part(self, question: Question, where: str, day: str) -> pa.Table:
        keys = [*question.keys, "day"]
        source = f"(SELECT *, {day} AS day FROM sessions WHERE {where})"
        names, measures = ", ".join(keys), ", ".join(_measures(question))
        queries = []
        if measures:
            queries.append(f"(SELECT {names}, {measures} FROM {source} GROUP BY {names}) AS a")
        if question.users:
            flags = "".join(f", bool_or({CONDITIONS[name]}) AS {name}_" for name in question.users)
            counts = ", ".join(f"count(*) FILTER ({name}_) AS users_{name}" for name in question.users)
            each = f"SELECT {names}, user_id{flags} FROM {source} WHERE user_id IS NOT NULL"
            stage = f"({each} GROUP BY {names}, user_id)"
            queries.append(f"(SELECT {names}, {counts} FROM {stage} GROUP BY {names}) AS b")
        joined = f" LEFT JOIN {queries[1]} USING ({names})" if len(queries) > 1 else ""
        return self._db.sql(f"SELECT * FROM {queries[0]}{joined}").to_arrow_table()


def _measures(question: Question) -> list[str]:
    measures = [f"count(*) FILTER ({CONDITIONS[name]}) AS sessions_{name}" for name in question.sessions]
    if question.durations:
        durations = f"(duration) FILTER ({HAS_DURATION})"
        measures += [f"{name}{durations} AS {name}" for name in ("avg", "max")]
        measures += [
            f"quantile_cont(duration, {p / 100}) FILTER ({HAS_DURATION}) AS p{p}" for p in PERCENTILES
        ]
    return measures
