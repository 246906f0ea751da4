"""``sessionstats serve FILE``: the endpoint on your own machine, answering from the sessions of a file.

1. The file is read once, into memory. Only this machine can connect, unless ``--host`` says otherwise.
2. The URL is printed once requests are answered; then there is a line per request on standard error.
"""

import argparse
from typing import Final

from sessionstats.cli import add_command
from sessionstats.cli.options import add_context, context_of
from sessionstats.cli.reading import FilesRead, add_file, add_options
from sessionstats.server import Endpoint, Server
from sessionstats.sessions import Sessions

DESCRIPTION: Final = """\
Answer requests over HTTP as the sessions endpoint does, from the sessions of
FILE: documented requests, bodies, errors and Link headers, for any organization.
The file is read once, into memory, and never written. Ctrl-C ends it.
"""

EXAMPLE: Final = """\
  sessionstats serve sessions.csv --now 2024-01-29T12:00:00Z
  curl -g -H 'Authorization: Bearer TOKEN' 'http://127.0.0.1:8000/api/0/organizations/any/\\
sessions/?field=sum(session)&statsPeriod=14d&interval=1d'
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "serve",
        summary="answer requests over HTTP from the sessions of a file",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    add_file(parser)
    parser.add_argument("--port", type=_port, default=8000, help="0 takes a free one (default: 8000)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--token", help="require this token of requests (default: none is required)")
    add_context(parser)
    add_options(parser)
    parser.set_defaults(run=run)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    context = context_of(args)
    files = FilesRead(args, context["rules"].statuses)
    with files.chunks() as chunks:
        sessions = Sessions.concat(chunks)
    with Server(Endpoint(sessions, token=args.token, **context), args.host, args.port, log=True) as server:
        print(f"{len(sessions):,} rows of {files.label} at {server.url}", flush=True)
        server.serve_forever()
    return 0
