"""``sessionstats sample N FILE``: a file of sampled sessions."""

import argparse
from collections.abc import Callable
from typing import Final

from sessionstats.cli import add_command
from sessionstats.cli.signals import ended_by_signals

MOST: Final = 10**9
"""Most sessions of a sample."""

DESCRIPTION: Final = """\
Write N sampled sessions to FILE (.csv, .jsonl, .npz or .parquet): three apps with
releases that roll out, one of which crashes; users who come back; log-normal
durations. They cover the 14 days before 2024-01-29T12:00:00Z; give that as
--now to "sessionstats query". The same N and SEED give the same sessions.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "sample",
        summary="write a file of sampled sessions",
        description=DESCRIPTION,
        example="  sessionstats sample 1000000 sample.csv --seed 7",
    )
    parser.add_argument("n", metavar="N", type=_up_to(MOST), help="how many sessions")
    parser.add_argument("file", metavar="FILE", help="where to; replaced if it exists")
    parser.add_argument("--seed", type=_up_to(2**63 - 1), default=0, help="which sample (default: 0)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    from sessionstats import sample, write
    from sessionstats.io.files import extension

    extension(args.file)  # before sampling anything
    with ended_by_signals():
        write(sample(args.n, args.seed), args.file)
    return 0


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not 0 <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to {most}")
        return value

    return number
