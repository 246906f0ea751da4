"""A diagnosis: a known bug, by a stable id, with the wrong answers that it gives."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat

Recogniser: TypeAlias = Callable[[Evidence], Iterator[Flat]]
"""Recomputes the wrong answers that a bug gives to a case, flat: one for each way to have it; none if the
case does not bring it out."""


@dataclass(frozen=True)
class Diagnosis:
    """A known bug.

    Parameters
    ----------
    id : str
        Stable: reports and lists of known findings refer to it.
    section : str
        The section of the semantics that it breaks.
    title : str
        The bug in a few words.
    explanation : str
        What is right, and why.
    alternatives : callable
        From the evidence to the wrong answers.
    of_refusals : bool
        Whether the bug also shows where the right answer is a refusal.
    broad : bool
        Whether the bug shows in so many cases that any other explanation comes before it.
    """

    id: str
    section: str
    title: str
    explanation: str
    alternatives: Recogniser
    of_refusals: bool = False
    broad: bool = False


def diagnosis(
    id: str, section: str, title: str, *, of_refusals: bool = False, broad: bool = False
) -> Callable[[Recogniser], Diagnosis]:
    """Make a diagnosis of a recogniser, whose docstring is the explanation."""

    def make(recogniser: Recogniser) -> Diagnosis:
        return Diagnosis(id, section, title, inspect.getdoc(recogniser) or "", recogniser, of_refusals, broad)

    return make
