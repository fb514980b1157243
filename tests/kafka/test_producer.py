"""The producer function on the real broker, with the rights of its role and no more."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from handlers.contract.batch import Account, pack
from handlers.msk_producer import connection
from handlers.msk_producer.handler import handle
from handlers.runtime.errors import PipelineError
from tests.handlers.msk_producer.events import Clock, event, lines
from tests.kafka.conftest import TOPIC, Stream
from tests.kafka.limits import batches_up_to

pytestmark = pytest.mark.stack

CLUSTER = ["Connect", "WriteDataIdempotently"]
RIGHTS = ["CreateTopic", "DescribeTopic", "WriteData"]


@pytest.fixture
def producer(stream: Stream, login: Any) -> Iterator[Stream]:
    """Logged in as the producer, in a container that has just started, without the topic."""
    with contextlib.closing(stream.internal()) as admin:
        if TOPIC in admin.list_topics():
            admin.delete_topics([TOPIC])
    login(stream.role("producer", stream.statements(CLUSTER, RIGHTS)))
    stream.wait_for_policies()
    connection.of_process.cache_clear()
    yield stream
    connection.of_process.cache_clear()


def call(payload: object, seconds: float = 60) -> dict[str, Any]:
    return json.loads(json.dumps(handle(payload, Clock(seconds))))


def batch(run: str, count: int) -> dict[str, object]:
    return {"batch_id": run, "encoding": "gzip+base64", "lines": pack(lines(run, count))}


def ids_in_topic(stream: Stream) -> list[str]:
    """The event_ids of all records, read as the laptop's own user."""
    consumer = KafkaConsumer(
        bootstrap_servers=f"127.0.0.1:{stream.laptop.ports.kafka_internal}", group_id=None
    )
    with contextlib.closing(consumer):
        places = [TopicPartition(TOPIC, n) for n in consumer.partitions_for_topic(TOPIC) or ()]
        consumer.assign(places)
        consumer.seek_to_beginning()
        left = sum(consumer.end_offsets(places).values())
        found: list[str] = []
        deadline = time.monotonic() + 30
        while len(found) < left and time.monotonic() < deadline:
            for records in consumer.poll(timeout_ms=1_000).values():
                found += [json.loads(record.value)["event_id"] for record in records]
        return found


def test_the_topic_is_made_once(producer: Stream) -> None:
    assert call({"ensure_topic": True}) == {"topic": TOPIC, "created": True, "partitions": 3}
    assert call({"ensure_topic": True})["created"] is False


def test_ten_thousand_events_are_acked_and_counted_by_the_topic(producer: Stream) -> None:
    run = "0123456789abcdef"
    reply = call(batch(run, 10_000))
    account = Account.of_reply(reply)
    assert (account.received, account.acked) == (10_000, 10_000)
    described = call({"describe_topic": True})
    assert described["records"] == 10_000
    assert len(described["partitions"]) == 3
    assert sorted(ids_in_topic(producer)) == [f"{run}-{n:08d}" for n in range(10_000)]


def test_good_events_are_sent_and_bad_ones_returned(producer: Stream) -> None:
    events = [event(0), {"nonsense": 1}, event(1), event(0), event(2, city="x" * 300_000)]
    account = Account.of_reply(call({"batch_id": "mixed", "events": events}))
    assert account.acked == 2
    assert [(one.index, one.reason) for one in account.rejected] == [
        (1, "E_REC_ID"),
        (3, "E_REC_DUPLICATE"),
        (4, "E_REC_SIZE"),
    ]
    assert call({"describe_topic": True})["records"] == 2


@pytest.mark.parametrize(
    ("large", "most_bytes"),
    [([], 2_000), ([0], 2_000), ([3, 40, 299], 2_000), (range(300), 100)],
    ids=["none", "the first", "a few", "all"],
)
def test_the_neighbours_of_what_the_broker_finds_too_large_are_acked(
    producer: Stream, large: Sequence[int], most_bytes: int
) -> None:
    call({"ensure_topic": True})
    noise = random.Random(1)  # which no compression makes small
    events = [
        event(n, city=noise.randbytes(6_000 if n in large else 100).hex()) for n in range(300)
    ]
    with batches_up_to(most_bytes, TOPIC, producer.laptop.ports.kafka_internal):
        account = Account.of_reply(call({"batch_id": "large", "events": events}))
    assert [one.index for one in account.rejected] == list(large)
    assert {one.reason for one in account.rejected} <= {"E_REC_SIZE"}
    assert (account.acked, account.unresolved) == (300 - len(large), ())
    assert len(ids_in_topic(producer)) == 300 - len(large)


