"""Vectors of chapter 7 except §7.5: ranking, order, ties, the cap, pages."""

from collections.abc import Iterator
from typing import Any

from sessionstats.vectors.drafts import Draft, draft, rows

TOTALS = {"includeSeries": "0"}

TABLE = rows(
    release=["a", "a", "a", "b", "b", "c"],
    status=["exited", "exited", "errored", "crashed", "exited", "crashed"],
    distinct_id=["ann", "ann", "ann", "ann", "ben", None],
    duration=[1, 2, None, None, 9, None],
)
"""Release a has the most sessions, b the most users and the longest duration, c only a crash and no user."""


def ranking() -> Iterator[Draft]:
    """All vectors of these sections."""
    yield from primary_field()
    yield from status_filters()
    yield from order_by()
    yield from rejected_orders()
    yield from nulls_and_ties()
    yield from caps()
    yield from pages()
    yield from granularity()


def primary_field() -> Iterator[Draft]:
    """Which field ranks."""
    wider = [*TABLE, *rows(release="d", status="crashed", distinct_id="dan")]
    for fields, why in (
        ("sum(session)", "The most sessions first."),
        ("count_unique(user)", "The most users first, if users are requested."),
        (["count_unique(user)", "crash_rate(user)"], "The first field ranks."),
        (["crash_rate(user)", "count_unique(user)"], "The first field ranks, in the other order as well."),
        (["count_unique(user)", "sum(session)"], "sum(session) ranks in any position."),
        ("max(session.duration)", "The longest durations first."),
        ("crash_free_rate(session)", "The best rate first."),
    ):
        yield draft("7.1 primary-field", why, wider, field=fields, groupBy="release", **TOTALS)
    why = "Groups are ranked by the total, not by any bucket."
    table = rows(
        release=["a", "a", "b"],
        quantity=[2, 2, 3],
        started=["2024-01-28T08:00:00Z", "2024-01-29T08:00:00Z", "2024-01-29T08:00:00Z"],
    )
    yield draft("7.1 by-total", why, table, groupBy="release")


def status_filters() -> Iterator[Draft]:
    """What ranks under a status filter or grouping."""
    table = rows(
        release=["a", "b", "b", "c"],
        status=["exited", "crashed", "abnormal", "errored"],
        quantity=[9, 3, 1, 5],
        distinct_id=["ann", "ben", "cat", "dan"],
    )
    durations_first = ["max(session.duration)", "count_unique(user)"]
    for params, why in (
        (
            {"query": "session.status:crashed"},
            "One class that is neither healthy nor errored: its count ranks.",
        ),
        ({"query": "session.status:healthy"}, "Healthy: the count over all classes ranks."),
        ({"query": "session.status:errored"}, "Errored: the count over all classes ranks."),
        (
            {"query": "session.status:[crashed, abnormal]"},
            "Several classes: the count over all classes ranks.",
        ),
        ({"groupBy": ["release", "session.status"]}, "Grouped by status: the count over all classes ranks."),
        (
            {"groupBy": ["release", "session.status"], "query": "session.status:abnormal"},
            "Grouped by status and one class selected: its count ranks.",
        ),
        (
            {"field": durations_first, "query": "session.status:abnormal"},
            "A field that the filter leaves out ranks nothing: the users do.",
        ),
    ):
        yield draft("7.1 status-filter", why, table, also="6.4", **{"groupBy": "release", **TOTALS, **params})


def order_by() -> Iterator[Draft]:
    """Ascending and descending."""
    fields = ["sum(session)", "count_unique(user)", "crash_rate(session)"]
    for order, why in (
        ("count_unique(user)", "Without a minus, the order is ascending."),
        ("-count_unique(user)", "With a minus, it is descending."),
        ("crash_rate(session)", "By a rate."),
        ("sum(session)", "The fewest sessions first."),
    ):
        yield draft("7.2 order", why, TABLE, field=fields, groupBy="release", orderBy=order, **TOTALS)
    why = "Under a filter of one class the order is by its count."
    filtered = {"query": "session.status:crashed", "orderBy": "-sum(session)", "groupBy": "release"}
    yield draft("7.2 order", why, TABLE, also="7.1", **filtered, **TOTALS)


