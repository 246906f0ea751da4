"""Valid searches (§4); those that are rejected are in `faults`.

1. A search is one to four terms, joined by spaces, ``AND`` and ``OR`` in any case, with parentheses.
2. A term selects a value of the world, or one that no session has; it may be negated, a list, quoted, or only
   require that there is a value.
3. A term of ``session.status`` is at the top level: an OR beside it is put into parentheses (§4.5).
4. Terms of ``release.version``, ``release.build``, ``release.package`` compare releases as versions (§4.7);
   ``release:latest`` and ``release.stage`` need release metadata (§4.8).
"""

import re
from typing import Final

from sessionstats.health import HEALTH_CLASSES, HEALTH_CLASSES_WITH_UNHANDLED
from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.worlds import World

BYTES: Final = 40
"""Most bytes that choose a search."""

LEAST_BYTES: Final = 10
"""Fewest bytes, so that most searches have several terms."""

JOINTS: Final = (" ", " OR ", " AND ", " or ", "  ", " and ", " OR ")
"""What joins two terms."""

VERSION_TERMS: Final = (
    "release.version:1.0.0",
    "release.version:>1.0",
    "release.version:<=1.1.0",
    "!release.version:1.0",
    "release.version:1.*",
    "release.version:>=app@1.1.*",
    "release.version:!=1.1.X",
    "release.version:!=web@1.0.0",
    "!release.version:a@b@1.2.3.4",
    "release.version:2.0.0-alpha",
    "release.version:<2.0.0",
    "release.package:app",
    "!release.package:app",
    "release.package:[app, web]",
    "release.build:12",
    "release.build:>7",
    "!release.build:12",
    "release.build:ab*",
    'release.build:""',
    "has:release.build",
    'release.version:">1.0"',
)
"""Terms that compare releases as versions, the last rejected for its quotes."""

METADATA_TERMS: Final = (
    "release:latest",
    "!release:latest",
    "release:[latest, app@1.0.0]",
    "release.stage:adopted",
    "!release.stage:replaced",
    "release.stage:[low_adoption, adopted]",
)
"""Terms that need release metadata."""

_PLAIN: Final = re.compile(r'[^\s"()\[\]*,<>=!:\\]+')


def search(choices: Choices, world: World, *, metadata: bool, status: bool) -> str:
    """Choose a search.

    Parameters
    ----------
    choices : Choices
    world : World
    metadata : bool
        Whether the case has release metadata.
    status : bool
        Whether the search may filter by status.

    Examples
    --------
    >>> from sessionstats.testing.strategies.claims import Claims
    >>> from sessionstats.testing.strategies.worlds import world
    >>> search(Choices(bytes([0, 0, 1, 1, 2])), world(Choices(b""), Claims()), metadata=False, status=False)
    '!environment:dev'
    """
    text = _terms(choices, world, metadata=metadata, depth=0) + choices.pick(("",) * 11 + (" ",))
    if not status or not choices.one_in(3):
        return text
    filter_ = status_filter(choices, world.edition.unhandled)
    if not choices.one_in(3):
        return filter_
    return f"({text}) {filter_}" if " or " in text.lower() else f"{filter_} {text}"


def status_filter(choices: Choices, unhandled: bool) -> str:
    """Choose terms of ``session.status`` (§4.5)."""
    known = HEALTH_CLASSES_WITH_UNHANDLED if unhandled else HEALTH_CLASSES
    one, other = choices.pick(known), choices.pick((*known, "gone"))
    return choices.pick(
        (
            f"session.status:{one}",
            f"!session.status:{one}",
            f"session.status:[{one}, {other}]",
            f"session.status:{one}",
            f"!session.status:[{one},{other}]",
            f"session.status:[{one}, {other}] !session.status:{other}",
            f"session.status:{other}",
            "has:session.status",
            f'session.status:"{one}"',
        )
    )


