"""The benchmark suite: `compute` against the engines that people would use instead.

Run it with ``python -m tests.benchmarks`` (extra ``bench``); ``docs/performance.md`` shows what it wrote.

1. `data` makes the sessions of a scenario, the same for every engine.
2. `questions` holds each question, as a request and as what an engine has to group by.
3. `clickhouse`, `duckdb_two_stage` and `polars_frame` query their engine for the same exact answer.
4. `agreement` compares the answers before anything is timed.
5. `timing` runs the engines alternately and takes medians; it measures peak memory in fresh processes.
6. `__main__` runs the scenarios of `scenarios` and writes one Markdown table for each.
"""
