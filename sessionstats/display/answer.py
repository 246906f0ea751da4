"""What display reads of an answer, and how its numbers become Python's.

1. `Answer` is what every form of display reads: `sessionstats.result.Result` is one. Display modules do not
   import `result`, so that a result can show itself.
2. In Python values, null is `None`: neither NaN nor an infinity ever reaches a reader (§6.3).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sessionstats.capping import Link
from sessionstats.explanation import Explanation
from sessionstats.request.query import Query

if TYPE_CHECKING:
    from sessionstats.uncertainty import Uncertainty


class Answer(Protocol):
    """An answer, as far as display reads it; `sessionstats.result.Result` explains the parts."""

    @property
    def query(self) -> Query:
        """The validated request."""

    @property
    def by(self) -> Mapping[str, NDArray[np.object_]]:
        """Keys of each row: groupBy to (rows,) object array."""

    @property
    def totals(self) -> Mapping[str, NDArray[Any]]:
        """Field to (rows,) array; empty if left out."""

    @property
    def series(self) -> Mapping[str, NDArray[Any]]:
        """Field to (rows, intervals) array; empty if left out."""

    @property
    def links(self) -> tuple[Link, Link]:
        """To the previous and the next page."""

    @property
    def explanation(self) -> Explanation | None:
        """Why nothing was counted."""

    def uncertainty(self, field: str) -> "Uncertainty":
        """Intervals of a rate."""

    def __len__(self) -> int:
        """Number of rows."""


def with_nulls(values: NDArray[Any]) -> list[Any]:
    """Values as nested lists of Python numbers, NaN as `None`.

    Examples
    --------
    >>> with_nulls(np.array([[0.5, np.nan], [1.0, 0.0]]))
    [[0.5, None], [1.0, 0.0]]
    """
    if values.dtype.kind != "f":
        return list(values.tolist())
    missing = np.isnan(values)
    if not missing.any():
        return list(values.tolist())
    return list(np.where(missing, None, values).tolist())  # type: ignore[call-overload]
