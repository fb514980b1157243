"""One producer a container, for as long as nothing makes it doubtful."""

from __future__ import annotations

import threading
import time
from typing import Any, ClassVar

import kafka
import pytest

from handlers.msk_producer import connection, topic
from handlers.msk_producer.settings import Settings

SETTINGS = Settings("127.0.0.1:9098", "acme-telemetry", 3, "eu-central-1", "AcmeTelemetry")


class Sender:
    """Its thread, which a test may keep alive."""

    def __init__(self) -> None:
        self.forced = False
        self.ended = threading.Event()
        self.ended.set()

    def force_close(self) -> None:
        self.forced = True

    def join(self, timeout: float) -> None:
        self.ended.wait(timeout)


class Client:
    """Stands for KafkaProducer."""

    made: ClassVar[list[Client]] = []

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self._sender = Sender()
        self.closed = False
        Client.made.append(self)

    def close(self, timeout: float) -> None:
        self.closed = True


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> connection.Connection:
    monkeypatch.setattr(Client, "made", [])
    monkeypatch.setattr(kafka, "KafkaProducer", Client)
    monkeypatch.setattr(topic, "ensure", lambda settings, deadline: {})
    return connection.Connection(SETTINGS)


def get(link: connection.Connection) -> Any:
    return link.producer(time.monotonic() + 60)


def test_calls_share_one_producer(link: connection.Connection) -> None:
    assert get(link) is get(link)
    assert len(Client.made) == 1


def test_the_producer_is_safe_by_its_settings(link: connection.Connection) -> None:
    settings = get(link).settings
    assert settings["enable_idempotence"] is True
    assert settings["acks"] == "all"
    assert settings["security_protocol"] == "SASL_SSL"
    assert settings["allow_auto_create_topics"] is False
    assert set(settings) <= set(kafka.producer.KafkaProducer.DEFAULT_CONFIG)


def test_a_discarded_producer_is_closed_and_replaced(link: connection.Connection) -> None:
    first = get(link)
    link.discard()
    assert get(link) is not first
    deadline = time.monotonic() + 5
    while not first.closed and time.monotonic() < deadline:
        time.sleep(0.01)
    assert first.closed
    assert first._sender.forced  # else `close` may leave the thread alive


def test_what_a_discarded_producer_holds_is_no_room_until_it_has_ended(
    link: connection.Connection,
) -> None:
    free = link.room_bytes
    first = get(link)
    first._sender.ended.clear()
    link.discard(held_bytes=1000)
    assert link.room_bytes == free - 1000
    first._sender.ended.set()
    deadline = time.monotonic() + 5
    while link.room_bytes != free and time.monotonic() < deadline:
        time.sleep(0.01)
    assert link.room_bytes == free


def test_without_time_no_client_is_made(link: connection.Connection) -> None:
    with pytest.raises(connection.causes.PipelineError, match="no time is left"):
        link.producer(time.monotonic())
    assert Client.made == []


def test_a_forked_process_makes_its_own(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get(link)
    monkeypatch.setattr(connection.os, "getpid", lambda: -1)
    assert get(link) is not first
    assert not first.closed  # it is the parent's


def test_a_container_that_slept_makes_a_new_one(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get(link)
    later = time.time() + connection.IDLE_SECONDS + 1
    monkeypatch.setattr(connection.time, "time", lambda: later)
    assert get(link) is not first


def test_a_failure_while_making_leaves_nothing_behind(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings, deadline: float) -> dict[str, object]:
        raise connection.causes.unreachable(settings, "down")

    with monkeypatch.context() as broken:
        broken.setattr(topic, "ensure", fail)
        with pytest.raises(connection.causes.PipelineError):
            get(link)
    assert Client.made == []
    assert get(link) is Client.made[0]
