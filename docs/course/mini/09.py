"""Release-health statistics in plain Python: one stage a chapter of the course."""

import json
import math
import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

# 1. Sessions: the updates of one session become one session.

SEVERITY = ["ok", "errored", "exited", "unhandled", "abnormal", "crashed"]
TERMINAL = ["exited", "unhandled", "abnormal", "crashed"]


NOBODY = ("", "0" * 32, "00000000-0000-0000-0000-000000000000")


def user(distinct_id):
    """The id as a text; no text means nobody."""
    text = "" if distinct_id is None else str(distinct_id)
    return "" if text.lower() in NOBODY else text


def read(row):
    """A row of a request with all its columns."""
    return {
        "started": instant(row["started"]),
        "project": row["project_id"],
        "release": row.get("release") or "",
        "environment": row.get("environment") or "",
        "status": row["status"],
        "errors": row.get("errors") or 0,
        "user": user(row.get("distinct_id")),
        "mechanism": row.get("abnormal_mechanism") or "",
        "duration": row.get("duration"),
        "quantity": 1 if row.get("quantity") is None else row["quantity"],
        "session_id": row.get("session_id") or "",
        "seq": row.get("seq") or 0,
    }


def place(update):
    """What orders the updates of a session: seq, and where that is equal, everything else."""
    columns = ("release", "environment", "user", "mechanism")
    duration = -1 if update["duration"] is None else update["duration"]
    ties = [update[name] for name in columns] + [duration, update["errors"], update["quantity"]]
    return [update["seq"], update["started"], SEVERITY.index(update["status"]), *ties]


def fold(rows):
    """The sessions that the rows are, or make up."""
    sessions, updates = [], {}
    for row in rows:
        if row["session_id"]:
            updates.setdefault((row["project"], row["session_id"]), []).append(row)
        else:
            sessions.append(row)
    return sessions + [fold_one(sorted(each, key=place)) for each in updates.values()]


def fold_one(updates):
    """One session of its updates, which are in order."""
    statuses = [update["status"] for update in updates]
    durations = [update["duration"] for update in updates if update["status"] in TERMINAL]
    return {
        **updates[0],
        "started": min(update["started"] for update in updates),
        "status": max(statuses, key=SEVERITY.index),
        "errors": max([update["errors"] for update in updates] + ["errored" in statuses]),
        "user": next((update["user"] for update in updates if update["user"]), ""),
        "duration": durations[-1] if durations else None,
    }


CLASSES = ["abnormal", "crashed", "errored", "healthy"]


def health(session):
    """The one class that a session belongs to."""
    if session["status"] in ("abnormal", "crashed"):
        return session["status"]
    return "errored" if session["errors"] or session["status"] == "errored" else "healthy"


# Instants: whole microseconds.

SECOND, MINUTE, HOUR, DAY = 10**6, 60 * 10**6, 3600 * 10**6, 86400 * 10**6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(value):
    """A date, or seconds since 1970, as whole microseconds since 1970."""
    if not isinstance(value, str):
        return math.floor(value * SECOND)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return math.floor(Decimal(value) * SECOND)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


def show(moment):
    """An instant as an answer shows it."""
    return f"{EPOCH + timedelta(microseconds=moment):%Y-%m-%dT%H:%M:%SZ}"


# 2. Windows: whole buckets.

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def period(text):
    """The length of a period in microseconds, or None if it is not a period."""
    match = re.fullmatch("([0-9]+)([smhdw]?)", text or "")
    return int(match[1]) * UNITS[match[2]] * SECOND if match else None


def asked(params, now):
    """The start and the end that a request asks for."""
    if one(params, "statsPeriod"):
        return now - period(one(params, "statsPeriod")), now
    if one(params, "statsPeriodStart"):
        return now - period(one(params, "statsPeriodStart")), now - period(one(params, "statsPeriodEnd"))
    if one(params, "start"):
        return instant(one(params, "start")), instant(one(params, "end"))
    return now - 90 * DAY, now


