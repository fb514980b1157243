"""All rows in an order that wastes no time: those that hit everybody alone, the others by lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.faults.run import MEASURED, Size, run, settle
from tests.faults.scene import Fault
from tests.faults.traffic import Result
from tests.faults.world import World

ALONE = "broker"
Say = Callable[[Result], None]


def perform(world: World, faults: Sequence[Fault], size: Size, say: Say) -> list[Result]:
    """Every row once, judged, each told to `say` when it is; in the order of `faults`.

    The short set is judged in one reading, but for rows of the delivery.
    """
    results: dict[str, Result] = {}

    def lane(rows: Sequence[Fault]) -> None:
        for fault in rows:
            result = results[fault.name] = run(world, fault, size)
            if size.long or fault.lane == MEASURED:
                settle(world, [result])
                say(result)

    lanes: dict[str, list[Fault]] = {}
    for fault in faults:
        lanes.setdefault(fault.lane, []).append(fault)
    lane(lanes.pop(ALONE, []))
    pool = ThreadPoolExecutor(max(1, len(lanes)))
    try:
        for done in [pool.submit(lane, rows) for rows in lanes.values()]:
            done.result()
    finally:
        pool.shutdown(wait=False)  # after an error, or an interruption, the world ends at once
    found = [results[fault.name] for fault in faults]
    late = [] if size.long else [one for one in found if one.fault.lane != MEASURED]
    if late:
        settle(world, late)
    for result in late:
        say(result)
    return found
