"""``sessionstats query FILE REQUEST``: the answer to a request about the sessions of a file.

1. The request is judged before the file is read: what is wrong with it is told at once.
2. The file is summarized chunk by chunk: it may be larger than memory (`sessionstats.io.files`).
3. Without ``--now`` the clock is used. Files are often older than that: an answer in which nothing is counted
   says why, for which the file is read again (`sessionstats.explanation`).
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from sessionstats.cli import add_command
from sessionstats.cli.progress import progress
from sessionstats.display import plot, tidy
from sessionstats.display.html import page
from sessionstats.display.table import render
from sessionstats.display.terminal import escape
from sessionstats.engines.summaries import summarize_chunks
from sessionstats.errors import SessionStatsError
from sessionstats.io.files import extension, read_chunks
from sessionstats.io.strict_json import NotJSON, loads
from sessionstats.pipeline import explained, finish
from sessionstats.request.parameters import NAMES, Parameters
from sessionstats.request.query import Query
from sessionstats.result import Result
from sessionstats.rules import EDITIONS, Rules
from sessionstats.search.releases import Releases

DESCRIPTION: Final = """\
Answer REQUEST, a query string as the sessions endpoint takes it, about the
sessions (or raw session updates) of FILE: .csv with a header, .jsonl with an
object a line, .npz, or .parquet (extra "arrow"). It may be larger than memory.
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
  html   a page by itself, for a browser or a mail
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "query",
        summary="answer a request about the sessions of a file",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="sessions: .csv, .jsonl, .npz or .parquet")
    parser.add_argument("request", metavar="REQUEST", help="query string, in quotes")
    parser.add_argument("--now", metavar="INSTANT", help="instant of the request (default: the clock)")
    parser.add_argument("--format", choices=WRITERS, default="table", help="default: table")
    parser.add_argument(
        "--plot", metavar="FILE", help='draw the series, too: .svg, .png or .pdf (extra "plot")'
    )
    parser.add_argument(
        "--uncertainty",
        action="store_true",
        help="show the interval at 95 %% beside each rate (Wilson's), and which rates rest on few",
    )
    _add_world(parser)
    parser.set_defaults(run=run)


def _add_world(parser: argparse.ArgumentParser) -> None:
    """Add what an answer depends on besides sessions and request."""
    parser.add_argument(
        "--edition",
        choices=EDITIONS,
        default="documented",
        help="the edition of the endpoint (default: documented)",
    )
    parser.add_argument(
        "--rule",
        metavar="NAME=VALUE",
        type=_rule,
        action="append",
        default=[],
        help="a rule that differs from the edition, such as min_interval=10 or unhandled=true",
    )
    parser.add_argument(
        "--project",
        metavar="SLUG=ID",
        type=_project,
        action="append",
        default=[],
        help="an accessible project (default: all are, known by their ids)",
    )
    parser.add_argument(
        "--releases", metavar="FILE", help='metadata: .json, a list of {"version": …, …}, or .jsonl'
    )


def run(args: argparse.Namespace) -> int:
    """Print the answer."""
    extension(args.file)  # refuses a file that is none of ours
    query = Query.parse(
        args.request,
        now=args.now,
        rules=Rules.from_mapping({"edition": args.edition, **dict(args.rule)}),
        projects=dict(args.project) or None,
        releases=None if args.releases is None else _read_releases(args.releases),
    )
    _tell_unknown_parameters(args.request)
    with progress(args.file) as report:
        result = finish(summarize_chunks(read_chunks(args.file, report), query))
    if result.is_empty:
        result = explained(result, read_chunks(args.file))
        if args.format in ("json", "csv"):
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


def _tell_unknown_parameters(request: str) -> None:
    """Tell parameters that are ignored (§2): here, unlike in a browser, somebody may have misspelt them."""
    for name in Parameters(request).ignored:
        close = get_close_matches(name, NAMES, n=1)
        meant = f"; {close[0]} is one" if close else ""
        print(escape(f"sessionstats: {name!r} is no parameter, and ignored{meant}"), file=sys.stderr)


def _rule(text: str) -> tuple[str, Any]:
    """A rule by name; numbers, true and false are read as JSON has them, anything else is text."""
    name, value = _pair(text)
    try:
        return name, loads(value)
    except NotJSON:
        return name, value


def _project(text: str) -> tuple[str, int]:
    slug, number = _pair(text)
    if not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: the id of a project is a number")
    return slug, int(number)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _read_releases(path: str) -> Releases:
    """Release metadata (§9) from a file with a JSON list, or with a line a release."""
    try:
        with open(path, encoding="utf-8") as file:
            if path.endswith(".jsonl"):
                records = [loads(line) for line in file if line.strip()]
            else:
                records = loads(file.read())
    except UnicodeDecodeError:
        raise SessionStatsError(f"{path}: not UTF-8") from None
    except NotJSON as error:
        raise SessionStatsError(f"{path}: not JSON ({error})") from None
    return Releases.from_records(records)
