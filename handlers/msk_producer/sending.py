"""Records into Kafka, and the fate of each before the call ends.

Only a future's own result counts: a flush that returns says nothing of single records, and a
time-out means that nobody knows, never that a record was not written. The client buffers without
limit, so the limit is here: what is sent and not resolved stays below `room_bytes`.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from handlers.contract.batch import Rejection
from handlers.contract.records import SIZE, Record
from handlers.msk_producer import causes, problems
from handlers.msk_producer.appending import Appender
from handlers.msk_producer.client_settings import DELIVERY_SECONDS
from handlers.msk_producer.limits import OUTSTANDING_MAX_BYTES
from handlers.msk_producer.settings import Settings
from handlers.runtime.errors import PipelineError

# What has not resolved this long after the client's own limit never will.
GRACE_SECONDS = 3.0
BACKPRESSURE_SECONDS = 5.0  # a broker that resolves nothing for so long takes nothing
MAX_BLOCK_SECONDS = 5.0
RECORD_OVERHEAD_BYTES = 1024  # what the client keeps beside key and value, rounded up
STEP_RECORDS = 256  # handed over between two looks at the clock and the topic


@dataclass(frozen=True)
class Outcome:
    """What became of the records, by their index in the request; `cause` explains `unresolved`.

    `held_bytes` is what the client still holds of them.
    """

    acked: int
    rejected: tuple[Rejection, ...]
    unresolved: tuple[int, ...]
    cause: PipelineError | None
    held_bytes: int = 0

    @property
    def leaves_client_in_doubt(self) -> bool:
        """True where the client is not to be used again.

        After a record that the broker refused, an idempotent client refuses all that follow. A
        call that was too short says nothing against the client, once that holds nothing.
        """
        failed = self.cause is not None and self.cause.code != problems.CALL_DEADLINE
        return failed or bool(self.rejected or self.held_bytes)

    @property
    def doubtful(self) -> set[int]:
        """What was refused, and, where nothing is on its way, what is unresolved."""
        refused = {one.index for one in self.rejected}
        return refused if self.held_bytes else refused.union(self.unresolved)

    def with_doubtful_as(self, other: Outcome) -> Outcome:
        """The outcome of all, where `other` is of what is `doubtful` in this one."""
        left = self.unresolved if self.held_bytes else ()
        return Outcome(
            self.acked + other.acked,
            other.rejected,
            tuple(sorted((*left, *other.unresolved))),
            other.cause or (self.cause if left else None),
            self.held_bytes,
        )


def send(
    producer: Any,
    settings: Settings,
    records: Sequence[Record],
    deadline: float,
    room_bytes: int = OUTSTANDING_MAX_BYTES,
) -> Outcome:
    """Send all, wait for each until `deadline` (time.monotonic) or the client's own limit.

    Records that find no room within BACKPRESSURE_SECONDS stay unresolved (E_KAFKA_BACKPRESSURE).
    """
    began = time.monotonic()
    with causes.heard(*causes.SENDING) as found:
        outcome, failure = _send(producer, settings, records, deadline, room_bytes)
    if failure is None:
        return outcome
    known = causes.while_sending(settings, found, producer._metadata, began)
    return replace(outcome, cause=_cause(settings, failure, known, found))


def _send(
    producer: Any, settings: Settings, records: Sequence[Record], deadline: float, room_bytes: int
) -> tuple[Outcome, BaseException | None]:
    """The fate of each, and what the first failed of."""
    futures, failure = _hand_over(producer, settings, records, deadline, room_bytes)
    deadline = min(deadline, time.monotonic() + DELIVERY_SECONDS + GRACE_SECONDS)
    acked, held_bytes, rejected = 0, 0, list[Rejection]()
    unresolved = [record.index for record in records[len(futures) :]]
    for record, future in zip(records, futures, strict=False):
        if not future.is_done:
            _wait(future, deadline)
        why = future.exception if future.is_done else _NoResultError("no answer in time")
        if why is None:
            acked += 1
        elif _is_too_large(why):
            rejected.append(Rejection(record.index, SIZE, "the broker finds it too large"))
        else:
            # What went wrong says more than that the time was over.
            if failure is None or (isinstance(failure, _NoTimeError) and future.is_done):
                failure = why
            unresolved.append(record.index)
        if not future.is_done:
            held_bytes += _size(record)
    return Outcome(acked, tuple(rejected), tuple(sorted(unresolved)), None, held_bytes), failure


def _hand_over(
    producer: Any, settings: Settings, records: Sequence[Record], deadline: float, room_bytes: int
) -> tuple[list[Any], BaseException | None]:
    """The futures of the records that the client took, and what kept it from taking the rest."""
    futures: list[Any] = []
    waiting: deque[tuple[Any, int]] = deque()
    outstanding = 0
    appender = Appender(producer, settings.topic)
    for first in range(0, len(records), STEP_RECORDS):
        left = deadline - time.monotonic()
        if left <= 0:
            return futures, _NoTimeError()
        # The client waits for metadata by this setting alone.
        producer.config["max_block_ms"] = int(1000 * min(left, MAX_BLOCK_SECONDS))
        try:
            appender.refresh()
            for record in records[first : first + STEP_RECORDS]:
                size = _size(record)
                if outstanding + size > room_bytes:
                    outstanding = _room(waiting, outstanding, room_bytes - size, deadline)
                future = appender.append(record.key, record.value)
                futures.append(future)
                waiting.append((future, size))
                outstanding += size
        # No metadata in time (the next would wait as long), no client, no room, or an error of
        # anything that the client called meanwhile. What it took before has a fate all the same.
        except Exception as problem:  # noqa: BLE001 - told as one of ours
            return futures, problem
    return futures, None


def _room(waiting: deque[tuple[Any, int]], outstanding: int, most: int, deadline: float) -> int:
    """The bytes outstanding once they are no more than `most`, by waiting for the oldest.

    Raises _NoRoomError where that takes longer than BACKPRESSURE_SECONDS or `deadline`.
    """
    patience = min(deadline, time.monotonic() + BACKPRESSURE_SECONDS)
    while outstanding > most:
        if not waiting:
            raise _NoRoomError("none is free for one record")
        oldest, size = waiting[0]
        if not oldest.is_done:
            _wait(oldest, patience)
        if not oldest.is_done:
            raise _NoRoomError(f"{outstanding} bytes wait for the broker")
        waiting.popleft()
        outstanding -= size
    return outstanding


def _size(record: Record) -> int:
    return len(record.key) + len(record.value) + RECORD_OVERHEAD_BYTES


class _NoResultError(Exception):
    """A future that was not done at the deadline."""


class _NoTimeError(Exception):
    """The deadline came before the record's turn."""


