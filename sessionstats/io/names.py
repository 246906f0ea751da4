"""Names of columns in files, frames and records that are not those of §1.1 (§1.5).

1. The caller may map names: ``{"user_id": "distinct_id"}``; a name that is mapped to `None` is left out. A
   ``duration_ms`` is a duration in milliseconds, whether it is the mapped name or what a name is
   mapped to: it is divided by 1000.
2. One of our names is that column.
3. Keys of the two shapes that SDKs send are an error that says which function reads them.
4. So is a name that differs from one of ours only in case, spaces, dashes and underscores, and a common name
   of a column that is absent: the error shows the mapping to write.
5. Other names are left out; functions that read a file can report them.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from sessionstats.columns.schema import REQUIRED_COLUMNS, UPDATE_COLUMNS
from sessionstats.errors import SessionStatsError

Mapped: TypeAlias = Mapping[str, str | None]
"""Names in the data, and the columns that they are; `None` for names to leave out."""

SDK_KEYS: Final = frozenset({"sid", "did", "attrs", "aggregates", "init"})
"""Keys that only the data of SDKs has, not rows of sessions."""

MILLISECONDS: Final = "duration_ms"
"""The column for a duration in milliseconds."""


LISTED: Final = 400
"""Most characters of the names of columns in an error."""


def plain(name: str) -> str:
    """A name without the differences between its spellings.

    Examples
    --------
    >>> plain("Distinct-ID") == plain("distinct_id")
    True
    """
    return re.sub(r"[\s_-]", "", name).lower()


OURS: Final = MappingProxyType({plain(name): name for name in UPDATE_COLUMNS})
"""The columns by their plain names."""

COMMON: Final = MappingProxyType(
    {
        plain(name): ours
        for ours, names in {
            "distinct_id": ("user", "user_id"),
            "started": ("start", "start_time", "started_at"),
            "duration": (MILLISECONDS, "duration_s"),
            "session_id": ("session",),
            "quantity": ("count", "sessions"),
            "environment": ("env",),
            "release": ("version",),
            "project_id": ("project",),
        }.items()
        for name in names
    }
)
"""Common names of columns, in plain form, and the columns."""


class ColumnNamesError(SessionStatsError):
    """Columns that are probably ours, under other names (§1.5).

    Attributes
    ----------
    likely : str
        What the names probably mean.
    mapping : mapping of str to str or None
        What to map or leave out so that the data can be read.
    """

    def __init__(self, likely: str, mapping: Mapped) -> None:
        some = any(mapping.values())
        how = "; None instead of a column leaves one out" if some else " leaves such keys out"
        super().__init__(f"{likely}: columns={dict(mapping)}{how}")
        self.likely = likely
        self.mapping = mapping

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.likely, self.mapping), vars(self))


@dataclass(frozen=True)
class Names:
    """The columns of some data.

    Parameters
    ----------
    theirs : mapping of str to str
        For each of our columns in the data, its name there.
    left_out : sequence of str
        Names that are not our columns.
    milliseconds : bool
        Whether durations are in milliseconds.
    unread : sequence of str
        Names of columns that are ours, but not needed.
    """

    theirs: Mapping[str, str]
    left_out: Collection[str] = ()
    milliseconds: bool = False
    unread: Collection[str] = ()


@dataclass(frozen=True)
class Naming:
    """How the caller maps the names.

    Parameters
    ----------
    columns : mapping of str to str or None
    unneeded : collection of str
        Columns that are not to be read, unless there are updates: folding depends on all columns (§1.2).

    Raises
    ------
    SessionStatsError
        If a name is mapped to something that is not a column.

    Examples
    --------
    >>> names = Naming({"user_id": "distinct_id"}).of(["started", "project_id", "status", "user_id", "note"])
    >>> names.theirs["distinct_id"], names.left_out
    ('user_id', ['note'])
    >>> Naming().of(["started", "project_id", "status", "user_id", "duration_ms"])
    Traceback (most recent call last):
        ...
    sessionstats.io.names.ColumnNamesError: 'user_id' is probably distinct_id, 'duration_ms' is probably \
