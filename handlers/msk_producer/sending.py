"""Records into Kafka, and the fate of each before the call ends.

Only a future's own result counts: a flush that returns says nothing of single records, and a
time-out means that nobody knows, never that a record was not written.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.contract.batch import Rejection
from handlers.msk_producer import causes
from handlers.msk_producer.connection import DELIVERY_SECONDS
from handlers.msk_producer.records import SIZE, Record
from handlers.msk_producer.settings import Settings
from handlers.runtime.errors import Kind, PipelineError

# What has not resolved this long after the client's own limit never will.
GRACE_SECONDS = 3.0


@dataclass(frozen=True)
class Outcome:
    """What became of the records, by their index in the request; `cause` explains `unresolved`."""

    acked: int
    rejected: tuple[Rejection, ...]
    unresolved: tuple[int, ...]
    cause: PipelineError | None


def send(producer: Any, settings: Settings, records: Sequence[Record], deadline: float) -> Outcome:
    """Send all, wait for each until `deadline` (time.monotonic) or the client's own limit."""
    from kafka.errors import KafkaError

    futures: list[Any] = []
    failure: BaseException | None = None
    for record in records:
        try:
            futures.append(producer.send(settings.topic, key=record.key, value=record.value))
        except KafkaError as problem:  # no metadata in time: the next would wait as long
            failure = problem
            break
    deadline = min(deadline, time.monotonic() + DELIVERY_SECONDS + GRACE_SECONDS)
    acked, rejected = 0, list[Rejection]()
    unresolved = [record.index for record in records[len(futures) :]]
    for record, future in zip(records, futures, strict=False):
        why = _result(future, deadline)
        if why is None:
            acked += 1
        elif _is_too_large(why):
            rejected.append(Rejection(record.index, SIZE, "the broker finds it too large"))
        else:
            failure = failure or why
            unresolved.append(record.index)
    return Outcome(
        acked,
        tuple(rejected),
        tuple(sorted(unresolved)),
        _cause(settings, failure) if failure is not None else None,
    )


class _NoResultError(Exception):
    """A future that was not done at the deadline."""


def _result(future: Any, deadline: float) -> BaseException | None:
    """None when the broker has the record, else why it is not known to."""
    from kafka.errors import KafkaError

    if not future.is_done:
        try:
            future.get(timeout=max(0.0, deadline - time.monotonic()))
        except KafkaError:
            if not future.is_done:
                return _NoResultError("no answer in time")
    exception: BaseException | None = future.exception
    return exception


def _is_too_large(problem: BaseException) -> bool:
    from kafka.errors import MessageSizeTooLargeError, RecordListTooLargeError

    return isinstance(problem, MessageSizeTooLargeError | RecordListTooLargeError)


def _cause(settings: Settings, failure: BaseException) -> PipelineError:
    from kafka import errors

    if isinstance(failure, errors.TopicAuthorizationFailedError):
        return causes.denied(settings, "WriteData")
    # The client wraps the fatal one of its transaction manager in a plain KafkaError.
    if isinstance(failure, errors.ClusterAuthorizationFailedError) or "[Error 31]" in str(failure):
        return causes.denied(settings, "WriteDataIdempotently")
    if isinstance(failure, errors.UnknownTopicOrPartitionError):
        return PipelineError(
            "E_TOPIC_MISSING",
            f"topic {settings.topic} is gone",
            fix="call again: the next call makes it",
            kind=Kind.DEPENDENCY,
        )
    return causes.unreachable(settings, f"{type(failure).__name__}: {failure}")
