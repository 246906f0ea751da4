"""How certain a rate is: Wilson's interval at 95 %. The endpoint has nothing like it; it is off by default.

1. A rate p of n sessions, or of n users, is treated as the share of crashes in n independent draws. The true
   rate then lies between

       (p + z²/2n ± z · √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)

   in 95 of 100 cases, z = 1.96 being the normal distribution's quantile of 97.5 %. Source: E. B. Wilson,
   "Probable inference, the law of succession, and statistical inference", Journal of the American Statistical
   Association 22 (1927), 209-212.
2. The interval lies within 0 and 1 and contains the rate itself. No crash in n sessions does not prove that
   there is none: the upper end is then z²/(n + z²), about 4 in n.
3. The rate of no sessions is null, and so are both ends.
4. Sessions of one user are not independent: where few users make many sessions, ask for rates of users.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Z: Final = 1.959963984540054
"""The standard normal distribution's quantile of 97.5 %, for an interval at 95 %."""

FEW: Final = 30
"""Sessions, or users, below which a rate says little: at 30, one crash more or less is 3.3 points."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """The intervals of some rates.

    Parameters
    ----------
    low, high : float64 array
        Ends of each interval, NaN where the rate is null.
    whole : int64 array
        The sessions, or users, that each rate is based on.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    whole: NDArray[np.int64]

    @property
    def few(self) -> NDArray[np.bool_]:
        """Whether each rate is based on fewer than `FEW`, but not on none."""
        few: NDArray[np.bool_] = (self.whole > 0) & (self.whole < FEW)
        return few


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """The intervals of a field of an answer.

    Parameters
    ----------
    totals : Bounds or None
        One entry per row: (rows,); `None` where totals are left out.
    series : Bounds or None
        One entry per row and interval: (rows, intervals); `None` where series are left out.
    """

    totals: Bounds | None
    series: Bounds | None


def wilson(rates: NDArray[Any], whole: NDArray[Any]) -> Bounds:
    """Wilson's interval at 95 % of every rate.

    Parameters
    ----------
    rates : float64 array
        NaN where `whole` is 0.
    whole : int64 array
        Sessions or users that each rate is based on.

    Examples
    --------
    Two sessions without a crash say less than two thousand:

    >>> bounds = wilson(np.array([1.0, 1.0, np.nan]), np.array([2, 2000, 0]))
    >>> bounds.low.round(4).tolist(), bounds.high.tolist(), bounds.few.tolist()
    ([0.3424, 0.9981, nan], [1.0, 1.0, nan], [True, False, False])
    """
    n = np.where(whole > 0, whole, np.nan)
    scale = Z * Z / n
    middle = (rates + scale / 2) / (1 + scale)
    half = np.sqrt(rates * (1 - rates) * scale + scale * scale / 4) / (1 + scale)
    # Rounding may put the end slightly off a rate of 1, which it must equal; it keeps that of a rate of 0.
    return Bounds(middle - half, np.clip(middle + half, rates, 1), whole)