def up(moment, unit):
    """The next multiple of a unit; what is one already stays."""
    return -(-moment // unit) * unit


def window(params, now, interval):
    """The window of a request: whole buckets that cover what it asks for."""
    start, end = asked(params, now)
    return min(start, now) // interval * interval, up(end, interval)


# 3. Intervals.


def read_interval(params):
    """The interval of a request; what is not a period means an hour."""
    interval = period(one(params, "interval"))
    return HOUR if interval is None else interval


# 4. Buckets.


def in_buckets(sessions, starts, interval):
    """The sessions of each bucket; all of them are in the window."""
    buckets = [[] for _ in starts]
    for session in sessions:
        buckets[(session["started"] - starts[0]) // interval].append(session)
    return buckets


# 5. to 8. Measures.


def value(field, sessions, classes):
    """A field over some sessions: over all of them, or those of the given health classes."""
    name, _, what = field.rstrip(")").partition("(")
    if what == "session.duration":
        return duration(name, sessions) if classes is None or "healthy" in classes else None
    counts = users_by_class(sessions) if what == "user" else sessions_by_class(sessions)
    if name.endswith("_rate"):
        return rate(name, counts)
    return counts["all"] if classes is None else sum(counts[each] for each in classes)


def sessions_by_class(sessions):
    """How many sessions there are, in all and of each class."""
    counts = dict.fromkeys(["all", *CLASSES], 0)
    for session in sessions:
        counts["all"] += session["quantity"]
        counts[health(session)] += session["quantity"]
    return counts


def users_by_class(sessions):
    """How many users there are, in all and of each class: counts that are subtracted, not sets."""
    users = {name: set() for name in CLASSES}
    for session in sessions:
        users[health(session)] |= {session["user"]} - {""}
    everyone = set().union(*users.values())
    unhealthy = set().union(*(users[name] for name in users if name != "healthy"))
    counts = {name: len(each) for name, each in users.items()}
    worse = sum(counts.values()) - counts["errored"] - counts["healthy"]
    counts["errored"] = max(0, len(unhealthy) - worse)
    counts["healthy"] = len(everyone) - len(unhealthy)
    return {"all": len(everyone), **counts}


def duration(name, sessions):
    """A statistic of the durations, in milliseconds."""
    seconds = sorted(session["duration"] for session in sessions if has_duration(session))
    if not seconds:
        return None
    if name == "avg":
        milliseconds = 1000 * mean(seconds)
    else:
        milliseconds = 1000 * quantile(seconds, 100 if name == "max" else int(name[1:]))
    return milliseconds if math.isfinite(milliseconds) else None


def has_duration(session):
    return session["status"] == "exited" and session["duration"] is not None


def mean(seconds):
    """The exact sum, rounded once, divided by how many there are."""
    try:
        return math.fsum(seconds) / len(seconds)
    except OverflowError:
        return math.inf


def quantile(ordered, percentage):
    below, hundredths = divmod((len(ordered) - 1) * percentage, 100)
    if hundredths == 0:
        return ordered[below]
    low, high = ordered[below], ordered[below + 1]
    return low + (high - low) * (hundredths / 100)


def rate(name, counts):
    """A share of all; nothing has no share."""
    if counts["all"] == 0:
        return None
    if name == "crash_free_rate":
        return 1 - counts["crashed"] / counts["all"]
    return counts["crashed"] / counts["all"]


# 9. Groups, their order, and how many there may be.


def groups_of(sessions, columns, fields):
    """The sessions of each key; only of keys that have something for a field, in the order of keys."""
    members = {}
    for session in sessions:
        members.setdefault(tuple(session[name] for name in columns), []).append(session)
    groups = {
        key: members[key]
        for key in sorted(members)
        if any(has_something(field, session) for field in fields for session in members[key])
    }
    return groups if groups or columns else {(): []}


def has_something(field, session):
    if "duration" in field:
        return has_duration(session)
    return "user" not in field or session["user"] != ""


def primary(fields):
    """What ranks if the request does not say: the first field, but sum(session) wherever it appears."""
    return "-sum(session)" if "sum(session)" in fields else f"-{fields[0]}"


def ranked(groups, order, classes):
    """The keys by a field; null is last in both directions, and equals stay in the order of keys."""
    totals = {key: value(order.lstrip("-"), groups[key], classes) for key in groups}
    known = [key for key in groups if totals[key] is not None]
    known.sort(key=totals.get, reverse=order.startswith("-"))
    return known + [key for key in groups if totals[key] is None]


def page(keys, params, max_points, n_intervals):
    """The keys that are shown, and the links to the pages beside them."""
    size = max_points
    if one(params, "includeSeries") != "0":
        size = max(1, max_points // n_intervals)
    size = min(size, int(one(params, "per_page") or size))
    offset = int((one(params, "cursor") or "0:0:0").split(":")[1])
    links = {
        "previous": {"cursor": f"0:{max(0, offset - size)}:1", "results": offset > 0},
        "next": {"cursor": f"0:{offset + size}:0", "results": len(keys) > offset + size},
    }
    return keys[offset : offset + size], {"links": links} if "per_page" in params else {}


# The answer.


def read_params(given):
    """Every parameter as a list of texts."""
    if isinstance(given, str):
        return parse_qs(given, keep_blank_values=True)
    lists = {name: each if isinstance(each, list) else [each] for name, each in given.items()}
    return {name: [str(each) for each in values if each is not None] for name, values in lists.items()}


def one(params, name):
    """The last value of a parameter, or None."""
    return params[name][-1] if params.get(name) else None


def accessible(session, request):
    """Whether the request may see the session's project."""
    return "projects" not in request or session["project"] in request["projects"].values()


def describe(params, by, sessions, buckets, classes):
    """One group of the answer."""
    group = {"by": by}
    if one(params, "includeTotals") != "0":
        group["totals"] = {field: value(field, sessions, classes) for field in params["field"]}
    if one(params, "includeSeries") != "0":
        group["series"] = {
            field: [value(field, each, classes) for each in buckets] for field in params["field"]
        }
    return group


def body(groups, start, end, starts, query=""):
    intervals = [show(each) for each in starts]
    return {"groups": groups, "start": show(start), "end": show(end), "intervals": intervals, "query": query}


def answer(request):
    params = read_params(request["params"])
    rules = {"max_points": 10_000, **request.get("rules", {})}
    interval = read_interval(params)
    start, end = window(params, instant(request["now"]), interval)
    starts = range(start, end, interval)

    rows = [read(row) for row in request["sessions"] if row.get("quantity") != 0]
    sessions = [session for session in fold(rows) if accessible(session, request)]
    sessions = [session for session in sessions if start <= session["started"] < end]

    names, fields = params.get("groupBy", []), params["field"]
    columns = [name for name in ("project", "release", "environment") if name in names]
    groups = groups_of(sessions, columns, fields)
    keys = ranked(groups, one(params, "orderBy") or primary(fields), None)
    keys, links = page(keys, params, rules["max_points"], len(starts))

    shown = []
    for key in keys:
        by, buckets = dict(zip(columns, key, strict=True)), in_buckets(groups[key], starts, interval)
        if "session.status" in names:
            for status in CLASSES:
                split = {**by, "session.status": status}
                shown.append(describe(params, split, groups[key], buckets, [status]))
        else:
            shown.append(describe(params, by, groups[key], buckets, None))
    return {"body": body(shown, start, end, starts), **links}


if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"], "status": 200, **answer(request)}), flush=True)
