"""Reference kernel for release-health session statistics.

>>> from sessionstats import Sessions, compute
>>> sessions = Sessions.sample(1000)
>>> answer = compute(sessions, "field=crash_free_rate(session)&groupBy=release&interval=1d&statsPeriod=14d",
...                  now="2024-01-29T12:00:00Z")
"""

from sessionstats.errors import AccessError, DataError, RequestError, SessionStatsError
from sessionstats.pipeline import compute
from sessionstats.request.query import Query
from sessionstats.result import Result
from sessionstats.rules import Rules
from sessionstats.search.releases import Releases
from sessionstats.sessions import Sessions

__version__ = "0.1.0"

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
]
