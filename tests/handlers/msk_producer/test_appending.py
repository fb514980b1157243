"""The shorter way into the client does what the client's own `send` does."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError
from kafka.partitioner.default import DefaultPartitioner
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.producer.sender import Sender

from handlers.msk_producer.appending import Appender

TOPIC = "acme-telemetry"
KEYS = [f"SESS_{number * 0x9E3779B97F4A7C15 % 2**64:016x}".encode() for number in range(200)]


class Cluster:
    """What the client's partitioner asks."""

    def __init__(self, partitions: set[int]) -> None:
        self.partitions = partitions

    def topics(self) -> set[str]:
        return {TOPIC}

    def partitions_for_topic(self, topic: str) -> set[int]:
        return self.partitions

    available_partitions_for_topic = partitions_for_topic


class Client:
    """Stands for KafkaProducer; its accumulator says of each record what `says` does."""

    def __init__(self, partitions: set[int], says: tuple[bool, bool] = (False, False)) -> None:
        self.partitions = partitions
        self.says = says
        self.places: list[int] = []
        self.times: list[int] = []
        self.woken = 0
        self._accumulator = self._sender = self

    def partitions_for(self, topic: str) -> set[int]:
        return self.partitions

    def append(self, place: Any, at_ms: int, key: bytes, value: bytes, headers: list[Any]) -> Any:
        self.places.append(place.partition)
        self.times.append(at_ms)
        return (value, *self.says, False)

    def wakeup(self) -> None:
        self.woken += 1


@pytest.mark.parametrize("partitions", [{0}, {0, 1, 2}, set(range(12)), {5, 3, 9}])
def test_a_key_goes_where_the_clients_own_partitioner_puts_it(partitions: set[int]) -> None:
    client, own, cluster = Client(partitions), DefaultPartitioner(), Cluster(partitions)
    appender = Appender(client, TOPIC)
    appender.refresh()
    for key in KEYS:
        assert appender.append(key, b"v") == b"v"
    assert client.places == [own.partition(TOPIC, key, key, b"v", b"v", cluster) for key in KEYS]
    assert isinstance(KafkaProducer.DEFAULT_CONFIG["partitioner"], DefaultPartitioner)


def test_new_partitions_are_used_after_a_refresh() -> None:
    client = Client({0})
    appender = Appender(client, TOPIC)
    appender.refresh()
    for key in KEYS:
        appender.append(key, b"v")
    client.partitions = {0, 1, 2}
    appender.refresh()
    for key in KEYS:
        appender.append(key, b"v")
    assert set(client.places[: len(KEYS)]) == {0}
    assert set(client.places[len(KEYS) :]) == {0, 1, 2}


@pytest.mark.parametrize(
    ("says", "woken"),
    [((False, False), 0), ((True, False), 1), ((False, True), 1), ((True, True), 1)],
    ids=["neither", "full", "new", "both"],
)
def test_the_sender_is_woken_for_a_batch_that_is_full_or_new(
    says: tuple[bool, bool], woken: int
) -> None:
    client = Client({0}, says)
    appender = Appender(client, TOPIC)
    appender.refresh()
    appender.append(b"k", b"v")
    assert client.woken == woken


def test_an_unknown_topic_is_the_clients_own_error() -> None:
    client = Client({0})

    def fail(topic: str) -> set[int]:
        raise KafkaTimeoutError(topic)

    client.partitions_for = fail  # type: ignore[method-assign]
    with pytest.raises(KafkaTimeoutError):
        Appender(client, TOPIC).refresh()


def test_the_client_still_has_what_is_used_of_it() -> None:
    """Names of the client's inside: they may change with any release."""
    assert list(inspect.signature(RecordAccumulator.append).parameters)[:6] == [
        *("self", "tp", "timestamp_ms", "key", "value", "headers")
    ]
    assert callable(Sender.wakeup)
    assert callable(Sender.force_close)
    source = inspect.getsource(KafkaProducer.send)
    # What `send` does with a record that is given no headers and no partition.
    assert "self._accumulator.append(tp, timestamp_ms, key_bytes, value_bytes, headers," in source
    assert "self._sender.wakeup()" in source
