"""Changes to source text, written as diffs so that a mutant shows what is right and what it does instead.

1. A line begins with ``-`` (removed), ``+`` (added) or a space (kept); ``@@`` separates hunks.
2. Indentation is relative to the first line of a hunk, so that diffs begin at the left margin.
3. The removed and kept lines must occur in the source exactly once.
"""

from __future__ import annotations

PARTING = "@@"
"""Separates the hunks of a diff."""


def patched(text: str, diff: str) -> str:
    """A text with the changes of a diff made.

    Examples
    --------
    >>> print(patched("def f(x):\\n    return x + 1\\n", "- return x + 1\\n+ return x - 1"), end="")
    def f(x):
        return x - 1
    """
    lines = text.split("\n")
    for place in diff.strip("\n").split(f"\n{PARTING}\n"):
        lines = _patched_place(lines, place.split("\n"))
    return "\n".join(lines)


def _patched_place(lines: list[str], place: list[str]) -> list[str]:
    if any(line[:1] not in ("-", "+", " ") for line in place):
        raise ValueError(f"a line of a diff begins with '-', '+' or a space: {place}")
    before = [line[2:] for line in place if line[0] in "- "]
    after = [line[2:] for line in place if line[0] in "+ "]
    found = [start for start in range(len(lines)) if _occurs_at(lines, start, before)]
    if len(found) != 1:
        raise ValueError(f"occurs {len(found)} times, not once: {before}")
    start = found[0]
    margin = _margin(lines[start], before[0])
    return [
        *lines[:start],
        *(margin + line if line else line for line in after),
        *lines[start + len(before) :],
    ]


def _occurs_at(lines: list[str], start: int, expected: list[str]) -> bool:
    """Whether lines occur at a position of the source, all indented by the same margin."""
    if lines[start].lstrip() != expected[0].lstrip():
        return False
    margin = _margin(lines[start], expected[0])
    return lines[start : start + len(expected)] == [margin + line if line else line for line in expected]


def _margin(line: str, unindented: str) -> str:
    return line[: len(line) - len(unindented)]
