"""Wrong order, cap and pages (§7)."""

from __future__ import annotations

from tests.gallery.mutant import Answer, Mutant


def next_always(answer: Answer) -> Answer:
    """Say that the next page always has results."""
    if "links" not in answer:
        return answer
    following = {**answer["links"]["next"], "results": True}
    return {**answer, "links": {**answer["links"], "next": following}}


MUTANTS = (
    Mutant(
        "limit-without-order",
        "Groups are cut before they are ranked.",
        "7.1",
        "groups-not-ranked",
        report="getsentry/sentry#31214",
        diffs={
            "ordering": """
- valued.sort(key=lambda pair: pair[1], reverse=descending)
+ pass
""",
        },
    ),
    Mutant(
        "ascending",
        "Without orderBy the smallest groups come first, and -F is ascending.",
        "7.2",
        "order-reversed",
        diffs={
            "ordering": """
- valued.sort(key=lambda pair: pair[1], reverse=descending)
+ valued.sort(key=lambda pair: pair[1], reverse=not descending)
""",
        },
    ),
    Mutant(
        "nulls-first",
        "Groups without a value rank first.",
        "7.3",
        "nulls-not-last",
        diffs={
            "ordering": """
- return [group for group, _ in valued] + nulls
+ return nulls + [group for group, _ in valued]
""",
        },
    ),
    Mutant(
        "first-field-ranks",
        "The first field ranks even if sum(session) is requested.",
        "7.1",
        "first-field-ranks",
        diffs={
            "ordering": """
- return "sum(session)" if "sum(session)" in fields else fields[0]
+ return fields[0]
""",
        },
    ),
    Mutant(
        "ranked-by-filtered-count",
        "With a status filter the count of the selected classes ranks, whatever they are.",
        "7.1",
        "ranked-by-shown-classes",
        diffs={
            "ordering": """
- if kind(field) == "count" and statuses is not None and len(statuses) == 1:
-     return None if statuses & {"healthy", "errored"} else statuses
+ if kind(field) == "count":
+     return statuses
""",
        },
    ),
    Mutant(
        "ranked-as-text",
        "Ranking values are compared as text.",
        "7.1",
        "ranked-as-text",
        diffs={
            "ordering": """
- valued.sort(key=lambda pair: pair[1], reverse=descending)
+ valued.sort(key=lambda pair: str(pair[1]), reverse=descending)
""",
        },
    ),
    Mutant(
        "cap-one-too-many",
        "The cap lets one group too many through.",
        "7.4",
        "cap-off-by-one",
        report="getsentry/sentry#48423",
        diffs={
            "ordering": """
- return max(1, rules.max_points // intervals) if series and intervals else rules.max_points
+ return max(1, rules.max_points // intervals) + 1 if series and intervals else rules.max_points
""",
        },
    ),
    Mutant(
        "no-cap",
        "The cap on data points is not applied.",
        "7.4",
        "cap-ignored",
        diffs={
            "ordering": """
- return max(1, rules.max_points // intervals) if series and intervals else rules.max_points
+ return 10**9
""",
        },
    ),
    Mutant(
        "cap-of-status-groups",
        "Status groups count for the cap.",
        "7.4",
        "cap-counts-status-groups",
        diffs={
            "answer": """
- most = ordering.cap(len(self.window.buckets), self.series, self.rules)
+ most = max(1, ordering.cap(len(self.window.buckets), self.series, self.rules) // len(self.split_by or [1]))
""",
        },
    ),
    Mutant(
        "cap-without-series",
        "Without series the cap still counts the intervals.",
        "7.4",
        "cap-without-series",
        diffs={
            "ordering": """
- return max(1, rules.max_points // intervals) if series and intervals else rules.max_points
+ return max(1, rules.max_points // intervals) if intervals else rules.max_points
""",
        },
    ),
    Mutant(
        "top-groups-per-bucket",
        "The top groups of every bucket are shown.",
        "7.1",
        "top-groups-per-bucket",
        report="apache/superset#3434",
        diffs={
            "answer": """
- page = groups[question.offset : question.offset + question.page]
+ top = set()
+ for bucket in range(len(question.window.buckets)):
+     values = [(series(question, group, by)[bucket], place) for place, group in enumerate(groups)]
+     best_first = sorted((value, -place) for value, place in values if value)[::-1]
+     if order is not None and not order.descending:
+         best_first = sorted((value, place) for value, place in values if value)
+     top |= {abs(place) for _, place in best_first[: question.page]}
+ page = [group for place, group in enumerate(groups) if place in top]
""",
        },
    ),
    Mutant(
        "ties-kept",
        "All groups of equal rank at the cut are kept.",
        "7.6",
        "ties-all-shown",
        report="elastic/elasticsearch#23613",
        diffs={
            "answer": """
+ classes = ordering.rank_classes(by, question.statuses)
+ page += [
+     group
+     for group in groups[question.offset + question.page :]
+     if page and value(by, group.sessions, classes) == value(by, page[-1].sessions, classes)
+ ]
  return report(question, groups, ordering.split(page, question.split_by))
""",
        },
    ),
    Mutant(
        "offset-in-pages",
        "The offset of the cursor counts pages.",
        "7.6",
        "offset-misread",
        diffs={
            "answer": """
- page = groups[question.offset : question.offset + question.page]
+ offset = question.offset * question.page
+ page = groups[offset : offset + question.page]
""",
        },
    ),
    Mutant(
        "offset-ignored",
        "Every page is the first.",
        "7.6",
        "offset-misread",
        diffs={
            "answer": """
- page = groups[question.offset : question.offset + question.page]
+ page = groups[: question.page]
""",
        },
    ),
    Mutant(
        "one-page-more",
        "The link to the next page always has results.",
        "7.6",
        "links-wrong",
        retouch=next_always,
    ),
    Mutant(
        "per-page-unlimited",
        "A per_page beyond the limit is accepted.",
        "2.3",
        "limit-not-enforced",
        diffs={
            "parameters": """
- if int(text) > rules.max_per_page:
+ if int(text) > 10**9:
""",
        },
    ),
    Mutant(
        "one-interval-less",
        "The largest number of intervals is refused.",
        "3.6",
        "limit-off-by-one",
        diffs={
            "window": """
- if (end - start) // interval > rules.max_intervals:
+ if (end - start) // interval >= rules.max_intervals:
""",
        },
    ),
    Mutant(
        "series-anyway",
        "includeSeries=0 has no effect.",
        "8",
        "include-flag-ignored",
        diffs={
            "answer": """
- if question.series:
+ if True:
""",
        },
    ),
    Mutant(
        "search-first",
        "The search is judged before anything else.",
        "2.2",
        "judged-in-another-order",
        diffs={
            "answer": """
+ parse(params.filled("query") or "")
  per_page, offset = parameters.read_per_page(params, rules), parameters.read_offset(params)
""",
        },
    ),
)
