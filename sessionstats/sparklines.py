"""Series as a line of marks.

1. A mark is an interval. Beyond `MAX_MARKS` intervals, equal numbers of neighbours share a mark, which shows
   the largest of them, or the smallest for ``crash_free_rate``: merging hides no spike, and it draws nothing
   that would be wrong, such as the sum of daily users or the mean of daily percentiles.
2. All rows of a field share one scale, so that rows compare: a rollout shows as one row rising while another
   falls. The scale goes from zero, or for ``crash_free_rate`` from the smallest value, to the largest.
3. The lowest mark is for the lowest value alone: a single crash stands out from none.
4. If all values are the same, the line is low for zeros, else flat in the middle.
5. A null has its own mark, `NULL`.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MARKS: Final = "▁▂▃▄▅▆▇█"
"""From the lowest to the highest."""

NULL: Final = "·"
"""Null: nothing was measured."""

MAX_MARKS: Final = 40
"""Most marks of a line."""
