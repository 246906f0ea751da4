"""Options that several commands share: what an answer depends on besides sessions and request.

1. ``--now`` is the instant of the request; without it the clock is used.
2. ``--edition`` and ``--rule`` choose the rules; ``--project`` names the accessible projects; ``--releases``
   is a file of release metadata.
"""

import argparse
from typing import Any

from sessionstats.errors import SessionStatsError, located
from sessionstats.io.strict_json import NotJSON, loads
from sessionstats.rules import EDITIONS, Rules
from sessionstats.search.releases import Releases


def add_context(parser: argparse.ArgumentParser) -> None:
    """Add the options that determine what a request is answered with, besides the sessions."""
    parser.add_argument("--now", metavar="INSTANT", help="instant of the request (default: the clock)")
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


def context_of(args: argparse.Namespace) -> dict[str, Any]:
    """The values of the options of `add_context`, as arguments of `Query.parse`."""
    return {
        "now": args.now,
        "rules": Rules.from_mapping({"edition": args.edition, **dict(args.rule)}),
        "projects": dict(args.project) or None,
        "releases": None if args.releases is None else _read_releases(args.releases),
    }


def _rule(text: str) -> tuple[str, Any]:
    """A rule by name; numbers, true and false are parsed as JSON, anything else is text."""
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
    """Release metadata (§9) from a file with a JSON list, or with one release per line."""
    with located(path):
        try:
            with open(path, encoding="utf-8") as file:
                if path.endswith(".jsonl"):
                    records = [loads(line) for line in file if line.strip()]
                else:
                    records = loads(file.read())
        except UnicodeDecodeError:
            raise SessionStatsError("not UTF-8") from None
        except NotJSON as error:
            raise SessionStatsError(f"not JSON ({error})") from None
        return Releases.from_records(records)