@pytest.mark.parametrize(
    ("cluster", "topic", "code", "names"),
    [
        ([], RIGHTS, "E_KAFKA_DENIED", "Connect"),
        (["Connect"], RIGHTS, "E_KAFKA_DENIED", "WriteDataIdempotently"),
        (CLUSTER, ["CreateTopic", "DescribeTopic"], "E_KAFKA_DENIED", "WriteData"),
        (CLUSTER, ["DescribeTopic", "WriteData"], "E_TOPIC_MISSING", TOPIC),
        (CLUSTER, ["CreateTopic", "WriteData"], "E_TOPIC_DENIED", "DescribeTopic"),
    ],
    ids=["Connect", "WriteDataIdempotently", "WriteData", "CreateTopic", "DescribeTopic"],
)
def test_a_missing_right_is_named_and_curable_in_the_same_container(
    producer: Stream, cluster: list[str], topic: list[str], code: str, names: str
) -> None:
    producer.role("producer", producer.statements(cluster, topic))
    producer.wait_for_policies()
    began = time.monotonic()
    refused = Account.of_reply(call({"batch_id": "denied", "events": [event(0), event(1)]}))
    assert time.monotonic() - began < 16  # twice what a denial may take
    assert refused.unresolved == (0, 1)
    assert refused.error is not None
    assert refused.error["code"] == code
    assert names in str(refused.error["message"])
    producer.role("producer", producer.statements(CLUSTER, RIGHTS))
    producer.wait_for_policies()
    assert Account.of_reply(call({"batch_id": "again", "events": [event(0)]})).acked == 1


def test_a_topic_with_other_partitions_stops_a_deployment(
    producer: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    call({"ensure_topic": True})
    monkeypatch.setenv("TOPIC_PARTITIONS", "4")
    with pytest.raises(PipelineError, match="E_TOPIC_PARTITIONS"):
        call({"ensure_topic": True})


def test_a_killed_broker_costs_no_acked_event(producer: Stream) -> None:
    """Acked, killed, refused in bounded time, restarted with its data, and the retry completes."""
    run = "00000000000000aa"
    assert Account.of_reply(call(batch(run, 500))).acked == 500
    status = producer.supervisor.status(producer.part)
    os.kill(status.pid, signal.SIGKILL)
    began = time.monotonic()
    down = Account.of_reply(call({"batch_id": "down", "events": [event(n) for n in range(9)]}, 25))
    assert time.monotonic() - began < 23
    assert len(down.unresolved) == 9
    assert down.error is not None
    assert down.error["code"] == "E_KAFKA_UNREACHABLE"
    began = time.monotonic()
    quick = Account.of_reply(call({"batch_id": "down", "events": [event(0)]}))
    assert quick.error is not None
    assert "nothing listens" in str(quick.error["message"])
    assert time.monotonic() - began < 2
    producer.supervisor.start(producer.part)
    retried = Account.of_reply(call({"batch_id": "up", "events": [event(n) for n in range(9)]}))
    assert retried.acked == 9
    found = ids_in_topic(producer)
    assert {f"{run}-{n:08d}" for n in range(500)} <= set(found)
    assert len(found) == len(set(found)) == 509


def test_a_paused_broker_costs_bounded_time_and_the_next_call_recovers(producer: Stream) -> None:
    assert Account.of_reply(call({"batch_id": "warm", "events": [event(0)]})).acked == 1
    pid = producer.supervisor.status(producer.part).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        events = [event(n) for n in range(1, 50)]
        paused = Account.of_reply(call({"batch_id": "paused", "events": events}, 12))
        assert time.monotonic() - began < 10
        assert len(paused.unresolved) == 49
    finally:
        os.kill(pid, signal.SIGCONT)
    again = Account.of_reply(call({"batch_id": "again", "events": events}))
    assert again.acked == 49
    copies = ids_in_topic(producer)
    assert len(set(copies)) == 50
    assert len(copies) <= 99  # what timed out may be in the topic all the same
