"""Numbers as a person reads them.

1. A count has thousands separators.
2. A duration has three significant digits and a suitable unit.
3. A rate is a percentage with `DECIMALS` decimals, or with as many as it takes for no rate below one
   to read as 100 % and none above zero as 0 %. All rates of a column have equally many, so they align.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

DECIMALS: Final = 2
"""Decimals of a percentage, unless more are needed to tell it from 0 or 100."""

DURATION_UNITS: Final = (("ms", 1.0, 1000), ("s", 1e3, 60), ("min", 6e4, 60), ("h", 3.6e6, float("inf")))
"""Units of durations: name, milliseconds, and the number from which on the next one is used."""


def count_text(count: int) -> str:
    """A count.

    Examples
    --------
    >>> count_text(17905995)
    '17,905,995'
    """
    return f"{count:,}"


def duration_text(milliseconds: float) -> str:
    """A duration.

    Examples
    --------
    >>> [duration_text(ms) for ms in (0.0, 312.0, 999.9, 61_500.0, 7.2e6)]
    ['0 ms', '312 ms', '1.00 s', '1.02 min', '2.00 h']
    """
    if milliseconds == 0:
        return "0 ms"
    # Chosen after rounding: 999.9 ms are 1.00 s, not 1000 ms.
    texts = [f"{milliseconds / size:#.3g}".rstrip(".") for _, size, _ in DURATION_UNITS]
    limited = zip(texts, DURATION_UNITS, strict=True)
    return next(f"{text} {unit}" for text, (unit, _, limit) in limited if float(text) < limit)


def percentage_text(rate: float, decimals: int) -> str:
    """A rate.

    Examples
    --------
    >>> percentage_text(0.99995, 3)
    '99.995 %'
    """
    return f"{Decimal(rate) * 100:.{decimals}f} %"


def decimals_for(rates: Iterable[float]) -> int:
    """Decimals that keep every rate from reading as 0 % or 100 %, unless it is exactly that.

    Examples
    --------
    >>> decimals_for([1.0, 0.5, 0.0]), decimals_for([0.5, 0.99995]), decimals_for([1e-7])
    (2, 3, 5)
    """
    between = [rate for rate in rates if 0 < rate < 1]
    decimals = DECIMALS
    for rate in (min(between), max(between)) if between else ():
        while Decimal(percentage_text(rate, decimals).removesuffix(" %")) in (0, 100):
            decimals += 1
    return decimals
