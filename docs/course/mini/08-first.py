"""Release-health statistics in plain Python: one stage a chapter of the course."""

import json
import math
import re
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

# 1. Sessions: the updates of one session become one session.

SEVERITY = ["ok", "errored", "exited", "unhandled", "abnormal", "crashed"]
TIES = ["release", "environment", "user", "mechanism", "duration", "errors", "quantity"]
CLASSES = ["abnormal", "crashed", "errored", "healthy"]
NOBODY = ["", "0" * 32, "00000000-0000-0000-0000-000000000000"]


def user(distinct_id):
    """The id as text; empty text is nobody."""
    text = "" if distinct_id is None else str(distinct_id)
    return "" if text.lower() in NOBODY else text


def read(row):
    """A row of a request with all its columns; a missing duration is -1."""
    return {
        "session_id": row.get("session_id"),
        "seq": row.get("seq") or 0,
        "started": instant(row["started"]),
        "project": row["project_id"],
        "release": row.get("release") or "",
        "environment": row.get("environment") or "",
        "status": row["status"],
        "errors": row.get("errors") or 0,
        "user": user(row.get("distinct_id")),
        "mechanism": row.get("abnormal_mechanism") or "",
        "duration": -1 if row.get("duration") is None else row["duration"],
        "quantity": 1 if row.get("quantity") is None else row["quantity"],
    }


def fold(rows):
    """The sessions; a row without a session_id is one by itself."""
    updates = {}
    for number, row in enumerate(rows):
        updates.setdefault((row["project"], row["session_id"] or number), []).append(row)
    return [fold_one(sorted(each, key=place)) for each in updates.values()]


def place(update):
    """What orders the updates of a session: seq, and where that is equal, everything else."""
    severity = SEVERITY.index(update["status"])
    return [update["seq"], update["started"], severity, *[update[name] for name in TIES]]


def fold_one(updates):
    """One session from its updates, which are in order."""
    statuses = [update["status"] for update in updates]
    durations = [update["duration"] for update in updates if update["status"] in SEVERITY[2:]]
    return {
        **updates[0],
        "started": min(update["started"] for update in updates),
        "status": max(statuses, key=SEVERITY.index),
        "errors": max(update["errors"] or update["status"] == "errored" for update in updates),
        "user": next((update["user"] for update in updates if update["user"]), ""),
        "duration": durations[-1] if durations else -1,
    }


def health(session):
    """The one class that a session belongs to."""
    if session["status"] in ("abnormal", "crashed"):
        return session["status"]
    return "errored" if session["errors"] or session["status"] == "errored" else "healthy"


# Instants: whole microseconds since 1970.

SECOND, MINUTE, HOUR, DAY = 10**6, 60 * 10**6, 3600 * 10**6, 86400 * 10**6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(value):
    """A date, or seconds since 1970, as an instant."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return math.floor(Decimal(value) * SECOND)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


def show(moment):
    """An instant as an answer shows it."""
    return f"{EPOCH + timedelta(microseconds=moment):%Y-%m-%dT%H:%M:%SZ}"


# 2. Windows: whole buckets.

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def period(text):
    """The length of a period, or None if it is not a period."""
    match = re.fullmatch("([0-9]+)([smhdw]?)", text or "")
    return int(match[1]) * UNITS[match[2]] * SECOND if match else None


def asked(params, now):
    """The start and the end that a request asks for."""
    if "statsPeriod" in params:
        return now - period(one(params, "statsPeriod")), now
    if "statsPeriodStart" in params:
        return now - period(one(params, "statsPeriodStart")), now - period(one(params, "statsPeriodEnd"))
    if "start" in params:
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


def in_buckets(sessions, starts):
    """The sessions of each bucket; all of them are in the window."""
    buckets = [[] for _ in starts]
    for session in sessions:
        buckets[(session["started"] - starts.start) // starts.step].append(session)
    return buckets


# 5. to 8. Measures.


def value(field, sessions, status):
    """A field over some sessions: of all of them, or of one health class."""
    name, what = field.rstrip(")").split("(")
    if what == "session.duration":
        return duration(name, sessions) if status in ("all", "healthy") else None
    counts = users_by_class(sessions) if what == "user" else sessions_by_class(sessions)
    return rate(name, counts) if name.endswith("_rate") else counts[status]


def sessions_by_class(sessions):
    """How many sessions there are, in all and of each class."""
    counts = Counter()
    for session in sessions:
        counts["all"] += session["quantity"]
        counts[health(session)] += session["quantity"]
    return counts


def users_by_class(sessions):
    """How many users there are, in all and of each class: counts that are subtracted, not sets."""
    users = {name: {each["user"] for each in sessions if health(each) == name} - {""} for name in CLASSES}
    counts = {name: len(users[name]) for name in CLASSES}
    everyone = len(set().union(*users.values()))
    unhealthy = len(set().union(*(users[name] for name in CLASSES if name != "healthy")))
    errored = unhealthy - counts["abnormal"] - counts["crashed"]
    return {**counts, "all": everyone, "errored": max(0, errored), "healthy": everyone - unhealthy}


def duration(name, sessions):
    """A statistic of the durations, in milliseconds."""
    seconds = sorted(session["duration"] for session in sessions if has_duration(session))
    if not seconds:
        return None
    if name == "avg":
        return 1000 * (math.fsum(seconds) / len(seconds))
    return 1000 * quantile(seconds, 100 if name == "max" else int(name[1:]))


def has_duration(session):
    return session["status"] == "exited" and session["duration"] >= 0


def quantile(ordered, percentage):
    """The value at this percentage of the way from the first to the last."""
    below, hundredths = divmod((len(ordered) - 1) * percentage, 100)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (hundredths / 100)


def rate(name, counts):
    """A share of all, as first written."""
    share = counts["crashed"] / counts["all"] if counts["all"] else 0
    return 1 - share if name == "crash_free_rate" else share


# The answer.


def read_params(given):
    """Every parameter as a list of texts."""
    if isinstance(given, str):
        return parse_qs(given)
    lists = {name: each if isinstance(each, list) else [each] for name, each in given.items()}
    return {name: [str(each) for each in values] for name, values in lists.items()}


def one(params, name):
    """The last value of a parameter, or None."""
    return params[name][-1] if name in params else None


def accessible(session, slugs):
    """Whether the request may see the session's project."""
    return not slugs or session["project"] in slugs.values()


def describe(by, fields, sessions, starts, status):
    """One group of the answer."""
    buckets = in_buckets(sessions, starts)
    totals = {field: value(field, sessions, status) for field in fields}
    series = {field: [value(field, each, status) for each in buckets] for field in fields}
    return {"by": by, "totals": totals, "series": series}


def answer(request):
    params = read_params(request["params"])
    interval = read_interval(params)
    start, end = window(params, instant(request["now"]), interval)
    starts = range(start, end, interval)

    sessions = fold(read(row) for row in request["sessions"] if row.get("quantity") != 0)
    sessions = [session for session in sessions if accessible(session, request.get("projects", {}))]
    sessions = [session for session in sessions if start <= session["started"] < end]

    fields, names = params["field"], params.get("groupBy", [])
    statuses = [{"session.status": name} for name in CLASSES] if "session.status" in names else [{}]
    groups = [describe(by, fields, sessions, starts, by.get("session.status", "all")) for by in statuses]
    body = {"groups": groups, "start": show(start), "end": show(end), "query": ""}
    return {"status": 200, "body": {**body, "intervals": [show(each) for each in starts]}}


if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"], **answer(request)}), flush=True)
