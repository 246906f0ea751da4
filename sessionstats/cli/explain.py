"""``sessionstats explain FILE REQUEST RESPONSE``: one response of an endpoint against its sessions.

1. The sessions are read from a file as ``query`` does, the response from a JSON file.
2. Exit status 0: they agree; 1: they differ; 2: invalid usage, request or file.
"""

import argparse
import json
from pathlib import Path
from typing import Final

from sessionstats.cli import add_command
from sessionstats.cli.options import add_context, context_of
from sessionstats.errors import SessionStatsError
from sessionstats.io.files import read
from sessionstats.io.strict_json import NotJSON, loads

DESCRIPTION: Final = """\
Compare RESPONSE, a JSON file with the answer of an endpoint to REQUEST, with the
sessions of FILE that it should come from: which groups, fields and intervals
differ, and by how much. Without --now the instant is taken from the response.

exit status: 0 they agree, 1 they differ, 2 invalid usage, request or file
"""

EXAMPLE: Final = """\
  sessionstats explain january.parquet \\
    'field=crash_free_rate(user)&groupBy=release&interval=1d&statsPeriod=14d' response.json
"""

AGREES: Final = 0
"""Exit status of agreement."""

DIFFERS: Final = 1
"""Exit status of a difference."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "explain",
        summary="compare a response of an endpoint with its sessions",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="sessions: .csv, .jsonl, .npz or .parquet")
    parser.add_argument("request", metavar="REQUEST", help="query string, in quotes")
    parser.add_argument("response", metavar="RESPONSE", help="JSON file; the body, or status and body")
    parser.add_argument("--exact", action="store_true", help="differences in the last bits count as well")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_context(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, and report."""
    from sessionstats.testing.responses import explain
    from sessionstats.testing.tolerance import EXACT, ROUNDED

    try:
        response = loads(Path(args.response).read_text(encoding="utf-8"))
    except (NotJSON, UnicodeDecodeError) as error:
        raise SessionStatsError(f"{args.response}: not JSON: {error}") from None
    tolerance = EXACT if args.exact else ROUNDED
    comparison = explain(read(args.file), args.request, response, tolerance=tolerance, **context_of(args))
    print(json.dumps(comparison.to_dict(), indent=1) if args.json else comparison)
    return AGREES if comparison.agrees else DIFFERS
