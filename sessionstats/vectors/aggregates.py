"""Vectors of chapter 6: counts, users, durations, status filters, rates, and what is missing."""

from collections.abc import Iterator
from typing import Any, Final

from sessionstats.vectors.drafts import Draft, draft, rows

BY_STATUS = {"groupBy": "session.status", "includeSeries": "0"}

USERS: Final = "count_unique(user)"

LATER = {"rules": {"unhandled": True}}

SECONDS = [f"{name}(session.duration)" for name in ("avg", "p50", "p75", "p90", "p95", "p99", "max")]
"""Written out, as all that frozen vectors are made of: a new field must not change them."""


def aggregates() -> Iterator[Draft]:
    """All vectors of the chapter."""
    yield from totals()
    yield from users_by_class()
    yield from more_users_by_class()
    yield from quantiles()
    yield from durations()
    yield from filtered()
    yield from rates()
    yield from rates_of_users()
    yield from anr_rates()
    yield from later_rates()
    yield from rejected_rates()
    yield from missing_buckets()
    yield from order_of_rows()


def totals() -> Iterator[Draft]:
    """Totals come from the sessions, never from the series."""
    days = ["2024-01-28T08:00:00Z", "2024-01-29T08:00:00Z", "2024-01-29T09:00:00Z"]
    for field, columns, why in (
        ("count_unique(user)", {"distinct_id": "ann"}, "A user of two days is one user of the window."),
        (
            "p50(session.duration)",
            {"duration": [1, 10, 100]},
            "The median of all is not the mean of medians.",
        ),
        (
            "avg(session.duration)",
            {"duration": [1, 10, 100]},
            "The average of all is not the mean of averages.",
        ),
        (
            "crash_rate(session)",
            {"status": ["crashed", "ok", "ok"]},
            "The rate of all is not the mean of daily rates.",
        ),
        (
            "crash_free_rate(user)",
            {"distinct_id": ["ann", "ann", "ben"], "status": ["crashed", "ok", "ok"]},
            "A user who crashed on one day crashed in the window.",
        ),
    ):
        yield draft("6 totals", why, rows(started=days, **columns), field=field)
    why = "A session counts by its quantity, and by class."
    table = rows(status=["exited", "crashed", "abnormal", "errored"], quantity=[2, 3, 5, 7])
    yield draft("6.1 by-status", why, table, groupBy="session.status")
    why = "The same user in two projects is one user in all, and one in each."
    table = rows(project_id=[1, 2], distinct_id="ann")
    yield draft("6.2 two-projects", why, table, field=USERS)
    yield draft("6.2 two-projects", why, table, field=USERS, groupBy="project")


def users_by_class() -> Iterator[Draft]:
    """Users by class are counts subtracted from counts."""
    for users, statuses, why in (
        (["ann", "ann"], ["exited", "exited"], "A healthy user is healthy."),
        (["ann", "ann"], ["exited", "errored"], "A user with one bad session is no longer healthy."),
        (["ann", "ann"], ["errored", "crashed"], "A user who crashed is not errored as well."),
        (
            ["ann", "ann"],
            ["crashed", "abnormal"],
            "A user who crashed and was abnormal is counted in both, and errored stays at 0.",
        ),
        (
            ["ann", "ann", "ben"],
            ["crashed", "abnormal", "errored"],
            "One user in two classes makes errored one smaller: ben is lost.",
        ),
        (
            ["ann", "ann", "ben", "ben", "cat"],
            ["crashed", "abnormal", "crashed", "abnormal", "errored"],
            "The difference would be negative, and is 0.",
        ),
        (
            ["ann", None, None],
            ["exited", "crashed", "errored"],
            "Sessions without a user add no user to any class.",
        ),
        (
            ["ann", "ben", "cat", "dan"],
            ["exited", "errored", "crashed", "abnormal"],
            "Four users, one of each class.",
        ),
    ):
        table = rows(distinct_id=users, status=statuses)
        yield draft("6.2 users-by-class", why, table, field=USERS, **BY_STATUS)


