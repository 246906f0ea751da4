"""What a mutant is: the model with lines of its source changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.gallery.altered import altered_model


@dataclass(frozen=True)
class Mutant:
    """An incorrect implementation.

    Parameters
    ----------
    name : str
        A few words joined by dashes.
    cause : str
        Id of the cause that must be named.
    diffs : mapping of str to str
        What is changed in modules of the model (`tests.gallery.diff`).
    """

    name: str
    cause: str
    diffs: Mapping[str, str]

    @cached_property
    def model(self) -> Callable[[Any], dict[str, Any]]:
        """The model with its changes."""
        return altered_model(self.name, self.diffs)

    def __call__(self, case: Any) -> dict[str, Any]:
        """Answer a decoded request, wrongly where the bug shows."""
        return self.model(case)
