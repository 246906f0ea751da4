"""The cells of a text file: which values they represent (§1.1).

1. An empty cell is a missing value, whatever the column.
2. Integers and numbers are written as in JSON. A cell that is neither stays a text, and is rejected
   when the column is checked (§1.4): nothing is guessed.
3. An instant is ISO 8601, or else epoch seconds: ``20240129`` is a day.

Numbers are parsed once per distinct cell: most numeric columns have few distinct ones.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sessionstats.columns.schema import BY_NAME, Kind
from sessionstats.columns.values import shapes
from sessionstats.instants import parse_iso

INTEGER: Final = re.compile(r"-?[0-9]{1,20}")
"""Form of an integer; longer ones fit into no column."""

DECIMAL: Final = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?")
"""Form of a number."""


def read_cells(name: str, cells: Sequence[str]) -> Sequence[Any]:
    """The values of the cells of a column, `None` for empty ones.

    Parameters
    ----------
    name : str
        Which column.
    cells : sequence of str

    Returns
    -------
    sequence
        Of values that the column accepts, and of texts that it will reject.

    Examples
    --------
    >>> read_cells("errors", ["1", "", "1.0"]), read_cells("started", ["2024-01-29", "1706530320"])
    ([1, None, '1.0'], ['2024-01-29', 1706530320])
    """
    column = BY_NAME[name]
    match column.kind:
        case Kind.INTEGER:
            return _read_all(cells, INTEGER, int)
        case Kind.SECONDS:
            return _read_all(cells, DECIMAL, float)
        case Kind.INSTANT:
            return _read_instants(cells)
    return [cell or None for cell in cells] if column.required else cells


def _read_all(cells: Sequence[str], form: re.Pattern[str], read: Callable[[str], Any]) -> list[Any]:
    distinct = [cell for cell in set(cells) if cell]
    if all(map(form.fullmatch, shapes(distinct))):
        values = dict(zip(distinct, map(read, distinct), strict=True))
    else:
        values = {cell: read(cell) if form.fullmatch(cell) else cell for cell in distinct}
    values[""] = None
    return list(map(values.__getitem__, cells))


def _read_instants(cells: Sequence[str]) -> Sequence[Any]:
    # Nearly always all cells have a time of day, and then none is a number.
    return cells if all(":" in cell for cell in cells) else [_read_instant(cell) for cell in cells]


def _read_instant(cell: str) -> str | int | float | None:
    if not DECIMAL.fullmatch(cell) or parse_iso(cell) is not None:
        return cell or None
    return int(cell) if INTEGER.fullmatch(cell) else float(cell)
