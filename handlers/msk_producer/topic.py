"""The topic: made if it is missing, described for those who cannot reach the brokers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from handlers.msk_producer import problems
from handlers.msk_producer.clients import admin
from handlers.msk_producer.settings import Settings
from handlers.msk_producer.waiting import within
from handlers.runtime.errors import Kind, PipelineError

CREATE_SECONDS = 10
BROKERS_DEFAULT = -1  # as replication factor


def in_time(
    task: Callable[[Settings, float], dict[str, object]], settings: Settings, deadline: float
) -> dict[str, object]:
    """What `ensure` or `describe` returns or raises; E_KAFKA_UNREACHABLE once `deadline` is over.

    The admin client's own times add up to more, and looking up a name has none.
    """
    try:
        return within(deadline - time.monotonic(), lambda: task(settings, deadline))
    except TimeoutError as problem:
        raise problems.unreachable(settings, "no answer in the time of the call") from problem


def ensure(settings: Settings, deadline: float) -> dict[str, object]:
    """Make the topic unless it exists: {"topic", "created", "partitions"}.

    Raises PipelineError: E_KAFKA_UNREACHABLE, E_KAFKA_DENIED, E_TOPIC_MISSING (it may not be made),
    E_TOPIC_NAME (the brokers refuse the name).
    """
    from kafka.errors import (
        AuthorizationError,
        InvalidTopicError,
        KafkaError,
        TopicAlreadyExistsError,
    )

    with admin(settings, deadline) as client:
        found = _partitions(client, settings)
        if found:
            return {"topic": settings.topic, "created": False, "partitions": len(found)}
        wanted = {
            "num_partitions": settings.topic_partitions,
            "replication_factor": BROKERS_DEFAULT,
        }
        created = True
        try:
            client.create_topics({settings.topic: wanted}, timeout_ms=CREATE_SECONDS * 1000)
        except TopicAlreadyExistsError:  # another sandbox was faster
            created = False
        except AuthorizationError as problem:
            raise _missing(settings, "and the function's role may not make it") from problem
        except InvalidTopicError as problem:
            raise _misnamed(settings) from problem
        except KafkaError as problem:
            raise _missing(settings, f"and cannot be made ({problem})") from problem
        while not (found := _partitions(client, settings)):  # the reply precedes the metadata
            if time.monotonic() > deadline:
                raise problems.unreachable(settings, "the new topic does not appear")
            time.sleep(0.1)
        return {"topic": settings.topic, "created": created, "partitions": len(found)}


def require_partitions(settings: Settings, found: object) -> None:
    """Raise PipelineError (E_TOPIC_PARTITIONS) unless the topic has as many as the stack says."""
    if found != settings.topic_partitions:
        raise PipelineError(
            "E_TOPIC_PARTITIONS",
            f"topic {settings.topic} has {found} partitions",
            expected=f"{settings.topic_partitions}, as streamPartitions says",
            fix=f"set streamPartitions to {found}, or add partitions to the topic",
        )


def describe(settings: Settings, deadline: float) -> dict[str, object]:
    """{"topic", "partitions": [{"partition", "begin", "end"}], "records"}.

    `end` is the next record's offset; `records` = Σ (end - begin). Raises as `ensure` does.
    """
    from kafka import TopicPartition
    from kafka.admin import OffsetSpec
    from kafka.errors import KafkaError

    with admin(settings, deadline) as client:
        found = _found(client, settings)
        if found is None:
            raise _missing(settings, "in the cluster")
        numbers = _led(found)
        if not numbers:
            raise problems.unreachable(settings, f"a partition of {settings.topic} has no leader")
        places = [TopicPartition(settings.topic, number) for number in numbers]
        try:
            ends = [
                client.list_partition_offsets({place: spec for place in places})
                for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST)
            ]
        except KafkaError as problem:
            raise problems.unreachable(settings, str(problem)) from problem
    partitions = [
        {
            "partition": place.partition,
            "begin": ends[0][place].offset,
            "end": ends[1][place].offset,
        }
        for place in places
    ]
    records = sum(one["end"] - one["begin"] for one in partitions)
    return {"topic": settings.topic, "partitions": partitions, "records": records}


def _partitions(client: Any, settings: Settings) -> list[int]:
    """The topic's partition numbers; empty when there is no such topic or a leader is missing."""
    return _led(_found(client, settings) or [])


def _led(partitions: Sequence[Any]) -> list[int]:
    """The numbers of the partitions; empty when one has no leader."""
    if any(one["leader_id"] < 0 for one in partitions):
        return []
    return sorted(one["partition_index"] for one in partitions)


def _found(client: Any, settings: Settings) -> Sequence[Any] | None:
    """The topic's partitions as the brokers describe them, none where they cannot yet; None when
    there is no such topic."""
    from kafka.errors import (
        KafkaError,
        NoError,
        TopicAuthorizationFailedError,
        UnknownTopicOrPartitionError,
        for_code,
    )

    try:
        found = client.describe_topics([settings.topic])[0]
    except KafkaError as problem:
        raise problems.unanswered(settings, problem, client) from problem
    error = for_code(found["error_code"])
    if error is UnknownTopicOrPartitionError:
        return None
    if error is TopicAuthorizationFailedError:
        raise problems.topic_denied(settings)
    partitions: Sequence[Any] = found["partitions"] if error is NoError else []
    return partitions


def _missing(settings: Settings, why: str) -> PipelineError:
    return PipelineError(
        "E_TOPIC_MISSING",
        f"there is no topic {settings.topic} {why}",
        fix='grant kafka-cluster:CreateTopic on its ARN and call with {"ensure_topic": true}',
        kind=Kind.DEPENDENCY,
    )


def _misnamed(settings: Settings) -> PipelineError:
    # Settings let no name through that is none by itself. What is left is another topic: in the
    # names of metrics `.` and `_` are one, so the brokers make no two topics that differ by these.
    return PipelineError(
        "E_TOPIC_NAME",
        "refused by the brokers",
        field="TOPIC",
        value=settings.topic,
        expected="a name that differs from every other topic's by more than . and _",
        fix="take another prefix, or delete the other topic",
    )
