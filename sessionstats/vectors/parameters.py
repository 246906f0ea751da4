"""Vectors of chapter 2: parameters, fields, the order of validation, messages."""

from collections.abc import Iterator
from typing import Any, Final

from sessionstats.vectors.drafts import Draft, draft, rows

LATER = {"rules": {"unhandled": True}}

DOCUMENTED: Final = (
    *("sum(session)", "count_unique(user)"),
    *(f"{name}(session.duration)" for name in ("avg", "p50", "p75", "p90", "p95", "p99", "max")),
    *("crash_rate(session)", "crash_rate(user)", "crash_free_rate(session)", "crash_free_rate(user)"),
    *("anr_rate()", "foreground_anr_rate()"),
)
"""The fields of the documented edition, written out: a new field must not change frozen vectors."""

ONLY_LATER: Final = (
    *("errored_rate(session)", "errored_rate(user)", "abnormal_rate(session)", "abnormal_rate(user)"),
    *("unhandled_rate(session)", "unhandled_rate(user)", "unhealthy_rate(session)"),
)
"""Those that the later edition adds."""

TWO_PROJECTS = {"projects": {"one": 1, "two": 2}}

MIXED = rows(
    started=["2024-01-28T09:00:00Z", *["2024-01-29T08:00:00Z"] * 6],
    status=["exited", "exited", "crashed", "abnormal", "abnormal", "exited", "ok"],
    errors=[0, 1, 0, 0, 1, 0, 0],
    distinct_id=["ann", "ann", "ben", "cat", "ben", "dan", None],
    duration=[10, 25, 1, 2, 3, 4.5, 6],
    abnormal_mechanism=["", "", "", "anr_foreground", "anr_background", "", ""],
)
"""Seven sessions of four users, with something of everything."""


def parameters() -> Iterator[Draft]:
    """All vectors of the chapter."""
    yield from forms()
    yield from empty_values()
    yield from projects()
    yield from fields()
    yield from order_of_validation()
    yield from order_within_a_step()
    yield from end_of_validation()
    yield from messages()


def forms() -> Iterator[Draft]:
    """How parameters may be written."""
    table = rows(release=["a b", "a+b"], environment=["dev", "prod"])
    plain = "interval=1d&statsPeriod=1d&includeSeries=0&groupBy=release"
    for text, why in (
        (f"field=sum(session)&{plain}", "Parameters may come as a query string."),
        (f"field=sum%28session%29&{plain}", "A query string is percent-encoded."),
        (f"field=sum(session)&{plain}&query=release:%22a+b%22", "A plus sign in a query string is a space."),
        (f"field=sum(session)&{plain}&query=release:a%2Bb", "An encoded plus sign is a plus sign."),
        (f"field=sum(session)&field=sum(session)&{plain}", "A repeated field counts once."),
        (f"field=sum(session)&{plain}&groupBy=release", "A repeated groupBy counts once."),
        (
            f"field=sum(session)&{plain}&interval=1h&interval=1d",
            "If an interval is given twice, the last one counts.",
        ),
        (
            f"field=sum(session)&{plain}&foo=bar&Field=nope",
            "Unknown names are ignored, and names are case-sensitive.",
        ),
    ):
        yield draft("2 query-string", why, table, query_string=text)
    for name, values, why in (
        (
            "statsPeriod",
            ["nonsense", "1d"],
            "Of two statsPeriods, the last one counts, and the first is not validated.",
        ),
        ("per_page", ["x", "1"], "If per_page is given twice, the last one counts."),
        ("includeSeries", ["0", "1"], "If an include flag is given twice, the last one counts."),
        ("per_page", 1, "A value may be a number."),
        ("environment", ["dev", "dev", "prod"], "A repeated environment counts once."),
        ("project", [1, "1"], "A repeated project counts once, as number or as text."),
    ):
        params = {"groupBy": "release", name: values}
        yield draft("2 values", why, table, **params)


