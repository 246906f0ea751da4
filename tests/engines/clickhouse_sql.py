"""Session statistics in ClickHouse (the ``chdb`` package, in process): `duckdb_sql` in its dialect.

1. The stages and their names are those of `duckdb_sql`, and so are the expressions of fields.
2. ClickHouse inlines a common table expression wherever it is named, and computes it again: here the stages
   that are named more than once are tables.
3. Instants are integers, microseconds since 1970.
4. Instead of ``FILTER`` there are ``-If`` functions; empty aggregates are 0 or NaN, unless ``-OrNull``.
5. Its JSON writes 1.0 as 1: the fields that are floats are converted back afterwards.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tests.engines.answers import Head, lay_out
from tests.engines.duckdb_sql import CLASSES, NIL, PERCENTILES, Functions, something, value
from tests.engines.query import EPOCH, MICROSECOND, Query, instant, read

EXACT = Functions("uniqExact", "quantile_7(arraySort(groupArray(duration)), {})")
"""To the bit. ClickHouse's own ``quantileExactInclusive`` computes the position in binary64."""

SKETCH = Functions("uniq", "quantileTDigestOrNull({} / 100)(duration)")
"""As one would query a large table: an adaptive sample of hashes, and t-digest."""

COLUMNS = {
    "started": "Int64",
    "project_id": "Int64",
    "release": "Nullable(String)",
    "environment": "Nullable(String)",
    "status": "String",
    "errors": "Nullable(Int64)",
    "distinct_id": "Nullable(String)",
    "duration": "Nullable(Float64)",
    "abnormal_mechanism": "Nullable(String)",
    "quantity": "Nullable(Int64)",
}
"""A table of sessions (§1.1)."""

FUNCTIONS = (
    # Hyndman and Fan's type 7, with the position in integers (§6.3).
    """CREATE OR REPLACE FUNCTION quantile_7 AS (sorted, percentage) -> if(empty(sorted), NULL,
        sorted[intDiv((length(sorted) - 1) * percentage, 100) + 1]
        + (sorted[intDiv((length(sorted) - 1) * percentage + 99, 100) + 1]
           - sorted[intDiv((length(sorted) - 1) * percentage, 100) + 1])
          * ((length(sorted) - 1) * percentage % 100 / 100))""",
    # Milliseconds; results that are not finite are null.
    """CREATE OR REPLACE FUNCTION milliseconds AS seconds ->
        if(isFinite(seconds * 1000), seconds * 1000, NULL)""",
)

STAGES = (
    """
CREATE OR REPLACE TABLE bounds ENGINE = Memory AS
SELECT
    least({start}, {now}) - positiveModulo(least({start}, {now}), {step}) AS first,
    {end} + positiveModulo(0 - {end}, {step}) AS last,
    intDiv(last - first, {step}) AS n_intervals
""",
    """
CREATE OR REPLACE TABLE selected ENGINE = Memory AS
WITH raw AS (
    SELECT * FROM format(JSONEachRow, '{columns}', {rows})
),
sessions AS (
    SELECT
        started,
        project_id AS project,
        coalesce(raw.release, '') AS release,
        coalesce(raw.environment, '') AS environment,
        coalesce(raw.quantity, 1) AS quantity,
        if(distinct_id IN ('', '{nil}', replaceAll('{nil}', '-', '')), NULL, distinct_id) AS user_id,
        multiIf(status IN ('crashed', 'abnormal'), status,
                status = 'errored' OR coalesce(errors, 0) > 0, 'errored',
                'healthy') AS health,
        if(status = 'exited', raw.duration, NULL) AS duration,
        coalesce(abnormal_mechanism, '') AS mechanism
    FROM raw
    WHERE coalesce(raw.quantity, 1) <> 0
)
SELECT sessions.*, intDiv(started - first, {step}) AS bucket
FROM sessions CROSS JOIN bounds
WHERE started >= first AND started < last AND {filters}
""",
    """
CREATE OR REPLACE TABLE ranked ENGINE = Memory AS
WITH base_groups AS (
    SELECT {keys} {measures}
    FROM selected
    {grouped}
)
SELECT *, row_number() OVER (ORDER BY {order}) AS rank FROM base_groups
""",
    """
CREATE OR REPLACE TABLE head ENGINE = Memory AS
SELECT
    first, last, n_intervals,
    (SELECT count() FROM ranked) AS n_groups,
    least({per_page}, greatest(1, intDiv({max_points}, {points_of_a_group}))) AS page_size
FROM bounds
""",
    """
CREATE OR REPLACE TABLE page ENGINE = Memory AS
SELECT ranked.*, n_intervals, arrayJoin({classes}) AS health
FROM ranked CROSS JOIN head
WHERE rank > {offset} AND rank <= {offset} + page_size
""",
    """
WITH cells AS (
    SELECT rank, bucket, {measures}
    FROM selected INNER JOIN ranked ON {same_keys}
    GROUP BY rank, bucket
),
grid AS (
    SELECT rank, health, arrayJoin(range(n_intervals)) AS bucket FROM page
),
series AS (
    SELECT rank, health, {series}
    FROM grid LEFT JOIN cells USING (rank, bucket)
    GROUP BY rank, health
)
SELECT {shown_keys} {values}, {series_names}
FROM page INNER JOIN series USING (rank, health)
ORDER BY rank, health
""",
)
"""Statements; each but the last makes the table of a stage."""


