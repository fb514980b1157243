"""Every error says what to do about it."""

from __future__ import annotations

import ast

from tests.architecture.test_house import relative, tracked

NAMES = {"PipelineError", "AnalysisError"}


def without_fix(source: str) -> list[int]:
    """The lines on which an error is made to which no fix is given by name or place."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if (name := ast.unparse(call.func)) in NAMES
        and not any(keyword.arg == "fix" for keyword in call.keywords)
        and not (name == "AnalysisError" and len(call.args) > 2)
    ]


def test_an_error_says_how_to_mend_it() -> None:
    pages = tracked("handlers/**/*.py", "analysis/*.py", "local/**/*.py")
    found = [f"{relative(page)}:{line}" for page in pages for line in without_fix(page.read_text())]
    assert pages and found == []


def test_the_check_sees_an_error_without_a_fix() -> None:
    assert without_fix('raise PipelineError(\n    "E_X", "gone")') == [1]
    assert without_fix('PipelineError("E_X", "gone", fix="find it")') == []
    assert without_fix('AnalysisError("E_X", "gone", "find it", 2)') == []
    assert without_fix('AnalysisError("E_X", "gone")') == [1]
