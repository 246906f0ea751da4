"""Reference kernel for release-health session statistics.

>>> from sessionstats import compute, sample
>>> sessions = sample(1000)
>>> answer = compute(sessions, "field=crash_free_rate(session)&groupBy=release&interval=1d&statsPeriod=14d",
...                  now="2024-01-29T12:00:00Z")
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sessionstats.errors import AccessError, DataError, RequestError, SessionStatsError
from sessionstats.pipeline import compute
from sessionstats.request.query import Query
from sessionstats.result import Result
from sessionstats.rules import Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions

if TYPE_CHECKING:  # the names of `LAZY`, for type checkers
    from sessionstats.folding import from_updates
    from sessionstats.io.arrow import from_arrow, to_arrow
    from sessionstats.io.envelopes import from_envelopes
    from sessionstats.io.files import read, read_chunks, write
    from sessionstats.io.payloads import from_payloads
    from sessionstats.io.records import from_records, to_records
    from sessionstats.io.sampling import sample

__version__ = "0.1.0"

LAZY: Final = MappingProxyType(
    {
        "from_arrow": "sessionstats.io.arrow",
        "from_envelopes": "sessionstats.io.envelopes",
        "from_payloads": "sessionstats.io.payloads",
        "from_records": "sessionstats.io.records",
        "from_updates": "sessionstats.folding",
        "read": "sessionstats.io.files",
        "read_chunks": "sessionstats.io.files",
        "sample": "sessionstats.io.sampling",
        "to_arrow": "sessionstats.io.arrow",
        "to_records": "sessionstats.io.records",
        "write": "sessionstats.io.files",
    }
)
"""Functions that are imported on first use, and their modules: most programs need only a few of them."""

__all__ = [
    "AccessError",
    "DataError",
    "Query",
    "Releases",
    "RequestError",
    "Result",
    "Rules",
    "SessionStatsError",
    "Sessions",
    "compute",
    "from_arrow",
    "from_envelopes",
    "from_payloads",
    "from_records",
    "from_updates",
    "read",
    "read_chunks",
    "sample",
    "to_arrow",
    "to_records",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(LAZY[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *LAZY})
