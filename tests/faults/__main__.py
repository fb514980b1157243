"""The faults at length: every row, several seeds, many events; the table goes to docs/faults.md.

It is written after every seed, so that a run that is ended early leaves what it has seen.
Ends with 1 when a promise was broken, and says which.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path

import psutil

from local.settings import REPO
from tests.faults import world
from tests.faults.faults import FAULTS
from tests.faults.page import page, row
from tests.faults.performance import perform
from tests.faults.run import Size
from tests.faults.traffic import Result

PAGE = REPO / "docs" / "faults.md"


def main() -> int:
    """Run the rows that are asked for, write the page, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="runs of each row")
    parser.add_argument("--first", type=int, default=1, help="its seed; others write no page")
    parser.add_argument("--events", type=int, default=100_000, help="in each run")
    parser.add_argument("--only", default="", help="rows whose name has this text; writes no page")
    parser.add_argument("--quick", action="store_true", help="faults in their short form")
    asked = parser.parse_args()
    if asked.seeds < 1 or asked.first < 1 or asked.events < 100:
        parser.error("expected --seeds and --first from 1 and --events from 100")
    faults = [fault for fault in FAULTS if asked.only in fault.name]
    if not faults:
        parser.error(f"no row has {asked.only[:80]!r} in its name")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    runs: dict[str, list[Result]] = {fault.name: [] for fault in faults}
    with tempfile.TemporaryDirectory() as state, world.made(Path(state)) as found:
        for seed in range(asked.first, asked.first + asked.seeds):
            size = Size(seed, asked.events, not asked.quick)
            for result in perform(found, faults, size, lambda one: print(row([one]), flush=True)):
                runs[result.fault.name].append(result)
            if not asked.only and asked.first == 1:
                PAGE.write_text(page(list(runs.values()), size))
    return 1 if any(one.problems for found in runs.values() for one in found) else 0


if __name__ == "__main__":
    try:
        status: object = main()
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    # The lanes of an interrupted run are not waited for; what they have started meanwhile ends.
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    os._exit(status if isinstance(status, int) else 0)
