"""The import arrows between the folders: which way they may run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PACKAGES = ("analysis", "components", "examples", "handlers", "local", "tests", "benchmarks")

# folder -> the packages of this repository that it may import
ALLOWED = {
    "handlers": {"handlers"},
    "components": {"components", "handlers.contract"},
    "analysis": {"analysis", "handlers.contract"},
    "local/aws": {"local.aws"},
    "local": {"local", "components", "handlers", "analysis"},
    "examples": set(),
}


def imported(source: str) -> set[str]:
    """Every module that a source imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError("relative imports are not used here")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def crossings(folder: str, source: str) -> set[str]:
    """The imports of a source that run against the arrows."""
    allowed = ALLOWED[folder]
    return {
        module
        for module in imported(source)
        if module.split(".")[0] in PACKAGES
        and not any(module == name or module.startswith(f"{name}.") for name in allowed)
    }


def owner(path: Path) -> str:
    """The rule of a file: the longest folder that has one."""
    relative = path.relative_to(REPO).as_posix()
    return max((f for f in ALLOWED if relative.startswith(f"{f}/")), key=len)


def sources() -> list[Path]:
    folders = {folder.split("/")[0] for folder in ALLOWED}
    return sorted(path for folder in folders for path in (REPO / folder).rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(REPO).as_posix())
def test_no_import_runs_against_the_arrows(path: Path) -> None:
    assert crossings(owner(path), path.read_text()) == set()


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("handlers", "import components.names"),
        ("handlers", "def f():\n    from analysis import report"),
        ("components", "from handlers.msk_producer import handler"),
        ("components", "import local.settings"),
        ("analysis", "from handlers.runtime.errors import X"),
        ("local/aws", "from local.settings import REGION"),
        ("local", "import tests.conftest"),
    ],
)
def test_the_check_sees_a_wrong_import(folder: str, source: str) -> None:
    assert crossings(folder, source)
