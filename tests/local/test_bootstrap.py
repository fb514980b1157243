"""What a machine must have is said before anything long starts, one line each."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from local import bootstrap, pulumi, settings
from local.settings import REPO


def tool(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("pulumi", "go", "is_missing"),
    [
        (None, None, True),
        (None, "go version go1.24.9 linux/amd64", True),
        ("v3.271.9", None, True),
        ("v3.274.1", None, False),
        (None, "go version go1.25.0 linux/amd64", False),
        ("v3.271.9", "go version go1.26.8 linux/amd64", False),
        ("something else", None, True),
    ],
)
def test_a_cli_or_a_compiler_is_needed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pulumi: str | None,
    go: str | None,
    is_missing: bool,
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, says in (("pulumi", pulumi), ("go", go)):
        if says is not None:
            tool(tools, name, says)
    monkeypatch.setenv("PATH", f"{tools}:/bin")
    found = [line for line in bootstrap.problems() if line.startswith("E_PULUMI")]
    assert bool(found) is is_missing


@pytest.mark.parametrize("is_of_these_pins", [True, False])
def test_a_cli_that_was_built_before_is_enough(
    is_of_these_pins: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = pulumi._built(replace(settings.load({}), cache=tmp_path / "cache"))
    if not is_of_these_pins:
        built = built.parents[2] / "3.200.0-0123456789ab" / "bin" / "pulumi"
    built.parent.mkdir(parents=True)
    built.touch()
    monkeypatch.setenv("PATH", "/none")
    named = any(line.startswith("E_PULUMI") for line in bootstrap.problems())
    assert named is not is_of_these_pins


@pytest.mark.parametrize(("version", "is_old"), [((3, 9), True), ((3, 10), True), ((3, 11), False)])
def test_an_old_python_is_named(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], is_old: bool
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    found = [line for line in bootstrap.problems() if line.startswith("E_PYTHON")]
    assert bool(found) is is_old
    if is_old:
        assert f"Python {version[0]}.{version[1]} is too old" in found[0]


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path / "none"))
    monkeypatch.setattr(bootstrap, "NEEDED_BYTES", 1 << 60)
    assert any(line.startswith("E_DISK: ") and "make room" in line for line in bootstrap.problems())


def test_it_ends_before_anything_long_starts(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(REPO / "local" / "bootstrap.py")],
        env={"PATH": str(tmp_path), "ACME_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("E_PULUMI: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_the_oldest_python_can_read_it() -> None:
    """It must run where it will be refused: no syntax, `__future__` or evaluated annotation that
    came after Python 3.6."""
    tree = ast.parse((REPO / "local" / "bootstrap.py").read_text(), feature_version=(3, 6))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert "__future__" not in imported
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    annotations = [function.returns for function in functions]
    annotations += [one.annotation for function in functions for one in function.args.args]
    assert annotations
    for annotation in annotations:
        assert annotation is None or isinstance(annotation, ast.Constant | ast.Name)
