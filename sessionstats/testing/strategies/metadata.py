"""Release metadata of a case (§4.8).

1. It holds some of the releases of the world, and may hold one that no session has.
2. Dates are few, so that releases tie and fall back on their version.
"""

from typing import Any, Final

from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.worlds import World

BYTES: Final = 20
"""Bytes that choose the metadata."""

DATES: Final = (
    "2024-01-01T00:00:00Z",
    "2024-01-02T00:00:00Z",
    "2024-01-01T00:00:00Z",
    "2023-12-31T23:59:59.999999Z",
    "2024-01-02T05:30:00+05:30",
)
"""Dates on which releases were added; the second and the last are the same instant."""

STAGES: Final[tuple[dict[str, str], ...]] = (
    {},
    {"production": "adopted"},
    {"production": "low_adoption", "dev": "replaced"},
    {"dev": "adopted"},
)
"""Stages of a release by environment."""


def metadata(choices: Choices, world: World) -> list[dict[str, Any]]:
    """Choose release metadata.

    Examples
    --------
    >>> from sessionstats.testing.strategies.claims import Claims
    >>> from sessionstats.testing.strategies.worlds import world
    >>> [release["version"] for release in metadata(Choices(b""), world(Choices(b""), Claims()))]
    ['app@1.0.0', 'app@1.1']
    """
    known = [text for text in world.releases[:6] if text]
    versions = dict.fromkeys((*known, *(("app@3.0.0",) if choices.one_in(3) else ())))
    return [
        {
            "version": version,
            "date_added": choices.pick(DATES),
            "project_ids": list(choices.pick((world.projects, world.projects[:1], world.projects[-1:]))),
            "environments": choices.pick((["production"], ["production", "dev"], [], ["dev", ""])),
            "stages": dict(choices.pick(STAGES)),
        }
        for version in versions
        if not choices.one_in(5)
    ]
