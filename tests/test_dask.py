"""Answers from a cluster of several processes, one of which is killed on the way (§6.7)."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessionstats import (
    Query,
    Sessions,
    SessionStatsError,
    compute,
    from_records,
    sample,
    to_arrow,
    to_records,
)
from sessionstats.pipeline import finish

dask = pytest.importorskip("dask", reason="needs the extra 'dask'")
distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")
from sessionstats import cluster as on_dask  # noqa: E402

NOW = "2024-01-29T12:00:00Z"
REQUEST = (
    "field=sum(session)&field=count_unique(user)&field=crash_free_rate(user)&field=avg(session.duration)"
    "&field=p95(session.duration)&groupBy=release&interval=1d&statsPeriod=14d"
)
SAMPLE = sample(6000)
PARTS = 20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three worker processes; tasks of one that dies go to the others."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 5}),
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
        ) as workers,
        distributed.Client(workers) as client,
    ):
        yield client


def part(number: int, victim: int | None, marks: str) -> Sessions:
    """A part of the sample; the first process that is to make the part of the `victim` dies."""
    mark = Path(marks, f"killed-{number}")
    if number == victim and not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    Path(marks, f"made-{number}-{os.getpid()}").touch()
    return SAMPLE[number::PARTS]


@pytest.mark.parametrize("victim", [None, 11])
def test_the_answer_of_a_cluster(cluster: Any, tmp_path: Path, victim: int | None) -> None:
    """To the bit the answer of one process, even if a worker is killed halfway, and its work with it."""
    parts = [dask.delayed(part)(number, victim, str(tmp_path)) for number in range(PARTS)]
    answer = on_dask.compute(parts, REQUEST, now=NOW)
    assert answer.to_json() == compute(SAMPLE, REQUEST, now=NOW).to_json()
    made = [path.name.split("-") for path in tmp_path.glob("made-*")]
    assert {int(number) for _, number, _ in made} == set(range(PARTS))
    assert len({pid for *_, pid in made} | {str(os.getpid())}) > 2  # several processes, and not this one
    if victim is not None:
        killed = (tmp_path / f"killed-{victim}").read_text()
        assert int(killed) != os.getpid()
        assert (str(victim), killed) not in [(number, pid) for _, number, pid in made]


def test_a_frame_of_pandas_partitions(cluster: Any) -> None:
    """Each partition is a frame, in the order and with the division that Dask chooses."""
    frames = pytest.importorskip("dask.dataframe", reason="needs dask[dataframe]")
    pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
    frame = frames.from_pandas(to_arrow(SAMPLE).to_pandas(), npartitions=9, sort=False)
    answer = on_dask.compute(frame, REQUEST, now=NOW)
    assert answer.to_json() == compute(SAMPLE, REQUEST, now=NOW).to_json()


def test_a_bag_of_records() -> None:
    """§1.1: records, with the threads of this process."""
    bags = pytest.importorskip("dask.bag")
    bag = bags.from_sequence(to_records(SAMPLE[:200]), npartitions=3)
    with dask.config.set(scheduler="threads"):
        answer = on_dask.compute(bag, REQUEST, now=NOW)
    assert answer.to_json() == compute(SAMPLE[:200], REQUEST, now=NOW).to_json()


def test_no_partitions() -> None:
    """The empty element."""
    answer = on_dask.compute([], REQUEST, now=NOW)
    assert answer.to_json() == compute(Sessions.empty(), REQUEST, now=NOW).to_json()


def test_partitions_are_named_once() -> None:
    """A graph that used a partition twice would be rejected."""
    query = Query.parse(REQUEST, now=NOW)
    parts = [SAMPLE[number::9] for number in range(9)]
    with dask.config.set(scheduler="synchronous"):
        summary = on_dask.summary(parts, query).compute()
    assert summary.chunks == {f"partition {number}" for number in range(9)}
    assert finish(summary).to_json() == compute(SAMPLE, REQUEST, now=NOW).to_json()


def test_updates_must_be_together() -> None:
    """§1.2: updates of one session cannot be folded across partitions."""
    row = {"started": NOW, "project_id": 1, "status": "ok", "session_id": "a"}
    exited = row | {"status": "exited", "seq": 1, "duration": 3}
    request = "field=sum(session)&field=p50(session.duration)&statsPeriod=1d"
    with dask.config.set(scheduler="synchronous"):
        with pytest.raises(SessionStatsError, match="partition 1 holds updates of sessions"):
            on_dask.compute([[row | {"session_id": ""}], [exited]], request, now="2024-01-30")
        answer = on_dask.compute([[row, exited]], request, now="2024-01-30", whole_sessions=True)
    expected = compute(from_records([row, exited]), request, now="2024-01-30")
    assert answer.to_json() == expected.to_json()