def empty_values() -> Iterator[Draft]:
    """An empty value counts as given, with exceptions."""
    table = rows(environment=["", "dev"])
    for name in ("start", "end", "statsPeriodStart", "statsPeriodEnd", "cursor", "query", "orderBy"):
        why = f"An empty {name} counts as absent."
        yield draft("2 empty-is-absent", why, table, **{name: ""})
    for name, why in (
        ("environment", "An empty environment counts as given: it selects sessions without one."),
        ("statsPeriod", "An empty statsPeriod counts as given, unlike the other dates, and is not a period."),
        ("interval", "An empty interval counts as given and is not a period, so it means one hour."),
        ("field", "An empty field counts as given, and is unknown."),
        ("groupBy", "An empty groupBy counts as given, and is unknown."),
        ("project", "An empty project counts as given, and is not a number."),
        ("per_page", "An empty per_page counts as given, and is not a number."),
        ("includeTotals", "An empty include flag counts as given, and is not 0."),
    ):
        yield draft("2 empty-is-given", why, table, also="2.3", **{name: ""})


def projects() -> Iterator[Draft]:
    """Which projects are selected."""
    table = rows(project_id=[1, 2, 10])
    for asked, world, why in (
        (None, {}, "Without project and without a list of accessible ones every project is selected."),
        (None, TWO_PROJECTS, "Without project all accessible projects are selected, and no other."),
        ("-1", TWO_PROJECTS, "-1 means all accessible projects."),
        (["-1", "10"], TWO_PROJECTS, "-1 wins over other projects, even inaccessible ones."),
        ("2", TWO_PROJECTS, "One accessible project."),
        (["10", "1"], {}, "Without a list of accessible projects any project can be selected."),
        ("7", {}, "A project without sessions is not an error."),
        ("10", TWO_PROJECTS, "A project that is not accessible is a permission error."),
        (["1", "10"], TWO_PROJECTS, "One inaccessible project among accessible ones is a permission error."),
        ("-2", TWO_PROJECTS, "Any other negative number is a project that is not accessible."),
        (None, {"projects": {}}, "No project is accessible at all."),
        ("1", {"projects": {}}, "An inaccessible project is reported before an empty list of projects."),
        ("one", TWO_PROJECTS, "The parameter accepts ids, not slugs."),
        ("1.0", {}, "An id is a whole number."),
        (["10", "x"], TWO_PROJECTS, "That all values are numbers is checked before access."),
    ):
        params = {"groupBy": "project", "includeSeries": "0", "project": asked}
        yield draft("2 project", why, table, also="2.3", world=world, **params)


def fields() -> Iterator[Draft]:
    """Every field of both editions, and names that are not fields."""
    for name in DOCUMENTED:
        yield draft(
            "2.1 field", f"{name}, over a table with something of everything.", MIXED, also="6", field=name
        )
    unhandled = [*MIXED, *rows(status="unhandled", errors=1, distinct_id="dan")]
    for name in ONLY_LATER:
        why = f"{name} exists in the later edition."
        yield draft("2.1 later-field", why, unhandled, also="6.5", world=LATER, field=name)
    for name in (
        *("sum(sessions)", "SUM(session)", "count_unique(session)", "p50"),
        *("min(session.duration)", "anr_rate(user)", "errored_rate(session)"),
    ):
        why = f"{name} is not a field of the documented edition."
        yield draft("2.1 unknown-field", why, MIXED, also="2.3", field=name)
    yield draft("2.1 no-field", "A request needs a field.", MIXED, also="2.3", field=None)
    why = "The fields of an answer are in the order of the request."
    yield draft("2.1 several-fields", why, MIXED, also="8", field=["max(session.duration)", "sum(session)"])


FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("per_page", {"per_page": "x"}),
    ("cursor", {"cursor": "x"}),
    ("a project that is not a number", {"project": "x"}),
    ("a project that is not accessible", {"project": "2"}),
    ("a missing field", {"field": None}),
    ("an unknown field", {"field": "nope"}),
    ("an unknown groupBy", {"groupBy": "nope"}),
    ("the interval", {"interval": "5h"}),
    ("the dates", {"statsPeriod": "nope"}),
    ("the number of intervals", {"statsPeriod": "1000h", "interval": "1h"}),
    ("the search", {"query": "nope:1"}),
    ("the field against the grouping", {"field": "crash_rate(session)", "groupBy": "session.status"}),
    ("the order", {"orderBy": "nope"}),
    ("the include flags", {"includeTotals": "0", "includeSeries": "0", "per_page": "5000"}),
)
"""One fault of each kind, in the order of validation (§2.2); earlier ones hide later ones."""


