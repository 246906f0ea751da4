"""Lines of the protocol: requests with hostile parts, and lines that are not requests (§9)."""

import json
import random
from typing import Any, Final

from sessionstats.protocol import respond_to_line

ROW: Final = {
    "started": "2024-01-29T11:30:00Z", "project_id": 1, "release": "app@1.0", "environment": "prod",
    "status": "exited", "errors": 0, "distinct_id": "u", "duration": 1.5, "abnormal_mechanism": "",
    "quantity": 1, "session_id": "s", "seq": 0,
}  # fmt: skip

RELEASE: Final = {
    "version": "app@1.0", "date_added": "2024-01-29T00:00:00Z", "project_ids": [1],
    "environments": ["prod"], "stages": {"prod": "adopted"},
}  # fmt: skip

REQUEST: Final = {
    "id": 1, "now": "2024-01-29T12:00:00Z", "sessions": [ROW], "projects": {"app": 1},
    "releases": [RELEASE], "rules": {"min_interval": 60},
    "params": {
        "field": ["sum(session)", "count_unique(user)", "p95(session.duration)", "crash_rate(user)"],
        "groupBy": ["release"], "statsPeriod": "1d", "interval": "1h", "query": "environment:prod",
        "orderBy": "sum(session)", "per_page": 5, "cursor": "0:0:0", "project": 1, "start": "2024-01-28",
        "end": "2024-01-29", "includeTotals": 1,
    },
}  # fmt: skip

NUMBERS: Final = (
    0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, 10**4000, -(10**30), 0.5, 1e308, -1e308, 1e-320,
    float("nan"), float("inf"), -0.0, 20240129, 1706530320, 1e15,
)  # fmt: skip

TEXTS: Final = (
    "", " ", "0", "-1", "1d", "1h", "9" * 30 + "w", "24h", "10s", "0s", "2024-01-29T24:00",
    "9999-12-31", "0001-01-01", "1e308", "\x00", "\ud800", "é\u202e", "null", "*", "app@1.*",
    "latest", "unhandled", "2021", "sum(session)", "-crash_rate(user)", "release.timestamp",
    "session.status", "project", "::", "0:99999999999:0",
)  # fmt: skip

WORDS: Final = (
    "(", ")", " ", " AND ", " OR ", "!", ":", "[", "]", ",", '"', "\\", "*", "a", "release:",
    "release:app@1.0", "has:release", "release.version:>=1.0", "release.build:[1, 2]",
    "release.package:app", "release:latest",
    "session.status:healthy", "release.stage:adopted", "project:app", "environment:[a, b]", "é",
)  # fmt: skip


def run(seed: int, number: int) -> str:
    """What became of a line: the status of its answer.

    Raises
    ------
    AssertionError
        If the answer is not one of the protocol, or lost the id.
    """
    random_ = random.Random(f"line {seed} {number}")
    request, line = hostile_line(random_, number)
    text = respond_to_line(line)
    assert "\n" not in text
    answer = json.loads(text, parse_constant=reject_constant)
    assert answer["status"] in (200, 400, 403, 413, 422), text[:300]
    assert answer["status"] == 200 or answer["body"]["detail"]
    if request is not None:
        assert answer["id"] == request["id"], "another id"
    return str(answer["status"])


def hostile_line(random_: random.Random, number: int) -> tuple[dict[str, Any] | None, bytes]:
    """A line, and its request if the id must be returned."""
    request = json.loads(json.dumps(REQUEST))
    if random_.random() < 0.5:
        del request["params"][random_.choice(list(request["params"]))]
    for _ in range(random_.choice((1, 1, 1, 2, 5))):
        spoil(request, random_)
    request["id"] = number
    text = json.dumps(request)
    if random_.random() < 0.1:  # a key twice; the id stays the first key that is one
        text = text[:-1] + ', "now": "2024-01-29"}'
    line = text.encode("utf-8", "surrogatepass")
    if random_.random() < 0.3:
        at = random_.randrange(len(line))
        return None, line[:at] + random_.randbytes(random_.randrange(3)) + line[at + random_.randrange(4) :]
    return request, line


def spoil(value: Any, random_: random.Random) -> None:
    """Change something somewhere inside a value."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = random_.choice(keys)
        if not isinstance(value[key], (dict, list)) or random_.random() < 0.2:
            break
        value = value[key]
    value[key] = search(random_) if key == "query" and random_.random() < 0.8 else hostile(random_)
    if isinstance(value, list) and len(value) < 10 and random_.random() < 0.2:  # not again and again
        value *= random_.choice((2, 10, 300))


def hostile(random_: random.Random, depth: int = 0) -> Any:
    """A value of any type and size."""
    kind = random_.randrange(9)
    if kind <= 2:
        return random_.choice(NUMBERS)
    if kind <= 5:
        return random_.choice(TEXTS)
    if kind == 6:
        return random_.choice((None, True, False, [], {}, "x" * 100_000, [[]] * 1000))
    if depth > 3:
        nested: Any = random_.choice(TEXTS)
        for _ in range(random_.choice((1, 50, 400))):
            nested = [nested]
        return nested
    if kind == 7:
        return [hostile(random_, depth + 1) for _ in range(random_.randrange(4))]
    return {random_.choice(TEXTS): hostile(random_, depth + 1) for _ in range(random_.randrange(4))}


def search(random_: random.Random) -> str:
    """A search made of fragments that mean something in the grammar; now and then a long one."""
    words = random_.choices(WORDS, k=random_.randrange(1, 20))
    return "".join(words) * (1 if random_.random() < 0.97 else random_.choice((100, 3000)))


def reject_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
