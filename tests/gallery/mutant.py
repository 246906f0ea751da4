"""What a mutant is: the naive model with a bug."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sessionstats.testing import model as naive
from tests.gallery.altered import altered_model

Answer = dict[str, Any]
"""An answer of the protocol (§9)."""


def untouched(answer: Answer) -> Answer:
    """The answer as it is."""
    return answer


@dataclass(frozen=True)
class Mutant:
    """A wrong implementation.

    Parameters
    ----------
    name : str
        In a few words with dashes.
    wrong : str
        What it does, in a sentence.
    section : str
        The section of the semantics that it breaks.
    diagnosis : str or None
        The diagnosis that the kit must give; `None` where there is none.
    report : str
        A public report of the bug, if it has one.
    diffs : mapping of str to str
        What is changed in modules of the naive model (`tests.gallery.diff`).
    retouch : callable
        What is done to its answers of status 200.
    """

    name: str
    wrong: str
    section: str
    diagnosis: str | None
    report: str = ""
    diffs: Mapping[str, str] = field(default_factory=dict)
    retouch: Callable[[Answer], Answer] = untouched

    @cached_property
    def model(self) -> Callable[[Any], Answer]:
        """The naive model with its changes."""
        return altered_model(self.name, self.diffs) if self.diffs else naive.answer

    def __call__(self, case: Any) -> Answer:
        """Answer a decoded request, wrongly where the bug shows."""
        answer = self.model(case)
        return self.retouch(answer) if answer["status"] == 200 else answer
