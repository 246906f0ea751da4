"""``sessionstats check [OPTIONS] -- COMMAND …``: whether another implementation is right.

1. The command after ``--`` is a program that speaks the protocol (§9) on standard input and output.
2. Cases are drawn or, with ``--replay``, read from case files; the report goes to standard output.
3. Every finding is saved, and each request before it is sent, in the directory of ``--save``. Case files of
   an earlier check there are set aside, and reported. Agreement leaves nothing new there.
4. Exit status 0: agreement; 1: findings; 2: usage; 3: the program crashed, hung or wrote an invalid answer.
5. However it ends, even by a signal, the program and its children end first.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sessionstats.cli import add_command
from sessionstats.cli.signals import ended_by_signals
from sessionstats.display.terminal import escape
from sessionstats.errors import SessionStatsError
from sessionstats.io.writing import whole_text

if TYPE_CHECKING:
    from sessionstats.testing import Claims, Program, Report, Tolerance
    from sessionstats.testing.runner import Progress

DESCRIPTION: Final = """\
Find out whether a program gives the right statistics, and if not, where and
probably why. COMMAND reads one JSON request a line on standard input and
answers each with one JSON line on standard output, with the same "id", as
"sessionstats oracle" does.

exit status: 0 agreement, 1 findings, 2 invalid usage, 3 the program crashed,
hung, or wrote something that is not an answer
"""

EXAMPLE: Final = """\
  sessionstats check -- ./my-statistics --stdin
  sessionstats check --fields "sum(session)" --no-search -- awk -f sums.awk
  sessionstats check --replay sessionstats-findings/01-window-not-aligned.json -- ./my-statistics
