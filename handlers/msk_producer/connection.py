"""The container's producer: made once, and thrown away after anything that makes it doubtful."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

from handlers.contract.records import Record
from handlers.msk_producer import clients, problems, sending, topic
from handlers.msk_producer.limits import OUTSTANDING_MAX_BYTES, SHORTEST_SECONDS
from handlers.msk_producer.sending import Outcome
from handlers.msk_producer.settings import Settings
from handlers.msk_producer.waiting import within
from handlers.runtime.errors import Kind, PipelineError

IDLE_SECONDS = 300.0  # a container that slept longer has closed sockets
# A kept producer that fails sooner than this failed for what happened while nobody called.
AT_ONCE_SECONDS = 2.0


class Connection:
    """Of one process, and not for use by several calls at once, as Lambda has none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Any = None
        self._used_at = 0.0
        self._held_bytes = 0
        self._lock = threading.Lock()

    @property
    def room_bytes(self) -> int:
        """What may be outstanding now: the cap less what discarded producers still hold."""
        with self._lock:
            return OUTSTANDING_MAX_BYTES - self._held_bytes

    def send(self, records: Sequence[Record], deadline: float) -> Outcome:
        """The fate of each record by `deadline` (time.monotonic), whatever happens meanwhile.

        All are unresolved where no producer can be made. A producer that an earlier call left and
        that fails at once, with nothing acked or on its way, is replaced, and all is sent again,
        once. Where no time is left, nothing is tried and the producer is kept.
        """
        try:
            return self._sent(records, deadline)
        except PipelineError as problem:
            return _unresolved(records, problem)
        except Exception as problem:  # noqa: BLE001 - or the account would be lost
            self.discard()
            return _unresolved(records, problems.client_failed(problem))

    def _sent(self, records: Sequence[Record], deadline: float) -> Outcome:
        _require_time(deadline)
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
            return _unresolved(records, problem)
        held_bytes = 0
        try:
            outcome = sending.send(producer, self._settings, records, deadline, self.room_bytes)
            held_bytes = outcome.held_bytes
        finally:
            self._leave(producer, held_bytes)
        return outcome

    def _send(self, producer: Any, records: Sequence[Record], deadline: float) -> Outcome:
        outcome = sending.send(producer, self._settings, records, deadline, self.room_bytes)
        if outcome.leaves_client_in_doubt:
            self.discard(outcome.held_bytes)
        return outcome

    def producer(self, deadline: float) -> Any:
        """The producer that the last call left in good order, else a new one.

        A new one means that the topic exists. Raises PipelineError, by `deadline` at the latest.
        """
        if not self._is_usable():
            self.discard()
            self._producer = self._made(deadline)
        self._used_at = time.time()
        return self._producer

    def _is_usable(self) -> bool:
        return self._producer is not None and time.time() - self._used_at <= IDLE_SECONDS

    def _made(self, deadline: float, *, alone: bool = False) -> Any:
        def make() -> Any:
            topic.ensure(self._settings, deadline)
            return clients.producer(self._settings, deadline, alone=alone)

        _require_time(deadline)
        try:
            return within(deadline - time.monotonic(), make, unwanted=clients.end)
        except TimeoutError:
            raise problems.unreachable(
                self._settings, "no answer in the time of the call"
            ) from None

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
        try:
            clients.end(producer)
        finally:
            with self._lock:
                self._held_bytes -= held_bytes


def _unresolved(records: Sequence[Record], cause: PipelineError) -> Outcome:
    return Outcome(0, (), tuple(record.index for record in records), cause)


def _require_time(deadline: float) -> None:
    """Raise PipelineError (E_CALL_DEADLINE) when a call can do nothing any more."""
    if deadline - time.monotonic() < SHORTEST_SECONDS:
        raise problems.out_of_time()


def _may_be_stale(outcome: Outcome, seconds: float) -> bool:
    """True for a failure of all records that a new producer may be free of.

    Not where records are still on their way (the old producer may yet deliver them), nor for what
    a grant alone can cure.
    """
    return (
        outcome.cause is not None
        and outcome.cause.kind is not Kind.DENIED
        and outcome.leaves_client_in_doubt
        and outcome.acked == 0
        and outcome.held_bytes == 0
        and seconds < AT_ONCE_SECONDS
    )


def of(settings: Settings) -> Connection:
    """The process's one connection to these brokers.

    A forked process makes its own: threads do not survive a fork, a lock may be held in it for
    ever, and what the parent's producers hold is none of its memory.
    """
    return of_process(settings, os.getpid())


@functools.cache  # for good: a child that let go of its parent's producer would close it for both
def of_process(settings: Settings, process: int) -> Connection:
    """The connection of the process with this id."""
    return Connection(settings)
