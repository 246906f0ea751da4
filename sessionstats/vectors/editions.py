"""Vectors of the rules in which editions differ (§2, §3.8, §7.5), and of the named editions (§9)."""

import json
from collections.abc import Iterator
from typing import Any, Final

from sessionstats.vectors.drafts import NOW, Draft, draft, rows

TWO_PROJECTS: Final = {"projects": {"one": 1, "two": 2}}
"""The accessible projects where there is a list of them."""

EDITIONS: Final = ("documented", "2021", "2022", "latest")
"""The named editions (§9)."""

FINE: Final = {"interval": "15m"}
"""An interval that is not a whole number of hours."""

ON_THE_HOUR: Final = "2024-01-29T12:00:00Z"
"""An instant on which relative ranges start and end on whole hours."""


def editions() -> Iterator[Draft]:
    """All vectors of these rules."""
    yield from slugs()
    yield from slugs_without_effect()
    yield from restricted_hourly()
    yield from restricted_aligned()
    yield from restriction_among_others()
    yield from without_release_order()
    yield from named()
    yield from changed()
    yield from unreadable()
    yield from rows_before_rules()


def _restricted(rounding: str, **rules: Any) -> dict[str, Any]:
    given = {"restrict_date_range": True, "min_interval": 60, "rounding": rounding, **rules}
    return {"rules": given}


def _range(start: str, end: str) -> dict[str, Any]:
    return {"start": start, "end": end, "statsPeriod": None, "interval": "15m"}


def _ago(start: str, end: str) -> dict[str, Any]:
    return {"statsPeriodStart": start, "statsPeriodEnd": end, "statsPeriod": None, "interval": "15m"}


SLUGS: Final[tuple[tuple[str | list[str], dict[str, Any], str], ...]] = (
    ("one", TWO_PROJECTS, "A project may be named by its slug."),
    (["one", "two"], TWO_PROJECTS, "Several slugs."),
    (["one", "2"], TWO_PROJECTS, "A slug and an id."),
    (["one", "1"], TWO_PROJECTS, "A slug and the id of the same project are one project."),
    ("three", TWO_PROJECTS, "A slug that is not accessible is a permission error."),
    ("One", TWO_PROJECTS, "Slugs are case-sensitive."),
    (" ", TWO_PROJECTS, "A blank is a slug that is not accessible."),
    (
        ["one", "three"],
        TWO_PROJECTS,
        "One inaccessible slug among accessible ones is a permission error.",
    ),
    (["one", "10"], TWO_PROJECTS, "An inaccessible id beside an accessible slug is a permission error."),
    (["three", "1"], TWO_PROJECTS, "An inaccessible slug beside an accessible id is a permission error."),
    ("one", {}, "Without a list of accessible projects no slug is accessible."),
    ("10", {}, "Without a list of accessible projects every id is accessible."),
    ("one", {"projects": {}}, "An inaccessible slug is reported before an empty list of projects."),
    ("", TWO_PROJECTS, "An empty value counts as absent: all accessible projects."),
    (["", "two"], TWO_PROJECTS, "An empty value beside a slug counts as absent."),
    (["", ""], {}, "Only empty values, and no list of accessible projects: every project."),
    ("", {"projects": {}}, "An empty value, and no project is accessible."),
    (["-1", "three"], TWO_PROJECTS, "-1 wins over slugs, even inaccessible ones."),
    (["-1", "one"], {}, "-1 wins over slugs even without a list of accessible projects."),
    (
        "2",
        {"projects": {"one": 1, "two": 2, "2": 1}},
        "An integer is an id, even if it is also a slug.",
    ),
    ("1.0", TWO_PROJECTS, "Anything but an integer is a slug."),
)
"""The requested projects, the list of accessible ones, and why (§2)."""


def slugs() -> Iterator[Draft]:
    """With the rule `project_slugs`, `project` accepts ids, slugs, or both."""
    table = rows(project_id=[1, 2, 10])
    for asked, world, why in SLUGS:
        params = {"groupBy": "project", "includeSeries": "0", "project": asked}
        rules = {"rules": {"project_slugs": True}}
        yield draft("2 project-slugs", why, table, also="2.3 9", world={**world, **rules}, **params)
    why = "A project that is selected by its slug can be searched for by slug or by id."
    with_slugs = {**TWO_PROJECTS, "rules": {"project_slugs": True}}
    both = "project:[one, 1]"
    yield draft("2 project-slugs", why, table, also="4.2 9", world=with_slugs, project="one", query=both)
    why = "A search for a project outside the selected slugs."
    yield draft(
        "2 project-slugs", why, table, also="4.2", world=with_slugs, project="one", query="project:two"
    )


