"""The generator's own way: columns by numpy, columns to lines, in batches as they are sent."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from benchmarks.reference import sized
from handlers.contract.limits import BATCH_MAX_EVENTS
from handlers.telemetry_generator.lines import text
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, Run, events

BEGIN = datetime(2025, 8, 11, 18, tzinfo=UTC)
TITLES, CUSTOMERS = 1_000, 10_000


def references(titles: int = TITLES, customers: int = CUSTOMERS) -> list[InForce]:
    """One version of reference data."""
    return [InForce(Reference.of(sized(titles, customers)), datetime(2020, 1, 1, tzinfo=UTC))]


def batches(
    count: int, known: list[InForce], run: str = "0123456789abcdef"
) -> Iterator[memoryview]:
    """`count` events of a window of six hours, as lines, a batch at a time."""
    made = events(Run(run, BEGIN, BEGIN + timedelta(hours=6), count, seed=7), known)
    for first in range(0, count, BATCH_MAX_EVENTS):
        yield text(made, run, first, min(first + BATCH_MAX_EVENTS, count))


def peak_mib() -> float:
    """The most memory that this process has held."""
    if sys.platform == "linux":  # ru_maxrss begins with that of the process that started this one
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if "VmHWM" in line)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.stdout.buffer.writelines(batches(int(sys.argv[1]), references()))
    sys.stderr.write(f"{peak_mib()}\n")
