"""The command line: ``sessionstats COMMAND …``.

1. A command is a module of this package with ``add_parser(subparsers)``, whose parser sets ``run``, a
   function of the parsed arguments that returns the exit status. `COMMANDS` lists them.
2. Only the module of the command that is called is imported.
3. Exit status 0 is success. An error is one line on standard error, with a line for each note that may
   help, and status 2, never a traceback.
   If a reader stops reading, we end quietly, with the status of SIGPIPE; Ctrl-C with that of SIGINT; a
   command that has something to clean up ends with `Ended` after other signals.
"""

import argparse
import errno
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Final, NoReturn

from sessionstats.display.terminal import escape
from sessionstats.errors import SessionStatsError

COMMANDS: Final = ("demo", "query", "serve", "sample", "oracle", "check", "explain", "vectors")
"""The commands and their modules, in the order of the help."""

FAILED: Final = 2
"""Exit status for invalid usage, requests or files."""

INTERRUPTED: Final = 128 + 2
"""Exit status after Ctrl-C: 128 and the number of SIGINT."""

PIPE_CLOSED: Final = 128 + 13
"""Exit status when nobody reads the output any more: 128 and the number of SIGPIPE."""

UNWRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EBADF)
"""Errors of what cannot be written: a full disk, a quota, a largest size, a stream for reading."""

DESCRIPTION: Final = """\
Exact release-health session statistics: crash-free rates, distinct users and
percentiles of durations per release and day, from raw sessions.
"""

EPILOG: Final = """\
start here:
  sessionstats demo
  sessionstats query --help
"""


class Ended(BaseException):
    """A signal ends the command, which cleans up on the way.

    Parameters
    ----------
    number : int
        The number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Parser(argparse.ArgumentParser):
    """A parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Report what is wrong and where the help is."""
        self.exit(FAILED, f"{escape(f'{self.prog}: {message} (see {self.prog} --help)')}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit status.

    Examples
    --------
    >>> main(["query", "january.xlsx", "field=sum(session)"])  # the reason goes to standard error
    2
    """
    _replace_closed_streams()
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Ended as ended:
        return 128 + ended.number
    except BrokenPipeError:
        _settle_output()
        return PIPE_CLOSED
    except OSError as error:
        _settle_output()
        # Errors of files have their names.
        name = error.filename or ("standard output" if error.errno in UNWRITABLE else None)
        return _fail(f"{name}: {error.strerror}" if name else str(error))


def _run(arguments: Sequence[str]) -> int:
    if hasattr(sys.stdout, "reconfigure"):
        # A name that the terminal cannot show is not a reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        args = _parser(arguments).parse_args(arguments)
        status: int = args.run(args)
    except SystemExit as stop:  # argparse: help, version, or an error that it reported
        return int(stop.code or 0)
    except SessionStatsError as error:
        return _fail(error, error.notes)
    except MemoryError:
        return _fail("not enough memory")
    return status


def _parser(arguments: Sequence[str]) -> Parser:
    from sessionstats import __version__

    parser = Parser(
        prog="sessionstats",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    called = [name for name in arguments[:1] if name in COMMANDS]
    for name in called or COMMANDS:
        import_module(f"sessionstats.cli.{name}").add_parser(subparsers)
    return parser


def add_command(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    *,
    summary: str,
    description: str,
    example: str,
) -> argparse.ArgumentParser:
    """Add the parser of a command.

    Parameters
    ----------
    subparsers : action of `argparse.ArgumentParser.add_subparsers`
    name : str
    summary : str
        Half a line, for the list of commands.
    description, example : str
        The text of the command's own help, laid out as given.
    """
    return subparsers.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"example:\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _fail(problem: SessionStatsError | str, notes: Iterable[str] = ()) -> int:
    # Bad rows are reported one per line; the lines are escaped one by one.
    lines = getattr(problem, "lines", [str(problem)])
    for line in (*(f"sessionstats: {line}" for line in lines), *(f"note: {note}" for note in notes)):
        print(escape(line), file=sys.stderr)
    return FAILED


def _replace_closed_streams() -> None:
    """Replace standard streams that were closed before we started: nothing is read or written there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, mode, closefd=False))  # noqa: SIM115 - until the process ends


def _settle_output() -> None:
    """Discard unwritable output, lest the interpreter try again, and complain, when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
