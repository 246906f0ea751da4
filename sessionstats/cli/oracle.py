"""``sessionstats oracle``: the protocol of §9 on standard input and output."""

import argparse
import sys
from typing import Final

from sessionstats.cli import add_command

DESCRIPTION: Final = """\
Answer requests, one JSON object a line on standard input, each with one JSON
object a line on standard output, in order and flushed line by line; for tests
of an implementation in any language. A request has "id", "now", "params",
"sessions", and if need be "projects", "releases" and "rules". A line that is
not a request is answered with status 400, and the stream goes on.
"""

EXAMPLE: Final = """\
  echo '{"id": 1, "now": "2024-01-29T12:00:00Z",
         "params": {"field": "sum(session)", "statsPeriod": "1h"},
         "sessions": [{"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok"}]}' \\
    | tr -d '\\n' | sessionstats oracle
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "oracle",
        summary="answer JSON requests on standard input, for tests in any language",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until the end of the input."""
    from sessionstats.protocol import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0
