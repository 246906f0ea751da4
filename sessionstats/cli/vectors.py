"""``sessionstats vectors [FILE]``: the frozen test vectors; with ``--run``, a program is tested with them.

1. Without ``--run`` they are written to a file, or to standard output.
2. With it COMMAND is a program that speaks the protocol (§9); what passed, failed and is not supported is
   counted by rule and by tag. The exit status is that of ``check``.
3. ``--tag`` selects the vectors that have any of the tags.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from sessionstats.cli import add_command
from sessionstats.errors import SessionStatsError
from sessionstats.io.writing import whole_text

DESCRIPTION: Final = """\
Write the test vectors to FILE, or to standard output: one JSON object a line
with "id", "sections", "tags", "why", a "request" of the protocol, and its "answer".
They are frozen: the same lines in every release that has this version of them.
With --run, send all of them to COMMAND, and count by rule and tag what passed.

exit status of --run: 0 nothing failed, 1 something did, 2 invalid usage, 3 the
program crashed, hung, or wrote what is not an answer
"""

EXAMPLE: Final = """\
  sessionstats vectors vectors.jsonl
  sessionstats vectors | head -1
  sessionstats vectors --run --tag search -- ./my-statistics --stdin
"""

PASSED: Final = 0
"""Exit status if nothing failed."""

FAILED: Final = 1
"""Exit status if something did."""

BROKE_DOWN: Final = 3
"""Exit status of a program that failed to answer."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "vectors",
        summary="write test vectors, or run them against a program",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    parser.add_argument(
        "words", metavar="FILE | -- COMMAND", nargs="*", help="where to write, or with --run the program"
    )
    parser.add_argument("--run", dest="against", action="store_true", help="run them against a program")
    parser.add_argument(
        "--tag", metavar="TAG", action="append", help="only vectors with this tag; repeatable"
    )
    parser.add_argument("--timeout", metavar="S", type=float, default=10.0, help="seconds for one answer")
    parser.add_argument("--exact", action="store_true", help="differences in the last bits count as well")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the outcomes as JSON")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="also write them as JUnit XML")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the vectors, or test a program."""
    chosen = _chosen(args.tag or [])
    if args.against:
        if not args.words:
            raise SessionStatsError("--run: the program is expected after --")
        return _ask(args, chosen)
    if len(args.words) > 1:
        raise SessionStatsError("one file is expected; a program needs --run")
    from sessionstats.vectors import as_line

    text = "".join(map(as_line, chosen))
    if args.words:
        whole_text(args.words[0], text)
    else:
        sys.stdout.write(text)
    return 0


def _chosen(tags: list[str]) -> list[dict[str, Any]]:
    from sessionstats.vectors import load

    vectors = load()
    known = {tag for vector in vectors for tag in vector["tags"]}
    for tag in tags:
        if tag not in known:
            raise SessionStatsError(f"--tag: there is no {tag!r}, but {', '.join(sorted(known))}")
    return [vector for vector in vectors if not tags or not set(tags).isdisjoint(vector["tags"])]


def _ask(args: argparse.Namespace, chosen: list[dict[str, Any]]) -> int:
    from sessionstats.testing.conformance import FAILED as WRONG
    from sessionstats.testing.conformance import UNSUPPORTED, run_vectors, to_dict, to_text
    from sessionstats.testing.junit import Entry, junit
    from sessionstats.testing.programs import Program
    from sessionstats.testing.tolerance import EXACT, ROUNDED

    with Program(args.words, args.timeout) as program:
        outcomes = run_vectors(program, chosen, EXACT if args.exact else ROUNDED)
    print(to_text(outcomes))
    if args.json is not None:
        whole_text(args.json, json.dumps(to_dict(outcomes), indent=1) + "\n")
    if args.junit is not None:
        cases = [
            Entry(
                f"§{each.sections[0]}",
                each.id,
                failure=each.problem if each.outcome == WRONG else "",
                skipped=each.problem if each.outcome == UNSUPPORTED else "",
            )
            for each in outcomes
        ]
        whole_text(args.junit, junit("sessionstats vectors", cases))
    if any(each.broke_down for each in outcomes):
        return BROKE_DOWN
    return FAILED if any(each.outcome == WRONG for each in outcomes) else PASSED
