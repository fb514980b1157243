"""Calls that are too short, and calls that fail of what nobody foresaw: none costs an account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from handlers.contract.records import Record
from handlers.msk_producer import clients, connection, sending, topic
from handlers.msk_producer.limits import OUTSTANDING_MAX_BYTES
from handlers.runtime.errors import Kind
from tests.conftest import wait_for
from tests.handlers.msk_producer.test_connection import RECORDS, SETTINGS
from tests.handlers.msk_producer.test_sending import ACKED, PENDING, Client

SECRET = "example-of-a-secret-that-stays-secret"
MANY = [Record(n, b"k", b"v") for n in range(4)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Client]:
    """The clients that were made, in order; each acknowledges all."""
    clients_made: list[Client] = []

    def make(*given: object, **named: object) -> Client:
        clients_made.append(Client([ACKED] * 20))
        return clients_made[-1]

    monkeypatch.setattr(topic, "ensure", lambda settings, deadline: {})
    monkeypatch.setattr(clients, "producer", make)
    monkeypatch.setattr(clients, "end", lambda producer: None)
    return clients_made


def test_a_call_without_time_says_so_and_keeps_the_producer(made: list[Client]) -> None:
    link = connection.Connection(SETTINGS)
    assert link.send(RECORDS, time.monotonic() + 5).acked == 3
    for seconds in (-1, 0, 0.01):
        outcome = link.send(RECORDS, time.monotonic() + seconds)
        assert (outcome.acked, outcome.unresolved) == (0, (3, 5, 9))
        assert outcome.cause is not None
        assert (outcome.cause.code, outcome.cause.kind) == ("E_CALL_DEADLINE", Kind.DEPENDENCY)
    assert link.send(RECORDS, time.monotonic() + 5).acked == 3
    assert len(made) == 1


def test_a_call_without_time_makes_no_producer(made: list[Client]) -> None:
    outcome = connection.Connection(SETTINGS).send(RECORDS, time.monotonic())
    assert outcome.cause is not None
    assert (outcome.cause.code, outcome.unresolved, made) == ("E_CALL_DEADLINE", (3, 5, 9), [])


def slow(seconds: float) -> Callable[[str], set[int]]:
    """What the client says of the topic, the second time too late."""
    asked: list[str] = []

    def partitions_for(topic: str) -> set[int]:
        asked.append(topic)
        time.sleep(seconds if len(asked) > 1 else 0)
        return {0}

    return partitions_for


@pytest.mark.parametrize(
    ("fates", "code", "clients_made"),
    [
        ([ACKED] * 4, "E_CALL_DEADLINE", 1),
        ([ACKED, PENDING, ACKED, ACKED], "E_CALL_DEADLINE", 2),
        ([ACKED, RuntimeError("x"), ACKED, ACKED], "E_KAFKA_CLIENT", 2),
    ],
    ids=["all that was sent is acked", "one is on its way", "one failed"],
)
def test_a_call_that_ends_while_it_sends_costs_the_producer_only_if_that_is_in_doubt(
    made: list[Client],
    monkeypatch: pytest.MonkeyPatch,
    fates: list[Any],
    code: str,
    clients_made: int,
) -> None:
    monkeypatch.setattr(sending, "STEP_RECORDS", 2)
    link = connection.Connection(SETTINGS)
    client: Any = link.producer(time.monotonic() + 5)
    client.fates, client.partitions_for = fates, slow(0.4)
    outcome = link.send(MANY + MANY, time.monotonic() + 0.3)
    assert outcome.cause is not None
    assert outcome.cause.code == code
    link.producer(time.monotonic() + 5)
    assert len(made) == clients_made


@pytest.mark.parametrize("fails", ["send", "ensure"])
def test_what_nobody_foresaw_is_told_by_its_type_and_ends_the_producer(
    made: list[Client], monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def fail(*given: object) -> None:
        raise RuntimeError(SECRET)

    link = connection.Connection(SETTINGS)
    with monkeypatch.context() as broken:
        broken.setattr(*((sending, "send") if fails == "send" else (topic, "ensure")), fail)
        outcome = link.send(RECORDS, time.monotonic() + 5)
    assert (outcome.acked, outcome.unresolved) == (0, (3, 5, 9))
    assert outcome.cause is not None
    assert (outcome.cause.code, outcome.cause.kind) == ("E_KAFKA_CLIENT", Kind.DEPENDENCY)
    assert "RuntimeError" in str(outcome.cause)
    assert SECRET not in str(outcome.cause)
    count = len(made)
    assert link.send(RECORDS, time.monotonic() + 5).acked == 3
    assert len(made) == count + 1


def test_a_producer_whose_end_fails_gives_its_room_back(
    made: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()

    def fail(producer: object) -> None:
        failed.set()
        raise RuntimeError("NetworkSelector closed!")

    monkeypatch.setattr(clients, "end", fail)
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    link = connection.Connection(SETTINGS)
    link.producer(time.monotonic() + 5)
    link.discard(held_bytes=1_000)
    assert failed.wait(5)
    wait_for(lambda: link.room_bytes == OUTSTANDING_MAX_BYTES, 2)