def rejected_orders() -> Iterator[Draft]:
    """Orders that are not possible."""
    healthy, crashed = "session.status:healthy", "session.status:crashed"
    several = "session.status:[crashed, abnormal]"
    both = ["sum(session)", "max(session.duration)"]
    for params, why in (
        (
            {"orderBy": ["sum(session)", "sum(session)"]},
            "Only one order is allowed, even if it is given twice.",
        ),
        ({"orderBy": "count_unique(user)"}, "The order must be by a requested field."),
        ({"orderBy": "--sum(session)"}, "Only one minus is allowed."),
        ({"orderBy": "release"}, "A groupBy is not a field."),
        ({"orderBy": "sum(session)", "groupBy": "session.status"}, "Status groups cannot be ordered."),
        ({"orderBy": "nope", "groupBy": "session.status"}, "The grouping is validated before the name."),
        ({"orderBy": "sum(session)", "query": healthy}, "A count of healthy sessions cannot order."),
        (
            {"orderBy": "-sum(session)", "query": "session.status:errored"},
            "Nor can one of errored sessions; the message omits the minus.",
        ),
        ({"orderBy": "sum(session)", "query": several}, "A count of several classes cannot order."),
        (
            {"orderBy": "max(session.duration)", "query": crashed, "field": both},
            "A field that the filter leaves out cannot order.",
        ),
        (
            {"orderBy": "max(session.duration)", "query": healthy, "field": both},
            "A duration that the filter keeps can order.",
        ),
    ):
        yield draft("7.2 rejected", why, TABLE, also="2.3 6.4", **{"groupBy": "release", **TOTALS, **params})


def nulls_and_ties() -> Iterator[Draft]:
    """Null is last, and ties are ordered by key."""
    users = ["count_unique(user)", "crash_rate(user)", "sum(session)"]
    for order, why in (
        ("crash_rate(user)", "Null is last when ascending."),
        ("-crash_rate(user)", "Null is also last when descending."),
    ):
        yield draft("7.3 null", why, TABLE, field=users, groupBy="release", orderBy=order, **TOTALS)
    tied: dict[str, Any] = {
        "project_id": [10, 2, 2, 2],
        "release": ["a", "b", "a", "a"],
        "environment": ["", "", "z", ""],
    }
    for by, why in (
        ("project", "Projects are ordered by number: 2 before 10."),
        (
            ["project", "release", "environment"],
            "Ties are ordered by project, then release, then environment.",
        ),
        (["environment", "release", "project"], "And so they are whatever the order of the groupBy."),
    ):
        yield draft("7.3 ties", why, rows(**tied, quantity=[3, 1, 1, 1]), groupBy=by, **TOTALS)
    why = "Texts are ordered by code point: upper case before lower case, without collation."
    table = rows(release=["b", "B", "a", "é", "", "z", "😀", "\uffee", "10", "9"])
    yield draft("7.3 code-points", why, table, groupBy="release", **TOTALS)
    why = "A minus does not reverse ties."
    yield draft(
        "7.3 ties", why, rows(release=["b", "a"]), groupBy="release", orderBy="-sum(session)", **TOTALS
    )
    why = "Counts that are equal only as binary64 are not a tie."
    table = rows(release=["a", "b"], quantity=[2**53, 2**53 + 1])
    yield draft("7.3 large-counts", why, table, also="6.1", groupBy="release", **TOTALS)