def order_of_validation() -> Iterator[Draft]:
    """A request with all faults, from which the first is removed again and again."""
    accessible = {"projects": {"one": 1}}
    for place, (name, _) in enumerate(FAULTS):
        params: dict[str, Any] = {}
        for _, fault in reversed(FAULTS[place:]):
            params |= fault
        why = f"Of all the mistakes in this request, {name} is reported first."
        yield draft("2.2 first-failure", why, also="2.3", world=accessible, **params)
    why = "An invalid session row is reported before any parameter."
    yield draft("2.2 rows-first", why, rows(errors=-1), also="1.4 9", wording=False, field=None, per_page="x")


def order_within_a_step() -> Iterator[Draft]:
    """Faults of one kind, and the last steps."""
    for params, why in (
        (
            {"field": ["sum(session)", "b", "a"]},
            "The first unknown field in the order of the request is reported.",
        ),
        (
            {"groupBy": ["release", "b", "a"]},
            "The first unknown groupBy in the order of the request is reported.",
        ),
        (
            {"field": "crash_rate(user)", "groupBy": "session.status", "query": "session.status:crashed"},
            "For one field, grouping is validated before filtering.",
        ),
        (
            {"field": ["count_unique(user)", "crash_rate(user)"], "query": "!session.status:healthy"},
            "Fields are validated in the order of the request: users first.",
        ),
        (
            {"field": ["crash_rate(user)", "count_unique(user)"], "query": "!session.status:healthy"},
            "Fields are validated in the order of the request: the rate first.",
        ),
        (
            {"per_page": "5000", "statsPeriod": "2d", "includeTotals": "0"},
            "The limit on points is validated, since series are requested.",
        ),
        (
            {"orderBy": "crash_rate(user)", "statsPeriod": "2d", "per_page": "5000"},
            "The order is validated before the limit on points.",
        ),
    ):
        yield draft("2.2 within-a-step", why, also="2.3", **params)


def end_of_validation() -> Iterator[Draft]:
    """A status filter that leaves nothing ends validation with an answer."""
    wrong = {"orderBy": "nope", "includeTotals": "0", "includeSeries": "0"}
    for params, why in (
        (
            {
                "query": "session.status:nope",
                "field": "crash_rate(user)",
                "groupBy": "session.status",
                **wrong,
            },
            "A status filter that selects nothing ends validation: a rate grouped by status passes.",
        ),
        (
            {"query": "session.status:nope release", **wrong},
            "The search itself is still validated.",
        ),
        (
            {"query": "session.status:crashed", "field": "p50(session.duration)", **wrong},
            "A status filter that leaves no field ends validation: the invalid order passes.",
        ),
        (
            {
                "query": "session.status:crashed",
                "field": ["p50(session.duration)", "crash_rate(user)"],
                **wrong,
            },
            "The fields are still validated.",
        ),
    ):
        yield draft("2.2 end-of-validation", why, MIXED, also="4.5 6.4", **params)


def messages() -> Iterator[Draft]:
    """The texts of pages, cursors and flags."""
    no_series = {"includeSeries": "0"}
    for value, why in (
        ("x", "A per_page that is not a number."),
        ("1.5", "A per_page that is not an integer."),
        ("0", "per_page must be at least 1."),
        ("-1", "A negative per_page."),
        ("5001", "A per_page beyond the largest."),
        ("5000", "The largest per_page is allowed."),
        ("1", "The smallest per_page is allowed."),
    ):
        yield draft("2.3 per_page", why, rows(), also="7.6", per_page=value, **no_series)
    for value, why in (
        ("x", "A cursor that is a word."),
        ("0:0", "A cursor of two parts."),
        ("0:0:0:0", "A cursor of four parts."),
        ("a:0:0", "A cursor whose first part is not an integer."),
        ("0:1.5:0", "A cursor whose offset is not an integer."),
        ("0:0:", "A cursor with an empty part."),
        ("0:-1:0", "A cursor with a negative offset."),
        ("9:0:1", "Only the offset of a cursor matters."),
    ):
        yield draft("2.3 cursor", why, rows(), also="7.6", cursor=value)
    for totals, series, why in (
        ("0", 0, "Both include flags 0, as text or number."),
        ("0", "1", "Series alone."),
        ("1", "0", "Totals alone."),
        ("false", "no", "Only 0 leaves a part out."),
    ):
        yield draft("2.3 include", why, rows(), also="8", includeTotals=totals, includeSeries=series)
