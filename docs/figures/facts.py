"""What the pictures show: facts from the kernel's own output, without any drawing.

Each function answers a question of one chapter, of the course or of the semantics, with plain JSON values;
its picture is drawn by the function of the same name in ``drawing.py``. A test recomputes the facts and
compares them to ``facts.json``.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np

from sessionstats import Query, RequestError, Rules, compute, from_payloads, from_records, from_updates
from sessionstats.bucketing import bucket_index
from sessionstats.capping import max_groups
from sessionstats.health import HEALTH_CLASSES, health_class
from sessionstats.instants import DAY, HOUR, format_instant, parse_now
from sessionstats.intervals import parse_interval
from sessionstats.percentiles import quantiles

NOW: Final = "2024-01-29T12:27:28Z"
"""The instant of every request in the pictures, and in the course."""


def sessions() -> dict[str, Any]:
    """Chapter 1: what clients report, update by update, and what is left of it when it is folded."""
    lives = [
        ["ok", "exited"],
        ["ok", "errored", "exited"],
        ["ok", "errored", "crashed"],
        ["ok"],
        ["ok", "abnormal"],
    ]
    shown = []
    for updates in lives:
        folded = from_updates(
            started=[0] * len(updates),
            project_id=[1] * len(updates),
            status=updates,
            session_id=["s"] * len(updates),
            seq=list(range(len(updates))),
        )
        name = HEALTH_CLASSES[int(health_class(folded.status, folded.errors)[0])]
        shown.append({"updates": updates, "class": name})
    return {"lives": shown}


def windows() -> dict[str, Any]:
    """Chapter 2: from the range asked for to whole intervals."""
    window = Query.parse("field=sum(session)&statsPeriod=1d&interval=6h", now=NOW).window
    now = parse_now(NOW)
    return {
        "asked": [format_instant(now - DAY), format_instant(now)],
        "window": [format_instant(window.start), format_instant(window.end)],
        "starts": [
            f"{start}Z" for start in window.bucket_starts().astype("datetime64[s]").astype(str).tolist()
        ],
    }


def intervals() -> dict[str, Any]:
    """Chapter 3: which intervals of whole hours are accepted, and why others are not."""
    verdicts = {}
    for hours in (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 24, 25):
        try:
            parse_interval(f"{hours}h")
            verdicts[hours] = "accepted"
        except RequestError as error:
            verdicts[hours] = error.detail
    return {"verdicts": {str(hours): verdict for hours, verdict in verdicts.items()}}


def buckets() -> dict[str, Any]:
    """Chapter 4: instants around the edges of two buckets, and the bucket each falls in."""
    window = Query.parse(
        "field=sum(session)&start=2024-01-29T06:00:00Z&end=2024-01-29T08:00:00Z&interval=1h", now=NOW
    ).window
    offsets = [-1, 0, HOUR - 1, HOUR, 2 * HOUR - 1, 2 * HOUR]
    instants = np.array([window.start + offset for offset in offsets], "datetime64[us]")
    return {"offsets": offsets, "buckets": bucket_index(instants, window).tolist()}


def counting() -> dict[str, Any]:
    """Chapter 5: sessions of a week by health class and day."""
    quantities = {
        "exited": (40, 43, 38, 45, 50, 22, 19),
        "errored": (5, 4, 6, 5, 7, 2, 2),
        "abnormal": (0, 1, 0, 2, 1, 0, 0),
        "crashed": (1, 1, 2, 9, 3, 1, 0),
    }
    rows = [
        {"started": f"2024-01-{22 + day}T12:00:00Z", "project_id": 1, "status": status, "quantity": number}
        for status, numbers in quantities.items()
        for day, number in enumerate(numbers)
    ]
    answer = compute(
        from_records(rows),
        "field=sum(session)&groupBy=session.status&interval=1d&start=2024-01-22&end=2024-01-29",
        now=NOW,
    )
    series = answer.series["sum(session)"].tolist()
    return {"days": 7, "series": dict(zip(answer.by["session.status"].tolist(), series, strict=True))}


def users() -> dict[str, Any]:
    """Chapter 6: who came on which day, the counts of the days, and the count of them all."""
    seen = {"ann": (0, 1, 2, 3, 4), "bob": (0, 2, 4), "cid": (1, 2), "dee": (3,)}
    rows = [
        {"started": f"2024-01-{24 + day}T09:00:00Z", "project_id": 1, "status": "exited", "distinct_id": user}
        for user, days in seen.items()
        for day in days
    ]
    answer = compute(
        from_records(rows),
        "field=count_unique(user)&interval=1d&start=2024-01-24&end=2024-01-29",
        now=NOW,
    )
    return {
        "seen": {user: list(days) for user, days in seen.items()},
        "series": answer.series["count_unique(user)"][0].tolist(),
        "total": int(answer.totals["count_unique(user)"][0]),
    }


def percentiles() -> dict[str, Any]:
    """Chapter 7: five durations in seconds, and the type 7 quantiles between them."""
    seconds = [10.0, 12.0, 15.0, 30.0, 60.0]
    percentages = [0, 25, 50, 75, 90, 100]
    return {
        "seconds": seconds,
        "quantiles": dict(zip(map(str, percentages), quantiles(seconds, percentages).tolist(), strict=True)),
    }


def rates() -> dict[str, Any]:
    """Chapter 8: the crash-free rate of three releases, the second of which is bad."""
    sessions_per_day = {
        "app@1.0": (900, 880, 910, 900, 700, 500, 430, 600, 700, 640, 330, 200, 120, 90),
        "app@1.1": (0, 0, 0, 60, 240, 430, 480, 300, 190, 150, 100, 40, 0, 0),
        "app@1.2": (0, 0, 0, 0, 0, 0, 0, 0, 0, 90, 520, 700, 830, 870),
    }
    crashes_in_thousand = {"app@1.0": 6, "app@1.1": 74, "app@1.2": 4}
    rows = [
        {
            "started": f"2024-01-{15 + day}T12:00:00Z",
            "project_id": 1,
            "release": release,
            "status": status,
            "quantity": number,
        }
        for release, numbers in sessions_per_day.items()
        for day, total in enumerate(numbers)
        for crashed in (total * (crashes_in_thousand[release] + day % 3) // 1000,)
        for status, number in (("crashed", crashed), ("exited", total - crashed))
    ]
    answer = compute(
        from_records(rows),
        "field=crash_free_rate(session)&groupBy=release&interval=1d&start=2024-01-15&end=2024-01-29",
        now=NOW,
    )
    groups = answer.to_dict()["groups"]
    name = "crash_free_rate(session)"
    return {
        "series": {group["by"]["release"]: group["series"][name] for group in groups},
        "totals": {group["by"]["release"]: group["totals"][name] for group in groups},
    }


def ranking() -> dict[str, Any]:
    """Chapter 9: how many groups fit into an answer of so many intervals."""
    return {
        "groups": {
            str(count): max_groups(count)
            for count in (1, 2, 5, 7, 14, 15, 24, 30, 61, 91, 168, 361, 720, 1000)
        }
    }


def search() -> dict[str, Any]:
    """Chapter 10: what two searches keep of four kinds of sessions; AND binds tighter than OR."""
    kinds = [(release, environment) for release in ("a", "b") for environment in ("dev", "prod")]
    rows = [
        {"started": NOW, "project_id": 1, "status": "exited", "release": release, "environment": environment}
        for release, environment in kinds
    ]
    kept = {}
    for query in ("release:a OR release:b environment:prod", "(release:a OR release:b) environment:prod"):
        params = {
            "field": "sum(session)",
            "groupBy": ["release", "environment"],
            "interval": "1d",
            "query": query,
        }
        answer = compute(from_records(rows), params, now=NOW)
        pairs = zip(answer.by["release"].tolist(), answer.by["environment"].tolist(), strict=True)
        kept[query] = [list(pair) for pair in pairs]
    return {"kinds": [list(kind) for kind in kinds], "kept": kept}


def editions() -> dict[str, Any]:
    """Chapter 11: the window of one and the same request, as two editions round it."""
    windows = {}
    for name in ("documented", "2022"):
        rules = Rules.of(name)
        window = Query.parse("field=sum(session)&statsPeriod=1d&interval=6h", now=NOW, rules=rules).window
        windows[name] = {
            "window": [format_instant(window.start), format_instant(window.end)],
            "starts": [
                f"{start}Z" for start in window.bucket_starts().astype("datetime64[s]").astype(str).tolist()
            ],
        }
    return {"asked": [format_instant(parse_now(NOW) - DAY), NOW], "editions": windows}


def intake() -> dict[str, Any]:
    """Chapter 12: what clients report, folded here, and counted update by update by the endpoint's intake."""
    reported = [
        ["ok", "exited"],
        ["ok", "crashed"],
        ["ok", "crashed", "crashed", "crashed"],
        ["", "crashed"],
        ["ok", "abnormal", "crashed"],
    ]
    shown = []
    for statuses in reported:
        updates = [
            {"sid": "s", "started": NOW, "seq": seq, "init": seq == 0, "status": status}
            for seq, status in enumerate(statuses)
            if status
        ]
        answer = compute(
            from_payloads(updates, project_id=1),
            "field=sum(session)&groupBy=session.status&interval=1d&statsPeriod=1d",
            now=NOW,
        )
        crashed = answer.by["session.status"].tolist().index("crashed")
        totals = answer.totals["sum(session)"]
        shown.append(
            {
                "updates": statuses,
                "folded": {"sessions": int(totals.sum()), "crashed": int(totals[crashed])},
                "intake": {
                    "sessions": sum(update["init"] for update in updates),
                    "crashed": sum(update["status"] == "crashed" for update in updates),
                },
            }
        )
    return {"lives": shown}


