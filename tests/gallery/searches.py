"""Searches and filters wrongly understood (§4)."""

from __future__ import annotations

from tests.gallery.mutant import Mutant

MUTANTS = (
    Mutant(
        "left-to-right",
        "Conditions are joined from left to right, whatever the operators.",
        "4.1",
        "and-or-precedence",
        report="getsentry/sentry#71101",
        diffs={
            "search": """
- alternatives[-1].append(item)
+ if len(alternatives) > 1:
+     joined = OneOf((All(tuple(alternatives[0])), item))
+     alternatives = [[joined]]
+ else:
+     alternatives[-1].append(item)
""",
        },
    ),
    Mutant(
        "or-is-and",
        "OR is taken for AND.",
        "4.1",
        "operators-swapped",
        diffs={
            "search": """
- elif item.name == "OR":
+ elif False:
""",
        },
    ),
    Mutant(
        "negation-drops-nulls",
        "A negated term drops sessions without a value.",
        "4.1",
        "negation-drops-empty",
        report="PostHog/posthog#1546",
        diffs={
            "conditions": """
- return lambda session: (session.environment in texts) != negated
+ dropped = {""} if term.negated and not term.has else set()
+ return lambda session: (session.environment in texts | dropped) != negated
@@
- return lambda session: (session.release in texts) != negated
+ dropped = {""} if term.negated and not term.has else set()
+ return lambda session: (session.release in texts | dropped) != negated
""",
        },
    ),
    Mutant(
        "negated-lists",
        "A negated list is taken for a list.",
        "4.1",
        "negation-ignored",
        diffs={
            "conditions": """
- negated = term.negated != term.has  # has:K is !K:""
+ negated = (term.negated and not term.is_list) != term.has  # has:K is !K:""
""",
        },
    ),
    Mutant(
        "has-anything",
        "has:key keeps sessions with an empty value.",
        "4.1",
        "has-matches-empty",
        diffs={
            "conditions": """
- texts = {""} if term.has else set(term.texts)
+ texts = set() if term.has else set(term.texts)
""",
        },
    ),
    Mutant(
        "case-insensitive-search",
        "Environments and releases are compared without case.",
        "4.2",
        "search-without-case",
        diffs={
            "conditions": """
- return lambda session: (session.environment in texts) != negated
+ lowered = {text.lower() for text in texts}
+ return lambda session: (session.environment.lower() in lowered) != negated
@@
- return lambda session: (session.release in texts) != negated
+ lowered = {text.lower() for text in texts}
+ return lambda session: (session.release.lower() in lowered) != negated
""",
        },
    ),
    Mutant(
        "release-by-prefix",
        "A release is found by its beginning.",
        "4.2",
        "search-by-part",
        diffs={
            "conditions": """
- return lambda session: (session.environment in texts) != negated
+ begins = str.__eq__ if term.has else str.startswith
+ return lambda session: any(begins(session.environment, text) for text in texts) != negated
@@
- return lambda session: (session.release in texts) != negated
+ begins = str.__eq__ if term.has else str.startswith
+ return lambda session: any(begins(session.release, text) for text in texts) != negated
""",
        },
    ),
    Mutant(
        "first-of-list",
        "Only the first value of a list is looked at.",
        "4.1",
        "list-of-one",
        diffs={
            "conditions": """
- texts = {""} if term.has else set(term.texts)
+ texts = {""} if term.has else set(term.texts[:1])
""",
        },
    ),
    Mutant(
        "status-filter-removes-sessions",
        "A status filter removes sessions instead of choosing classes.",
        "4.5",
        "status-filter-removes-sessions",
        diffs={
            "answer": """
+ from .folding import health
+ classes = conditions.status_filter(tree, rules)
+ chosen = [session for session in chosen if classes is None or health(session) in classes]
  return Question(
""",
        },
    ),
    Mutant(
        "versions-as-text",
        "Versions are compared as text.",
        "4.7",
        "versions-as-text",
        diffs={
            "versions": """
  build: str
+ text: str
@@
- return Parsed(package, read_version(version), build)
+ return Parsed(package, read_version(version), build, version)
@@
- return compare(release.version.rank, wanted.rank)
+ return compare(release.text, rest)
""",
        },
    ),
    Mutant(
        "prerelease-last",
        "A prerelease comes after its final version.",
        "4.7",
        "prerelease-after-final",
        diffs={
            "versions": """
- return (self.numbers, self.final, self.prerelease)
+ return (self.numbers, not self.final, self.prerelease)
""",
        },
    ),
    Mutant(
        "short-versions",
        "1.0 is earlier than 1.0.0.",
        "4.7",
        "missing-parts-not-zero",
        diffs={
            "versions": """
- padded = (numbers + [number("0")] * 4)[:4]
+ padded = numbers
""",
        },
    ),
    Mutant(
        "first-at-sign",
        "Releases are split at the first @.",
        "4.7",
        "first-at-sign",
        diffs={
            "versions": """
- package, _, rest = release.rpartition("@")
+ package, _, rest = release.partition("@")
+ if not _:
+     return None
""",
        },
    ),
    Mutant(
        "wildcard-prefix",
        "1.1.* also matches 1.10.",
        "4.7",
        "wildcard-as-text",
        diffs={
            "versions": """
  build: str
+ text: str
@@
- return Parsed(package, read_version(version), build)
+ return Parsed(package, read_version(version), build, version)
@@
- return compare(release.version.numbers[: len(before)], before)
+ same = release.text.startswith(rest.partition("*")[0].rstrip("."))
+ if "*" in rest:
+     return same != (value.operator == "!=")
+ return compare(release.version.numbers[: len(before)], before)
""",
        },
    ),
    Mutant(
        "builds-as-text",
        "Builds of digits are compared as text.",
        "4.7",
        "builds-as-text",
        diffs={
            "versions": """
- if not DIGITS.fullmatch(release.build):
-     return value.operator == "!="
- return COMPARE[value.operator](number(release.build), number(value.raw))
+ return COMPARE[value.operator](release.build, value.raw)
""",
        },
    ),
    Mutant(
        "unreadable-kept",
        "A negated version term keeps releases that are no versions.",
        "4.7",
        "negation-keeps-unreadable",
        diffs={
            "conditions": """
  if release is None or (release.version is None and term.key != "release.package"):
-     return False
+     return term.negated
""",
        },
    ),
    Mutant(
        "first-environment",
        "Only the first of several environments is selected.",
        "2",
        "one-of-several-parameters",
        diffs={
            "answer": """
- query, environments = params.filled("query") or "", params.many("environment")
+ query, environments = params.filled("query") or "", params.many("environment")[:1]
""",
        },
    ),
    Mutant(
        "empty-environment-parameter",
        "An empty environment parameter is ignored.",
        "2",
        "empty-environment-ignored",
        diffs={
            "answer": """
- query, environments = params.filled("query") or "", params.many("environment")
+ query, environments = params.filled("query") or "", [name for name in params.many("environment") if name]
""",
        },
    ),
    Mutant(
        "project-minus-one",
        "The project -1 is taken for an id.",
        "2",
        "all-projects-misread",
        diffs={
            "parameters": """
- everything = not requested or -1 in requested
+ everything = not requested
@@
- if not everything and not requested <= allowed:
+ if not everything and not requested - {-1} <= allowed:
""",
        },
    ),
)
