"""Vectors of chapter 1: what a session row is, folding of updates, health classes, bad data."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from sessionstats.vectors.drafts import Draft, draft, rows

NIL = "00000000-0000-0000-0000-000000000000"

LATER = {"rules": {"unhandled": True}}


def session_rows() -> Iterator[Draft]:
    """All vectors of the chapter."""
    yield from instants()
    yield from users()
    yield from texts_and_numbers()
    yield from quantities()
    yield from worst_status()
    yield from folded_columns()
    yield from durations()
    yield from first_update()
    yield from sessions_apart()
    yield from order_of_updates()
    yield from health_classes()
    yield from bad_columns()
    yield from bad_rows()
    yield from names_of_columns()


def instants() -> Iterator[Draft]:
    """Every way to write `started`; all but the last few mean 2024-01-29T08:00:00Z."""
    for started, why in (
        ("2024-01-29T08:00:00Z", "An instant with Z is UTC."),
        ("2024-01-29T08:00:00", "An instant without an offset is UTC, not local time."),
        (
            "2024-01-29T01:00:00-07:00",
            "An offset is subtracted: west of Greenwich the day before would be wrong.",
        ),
        ("2024-01-30T01:00:00+17:00", "An offset can move an instant back to the day before."),
        ("2024-01-29 08:00:00.000000Z", "A space may replace the T."),
        ("2024-01-29", "A date alone is its midnight, and midnight belongs to the day it begins."),
        (1706515200, "A whole number is seconds since 1970, not milliseconds."),
        (1706515200.25, "A float is seconds since 1970, fraction included."),
        ("2024-01-28T23:59:59.999999Z", "The last microsecond of a day belongs to it."),
        ("2024-01-28T23:59:59.9999999Z", "A seventh digit is cut off, not rounded up into the next day."),
        (
            1706486399.9999998,
            "Float seconds are truncated towards the past, not rounded to the next microsecond.",
        ),
        ("1970-01-01T00:00:00Z", "The first valid instant: outside the window, but not an error."),
        ("2262-12-31T23:59:59.999999Z", "The last valid instant: outside the window, but not an error."),
    ):
        yield draft("1.1 started", why, rows(started=started), also="1.4")


def users() -> Iterator[Draft]:
    """Who is a user, and who is the same one."""
    for ids, why in (
        ([NIL], "The nil UUID means no user."),
        ([NIL.replace("-", "")], "The nil UUID without dashes means no user either."),
        ([""], "An empty distinct_id means no user."),
        ([None, ...], "A null or absent distinct_id means no user."),
        ([7, "7"], "An integer is the same user as its decimal text."),
        (["7", "07"], "Users are texts: 07 is not 7."),
        ([0, "0"], "Zero is a user like any other."),
        ([-1, 2**70, str(2**70)], "Integers of any size and sign are users."),
        (["ann", "Ann", "ann "], "Case and spaces make different users."),
        (["é", "e\u0301"], "Unicode is not normalised: composed and decomposed are two users."),
        (["null", "None", "0" * 31, f"{{{NIL}}}"], "Text that only resembles the nil UUID is a user."),
        (["😀", "\U0001f600", "\uffee"], "Users beyond the basic plane are compared whole."),
        (
            ["ann", "ann", "ann", NIL],
            "A user seen again is one user, and sessions without a user add no one.",
        ),
    ):
        yield draft("1.1 users", why, rows(distinct_id=ids), also="6.2", field="count_unique(user)")


def texts_and_numbers() -> Iterator[Draft]:
    """Missing values of texts and numbers, and their extremes."""
    for column in ("release", "environment"):
        table = rows(**{column: [..., None, "", " ", "null"]})
        why = f"A missing {column} is the empty text; a space and the word null are not."
        yield draft("1.1 missing-text", why, table, also="5", groupBy=column, includeSeries="0")
    odd = ["A", "a", "é", "e\u0301", "\uffee", "😀", 'say "hi"', "a\tb", "\u00a0", "ß", "ss"]
    why = "Texts are kept to the letter: no case, normalisation, trimming or quoting touches them."
    yield draft("1.1 odd-text", why, rows(release=odd), also="7.3", groupBy="release", includeSeries="0")
    why = "Missing errors count as 0, so the session is healthy."
    yield draft("1.1 missing-errors", why, rows(errors=[..., None, 0]), also="1.3", groupBy="session.status")
    why = "A missing duration is not a duration of 0: the average is that of one session."
    yield draft(
        "1.1 missing-duration", why, rows(duration=[..., None, 4]), also="6.3", field="avg(session.duration)"
    )
    why = "A duration of 0 is a duration, and -0.0 is 0.0."
    yield draft("1.1 zero-duration", why, rows(duration=[-0.0, 0]), also="6.3", field="max(session.duration)")
    why = "A project id may be as large as 64 bits hold, and stays an integer."
    yield draft(
        "1.1 large-project",
        why,
        rows(project_id=[2**63 - 1, 2**53 + 1]),
        groupBy="project",
        includeSeries="0",
    )


def quantities() -> Iterator[Draft]:
    """Rows that stand for several sessions."""
    for values, why in (
        ([..., None, 1], "A missing quantity is 1."),
        ([3, 4], "A row stands for as many sessions as its quantity says."),
        ([0], "A row of quantity 0 is not a session: the answer is that of no rows."),
        ([2**53, 1], "Counts are integers: binary64 would lose the last session."),
        ([2**63 - 2, 1], "Counts reach to the largest integer of 64 bits."),
    ):
        yield draft("1.1 quantity", why, rows(quantity=values), also="6.1")
    why = "A row of quantity 0 makes no group and brings no user."
    table = rows(release=["a", "b"], quantity=[0, 1], distinct_id="ann")
    yield draft("1.1 quantity-zero-group", why, table, also="5", groupBy="release", includeSeries="0")
    why = "A pre-aggregated row of a user is one user, however many its sessions."
    yield draft(
        "1.1 quantity-users", why, rows(quantity=5, distinct_id="ann"), also="6.2", field="count_unique(user)"
    )


def worst_status() -> Iterator[Draft]:
    """The status of a session is the worst of its updates."""
    worst = ("ok", "errored", "exited", "abnormal", "crashed")
    for mild, bad in pairwise(worst):
        table = rows(session_id="s", seq=[2, 1], status=[mild, bad])
        why = f"Of {mild} and {bad} the worse status is {bad}, though {mild} came later."
        yield draft("1.2 worst-status", why, table, groupBy="session.status", includeSeries="0")
    for mild, bad in (("exited", "unhandled"), ("unhandled", "abnormal")):
        table = rows(session_id="s", seq=[2, 1], status=[mild, bad])
        why = f"In the later edition {bad} is worse than {mild}."
        yield draft("1.2 worst-status", why, table, world=LATER, groupBy="session.status", includeSeries="0")


def _folded(
    topic: str, why: str, field: str = "sum(session)", by: str | None = None, **columns: Any
) -> Draft:
    return draft(f"1.2 {topic}", why, rows(session_id="s", **columns), field=field, groupBy=by)


def folded_columns() -> Iterator[Draft]:
    """Columns that are neither those of the first update nor the status."""
    days = ["2024-01-29T00:00:01Z", "2024-01-28T23:59:59Z"]
    yield _folded(
        "started", "The earliest started places the session, whatever its seq.", started=days, seq=[0, 1]
    )
    yield _folded(
        "started-outside",
        "Folding comes before the window: a session that began before it is outside with all its updates.",
        started=["2024-01-29T08:00:00Z", "2024-01-27T23:59:59Z"],
        seq=[1, 0],
    )
    yield _folded(
        "errors", "The largest number of errors counts.", by="session.status", errors=[1, 0], seq=[0, 1]
    )
    yield _folded(
        "errored-then-exited",
        "An errored update leaves an error behind, though its number of errors is 0.",
        by="session.status",
        status=["errored", "exited"],
        seq=[0, 1],
    )


def durations() -> Iterator[Draft]:
    """The duration of a session is that of its last terminal update."""
    seconds = "max(session.duration)"
    for status, seq, duration, why in (
        (["exited", "exited"], [1, 2], [20, 10], "The duration is that of the last terminal update."),
        (
            ["exited", "ok"],
            [1, 2],
            [20, 99],
            "A later update that is not terminal does not affect the duration.",
        ),
        (
            ["exited", "exited"],
            [1, 2],
            [20, None],
            "The last terminal update counts even if it has no duration.",
        ),
        (["ok", "errored"], [0, 1], [20, 30], "A session without a terminal update has no duration."),
        (
            ["exited", "crashed"],
            [0, 1],
            [20, 30],
            "A session that crashed in the end has no exited duration.",
        ),
    ):
        yield _folded("duration", why, field=seconds, status=status, seq=seq, duration=duration)


def first_update() -> Iterator[Draft]:
    """The other columns are those of the first update, with two exceptions."""
    yield _folded(
        "first-release",
        "The release is that of the lowest seq.",
        by="release",
        release=["b", "a"],
        seq=[1, 0],
    )
    yield _folded(
        "no-filling",
        "A missing release is not filled from later updates.",
        by="release",
        release=["", "a"],
        seq=[0, 1],
    )
    yield _folded(
        "filled-user",
        "A missing user is filled from the first later update that has one.",
        field="count_unique(user)",
        distinct_id=[NIL, "ann", "ben"],
        seq=[0, 1, 2],
    )
    yield _folded(
        "filled-mechanism",
        "A missing mechanism is filled from the first later update that has one.",
        field="anr_rate()",
        distinct_id="ann",
        status=["ok", "abnormal"],
        abnormal_mechanism=["", "anr_background"],
        seq=[0, 1],
    )
    yield _folded("quantity", "Quantity is that of the lowest seq, not a sum.", quantity=[3, 5], seq=[0, 1])
    yield _folded(
        "quantity-zero",
        "An update of quantity 0 is ignored: the session did not crash.",
        by="session.status",
        status=["exited", "crashed"],
        quantity=[1, 0],
    )


def sessions_apart() -> Iterator[Draft]:
    """Which rows are updates of one session."""
    yield _folded(
        "two-projects",
        "A session_id is one session within one project only.",
        by="project",
        project_id=[1, 2],
    )
    yield _folded("redelivered", "The same update delivered three times is one session.", seq=[4, 4, 4])
    why = "Rows without a session_id are sessions by themselves."
    yield draft("1.2 no-session-id", why, rows(session_id=["", None, ..., "s", "s"]))


def order_of_updates() -> Iterator[Draft]:
    """Updates of equal seq have an order, so that the order of rows does not matter."""
    same: dict[str, Any] = {"session_id": "s", "release": ["z", "a"], "groupBy": "release"}
    for topic, why, columns in (
        ("seq-missing", "A missing seq is 0, and comes before 1.", {"seq": [..., 1], **same}),
        (
            "tie-started",
            "With equal seq, the earlier update is first.",
            {"started": ["2024-01-29T07:00:00Z", "2024-01-29T08:00:00Z"], **same},
        ),
        ("tie-severity", "Then the milder status is first.", {"status": ["ok", "exited"], **same}),
        ("tie-release", "Then the smaller release is first.", same),
        (
            "tie-environment",
            "Then the smaller environment is first.",
            {**same, "release": "a", "environment": ["z", "a"], "groupBy": "environment"},
        ),
        (
            "tie-quantity",
            "Finally, the smaller quantity is first.",
            {"session_id": "s", "quantity": [5, 2], "groupBy": None},
        ),
    ):
        chosen = {name: value for name, value in columns.items() if name != "groupBy"}
        yield draft(f"1.2 {topic}", why, rows(**chosen), also="6.7", groupBy=columns["groupBy"])
    why = "Of terminal updates of equal seq the longer duration is last, and counts."
    table = rows(session_id="s", duration=[7, None, 3])
    yield draft("1.2 tie-duration", why, table, also="6.7", field="max(session.duration)")
    why = "Of updates of equal seq the smaller user is first: another session of ben shows who it was."
    table = [*rows(session_id="s", distinct_id=["ben", "ann"]), *rows(distinct_id="ben")]
    yield draft("1.2 tie-user", why, table, also="6.7", field="count_unique(user)")


def health_classes() -> Iterator[Draft]:
    """The health class of each status, with and without errors."""
    for status, errors, health in (
        ("ok", 0, "healthy"),
        ("exited", 0, "healthy"),
        ("errored", 0, "errored"),
        ("crashed", 0, "crashed"),
        ("abnormal", 0, "abnormal"),
        ("ok", 1, "errored"),
        ("exited", 2, "errored"),
        ("crashed", 1, "crashed"),
        ("abnormal", 1, "abnormal"),
    ):
        why = (
            f"A session of status {status} with {errors} error{'' if errors == 1 else 's'} is only {health}."
        )
        table = rows(status=status, errors=errors)
        yield draft("1.3 health-class", why, table, also="6.1", groupBy="session.status", includeSeries="0")
    for status, errors in (("unhandled", 3), ("errored", 0)):
        why = f"In the later edition status {status} has a class of its own, errors or not."
        table = rows(status=status, errors=errors)
        yield draft("1.3 later-edition", why, table, world=LATER, groupBy="session.status", includeSeries="0")


def bad_columns() -> Iterator[Draft]:
    """Values that a column cannot hold."""
    bad: dict[str, list[Any]] = {
        "started": [..., None, "yesterday", True, "1969-12-31T23:59:59.999999Z", "2263-01-01T00:00:00Z"],
        "project_id": [..., 0, 1.5, "1"],
        "status": [..., "Crashed", "unhandled"],
        "errors": [-1, 1.5, "1"],
        "duration": [-0.001, "1"],
        "quantity": [-1, 1.5],
        "distinct_id": [1.5, True],
        "release": [1],
        "environment": [False],
        "abnormal_mechanism": [0],
    }
    for column, values in bad.items():
        for value in values:
            why = f"{column} is rejected if it is {_in_words(value)}, and not dropped or converted."
            yield draft(f"1.4 bad-{column}", why, rows(**{column: value}), also="9", wording=False)


def _in_words(value: object) -> str:
    return "absent" if value is ... else json.dumps(value)


def bad_rows() -> Iterator[Draft]:
    """Rows and tables that are invalid as a whole."""
    why = "A row that is not an object is rejected."
    yield draft("1.4 no-object", why, ["exited"], also="9", wording=False)
    why = "Quantities whose sum exceeds 64 bits are rejected, not wrapped around."
    yield draft("1.4 sum-of-quantities", why, rows(quantity=[2**63 - 1, 1]), also="9", wording=False)
    why = "An invalid row is rejected even outside the window."
    yield draft("1.4 outside", why, rows(started="2001-01-01T00:00:00Z", errors=-1), also="9", wording=False)
    why = "An invalid row is rejected even if its quantity is 0."
    yield draft("1.4 quantity-zero", why, rows(quantity=0, errors=-1), also="9", wording=False)


def names_of_columns() -> Iterator[Draft]:
    """Keys that are not columns."""
    for key in ("sid", "did", "attrs", "aggregates", "init"):
        why = f"{key} is a key of what SDKs send; such a row is not a session row, even if the key is null."
        yield draft("1.5 key-of-sdks", why, rows(**{key: None}), also="9", wording=False)
    why = "Other keys are ignored, however much they look like a column."
    yield draft("1.5 other-keys", why, rows(Release="x", user="ann", duration_ms=5), also="9")
