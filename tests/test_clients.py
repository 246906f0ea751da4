"""What real SDKs send today is understood (§1.2): the extra ``clients``, and for Node its package.

`test_envelopes` has what they sent once. Here the programs in `clients` run again, against a server on the
loopback interface.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from sessionstats import Sessions, compute, to_records
from sessionstats.io.envelopes import from_envelopes
from tests.clients import HERE, PROJECT, capture

PYTHON = [sys.executable, str(HERE / "python_app.py")]
NODE = ["node", str(HERE / "node_app.js")]

python_sdk = pytest.mark.skipif(
    find_spec("sentry_sdk") is None, reason="needs the extra 'clients': sentry-sdk"
)


@pytest.fixture(scope="module")
def node_sdk() -> None:
    """Skip where Node, or the SDK for it, is not installed."""
    if shutil.which("node") is None:
        pytest.skip("needs Node")
    found = subprocess.run(["node", "-e", "require.resolve('@sentry/node')"], cwd=HERE, capture_output=True)
    if found.returncode:
        pytest.skip(f"needs @sentry/node, in NODE_PATH (now {os.environ.get('NODE_PATH', 'not set')})")


def classes(sessions: Sessions) -> dict[str, int]:
    """How many sessions of each class; there are no others, and all start now."""
    request = "field=sum(session)&groupBy=session.status&interval=1d&statsPeriod=1d"
    answer = compute(sessions, request)
    counts = dict(zip(answer.by["session.status"], answer.totals["sum(session)"].tolist(), strict=True))
    assert sum(counts.values()) == int(sessions.quantity.sum())
    return {name: count for name, count in counts.items() if count}


@python_sdk
def test_python_application() -> None:
    """§1.2: a user, an error that is handled, a crash; and events, which are left out."""
    left_out: dict[str, int] = {}
    sessions = from_envelopes(*capture(PYTHON, "application"), project_id=PROJECT, left_out=left_out)
    assert classes(sessions) == {"crashed": 1, "errored": 1, "healthy": 1}
    assert left_out == {"event": 2}
    assert {row["distinct_id"] for row in to_records(sessions)} == {"ann"}
    assert {row["environment"] for row in to_records(sessions)} == {"production"}


@python_sdk
def test_python_requests() -> None:
    """§1.1: a session a request, of which the SDK sends counts."""
    sessions = from_envelopes(*capture(PYTHON, "requests"), project_id=PROJECT)
    assert classes(sessions) == {"crashed": 1, "errored": 1, "healthy": 3}


@pytest.mark.usefixtures("node_sdk")
def test_node_application() -> None:
    """§1.2: two updates of the session that crashed are one session; both have a duration."""
    bodies = [body for mode in ("exited", "crashed") for body in capture(NODE, mode)]
    sessions = from_envelopes(*bodies, project_id=PROJECT)
    assert classes(sessions) == {"crashed": 1, "healthy": 1}
    assert all(row["duration"] > 0 for row in to_records(sessions))


@pytest.mark.usefixtures("node_sdk")
def test_node_requests() -> None:
    """§1.1"""
    sessions = from_envelopes(*capture(NODE, "requests"), project_id=PROJECT)
    assert classes(sessions) == {"crashed": 1, "errored": 1, "healthy": 2}


@pytest.mark.usefixtures("node_sdk")
def test_node_names_its_project_to_a_tunnel() -> None:
    """§1.1: the project is read from the envelope."""
    sessions = from_envelopes(*capture(NODE, "tunnel"), project_id=1)
    assert [row["project_id"] for row in to_records(sessions)] == [PROJECT]
