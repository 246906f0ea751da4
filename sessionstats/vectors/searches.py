"""Vectors of §4.1 to §4.6: the grammar of searches, their keys, wildcards, errors and status filters."""

from collections.abc import Iterator
from typing import Final

from sessionstats.vectors.drafts import Draft, draft, rows

NAMED = {"projects": {"one": 1, "two": 2, "2": 10}}
"""Accessible projects, one of which has a slug that is the id of another."""

BY_RELEASE = {"groupBy": ["release", "environment"], "includeSeries": "0"}

FIVE = rows(
    release=["a", "a", "b", "b", ""],
    environment=["prod", "dev", "prod", "", "dev"],
    project_id=[1, 2, 1, 2, 10],
)
"""Five sessions, no two alike."""


def searches() -> Iterator[Draft]:
    """All vectors of these sections."""
    yield from operators()
    yield from terms()
    yield from quotes()
    yield from lists()
    yield from keys()
    yield from projects()
    yield from wildcards()
    yield from structure()
    yield from order_of_errors()
    yield from status()
    yield from comparisons()


def operators() -> Iterator[Draft]:
    """AND, OR and parentheses."""
    for query, why in (
        ("release:a environment:prod", "Adjacent terms are ANDed."),
        ("release:a AND environment:prod", "AND means the same as adjacency."),
        ("release:a and environment:prod", "Operators may be in lower case."),
        ("release:a oR release:b", "Operators may be in mixed case."),
        ("release:b OR release:a environment:dev", "AND binds tighter than OR, even if it is implied."),
        ("environment:dev release:a OR release:b", "AND also binds tighter on the left of OR."),
        ('environment:dev (release:a OR release:"")', "Parentheses bind tightest."),
        ("((release:a))", "Parentheses may be doubled."),
        ("(release:a)(environment:prod)", "Adjacent parenthesised groups are ANDed, even without a space."),
        ("release:a(environment:prod)", "A parenthesis ends a value."),
        ("release:a OR (release:b AND (environment:prod OR environment:dev))", "Parentheses nest."),
        ("  release:a   environment:prod  ", "Any number of spaces separates terms."),
        ("   ", "A search of nothing but spaces selects everything, and is echoed as given."),
        ("!release:a OR !environment:dev", "Negation binds to its term."),
    ):
        yield draft("4.1 operators", why, FIVE, also="8", query=query, **BY_RELEASE)


def terms() -> Iterator[Draft]:
    """Terms, negated or not, and `has`."""
    for query, why in (
        ("release:a", "A value must match exactly."),
        ("release:A", "Values are case-sensitive."),
        ("!release:a", "A negated term keeps sessions without a release."),
        ("!environment:prod", "A negated term keeps sessions without an environment."),
        ("has:release", "has:release leaves out the empty text."),
        ("!has:environment", "!has:environment keeps only the empty text."),
        ('has:"release"', "The key of has may be quoted."),
        ('"release":a', "A key may be quoted."),
        ("release:a release:b", "One session cannot have two releases."),
    ):
        yield draft("4.1 terms", why, FIVE, query=query, **BY_RELEASE)


ODD: Final = [
    "a b",
    'say "hi"',
    "a*",
    "",
    "a",
    "(a)",
    "a,b",
    "[a b]",
    "[a",
    'a"',
    "a\\b",
    "[]",
    "[a,,b]",
    "[a]b",
    ">1",
    "a:b",
    "OR",
]
"""Releases that a search has to quote, or not."""


def quotes() -> Iterator[Draft]:
    """Quoted values and escapes."""
    table = rows(release=ODD)
    for query, why in (
        ('release:"a b"', "A quoted value may contain a space."),
        (r'release:"say \"hi\""', "A quote in quotes is escaped."),
        (r"release:a\*", "An escaped asterisk is an asterisk."),
        (r'release:"a\*"', "So it is in quotes."),
        ('release:""', "An empty quoted value matches the empty text."),
        ('!release:""', "And its negation does not."),
        ('release:"(a)"', "A quoted value may contain parentheses."),
        (r"release:a\"", "An escaped quote is part of an unquoted value."),
        (r"release:a\b", "Any other backslash is itself."),
        ("release:a:b", "A colon may be part of a value."),
        ("release:OR", "An operator as a value is a value."),
        ("release:a,b", "A comma is part of an unquoted value."),
        ('release:">1"', "A quoted value may look like a comparison."),
        ("release:[a b]", "A list needs a comma: the value is `[a`, and `b]` is free text."),
        ('release:"[a b]"', "A quoted value may contain brackets."),
        ("release:[a", "A bracket that does not open a list is text."),
        ("release:[]", "An empty list is text."),
        ("release:[a,,b]", "A list with a hole is text."),
        ("release:[a]b", "With more text after the bracket it is text."),
    ):
        yield draft("4.1 quotes", why, table, query=query, groupBy="release", includeSeries="0")


