"""Test vectors: small requests with the right answers, for implementers in any language.

1. The file ``v1.jsonl``, shipped beside this module, holds one vector per line: ``id``, the ``sections`` of
   the semantics that it covers, ``tags`` of what it needs (`sessionstats.vectors.tags`), ``why`` it is there,
   the ``request`` of the protocol (§9), and its ``answer``. ``v1.schema.json`` describes a line.
2. The vectors are drafted by hand, chapter by chapter; the kernel answers them. `generate` makes the file
   anew, always the same, and a test compares it with the shipped one.
3. An id is ``SECTION-name-NN``. It is never reused for anything else, so that other projects can cite it.
4. An answer without a ``body`` is one whose text is each implementation's own: only its status counts.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, Final

from sessionstats.protocol import respond
from sessionstats.vectors.aggregates import aggregates
from sessionstats.vectors.answers import answers
from sessionstats.vectors.drafts import Draft
from sessionstats.vectors.editions import editions
from sessionstats.vectors.grouping import grouping
from sessionstats.vectors.metadata import metadata
from sessionstats.vectors.parameters import parameters
from sessionstats.vectors.ranking import ranking
from sessionstats.vectors.searches import searches
from sessionstats.vectors.session_rows import session_rows
from sessionstats.vectors.tags import tags
from sessionstats.vectors.versions import versions
from sessionstats.vectors.windows import windows

VERSION: Final = 1
"""The version of the file: a line of it never changes."""

CHAPTERS: Final[tuple[Callable[[], Iterator[Draft]], ...]] = (
    session_rows,
    parameters,
    windows,
    searches,
    versions,
    metadata,
    grouping,
    aggregates,
    ranking,
    answers,
    editions,
)
"""The drafts, in the order of the file."""

SECTIONS: Final = (
    *("1.1", "1.2", "1.3", "1.4", "1.5", "2", "2.1", "2.2", "2.3"),
    *("3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8"),
    *("4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "5"),
    *("6", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7"),
    *("7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "8", "9"),
)
"""The sections of the semantics that state a rule; each is covered by vectors."""


def read_text() -> str:
    """The shipped file, to the letter."""
    return files(__name__).joinpath(f"v{VERSION}.jsonl").read_text(encoding="utf-8")


def load() -> list[dict[str, Any]]:
    """The shipped vectors, in their order.

    Returns
    -------
    list of dict
        With ``id``, ``sections``, ``tags``, ``why``, ``request`` and ``answer``.

    Examples
    --------
    >>> vector = next(vector for vector in load() if vector["id"] == "3.5-window-rounded-outwards-01")
    >>> vector["why"]
    'Twenty-four hours by six touch five buckets, not four.'
    >>> len(vector["answer"]["body"]["intervals"])
    5
    """
    return [json.loads(line) for line in read_text().splitlines()]


def schema() -> dict[str, Any]:
    """JSON Schema of one vector."""
    text = files(__name__).joinpath(f"v{VERSION}.schema.json").read_text(encoding="utf-8")
    described: dict[str, Any] = json.loads(text)
    return described


def generate() -> Iterator[dict[str, Any]]:
    """The vectors as the kernel answers them now, in the order of the file."""
    numbers: Counter[str] = Counter()
    for chapter in CHAPTERS:
        for draft in chapter():
            numbers[draft.topic] += 1
            asked = {"request": draft.request, "answer": _answer(draft)}
            yield {
                "id": f"{draft.topic.replace(' ', '-')}-{numbers[draft.topic]:02}",
                "sections": draft.sections,
                "tags": tags(asked),
                "why": draft.why,
                **asked,
            }


def _answer(draft: Draft) -> dict[str, Any]:
    answer = respond(draft.request)
    parts = ("status", "body", "links") if draft.wording else ("status",)
    return {name: answer[name] for name in parts if name in answer}


def as_line(vector: dict[str, Any]) -> str:
    """A vector as a line of the file: ASCII, so that no editor and no locale changes it."""
    return json.dumps(vector, allow_nan=False) + "\n"
