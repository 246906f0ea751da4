"""The engines that `compute` is compared with, by name."""

from typing import Final

from tests.benchmarks.clickhouse import ClickHouse
from tests.benchmarks.duckdb_two_stage import DuckDB
from tests.benchmarks.engines import Engine
from tests.benchmarks.polars_frame import Polars

ENGINES: Final[dict[str, type[Engine]]] = {engine.name: engine for engine in (ClickHouse, Polars, DuckDB)}
