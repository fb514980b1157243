"""`… | head`: whoever reads has left; the command ends without a word and without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.settings import REPO

TALK = "lambda *_: print('line\\n' * 100_000, flush=True)"


@pytest.mark.parametrize(
    "program",
    [
        f"from local import __main__ as line; line.COMMANDS['logs'] = {TALK}; arguments = ['logs']",
        f"from benchmarks import __main__ as line; line._measure = {TALK}; arguments = []",
    ],
    ids=["local", "benchmarks"],
)
def test_a_closed_pipe_is_no_error(program: str) -> None:
    assert ended(program) == (0, "")


@pytest.mark.parametrize(("rows", "code"), [(1000, 0), (10, 1)])
@pytest.mark.parametrize("arguments", [["reconcile"], ["reconcile", "--json"]])
def test_a_verdict_is_told_to_a_closed_pipe_too(arguments: list[str], rows: int, code: int) -> None:
    program = (
        "from analysis import __main__ as line, outputs, reconciliation; "
        "from tests.analysis.figures import account, run; outputs.load = lambda stack: {}; "
        f"reconciliation.reconcile = lambda *a, **k: account(run(rows={rows}, distinct={rows})); "
        f"arguments = {[*arguments, '--stack', 'x']}"
    )
    assert ended(program) == (code, "")


def ended(program: str) -> tuple[int, str]:
    """The exit code and standard error of a program whose output nobody reads."""
    reads, writes = os.pipe()
    os.close(reads)
    end = "import sys; sys.argv[1:] = arguments; sys.exit(line.main())"
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"{program}; {end}"],
            cwd=REPO,
            stdout=writes,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writes)
    return done.returncode, done.stderr
