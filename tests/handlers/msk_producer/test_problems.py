"""What an exception of the client means: who can do what about it, and nothing that is secret."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import kafka
import pytest
from kafka import errors
from kafka.producer.future import FutureProduceResult, FutureRecordMetadata

from handlers.msk_producer import causes, clients, problems
from handlers.msk_producer.sending import send
from handlers.msk_producer.tokens import NoTokenError
from handlers.runtime.errors import Kind, PipelineError
from tests.handlers.msk_producer.test_sending import (
    ACKED,
    PENDING,
    SETTINGS,
    Client,
    records,
    soon,
)

SECRET = '{"SecretAccessKey": "example-of-a-secret-that-stays-secret"}'
UNREACHABLE, REFUSED, FAILED = "E_KAFKA_UNREACHABLE", "E_KAFKA_REFUSED", "E_KAFKA_CLIENT"


class Late(Client):
    """Resolves a record while it is waited for, as the client's own thread does."""

    def append(self, place: Any, at_ms: int, key: bytes, value: bytes, headers: list[Any]) -> Any:
        fate = self.fates[len(self.sent)]
        self.sent.append(value)
        batch = FutureProduceResult(place)
        future = FutureRecordMetadata(batch, 0, 0, None, 0, 0, 0)
        resolve = (lambda: batch.failure(fate)) if fate else lambda: batch.success((0, 0, None))
        threading.Timer(0.1, resolve).start()
        return future, False, len(self.sent) == 1, False


def test_an_error_of_any_kind_leaves_the_others_their_fate() -> None:
    outcome = send(Late([RuntimeError(SECRET), ACKED, ACKED]), SETTINGS, records(3), soon() + 2)
    assert (outcome.acked, outcome.unresolved, outcome.held_bytes) == (2, (0,), 0)
    assert outcome.cause is not None
    assert (outcome.cause.code, outcome.cause.kind) == (FAILED, Kind.DEPENDENCY)
    assert "RuntimeError" in str(outcome.cause)
    assert SECRET not in str(outcome.cause)


@pytest.mark.parametrize(
    ("partitions", "code"),
    [(RuntimeError(SECRET), FAILED), (set(), "E_TOPIC_MISSING")],
    ids=["of another kind", "no partitions"],
)
def test_a_topic_that_cannot_be_asked_for_leaves_all_unresolved(
    monkeypatch: pytest.MonkeyPatch, partitions: Any, code: str
) -> None:
    def answer(topic: str) -> Any:
        if isinstance(partitions, Exception):
            raise partitions
        return partitions

    client = Client([ACKED])
    monkeypatch.setattr(client, "partitions_for", answer)
    outcome = send(client, SETTINGS, records(1), soon())
    assert (outcome.acked, outcome.unresolved) == (0, (0,))
    assert outcome.cause is not None
    assert outcome.cause.code == code
    assert SECRET not in str(outcome.cause)


