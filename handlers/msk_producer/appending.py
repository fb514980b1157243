"""Records into the client's batches by a shorter way than its `send`, with the same result.

For each record `KafkaProducer.send` asks again what is the same for all of a call (is there such a
topic, are there headers, is it transactional) and hashes its key anew: more than half of its time.
Here the topic is asked for once a step, and a key is hashed once. What `send` does besides is done:
the record goes to the client's accumulator, which owns batches, sequence numbers and limits, and
its thread is woken for a batch that is new or full.
"""

from __future__ import annotations

import time
from typing import Any


class Appender:
    """Appends to `topic`; `refresh` comes first, and again from time to time."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self._append = producer._accumulator.append
        self._wake = producer._sender.wakeup
        self._partitions: list[int] = []
        self._places: dict[bytes, Any] = {}
        self._now_ms = 0

    def refresh(self) -> None:
        """See that the client knows the topic, as it is now.

        Raises KafkaError when it does not within the client's `max_block_ms`, or knows it without
        a partition.
        """
        partitions = sorted(self._producer.partitions_for(self._topic))
        if not partitions:
            from kafka.errors import UnknownTopicOrPartitionError

            raise UnknownTopicOrPartitionError(self._topic)
        if partitions != self._partitions:
            self._partitions = partitions
            self._places.clear()
        self._now_ms = int(time.time() * 1000)

    def append(self, key: bytes, value: bytes) -> Any:
        """The future of the record. Raises KafkaError."""
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._place(key)
        future, is_full, is_new, _ = self._append(place, self._now_ms, key, value, [])
        if is_full or is_new:
            self._wake()
        return future

    def _place(self, key: bytes) -> Any:
        """Where the client's own partitioner, Kafka's default one, puts the key."""
        from kafka.partitioner.default import murmur2
        from kafka.structs import TopicPartition

        index = (murmur2(key) & 0x7FFFFFFF) % len(self._partitions)
        return TopicPartition(self._topic, self._partitions[index])