def slugs_without_effect() -> Iterator[Draft]:
    """Without the rule, slugs and empty values are not numbers."""
    for asked, why in (
        (["one", "1"], "Without the rule a slug is not a number, even beside an id."),
        (["", "1"], "Without the rule an empty value is not a number, even beside an id."),
        (["three", "10"], "Without the rule, that all values are numbers is checked before access."),
    ):
        world = {**TWO_PROJECTS, "rules": {"project_slugs": False}}
        yield draft("2 no-project-slugs", why, also="2.3 9", world=world, project=asked)


HOURLY: Final[tuple[tuple[str, dict[str, Any], str], ...]] = (
    (NOW, {"statsPeriod": "6h", **FINE}, "Six hours, off the hour, are six hours long before they grow."),
    (NOW, {"statsPeriod": "21601", **FINE}, "A second more than six hours is seven hours long."),
    (ON_THE_HOUR, {"statsPeriod": "6h", **FINE}, "Six hours that end on the hour."),
    (
        NOW,
        _range("2024-01-29T00:00:00Z", "2024-01-29T05:59:59Z"),
        "The end is made inclusive: six hours.",
    ),
    (
        NOW,
        _range("2024-01-29T00:00:00Z", "2024-01-29T06:00:00Z"),
        "The end is made inclusive: seven hours.",
    ),
    (
        NOW,
        _range("2024-01-29T00:30:00Z", "2024-01-29T06:29:59Z"),
        "Six hours that do not start on the hour.",
    ),
    (NOW, {"statsPeriod": "7h", "interval": "1h"}, "An interval of one hour is not restricted."),
    (NOW, {"statsPeriod": "7h", "interval": "90m"}, "An interval of 90 minutes is not whole hours."),
    (
        NOW,
        {"statsPeriod": "6h", "interval": "90m"},
        "With 90 minutes a range is whole units of two hours.",
    ),
    (NOW, {"statsPeriod": "5h", "interval": "90m"}, "With 90 minutes five hours are six hours long."),
    (NOW, {"statsPeriod": "2d", "interval": "2h"}, "An interval of two hours is not restricted."),
    (NOW, _ago("30d", "2591000"), "A range that starts exactly 30 days ago."),
    (NOW, _ago("2592001", "2591000"), "A range that starts a second more than 30 days ago."),
    (
        NOW,
        _ago("720h", "715h"),
        "The start that counts is the requested one, not the earlier one of the window.",
    ),
    (NOW, _ago("40d", "39d"), "A range that is too long and too old is too long."),
    (NOW, _ago("40d", "955h"), "A range of five hours that is too old."),
    (NOW, {"statsPeriod": "90d"}, "An interval of a day is not restricted to the last 30 days."),
    (
        NOW,
        _range("2024-02-29T00:00:00Z", "2024-02-29T01:00:00Z"),
        "A range in the future is not too old.",
    ),
)
"""The instant, parameters, and why, with hourly rounding (§3.8)."""


def restricted_hourly() -> Iterator[Draft]:
    """Both sides of 6 hours and of 30 days, with the rounding of that edition."""
    for now, params, why in HOURLY:
        table = rows(started=["2024-01-29T05:45:00Z", "2024-01-29T12:00:00Z"])
        params = {**params, "includeTotals": "0"}
        yield draft("3.8 hourly", why, table, also="3.7 9", now=now, world=_restricted("hourly"), **params)


def restricted_aligned() -> Iterator[Draft]:
    """Both sides of the same edges, on the rounded window."""
    for now, params, why in (
        (ON_THE_HOUR, {"statsPeriod": "6h", **FINE}, "Six hours that start and end on the interval."),
        (NOW, {"statsPeriod": "6h", **FINE}, "Six hours, rounded outwards, are fifteen minutes longer."),
        (NOW, {"statsPeriod": "5h", **FINE}, "Five hours, rounded outwards, are not longer than six."),
        (NOW, _range("2024-01-29T00:00:00Z", "2024-01-29T06:00:00Z"), "The end is not made inclusive."),
        (NOW, _range("2024-01-29T00:00:00Z", "2024-01-29T06:00:01Z"), "One interval more than six hours."),
        (NOW, {"statsPeriod": "7h", "interval": "1h"}, "An interval of one hour is not restricted."),
        (NOW, {"statsPeriod": "7h", "interval": "90m"}, "An interval of 90 minutes is not whole hours."),
        (
            NOW,
            _ago("30d", "2591000"),
            "A range that starts 30 days ago: the window starts earlier, and passes.",
        ),
        (NOW, _ago("2592001", "2591000"), "A range that starts a second more than 30 days ago."),
        (
            NOW,
            _range("2024-02-29T00:00:00Z", "2024-02-29T01:00:00Z"),
            "A start in the future becomes now first.",
        ),
    ):
        table = rows(started=["2024-01-29T05:45:00Z", "2024-01-29T12:00:00Z"])
        params = {**params, "includeTotals": "0"}
        yield draft("3.8 aligned", why, table, also="3.5 9", now=now, world=_restricted("aligned"), **params)


