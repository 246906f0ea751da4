"""Files of sessions by their extension; reading them is in `sessionstats.io.chunks`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sessionstats.io.parquet import write_parquet
from sessionstats.sessions import Sessions

WRITERS: Final[Mapping[str, Callable[[Sessions, str], None]]] = MappingProxyType(
    {
        ".csv": Sessions.to_csv,
        ".jsonl": Sessions.to_jsonl,
        ".npz": Sessions.save_npz,
        ".parquet": write_parquet,
    }
)
"""How a file with each extension is written."""