def more_users_by_class() -> Iterator[Draft]:
    """The fifth class, and the clamp in buckets."""
    why = "In the later edition unhandled users are also subtracted from the errored ones."
    table = rows(distinct_id=["ann", "ben", "cat"], status=["unhandled", "errored", "crashed"])
    yield draft("6.2 users-by-class", why, table, world=LATER, field=USERS, **BY_STATUS)
    why = "The clamp applies to each bucket separately, and to the total separately."
    table = rows(
        distinct_id=["ann", "ann", "ben"],
        status=["crashed", "abnormal", "errored"],
        started=["2024-01-28T08:00:00Z", "2024-01-28T08:00:00Z", "2024-01-29T08:00:00Z"],
    )
    yield draft("6.2 clamp-by-bucket", why, table, field=USERS, groupBy="session.status")


def quantiles() -> Iterator[Draft]:
    """All statistics of samples from nothing to a few."""
    for sample, why in (
        ([], "Statistics of no durations are null."),
        ([2.5], "Every statistic of one value is that value."),
        ([1, 2], "Quantiles of two values lie between them, linearly."),
        ([3, 1, 2], "The median of three values is the middle one, whatever their order."),
        ([1, 2, 3, 10], "The median of four values lies halfway between the middle ones."),
        ([5, 5, 5, 5, 1], "With ties, lower quantiles may equal upper ones."),
        ([0, 0, 0, 0, 0, 100], "A single long session moves p90 and p95, but not p75."),
        ([0.1, 0.2, 0.3], "Milliseconds are the statistic in seconds times 1000, rounded once more."),
        ([1e-9, 1e9], "Small and large durations keep their digits."),
    ):
        table = rows(duration=sample) if sample else []
        yield draft("6.3 quantiles", why, table, field=SECONDS, includeSeries="0")


def durations() -> Iterator[Draft]:
    """Which durations count."""
    average, largest = "avg(session.duration)", "max(session.duration)"
    for field, columns, why in (
        (
            largest,
            {"status": ["ok", "errored", "crashed", "abnormal", "exited"], "duration": [9, 8, 7, 6, 5]},
            "Only exited sessions have a duration that counts.",
        ),
        (
            largest,
            {"status": "exited", "errors": 2, "duration": 5},
            "An exited session with errors also counts.",
        ),
        (average, {"quantity": [9, 1], "duration": [1, 3]}, "A row counts once, whatever its quantity."),
        (average, {"duration": [1e16, 1, 1]}, "The sum is rounded once: 1 is not lost twice beside 1e16."),
        (largest, {"duration": 1.7e308}, "Milliseconds beyond binary64 are null, not infinite."),
        (average, {"duration": [1.7e305, 1.7e305]}, "The sum may be beyond what milliseconds can hold."),
    ):
        yield draft("6.3 durations", why, rows(**columns), field=field, includeSeries="0")
    why = "Grouped by status, the value is in healthy, with errors or without; the others are null."
    yield draft(
        "6.3 by-status", why, rows(errors=[0, 1], duration=[1, 3]), field=average, groupBy="session.status"
    )


BOTH: Final = ["max(session.duration)", "sum(session)"]
"""A field that a status filter may leave out, and one that it does not."""