def _terms(choices: Choices, world: World, *, metadata: bool, depth: int) -> str:
    text = _term(choices, world, metadata=metadata, depth=depth)
    for _ in range(choices.pick((0, 1, 2, 1, 0, 3))):
        text += choices.pick(JOINTS) + _term(choices, world, metadata=metadata, depth=depth)
    return text


def _term(choices: Choices, world: World, *, metadata: bool, depth: int) -> str:
    way = choices.below(16)
    if way > (8 if world.versioned else 11):
        return _version_term(choices, world)
    if way == 11 and depth < 2:
        return f"({_terms(choices, world, metadata=metadata, depth=depth + 1)})"
    if way == 10:
        return choices.pick(METADATA_TERMS if metadata else VERSION_TERMS)
    if way == 9:
        return choices.pick(VERSION_TERMS)
    key = choices.pick(("environment", "release", "project", "environment", "release", "project.id"))
    sign = "!" if choices.one_in(2) else ""
    if way == 8:
        return f"{sign}has:{key}"
    values = [_value(choices, world, key) for _ in range(choices.pick((2, 1, 3)) if way in (6, 7) else 1)]
    name = f'"{key}"' if way == 5 and choices.one_in(4) else key
    return f"{sign}{name}:[{', '.join(values)}]" if way in (6, 7) else f"{sign}{name}:{values[0]}"


def _version_term(choices: Choices, world: World) -> str:
    """A comparison with the version or build of a release of the world (§4.7)."""
    pool = [text for text in world.releases if text and "@" in text] or ["app@1.1.0+7"]
    package, _, rest = choices.pick(pool).rpartition("@")
    version, _, build = rest.partition("+")
    sign, operator = "!" if choices.one_in(4) else "", choices.pick(("", ">", "<=", "<", ">=", "!="))
    way = choices.below(8)
    if build and choices.one_in(2):
        return f"{sign}release.build:{operator}{build}"
    if way == 4:
        return f"{sign}release.package:{package}"
    final, dash, _ = version.partition("-")
    parts = final.split(".")
    if way == 3:
        version = ".".join([*parts[:2], "*"])
    elif way == 2:
        version = ".".join(parts[:-1] if len(parts) > 2 else [*parts, "0"])
    elif way == 1:
        version = f"{package}@{version}"
    elif way == 5:
        version = f"{choices.pick(pool).rpartition('@')[0]}@{version}"
    elif way == 6:
        version = final if dash else f"{final}-beta"
    return f"{sign}release.version:{operator}{version or '1.1'}"


def _value(choices: Choices, world: World, key: str) -> str:
    if key.startswith("project"):
        number = choices.pick(world.projects)
        slugs = {each: slug for slug, each in (world.accessible or {}).items()}
        by_slug = choices.one_in(2) and key == "project" and number in slugs
        return slugs[number] if by_slug else str(number)
    pool = world.releases if key == "release" else world.environments
    text = choices.pick(pool) or ""
    return quoted(choices, _nearly(choices, text) if choices.one_in(6) else text)


def _nearly(choices: Choices, text: str) -> str:
    """A text that means this one where comparison is loose: in case, as part, as pattern, without spaces."""
    return choices.pick(
        (
            text.swapcase(),
            text.rpartition("@")[2],
            text[: max(1, len(text) // 2)],
            f"{text} ",
            f" {text}",
            "." + text[1:],
            text[:-1] + "_",
            text[: len(text) // 2] + "%",
            f"{text}, {text}",
        )
    )


def quoted(choices: Choices, text: str) -> str:
    r"""A value in quotes if it needs them, and sometimes if it does not (§4.1).

    Examples
    --------
    >>> print(quoted(Choices(b""), 'a "b"*'), quoted(Choices(b""), "app@1.0"))
    "a \"b\"\*" app@1.0
    """
    quotes = choices.one_in(4)
    if _PLAIN.fullmatch(text) and not quotes:
        return text
    escaped = text.replace('"', '\\"').replace("*", "\\*")
    return f'"{escaped}"'
