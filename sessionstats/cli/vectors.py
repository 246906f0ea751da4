"""``sessionstats vectors [FILE]``: the frozen test vectors."""

import argparse
import sys
from pathlib import Path
from typing import Final

from sessionstats.cli import add_command

DESCRIPTION: Final = """\
Write the test vectors to FILE, or to standard output: one JSON object a line
with "id", "sections", "why", a "request" of the protocol, and its "answer".
They are frozen: the same lines in every release that has this version of them.
"""

EXAMPLE: Final = """\
  sessionstats vectors vectors.jsonl
  sessionstats vectors | head -1
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "vectors",
        summary="write test vectors, for tests in any language",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="where to; replaced if it exists")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    from sessionstats.vectors import read_text

    if args.file is None:
        sys.stdout.write(read_text())
    else:
        Path(args.file).write_text(read_text(), encoding="ascii", newline="\n")
    return 0