def restriction_among_others() -> Iterator[Draft]:
    """Where the restriction is validated: after interval and dates, before the number of intervals."""
    for world, params, why in (
        (_restricted("hourly"), {"statsPeriod": "7h", "interval": "7m"}, "The interval is validated first."),
        (_restricted("hourly"), {"statsPeriod": "x", "interval": "15m"}, "The dates are validated first."),
        (
            _restricted("hourly", max_intervals=1),
            {"statsPeriod": "7h", "interval": "15m"},
            "The restriction is validated before the number of intervals.",
        ),
        (
            _restricted("aligned", max_intervals=1),
            {"statsPeriod": "7h", "interval": "15m"},
            "The restriction is validated before the number of intervals, also with aligned rounding.",
        ),
        (
            _restricted("hourly", max_intervals=24),
            {"statsPeriod": "6h", "interval": "15m"},
            "A range that is not restricted has just as many intervals as allowed.",
        ),
        (
            _restricted("hourly", max_intervals=23),
            {"statsPeriod": "6h", "interval": "15m"},
            "A range that is not restricted may still have too many intervals.",
        ),
        (
            _restricted("hourly"),
            {"statsPeriod": "7h", "interval": "15m", "query": "x"},
            "The search comes later.",
        ),
        (
            _restricted("hourly", restrict_date_range=False),
            {"statsPeriod": "7h", "interval": "15m", "includeTotals": "0"},
            "Without the rule a fine interval may have a longer range.",
        ),
    ):
        yield draft("3.8 order", why, rows(), also="2.2 9", world=world, **params)


def without_release_order() -> Iterator[Draft]:
    """Without the rule `order_by_release`, `release.timestamp` is a name like any other."""
    releases = [{"version": "a", "date_added": "2024-01-01T00:00:00Z", "project_ids": [1]}]
    world = {"releases": releases, "rules": {"order_by_release": False}}
    table = rows(release="a")
    for params, why in (
        ({"groupBy": "release", "orderBy": "release.timestamp"}, "It is not a requested field."),
        ({"groupBy": "release", "orderBy": "-release.timestamp"}, "Nor is it one in descending order."),
        ({"orderBy": "release.timestamp"}, "A groupBy without release is not reported."),
        (
            {"groupBy": ["release", "session.status"], "orderBy": "release.timestamp"},
            "Grouping by status is reported first.",
        ),
        (
            {"groupBy": "release", "orderBy": "release.timestamp", "per_page": "101"},
            "The limit of 100 releases per page is not reported.",
        ),
        (
            {"groupBy": "release", "query": "environment:a OR environment:b", "orderBy": "-sum(session)"},
            "Ordering by a field still works.",
        ),
    ):
        yield draft("7.5 no-release-order", why, table, also="7.2 9", world=world, **params)
    why = "The rule may be stated: the order exists."
    stated = {"releases": releases, "rules": {"order_by_release": True}}
    asked = {"groupBy": "release", "orderBy": "release.timestamp"}
    yield draft("7.5 no-release-order", why, table, also="9", world=stated, **asked)


def named() -> Iterator[Draft]:
    """One request after another under every named edition."""
    table = rows(
        started=[f"2024-01-29T{time}Z" for time in ("05:59:59", "06:00:00", "12:27:28", "12:28:00")],
        distinct_id=["ann", "ben", "ann", None],
        project_id=[1, 1, 2, 2],
    )
    unhandled = rows(status=["unhandled", "exited"])
    hour = {"statsPeriod": "6h", "interval": "1h", "includeTotals": "0"}
    asked: tuple[tuple[list[dict[str, Any]], dict[str, Any], str], ...] = (
        (table, hour, "the window of six hours by one"),
        (table, {**hour, "interval": "30m"}, "intervals of thirty minutes"),
        (
            table,
            {**hour, "interval": "30m", "statsPeriod": "7h"},
            "intervals of thirty minutes for seven hours",
        ),
        (table, {**hour, "interval": "10s", "statsPeriod": "5m"}, "intervals of ten seconds"),
        (table, {**hour, "interval": "1m", "statsPeriod": "20m"}, "intervals of a minute"),
        (table, {"project": ["one", "2"], "groupBy": "project"}, "a project named by its slug"),
        (table, {"project": "", "groupBy": "project"}, "an empty project"),
        (table, {"groupBy": "session.status", "includeSeries": "0"}, "the health classes"),
        (table, {"field": "unhealthy_rate(session)"}, "a rate of the later editions"),
        (table, {"groupBy": "release", "orderBy": "release.timestamp"}, "the order by release date"),
    )
    for rows_, params, what in asked:
        for edition in EDITIONS:
            why = f"Edition {edition}: {what}."
            world: dict[str, Any] = {**TWO_PROJECTS, "releases": [], "rules": edition}
            yield draft("9 edition", why, rows_, also="2 3.2 3.7 3.8 7.5", world=world, **params)
    for edition in EDITIONS:
        why = f"Edition {edition}: a session of status unhandled."
        params = {"groupBy": "session.status", "includeSeries": "0"}
        world = {"rules": edition}
        known = edition == "latest"
        yield draft("9 edition-status", why, unhandled, also="1.3 1.4", world=world, wording=known, **params)


