"""Vectors of chapters 8 and 9: the parts of an answer, the rules of a request."""

from collections.abc import Iterator

from sessionstats.vectors.drafts import Draft, draft, rows


def answers() -> Iterator[Draft]:
    """All vectors of these chapters."""
    yield from parts()
    yield from rules()


def parts() -> Iterator[Draft]:
    """The parts of an answer."""
    table = rows(release=["a", "b"], duration=[1, None])
    both = ["sum(session)", "avg(session.duration)"]
    for params, why in (
        ({}, "Totals and series, and a value for each interval."),
        ({"includeTotals": "0"}, "Without totals, groups have no such key, rather than an empty one."),
        ({"includeSeries": "0"}, "Without series, the intervals are still listed."),
        ({"query": "  release:a "}, "The search is echoed as given, spaces included."),
    ):
        yield draft("8 parts", why, table, **{"field": both, "groupBy": "release", **params})
    why = "Counts are integers and averages are floats, even if they are whole."
    yield draft("8 types", why, rows(duration=2), field=both)
    why = "Instants are shown to the second: a window requested in microseconds is rounded first."
    exact = {"statsPeriod": None, "start": "2024-01-29T00:00:00.5Z", "end": "2024-01-29T00:00:00.75Z"}
    yield draft("8 instants", why, also="3.5", **exact)


def rules() -> Iterator[Draft]:
    """Rules that make another edition, and their defaults."""
    for given, params, why in (
        ({}, {"interval": "30m"}, "Empty rules mean the documented edition: intervals of an hour or more."),
        ({"max_per_page": 3}, {"per_page": "4"}, "The message names the largest per_page."),
        ({"max_points": 1, "max_intervals": 2}, {}, "Limits that are just met."),
        ({"rounding": "aligned", "unhandled": False}, {}, "Defaults may be stated."),
    ):
        yield draft("9 rules", why, rows(), world={"rules": given}, **params)
    why = "Unknown keys of a request, and unknown columns of a row, are ignored."
    yield draft("9 unknown-keys", why, rows(colour="red"), world={"comment": "none"})
    why = "A null for projects, releases and rules means absent."
    yield draft("9 nulls", why, rows(), world={"projects": None, "releases": None, "rules": None})
