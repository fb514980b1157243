"""One fault, run once: batches, the fault while more are on their way, the retries, the verdict."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handlers.contract.limits import BATCH_MAX_EVENTS
from tests.faults import oracle
from tests.faults.container import Container
from tests.faults.oracle import Copies, Lake, Promise
from tests.faults.scene import Fault, Scene
from tests.faults.traffic import RETRY_SECONDS, Result, Traffic
from tests.faults.world import BUCKET, World

RECOVERY_SECONDS = 30.0
DRAIN_SECONDS = 60.0
COPIES_SECONDS = 20.0
# Rows of other lanes wait out what is done to the delivery, which all lanes share, meanwhile.
PATIENCE_SECONDS = 400.0
MEASURED = "delivery"  # what S3 held when matters for these
BATCHES = 20
SHORTEST_PAUSE_SECONDS = 0.05
SLOWING = 1.2
UNDER_WAY_SECONDS = 0.02  # after this a call is on its way
POLL_SECONDS = 0.3
Runs = dict[str, Copies]
"""What is found of each run."""


@dataclass(frozen=True)
class Size:
    """How much of a fault: events of a run, and the long or the short form of it."""

    seed: int
    events: int
    long: bool


def run(world: World, fault: Fault, size: Size) -> Result:
    """Send the events through the fault and everything again that was left unresolved.

    The result is not judged yet: `settle` does that.
    """
    events = max(size.events * (fault.load.times if size.long else 1), fault.load.at_least)
    scene = Scene(world, fault, size.seed, size.long)
    name = hashlib.sha256(f"{fault.name}/{size.seed}/{time.time_ns()}".encode()).hexdigest()[:16]
    began = datetime.now(UTC) - timedelta(seconds=1)  # S3 tells whole seconds
    starts = oracle.ends(world.internal_port, scene.topic)
    promise = Promise({}, most_in_topic=fault.in_topic, most_in_lake=fault.in_topic)
    result = Result(fault, size.seed, events, name, began, starts, scene.topic, promise=promise)
    traffic = Traffic(scene, result)
    batches = _batches(events, fault.load.batch)
    struck = int(len(batches) * fault.before)
    if fault.own_topic:
        world.deliver(scene.topic)
    scene.open()
    with _watched(scene.container) as peak:
        for indices in batches[:struck]:
            traffic.until_acked(indices, time.monotonic() + RECOVERY_SECONDS)
    warm = peak()
    before = set(result.promise.acked)
    if fault.forgets:
        _drain(_lake(world, result), [result])
    over = threading.Event()
    with _watched(scene.container) as peak, ThreadPoolExecutor(1) as pool:
        pause = max(scene.seconds / len(batches), SHORTEST_PAUSE_SECONDS)
        calls = pool.submit(_through, traffic, batches[struck:], pause, over)
        try:
            time.sleep(UNDER_WAY_SECONDS)
            with fault.inject(scene):
                result.over = time.monotonic()
        finally:
            over.set()
        calls.result()
    result.grown_bytes = max(0, peak() - warm) if warm else 0
    if fault.memory_bytes is not None and not warm:
        result.problems.append("nobody saw how much memory the container had")
    if fault.forgets:
        result.promise.gone = set(result.promise.acked)
        result.promise.excused = result.promise.gone - before
    _recover(traffic, batches[struck:], result)
    result.planted = scene.planted
    result.problems += scene.problems
    return result


def settle(world: World, results: Sequence[Result]) -> None:
    """Wait until S3 holds what the topics hold, then judge every result."""
    lake = _lake(world, *results)
    drained = _drain(lake, results)
    sent, stored = _copies(world, lake, results)
    for result in results:
        _judge(result, sent.get(result.run, {}), stored.get(result.run, {}), lake)
        if result.fault.lane == MEASURED:
            result.drain_seconds = drained - result.over


def _copies(world: World, lake: Lake, results: Sequence[Result]) -> tuple[Runs, Runs]:
    """What topics and S3 hold of the runs, once S3 has all copies that the topics have."""
    end = time.monotonic() + COPIES_SECONDS
    while True:
        sent, stored = _sent(world, results), lake.by_run()
        while time.monotonic() < end and _behind(sent, stored, results):
            time.sleep(POLL_SECONDS)
            lake.refresh()
            stored = lake.by_run()
        # What a client that was given up has sent meanwhile is in S3 before it is read here.
        kept = [result for result in results if not result.promise.gone]
        if not _behind(stored, sent, kept) or time.monotonic() > end:
            return sent, stored


def _behind(some: Runs, others: Runs, results: Sequence[Result]) -> bool:
    return any(oracle.lacking(some.get(one.run, {}), others.get(one.run, {})) for one in results)


def _sent(world: World, results: Sequence[Result]) -> Runs:
    found: Runs = {}
    for name in dict.fromkeys(result.topic for result in results):
        judged = [result for result in results if result.topic == name]
        starts = {
            number: min(result.starts.get(number, 0) for result in judged)
            for number in judged[0].starts
        }
        found |= oracle.by_run(oracle.events(oracle.records(world.internal_port, name, starts)))
    return found


def _judge(result: Result, topic: Copies, stored: Copies, lake: Lake) -> None:
    result.in_topic, result.in_lake = oracle.most(topic), oracle.most(stored)
    result.problems += oracle.judge(result.promise, topic, stored)
    result.problems += _told(result)
    missing = lake.missing(result.planted)
    if missing:
        result.problems.append(f"{len(missing)} strange records are not in S3 as they were")
    if lake.broken:
        result.problems.append(f"{len(lake.broken)} objects are broken: {min(lake.broken)}")


def _told(result: Result) -> list[str]:
    """What is wrong with what the calls said, and with the time they took."""
    fault, told = result.fault, result.codes.keys()
    problems = []
    if result.recovery_seconds > RECOVERY_SECONDS:
        problems.append(f"the first call was whole {result.recovery_seconds:.0f} s after the fault")
    if fault.sees and not told & fault.sees:
        problems.append(f"no call said {' or '.join(sorted(fault.sees))}")
    if fault.memory_bytes is not None and result.grown_bytes > fault.memory_bytes:
        problems.append(f"the container grew by {result.grown_bytes / 2**20:.0f} MiB")
    return problems


def _lake(world: World, *results: Result) -> Lake:
    return Lake(world.aws.client("s3"), BUCKET, min(result.began for result in results))


def _drain(lake: Lake, results: Sequence[Result]) -> float:
    """Wait, not for ever, until every acked event is in S3; when that was, on time.monotonic."""
    measured = any(one.fault.lane == MEASURED for one in results)
    end = time.monotonic() + (DRAIN_SECONDS if measured else PATIENCE_SECONDS)
    while True:
        now = time.monotonic()
        if lake.refresh() or now > end:
            stored = lake.by_run()
            left = any(
                (one.promise.acked - one.promise.excused) - stored.get(one.run, {}).keys()
                for one in results
            ) or any(lake.missing(one.planted) for one in results)
            if not left or now > end:
                return now
        time.sleep(POLL_SECONDS)


def _batches(events: int, size: int | None) -> list[range]:
    size = size or min(BATCH_MAX_EVENTS, max(1, events // BATCHES))
    return [range(first, min(first + size, events)) for first in range(0, events, size)]


def _recover(traffic: Traffic, batches: Sequence[Sequence[int]], result: Result) -> None:
    """What is left once the fault is over, each batch until all of it is acked."""
    end = result.over + RECOVERY_SECONDS
    for indices in batches:
        left = traffic.left(indices)
        if not left:
            continue
        traffic.until_acked(left, end)
        if traffic.left(indices):
            result.problems.append(f"not recovered {RECOVERY_SECONDS:.0f} s after the fault")
            return
        result.recovery_seconds = result.recovery_seconds or time.monotonic() - result.over
        end = time.monotonic() + RECOVERY_SECONDS


def _through(
    traffic: Traffic, batches: Sequence[Sequence[int]], pause: float, over: threading.Event
) -> None:
    """The calls that the fault meets: batch after batch, with retries, until it is over.

    They slow down, so that some are left for the fault's end, however slow the machine is.
    """
    for indices in batches:
        while left := traffic.left(indices):
            traffic.once(left)
            if over.wait(max(pause, RETRY_SECONDS) if traffic.left(indices) else pause):
                return
            pause *= SLOWING


@contextlib.contextmanager
def _watched(container: Container | None) -> Iterator[Callable[[], int]]:
    """Gives a function that tells the most memory that the container has had since; 0 for none."""
    peak, over = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while container is not None and container.alive:
            peak = max(peak, container.memory_bytes)
            if over.wait(POLL_SECONDS):
                return

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    yield lambda: peak
    over.set()
    watching.join()