@pytest.mark.parametrize(
    ("error", "code", "fix"),
    [
        (errors.KafkaTimeoutError("batch expired"), UNREACHABLE, "security group"),
        (errors.KafkaConnectionError("reset by peer"), UNREACHABLE, "security group"),
        (errors.RequestTimedOutError(), UNREACHABLE, "security group"),
        (errors.NetworkExceptionError(), UNREACHABLE, "security group"),
        (errors.NodeNotReadyError(), UNREACHABLE, "security group"),
        (ConnectionResetError(104, "Connection reset by peer"), UNREACHABLE, "security group"),
        (errors.InvalidTimestampError("x"), REFUSED, "set the topic"),
        (errors.InvalidRecordError("x"), REFUSED, "set the topic"),
        (errors.PolicyViolationError(), REFUSED, "set the topic"),
        (errors.InvalidTopicError(), REFUSED, "set the topic"),
        (errors.NotEnoughReplicasError(), REFUSED, "every broker of the cluster is active"),
        (errors.KafkaStorageError(), REFUSED, "every broker of the cluster is active"),
        (errors.NotLeaderForPartitionError(), REFUSED, "every broker of the cluster is active"),
        (errors.CorruptRecordError(), REFUSED, "makes a new client"),
        (errors.ProducerFencedError(), REFUSED, "makes a new client"),
        (errors.OutOfOrderSequenceNumberError(), REFUSED, "makes a new client"),
        (errors.SaslAuthenticationFailedError("x"), "E_KAFKA_DENIED", "kafka-cluster:Connect"),
        (errors.TransactionalIdAuthorizationFailedError(), "E_KAFKA_DENIED", "grant"),
        (errors.IllegalStateError("RecordAccumulator is closed"), FAILED, "makes a new client"),
        (errors.KafkaError("Invalid transition"), FAILED, "makes a new client"),
        (ValueError(SECRET), FAILED, "makes a new client"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_a_record_fails_of_is_told_by_who_can_mend_it(
    error: Exception, code: str, fix: str
) -> None:
    outcome = send(Client([ACKED, error]), SETTINGS, records(2), soon())
    assert (outcome.acked, outcome.unresolved) == (1, (10,))
    assert outcome.cause is not None
    assert outcome.cause.code == code
    assert fix in str(outcome.cause.fix)
    assert SECRET not in str(outcome.cause)
    if code in (REFUSED, FAILED):
        assert type(error).__name__ in str(outcome.cause)
        assert outcome.cause.kind is Kind.DEPENDENCY


NO_ID = "Could not execute transactional request for unknown reasons: "
IN_ERROR = "Cannot execute transactional method because we are in an error state: "
BESIDE = (
    "Failed to append record because it was part of a batch which had one more more invalid records"
)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (f"{NO_ID}{errors.RequestTimedOutError('after 5000 ms')}", UNREACHABLE, "TimedOut"),
        (f"{NO_ID}{ConnectionResetError(104, SECRET)}", UNREACHABLE, "no answer to the request"),
        (f"{IN_ERROR}{NO_ID}{OSError(SECRET)}", UNREACHABLE, "no answer to the request"),
        (f"Unexpected error: {errors.ClusterAuthorizationFailedError()}", "E_KAFKA_DENIED", "Idem"),
        (f"{IN_ERROR}{errors.InvalidRequestError()}", REFUSED, "InvalidRequestError"),
        (f"Unexpected error: {errors.UnknownError()}", REFUSED, "UnknownError"),
        (f"Unexpected error: {errors.SaslAuthenticationFailedError()}", "E_KAFKA_DENIED", "Conn"),
        (f"{NO_ID}{NoTokenError('RuntimeError')}", "E_AWS_NO_CREDENTIALS", "(RuntimeError)"),
        (BESIDE, REFUSED, "InvalidRecordError"),
        ("Invalid transition attempted", FAILED, "Invalid transition attempted"),
    ],
)
def test_an_error_that_the_client_wraps_in_a_plain_one_is_told_as_itself(
    text: str, code: str, words: str
) -> None:
    outcome = send(Client([errors.KafkaError(text)]), SETTINGS, records(1), soon())
    assert outcome.cause is not None
    assert outcome.cause.code == code
    assert words in str(outcome.cause)
    assert SECRET not in str(outcome.cause)


def test_of_what_a_broker_says_of_a_record_only_the_name_is_told() -> None:
    error = errors.InvalidRecordError("CUST_0badc0de_000042 has no title")
    outcome = send(Client([error]), SETTINGS, records(1), soon())
    assert "InvalidRecordError" in str(outcome.cause)
    assert "CUST_" not in str(outcome.cause)


def test_of_an_error_in_the_clients_log_that_is_not_its_own_only_the_type_is_told() -> None:
    log = logging.getLogger("kafka.net.connection")
    failing = RuntimeError(f"custom-process said: {SECRET}")
    threading.Timer(0.1, log.error, ("%s: Connection lost: %s", "node", failing)).start()
    outcome = send(Client([PENDING]), SETTINGS, records(1), soon())
    assert outcome.cause is not None
    assert outcome.cause.code == UNREACHABLE
    assert "no answer in time; last, RuntimeError" in str(outcome.cause)
    assert SECRET not in str(outcome.cause)


@pytest.mark.parametrize(
    ("error", "logged", "code"),
    [
        (RuntimeError(SECRET), None, FAILED),
        (ValueError(f"Unrecognized configs: {SECRET}"), None, FAILED),
        (errors.KafkaTimeoutError("Unable to bootstrap"), RuntimeError(SECRET), FAILED),
        (errors.KafkaTimeoutError("Unable to bootstrap"), OSError(113, "No route"), UNREACHABLE),
        (errors.KafkaTimeoutError("Unable to bootstrap"), None, UNREACHABLE),
        (errors.UnsupportedSaslMechanismError("x"), None, REFUSED),
    ],
)
def test_what_a_client_fails_to_start_of_is_told_without_a_secret(
    monkeypatch: pytest.MonkeyPatch, error: Exception, logged: Exception | None, code: str
) -> None:
    def fail(**settings: Any) -> None:
        if logged is not None:
            logging.getLogger("kafka.net.manager").warning("Bootstrap failed: %s", logged)
        raise error

    monkeypatch.setattr(kafka, "KafkaProducer", fail)
    with pytest.raises(PipelineError) as refused:
        clients.producer(SETTINGS, time.monotonic() + 5)
    assert refused.value.code == code
    assert SECRET not in str(refused.value)


def test_what_is_told_already_is_not_told_anew() -> None:
    told = problems.out_of_time()
    with pytest.raises(PipelineError) as refused, causes.explained(SETTINGS):
        raise told
    assert refused.value is told


def test_a_client_that_cannot_say_goodbye_is_ended_all_the_same() -> None:
    class Stubborn:
        forced = False

        @property
        def _sender(self) -> Stubborn:
            return self

        def force_close(self) -> None:
            self.forced = True

        def join(self, timeout: float) -> None:
            pass

        def close(self, timeout: float) -> None:
            raise RuntimeError("NetworkSelector closed!")

    client = Stubborn()
    clients.end(client)
    assert client.forced