class _NoRoomError(Exception):
    """As many bytes are outstanding as may be."""


def _wait(future: Any, deadline: float) -> None:
    """Until the future is done or `deadline` is over; the client's own word for that is ignored."""
    # What the future holds, an error of whatever kind, is read by those who wait.
    with contextlib.suppress(Exception):
        future.get(timeout=max(0.0, deadline - time.monotonic()))


def _is_too_large(problem: BaseException) -> bool:
    from kafka.errors import MessageSizeTooLargeError, RecordListTooLargeError

    return isinstance(problem, MessageSizeTooLargeError | RecordListTooLargeError)


def _cause(
    settings: Settings,
    failure: BaseException,
    known: PipelineError | None,
    found: list[BaseException],
) -> PipelineError:
    """What `failure` means; `known` and `found` tell what the client keeps to itself."""
    from kafka import errors

    failure = problems.unwrapped(failure)
    if isinstance(failure, errors.ClusterAuthorizationFailedError):
        return problems.denied(settings, "WriteDataIdempotently")
    if isinstance(failure, errors.UnknownTopicOrPartitionError):
        return problems.topic_gone(settings)
    if known is not None:
        return known
    if isinstance(failure, errors.TopicAuthorizationFailedError):
        return problems.denied(settings, "WriteData")
    if isinstance(failure, _NoRoomError):
        return problems.backpressure(str(failure))
    if isinstance(failure, _NoTimeError):
        return problems.out_of_time()
    without_result = isinstance(failure, _NoResultError)
    if without_result or problems.is_silence(failure):
        said = str(failure) if without_result else problems.words(failure)
        last = f"; last, {problems.words(found[-1])}" if found else ""
        return problems.unreachable(settings, said + last)
    return problems.of(settings, failure)
