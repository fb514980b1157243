"""Tests of the tests: the kinds of test that would pass whatever the code does."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def modules() -> dict[str, ast.Module]:
    return {
        path.relative_to(TESTS).as_posix(): ast.parse(path.read_text())
        for path in sorted(TESTS.rglob("*.py"))
    }


def test_a_test_function_lives_where_pytest_looks() -> None:
    lost = [
        f"{name}:{node.name}"
        for name, module in modules().items()
        if not Path(name).name.startswith("test_")
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert lost == []


def test_a_test_can_fail() -> None:
    """Each test asserts, expects an exception, or hands over to something that does."""
    idle = []
    for name, module in modules().items():
        for node in ast.walk(module):
            if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_")):
                continue
            parts = list(ast.walk(node))
            asserts = any(isinstance(part, ast.Assert) for part in parts)
            expects = any(
                isinstance(part, ast.Attribute) and part.attr == "raises" for part in parts
            )
            hands_over = any(
                isinstance(part, ast.Call)
                and getattr(part.func, "id", getattr(part.func, "attr", "")).startswith(
                    ("assert_", "check_", "expect_")
                )
                for part in parts
            )
            if not (asserts or expects or hands_over):
                idle.append(f"{name}:{node.name}")
    assert idle == []
