"""Parts of sessions under common codes, so that they are measured together without being concatenated.

1. Categories of a column that continue each other, as in the blocks of one file, become the longest of them.
2. Other categories are united, and the codes of the parts replaced.

Why: 10 million sessions are half a gigabyte, and copying them costs as much as the answer.
"""

from collections.abc import Sequence
from typing import Any

from sessionstats.columns.encoding import Encoded, under_one_list
from sessionstats.sessions import Sessions


def aligned(parts: Sequence[Sessions]) -> list[Sessions]:
    """The same parts; a value has the same code in all of them.

    Examples
    --------
    >>> row = {"started": [0], "project_id": [1], "status": ["ok"]}
    >>> parts = aligned([Sessions(**row, release=["a"]), Sessions(**row, release=["b"])])
    >>> [(part.release.codes.tolist(), part.release.categories) for part in parts]
    [([0], ('a', 'b')), ([1], ('a', 'b'))]
    """
    if len(parts) < 2:
        return list(parts)
    columns = zip(*[part.columns for part in parts], strict=True)
    return [Sessions.from_columns(*part) for part in zip(*map(_aligned, columns), strict=True)]


def _aligned(columns: Sequence[Any]) -> Sequence[Any]:
    return under_one_list(columns) if isinstance(columns[0], Encoded) else columns