def validation() -> dict[str, Any]:
    """§2.2: a request with everything wrong, one thing corrected after the other, and what is reported."""
    wrong_and_right = {
        "per_page": ("x", "5"),
        "project": ("app", "1"),
        "field": ("users", "sum(session)"),
        "groupBy": ("country", "release"),
        "interval": ("5h", "6h"),
        "statsPeriod": ("soon", "1d"),
        "query": ("os:ios", "release:a"),
        "orderBy": ("release", "sum(session)"),
    }
    params = {name: wrong for name, (wrong, _) in wrong_and_right.items()}
    reported = []
    for name, (wrong, right) in wrong_and_right.items():
        try:
            Query.parse(params, now=NOW)
        except RequestError as error:
            reported.append([f"{name}={wrong}", error.detail])
        params[name] = right
    return {"reported": reported, "intervals": Query.parse(params, now=NOW).window.n_intervals}


def grouping() -> dict[str, Any]:
    """§5: eleven sessions as one group, by release, and by release and environment."""
    kinds = {("a", "prod"): 4, ("a", "dev"): 2, ("b", "prod"): 3, ("", "dev"): 2}
    rows = [
        {
            "started": NOW,
            "project_id": 1,
            "status": "ok",
            "release": release,
            "environment": environment,
            "quantity": number,
        }
        for (release, environment), number in kinds.items()
    ]
    shown = {}
    for columns in ([], ["release"], ["release", "environment"]):
        params = {"field": "sum(session)", "groupBy": columns, "interval": "1d", "statsPeriod": "1d"}
        groups = compute(from_records(rows), params, now=NOW).to_dict()["groups"]
        found = [[[*group["by"].values()], group["totals"]["sum(session)"]] for group in groups]
        shown[" and ".join(columns)] = sorted(found)
    return {"groups": shown}


