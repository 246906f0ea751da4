"""The colours of the pictures. Text and lines have a contrast of 4.5:1 and more, on light and on dark pages.

A picture is drawn for light pages, on a background of its own, so that it can be read anywhere. `dark` makes
it one for dark pages; the site shows the one that suits.
"""

from types import MappingProxyType
from typing import Final

PAPER: Final = "#ffffff"
INK: Final = "#4b5058"
"""Lines and text."""

GOOD: Final = "#14665d"
BAD: Final = "#a82843"
WARN: Final = "#7d4c00"
OTHER: Final = "#5546a3"

DARK: Final = MappingProxyType(
    {
        PAPER: "#131416",
        INK: "#c9ced6",
        GOOD: "#56d1c0",
        BAD: "#ff8a9d",
        WARN: "#f2b55c",
        OTHER: "#bbafff",
    }
)
"""Each colour on dark pages."""


def dark(svg: str) -> str:
    """The picture for dark pages."""
    for light, other in DARK.items():
        svg = svg.replace(light, other)
    return svg
