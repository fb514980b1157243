"""The calls of one run, and the account of every event over all of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handlers.contract.batch import pack
from tests.faults import oracle
from tests.faults.oracle import Promise
from tests.faults.scene import Fault, Scene
from tests.handlers.msk_producer.events import line

MARGIN_SECONDS = 2.0  # a reply comes so long before the time-out
LATE_SECONDS = 0.25  # between two processes that read the clock, on a machine that is busy
BAD_EVERY = 97  # so many events hold one that the producer must reject
RETRY_SECONDS = 0.2  # a sender pauses before it calls again


@dataclass
class Result:
    """What happened; `problems` is empty when every promise was kept.

    `rejected` counts events, `unresolved` what all the calls reported as such. `recovery_seconds`
    runs from the fault's end to the first call that acked all its events, `drain_seconds` to the
    last acked event in S3, None where rows are judged together.
    """

    fault: Fault
    seed: int
    events: int
    run: str
    began: datetime
    starts: dict[int, int]
    topic: str = ""
    codes: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    unresolved: int = 0
    slowest_seconds: float = 0.0
    recovery_seconds: float = 0.0
    drain_seconds: float | None = None
    grown_bytes: int = 0
    in_topic: int = 0
    in_lake: int = 0
    promise: Promise = field(default_factory=lambda: Promise({}))
    planted: list[bytes] = field(default_factory=list)
    over: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def acked(self) -> int:
        """Events that are in the topic for good."""
        return len(self.promise.acked)


class Traffic:
    """The calls of one run, and the account of every event over all of them."""

    def __init__(self, scene: Scene, result: Result) -> None:
        self._scene, self._result = scene, result
        scene.codes = result.codes
        self._padding = "x" * scene.fault.load.padding
        self._rejected: set[int] = set()

    def left(self, indices: Sequence[int]) -> list[int]:
        """Those of which it is not known yet that they are in the topic or never will be."""
        return [
            index
            for index in indices
            if index not in self._rejected and self._id(index) not in self._result.promise.acked
        ]

    def until_acked(self, indices: Sequence[int], end: float) -> None:
        """Call with what is left until nothing is, or `end` has come."""
        while left := self.left(indices):
            self.once(left)
            if time.monotonic() > end:
                return
            if self.left(indices):
                time.sleep(RETRY_SECONDS)

    def once(self, indices: Sequence[int]) -> None:
        """One batch, with all the calls that the row makes of it."""
        lines = [self._line(index) for index in indices]
        for index, text in zip(indices, lines, strict=True):
            if _bad(index):
                self._result.promise.refused.add(self._id(index))
            else:
                self._result.promise.sent[self._id(index)] = oracle.digest(text)
        payload = {
            "batch_id": f"{self._result.run}-{indices[0]}",
            "encoding": "gzip+base64",
            "lines": pack(lines),
        }
        for reply, seconds in self._scene.call(payload):
            if reply is not None:  # else the call was killed: nobody knows
                self._account(indices, reply, seconds)

    def _id(self, index: int) -> str:
        return f"{self._result.run}-{index:08d}"

    def _line(self, index: int) -> bytes:
        bad: dict[str, object] = {"device_os": 7} if _bad(index) else {}
        padded = {"city": f"B{self._padding}"} if self._padding else {}
        return line(index, self._result.run, **padded, **bad)

    def _account(self, indices: Sequence[int], reply: dict[str, Any], seconds: float) -> None:
        result, fault = self._result, self._scene.fault
        result.slowest_seconds = max(result.slowest_seconds, seconds - self._scene.gap_seconds)
        allowed = fault.call_seconds - MARGIN_SECONDS + LATE_SECONDS + self._scene.gap_seconds
        if seconds > allowed and not fault.function:  # whose start counts here, but not on AWS
            result.problems.append(f"a call took {seconds:.1f} s of {fault.call_seconds:.0f}")
        error = reply.get("error")
        if error:
            result.codes[error["code"]] += 1
            if error["code"] not in fault.codes:
                result.problems.append(f"unexpected {error['code']}: {error['message'][:200]}")
        if "unresolved" not in reply:
            result.problems.append(f"no account: {str(reply)[:200]}")
            return
        unknown = reply["unresolved"]
        rejected = {one["index"] for one in reply["rejected"]}
        result.unresolved += len(unknown)
        accounted = reply["acked"] + len(unknown) + len(rejected)
        if not accounted == len(indices) == reply["received"]:
            result.problems.append("an account that does not add up")
        if bool(unknown) != bool(error):
            result.problems.append("unresolved events without a reason, or the reverse")
        if rejected != {place for place, index in enumerate(indices) if _bad(index)}:
            result.problems.append(f"{len(rejected)} events were rejected, and not the bad ones")
        for place in rejected:
            self._rejected.add(indices[place])
        result.rejected = len(self._rejected)
        gone = {*unknown, *rejected}
        result.promise.acked |= {
            self._id(index) for place, index in enumerate(indices) if place not in gone
        }


def _bad(index: int) -> bool:
    return index % BAD_EVERY == BAD_EVERY - 1
