"""Measures things in turn, again and again, so that a busy moment of the machine meets them all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

# Libraries read these when they start threads; set before numpy is imported.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Times:
    """What one thing cost in each round, in seconds (or another unit), and for how many events."""

    costs: tuple[float, ...]
    events: int = 1

    @property
    def middle(self) -> float:
        """The median cost of an event."""
        return median(self.costs) / self.events

    def spread(self, scale: float = 1.0, digits: int = 2) -> str:
        """`min / median / max` of an event's cost, times `scale`."""
        values = (min(self.costs), median(self.costs), max(self.costs))
        return " / ".join(f"{value / self.events * scale:,.{digits}f}" for value in values)


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, against what, the ratio and the goal."""

    what: str
    unit: str
    measured: str
    baseline: str
    ratio: str
    goal: str


def pin() -> None:
    """Keep this process, and those it starts, on one core."""
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def interleaved(
    rounds: int,
    things: Mapping[str, Callable[[], None]],
    clock: Callable[[], float] = time.process_time,
) -> dict[str, tuple[float, ...]]:
    """What each of `things` cost by `clock` in each round; every round measures all of them."""
    costs: dict[str, list[float]] = {name: [] for name in things}
    for _ in range(rounds):
        for name, thing in things.items():
            begun = clock()
            thing()
            costs[name].append(clock() - begun)
    return {name: tuple(values) for name, values in costs.items()}