def measures(functions: Functions) -> dict[str, str]:
    """What is measured of every group, over the window and in each interval; names and aggregates (§6)."""

    def users(where: str) -> str:
        return f"toInt64({functions.distinct}If(user_id, {where}))"

    return {
        "sessions": "sum(quantity)",
        **{f"sessions_{name}": f"sumIf(quantity, health = '{name}')" for name in CLASSES},
        "users": users("true"),
        "users_abnormal": users("health = 'abnormal'"),
        "users_crashed": users("health = 'crashed'"),
        "users_unhealthy": users("health <> 'healthy'"),
        "users_anr": users("health = 'abnormal' AND mechanism IN ('anr_foreground', 'anr_background')"),
        "users_foreground_anr": users("health = 'abnormal' AND mechanism = 'anr_foreground'"),
        "avg": "sumKahanOrNull(duration) / count(duration)",
        "max": "max(duration)",
        **{f"p{percentage}": functions.quantile.format(percentage) for percentage in PERCENTILES},
    }


def statements(query: Query, rows: list[dict[str, Any]], functions: Functions) -> list[str]:
    """The SQL that answers a request."""
    keys = ", ".join(query.keys)
    ranking = value(query.ranking_field, by_status=False)
    fields = [value(field, by_status=query.by_status) for field in query.fields]
    needed = set(re.findall(r"\w+", " ".join([ranking, *fields])))
    measured = {name: sql for name, sql in measures(functions).items() if name in needed}
    names = [f"series_{place}" for place in range(len(fields))]
    parts = dict(
        nil=NIL,
        columns=", ".join(f"{name} {kind}" for name, kind in COLUMNS.items()),
        rows=literal("\n".join(json.dumps(row) for row in rows)),
        **{name: microseconds(getattr(query, name)) for name in ("start", "end", "now", "step")},
        filters=filters(query),
        keys=f"{keys}," if keys else "",
        measures=", ".join(f'{sql} AS "{name}"' for name, sql in measured.items()),
        grouped=f"GROUP BY {keys} HAVING {something(query)}" if keys else "",
        order=", ".join([f"{ranking} {'ASC' if query.ascending else 'DESC'} NULLS LAST", *query.keys]),
        per_page=query.per_page or query.max_points,
        max_points=query.max_points,
        offset=query.offset,
        points_of_a_group="n_intervals" if query.series else "1",
        classes=list(CLASSES) if query.by_status else "['']",
        same_keys=" AND ".join(f"selected.{key} = ranked.{key}" for key in query.keys) or "true",
        series=", ".join(
            f"arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((bucket, {field})))) AS {name}"
            for field, name in zip(fields, names, strict=True)
        ),
        series_names=", ".join(names),
        shown_keys="".join("health, " if key == "session.status" else f"{key}, " for key in query.group_by),
        values=", ".join(fields),
    )
    return [stage.format(**parts) for stage in STAGES]


def filters(query: Query) -> str:
    """The selected projects and environments, as a condition (§4)."""
    conditions = ["true"]
    if query.projects is not None:
        conditions.append(f"has({query.projects}, project)")
    if query.environments is not None:
        conditions.append(f"has([{', '.join(map(literal, query.environments))}], environment)")
    return " AND ".join(conditions)


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def microseconds(value: datetime | timedelta) -> int:
    """An instant, since 1970, or a length."""
    return (value if isinstance(value, timedelta) else value - EPOCH) // MICROSECOND


@cache
def database() -> Any:
    """A database in memory."""
    from chdb.session import Session

    session = Session()
    for function in FUNCTIONS:
        session.query(function)
    session.query("SET join_use_nulls = 1, max_threads = 1")
    return session


def answer(request: dict[str, Any], functions: Functions = EXACT) -> dict[str, Any]:
    """Answer a request of the protocol (§9)."""
    query = read(request)
    rows = [typed(row) for row in request["sessions"]]
    *stages, last_stage = statements(query, rows, functions)
    for stage in stages:
        database().query(stage)
    [[first, last, n_intervals, n_groups, page_size]] = found("SELECT * FROM head")
    starts = [first + bucket * microseconds(query.step) for bucket in range(n_intervals)]
    head = Head(text(first), text(last), [text(start) for start in starts], n_groups, page_size)
    return lay_out(request, query, head, [floats(query, row) for row in found(last_stage)])


def found(statement: str) -> list[list[Any]]:
    """The rows of a query."""
    output = str(database().query(statement, "JSONCompactEachRow"))
    return [json.loads(line) for line in output.splitlines()]


def typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the columns of the table hold it: instants in one form, users as texts."""
    user = row.get("distinct_id")
    return {
        **{name: row.get(name) for name in COLUMNS},
        "started": microseconds(instant(row["started"])),
        "distinct_id": None if user is None else str(user),
    }


def floats(query: Query, row: list[Any]) -> list[Any]:
    """A row with the numbers of all fields but counts as floats."""
    keys, values = row[: len(query.group_by)], row[len(query.group_by) :]
    counts = [field in ("sum(session)", "count_unique(user)") for field in query.fields] * 2
    return keys + [each if count else as_float(each) for count, each in zip(counts, values, strict=True)]


def as_float(value: Any) -> Any:
    if isinstance(value, list):
        return [as_float(each) for each in value]
    return None if value is None else float(value)


def text(moment: int) -> str:
    """An instant in the form of the answer (§8)."""
    return f"{EPOCH + MICROSECOND * moment:%Y-%m-%dT%H:%M:%SZ}"
