"""The import arrows between the folders: which way they may run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
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


def circles(imports: Mapping[str, Iterable[str]]) -> set[frozenset[str]]:
    """The sets of modules of which each imports every other, by way of others or not."""

    def reached(module: str) -> set[str]:
        found: set[str] = set()
        left = set(imports.get(module, ()))
        while left - found:
            found |= left
            left = {name for one in left for name in imports.get(one, ())}
        return found

    every = {module: reached(module) for module in imports}
    return {
        frozenset(one for one in reach if module in every.get(one, ()))
        for module, reach in every.items()
        if module in reach
    }


def modules_of(folder: str) -> dict[str, set[str]]:
    """Each module of a folder, and which others of it are imported at its top or in a function."""
    names = {
        ".".join(path.relative_to(REPO).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (REPO / folder).rglob("*.py")
    }
    return {
        name: {
            max((one for one in names if f"{module}.".startswith(f"{one}.")), key=len)
            for module in imported(path.read_text())
            if module.split(".")[0] == folder
        }
        for name, path in names.items()
    }


def test_the_handlers_import_in_no_circle() -> None:
    assert circles(modules_of("handlers")) == set()


def test_the_check_sees_a_circle() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"e"}, "f": {"outside"}}
    assert circles(imports) == {frozenset("abc"), frozenset("e")}


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
