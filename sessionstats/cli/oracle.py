"""``sessionstats oracle``: the protocol of §9 on standard input and output."""

import argparse
import sys
from dataclasses import fields
from typing import Final

from sessionstats.cli import add_command
from sessionstats.limits import Limits

DESCRIPTION: Final = """\
Answer requests, one JSON object a line on standard input, each with one JSON
object a line on standard output, in order and flushed line by line; for tests
of an implementation in any language. A request has "id", "now", "params",
"sessions", and if need be "projects", "releases" and "rules". A line that is
not a request is answered with status 400, one that would cost more than the
limits allow with status 413, and the stream goes on.
"""

EXAMPLE: Final = """\
  echo '{"id": 1, "now": "2024-01-29T12:00:00Z",
         "params": {"field": "sum(session)", "statsPeriod": "1h"},
         "sessions": [{"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "ok"}]}' \\
    | tr -d '\\n' | sessionstats oracle
"""

HELP: Final = {
    "max_line_bytes": "bytes of a line",
    "max_search_terms": "terms, words and list elements of a search",
    "max_search_depth": "parentheses around a term of a search",
    "max_cells": "values that an answer may hold",
}
"""What each limit limits."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "oracle",
        summary="answer JSON requests on standard input, for tests in any language",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    for limit in fields(Limits):
        parser.add_argument(
            f"--{limit.name.replace('_', '-')}",
            metavar="N",
            type=_positive,
            default=limit.default,
            help=f"{HELP[limit.name]} (default: {limit.default})",
        )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until the input ends."""
    from sessionstats.protocol import serve

    limits = Limits(**{limit.name: getattr(args, limit.name) for limit in fields(Limits)})
    serve(sys.stdin.buffer, sys.stdout.buffer, limits)
    return 0


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive integer")
    return int(text)
