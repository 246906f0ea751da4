"""Beyond memory and beyond one machine: summaries of chunks of sessions, merged in any order (§6.7).

1. `summarize` reduces a chunk of sessions to what the answer to a request depends on (`summarizing`).
2. `merge` makes one summary of several, exactly (`merging`); `Summary.of_nothing` is the empty element.
3. `SummaryEngine` measures what the answer shows (`engine`): `sessionstats.pipeline.finish` makes the answer,
   bit for bit what `sessionstats.compute` gives for all sessions at once.
4. `summarize_chunks` does the first two for a stream of chunks, in bounded memory (`streaming`); `Running`
   merges summaries that come one by one.
5. A summary is of *sessions*: updates of one session (§1.2) are folded before that, wherever they are.

Examples
--------
>>> from sessionstats import Query, compute, sample
>>> from sessionstats.pipeline import finish
>>> query = Query.parse("field=sum(session)&field=p50(session.duration)&groupBy=release&statsPeriod=14d",
...                     now="2024-01-29T12:00Z")
>>> sessions = sample(1000)
>>> monday, tuesday = summarize(sessions[:300], query), summarize(sessions[300:], query)
>>> finish(merge(monday, tuesday)).to_json() == compute(sessions, query).to_json()
True
"""

from sessionstats.engines.summaries.engine import SummaryEngine
from sessionstats.engines.summaries.merging import merge
from sessionstats.engines.summaries.streaming import Running, summarize_chunks
from sessionstats.engines.summaries.summarizing import summarize
from sessionstats.engines.summaries.summary import Summary

__all__ = ["Running", "Summary", "SummaryEngine", "merge", "summarize", "summarize_chunks"]