FILTERED: Final[tuple[tuple[Any, str | None, str, str], ...]] = (
    ("sum(session)", None, "session.status:[crashed, abnormal]", "Selected classes are added."),
    (
        "sum(session)",
        "session.status",
        "session.status:[crashed, abnormal]",
        "Grouped by status they appear side by side.",
    ),
    (USERS, None, "session.status:crashed", "Users of one class."),
    (USERS, None, "session.status:healthy", "Healthy users had nothing but healthy sessions."),
    (
        USERS,
        None,
        "session.status:errored",
        "Errored users are counted by subtraction, under a filter as well.",
    ),
    (USERS, None, "session.status:[crashed, abnormal]", "Users of several classes are not added."),
    (USERS, None, "has:session.status", "A filter that selects all classes selects several."),
    (
        USERS,
        "session.status",
        "session.status:[crashed, abnormal]",
        "Grouped by status, users of several classes appear side by side.",
    ),
    (
        BOTH,
        None,
        "session.status:healthy",
        "A duration counts if healthy is selected, errored sessions included.",
    ),
    (
        BOTH,
        None,
        "session.status:[healthy, crashed]",
        "A duration counts if healthy is one of several classes.",
    ),
    (BOTH, None, "session.status:crashed", "Without healthy a duration is null."),
    (
        BOTH,
        "session.status",
        "session.status:crashed",
        "Without healthy a duration is null, also grouped by status.",
    ),
    ("max(session.duration)", None, "session.status:crashed", "No field is left: no groups."),
    (
        "max(session.duration)",
        "session.status",
        "!session.status:healthy",
        "No field is left: no groups, even grouped by status.",
    ),
)
"""Field, groupBy, query, and why."""


def filtered() -> Iterator[Draft]:
    """Fields under a status filter."""
    table = rows(
        status=["exited", "exited", "crashed", "crashed", "abnormal"],
        errors=[0, 1, 0, 0, 0],
        distinct_id=["ann", "ben", "ann", "cat", "cat"],
        duration=[4, 6, 1, 1, 1],
    )
    for field, by, query, why in FILTERED:
        yield draft(
            "6.4 filtered", why, table, also="4.5", field=field, groupBy=by, query=query, includeSeries="0"
        )


def rates() -> Iterator[Draft]:
    """Rates in binary64."""

    def of_sessions(crashed: int, others: int, **quantity: Any) -> list[dict[str, Any]]:
        return rows(status=["crashed", "exited"], quantity=[crashed, others], **quantity)

    both = ["crash_rate(session)", "crash_free_rate(session)"]
    for crashed, others, why in (
        (1, 5, "One minus a sixth is 0.8333333333333334, and five sixths are 0.8333333333333333."),
        (2, 1, "One minus two thirds is 0.33333333333333337, and a third is not."),
        (1, 2, "A third is rounded to the nearest binary64."),
        (0, 3, "No crash: 0 and 1, as floats."),
        (3, 0, "Nothing but crashes: 1 and 0, as floats."),
        (1, 10**9, "The rate is not rounded to any number of digits."),
        (2**53 + 1, 2**53 + 1, "Counts beyond 2**53 divide as integers."),
    ):
        yield draft("6.5 session-rates", why, of_sessions(crashed, others), field=both, includeSeries="0")


def rates_of_users() -> Iterator[Draft]:
    """Rates of users, and those of ANRs."""
    for users, statuses, why in (
        (["ann", "ann", "ben"], ["exited", "crashed", "exited"], "A user who crashed once crashed."),
        ([None, "ann"], ["crashed", "exited"], "Crashes without a user belong to no user."),
        ([None], ["crashed"], "Without users the rate is null."),
    ):
        table = rows(distinct_id=users, status=statuses)
        yield draft(
            "6.5 user-rates",
            why,
            table,
            field=["crash_rate(user)", "crash_free_rate(user)"],
            includeSeries="0",
        )


