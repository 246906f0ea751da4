"""Settings of every test run.

Hypothesis is deterministic by default: two runs draw the same examples. ``--hypothesis-profile=thorough``
draws other examples in every run, and ten times as many.

Doctests that need an extra are skipped if it is not installed; tests skip themselves.

Coverage is measured in the processes that run tests, not in the programs that they start: under it these take
twice as long, and what they execute has tests without a process of its own.
"""

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell; programs inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_START", None)

NEEDED = {
    "io/arrow.py": ("pyarrow",),
    "io/arrow_buffers.py": ("pyarrow",),
    "io/arrow_cells.py": ("pyarrow",),
    "io/arrow_json_cells.py": ("pyarrow",),
    "io/arrow_texts.py": ("pyarrow",),
    "io/tables.py": ("pyarrow",),
    "sessionstats/cluster.py": ("dask", "pyarrow"),
}
"""Modules whose examples need packages of an extra, by the end of their path."""


def _note_skipped(report: pytest.CollectReport | pytest.TestReport) -> None:
    """Write down what was skipped, for ``pytest @FILE``: the same tests again with the extras installed."""
    if report.skipped and "SKIPPED_TESTS" in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
        with Path(os.environ["SKIPPED_TESTS"]).open("a") as file:
            file.write(f"{report.nodeid}\n")


pytest_collectreport = pytest_runtest_logreport = _note_skipped


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the examples that cannot run here."""
    for item in items:
        for package in NEEDED.get("/".join(item.path.parts[-2:]), ()):
            if find_spec(package) is None:
                item.add_marker(pytest.mark.skip(reason=f"needs {package}"))


collect_ignore = ["clients/python_app.py"]
"""A program that tests run; it needs the extra ``clients``."""


@pytest.fixture
def _everything_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files of text are read by Arrow, too, in blocks of a few lines."""
    monkeypatch.setattr("sessionstats.io.arrow_csv.FROM", 0)
    monkeypatch.setattr("sessionstats.io.arrow_csv.BLOCK_BYTES", 200)


settings.register_profile("deterministic", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
settings.register_profile(
    "few",
    deadline=None,
    derandomize=True,
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("deterministic")
