"""The fast path: the answer of `sessionstats.pipeline`, bit for bit, for many sessions (§6.7).

The plain path passes over whole columns, copies what it selects and sorts all rows by cell. This one:

1. reads the rows block by block, so that what a block needs stays in cache, and copies no selection (`scan`);
2. finds and ranks the base groups from a table of counts, before anything else is measured (`groups`);
3. puts only the rows of groups on the page in the order of cells, by one sort a block (`cells`);
4. sorts the users and the durations of one cell at a time, which are few and of one small type (`users`,
   `durations`), and adds durations exactly without leaving NumPy (`exact_sums`);
5. does blocks, and then groups, on all cores (`threads`).

What is no matter of size is not written twice: judging a row, evaluating a field, ranking, pages and layout
are the plain path's own functions. `answer` is where the steps are put together.
"""

from sessionstats.engines.blocks.answering import answer, can_answer
from sessionstats.engines.blocks.settings import Settings

__all__ = ["Settings", "answer", "can_answer"]
