"""``sessionstats query FILE REQUEST``: the answer to a request about the sessions of a file.

1. The request is validated before the file is read, so its errors are reported at once.
2. The file may be larger than memory: chunks that fit are held, and the others are summarized one by
   one (`sessionstats.engines.holding`).
3. Without ``--now`` the clock is used. Files are often older than that: an answer in which nothing is counted
   says why, for which the file is read again (`sessionstats.explanation`).
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from sessionstats.cli import add_command
from sessionstats.cli.options import add_context, context_of
from sessionstats.cli.reading import FilesRead, add_file, add_options
from sessionstats.display import plot, tidy
from sessionstats.display.html import page
from sessionstats.display.table import render
from sessionstats.display.terminal import escape
from sessionstats.errors import DataError, located
from sessionstats.measures import unneeded_columns
from sessionstats.pipeline import answer_chunks, explained
from sessionstats.request.parameters import NAMES, Parameters
from sessionstats.request.query import Query
from sessionstats.result import Result

DESCRIPTION: Final = """\
Answer REQUEST, a query string as the sessions endpoint takes it, about the
sessions (or raw session updates) of FILE: .csv with a header, .jsonl with an
object a line, .envelope as SDKs send them, .npz, or .parquet (extra "arrow").
There may be several, and they may be larger than memory.
Columns: started, project_id and status; and, where they are known, release,
environment, errors, distinct_id, duration (seconds), abnormal_mechanism and
quantity. A status is ok, exited, errored, crashed or abnormal.

  field=      sum(session), count_unique(user), crash_free_rate(session|user),
              crash_rate(session|user), avg|p50|…|p99|max(session.duration)
  groupBy=    project, release, environment, session.status
  statsPeriod=14d, or start= and end=;  interval=1h … 1d;  query=  a search;
  orderBy=, per_page=, cursor=
"""

EXAMPLE: Final = """\
  sessionstats sample 100000 sample.csv
  sessionstats query sample.csv --now 2024-01-29T12:00:00Z \\
    'field=sum(session)&field=crash_free_rate(user)&groupBy=release&interval=1d&statsPeriod=14d'

the formats:
  table  for people; the scale of each sparkline is its own
  json   the answer as the endpoint gives it
  csv    columns: the keys of groupBy, part, start, end, the fields. For every row of
         the answer a line with part "total", and one with part "interval" for each
         interval; null is an empty cell
  html   a standalone page, for a browser or a mail
"""


UNITS: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
"""Units of memory."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "query",
        summary="answer a request about the sessions of a file",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    add_file(parser)
    parser.add_argument("request", metavar="REQUEST", help="query string, in quotes")
    parser.add_argument("--format", choices=WRITERS, default="table", help="default: table")
    parser.add_argument(
        "--plot", metavar="FILE", help='also draw the series: .svg, .png or .pdf (extra "plot")'
    )
    parser.add_argument(
        "--uncertainty",
        action="store_true",
        help="show the interval at 95 %% beside each rate (Wilson's), and which rates rest on few",
    )
    add_context(parser)
    parser.add_argument(
        "--memory",
        metavar="BYTES",
        type=_bytes,
        help="most memory for sessions, such as 500M or 2G (default: a quarter of what is available)",
    )
    parser.add_argument(
        "--needed-columns-only",
        action="store_true",
        help="neither read nor check columns that the request does not need; says which",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def _bytes(text: str) -> int:
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if unit not in UNITS or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes, such as 500M or 2G")
    return int(number) * UNITS[unit]


def run(args: argparse.Namespace) -> int:
    """Print the answer."""
    # Arrow's own allocator returns memory after each block, and requests it again: a fifth of the time.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    context = context_of(args)
    files = FilesRead(args, context["rules"].statuses)
    query = Query.parse(args.request, **context)
    _report_unknown_parameters(args.request)
    unneeded = unneeded_columns(query) if args.needed_columns_only else ()
    with files.chunks(unneeded) as chunks, located(files.label, DataError):
        result = answer_chunks(chunks, query, args.memory)
    if result.is_empty and files.can_be_read_again:
        result = explained(result, files.again())
        if args.format in ("json", "csv") and result.explanation is not None:
            print(f"sessionstats: {result.explanation}", file=sys.stderr)
    if args.plot is not None:
        plot.save(result, args.plot)
    WRITERS[args.format](result, args.uncertainty)
    return 0


def _print_table(result: Result, uncertainty: bool) -> None:
    print(render(result, uncertainty=uncertainty))


def _print_json(result: Result, uncertainty: bool) -> None:
    print(json.dumps(result.to_dict(uncertainty=uncertainty), allow_nan=False))


def _print_csv(result: Result, uncertainty: bool) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(tidy.header(result, uncertainty=uncertainty))
    writer.writerows(tidy.lines(result, uncertainty=uncertainty))


def _print_html(result: Result, uncertainty: bool) -> None:
    print(page(result, uncertainty=uncertainty), end="")


WRITERS: Final[Mapping[str, Callable[[Result, bool], None]]] = MappingProxyType(
    {"table": _print_table, "json": _print_json, "csv": _print_csv, "html": _print_html}
)
"""How an answer is printed in each format, with or without the intervals of its rates."""


def _report_unknown_parameters(request: str) -> None:
    """Report parameters that are ignored (§2): here, unlike in a browser, somebody may have misspelt them."""
    for name in Parameters(request).ignored:
        close = get_close_matches(name, NAMES, n=1)
        meant = f"; {close[0]} is one" if close else ""
        print(escape(f"sessionstats: {name!r} is not a parameter, and is ignored{meant}"), file=sys.stderr)