def answer() -> dict[str, Any]:
    """§8: what is where in an answer."""
    days = {
        ("app@1.0", "exited"): (3, 0, 2),
        ("app@1.1", "exited"): (0, 1, 3),
        ("app@1.1", "crashed"): (0, 0, 1),
    }
    rows = [
        {
            "started": f"2024-01-{27 + day}T08:00:00Z",
            "project_id": 1,
            "status": status,
            "release": release,
            "quantity": number,
        }
        for (release, status), numbers in days.items()
        for day, number in enumerate(numbers)
    ]
    request = "field=sum(session)&field=crash_rate(session)&groupBy=release&interval=1d&statsPeriod=2d"
    return compute(from_records(rows), request, now=NOW).to_dict()


def files() -> dict[str, Any]:
    """Performance: `query` from a file to the answer, as a share of others; the table of the page."""
    text = (Path(__file__).parents[1] / "performance.md").read_text(encoding="utf-8")
    _, *rows = text.partition("| sessions | of Polars | of DuckDB |")[2].partition("\n\n")[0].splitlines()[1:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {"shares": {name: [float(polars), float(duckdb)] for name, polars, duckdb, *_ in cells}}


PICTURES: Final = (
    sessions,
    windows,
    intervals,
    buckets,
    counting,
    users,
    percentiles,
    rates,
    ranking,
    search,
    editions,
    intake,
    validation,
    grouping,
    answer,
    files,
)
"""The pictures in the order of the course, those of the semantics, and that of performance."""


def facts() -> dict[str, dict[str, Any]]:
    """The facts of every picture, by its name."""
    return {picture.__name__: picture() for picture in PICTURES}
