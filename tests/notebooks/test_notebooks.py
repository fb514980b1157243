"""The notebooks as they are committed, and run on the real stack with data and with none."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from analysis import notebook, queries
from tests.bad_input.leaks import leaks
from tests.conftest import LaptopStack

NOTEBOOKS = sorted(notebook.FOLDER.glob("*.ipynb"))
LONGEST_CELL = 12
LONG_AGO = "2019-01-01T00:00:00+00:00"


def cells(path: Path, kind: str = "code") -> list[Any]:
    return [one for one in nbformat.read(str(path), as_version=4).cells if one.cell_type == kind]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_it_is_committed_without_outputs(path: Path) -> None:
    assert [c.id for c in cells(path) if c.outputs or c.execution_count is not None] == []


def test_it_is_a_question_and_says_when_to_open_it(path: Path) -> None:
    first = cells(path, "markdown")[0].source
    assert re.match(r"# .*\?\n", first)
    assert "**Question.**" in first and "**When to open.**" in first


def test_its_parameters_are_tagged_and_name_the_stack(path: Path) -> None:
    assert "stack" in papermill.inspect_notebook(str(path))


def test_it_is_thin(path: Path) -> None:
    for cell in cells(path):
        assert len(cell.source.splitlines()) <= LONGEST_CELL + 8 * ("import" in cell.source), (
            cell.id
        )
        defined = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.FunctionDef)]
        assert defined == [], cell.id


def test_it_names_queries_that_exist(path: Path) -> None:
    text = "\n".join(cell.source for cell in cells(path))
    named = set(re.findall(r'(?:frames\[|frame\(|load\()"(\w+)"', text))
    assert named and named <= set(queries.names())


def test_it_ends_with_a_verdict(path: Path) -> None:
    assert cells(path, "markdown")[-1].source == "## Verdict"
    assert "verdict" in cells(path)[-1].source


@pytest.fixture
def environment_of_stack(laptop_stack: LaptopStack, monkeypatch: pytest.MonkeyPatch) -> None:
    from local.engine import environment

    for name, value in environment(laptop_stack.laptop).items():
        monkeypatch.setenv(name, value)


@pytest.mark.stack
@pytest.mark.usefixtures("environment_of_stack")
@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("are_the_events_real", {}, ""),
        ("are_the_events_real", {"until": LONG_AGO}, "There is no event in this range"),
        ("is_anything_lost", {"settle_minutes": 0}, "producer → Kafka"),
    ],
)
def test_it_runs_headless(tmp_path: Path, name: str, parameters: dict[str, Any], said: str) -> None:
    text = notebook.execute(name, tmp_path, stack="local", **parameters).read_text()
    assert leaks(text, personal=False) == []
    assert "Verdict" in text and len(re.findall(r"<svg|<img ", text)) >= 4
    assert re.search(r"(OK|WARN|FAIL): ", text.partition("Verdict")[2])
    assert said in text
