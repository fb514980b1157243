"""Where the outputs come from, and what a user reads when they don't."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from analysis import outputs
from analysis.errors import AnalysisError

GOOD = {
    name: {part: "x" for part in outputs.NAMES[name]} if name in outputs.NAMES else "x"
    for name in outputs.REQUIRED
}


def pulumi(folder: Path, script: str) -> dict[str, str]:
    """An environment whose `pulumi` is this shell script."""
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_the_engine_is_asked_for_the_stack(tmp_path: Path) -> None:
    script = f"echo \"$@\" > {tmp_path}/asked; cat <<'E'\n{json.dumps(GOOD)}\nE"
    assert outputs.load("dev", pulumi(tmp_path, script)) == GOOD
    assert (tmp_path / "asked").read_text().split() == [
        *("stack", "output", "--json", "--non-interactive", "-s", "dev")
    ]


def test_a_file_stands_in_for_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(GOOD))
    assert outputs.load("any", {outputs.FILE_VARIABLE: str(path)}) == GOOD


def test_a_missing_engine_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="E_PULUMI_MISSING") as refused:
        outputs.load("dev", {"PATH": str(tmp_path)})
    assert refused.value.exit_code == 4


def test_the_engines_last_word_is_passed_on(tmp_path: Path) -> None:
    script = "echo warning >&2; echo \"error: no stack named 'dev' found\" >&2; exit 255"
    with pytest.raises(AnalysisError, match="E_PULUMI_FAILED: stack='dev': error: no stack named"):
        outputs.load("dev", pulumi(tmp_path, script))


@pytest.mark.parametrize(
    ("stack", "environ", "found"),
    [("dev", {}, "dev"), ("dev", {"ACME_STACK": "local"}, "dev"), ("", {"ACME_STACK": "x"}, "x")],
)
def test_the_parameter_names_the_stack_before_the_environment(
    stack: str, environ: dict[str, str], found: str
) -> None:
    assert outputs.chosen(stack, environ) == found


def test_without_a_stack_it_says_how_to_name_one() -> None:
    with pytest.raises(AnalysisError, match=r"E_STACK: .*make notebook STACK=dev"):
        outputs.chosen("", {})