def lists() -> Iterator[Draft]:
    """Lists of values."""
    table = rows(release=["a", "b", "", "c d", 'release:"b"', "e)"])
    for query, why in (
        ("release:[a, b]", "A list selects any of its values."),
        ("release:[a,b]", "The space after the comma may be missing."),
        ("release:[a , b]", "A space may precede the comma."),
        ("!release:[a, b]", "A negated list excludes its values, and keeps the empty text."),
        ('release:["c d", a]', "A value of a list may be quoted."),
        ('release:[""]', "A list of the empty text."),
        ('release:[a, release:"b"]', "An unquoted value of a list may hold quotes and colons."),
        ("release:[e), a]", "An unquoted value of a list may hold a parenthesis."),
        ("has:[a, b]", "has applies to a key, not to a list: here has itself is the key."),
    ):
        yield draft("4.1 lists", why, table, query=query, groupBy="release", includeSeries="0")


def keys() -> Iterator[Draft]:
    """Keys that do not exist."""
    for query, why in (
        ("os:linux", "A key that does not exist."),
        ("Release:a", "Keys are case-sensitive."),
        ("has:os", "has with a key that does not exist."),
        ("crash", "Free text is reported as the key message."),
        ('"release:a"', "A quoted term is free text."),
        ("release :a", "A space before the colon makes free text."),
        ("()", "Empty parentheses are free text."),
        ('"a:b":c', "A quoted key may hold a colon."),
        ("message:a", "The key in the message on free text cannot be searched for."),
        ("has:", "has without a key is a term without a value."),
        ("session.duration:5", "Columns of fields are not keys."),
    ):
        yield draft("4.2 unknown-key", why, FIVE, also="4.1", query=query, **BY_RELEASE)


def projects() -> Iterator[Draft]:
    """Projects by slug and id."""
    for query, asked, world, why in (
        ("project:one", None, NAMED, "A project by its slug."),
        ("project:1", None, NAMED, "A project by its id."),
        ("project:2", None, NAMED, "A slug wins over an id that reads the same."),
        ("project_id:2", None, NAMED, "project_id is never a slug."),
        ("project.id:[1, 10]", None, NAMED, "project.id accepts lists."),
        ("!project:one", None, NAMED, "A negated project."),
        ("has:project", None, NAMED, "Every session has a project."),
        ("project_id:7", None, NAMED, "An id that no session has is not an error under project_id."),
        ("project_id:one", None, NAMED, "A slug is not a number."),
        ("project.id:1.0", None, NAMED, "A fraction is not an id."),
        ("project:nope", None, NAMED, "An unknown slug."),
        ("project:two", "1", NAMED, "A project that is not among the selected ones."),
        ("project:[nope, one, 77]", None, NAMED, "Two unknown ones are joined with and."),
        ("project:[x, y, z]", None, NAMED, "Three unknown ones are joined with commas and a last and."),
        ("project:7", None, {}, "Without a list of accessible projects any id is known."),
        ("project:one", None, {}, "Without a list of accessible projects no slug is known."),
    ):
        params = {"query": query, "project": asked, "groupBy": "project", "includeSeries": "0"}
        yield draft("4.2 project", why, FIVE, world=world, **params)


def wildcards() -> Iterator[Draft]:
    """Asterisks."""
    for query, why in (
        ("release:a*", "An asterisk at the end is a wildcard."),
        ("release:*", "An asterisk alone is a wildcard."),
        ('release:"a*"', "An asterisk in quotes is also a wildcard."),
        ("environment:[a, b*]", "An asterisk in a list is also a wildcard."),
        ("release.package:a*", "release.package has no wildcards."),
        ("session.status:*", "session.status has no wildcards."),
    ):
        yield draft("4.3 wildcard", why, FIVE, query=query, **BY_RELEASE)


