"""Every record ends as acked, rejected or unresolved, whatever the client does."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from kafka.producer.future import FutureProduceResult, FutureRecordMetadata
from kafka.structs import TopicPartition

from handlers.contract.records import Record
from handlers.msk_producer import sending
from handlers.msk_producer.sending import RECORD_OVERHEAD_BYTES, send
from handlers.msk_producer.settings import Settings

SETTINGS = Settings("127.0.0.1:9098", "acme-telemetry", 3, "eu-central-1", "AcmeTelemetry")
ACKED = None
PENDING = "pending"


class Client:
    """Resolves the n-th record as told: acked, an error, never, or not taken."""

    def __init__(self, fates: list[Any], delay_seconds: float = 0.0) -> None:
        self.fates = fates
        self.sent: list[bytes] = []
        self.asked = 0
        self.delay_seconds = delay_seconds
        self.config: dict[str, int] = {"max_block_ms": 60_000}
        self.partitions: set[int] | KafkaError = {0, 1, 2}
        self.woken = 0
        self.unauthorized_topics: set[str] = set()
        self._last_successful_refresh_ms = 0.0
        self._accumulator = self._sender = self._metadata = self

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return self.partitions if isinstance(self.partitions, set) else None

    def partitions_for(self, topic: str) -> set[int]:
        if isinstance(self.partitions, KafkaError):
            raise self.partitions
        return self.partitions

    def wakeup(self) -> None:
        self.woken += 1

    def append(
        self, place: TopicPartition, at_ms: int, key: bytes, value: bytes, headers: list[Any]
    ) -> tuple[FutureRecordMetadata, bool, bool, bool]:
        assert place.topic == SETTINGS.topic
        self.asked += 1
        fate = self.fates[len(self.sent)]
        if isinstance(fate, type):
            raise fate("from the client itself")
        self.sent.append(value)
        batch = FutureProduceResult(place)
        future = FutureRecordMetadata(batch, 0, 0, None, 0, 0, 0)
        if fate is ACKED:
            threading.Timer(self.delay_seconds, lambda: batch.success((0, 0, None))).start()
        elif fate != PENDING:
            batch.failure(fate)
        return future, False, len(self.sent) == 1, False


def records(count: int) -> list[Record]:
    return [Record(10 * n, b"k", b"v%d" % n) for n in range(count)]


def soon() -> float:
    return time.monotonic() + 0.3


def test_all_acked() -> None:
    outcome = send(Client([ACKED] * 3, 0.05), SETTINGS, records(3), soon() + 5)
    assert (outcome.acked, outcome.rejected, outcome.unresolved, outcome.cause) == (3, (), (), None)


def test_what_does_not_resolve_by_the_deadline_is_unresolved_by_its_own_index() -> None:
    began = time.monotonic()
    outcome = send(Client([ACKED, PENDING, ACKED, PENDING]), SETTINGS, records(4), soon())
    assert time.monotonic() - began < 1
    assert (outcome.acked, outcome.unresolved) == (2, (10, 30))
    assert outcome.cause is not None
    assert outcome.cause.code == "E_KAFKA_UNREACHABLE"


@pytest.mark.parametrize(
    ("error", "code", "names"),
    [
        (KafkaTimeoutError("batch expired"), "E_KAFKA_UNREACHABLE", "batch expired"),
        (TopicAuthorizationFailedError(), "E_KAFKA_DENIED", "WriteData on acme-telemetry"),
        (ClusterAuthorizationFailedError(), "E_KAFKA_DENIED", "WriteDataIdempotently"),
        (KafkaError("fatal: [Error 31] Cluster…"), "E_KAFKA_DENIED", "WriteDataIdempotently"),
        (UnknownTopicOrPartitionError(), "E_TOPIC_MISSING", "acme-telemetry is gone"),
    ],
)
def test_a_failed_future_is_unresolved_and_explained(
    error: KafkaError, code: str, names: str
) -> None:
    outcome = send(Client([ACKED, error]), SETTINGS, records(2), soon())
    assert (outcome.acked, outcome.unresolved) == (1, (10,))
    assert outcome.cause is not None
    assert outcome.cause.code == code
    assert names in str(outcome.cause)


def _refused(client: Client) -> None:
    problem = SaslAuthenticationFailedError("not this token")
    logging.getLogger("kafka.net.connection").error("%s: Connection lost: %s", client, problem)


def _reset(client: Client) -> None:
    problem = KafkaConnectionError("reset by peer")
    logging.getLogger("kafka.net.connection").error("%s: Connection lost: %s", client, problem)


def _deleted(client: Client) -> None:
    client.partitions = KafkaTimeoutError("Failed to update metadata after 0.3 secs.")
    client._last_successful_refresh_ms = 1000 * time.monotonic()


def _hidden(client: Client) -> None:
    client.unauthorized_topics.add(SETTINGS.topic)


@pytest.mark.parametrize(
    ("happens", "code", "names"),
    [
        (_refused, "E_KAFKA_DENIED", "kafka-cluster:Connect"),
        (_reset, "E_KAFKA_UNREACHABLE", "no answer in time; last, .*reset by peer"),
        (_deleted, "E_TOPIC_MISSING", "acme-telemetry is gone"),
        (_hidden, "E_TOPIC_DENIED", "kafka-cluster:DescribeTopic"),
    ],
)
def test_what_gets_no_answer_is_explained_by_what_the_client_hides(
    happens: Callable[[Client], None], code: str, names: str
) -> None:
    client = Client([PENDING])
    threading.Timer(0.1, happens, (client,)).start()
    outcome = send(client, SETTINGS, records(1), soon())
    assert outcome.cause is not None
    assert outcome.cause.code == code
    assert re.search(names, str(outcome.cause))


def test_what_the_client_hid_in_another_call_explains_nothing() -> None:
    client = Client([PENDING])
    _refused(client)
    outcome = send(client, SETTINGS, records(1), soon())
    assert outcome.cause is not None
    assert outcome.cause.code == "E_KAFKA_UNREACHABLE"


def test_a_record_that_the_broker_finds_too_large_is_rejected_for_good() -> None:
    outcome = send(Client([MessageSizeTooLargeError(), ACKED]), SETTINGS, records(2), soon())
    assert [(one.index, one.reason) for one in outcome.rejected] == [(0, "E_REC_SIZE")]
    assert (outcome.acked, outcome.unresolved, outcome.cause) == (1, (), None)


def test_a_client_that_takes_no_more_leaves_the_rest_unresolved() -> None:
    client = Client([ACKED, KafkaTimeoutError, ACKED])
    outcome = send(client, SETTINGS, records(3), soon())
    assert (outcome.acked, outcome.unresolved) == (1, (10, 20))
    assert client.asked == 2  # each further try would wait as long


def test_a_topic_that_the_client_does_not_know_in_time_leaves_all_unresolved() -> None:
    client = Client([ACKED] * 3)
    client.partitions = KafkaTimeoutError("Failed to update metadata after 0.3 secs.")
    outcome = send(client, SETTINGS, records(3), soon())
    assert (client.asked, outcome.unresolved) == (0, (0, 10, 20))
    assert outcome.cause is not None
    assert "Failed to update metadata" in str(outcome.cause)


def test_the_clock_is_looked_at_and_the_topic_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "STEP_RECORDS", 2)
    client = Client([ACKED] * 5)
    asked: list[str] = []
    monkeypatch.setattr(client, "partitions_for", lambda topic: asked.append(topic) or {0})
    assert send(client, SETTINGS, records(5), soon() + 5).acked == 5
    assert asked == [SETTINGS.topic] * 3
    assert client.woken == 1  # for the one batch that was new


@pytest.mark.parametrize("build", [lambda: [PENDING] * 500, lambda: [ACKED, PENDING] * 250])
def test_many_pending_records_share_one_deadline(build: Callable[[], list[Any]]) -> None:
    began = time.monotonic()
    outcome = send(Client(build()), SETTINGS, records(500), soon())
    assert time.monotonic() - began < 1.5
    assert outcome.acked + len(outcome.unresolved) == 500


ROOM_FOR_TWO = 2 * (RECORD_OVERHEAD_BYTES + 10)


def test_no_more_is_handed_over_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BACKPRESSURE_SECONDS", 0.1)
    client = Client([ACKED, PENDING, PENDING, ACKED])
    outcome = send(client, SETTINGS, records(4), soon() + 0.5, ROOM_FOR_TWO)
    assert client.asked == 3
    assert (outcome.acked, outcome.unresolved) == (1, (10, 20, 30))
    assert outcome.cause is not None
    assert outcome.cause.code == "E_KAFKA_BACKPRESSURE"
    assert ROOM_FOR_TWO - 20 < outcome.held_bytes <= ROOM_FOR_TWO


def test_room_that_becomes_free_is_used() -> None:
    outcome = send(Client([ACKED] * 20, 0.02), SETTINGS, records(20), soon() + 5, ROOM_FOR_TWO)
    assert (outcome.acked, outcome.cause, outcome.held_bytes) == (20, None, 0)


def test_without_any_room_nothing_is_handed_over_at_once() -> None:
    client = Client([ACKED])
    began = time.monotonic()
    outcome = send(client, SETTINGS, records(1), soon() + 5, 0)
    assert time.monotonic() - began < 0.1
    assert (client.asked, outcome.unresolved) == (0, (0,))
    assert outcome.cause is not None
    assert outcome.cause.code == "E_KAFKA_BACKPRESSURE"


def test_the_client_never_blocks_beyond_the_deadline() -> None:
    client = Client([ACKED])
    send(client, SETTINGS, records(1), soon())
    assert client.config["max_block_ms"] <= 300


def test_a_deadline_that_has_passed_hands_nothing_over() -> None:
    client = Client([ACKED, ACKED])
    outcome = send(client, SETTINGS, records(2), time.monotonic() - 1)
    assert (client.asked, outcome.unresolved) == (0, (0, 10))
