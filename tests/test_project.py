"""Rules for the project as a whole, beyond those of the linters."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sessionstats

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sessionstats"
MODULES = sorted(PACKAGE.rglob("*.py"))

TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "sessionstats", "tests", "docs"}
"""What may be at the top level, besides dot-files."""

WITH_EXTRAS = {"cluster.py", "io", "testing", "vectors"}
"""Parts of the package that may need an extra; the kernel imports none of them before they are needed."""

KERNEL = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] not in WITH_EXTRAS]

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 40
"""A file is one idea, a function fits on a screen."""


def imports(path: Path) -> Iterator[str]:
    """Top-level names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_top_level() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not in a git working copy")
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("path", KERNEL, ids=name_of)
def test_kernel_imports_only_numpy_and_the_standard_library(path: Path) -> None:
    assert set(imports(path)) <= {"numpy", "sessionstats", *sys.stdlib_module_names}


def test_importing_imports_little() -> None:
    """``import sessionstats`` loads nothing of what only some of its features need."""
    code = (
        "import sys, numpy; before = set(sys.modules); import sessionstats; print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded - {"sessionstats", "numpy"} <= set(sys.stdlib_module_names)
    assert not loaded & {"argparse", "csv", "concurrent", "http", "sqlite3", "unittest", "pickle", "asyncio"}
    ours = {name for name in done.stdout.split() if name.startswith("sessionstats.")}
    assert not {name for name in ours if name.split(".")[1] in WITH_EXTRAS | {"cli", "rendering", "protocol"}}


@pytest.mark.parametrize("path", sorted((PACKAGE / "testing" / "model").glob("*.py")), ids=name_of)
def test_model_is_independent(path: Path) -> None:
    """The model is a second witness: it imports nothing of the kernel, nor NumPy."""
    assert set(imports(path)) <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))], ids=name_of)
def test_files_and_functions_fit(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and PACKAGE in path.parents:
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= MOST_LINES_OF_A_FUNCTION, node.name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_say_what_they_are(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_no_path_of_a_machine() -> None:
    pattern = re.compile(r"(?<![\w.<])/(?:home|Users|root|work)/\w+")
    files = [*MODULES, *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.py"), *ROOT.glob("*.md")]
    assert not [name_of(path) for path in files if pattern.search(path.read_text())]


def test_version_is_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", sessionstats.__version__)
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()
    changes = (ROOT / "docs" / "CHANGELOG.md").read_text()
    assert f"## {sessionstats.__version__}" in changes


def test_public_names_have_docstrings() -> None:
    """Every public function and class of the package says what it is."""
    missing = [
        f"{name_of(path)}: {node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not missing


def test_doctests_are_collected() -> None:
    """The doctests of the package, of README and of the pages are collected; without any, the run fails."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider",
         "sessionstats/rates.py", "README.md", "docs/semantics.md"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    for collected in ("sessionstats/rates.py::sessionstats.rates.rate", "README.md::", "docs/semantics.md::"):
        assert collected in done.stdout
