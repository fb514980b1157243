"""The memory of dropped columns stays with the process."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PAGE = 4_096
COLUMNS, COLUMN_BYTES = 10, 3 << 20
# How many pages of memory the system gives for making and dropping the same columns once more.
PROGRAM = f"""
import resource, sys
import numpy as np
from handlers.telemetry_generator import memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "keep":
    memory.keep()
for _ in range(3):
    before = faults()
    [np.ones({COLUMN_BYTES}, dtype=np.uint8) for _ in range({COLUMNS})]
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that gives memory back")
def test_dropped_columns_are_made_in_the_same_memory_again() -> None:
    given = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True
            ).stdout
        )
        for how in ("drop", "keep")
    }
    pages = COLUMNS * COLUMN_BYTES // PAGE
    assert given["keep"] < pages // 100 < pages // 2 < given["drop"]
