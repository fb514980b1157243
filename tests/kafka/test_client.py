"""What the Kafka client itself does when the broker hangs: why the producer does not trust it.

A test that fails after an upgrade of the client says which precaution may go.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from tests.kafka.conftest import Stream

pytestmark = pytest.mark.stack
TOPIC = "client-facts"
RECORDS = 40
RECORD = b"x" * 9_000  # two of them fill a batch


@contextlib.contextmanager
def paused(stream: Stream) -> Iterator[None]:
    """The broker hangs until the end."""
    pid = stream.supervisor.status(stream.part).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def client(stream: Stream) -> Iterator[Any]:
    """A producer that has sent one record."""
    stream.ensure_topic(TOPIC)
    made = KafkaProducer(
        bootstrap_servers=f"127.0.0.1:{stream.laptop.ports.kafka_internal}",
        enable_idempotence=True,
        batch_size=16_384,
        request_timeout_ms=2_000,
        delivery_timeout_ms=4_000,
        max_block_ms=5_000,
    )
    made.send(TOPIC, b"first").get(timeout=10)
    yield made
    made._sender.force_close()
    made._sender.join(10)


@pytest.fixture
def hung(stream: Stream, client: Any) -> Iterator[Any]:
    """The same, and a broker that is paused until the test ends."""
    with paused(stream):
        yield client


def test_a_flush_gives_up_with_the_first_batch_that_is_late(hung: Any) -> None:
    for _ in range(RECORDS):
        hung.send(TOPIC, RECORD)
    began = time.monotonic()
    with pytest.raises(KafkaTimeoutError):
        hung.flush(timeout=1)
    assert time.monotonic() - began < 3


def test_a_failed_close_leaves_the_thread_alive_and_only_force_ends_it(hung: Any) -> None:
    hung.send(TOPIC, RECORD)
    with pytest.raises(KafkaTimeoutError):
        hung.close(timeout=1)
    assert hung._sender.is_alive()
    assert not hung._closed
    hung._sender.force_close()
    hung._sender.join(10)
    assert not hung._sender.is_alive()


def test_a_forced_end_resolves_every_future(hung: Any) -> None:
    futures = [hung.send(TOPIC, RECORD) for _ in range(RECORDS)]
    hung._sender.force_close()
    hung._sender.join(10)
    assert [future.is_done for future in futures] == [True] * RECORDS


def test_a_flush_that_returns_says_nothing_of_a_failed_record(client: Any) -> None:
    client.config["max_request_size"] = 10_000_000
    future = client.send(TOPIC, b"y" * 2_000_000)  # beyond the broker's own limit
    client.flush(timeout=20)
    assert future.failed()
    assert isinstance(future.exception, MessageSizeTooLargeError)


def test_the_client_buffers_without_limit(hung: Any) -> None:
    for _ in range(6_000):
        hung.send(TOPIC, RECORD)  # 54 MB and no complaint
    assert hung._accumulator.has_incomplete


def test_a_record_that_timed_out_may_be_in_the_log(stream: Stream, client: Any) -> None:
    """Whether it is depends on what the broker had received: both are possible, none is certain."""
    port = stream.laptop.ports.kafka_internal
    place = TopicPartition(TOPIC, 0)
    reader = KafkaConsumer(bootstrap_servers=f"127.0.0.1:{port}", group_id=None)
    before = reader.end_offsets([place])[place]
    with paused(stream):
        futures = [client.send(TOPIC, RECORD) for _ in range(RECORDS)]
        time.sleep(6)
        acked = sum(future.succeeded() for future in futures)
        resolved = sum(future.is_done for future in futures)
    time.sleep(3)
    client._sender.force_close()
    client._sender.join(10)
    grown = reader.end_offsets([place])[place] - before
    reader.close()
    print(f"2 s after the limit {resolved} of {RECORDS} resolved, {acked} acked; log: {grown} more")
    assert acked == 0
    assert 0 <= grown <= RECORDS
