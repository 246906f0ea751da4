"""The benchmark suite: `compute` against the engines people would use instead.

Run it with ``python -m tests.benchmarks`` (extra ``bench``); ``docs/performance.md`` shows what it wrote.

1. `data` makes the sessions of a scenario, the same for every side.
2. `questions` says what is asked, as a request and as what an engine has to group by.
3. `clickhouse`, `duckdb_sql` and `polars_frame` ask their engine for the same exact answer.
4. `agreement` compares the answers before anything is timed.
5. `timing` runs the sides in turn and takes medians; `memory` measures peaks, each in a fresh process.
6. `__main__` runs the scenarios of `scenarios` and writes one Markdown table for each.
"""