def caps() -> Iterator[Draft]:
    """How many groups an answer holds."""
    five = rows(release=["a", "b", "c", "d", "e"], quantity=[1, 2, 3, 4, 5])
    for points, params, why in (
        (6, {}, "Six points are three groups of two buckets: the three with most sessions."),
        (7, {}, "A seventh point does not make another group."),
        (1, {}, "One group always fits."),
        (2, TOTALS, "Without series a group is one point."),
        (6, {"orderBy": "sum(session)"}, "The cap cuts in the requested order."),
        (
            4,
            {"groupBy": ["session.status", "release"], "includeTotals": "0"},
            "Status groups do not count separately.",
        ),
    ):
        world = {"rules": {"max_points": points}}
        yield draft("7.4 cap", why, five, also="9", world=world, **{"groupBy": "release", **params})
    why = "Groups without data for the field do not count towards the cap."
    world = {"rules": {"max_points": 6}}
    table = rows(release=["a", "b", "c", "d", "e"], distinct_id=[None, None, "ann", "ben", "cat"])
    yield draft("7.4 cap", why, table, also="5 9", world=world, field="count_unique(user)", groupBy="release")
    why = "Where the cap cuts through ties, the smaller keys stay."
    world = {"rules": {"max_points": 4}}
    table = rows(release=["c", "b", "a", "d"])
    yield draft("7.4 cap", why, table, also="7.3 9", world=world, groupBy="release")
    why = "Ninety days touch 91 days, and 10,000 / 91 are 109 releases: of 110 the last is cut."
    table = rows(release=[f"r{number:03}" for number in range(110)])
    yield draft("7.4 documented-cap", why, table, statsPeriod="90d", includeTotals="0", groupBy="release")


def pages() -> Iterator[Draft]:
    """Pages and their links."""
    five = rows(release=["a", "b", "c", "d", "e"], quantity=[5, 4, 3, 2, 1])
    for params, why in (
        ({"per_page": "2"}, "The first page: nothing before, more after."),
        ({"per_page": "2", "cursor": "0:2:0"}, "A page in the middle has both."),
        ({"per_page": "2", "cursor": "0:4:0"}, "The last page is short, and has nothing after."),
        ({"per_page": "2", "cursor": "0:1:0"}, "An offset smaller than the page leads back to 0."),
        ({"per_page": "5"}, "A page of all groups has nothing after."),
        ({"per_page": "2", "cursor": "0:6:0"}, "A page beyond the end is empty, and leads back."),
        ({"per_page": "2", "cursor": "7:2:1"}, "A cursor to the previous page is read like any other."),
        ({"cursor": "0:3:0"}, "A cursor without per_page skips groups, and gives no links."),
        (
            {"per_page": "2", "groupBy": ["release", "session.status"], "cursor": "0:3:0"},
            "Status groups do not count separately.",
        ),
        ({"per_page": "2", "groupBy": None}, "The one group without groupBy is a group like any other."),
        ({"per_page": "2", "groupBy": None, "cursor": "0:1:0"}, "And can be skipped."),
        ({"per_page": "2", "query": "session.status:nope"}, "An answer without groups also has links."),
    ):
        yield draft("7.6 page", why, five, **{"groupBy": "release", **TOTALS, **params})
    why = "A page is at most as large as the cap, and so are the steps of its links."
    world = {"rules": {"max_points": 2}}
    yield draft(
        "7.6 page-and-cap", why, five, also="7.4 9", world=world, groupBy="release", per_page="4", **TOTALS
    )
    why = "Without per_page a page is the cap, and a cursor goes beyond the first groups."
    world = {"rules": {"max_points": 4}}
    yield draft("7.6 page-and-cap", why, five, also="7.4 9", world=world, groupBy="release", cursor="0:2:0")


def granularity() -> Iterator[Draft]:
    """Series that would hold too many points."""
    for params, points, why in (
        ({"per_page": "3"}, 6, "Intervals times per_page equal to the limit are allowed."),
        ({"per_page": "4"}, 6, "One more is rejected, with interval and window as Python prints them."),
        ({"per_page": "4", **TOTALS}, 6, "Without series it is not validated."),
        (
            {"per_page": "101", "interval": "1h", "statsPeriod": "99h"},
            10_000,
            "The message words days and hours as Python does.",
        ),
        (
            {"per_page": "500", "interval": "1h", "statsPeriod": "23h"},
            10_000,
            "The message words less than a day as Python does.",
        ),
    ):
        world = {"rules": {"max_points": points}}
        yield draft("7.6 too-granular", why, also="2.3", world=world, groupBy="release", **params)
