"""One row on the stage: the fault, what it is done to, and the producer that lives through it."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.faults.container import Container
from tests.faults.network import Line
from tests.faults.store import Store
from tests.faults.world import CLUSTER_RIGHTS, TOPIC, TOPIC_RIGHTS, World

Inject = Callable[["Scene"], contextlib.AbstractContextManager[None]]
Reply = tuple[dict[str, Any] | None, float]
NONE: frozenset[str] = frozenset()
TOLD_SECONDS = 20.0


@dataclass(frozen=True)
class Load:
    """How many events at least, how many in a call (None: a twentieth), how many bytes more each.

    In the full run a load is `times` what every other row has.
    """

    at_least: int = 0
    batch: int | None = None
    padding: int = 0
    times: int = 1


@dataclass(frozen=True)
class Fault:
    """One row of the table.

    `inject` is entered when `before` of the events are acked and more are on their way, and left
    when the fault is over. It lasts `seconds` in the quick set and `long_seconds` in the full one.
    `lane`: "broker" rows hit everybody, so they run alone; one row of each other lane at a time.
    `codes`: errors that calls may report; `sees`: of these one at least must be reported.
    `in_topic`: the most copies of any event, in S3 as well: the delivery adds none.
    `call_seconds`: the function's time-out.
    `own_topic`: a topic that no other row uses, made by the producer; `rights` on it at first.
    `function`: the real package on the emulator's Lambda, not a container of our own.
    Each batch is sent `repeat` times, `together` calls at once. `memory_bytes`: the most that the
    container may grow. `forgets`: the user deletes the topic, and with it what was acked.
    """

    name: str
    inject: Inject
    lane: str
    seconds: float
    long_seconds: float
    codes: frozenset[str] = NONE
    sees: frozenset[str] = NONE
    in_topic: int = 1
    call_seconds: float = 20.0
    before: float = 0.3
    own_topic: bool = False
    rights: tuple[str, ...] = TOPIC_RIGHTS
    function: bool = False
    repeat: int = 1
    together: int = 1
    load: Load = Load()
    memory_bytes: int | None = None
    forgets: bool = False

    @property
    def line(self) -> str:
        """The producer's way to the broker: one a lane, so that lanes do not meet."""
        return "client" if self.lane == "broker" else self.lane


@dataclass
class Scene:
    """A row while it runs; an injector writes what it finds wrong into `problems`.

    `codes` counts the errors that calls have told so far. `planted` are records that the injector
    put into the topic past the producer. `gap_seconds` is how long the container was frozen
    within a call.
    """

    world: World
    fault: Fault
    seed: int
    long: bool
    topic: str = TOPIC
    role: str = ""
    container: Container | None = None
    function: str = ""
    planted: list[bytes] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    gap_seconds: float = 0.0

    def __post_init__(self) -> None:
        slug = self.fault.name.replace(" ", "-").replace("(", "").replace(")", "").replace(",", "")
        if self.fault.own_topic:
            self.topic = f"{slug}-{self.seed}"
        self.role = self.topic if self.fault.own_topic else self.fault.line
        self.grant(topic=self.fault.rights)

    @property
    def seconds(self) -> float:
        """How long the fault lasts."""
        return self.fault.long_seconds if self.long else self.fault.seconds

    @contextlib.contextmanager
    def must_meet(self, what: str, thing: Line | Store) -> Iterator[None]:
        """A problem where nothing on the way of `thing` met what is done to it within this."""
        before = thing.met
        yield
        if thing.met == before:
            self.problems.append(f"{what} met nothing")

    def last(self) -> None:
        """Sleep through the fault, and on until a call has told what it must, for a while."""
        time.sleep(self.seconds)
        end = time.monotonic() + TOLD_SECONDS
        while self.fault.sees and not self.codes.keys() & self.fault.sees:
            if time.monotonic() > end:
                return
            time.sleep(0.05)

    def grant(
        self,
        cluster: tuple[str, ...] = CLUSTER_RIGHTS,
        topic: tuple[str, ...] = TOPIC_RIGHTS,
    ) -> None:
        """Let the producer's role do this and no more."""
        self.world.grant(self.role, self.topic, cluster, topic)

    def open(self) -> None:
        """Have a producer ready; a shared one where the row needs none of its own."""
        stage = self.world.stage
        if self.fault.function:
            key = f"producer-{self.fault.call_seconds:.0f}-s"
            if key not in stage:
                stage[key] = self.world.function(
                    key, self.role, self.fault.line, self.topic, int(self.fault.call_seconds)
                )
            self.function = key
            return
        key = f"container {self.role}"
        if key in stage and stage[key].old:
            stage[key].kill()
        if key not in stage or not stage[key].alive:
            stage[key] = self.world.container(self.role, self.fault.line, self.topic)
        self.container = stage[key]

    def replace(self) -> None:
        """Kill the container, as the platform does at a time-out, and go on in a new one."""
        assert self.container is not None
        self.container.kill()
        self.open()

    def call(self, payload: object) -> list[Reply]:
        """The replies of one batch: one for each of its calls; None where a call was killed."""
        one = self._invoke if self.fault.function else self._ask
        replies = [one(payload) for _ in range(self.fault.repeat - 1)]
        with ThreadPoolExecutor(self.fault.together) as pool:
            return replies + list(pool.map(one, [payload] * self.fault.together))

    def _ask(self, payload: object) -> Reply:
        assert self.container is not None
        return self.container.call(payload, self.fault.call_seconds)

    def _invoke(self, payload: object) -> Reply:
        client = self.world.aws.client("lambda")
        began = time.monotonic()
        answer = client.invoke(FunctionName=self.function, Payload=json.dumps(payload).encode())
        reply = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            if "timed out" not in json.dumps(reply):
                self.problems.append(f"the function failed: {json.dumps(reply)[:200]}")
            return None, 0.0
        return reply, time.monotonic() - began
