"""One producer a container, for as long as nothing makes it doubtful."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import kafka
import pytest

from handlers.contract.batch import Rejection
from handlers.contract.records import Record
from handlers.msk_producer import clients, connection, problems, sending, topic
from handlers.msk_producer.sending import Outcome
from handlers.msk_producer.settings import Settings
from handlers.runtime.errors import Kind, PipelineError
from tests.conftest import wait_for

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
    wait_for(lambda: first.closed, 5)
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
    wait_for(lambda: link.room_bytes == free, 5)


def test_without_time_no_client_is_made(link: connection.Connection) -> None:
    with pytest.raises(PipelineError, match="no time is left"):
        link.producer(time.monotonic())
    assert Client.made == []


def test_a_container_that_slept_makes_a_new_one(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get(link)
    later = time.time() + connection.IDLE_SECONDS + 1
    monkeypatch.setattr(connection.time, "time", lambda: later)
    assert get(link) is not first


def test_what_takes_longer_than_the_call_is_not_waited_for_and_ended_when_it_comes(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def hang(settings: Settings, deadline: float) -> dict[str, object]:
        released.wait(30)
        return {}

    monkeypatch.setattr(topic, "ensure", hang)
    began = time.monotonic()
    with pytest.raises(PipelineError, match="no answer in the time of the call") as refused:
        link.producer(time.monotonic() + 0.3)
    assert refused.value.code == "E_KAFKA_UNREACHABLE"
    assert time.monotonic() - began < 1
    # It comes late: too late to be connected in time, or it is ended.
    released.set()
    wait_for(lambda: all(client.closed for client in Client.made), 5)


RECORDS = [Record(3, b"k", b"v"), Record(5, b"k", b"v"), Record(9, b"k", b"v")]
GONE = PipelineError("E_KAFKA_UNREACHABLE", "gone", kind=Kind.DEPENDENCY)
DENIED = PipelineError("E_KAFKA_DENIED", "denied", kind=Kind.DENIED)
ALL_ACKED = Outcome(3, (), (), None)
STALE = Outcome(0, (), (3, 5, 9), GONE)


def sent(
    link: connection.Connection,
    monkeypatch: pytest.MonkeyPatch,
    outcomes: list[Outcome],
    after: Callable[[], None] = lambda: None,
) -> tuple[Outcome, list[list[int]]]:
    """What `send` replies when the client does `outcomes`, and the records of each try."""
    tries: list[list[int]] = []

    def send(producer: Any, settings: Settings, records: Any, *rest: Any) -> Outcome:
        tries.append([record.index for record in records])
        after()
        return outcomes[len(tries) - 1]

    monkeypatch.setattr(sending, "send", send)
    return link.send(RECORDS, time.monotonic() + 60), tries


def test_a_kept_producer_that_fails_at_once_is_replaced_and_all_sent_again(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get(link)
    too_large = (Rejection(3, "E_REC_SIZE", "too large"),)
    alone = Outcome(0, too_large, (), None)
    outcomes = [Outcome(0, too_large, (5, 9), GONE), Outcome(2, too_large, (), None), alone]
    outcome, tries = sent(link, monkeypatch, outcomes)
    assert tries == [[3, 5, 9], [3, 5, 9], [3]]
    assert outcome == Outcome(2, too_large, (), None)
    assert get(link) is not first


TOO_LARGE = (Rejection(3, "E_REC_SIZE", "too large"), Rejection(5, "E_REC_SIZE", "too large"))


def test_records_of_a_batch_that_is_too_large_are_sent_alone(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = [Outcome(0, TOO_LARGE, (9,), GONE), Outcome(2, TOO_LARGE[:1], (), None)]
    outcome, tries = sent(link, monkeypatch, outcomes)
    assert tries == [[3, 5, 9], [3, 5, 9]]
    assert outcome == Outcome(2, TOO_LARGE[:1], (), None)
    alone = Client.made[-1].settings
    assert (alone["batch_size"], alone["retries"], alone["enable_idempotence"]) == (0, 0, False)
    assert alone["acks"] == "all"
    wait_for(lambda: all(one.closed for one in Client.made), 5)


def test_what_is_still_on_its_way_is_not_sent_alone(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Outcome(0, TOO_LARGE, (9,), GONE, held_bytes=1)
    outcome, tries = sent(link, monkeypatch, [held, Outcome(1, TOO_LARGE[1:], (), None)])
    assert tries == [[3, 5, 9], [3, 5]]
    assert outcome == Outcome(1, TOO_LARGE[1:], (9,), GONE, held_bytes=1)


def test_without_a_second_client_nothing_is_known_of_a_batch_that_is_too_large(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    get(link)

    def gone(*_: object, **__: object) -> None:
        raise GONE

    monkeypatch.setattr(clients, "producer", gone)
    outcome, tries = sent(link, monkeypatch, [Outcome(1, TOO_LARGE, (), None)])
    assert (outcome, tries) == (Outcome(1, (), (3, 5), GONE), [[3, 5, 9]])


def test_it_is_tried_again_once(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    get(link)
    outcome, tries = sent(link, monkeypatch, [STALE, STALE])
    assert (outcome, len(tries)) == (STALE, 2)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Outcome(0, (), (3, 5, 9), DENIED), id="denied"),
        pytest.param(Outcome(1, (), (5, 9), GONE), id="some acked"),
        pytest.param(Outcome(0, (), (3, 5, 9), GONE, held_bytes=1), id="still on their way"),
        pytest.param(ALL_ACKED, id="all acked"),
    ],
)
def test_nothing_else_is_tried_again(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch, outcome: Outcome
) -> None:
    get(link)
    assert sent(link, monkeypatch, [outcome]) == (outcome, [[3, 5, 9]])


def test_a_new_producer_is_not_stale(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sent(link, monkeypatch, [STALE]) == (STALE, [[3, 5, 9]])


def test_what_fails_late_is_not_tried_again(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    get(link)
    monkeypatch.setattr(connection, "AT_ONCE_SECONDS", 0.05)
    assert sent(link, monkeypatch, [STALE], lambda: time.sleep(0.1)) == (STALE, [[3, 5, 9]])


@pytest.mark.parametrize(
    ("outcomes", "made"),
    [([STALE], 2), ([Outcome(1, TOO_LARGE, (), None), Outcome(1, TOO_LARGE[:1], (), None)], 3)],
    ids=["unresolved", "rejected"],
)
def test_a_doubtful_producer_is_not_used_again(
    link: connection.Connection,
    monkeypatch: pytest.MonkeyPatch,
    outcomes: list[Outcome],
    made: int,
) -> None:
    sent(link, monkeypatch, outcomes)
    get(link)
    assert len(Client.made) == made


def test_a_failure_while_making_leaves_nothing_behind(
    link: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings, deadline: float) -> dict[str, object]:
        raise problems.unreachable(settings, "down")

    with monkeypatch.context() as broken:
        broken.setattr(topic, "ensure", fail)
        with pytest.raises(PipelineError):
            get(link)
    assert Client.made == []
    assert get(link) is Client.made[0]
