"""How far a stream is, and what its topic holds, by the broker's loopback listener.

That listener is this side's own, as Firehose's bookkeeping is AWS's: what the stream's role may
not see or note stays knowable here. Offsets stand in a group of the stream, with the id of the
topic they count in: a topic made anew counts from 0 again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
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

from local.delivery.connection import connected
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


@dataclass(frozen=True)
class Noted:
    """Everything before `offset` is in S3.

    An object that begins there may be too, under the time `named_ms`; None where none was tried.
    """

    offset: int
    named_ms: int | None = None


class Checkpoint:
    """One stream's offsets. The constructor connects; every method raises KafkaError."""

    def __init__(self, laptop: Laptop, stream: Stream) -> None:
        self._topic = stream.topic
        self._group = stream.group
        self._client = connected(
            KafkaAdminClient,
            bootstrap_servers=f"127.0.0.1:{laptop.ports.kafka_internal}",
            **TIMEOUTS,
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

    def first_since(self, timestamp_ms: int, topic: Topic) -> dict[int, int]:
        """The first offset at or after a time, by partition; the end where there is none yet.

        The beginning of time comes before every record, also before those that have no time.
        """
        if timestamp_ms <= 0:
            return topic.starts
        found = self._offsets(dict.fromkeys(topic.ends, timestamp_ms))
        return {
            number: end if found[number] < 0 else found[number]
            for number, end in topic.ends.items()
        }

    def read(self, topic: Topic) -> dict[int, Noted]:
        """What is noted, for the partitions of which something is."""
        places = [TopicPartition(self._topic, number) for number in topic.ends]
        noted = _patiently(lambda: self._client.list_group_offsets({self._group: places}))
        found = {}
        for place, one in noted[self._group].items():
            topic_id, _, named_ms = one.metadata.partition(" ")
            if one.offset >= 0 and topic_id in ("", topic.id):  # "": noted by an older version
                found[place.partition] = Noted(one.offset, int(named_ms) if named_ms else None)
        return found

    def write(self, topic_id: str, noted: Mapping[int, Noted]) -> None:
        """Note how far these partitions are."""
        wanted = {}
        for partition, one in noted.items():
            text = topic_id if one.named_ms is None else f"{topic_id} {one.named_ms}"
            place = TopicPartition(self._topic, partition)
            wanted[place] = OffsetAndMetadata(one.offset, text, -1)

        def alter() -> None:
            for place, error in self._client.alter_group_offsets(self._group, wanted).items():
                if error is not NoError:
                    raise error(f"{wanted[place].offset} of {place} cannot be noted")

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
