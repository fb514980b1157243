"""The container's producer: made once, and thrown away after anything that makes it doubtful."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

from handlers.contract.records import Record
from handlers.msk_producer import causes, clients, sending, topic
from handlers.msk_producer.limits import OUTSTANDING_MAX_BYTES
from handlers.msk_producer.sending import Outcome
from handlers.msk_producer.settings import Settings
from handlers.msk_producer.waiting import within
from handlers.runtime.errors import Kind, PipelineError

IDLE_SECONDS = 300.0  # a container that slept longer has closed sockets
# A kept producer that fails sooner than this failed for what happened while nobody called.
AT_ONCE_SECONDS = 2.0


class Connection:
    """Not for use by several calls at once, as Lambda has none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Any = None
        self._process = 0
        self._used_at = 0.0
        self._held_bytes = 0
        self._lock = threading.Lock()

    @property
    def room_bytes(self) -> int:
        """What may be outstanding now: the cap less what discarded producers still hold."""
        with self._lock:
            return OUTSTANDING_MAX_BYTES - self._held_bytes

    def send(self, records: Sequence[Record], deadline: float) -> Outcome:
        """The fate of each record by `deadline` (time.monotonic).

        A producer that an earlier call left and that fails at once, with nothing acked or on its
        way, is replaced, and all is sent again, once. Raises PipelineError when no producer can be
        made.
        """
        kept = self._is_usable()
        began = time.monotonic()
        outcome = self._send(self.producer(deadline), records, deadline)
        if kept and _may_be_stale(outcome, time.monotonic() - began):
            outcome = self._send(self.producer(deadline), records, deadline)
        if outcome.rejected:
            # What the broker finds too large is a batch: it says nothing of its single records,
            # nor of those that the client refused after it.
            doubtful = outcome.doubtful
            left = [record for record in records if record.index in doubtful]
            outcome = outcome.with_doubtful_as(self._send_alone(left, deadline))
        return outcome

    def _send_alone(self, records: Sequence[Record], deadline: float) -> Outcome:
        """The fate of each record in a batch of its own, by a client for this alone."""
        try:
            producer = self._made(deadline, alone=True)
        except PipelineError as problem:
            return Outcome(0, (), tuple(record.index for record in records), problem)
        outcome = sending.send(producer, self._settings, records, deadline, self.room_bytes)
        self._leave(producer, outcome.held_bytes)
        return outcome

    def _send(self, producer: Any, records: Sequence[Record], deadline: float) -> Outcome:
        outcome = sending.send(producer, self._settings, records, deadline, self.room_bytes)
        # After a record that the broker refused, an idempotent client refuses all that follow.
        if outcome.cause is not None or outcome.rejected:
            self.discard(outcome.held_bytes)
        return outcome

    def producer(self, deadline: float) -> Any:
        """The producer that the last call left in good order, else a new one.

        A new one means that the topic exists. Raises PipelineError, by `deadline` at the latest.
        """
        if not self._is_usable():
            if self._process == os.getpid():
                self.discard()
            self._producer = None  # of another process: its threads did not survive the fork
            self._producer = self._made(deadline)
            self._process = os.getpid()
        self._used_at = time.time()
        return self._producer

    def _is_usable(self) -> bool:
        return (
            self._producer is not None
            and self._process == os.getpid()
            and time.time() - self._used_at <= IDLE_SECONDS
        )

    def _made(self, deadline: float, *, alone: bool = False) -> Any:
        def make() -> Any:
            topic.ensure(self._settings, deadline)
            return clients.producer(self._settings, deadline, alone=alone)

        try:
            return within(deadline - time.monotonic(), make, unwanted=clients.end)
        except TimeoutError as problem:
            raise causes.unreachable(self._settings, "no answer in the time of the call") from (
                problem
            )

    def discard(self, held_bytes: int = 0) -> None:
        """Never use this producer again; it holds `held_bytes` until it has ended.

        Closing one that hangs takes its time and may fail, so nobody waits for it. It may still
        deliver what it has on the way: the same ids then come twice, which readers expect.
        """
        producer, self._producer = self._producer, None
        if producer is not None:
            self._leave(producer, held_bytes)

    def _leave(self, producer: Any, held_bytes: int) -> None:
        with self._lock:
            self._held_bytes += held_bytes
        threading.Thread(target=self._end, args=(producer, held_bytes), daemon=True).start()

    def _end(self, producer: Any, held_bytes: int) -> None:
        clients.end(producer)
        with self._lock:
            self._held_bytes -= held_bytes


def _may_be_stale(outcome: Outcome, seconds: float) -> bool:
    """True for a failure of all records that a new producer may be free of.

    Not where records are still on their way (the old producer may yet deliver them), nor for what
    a grant alone can cure.
    """
    return (
        outcome.cause is not None
        and outcome.cause.kind is not Kind.DENIED
        and outcome.acked == 0
        and outcome.held_bytes == 0
        and seconds < AT_ONCE_SECONDS
    )


@functools.cache
def of(settings: Settings) -> Connection:
    """The container's one connection to these brokers."""
    return Connection(settings)