def anr_rates() -> Iterator[Draft]:
    """Rates of users whose app did not respond."""
    anr = ["anr_rate()", "foreground_anr_rate()"]
    for mechanisms, users, why in (
        (["anr_foreground", ""], ["ann", "ben"], "A foreground ANR counts in both rates."),
        (["anr_background", ""], ["ann", "ben"], "A background ANR counts in one."),
        (["anr_background", "anr_foreground"], ["ann", "ann"], "A user with both is one user."),
        (["anr_foreground", ""], [None, "ben"], "An ANR without a user does not count."),
        (["anr", "ANR_FOREGROUND"], ["ann", "ben"], "Other mechanisms do not count."),
    ):
        table = rows(abnormal_mechanism=mechanisms, distinct_id=users, status="abnormal")
        yield draft("6.5 anr-rates", why, table, field=anr, includeSeries="0")
    for status in ("ok", "exited", "errored", "crashed", "abnormal"):
        counted = "counts" if status == "abnormal" else "does not count"
        table = rows(
            abnormal_mechanism="anr_foreground", distinct_id=["ann", "ben"], status=[status, "exited"]
        )
        why = f"A mechanism on a session of status {status} {counted}."
        yield draft("6.5 anr-status", why, table, field=anr, includeSeries="0")
    table = rows(abnormal_mechanism="anr_background", distinct_id="ann", status="unhandled")
    why = "A mechanism on an unhandled session does not count."
    yield draft("6.5 anr-status", why, table, world=LATER, field=anr, includeSeries="0")
    table = rows(abnormal_mechanism=["", "anr_foreground"], status=["abnormal", "exited"], distinct_id="ann")
    why = "Mechanism and class must meet in one session: a user with each in another session does not count."
    yield draft("6.5 anr-status", why, table, field=anr, includeSeries="0")
    table = rows(
        session_id="s",
        seq=[0, 1],
        status=["abnormal", "crashed"],
        abnormal_mechanism=["anr_foreground", ""],
        distinct_id="ann",
    )
    why = "A session that was abnormal and then crashed is a crash, whose mechanism does not count."
    yield draft("6.5 anr-status", why, table, also="1.2", field=anr, includeSeries="0")


def later_rates() -> Iterator[Draft]:
    """Rates of the later edition."""
    why = "The shares of the later edition add up to 1 for sessions."
    shares = [f"{name}_rate(session)" for name in ("errored", "abnormal", "crash", "unhandled", "unhealthy")]
    table = rows(status=["exited", "errored", "crashed", "abnormal", "unhandled"], quantity=[4, 1, 1, 1, 1])
    yield draft("6.5 later-edition", why, table, world=LATER, field=shares, includeSeries="0")
    why = "The errored rate of users has the subtraction and the clamp of the counts."
    table = rows(status=["crashed", "abnormal", "errored"], distinct_id=["ann", "ann", "ben"])
    yield draft(
        "6.5 later-edition",
        why,
        table,
        also="6.2",
        world=LATER,
        field="errored_rate(user)",
        includeSeries="0",
    )


def rejected_rates() -> Iterator[Draft]:
    """Rates can neither be grouped nor filtered by status."""
    for field in ("crash_rate(session)", "crash_free_rate(user)", "anr_rate()"):
        why = f"{field} cannot be grouped by status."
        yield draft("6.5 rejected", why, field=field, groupBy="session.status")
        why = f"{field} cannot be filtered by status."
        yield draft("6.5 rejected", why, also="4.5", field=field, query="session.status:healthy")


def missing_buckets() -> Iterator[Draft]:
    """Buckets without anything."""
    fields = [
        "sum(session)",
        "count_unique(user)",
        "p50(session.duration)",
        "crash_free_rate(session)",
        "crash_rate(user)",
    ]
    why = "In an empty bucket counts are 0, and everything else is null."
    table = rows(distinct_id="ann", duration=3)
    yield draft("6.6 empty-bucket", why, table, field=fields)
    why = "A bucket with sessions but without users has no rate of users."
    table = rows(started=["2024-01-28T08:00:00Z", "2024-01-29T08:00:00Z"], distinct_id=["ann", None])
    yield draft("6.6 bucket-without-users", why, table, field=fields)
    why = "Grouped by status the durations of other classes are null, and counts are 0."
    yield draft("6.6 by-status", why, table, field=fields[:3], groupBy="session.status")


def order_of_rows() -> Iterator[Draft]:
    """The answer does not depend on the order of rows."""
    seconds = [0.1, 1e16, 0.3, 1.0, 0.7, 1e15]
    for name, sample in (("as they come", seconds), ("reversed", seconds[::-1]), ("sorted", sorted(seconds))):
        why = f"Sessions {name}: the average is the same to the last bit."
        yield draft(
            "6.7 order-of-rows", why, rows(duration=sample), field="avg(session.duration)", includeSeries="0"
        )
