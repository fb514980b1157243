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
        f"from analysis import __main__ as line; line._reconcile = {TALK}; "
        "arguments = ['reconcile', '--stack', 'x']",
        f"from benchmarks import __main__ as line; line._measure = {TALK}; arguments = []",
    ],
    ids=["local", "analysis", "benchmarks"],
)
def test_a_closed_pipe_is_no_error(program: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    ended = "import sys; sys.argv[1:] = arguments; sys.exit(line.main())"
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"{program}; {ended}"],
            cwd=REPO,
            stdout=writes,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")
