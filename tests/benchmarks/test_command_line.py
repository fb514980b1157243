"""A measurement that is interrupted stops what it started and says so."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.settings import REPO


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_an_interruption_ends_with_130(number: signal.Signals, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    measuring = (
        "import pathlib, signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from benchmarks import __main__ as line\n"
        "def measure():\n"
        "    try: print('began', flush=True); time.sleep(30)\n"
        f"    finally: pathlib.Path({str(stopped)!r}).touch()\n"
        "line._measure = measure\n"
        "sys.exit(line.main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", measuring], cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"began\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (130, b"interrupted\n")
    assert stopped.exists()
