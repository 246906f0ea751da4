"""``sessionstats demo``: sampled sessions, a request, its answer."""

import argparse
from typing import Final

from sessionstats.cli import add_command

SIZE: Final = 50_000
"""Number of sampled sessions."""

NOW: Final = "2024-01-29T12:00:00Z"
"""The end of every sample."""

REQUEST: Final = (
    "field=sum(session)&field=crash_free_rate(session)&field=p95(session.duration)"
    "&groupBy=release&project=1&interval=1d&statsPeriod=14d"
)
"""The request that is answered."""

DESCRIPTION: Final = """\
Sample sessions of three apps over two weeks, ask for sessions, crash-free rate
and the 95th percentile of durations of one app by release and day, and show
the answer. One release crashes more than the others: which, and when?
"""

INTRODUCTION: Final = f"""\
{SIZE:,} sampled sessions of three apps; the answer for one of them, as these commands give it:

  sessionstats sample {SIZE} sample.csv
  sessionstats query sample.csv '{REQUEST}' --now {NOW}
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "demo",
        summary="the quickest look: sampled sessions, a request, its answer",
        description=DESCRIPTION,
        example="  sessionstats demo",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the request and its answer."""
    from sessionstats import compute, sample

    print(INTRODUCTION)
    print(compute(sample(SIZE), REQUEST, now=NOW))
    return 0
