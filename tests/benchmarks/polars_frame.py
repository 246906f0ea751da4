"""Polars: two lazy group-bys over one frame, collected together."""

from functools import reduce
from operator import or_

import polars as pl
import pyarrow as pa

from tests.benchmarks.data import END
from tests.benchmarks.engines import ABNORMAL, CRASHED, ERRORED, EXITED
from tests.benchmarks.questions import PERCENTILES, Question

STATUS, ERRORS, MECHANISM = pl.col("status"), pl.col("errors"), pl.col("mechanism")

UNHEALTHY = reduce(or_, [STATUS >= ABNORMAL, STATUS == ERRORED, ERRORS > 0])

CONDITIONS = {
    "all": pl.lit(True),
    "crashed": STATUS == CRASHED,
    "abnormal": STATUS == ABNORMAL,
    "unhealthy": UNHEALTHY,
    "errored": UNHEALTHY & (STATUS < ABNORMAL),
    "healthy": ~UNHEALTHY,
    "anr": MECHANISM.is_in([1, 2]),
    "foreground_anr": MECHANISM == 1,
}


class Polars:
    """The engine."""

    name = "Polars"

    def load(self, table: pa.Table) -> None:
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        self._frame = frame.with_columns(pl.col("release", "environment").cast(pl.Categorical)).rechunk()
        self._releases = frame["release"].n_unique()

    def ask(self, question: Question) -> pa.Table:
        end = pl.lit(END.item())
        start = end - pl.duration(days=question.days)
        rows = self._frame.lazy().filter((pl.col("started") >= start) & (pl.col("started") < end))
        if question.keys == ("release",) and self._releases > question.limit:
            sizes = (
                rows.group_by("release")
                .len()
                .sort(["len", pl.col("release").cast(pl.String)], descending=[True, False])
            )
            rows = rows.join(sizes.head(question.limit).select("release"), on="release", how="semi")
        day = (pl.col("started") - start).dt.total_days().cast(pl.Int32)
        measures = _measures(question)
        parts = [
            rows.with_columns(day=cell).group_by(*question.keys, "day").agg(measures)
            for cell in (pl.lit(-1, pl.Int32), day)
        ]
        frame = pl.concat(pl.collect_all(parts))
        return frame.with_columns(pl.col(pl.Categorical).cast(pl.String)).to_arrow()


def _measures(question: Question) -> list[pl.Expr]:
    user, duration = pl.col("user_id"), pl.col("duration").filter(STATUS == EXITED).drop_nulls()
    measures = [
        CONDITIONS[name].sum().alias(f"sessions_{name}") if name != "all" else pl.len().alias("sessions_all")
        for name in question.sessions
    ]
    measures += [
        user.filter(CONDITIONS[name] & user.is_not_null()).n_unique().alias(f"users_{name}")
        for name in question.users
    ]
    if question.durations:
        measures += [duration.mean().alias("avg"), duration.max().alias("max")]
        measures += [duration.quantile(p / 100, "linear").alias(f"p{p}") for p in PERCENTILES]
    return measures
