"""The block engine: the measures of the plain engine, bit for bit, for many sessions (§6.7).

The plain engine passes over whole columns, copies what it selects and sorts all rows by cell. This one:

1. reads the rows block by block, so that what a block needs stays in cache, and copies no selection (`scan`);
2. finds the base groups from a table of counts, before anything else is measured (`groups`);
3. puts only the rows of groups on the page in the order of cells, with one sort per block (`cells`);
4. sorts the users and the durations of one cell at a time, which are few and of one small type (`users`,
   `durations`), and adds durations exactly without leaving NumPy (`exact_sums`);
5. works on blocks, and then on groups, with all cores (`threads`).

Row selection and the values of fields use the plain engine's own functions. `engine` puts the steps together.
"""

from sessionstats.engines.blocks.engine import BlockEngine, can_measure
from sessionstats.engines.blocks.parts import aligned
from sessionstats.engines.blocks.settings import Settings

__all__ = ["BlockEngine", "Settings", "aligned", "can_measure"]
