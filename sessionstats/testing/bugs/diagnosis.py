"""A diagnosis: a known bug, by a stable id, with the wrong answers that it gives."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sessionstats.testing.bugs.evidence import Evidence
from sessionstats.testing.bugs.flat import Flat

Recogniser: TypeAlias = Callable[[Evidence], Iterator[Flat]]
"""Recomputes the wrong answers that a bug gives to a case, flat: one for each way to have it; none if the case
does not bring it out."""


@dataclass(frozen=True)
class Diagnosis:
    """A known bug.

    Parameters
    ----------
    id : str
        Stable: reports and lists of known findings refer to it.
    title : str
        The bug in a few words.
    section : str
        The section of the semantics that it breaks.
    explanation : str
        What is done, and why it is wrong.
    alternatives : callable
        From the evidence to the wrong answers.
    """

    id: str
    title: str
    section: str
    explanation: str
    alternatives: Recogniser


def diagnosis(id: str, section: str, title: str) -> Callable[[Recogniser], Diagnosis]:
    """Make a diagnosis of a recogniser, whose docstring is the explanation."""

    def make(recogniser: Recogniser) -> Diagnosis:
        return Diagnosis(id, title, section, inspect.getdoc(recogniser) or "", recogniser)

    return make