duration in milliseconds: columns={'user_id': 'distinct_id', 'duration_ms': 'duration'}; None instead of a \
column leaves one out
    """

    columns: Mapped = field(default_factory=dict)
    unneeded: Collection[str] = ()

    def __post_init__(self) -> None:
        for name, ours in self.columns.items():
            if ours is not None and ours not in (*UPDATE_COLUMNS, MILLISECONDS):
                meant = f" (write {ours!r}: {name!r})" if name in UPDATE_COLUMNS else ""
                raise SessionStatsError(
                    f"columns: {name!r} is mapped to {ours!r}, which is not a column{meant}; "
                    f"the columns are {', '.join(UPDATE_COLUMNS)}"
                )

    def of(self, names: Iterable[str], *, all_there: bool = True) -> Names:
        """Which column each name is.

        Parameters
        ----------
        names : iterable of str
        all_there : bool
            Whether these are the names of the whole data, not only of some of its records: then a required
            column, or one that is mapped, must be present.

        Raises
        ------
        ColumnNamesError
            If names probably mean our columns.
        SessionStatsError
            If a column occurs twice, or is missing.
        """
        names = list(names)
        theirs: dict[str, str] = {}
        for name in names:
            ours = self.columns.get(name, name if name in UPDATE_COLUMNS else None)
            if ours is None:
                continue
            ours = "duration" if ours == MILLISECONDS else ours
            if ours in theirs:
                raise SessionStatsError(_twice(ours, theirs[ours], name))
            theirs[ours] = name
        others = [name for name in names if name not in theirs.values() and name not in self.columns]
        _reject_likely(others, theirs)
        if all_there:
            _require(names, theirs, self.columns)
        duration = theirs.get("duration", "")
        milliseconds = MILLISECONDS in (self.columns.get(duration), _milliseconds(duration))
        unneeded = () if "session_id" in theirs else self.unneeded
        unread = [theirs.pop(ours) for ours in [*theirs] if ours in unneeded]
        return Names(theirs, others, milliseconds and "duration" in theirs, unread)


def sdk_keys(names: Iterable[object]) -> list[str]:
    """The names that only the data of SDKs has."""
    return [name for name in names if isinstance(name, str) and name in SDK_KEYS]


def _milliseconds(name: str) -> str:
    """`MILLISECONDS` if a name is a spelling of it."""
    return MILLISECONDS if plain(name) == plain(MILLISECONDS) else ""


def _reject_likely(others: list[str], theirs: Mapping[str, str]) -> None:
    sdk = sdk_keys(others)
    if sdk:
        keys = ", ".join(map(repr, sdk))
        likely = f"{keys}: what SDKs send is read by sessionstats.from_payloads, or from_envelopes"
        raise ColumnNamesError(likely, dict.fromkeys(sdk))
    mapping: dict[str, str | None] = {}
    for name in others:
        alike, common = OURS.get(plain(name)), COMMON.get(plain(name))
        if alike is not None:
            mapping[name] = None if alike in theirs or alike in mapping.values() else alike
        elif common is not None and common not in theirs:
            mapping[name] = None if common in mapping.values() else common
    if mapping:
        raise ColumnNamesError(
            ", ".join(f"{name!r} is probably {_likely(name)}" for name in mapping), mapping
        )


def _likely(name: str) -> str:
    unit = " in milliseconds" if _milliseconds(name) else ""
    return f"{OURS.get(plain(name)) or COMMON[plain(name)]}{unit}"


def _require(names: list[str], theirs: Mapping[str, str], columns: Mapped) -> None:
    for name in columns:
        if name not in names:
            raise SessionStatsError(f"no column {name!r}, which is mapped; the columns are {_list(names)}")
    missing = [repr(name) for name in REQUIRED_COLUMNS if name not in theirs]
    if missing:
        raise SessionStatsError(f"no column {' or '.join(missing)}; the columns are {_list(names)}")


def _list(names: list[str]) -> str:
    text = ", ".join(repr(name) if "," in name else name for name in names)
    return text if len(text) <= LISTED else f"{text[: LISTED - 1]}…"


def _twice(ours: str, first: str, second: str) -> str:
    if first == second:
        return f"column {first!r} is there twice"
    return f"both {first!r} and {second!r} are {ours}: leave one out, with None instead of {ours!r}"
