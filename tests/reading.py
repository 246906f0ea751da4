"""Reading files in blocks of a given size, for tests of what happens between blocks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sessionstats import Sessions, SessionStatsError
from sessionstats.folding import Updates, fold
from sessionstats.io.blocks import Progress, Reading, checked_blocks, reject_bad_rows, unreported
from sessionstats.io.files import READERS
from sessionstats.io.sources import opened, sources_of


def updates_in(
    path: Path, block_rows: int | None = None, progress: Progress = unreported
) -> Iterator[Updates]:
    """The updates of a file, as `sessionstats.read` reads them."""
    (source,) = sources_of(path)
    reading, reader = Reading(progress=progress), READERS[source.format]
    with opened(source) as file:
        blocks: Any = reader(file, reading, block_rows)  # type: ignore[call-arg]
        yield from checked_blocks(blocks, reading, source.name)
    reject_bad_rows(reading, reported=False)


def outcome(path: Path, block_rows: int | None = None) -> Sessions | str:
    """The sessions of a file, or the error in all its parts."""
    try:
        parts = list(updates_in(path, block_rows))
    except SessionStatsError as error:
        return repr(
            (str(error), sorted((k, repr(v)) for k, v in vars(error).items() if k not in ("args", "report")))
        )
    return fold(Updates.concat(parts)) if parts else Sessions.empty()
