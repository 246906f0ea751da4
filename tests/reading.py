"""Reading files in blocks of a given size, for tests of what happens between blocks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sessionstats.folding import Updates
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
