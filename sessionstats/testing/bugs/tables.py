"""Rows that are lost, multiplied or misread, and their texts (§1.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sessionstats.testing.bugs.bug import (
    LENGTHS,
    Bug,
    Case,
    Variant,
    altered,
    beginning,
    bug,
    defined,
    rows_as,
    table_as,
)
from sessionstats.testing.bugs.users import MISSING_TEXTS, NA_TEXTS, PROTOTYPE, unaccented
from sessionstats.testing.model.rows import Row

TEXTS: Final = ("release", "environment")
"""The columns of text that group and that are searched."""

Change = Callable[[str], str | None]
"""From a text to another, or `None` where the row is lost."""


def texts_as(change: Change, detail: str = "") -> tuple[Variant, ...]:
    """Variants that read releases, environments, or both, differently."""

    def of(names: tuple[str, ...]) -> Callable[[Row], dict[str, Any] | None]:
        def changes(row: Row) -> dict[str, Any] | None:
            changed = {name: change(getattr(row, name)) for name in names}
            return None if None in changed.values() else changed

        return changes

    return (
        rows_as(of(TEXTS), detail),
        *(rows_as(of((name,)), f"{detail} in {name}s".strip()) for name in TEXTS),
    )


def first_bytes(length: int) -> Callable[[str], str]:
    """The characters that fit into the first bytes of a text."""
    return lambda text: text.encode()[:length].decode(errors="ignore")


def missing_if(name: str) -> Callable[[str], str]:
    """Reads one text as missing."""
    return lambda text: "" if text == name else text


def cut(case: Case) -> Iterable[Variant]:
    """Texts cut to some length that a row of the case is longer than."""
    longest = max((len(text) for text in _texts(case)), default=0)
    for length in range(1, longest):
        if length in LENGTHS or longest <= 64:
            yield from texts_as(beginning(length), f"to {length} characters")
            yield from texts_as(first_bytes(length), f"to {length} bytes")


def _texts(case: Case) -> Iterable[str]:
    for row in case["sessions"]:
        if isinstance(row, Mapping):
            yield from (text for name in TEXTS if isinstance(text := row.get(name), str))


def limited(case: Case) -> Iterable[Variant]:
    """Only so many rows."""
    for number in range(1, min(len(case["sessions"]), 65)):
        yield first(number)
    for number in (99, 100, 127, 128, 200, 250, 255, 256, 499, 500, 512, 999, 1000, 1024, 2000, 4096, 5000,
        9999,
                   10_000, 32_768, 50_000, 65_535, 65_536):  # fmt: skip
        if number < len(case["sessions"]):
            yield first(number)


def first(number: int) -> Variant:
    """The first rows only."""
    return altered(f"{number:,} rows", lambda case: {**case, "sessions": case["sessions"][:number]})


def form(name: Any) -> Callable[[str], str]:
    """A Unicode normalisation."""
    return lambda text: unicodedata.normalize(name, text)


def joined(separator: str, detail: str) -> Variant:
    """A variant that identifies groups by their columns joined into one text."""
    return defined(detail, group_key=lambda columns: separator.join(map(str, columns)))


def renamed(text: str) -> tuple[Variant, ...]:
    """Variants that write a missing text differently."""
    return texts_as(lambda given: given or text, f'"{text}"')


def missing_column(name: str) -> Callable[[Row, str], Any]:
    """One column of a group, `None` where it is empty."""
    return lambda row, each: _column(row, each) or (None if each == name else "")


def none_missing(columns: list[Any]) -> Any:
    """The key of a group; none where a column is `None`."""
    return None if None in columns else tuple(columns)


def filled_forward(name: str) -> Callable[[list[Row]], list[Row]]:
    """Rows whose empty texts are those of the row before."""

    def fill(rows: list[Row]) -> list[Row]:
        filled = []
        changes: dict[str, Any] = {name: ""}
        for row in rows:
            changes = {name: getattr(row, name) or changes[name]}
            filled.append(replace(row, **changes))
        return filled

    return fill


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "rows-limited", "1.1", "Only the first rows count",
        "Every row of the request is a session, however many there are.",
        family=limited,
    ),
    bug(
        "last-rows-lost", "1.1", "The first or the last row is lost",
        "Every row of the request is a session.",
        altered("the last", lambda case: {**case, "sessions": case["sessions"][:-1]}),
        altered("the first", lambda case: {**case, "sessions": case["sessions"][1:]}),
    ),
    bug(
        "texts-cut", "1.1", "Releases or environments are cut off",
        "Texts are kept in full, whatever their length.",
        family=cut,
    ),
    bug(
        "releases-without-part", "1.1", "Releases lose a part of their version",
        "A release is a text; its package, its build and its version belong to it.",
        *(texts_as(change, detail)[1] for change, detail in (
            (lambda text: text.rpartition("@")[2], "their package"),
            (lambda text: text.partition("@")[2] or text, "what is before the first @"),
            (lambda text: text.partition("@")[0], "all but their package"),
            (lambda text: text.partition("+")[0], "their build"),
            (lambda text: re.split(r"[-+]", text)[0], "their prerelease and build"),
            (lambda text: text.partition("-")[0], "what follows a dash"),
            (lambda text: text.partition(" ")[0], "what follows a space"),
            (lambda text: text.removeprefix("v"), "a v at the beginning"),
            (lambda text: text.rpartition("/")[2], "what is before a slash"),
        )),
    ),
    bug(
        "texts-trimmed", "1.1", "Spaces at the ends of releases or environments are lost",
        "Texts are kept as they are, including spaces at their ends.",
        *texts_as(str.strip), *texts_as(str.rstrip, "at the end"),
        *texts_as(lambda text: text.strip(" "), "blanks only"), *texts_as(lambda text: text.rstrip(" "),
            "blanks at the end"),
    ),
    bug(
        "texts-normalized", "1.1", "Releases or environments are normalized to a Unicode form",
        "Texts are compared and answered code point by code point.",
        *texts_as(form("NFC"), "NFC"), *texts_as(form("NFKC"), "NFKC"), *texts_as(form("NFD"), "NFD"),
        *texts_as(lambda text: text.encode("ascii", "ignore").decode(), "ASCII only"),
        *texts_as(lambda text: text.encode("ascii", "replace").decode(), "ASCII with question marks"),
    ),
    bug(
        "texts-in-lower-case", "1.1", "Releases or environments are changed to one case",
        "Texts are compared and answered as they are.",
        *texts_as(str.lower), *texts_as(str.casefold), *texts_as(str.upper),
    ),
    bug(
        "na-texts-missing", "1.1", 'Texts such as "null" or "NA" count as missing',
        "Only an empty or absent release or environment is missing.",
        *texts_as(lambda text: "" if text in NA_TEXTS else text, "every text that pandas reads as missing"),
        *(each for na in MISSING_TEXTS for each in
          texts_as(missing_if(na), f'"{na}"')),
    ),
    bug(
        "numbers-from-texts", "1.1", "Texts that look like numbers lose their form",
        "A release is a text: 1.10 is not 1.1, and 007 not 7.",
        *texts_as(lambda text: _as_number(text)),
    ),
    bug(
        "empty-group-dropped", "5", "Sessions without a release or environment make no group",
        "A missing release or environment is the empty text, which is a group like any other.",
        defined(group_key=lambda columns: None if "" in columns else tuple(columns)),
        *(defined(f"without {name}", column=missing_column(name), group_key=none_missing) for name in TEXTS),
        *texts_as(lambda text: text or None, "nor count at all,"),
        reports=["PostHog/posthog#17994"],
    ),
    bug(
        "empty-group-renamed", "5", "The group of the empty text is renamed",
        "A missing release or environment is the empty text: not null, and not a text that others may have.",
        *(defined(f'"{text}"', column=lambda row, name, text=text: _column(row, name) or text)
          for text in (*MISSING_TEXTS, "(none)", "(not set)", "none", "N/A", " ")),
        *(each for text in ("production", "unknown", "default") for each in renamed(text)),
        reports=["PostHog/posthog#12669"],
    ),
    bug(
        "empty-filled-forward", "1.1", "A missing release or environment is that of the row before",
        "Rows do not depend on each other: a missing text is the empty text.",
        *(table_as(filled_forward(name), f"the {name}") for name in TEXTS),
    ),
    bug(
        "groups-without-case", "5", "Groups that differ in case, space or accents are merged",
        "Releases and environments are compared exactly.",
        *(defined(detail, column=lambda row, name, change=change: _changed(row, name, change))
          for detail, change in (("", str.lower), ("space", str.strip), ("case and space",
              lambda t: t.strip().lower()))),
        defined("under the name of the first", group_key=lambda columns: str(columns).lower()),
        defined("accents, under the name of the first", group_key=lambda columns: unaccented(str(columns))),
        defined("case and accents, under the name of the first",
                group_key=lambda columns: unaccented(str(columns)).lower()),
    ),
    bug(
        "groups-joined", "5", "Groups are identified by their columns joined into one text",
        'The columns of a group are separate: "a|b" with "c" is not the same group as "a" with "b|c".',
        *(joined(text, repr(text)) for text in ("|", "-", ",", "_", ":", " ", "/", "@", ";", "\t", "#", "",
            "||", "::",
                                               "__", "--", ", ", " | ", "\x00", "\x1f", ".", "+")),
    ),
    bug(
        "prototype-groups-lost", "5", 'Groups such as "__proto__" are lost',
        "A plain JavaScript object has names of its own: groups need a Map.",
        defined(group_key=lambda columns: None if "__proto__" in columns else tuple(columns)),
        defined("\"constructor\" and the like as well",
                group_key=lambda columns: None if PROTOTYPE & set(map(str, columns)) else tuple(columns)),
    ),
)  # fmt: skip
"""The bugs of this family."""


def _column(row: Row, name: str) -> int | str:
    return row.project if name == "project" else str(getattr(row, name))


def _changed(row: Row, name: str, change: Callable[[str], str]) -> int | str:
    value = _column(row, name)
    return change(value) if isinstance(value, str) else value


def _as_number(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return text
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e21 else repr(value)
