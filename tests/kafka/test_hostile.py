"""What befalls a producer between and during its calls, on the real broker."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kafka.cluster import ClusterMetadata

from handlers.contract.batch import Account
from handlers.msk_producer import clients, connection, topic
from handlers.msk_producer.settings import Settings, load
from tests.handlers.msk_producer.events import event
from tests.kafka.conftest import Stream
from tests.kafka.test_producer import CLUSTER, RIGHTS, call, ids_in_topic, producer

__all__ = ["producer"]

pytestmark = pytest.mark.stack

RACES = 50


def send(*indices: int, seconds: float = 60) -> Account:
    batch = {"batch_id": "b", "events": [event(index) for index in indices]}
    return Account.of_reply(call(batch, seconds))


def test_two_that_make_a_topic_at_once_both_succeed(
    stream: Stream, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(stream.role("racer", stream.statements(CLUSTER, RIGHTS, name="race-*")))
    stream.wait_for_policies()
    settings, deadline = load(os.environ), time.monotonic() + 60
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        mine = threading.local()

        @contextlib.contextmanager
        def kept(settings: Settings, deadline: float) -> Any:
            """One client a thread: the race is for the topic, not for the connection."""
            if not hasattr(mine, "client"):
                mine.client = stack.enter_context(clients.admin(settings, deadline))
            yield mine.client

        monkeypatch.setattr(topic, "admin", kept)
        both = threading.Barrier(2)

        def make(name: str) -> dict[str, object]:
            both.wait(60)
            own = Settings(settings.bootstrap_brokers, name, 3, settings.region, "AcmeTelemetry")
            return topic.ensure(own, deadline)

        for race in range(RACES):
            made = list(pool.map(make, [f"race-{race}"] * 2))
            assert [one["partitions"] for one in made] == [3, 3]
            assert sum(bool(one["created"]) for one in made) == 1


def test_an_advertised_address_that_is_wrong_has_its_own_words(
    producer: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = ClusterMetadata.update_metadata

    def misled(self: ClusterMetadata, metadata: Any) -> Any:
        for broker in metadata.brokers:
            broker.port = 1
        return update(self, metadata)

    monkeypatch.setattr(ClusterMetadata, "update_metadata", misled)
    began = time.monotonic()
    refused = send(0).error
    assert time.monotonic() - began < 20
    assert refused is not None
    assert refused["code"] == "E_KAFKA_UNREACHABLE"
    assert "addresses that the brokers advertise, 127.0.0.1:1" in str(refused["message"])


def test_a_producer_that_was_closed_meanwhile_is_replaced_within_the_call(
    producer: Stream,
) -> None:
    assert send(0).acked == 1
    clients.end(connection.of(load(os.environ)).producer(time.monotonic() + 60))
    assert send(1, 2).acked == 2
    assert len(ids_in_topic(producer)) == 3


def test_a_forked_container_makes_its_own_producer(producer: Stream) -> None:
    assert send(0).acked == 1
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        with open(theirs, "w") as answers:
            answers.write(json.dumps(send(1).as_reply()))
        os._exit(0)
    os.close(theirs)
    with open(ours) as answers:
        reply = json.loads(answers.read())
    os.waitpid(child, 0)
    assert reply["acked"] == 1
    assert send(2).acked == 1
    assert len(ids_in_topic(producer)) == 3
