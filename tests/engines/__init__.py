"""Session statistics in SQL, in real engines: DuckDB and ClickHouse, checked by the kit.

1. `query` reads the few parameters that the SQL needs; it is a thin layer of its own and imports nothing of
   the kernel, as another implementation would not.
2. `duckdb_sql` and `clickhouse_sql` compute everything else.
3. `answers` lays rows of an engine out as an answer of §8.
"""
