"""From drawn bytes to a case.

1. Parts of one byte string choose the frame, the world, the request, the metadata and the faults; its fields,
   its search and every row have strings of their own. Each part is read by its own module, so that Hypothesis
   can make one simpler without changing the others.
2. A row may have an echo: the same user once more in the next bucket, another project or release, or with
   another status. So one draw makes a user recur.
3. One case in twelve has a fault of the request, one in fifty a fault of a row.
"""

from itertools import accumulate
from typing import Any, Final

from hypothesis import strategies as st

from sessionstats.testing.strategies import faults, metadata, queries, rows, searches, windows, worlds
from sessionstats.testing.strategies.choices import Choices
from sessionstats.testing.strategies.claims import EVERYTHING, Claims

MOST_ROWS: Final = 16
"""Most drawn rows of a case by default, echoes not counted: enough for every rule, few enough to read."""

FAULT_BYTES: Final = 8
"""Bytes that choose faults."""

ECHO_BYTES: Final = 2
"""Bytes that choose the echo of a row."""

ECHOES: Final = ("", "bucket", "", "status", "", "project", "", "status", "", "release", "", "again")
"""What is different in the echo of a row; ``""`` is no echo."""

_HEAD: Final = (windows.BYTES, worlds.BYTES, queries.BYTES, metadata.BYTES, FAULT_BYTES)
_ENDS: Final = tuple(accumulate(_HEAD))

_HEADS: Final = st.binary(min_size=_ENDS[-1], max_size=_ENDS[-1])
_NAMES: Final = st.binary(max_size=queries.MOST_FIELDS)
_SEARCHES: Final = st.binary(min_size=searches.LEAST_BYTES, max_size=searches.BYTES)
_ROW: Final = st.binary(min_size=rows.BYTES + ECHO_BYTES, max_size=rows.BYTES + ECHO_BYTES)


def cases(claims: Claims = EVERYTHING, *, max_rows: int = MOST_ROWS) -> st.SearchStrategy[dict[str, Any]]:
    """Whole cases: a request of the protocol with its sessions.

    Parameters
    ----------
    claims : Claims
        What the implementation claims to do.
    max_rows : int
        Most drawn rows; with echoes there may be twice as many.

    Returns
    -------
    strategy of dict
        Fit for JSON and for `sessionstats.protocol.respond`.
    """

    def case(head: bytes, names: bytes, text: bytes, drawn: list[bytes]) -> dict[str, Any]:
        scene = Scene(head, claims)
        made = scene.request(names, text)
        made["sessions"] = scene.sessions(drawn)
        scene.add_faults(made)
        return made

    return st.builds(case, _HEADS, _NAMES, _SEARCHES, _tables(max_rows))


def requests(claims: Claims = EVERYTHING) -> st.SearchStrategy[dict[str, Any]]:
    """Requests alone: cases without ``sessions``, and none that must be refused on purpose.

    Parameters
    ----------
    claims : Claims
    """

    def request(head: bytes, names: bytes, text: bytes) -> dict[str, Any]:
        return Scene(head, claims).request(names, text)

    return st.builds(request, _HEADS, _NAMES, _SEARCHES)


def sessions(
    claims: Claims = EVERYTHING, *, max_rows: int = MOST_ROWS
) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Session rows alone, of one world and around the edges of one window.

    Parameters
    ----------
    claims : Claims
    max_rows : int
        Most drawn rows; with echoes there may be twice as many.
    """

    def table(head: bytes, drawn: list[bytes]) -> list[dict[str, Any]]:
        return Scene(head, claims).sessions(drawn)

    return st.builds(table, _HEADS, _tables(max_rows))


def _tables(max_rows: int) -> st.SearchStrategy[list[bytes]]:
    # Lists that may be empty are empty too often; `Scene.sessions` leaves out all rows now and then.
    return st.lists(_ROW, min_size=1, max_size=max_rows)


class Scene:
    """The frame and the world of one case, and the bytes that choose the rest of it.

    Parameters
    ----------
    head : bytes
    claims : Claims
    """

    def __init__(self, head: bytes, claims: Claims) -> None:
        parts = [Choices(head[end - size : end]) for size, end in zip(_HEAD, _ENDS, strict=True)]
        when, who, self._asked, self._known, self._wrong = parts
        self.claims = claims
        self.frame = windows.frame(when, claims)
        self.world = worlds.world(who, claims)

    def request(self, names: bytes, text: bytes) -> dict[str, Any]:
        """A request, with release metadata in one case of five."""
        supplied = self._known.one_in(5) and self.claims.metadata
        asked = (self._asked, Choices(names), Choices(text))
        request = queries.request(*asked, self.world, self.frame, self.claims, metadata=supplied)
        if supplied:
            request["releases"] = metadata.metadata(self._known, self.world)
        return request

    def sessions(self, drawn: list[bytes]) -> list[dict[str, Any]]:
        """Rows and their echoes; none at all in one case of thirty."""
        table: list[dict[str, Any]] = []
        for data in () if self._wrong.one_in(30) else drawn:
            first = rows.row(Choices(data), self.world, self.frame, self.claims)
            table.append(first)
            echo = Choices(data[rows.BYTES :])
            difference = echo.pick(ECHOES)
            if difference:
                table.append(self._echo(first, difference, data, echo))
        return table

    def _echo(self, first: dict[str, Any], difference: str, data: bytes, echo: Choices) -> dict[str, Any]:
        second = dict(first)
        if difference == "status":
            second["status"] = echo.pick(rows.STATUSES)
        elif difference == "project":
            second["project_id"] = echo.pick(self.world.projects)
        elif difference == "release":
            second["release"] = echo.pick(self.world.releases)
        elif difference == "bucket":
            next_anchor = bytes([(data[0] + 1) % 256]) + data[1 : rows.BYTES]
            second["started"] = rows.row(Choices(next_anchor), self.world, self.frame, self.claims)["started"]
        return second

    def add_faults(self, case: dict[str, Any]) -> None:
        """Add faults, where there are to be any, in place."""
        wrong = self._wrong
        in_request, twice, in_row = wrong.one_in(12), wrong.one_in(2), wrong.one_in(50)
        if self.claims.errors and in_request:
            changes = faults.faults(self.claims, metadata="releases" in case)
            for _ in range(1 + twice):
                faults.spoil(case, wrong.pick(changes))
        if self.claims.bad_rows and in_row:
            faults.spoil_row(wrong, case["sessions"])
