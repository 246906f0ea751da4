"""The model with lines of its source replaced.

1. Every altered module of `sessionstats.testing.model` has a diff (`tests.gallery.diff`).
2. The altered model is a package of its own beside the right one, so nothing is patched and nothing restored.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from sessionstats.testing import model
from tests.gallery.diff import patched

SOURCE = Path(model.__file__).parent


class AlteredSource(MetaPathFinder, Loader):
    """Finds and loads one altered copy of the model."""

    def __init__(self, package: str, diffs: Mapping[str, str]) -> None:
        self.package = package
        self.diffs = diffs

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] != self.package:
            return None
        return spec_from_loader(fullname, self, is_package=fullname == self.package)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__.partition(".")[2]
        path = SOURCE / f"{name or '__init__'}.py"
        text = path.read_text(encoding="utf-8")
        if name in self.diffs:
            text = patched(text, self.diffs[name])
        code = compile(text, f"<{module.__name__}>", "exec")  # no file that coverage could read
        exec(code, module.__dict__)


def altered_model(name: str, diffs: Mapping[str, str]) -> Callable[[Any], dict[str, Any]]:
    """``answer`` of the model with its source changed."""
    package = f"altered_{name.replace('-', '_')}"
    finder = AlteredSource(package, diffs)
    sys.meta_path.insert(0, finder)
    try:
        answer: Callable[[Any], dict[str, Any]] = importlib.import_module(package).answer
    finally:
        sys.meta_path.remove(finder)
    return answer
