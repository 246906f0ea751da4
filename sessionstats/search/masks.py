"""From conditions on columns to a mask of rows (§4.1).

1. A condition looks at one column, so all it can express is one Boolean table over that column's categories.
2. Tables on one column combine where they meet: a group (AND or OR) holds at most one table per column, and
   its groups of the other kind as parts. A search without OR is three tables.
3. What is left is a short list of steps on a stack of masks. Parts come before the group's own tables, and
   the part of the most steps comes first, so that even a deep search holds few masks at a time: any other
   part has at most half of the group's steps.
4. Only the steps read rows, block by block if the caller wishes: codes in, mask out.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sessionstats.search.tree import And, FreeText, Node, Or, Term

COLUMNS: Final = ("project", "release", "environment")
"""The columns that conditions look at, in the order of tables and codes."""

Table: TypeAlias = NDArray[np.bool_]

Step: TypeAlias = tuple[str, int, Table | None]
"""What to do (``load``, ``and``, ``or``), and with what: a table of a column, or the topmost mask."""


class _Junction:
    """An AND or OR under construction.

    Parameters
    ----------
    kind : {"and", "or"}

    Attributes
    ----------
    tables : list of (categories,) bool or None
        For each of `COLUMNS`, the result of the conditions on it.
    parts : list of _Junction
        Groups of the other kind that look at several columns.
    steps : list of Step
        Once it is finished.
    """

    __slots__ = ("kind", "parts", "steps", "tables")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.tables: list[Table | None] = [None, None, None]
        self.parts: list[_Junction] = []
        self.steps: list[Step] = []

    def add_table(self, column: int, table: Table) -> None:
        """Add a condition; the table now belongs to the junction."""
        mine = self.tables[column]
        if mine is None:
            self.tables[column] = table
        else:
            (np.logical_and if self.kind == "and" else np.logical_or)(mine, table, out=mine)

    def add(self, part: "_Junction") -> None:
        """Add a finished group: whole, or its contents if the kind does not matter."""
        single = len(part.parts) + sum(table is not None for table in part.tables) == 1  # AND or OR: the same
        if part.kind != self.kind and not single:
            part.finish()
            self.parts.append(part)
            return
        for column, table in enumerate(part.tables):
            if table is not None:
                self.add_table(column, table)
        self.parts += part.parts

    def finish(self) -> None:
        """Write the steps; those of the largest part are continued rather than copied."""
        parts = sorted(self.parts, key=lambda part: len(part.steps), reverse=True)
        self.steps = parts[0].steps if parts else []
        for part in parts[1:]:
            self.steps += part.steps
            self.steps.append((self.kind, 0, None))
        for column, table in enumerate(self.tables):
            if table is not None:
                self.steps.append((self.kind if self.steps else "load", column, table))


class RowMask:
    """Which rows a search keeps, as a function of their codes.

    Attributes
    ----------
    everything : bool
        Whether every row is kept, whatever its codes.
    tables : tuple of (categories,) bool or None, or None
        For a plain conjunction, one table for each of `COLUMNS`, `None` for a column that does not matter: a
        row is kept if all its entries are true. `None` for a search that is not a conjunction of columns.

    Examples
    --------
    >>> from sessionstats.search.grammar import parse
    >>> production = np.array([True, False])
    >>> mask = combine(parse("environment:prod"), lambda term: (2, production.copy()))
    >>> mask(np.array([0, 0]), np.array([0, 0]), np.array([0, 1])).tolist(), mask.tables[2].tolist()
    ([True, False], [True, False])
    """

    __slots__ = ("_steps", "everything", "tables")

    def __init__(self, steps: list[Step], tables: tuple[Table | None, ...] | None) -> None:
        self._steps = tuple(steps)
        self.everything = not steps
        self.tables = tables

    def __call__(
        self, projects: NDArray[Any], releases: NDArray[Any], environments: NDArray[Any]
    ) -> NDArray[np.bool_]:
        """Mask of rows, given their codes in the three columns.

        Parameters
        ----------
        projects, releases, environments : (n,) integer array
            Codes, never missing, into the categories that the search was bound to.

        Returns
        -------
        (n,) bool
        """
        codes = (projects, releases, environments)
        masks: list[NDArray[np.bool_]] = []
        for kind, column, table in self._steps:
            mask = masks.pop() if table is None else table[codes[column]]
            if kind == "load":
                masks.append(mask)
            elif kind == "and":
                masks[-1] &= mask
            else:
                masks[-1] |= mask
        return masks.pop() if masks else np.ones(len(projects), bool)


def combine(tree: Node, table_of: Callable[[Term | FreeText], tuple[int, Table] | None]) -> RowMask:
    """Fold a tree of conditions into a mask of rows.

    Parameters
    ----------
    tree : Node
        From `grammar.parse`.
    table_of : callable
        For each leaf, called in text order: its column, a position in `COLUMNS`, and a table that it
        hands over; or `None` if the leaf excludes no rows.

    Returns
    -------
    RowMask
    """
    top = _Junction("and")
    frames = [(top, iter((tree,)))]
    while True:
        junction, children = frames[-1]
        for child in children:
            if isinstance(child, And | Or):
                frames.append((_Junction("and" if isinstance(child, And) else "or"), iter(child.children)))
                break
            if (condition := table_of(child)) is not None:
                junction.add_table(*condition)
        else:
            frames.pop()
            if not frames:
                return _row_mask(top)
            frames[-1][0].add(junction)


def _row_mask(top: _Junction) -> RowMask:
    """Drop conditions at the top that every row meets."""
    top.tables = [None if table is None or table.all() else table for table in top.tables]
    top.finish()
    return RowMask(top.steps, None if top.parts else tuple(top.tables))
