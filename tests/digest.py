"""One digest of many answers: the same wherever it is computed (§6.7).

``python -m tests.digest`` prints it. Run it with features of the processor switched off, on one core, with
another NumPy or another Python: a digest that differs is a bug. It covers every field and every groupBy on
enough sessions for the block engine, and the requests of the vectors.
"""

import hashlib
import json
from typing import Final

from sessionstats import Rules, compute, sample, vectors
from sessionstats.io.strict_json import loads
from sessionstats.protocol import respond_to_line

NOW: Final = "2024-01-29T12:00:00Z"
"""The end of the sample."""

ROWS: Final = 60_000
"""More than enough for the block engine."""

GROUPINGS: Final = (
    "",
    "&groupBy=release",
    "&groupBy=project&groupBy=environment",
    "&groupBy=release&query=release.version:>1",
)
"""What the groups are made by, and a search."""


def digest() -> str:
    """Digest of all answers, as text of JSON."""
    found = hashlib.sha256()
    sessions, rules = sample(ROWS), Rules.of("latest")
    fields = "&".join(f"field={name}" for name in rules.fields)
    for grouping in GROUPINGS:
        answer = compute(sessions, f"{fields}{grouping}&interval=1d&statsPeriod=14d", now=NOW, rules=rules)
        found.update(answer.to_json().encode())
    for line in vectors.read_text().splitlines():
        found.update(respond_to_line(json.dumps(loads(line)["request"]).encode()).encode())
    return found.hexdigest()


if __name__ == "__main__":
    print(digest())
