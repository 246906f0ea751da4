"""The layers of the package: a module imports only from layers below its own, or within its folder.

The imports are read from the source, those inside functions included, so that no circle hides behind a late
import. Imports for type checkers alone are left out: they order nothing at run time.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sessionstats

PACKAGE = Path(sessionstats.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    ("errors",),
    ("fields", "health", "instants", "limits", "rules"),
    ("notes",),
    ("columns",),
    ("sessions",),
    ("folding",),
    ("capping", "intervals", "rounding"),
    ("search",),
    ("request",),
    ("filtering", "bucketing", "grouping"),
    ("counting", "percentiles", "rates", "measures"),
    ("ranking", "uncertainty", "explanation"),
    ("io",),
    ("display",),
    ("result",),
    ("engines",),
    ("pipeline",),
    ("__init__",),
    ("cluster", "protocol", "server"),
    ("vectors",),
    ("testing",),
    ("cli",),
    ("__main__",),
)
"""Root modules and folders, the lowest first; those of one layer may import each other."""

LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def part_of(module: str) -> str:
    """The root module or folder of a module, ``__init__`` for the package itself."""
    return [*module.split("."), "__init__"][1]


def name_of(path: Path) -> str:
    return ".".join(("sessionstats", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )


def statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports below a node, but for those under ``if TYPE_CHECKING``."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from statements(child)


NAMES = {name_of(path) for path in MODULES}


def imported(path: Path) -> set[str]:
    """The modules of the package that a file imports."""
    found: set[str] = set()
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            base = node.module or ""
            if node.level:
                base = ".".join(
                    [*package.split(".")[: len(package.split(".")) - node.level + 1], *base.split(".")]
                )
            base = base.rstrip(".")
            members = {f"{base}.{alias.name}" for alias in node.names}
            found |= {member if member in NAMES else base for member in members}
    return {name for name in found if name in NAMES and name != name_of(path)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    """No module imports from a layer above its own."""
    own = part_of(name_of(path))
    upwards = {name for name in imported(path) if part_of(name) != own and LEVEL[part_of(name)] > LEVEL[own]}
    assert not upwards


def test_every_part_has_a_layer() -> None:
    parts = {part_of(name_of(path)) for path in MODULES}
    assert parts == set(LEVEL)


def test_no_circles() -> None:
    """No modules import each other in a circle, not even within a folder."""
    graph = {name_of(path): imported(path) for path in MODULES}
    # A package is loaded before its modules, and may gather what they define.
    gathered = {
        name: {other for other in others if not name.startswith(f"{other}.")}
        for name, others in graph.items()
    }
    try:
        TopologicalSorter(gathered).prepare()
    except CycleError as error:
        pytest.fail(" ← ".join(error.args[1]))