"""

DIRECTORY: Final = Path("sessionstats-findings")
"""Where case files are saved by default."""

PENDING: Final = "pending.jsonl"
"""Name of the file that holds the last request sent."""

CLAIMS: Final = {
    "search": "the parameter query",
    "filters": "the parameters project and environment",
    "paging": "per_page and cursor",
    "ordering": "orderBy",
    "includes": "includeTotals and includeSeries",
    "limits": "other limits among the rules, intervals under an hour",
    "editions": "named editions, older rounding, the fifth health class, slugs",
    "metadata": "releases: their dates and stages",
    "updates": "rows with session_id, to be folded",
    "quantity": "rows that stand for several sessions, or none",
    "big-counts": "counts, and users as integers, beyond 2**53",
    "large": "tables of a thousand rows and more",
    "extreme-durations": "durations from 1e-9 to 1.7e308 seconds",
    "errors": "requests that must be rejected",
    "bad-rows": "session rows that must be rejected",
}
"""What ``--no-…`` switches off (`sessionstats.testing.Claims`)."""

AGREES: Final = 0
"""Exit status of agreement."""

FOUND: Final = 1
"""Exit status of findings."""

BROKE_DOWN: Final = 3
"""Exit status of a program that failed to answer."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "check",
        summary="find out whether another implementation is right",
        description=DESCRIPTION,
        example=EXAMPLE,
    )
    parser.add_argument(
        "command", metavar="COMMAND", nargs="+", help="the program and its arguments, after --"
    )
    _add_budget(parser)
    parser.add_argument("--known", metavar="FILE", help="JSON list of findings not to report again")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the report as JSON")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="also write the findings as JUnit XML")
    parser.add_argument(
        "--save",
        metavar="DIR",
        type=Path,
        default=DIRECTORY,
        help=f"where to save case files (default: {DIRECTORY})",
    )
    parser.add_argument(
        "--replay", metavar="FILE", action="append", help="run this case file or vector; repeatable"
    )
    parser.add_argument("--ordered", action="store_true", help="the order of JSON keys matters as well")
    parser.add_argument(
        "--fields", metavar="LIST", help="the fields that the program knows, separated by commas"
    )
    parser.add_argument("--group-by", metavar="LIST", help="the groupBy that it knows; empty for none")
    for name, what in CLAIMS.items():
        parser.add_argument(f"--no-{name}", action="store_true", help=f"never ask for: {what}")
    _add_tolerances(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, and report."""
    from sessionstats.io.optional import needed

    needed("hypothesis", "testing")
    from sessionstats.testing.programs import TIME_ZONE, Program

    zone = TIME_ZONE if args.time_zone is None else args.time_zone or None
    with ended_by_signals(), _directory(args.save):
        with Program(args.command, args.timeout, args.save / PENDING, zone) as program:
            report = _report(args, program)
        for line in report.to_text(args.command).splitlines():
            print(escape(line))
        if zone is not None:
            print(escape(f"The program was started with TZ={zone}; --time-zone '' leaves it as it is."))
        if not report.broke_down:
            (args.save / PENDING).unlink(missing_ok=True)
        if args.replay is None:
            _save(report, args.save)
    if args.json is not None:
        whole_text(args.json, json.dumps(report.to_dict(), indent=1) + "\n")
    if args.junit is not None:
        whole_text(args.junit, _junit(report))
    if report.broke_down:
        return BROKE_DOWN
    return AGREES if report.agrees else FOUND


@contextmanager
def _directory(path: Path) -> Iterator[None]:
    """A directory that exists meanwhile; removed afterwards if it is new and empty."""
    existed = path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if not existed and not any(path.iterdir()):
            path.rmdir()


def _junit(report: "Report") -> str:
    """The findings as tests that failed; without any, one that passed."""
    from sessionstats.testing.junit import Entry, junit
    from sessionstats.testing.report import section, title

    cases = [
        Entry(f"§{section(found)}", f"finding {number}", failure=title(found))
        for number, found in enumerate(report.findings, 1)
    ]
    return junit("sessionstats check", cases or [Entry("check", "agreement")])


def _save(report: "Report", directory: Path) -> None:
    from sessionstats.testing.artefacts import put_aside, save

    if moved := put_aside(directory):
        print(escape(f"Case files of an earlier check, now in {moved[0].parent}: {len(moved)}"))
    for path in save(report.findings, directory):
        print(escape(f"Saved: {path}"))


def _add_budget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--examples", metavar="N", type=int, help="most cases to draw (default: 2000)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="draws the same cases again")
    parser.add_argument(
        "--max-findings", metavar="N", type=int, help="how many bugs to look for (default: 10)"
    )
    parser.add_argument(
        "--shrink-seconds", metavar="S", type=float, help="time for making one case smaller (default: 30)"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=10.0, help="seconds for one answer (default: 10)"
    )
    parser.add_argument(
        "--time-zone",
        metavar="TZ",
        default=None,
        help="time zone that the program is started in; empty: that of this machine "
        "(default: America/St_Johns, so that local time shows)",
    )


def _add_tolerances(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tolerance-users", metavar="X", type=float, default=0.0, help="relative error of distinct users"
    )
    parser.add_argument(
        "--tolerance-rank", metavar="X", type=float, default=0.0, help="error of rank of percentiles, a share"
    )
    parser.add_argument(
        "--tolerance-ulps",
        metavar="N",
        type=int,
        default=4,
        help="units in the last place of what entered that a float may be off (default: 4)",
    )
    parser.add_argument(
        "--exact",
        dest="tolerance_ulps",
        action="store_const",
        const=0,
        help="equal to the bit, as 0 of these",
    )
    parser.add_argument(
        "--no-details", dest="details", action="store_false", help="the text of errors does not matter"
    )


def _report(args: argparse.Namespace, program: "Program") -> "Report":
    from sessionstats.testing import check, read_known
    from sessionstats.testing.artefacts import read_case, replay

    known = () if args.known is None else read_known(args.known)
    tolerance = _tolerance(args)
    if args.replay is not None:
        cases = [read_case(path) for path in args.replay]
        options = {"tolerance": tolerance, "ordered": args.ordered, "known": known}
        return replay(program, cases, **options)
    given = {name: getattr(args, name) for name in ("examples", "max_findings", "shrink_seconds")}
    limits = {name: value for name, value in given.items() if value is not None}
    for name, value in limits.items():
        if value <= 0:
            raise SessionStatsError(f"--{name.replace('_', '-')}: must be more than 0, not {value}")
    with _progress() as progress:
        return check(
            program,
            seed=args.seed,
            claims=_claims(args, program),
            tolerance=tolerance,
            ordered=args.ordered,
            known=known,
            progress=progress,
            **limits,
        )


def _claims(args: argparse.Namespace, program: "Program") -> "Claims":
    """The claims of the program, minus those that the options switch off."""
    from sessionstats.testing import Claims

    names = [name.replace("-", "_") for name in CLAIMS]
    switches: dict[str, Any] = {name: False for name in names if getattr(args, f"no_{name}")}
    try:
        claims = replace(Claims.from_hello(program.introduce() or {}), **switches)
        if args.fields is not None:
            claims = replace(claims, fields=_listed(args.fields))
        return claims if args.group_by is None else replace(claims, group_by=_listed(args.group_by))
    except ValueError as error:
        raise SessionStatsError(str(error)) from None


def _tolerance(args: argparse.Namespace) -> "Tolerance":
    from sessionstats.testing import Tolerance

    try:
        return Tolerance(args.tolerance_users, args.tolerance_rank, args.tolerance_ulps, args.details)
    except ValueError as error:
        raise SessionStatsError(f"--tolerance-{error}") from None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@contextmanager
def _progress() -> "Iterator[Progress]":
    """What the runner reports, as a bar on a terminal."""
    from sessionstats.cli.progress import progress

    with progress("cases", sys.stderr) as report:
        yield lambda done, budget, found: report(done / budget)
