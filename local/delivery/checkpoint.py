"""How far a stream is, and what its topic holds, by the broker's loopback listener.

That listener is this side's own, as Firehose's bookkeeping is AWS's: what the stream's role may
not see or note stays knowable here. Offsets stand in a group of the stream, with the id of the
topic they count in: a topic made anew counts from 0 again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.structs import OffsetAndMetadata

from local.delivery.stream import Stream
from local.settings import Laptop

COORDINATOR_SECONDS = 8.0
NO_COORDINATOR = (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
)
TIMEOUTS: dict[str, Any] = {"bootstrap_timeout_ms": 8_000, "request_timeout_ms": 10_000}


class TopicMissingError(Exception):
    """The topic does not exist."""


@dataclass(frozen=True)
class Topic:
    """A topic as it is now: by partition the first offset it still holds, and the next to come."""

    id: str
    starts: dict[int, int]
    ends: dict[int, int]


class Checkpoint:
    """One stream's offsets. The constructor connects; every method raises KafkaError."""

    def __init__(self, laptop: Laptop, stream: Stream) -> None:
        self._topic = stream.topic
        self._group = stream.group
        self._client = KafkaAdminClient(
            bootstrap_servers=f"127.0.0.1:{laptop.ports.kafka_internal}", **TIMEOUTS
        )

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def look(self) -> Topic:
        """The topic; raises TopicMissingError."""
        (found,) = self._client.describe_topics([self._topic])
        error = for_code(found["error_code"])
        if error is UnknownTopicOrPartitionError or (error is NoError and not found["partitions"]):
            raise TopicMissingError
        if error is not NoError:
            raise error(self._topic)
        numbers = sorted(one["partition_index"] for one in found["partitions"])
        try:
            return Topic(
                id=str(found["topic_id"]),
                starts=self._offsets(dict.fromkeys(numbers, OffsetSpec.EARLIEST)),
                ends=self._offsets(dict.fromkeys(numbers, OffsetSpec.LATEST)),
            )
        except UnknownTopicOrPartitionError as error:  # it went in between
            raise TopicMissingError from error

    def ends(self, partitions: set[int]) -> dict[int, int]:
        """The next offset to come, by partition."""
        return self._offsets(dict.fromkeys(sorted(partitions), OffsetSpec.LATEST))

    def first_since(self, timestamp_ms: int, ends: dict[int, int]) -> dict[int, int]:
        """The first offset at or after a time, by partition; the end where there is none yet."""
        found = self._offsets(dict.fromkeys(ends, timestamp_ms))
        return {number: end if found[number] < 0 else found[number] for number, end in ends.items()}

    def read(self, topic: Topic) -> dict[int, int]:
        """The offset before which everything is in S3, for the partitions that have one."""
        places = [TopicPartition(self._topic, number) for number in topic.ends]
        noted = _patiently(lambda: self._client.list_group_offsets({self._group: places}))
        return {
            place.partition: one.offset
            for place, one in noted[self._group].items()
            if one.offset >= 0 and one.metadata in ("", topic.id)  # "": noted by an older version
        }

    def write(self, topic_id: str, partition: int, offset: int) -> None:
        """Note that everything of the partition before `offset` is in S3."""
        place = TopicPartition(self._topic, partition)
        noted = OffsetAndMetadata(offset, topic_id, -1)

        def alter() -> None:
            error = self._client.alter_group_offsets(self._group, {place: noted})[place]
            if error is not NoError:
                raise error(f"offset {offset} of {self._topic}-{partition} cannot be noted")

        _patiently(alter)

    def _offsets(self, wanted: dict[int, Any]) -> dict[int, int]:
        asked = {TopicPartition(self._topic, number): spec for number, spec in wanted.items()}
        found = self._client.list_partition_offsets(asked)
        return {place.partition: one.offset for place, one in found.items()}


def _patiently(call: Callable[[], Any]) -> Any:
    """The call's result; a broker that has just begun needs a moment for its groups."""
    deadline = time.monotonic() + COORDINATOR_SECONDS
    while True:
        try:
            return call()
        except NO_COORDINATOR as error:
            if time.monotonic() > deadline:
                raise KafkaError("the broker finds no coordinator for the group") from error
            time.sleep(0.2)