def changed() -> Iterator[Draft]:
    """A named edition with other values for some of its rules."""
    cases: tuple[tuple[dict[str, Any], dict[str, str], str], ...] = (
        ({"edition": "latest", "max_per_page": 5}, {"per_page": "6"}, "An edition with another limit."),
        ({"edition": "latest", "min_interval": 60}, {"interval": "10s"}, "A rule wins over its edition."),
        ({"max_points": 2, "edition": "2022"}, {"per_page": "3"}, "The order of the keys does not matter."),
        ({"edition": "2021", "restrict_date_range": False}, {"interval": "15m"}, "A switch turned off."),
        (
            {"edition": "latest", "unhandled": False},
            {"groupBy": "session.status"},
            "No fifth class after all.",
        ),
        ({"edition": "documented"}, {"interval": "30m"}, "The default edition may be named."),
        ({"edition": "latest"}, {"groupBy": "session.status"}, "An edition alone, in an object."),
    )
    for rules, params, why in cases:
        params = (
            {**params, "includeTotals": "0"} if "per_page" in params else {**params, "includeSeries": "0"}
        )
        yield draft("9 edition-changed", why, rows(), world={"rules": rules}, **params)


def unreadable() -> Iterator[Draft]:
    """Rules that are rejected; the texts are each implementation's own."""
    for rules, why in (
        ("2023", "An unknown edition."),
        ("", "An edition without a name."),
        ("Latest", "Names of editions are case-sensitive."),
        ({"edition": "2023"}, "An unknown edition in an object."),
        ({"edition": 2021}, "The name of an edition is a text."),
        ({"edition": None}, "The name of an edition is not null."),
        ({"project_slugs": 1}, "A switch is true or false."),
        ({"order_by_release": "false"}, "A switch is not a text."),
        ({"restrict_date_range": None}, "A switch is not null."),
        ({"rounding": "daily"}, "An unknown rounding."),
        ({"min_interval": 0}, "A limit is positive."),
        ({"slugs": True}, "An unknown rule."),
        (["latest"], "Rules are not a list."),
        (2021, "Rules are not a number."),
    ):
        yield draft("9 unreadable-rules", why, rows(), wording=False, world={"rules": rules})


def rows_before_rules() -> Iterator[Draft]:
    """Rows are validated before anything else, as far as the statuses of the edition are known."""
    bad, unhandled = rows(quantity=-1), rows(status="unhandled")
    cases: tuple[tuple[list[dict[str, Any]], dict[str, Any], str], ...] = (
        (bad, {"rules": "2023"}, "An invalid row is reported before an unknown edition."),
        (bad, {"rules": {"max_points": 0}}, "An invalid row is reported before an invalid rule."),
        (bad, {"projects": []}, "An invalid row is reported before invalid projects."),
        (bad, {"releases": 1}, "An invalid row is reported before invalid releases."),
        (bad, {"now": "yesterday"}, "An invalid row is reported before an invalid instant."),
        (bad, {"params": 5}, "An invalid row is reported before invalid parameters."),
        (
            unhandled,
            {"rules": "2023"},
            "The statuses of an unknown edition are unknown: the edition is reported.",
        ),
        (unhandled, {"rules": {"unhandled": "yes"}}, "An invalid switch leaves the statuses unknown."),
        (unhandled, {"rules": {"max_points": 0}}, "An invalid limit leaves the statuses known."),
        (
            unhandled,
            {"rules": {"edition": "2023", "unhandled": False}},
            "The statuses of an unknown edition are known if the rules name them.",
        ),
        (
            unhandled,
            {"rules": {"edition": "latest", "max_points": 0}},
            "The row is valid in this edition: the rule is reported.",
        ),
        (rows(status="gone"), {"rules": "2023"}, "A status that no edition has is invalid in any case."),
    )
    for table, world, why in cases:
        yield draft("9 rows-before-rules", why, table, also="1.4 2.2", wording=False, world=world)
    for number in (0, -1, True, "1"):
        why = f"{json.dumps(number)} is not the id of a project."
        yield draft("9 projects", why, rows(), wording=False, world={"projects": {"one": number}})
