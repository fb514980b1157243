"""The memory of dropped columns stays with the process."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from handlers.telemetry_generator.memory import Growing

PAGE = 4_096
COLUMNS, COLUMN_BYTES = 10, 3 << 20
PAGES = COLUMNS * COLUMN_BYTES // PAGE
LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
# How many pages of memory the system gives for making and dropping the same columns twice.
PROGRAM = f"""
import resource, sys
import numpy as np
from handlers.telemetry_generator import memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "keep":
    memory.keep()
for _ in range(2):
    before = faults()
    [np.ones({COLUMN_BYTES}, dtype=np.uint8) for _ in range({COLUMNS})]
    print(faults() - before)
"""


def given(how: str) -> list[int]:
    """The pages given in the first and the second round of a process that keeps or drops."""
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True
    )
    return [int(pages) for pages in made.stdout.split()]


def large_pages() -> str:
    """Whom the system gives large pages: `always`, who asks (`madvise`) or `never`."""
    return LARGE_PAGES.read_text().split("[")[1].split("]")[0] if LARGE_PAGES.exists() else "never"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that gives memory back")
@pytest.mark.skipif(large_pages() == "always", reason="pages are large, whoever asks")
def test_dropped_columns_are_made_in_the_same_memory_again() -> None:
    assert given("keep")[1] < PAGES // 100 < PAGES // 2 < given("drop")[1]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that keeps the memory")
@pytest.mark.skipif(large_pages() != "madvise", reason="the system gives none, or to everybody")
def test_columns_are_made_in_large_pages() -> None:
    assert given("keep")[0] < PAGES // 3 < PAGES // 2 < given("drop")[0]


@pytest.mark.parametrize("expected", [0, 1, 5, 100])
def test_a_column_holds_all_that_is_added(expected: int) -> None:
    growing = Growing(expected, np.int32)
    for count in (0, 3, 0, 4, 50):
        growing.add(np.arange(count, dtype=np.int64))
    assert growing.values().tolist() == [0, 1, 2, *range(4), *range(50)]
    assert growing.values().dtype == np.int32


def test_a_column_that_was_not_expected_to_be_long_is_seldom_copied() -> None:
    growing = Growing(1, np.int32)
    homes = set()
    for value in range(1_000):
        growing.add(np.asarray([value]))
        homes.add(growing.values().__array_interface__["data"][0])
    assert len(homes) <= 11
