"""Options of commands that read files of sessions, and what there is to report afterwards (§1.4, §1.5).

1. ``--column OURS=THEIRS`` maps a name, ``--leave-out NAME`` leaves one out; an error about names shows the
   options to write.
2. ``--skip-bad-rows`` leaves bad rows out, and reports how many there are, and the first of them.
3. Columns that are not ours are listed once; so is a median duration of more than a day, which usually means
   milliseconds.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sessionstats.cli.progress import progress
from sessionstats.display.terminal import escape
from sessionstats.errors import SessionStatsError
from sessionstats.io.bad_rows import ReadReport
from sessionstats.io.blocks import Errors
from sessionstats.io.files import read_chunks
from sessionstats.io.names import ColumnNamesError, Mapped
from sessionstats.io.sources import sources_of
from sessionstats.sessions import Sessions


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add the argument for files."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="+",
        help="sessions: .csv, .jsonl, .envelope (also .gz), .npz, .parquet; a glob, a folder of Parquet, -",
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("files as people have them")
    group.add_argument(
        "--column",
        metavar="OURS=THEIRS",
        action="append",
        default=[],
        help="the column that the file calls THEIRS, such as distinct_id=user_id; duration_ms= converts",
    )
    group.add_argument(
        "--leave-out", metavar="NAME", action="append", default=[], help="a column of the file not to read"
    )
    group.add_argument(
        "--input-format", metavar="FORMAT", help="csv, jsonl, csv.gz, …: instead of the extension; - needs it"
    )
    group.add_argument(
        "--project-id", metavar="ID", type=int, help="the project of envelopes that do not name theirs"
    )
    group.add_argument(
        "--skip-bad-rows",
        action="store_true",
        help="leave bad rows out, and say how many",
    )


@dataclass
class FilesRead:
    """The files of sessions that a command is asked to read.

    Parameters
    ----------
    args : argparse.Namespace
        With ``file``, ``project`` and the options of `add_options`.
    statuses : collection of str
        The statuses of the edition.
    """

    args: argparse.Namespace
    statuses: Collection[str]
    report: ReadReport = field(default_factory=ReadReport)

    def __post_init__(self) -> None:
        sources_of(self.args.file, self.args.input_format)  # rejects what cannot be read before anything is

    @property
    def label(self) -> str:
        """What the files are called."""
        return str(self.args.file[0]) if len(self.args.file) == 1 else f"{len(self.args.file)} files"

    @property
    def can_be_read_again(self) -> bool:
        """Whether all of them are files, and none is a pipe."""
        sources = sources_of(self.args.file, self.args.input_format)
        return all(os.path.isfile(source.path) for source in sources)

    @contextmanager
    def chunks(self, unneeded: Collection[str] = ()) -> Iterator[Iterator[Sessions]]:
        """The sessions, with a bar on a terminal; remarks are printed at the end."""
        with progress(self.label) as bar, _options_shown():
            yield self._chunks(self.report, bar, unneeded)
        self._report()

    def again(self) -> Iterator[Sessions]:
        """The sessions once more, silently."""
        return self._chunks(ReadReport(), lambda share: None)

    def _chunks(
        self, report: ReadReport, bar: Callable[[float], object], unneeded: Collection[str] = ()
    ) -> Iterator[Sessions]:
        errors: Errors = "skip" if self.args.skip_bad_rows else "raise"
        return read_chunks(
            self.args.file,
            columns=_mapping(self.args),
            projects=dict(self.args.project),
            statuses=self.statuses,
            errors=errors,
            report=report,
            input_format=self.args.input_format,
            project_id=self.args.project_id,
            progress=bar,
            unneeded=unneeded,
        )

    def _report(self) -> None:
        report = self.report
        lines = report.lines()
        if lines:
            lines[-1] = f"left out: {lines[-1]}"
        if report.left_out:
            names = ", ".join(map(repr, report.left_out))
            lines.append(f"{names}: not a column of ours, and left out")
        if report.unread:
            names = ", ".join(map(repr, report.unread))
            lines.append(f"{names}: not needed for this request, and neither read nor checked")
        if report.items_left_out:
            items = ", ".join(f"{count:,} of type {kind!r}" for kind, count in report.items_left_out.items())
            lines.append(f"items of envelopes that hold no sessions, left out: {items}")
        if report.looks_like_milliseconds:
            lines.append(
                "the median duration is longer than a day: are these milliseconds? --column "
                "duration_ms=NAME converts them"
            )
        for line in lines:
            print(escape(f"sessionstats: {line}"), file=sys.stderr)


def _mapping(args: argparse.Namespace) -> Mapped:
    columns: dict[str, str | None] = dict.fromkeys(args.leave_out)
    for text in args.column:
        ours, equals, theirs = text.partition("=")
        if not (ours and equals and theirs):
            raise SessionStatsError(f"--column: {text!r} is not of the form OURS=THEIRS")
        columns[theirs] = ours
    return columns


@contextmanager
def _options_shown() -> Iterator[None]:
    """If an error about names shows a mapping, show the options to write instead."""
    try:
        yield
    except ColumnNamesError as error:
        options = [
            f"--leave-out {shlex.quote(theirs)}"
            if ours is None
            else f"--column {shlex.quote(f'{ours}={theirs}')}"
            for theirs, ours in error.mapping.items()
        ]
        raise SessionStatsError(f"{error.likely}: {' '.join(options)}").at(file=error.file) from None