def structure() -> Iterator[Draft]:
    """Errors of structure."""
    for query, why in (
        ("release:", "A term without a value."),
        ("!release: environment:prod", "A term without a value before another."),
        ('release:a"b', "A quote inside a value."),
        ('release:"a"b', "A quote that closes too early."),
        ('release:"a', "A quote that does not close."),
        ("release:[a,]", "A list that ends with a comma."),
        ("OR release:a", "Nothing on the left of OR."),
        ("release:a OR", "Nothing on the right of OR."),
        ("release:a and", "Nothing on the right of AND, which the message has in upper case."),
        ("release:a OR AND release:b", "Two adjacent operators."),
        ("(OR release:a)", "Parentheses have a left side of their own."),
        ("(release:a OR) release:b", "The right side ends with the parenthesis."),
        ("release:a)", "A parenthesis that was never opened."),
        (")", "A parenthesis alone, with nothing around it."),
        ("(release:a", "The error for a parenthesis that is never closed points at the parenthesis."),
        ("release:a (release:b (release:c)", "Of two parentheses the outer one is left open."),
        ("release:aaaa) environment:prod", "Five characters up to the error and five after it are shown."),
    ):
        yield draft("4.4 structure", why, FIVE, query=query, **BY_RELEASE)


def order_of_errors() -> Iterator[Draft]:
    """Which error comes first."""
    for query, why in (
        ("OR release:", "An invalid term is reported before a missing condition to its left."),
        ("os:1 OR", "A missing condition is reported before an unknown key."),
        ("release:a* os:1", "An unknown key is reported before a wildcard to its left."),
        (
            "release:a* OR session.status:crashed",
            "A wildcard is reported before the position of session.status.",
        ),
        ("os:1 project_id:x", "Unknown keys and invalid values are reported in the order of the text."),
        ("project_id:x os:1", "And the other way round."),
        ("release: release:a)", "Of an invalid term and a parenthesis, the first in the text is reported."),
        ("release:a) release:", "And the other way round."),
        ("(release:", "A parenthesis that is never closed comes before the invalid term in it."),
        ("release:a OR OR AND", "Of two missing conditions, the first is reported."),
    ):
        yield draft("4.4 order", why, FIVE, query=query, **BY_RELEASE)


def status() -> Iterator[Draft]:
    """Filters on session.status select what is counted, and remove no session."""
    table = rows(
        status=["exited", "exited", "crashed", "crashed", "abnormal", "errored"],
        release=["a", "a", "a", "b", "b", "c"],
        distinct_id=["ann", "ben", "ann", "ben", "cat", "dan"],
    )
    for query, why in (
        ("session.status:crashed", "One class: groups without it appear with zeros."),
        ("!session.status:crashed", "A negated class selects the other three."),
        ("session.status:[crashed, abnormal]", "A list selects several classes."),
        ("!session.status:healthy !session.status:errored", "Several terms intersect."),
        ("session.status:crashed session.status:abnormal", "An intersection of nothing: no groups."),
        ("session.status:nope", "An unknown status selects nothing: no groups."),
        ("!session.status:nope", "The negation of an unknown status selects all."),
        ("has:session.status", "has:session.status selects all."),
        ("!has:session.status", "!has:session.status selects nothing."),
        ("session.status:unhandled", "The fifth class is unknown to the documented edition."),
        ("release:a session.status:crashed", "Other terms still exclude sessions."),
        ("session.status:crashed OR release:a", "Inside OR it cannot be separated."),
        ("(session.status:crashed)", "Inside parentheses it is rejected, even alone."),
        ("release:a (release:a OR session.status:crashed)", "Nor is it allowed further inside."),
    ):
        yield draft("4.5 status", why, table, also="6.4", query=query, groupBy="release", includeSeries="0")
    why = "A status filter that selects all is still a filter: rates are rejected."
    yield draft(
        "4.5 still-a-filter", why, table, also="6.5", query="has:session.status", field="crash_rate(user)"
    )
    why = "With its class selected, a duration counts."
    timed = {"query": "session.status:healthy", "field": "max(session.duration)"}
    yield draft("4.5 durations", why, rows(duration=5), also="6.4", **timed)


def comparisons() -> Iterator[Draft]:
    """An operator in front of a value is text, except for versions."""
    table = rows(release=[">=1", "1", "=1", "!=1"], environment=[">a", "a", "a", "a"])
    for query, why in (
        ("release:>=1", "An operator in front of a release is part of its text."),
        ("release:=1", "So is an equals sign."),
        ("release:!=1", "So is a sign of inequality."),
        ("!release:>=1", "So it is under negation."),
        ("environment:>a", "So it is in an environment."),
        ("release:[>=1, 1]", "So it is in a list."),
    ):
        yield draft("4.6 operator-is-text", why, table, query=query, groupBy="release", includeSeries="0")
