"""The comparison of results sees every difference: each part is changed once."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessionstats import Result, Sessions, compute
from sessionstats.capping import Link
from tests.identical import assert_identical

ROOT = Path(__file__).parents[1]

RATE = "crash_rate(session)"


def result(sessions: Sessions | None = None, **params: Any) -> Result:
    if sessions is None:
        sessions = Sessions(
            started=[0, 0, 3600],
            project_id=[1, 1, 1],
            release=["a", "b", "a"],
            status=["ok", "ok", "crashed"],
        )
    params = {"field": ["sum(session)", RATE], "groupBy": "release", "statsPeriod": "2h", **params}
    return compute(sessions, params, now="1970-01-01T02:00Z")


def with_array(part: str, field: str, change: Callable[[Any], Any]) -> Result:
    right = result()
    values = dict(getattr(right, part))
    values[field] = change(values[field].copy())
    return dataclasses.replace(right, **{part: values})


def next_up(values: Any) -> Any:
    return np.nextafter(values, np.inf)


DIFFERENT = {
    "keys": lambda: dataclasses.replace(result(), by={"release": np.array(["a", "c"], object)}),
    "key types": lambda: dataclasses.replace(result(), by={"release": np.array(["a", 1], object)}),
    "previous link": lambda: dataclasses.replace(result(), links=(Link("0:1:1", False), result().links[1])),
    "next link": lambda: dataclasses.replace(result(), links=(result().links[0], Link("0:0:0", True))),
    "size": lambda: dataclasses.replace(result(), size=1),
    "total by one": lambda: with_array("totals", "sum(session)", lambda values: values + 1),
    "series by one bit": lambda: with_array("series", RATE, next_up),
    "total by one bit": lambda: with_array("totals", RATE, next_up),
    "dtype": lambda: with_array("totals", "sum(session)", lambda values: values.astype(float)),
    "shape": lambda: with_array("series", "sum(session)", lambda values: values.reshape(1, -1)),
    "a field less": lambda: dataclasses.replace(result(), totals={RATE: result().totals[RATE]}),
    "the order of fields": lambda: dataclasses.replace(
        result(), series=dict(reversed(list(result().series.items())))
    ),
    "no series": lambda: dataclasses.replace(result(), series={}),
    "another window": lambda: result(statsPeriod="1h"),
    "another search": lambda: result(query="has:release"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_every_difference_is_seen(name: str) -> None:
    """§6.7: a comparison that omits a part would blind the tests of the engines."""
    with pytest.raises(AssertionError):
        assert_identical(DIFFERENT[name](), result())


def test_equal_results_are_identical() -> None:
    assert_identical(result(), result())


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen on this system")
def test_one_digest_everywhere() -> None:
    """§6.7: answers on one core are the same as on all; the command checks other environments."""
    command = [sys.executable, "-m", "tests.digest"]
    restricted = f"import os, runpy; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}}); "
    restricted += "runpy.run_module('tests.digest', run_name='__main__')"
    digests = {
        subprocess.run(started, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for started in (command, [sys.executable, "-c", restricted])
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64
