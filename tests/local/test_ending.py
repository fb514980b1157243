"""A process that is told to end hears of it, whatever its main thread holds at that moment."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys, threading, time
from local import ending
stop = threading.Event()
ending.when_told(stop.set)
with stop._cond:  # as in the moment in which a wait begins
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    time.sleep(0.2)
sys.exit(0 if stop.wait(5) else 3)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_ends_though_the_lock_of_its_wait_is_held(name: str) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, name], check=False, timeout=20)
    assert ended.returncode == 0
