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
SAYING_SECONDS = 0.5  # of a call's time, left to tell what was waited for in vain
BROKERS_DEFAULT = -1  # as replication factor


def in_time(
    task: Callable[[Settings, float], dict[str, object]], settings: Settings, deadline: float
) -> dict[str, object]:
    """What `ensure` or `describe` returns or raises; E_KAFKA_UNREACHABLE once `deadline` is over.

    The admin client's own times add up to more, and looking up a name has none.
    """
    try:
        return within(deadline - time.monotonic(), lambda: task(settings, deadline))
    except TimeoutError:
        raise problems.unreachable(settings, "no answer in the time of the call") from None


def ensure(settings: Settings, deadline: float) -> dict[str, object]:
    """Make the topic unless it exists: {"topic", "created", "partitions"}.

    Raises PipelineError: E_KAFKA_UNREACHABLE (no answer, or a partition has no leader),
    E_KAFKA_DENIED, E_TOPIC_MISSING (it may not be made), E_TOPIC_NAME (the brokers refuse the
    name), E_AWS_NO_CREDENTIALS, E_KAFKA_REFUSED, E_KAFKA_CLIENT.
    """
    with admin(settings, deadline) as client:
        numbers, created = _awaited(client, settings, deadline)
        return {"topic": settings.topic, "created": created, "partitions": len(numbers)}


def _created(client: Any, settings: Settings) -> bool:
    """True where this call made the topic; False where another did, or nobody knows.

    A creation that got no answer may have been carried out, so the topic is looked for again.
    """
    from kafka import errors

    wanted = {"num_partitions": settings.topic_partitions, "replication_factor": BROKERS_DEFAULT}
    try:
        client.create_topics({settings.topic: wanted}, timeout_ms=CREATE_SECONDS * 1000)
    except errors.TopicAlreadyExistsError:  # another sandbox was faster
        return False
    except errors.AuthorizationError as problem:
        raise _missing(settings, "and the function's role may not make it") from problem
    except errors.InvalidTopicError as problem:
        raise _misnamed(settings) from problem
    except Exception as problem:  # noqa: BLE001 - told as one of ours
        if problems.is_silence(problem):
            return False
        meaning = problems.of(settings, problem)
        if meaning.code == problems.REFUSED:
            meaning = _missing(settings, f"and cannot be made ({problem})")
        raise meaning from None
    return True


def _awaited(client: Any, settings: Settings, deadline: float) -> tuple[list[int], bool]:
    """The partition numbers, once each has a leader, and whether this call made the topic.

    It is made once, where it is missing or goes while its leaders are waited for; a reply to that
    precedes the metadata.
    """
    began, tried, created = time.monotonic(), False, False
    while not (numbers := _led((found := _found(client, settings)) or [])):
        if found is None and not tried:
            created, tried, began = _created(client, settings), True, time.monotonic()
        elif time.monotonic() >= min(deadline - SAYING_SECONDS, began + CREATE_SECONDS):
            if found is not None:
                raise _leaderless(settings)
            raise problems.unreachable(settings, f"topic {settings.topic} does not appear")
        else:
            time.sleep(0.1)
    return numbers, created


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

    with admin(settings, deadline) as client:
        found = _found(client, settings)
        if found is None:
            raise _missing(settings, "in the cluster")
        numbers = _led(found)
        if not numbers:
            raise _leaderless(settings)
        places = [TopicPartition(settings.topic, number) for number in numbers]
        try:
            ends = [
                client.list_partition_offsets({place: spec for place in places})
                for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST)
            ]
        except Exception as problem:  # noqa: BLE001 - told as one of ours
            raise problems.of(settings, problem) from None
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


def _led(partitions: Sequence[Any]) -> list[int]:
    """The numbers of the partitions; empty when one has no leader."""
    if any(one["leader_id"] < 0 for one in partitions):
        return []
    return sorted(one["partition_index"] for one in partitions)


def _found(client: Any, settings: Settings) -> Sequence[Any] | None:
    """The topic's partitions as the brokers describe them, none where they cannot yet; None when
    there is no such topic."""
    from kafka import errors

    try:
        found = client.describe_topics([settings.topic])[0]
    except Exception as problem:  # noqa: BLE001 - told as one of ours
        if problems.is_silence(problem):
            raise problems.unanswered(settings, problem, client) from None
        raise problems.of(settings, problem) from None
    error = errors.for_code(found["error_code"])
    if error is errors.UnknownTopicOrPartitionError:
        return None
    if error is errors.TopicAuthorizationFailedError:
        raise problems.topic_denied(settings)
    if error is errors.InvalidTopicError:
        raise _misnamed(settings)
    if error is not errors.NoError:
        if issubclass(error, errors.InvalidMetadataError):
            return []
        raise problems.of(settings, error())
    partitions: Sequence[Any] = found["partitions"]
    return partitions


def _leaderless(settings: Settings) -> PipelineError:
    return problems.unreachable(settings, f"a partition of {settings.topic} has no leader")


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
