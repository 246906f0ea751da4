"""The cases of the page "Spot the bug": ``python -m tests.gallery.spot`` writes them anew.

1. The case to guess from is a request about one week of a small app, `WORLD`, on which the two answers look
   most different; if no chart of it shows the bug, it is the smallest case.
2. The smallest case is one that the kit draws, or of the week, without everything that can be left out: rows,
   columns of rows, parameters, fields.
3. Only what cannot be computed quickly is kept; the answers are computed when the site is built. Bugs that
   already have cases that show them keep these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice, product
from typing import Any

from docs._extensions.spotting import CASES, NOW, VISIBLE, chart, demo_case
from sessionstats.testing import model
from sessionstats.testing.bugs.bug import Bug, Variant
from sessionstats.testing.bugs.registry import BUGS
from sessionstats.testing.hypotheses import Evidence
from sessionstats.testing.shrinking import fewer
from sessionstats.testing.strategies.assembly import assemble
from sessionstats.testing.strategies.recipes import draws

DRAWN = 2500
"""Cases drawn to find those that show a bug."""

SOON = 400
"""Of these, the smallest that are tried before others."""

FEW_ROWS = 40
"""Most rows of a case that is made smaller."""

CLEAR = 0.3
"""A difference of charts that is clear enough to stop searching."""

FIELDS = (
    "sum(session)",
    "count_unique(user)",
    "crash_free_rate(session)",
    "crash_rate(session)",
    "crash_free_rate(user)",
    "unhealthy_rate(session)",
    "errored_rate(session)",
    "abnormal_rate(user)",
    "anr_rate()",
    "foreground_anr_rate()",
    "p50(session.duration)",
    "p95(session.duration)",
    "avg(session.duration)",
    "max(session.duration)",
)

GROUPINGS = ("", "groupBy=release", "groupBy=session.status", "groupBy=environment")

WINDOWS = ("interval=1d&statsPeriod=6d", "interval=6h&statsPeriod=2d")

SPECIAL = (
    "field=sum(session)&groupBy=release&orderBy=sum(session)&interval=1d&statsPeriod=6d",
    "field=crash_rate(session)&groupBy=release&orderBy=-crash_rate(session)&interval=1d&statsPeriod=6d",
    "field=sum(session)&groupBy=release&per_page=2&interval=1d&statsPeriod=6d",
    "field=sum(session)&groupBy=release&interval=1d&statsPeriod=6d&query=!environment:test",
    "field=sum(session)&groupBy=release&interval=1d&statsPeriod=6d&query=has:environment",
    "field=sum(session)&groupBy=release&interval=1d&statsPeriod=6d&query=release:app@1.1",
    "field=sum(session)&groupBy=release&interval=1d&statsPeriod=6d&query=release:[app@1.1, app@1.9]",
    "field=sum(session)&groupBy=release&interval=1d&statsPeriod=6d&query=release.version:>1.5",
    "field=sum(session)&groupBy=release&interval=1d&statsPeriod=6d&query=release.version:<1.10",
    "field=sum(session)&interval=1d&statsPeriod=6d&query=session.status:crashed",
    "field=sum(session)&groupBy=environment&interval=1d&statsPeriod=6d&environment=prod&environment=",
    "field=sum(session)&interval=1d&statsPeriod=6d&query=environment:test OR has:environment release:app@1.9",
    "field=sum(session)&interval=1d&statsPeriod=6d&query=(environment:test OR release:app@1.1) has:release",
    "field=sum(session)&statsPeriod=8h",
    "field=sum(session)&interval=1d&statsPeriod=5d&start=2024-01-27T00:00:00&end=2024-01-28T00:00:00",
    "field=sum(session)&interval=1d&statsPeriod=1w",
    "field=sum(session)&interval=1d&start=2024-01-25T10:00:00&end=2024-01-28T20:00:00",
    "field=sum(session)&interval=1d&statsPeriodStart=5d&statsPeriodEnd=2d",
    "field=sum(session)&interval=1h&statsPeriod=8h",
    "field=sum(session)&statsPeriod=1d&interval=12h",
    "field=sum(session)&groupBy=project&interval=1d&statsPeriod=6d&project=1",
    "field=sum(session)&field=count_unique(user)&groupBy=release&interval=1d&statsPeriod=6d&includeSeries=0",
)


def requests() -> Iterator[str]:
    """Requests about the week, those with one line in the chart first."""
    for grouping, window, field in product(GROUPINGS, WINDOWS, FIELDS):
        yield "&".join(filter(None, (f"field={field}", grouping, window)))
    yield from SPECIAL


@cache
def asked() -> list[tuple[str, dict[str, Any]]]:
    """The requests that are not rejected, with the right answers."""
    answers = [(params, model.answer(demo_case(params))) for params in requests()]
    return [(params, answer) for params, answer in answers if answer["status"] == 200]


@cache
def drawn() -> list[Evidence]:
    """Cases of the kit, with the right answers; the smaller ones first."""
    cases = [assemble(recipe) for recipe in islice(draws(0), DRAWN) if not recipe.bulk]
    cases = [case for case in cases if len(case["sessions"]) <= FEW_ROWS]
    cases.sort(key=lambda case: len(json.dumps(case)))
    return [Evidence(case, None) for case in cases]


def most_visible(bug: Bug) -> tuple[float, str, int] | None:
    """How different the charts of the best request are, that request, and which variant it is."""
    best: tuple[float, str, int] | None = None
    for params, right in asked():
        case = demo_case(params)
        for place, variant in enumerate(bug.for_case(case)):
            pair = chart(right, variant(case))
            if not pair or pair["difference"] <= (best[0] if best else VISIBLE):
                continue
            if Evidence(case, None, right).differs(variant):
                best = (pair["difference"], params, place)
                if best[0] > CLEAR:
                    return best
    return best


@cache
def odd() -> list[Evidence]:
    """Cases with rarely drawn values: odd texts and users, other ways to write an instant, patterns."""
    long = "d41d8cd98f00b204e9800998ecf8427e" * 8
    users = [
        "null",
        "constructor",
        "__proto__",
        "7",
        "07",
        "9007199254740993",
        "9007199254740992",
        long + "a",
        long + "b",
    ]
    texts = [
        ("__proto__", "x"),
        ("constructor", "x"),
        ("a|b", "c"),
        ("a", "b|c"),
        (" a", "c"),
        (long + "a", "c"),
        (long + "b", "c"),
    ]
    row = {"started": "2024-01-29T10:00:00Z", "project_id": 1, "status": "ok"}
    day = {"interval": "1d", "statsPeriod": "1d"}

    def case(rows: list[dict[str, Any]], now: str = NOW, **params: Any) -> dict[str, Any]:
        return {"now": now, "params": {**day, **params}, "sessions": [{**row, **each} for each in rows]}

    releases = [{"release": name} for name in ("app_1", "app-1", "app%", "app.1", "app*", "[app]", "a")]
    cases = [
        case([{"distinct_id": user} for user in users], field="count_unique(user)"),
        case(
            [{"release": a, "environment": b} for a, b in texts],
            field="sum(session)",
            groupBy=["release", "environment"],
        ),
        case([{"started": "2039-12-31T10:00:00Z"}], "2040-01-01T00:00:00Z", field="sum(session)"),
        case([{"started": 1706522400}], field="sum(session)"),
        case([{"started": "2024-01-29T10:00:00"}], field="sum(session)", interval="1h"),
        *(case(releases, field="sum(session)", query=f"release:{name}") for name in ("app_1", "app.1", "a")),
        case(
            [{"release": "app@1.0+9"}, {"release": "app@1.0+10"}],
            field="sum(session)",
            query="release.build:>9",
        ),
    ]
    return [Evidence(each, None) for each in cases]


def smallest(bug: Bug) -> tuple[dict[str, Any], int]:
    """The smallest case found that shows a bug, and which variant it is: of the kit, odd, or of the week."""
    week = [Evidence(demo_case(params), None, right) for params, right in asked()]
    few, many = drawn()[:SOON], drawn()[SOON:]
    for cases in (few, odd(), week, many):
        if found := first_that_shows(bug, cases):
            case, place = found
            return shrunk(case, bug.for_case(case)[place]), place
    raise LookupError(f"no case shows {bug.id}")


def first_that_shows(bug: Bug, cases: list[Evidence]) -> tuple[dict[str, Any], int] | None:
    """The first of these cases that shows a bug, and the variant that does."""
    shown = (
        (dict(evidence.case), place)
        for evidence in cases
        for place, variant in enumerate(bug.for_case(evidence.case))
        if evidence.differs(variant)
    )
    return next(shown, None)


def shrunk(case: dict[str, Any], variant: Variant) -> dict[str, Any]:
    """A case without anything that the bug does not need in order to show."""
    status = model.answer(case)["status"]

    def shows(smaller: dict[str, Any]) -> bool:
        evidence = Evidence(smaller, None)
        return evidence.answer["status"] == status and evidence.differs(variant)

    def with_rows(rows: list[Any]) -> bool:
        return shows({**case, "sessions": rows})

    case = {**case, "sessions": fewer(list(case["sessions"]), with_rows)} if case["sessions"] else case
    before = None
    while case != before:
        before = case
        for smaller in simpler(case):
            if smaller != case and shows(smaller):
                case = smaller
                break
    return case


def simpler(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cases with one thing less."""
    for name in ("rules", "releases", "projects", "id"):
        if name in case:
            yield {key: value for key, value in case.items() if key != name}
    params = case["params"]
    if isinstance(params, dict):
        for name, value in params.items():
            yield {**case, "params": {key: each for key, each in params.items() if key != name}}
            if isinstance(value, list):
                for place in range(len(value)):
                    left = value[:place] + value[place + 1 :]
                    yield {**case, "params": {**params, name: left[0] if len(left) == 1 else left}}
    for place, row in enumerate(case["sessions"]):
        for column in row:
            less = {name: value for name, value in row.items() if name != column}
            yield {**case, "sessions": [*case["sessions"][:place], less, *case["sessions"][place + 1 :]]}


def entry(bug: Bug) -> dict[str, Any]:
    """What is kept for a bug."""
    case, variant = smallest(bug)
    visible = most_visible(bug)
    shown = {"params": visible[1], "shown_variant": visible[2]} if visible else {}
    return {"id": bug.id, **shown, "smallest": case, "variant": variant}


def shows(bug: Bug, kept: dict[str, Any]) -> bool:
    """Whether the kept variant still answers the smallest case differently; variants may have moved."""
    variants = bug.for_case(kept["smallest"])
    place = kept["variant"]
    return place < len(variants) and Evidence(kept["smallest"], None).differs(variants[place])


if __name__ == "__main__":
    kept = {line["id"]: line for line in json.loads(CASES.read_text())} if CASES.exists() else {}
    for bug in BUGS:
        if bug.id not in kept or not shows(bug, kept[bug.id]):
            print(bug.id, flush=True)
            kept[bug.id] = entry(bug)
    lines = ",\n".join(json.dumps(kept[bug.id]) for bug in BUGS)
    CASES.write_text(f"[\n{lines}\n]\n")
