"""Session statistics in DuckDB: one statement, whose stages have the names of the rules.

1. ``sessions``: what is missing made explicit, users who are nobody left out, health classes (§1).
2. ``bounds``, ``intervals``, ``selected``: the rounded window, and what is in it after all filters (§3, §4).
3. ``base_groups``: one row each, measured over the whole window; these are the totals (§5, §6).
4. ``ranked``, ``head`` and ``page``: the order of base groups, the cap, and which of them are shown (§7).
5. ``cells``: the same measures of each group of the page in each interval that has sessions (§6).
6. ``series``: the cells and the intervals between them, as one list per group and field (§6.6).

Measures (`measures`) are counts and statistics of sessions; fields are expressions of measures (`value`),
written once and used for the rank, the totals and the series. `query` lists what is not claimed.

It speaks the protocol of §9 on standard input and output: ``python tests/engines/duckdb_sql.py``.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

try:
    from tests.engines.answers import Head, lay_out
    from tests.engines.query import Query, instant, read
except ModuleNotFoundError:  # run as a program
    from answers import Head, lay_out  # type: ignore[no-redef,import-not-found]
    from query import Query, instant, read  # type: ignore[no-redef,import-not-found]


COLUMNS = {
    "started": "TIMESTAMP",
    "project_id": "BIGINT",
    "release": "VARCHAR",
    "environment": "VARCHAR",
    "status": "VARCHAR",
    "errors": "BIGINT",
    "distinct_id": "VARCHAR",
    "duration": "DOUBLE",
    "abnormal_mechanism": "VARCHAR",
    "quantity": "BIGINT",
}
"""A table of sessions (§1.1)."""

MACROS = """
-- Hyndman and Fan's type 7, with the position in integers (§6.3).
CREATE MACRO quantile_7(sorted, percentage) AS
    sorted[(len(sorted) - 1) * percentage // 100 + 1]
    + (sorted[((len(sorted) - 1) * percentage + 99) // 100 + 1]
       - sorted[(len(sorted) - 1) * percentage // 100 + 1])
      * ((len(sorted) - 1) * percentage % 100 / 100.0::DOUBLE);
-- Milliseconds; results that are not finite are null.
CREATE MACRO milliseconds(seconds) AS CASE WHEN isfinite(seconds * 1000) THEN seconds * 1000 END;
"""

STATEMENT = """
WITH raw AS (
    SELECT unnest(from_json($rows::JSON, '{columns}'), recursive := true)
),
sessions AS (
    SELECT
        started,
        project_id AS project,
        coalesce(release, '') AS release,
        coalesce(environment, '') AS environment,
        coalesce(quantity, 1) AS quantity,
        CASE WHEN distinct_id NOT IN ('', '{nil}', replace('{nil}', '-', '')) THEN distinct_id END AS user_id,
        CASE WHEN status IN ('crashed', 'abnormal') THEN status
             WHEN status = 'errored' OR errors > 0 THEN 'errored'
             ELSE 'healthy' END AS health,
        CASE WHEN status = 'exited' THEN duration END AS duration,
        abnormal_mechanism AS mechanism
    FROM raw
    WHERE quantity IS DISTINCT FROM 0
),
bounds AS (
    SELECT
        time_bucket($step, least($start, $now), TIMESTAMP '1970-01-01') AS first,
        time_bucket($step, $end - INTERVAL 1 MICROSECOND, TIMESTAMP '1970-01-01') + $step AS last
),
intervals AS (
    SELECT unnest(generate_series(first, last - $step, $step)) AS bucket FROM bounds
),
selected AS (
    SELECT sessions.*, time_bucket($step, started, TIMESTAMP '1970-01-01') AS bucket
    FROM sessions, bounds
    WHERE started >= first AND started < last
      AND ($projects IS NULL OR list_contains($projects, project))
      AND ($environments IS NULL OR list_contains($environments, environment))
),
base_groups AS (
    SELECT {keys} {measures}
    FROM selected
    {grouped}
),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY {order}) AS rank FROM base_groups
),
head AS (
    SELECT
        first, last,
        (SELECT list(bucket ORDER BY bucket) FROM intervals) AS intervals,
        (SELECT count(*) FROM base_groups) AS n_groups,
        least($per_page, greatest(1, $max_points // {points_of_a_group})) AS page_size
    FROM bounds
),
page AS (
    SELECT ranked.*, health
    FROM ranked, head, unnest({classes}) AS classes(health)
    WHERE rank > $offset AND rank <= $offset + page_size
),
cells AS (
    SELECT rank, bucket, {measures}
    FROM selected JOIN ranked ON {same_keys}
    WHERE rank IN (SELECT rank FROM page)
    GROUP BY rank, bucket
),
series AS (
    SELECT rank, health, {series}
    FROM (SELECT rank, health FROM page) CROSS JOIN intervals
    LEFT JOIN cells USING (rank, bucket)
    GROUP BY rank, health
)
SELECT head.*, rank, {shown_keys} {values}, series.* EXCLUDE (rank, health)
FROM head LEFT JOIN (page JOIN series USING (rank, health)) ON true
ORDER BY rank, health
"""
"""One line per group and status group of the page; without any, one line that has only the head."""

NIL = "00000000-0000-0000-0000-000000000000"
"""The nil UUID, which means no user (§1.1)."""

CLASSES = ("abnormal", "crashed", "errored", "healthy")
"""The health classes, in the order of answers (§5)."""

USERS_OF_CLASS = {
    "abnormal": "users_abnormal",
    "crashed": "users_crashed",
    "errored": "greatest(0, users_unhealthy - users_crashed - users_abnormal)",
    "healthy": "greatest(0, users - users_unhealthy)",
}
"""Users by class are counts subtracted from counts, at least 0 (§6.2)."""

PERCENTILES = (50, 75, 90, 95, 99)


@dataclass(frozen=True)
class Functions:
    """The aggregates that may be exact or a sketch: of ``user_id``, and of ``duration`` and a percentage."""

    distinct: str
    quantile: str


EXACT = Functions(
    "count(DISTINCT user_id)",
    "quantile_7(list(duration ORDER BY duration) FILTER (duration IS NOT NULL), {})",
)
"""To the bit. DuckDB's own ``quantile_cont`` computes the position ``(n - 1) * q`` in binary64, so that its
last bits differ: p99 of 1, 2, 4 and 8 is 7.879999999999999 there."""

SKETCH = Functions("approx_count_distinct(user_id)", "approx_quantile(duration, ({} / 100.0)::FLOAT)")
"""As one would query a large table: HyperLogLog and t-digest."""


def measures(functions: Functions) -> dict[str, str]:
    """What is measured of every group, over the window and in each interval; names and aggregates (§6)."""

    def sessions(where: str) -> str:
        return f"coalesce(sum(quantity) FILTER ({where}), 0)::BIGINT"

    def users(where: str) -> str:
        return f"{functions.distinct} FILTER ({where})"

    return {
        "sessions": sessions("true"),
        **{f"sessions_{name}": sessions(f"health = '{name}'") for name in CLASSES},
        "users": users("true"),
        "users_abnormal": users("health = 'abnormal'"),
        "users_crashed": users("health = 'crashed'"),
        "users_unhealthy": users("health <> 'healthy'"),
        "users_anr": users("health = 'abnormal' AND mechanism IN ('anr_foreground', 'anr_background')"),
        "users_foreground_anr": users("health = 'abnormal' AND mechanism = 'anr_foreground'"),
        "avg": "favg(duration)",
        "max": "max(duration)",
        **{f"p{percentage}": functions.quantile.format(percentage) for percentage in PERCENTILES},
    }


def value(field: str, *, by_status: bool) -> str:
    """A field as an expression of measures, and of ``health`` if grouped by status (§6)."""
    name, _, subject = field.rstrip(")").partition("(")
    if field == "sum(session)":
        return of_class({c: f"sessions_{c}" for c in CLASSES}, "0") if by_status else "coalesce(sessions, 0)"
    if field == "count_unique(user)":
        return of_class(USERS_OF_CLASS, "0") if by_status else "coalesce(users, 0)"
    if subject == "session.duration":
        milliseconds = f'milliseconds("{name}")'
        return of_class({"healthy": milliseconds}, "NULL") if by_status else milliseconds
    part = "crashed" if name.startswith("crash_") else name.removesuffix("_rate")
    whole = "sessions" if subject == "session" else "users"
    rate = f"{whole}_{part} / nullif({whole}, 0)"
    return f"1 - {rate}" if name == "crash_free_rate" else rate


def of_class(expressions: dict[str, str], missing: str) -> str:
    """The expression for the class of a row."""
    cases = " ".join(f"WHEN '{name}' THEN {expression}" for name, expression in expressions.items())
    return f"coalesce(CASE health {cases} END, {missing})"


def something(query: Query) -> str:
    """What a base group needs: data for at least one field (§5)."""
    if any("session)" in field for field in query.fields):
        return "true"
    subjects = {"duration" if "duration" in field else "user_id" for field in query.fields}
    return " OR ".join(f"count({subject}) > 0" for subject in sorted(subjects))


def statement(query: Query, functions: Functions) -> str:
    """The SQL that answers a request."""
    keys = ", ".join(query.keys)
    direction = "ASC" if query.ascending else "DESC"
    ranking = value(query.ranking_field, by_status=False)
    fields = [value(field, by_status=query.by_status) for field in query.fields]
    needed = set(re.findall(r"\w+", " ".join([ranking, *fields])))
    measured = {name: sql for name, sql in measures(functions).items() if name in needed}
    return STATEMENT.format(
        nil=NIL,
        columns=json.dumps([COLUMNS]),
        keys=f"{keys}," if keys else "",
        measures=", ".join(f'{sql} AS "{name}"' for name, sql in measured.items()),
        grouped=f"GROUP BY {keys} HAVING {something(query)}" if keys else "",
        order=", ".join([f"{ranking} {direction} NULLS LAST", *query.keys]),
        points_of_a_group="(SELECT count(*) FROM intervals)" if query.series else "1",
        classes=list(CLASSES) if query.by_status else "['']",
        same_keys=" AND ".join(f"selected.{key} = ranked.{key}" for key in query.keys) or "true",
        series=", ".join(f"list({field} ORDER BY bucket)" for field in fields),
        shown_keys="".join("health, " if key == "session.status" else f"{key}, " for key in query.group_by),
        values=", ".join(fields),
    )


@cache
def connection() -> Any:
    """A database in memory. One thread: a request has few rows."""
    import duckdb

    connected = duckdb.connect()
    connected.execute("SET threads = 1")
    connected.execute(MACROS)
    return connected


def answer(request: dict[str, Any], functions: Functions = EXACT) -> dict[str, Any]:
    """Answer a request of the protocol (§9)."""
    query = read(request)
    given = {
        "rows": json.dumps([typed(row) for row in request["sessions"]]),
        **{
            name: getattr(query, name) for name in ("start", "end", "now", "step", "projects", "environments")
        },
        **{name: getattr(query, name) for name in ("per_page", "offset", "max_points")},
    }
    found = connection().execute(statement(query, functions), given).fetchall()
    first, last, intervals, n_groups, page_size = found[0][:5]
    head = Head(text(first), text(last), [text(each) for each in intervals], n_groups, page_size)
    return lay_out(request, query, head, [list(row[6:]) for row in found if row[5] is not None])


def typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the columns of the table hold it: instants in one form, users as texts."""
    user = row.get("distinct_id")
    return {
        **{name: row.get(name) for name in COLUMNS},
        "started": instant(row["started"]).isoformat(),
        "distinct_id": None if user is None else str(user),
    }


def text(moment: datetime) -> str:
    """An instant in the form of the answer (§8)."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def main() -> None:
    """Answer every line of standard input."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
