"""A connection belongs to one process: what a fork copies of it is of no use to the child."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from handlers.msk_producer import clients, connection, topic
from handlers.msk_producer.limits import OUTSTANDING_MAX_BYTES
from tests.handlers.msk_producer.test_connection import RECORDS, SETTINGS
from tests.handlers.msk_producer.test_sending import ACKED
from tests.handlers.msk_producer.test_sending import Client as Sending

PATIENCE_SECONDS = 10


@pytest.fixture
def parent(monkeypatch: pytest.MonkeyPatch) -> connection.Connection:
    """This process's connection, whose clients acknowledge all and are never heard to end."""
    connection.of_process.cache_clear()
    monkeypatch.setattr(topic, "ensure", lambda settings, deadline: {})
    monkeypatch.setattr(clients, "producer", lambda *given, **named: Sending([ACKED] * 9))
    monkeypatch.setattr(clients, "end", lambda producer: threading.Event().wait())
    link = connection.of(SETTINGS)
    assert link.send(RECORDS, time.monotonic() + 5).acked == 3
    return link


def in_a_child(say: Callable[[], object]) -> str:
    """What a forked process says, or nothing where it is stuck."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        told = threading.Event()

        def answer() -> None:
            os.write(theirs, repr(say()).encode())
            told.set()

        threading.Thread(target=answer, daemon=True).start()
        told.wait(PATIENCE_SECONDS)
        os._exit(0)
    os.close(theirs)
    with open(ours) as answers:
        said = answers.read()
    os.waitpid(child, 0)
    return said


def sent() -> tuple[int, int]:
    link = connection.of(SETTINGS)
    return link.send(RECORDS, time.monotonic() + 5).acked, link.room_bytes


def test_a_child_has_all_the_room(parent: connection.Connection) -> None:
    parent.discard(held_bytes=OUTSTANDING_MAX_BYTES)
    assert parent.room_bytes == 0
    assert in_a_child(sent) == str((3, OUTSTANDING_MAX_BYTES))


def test_a_child_waits_for_no_lock_of_its_parent(parent: connection.Connection) -> None:
    with parent._lock:
        assert in_a_child(sent) == str((3, OUTSTANDING_MAX_BYTES))


def test_a_child_makes_its_own_producer_and_leaves_the_parents_alone(
    parent: connection.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours: Any = parent._producer
    ended: list[object] = []

    def note(client: object) -> None:
        ended.append(client)

    monkeypatch.setattr(clients, "end", note)
    monkeypatch.setattr(type(ours), "__del__", note, raising=False)

    def is_its_own() -> tuple[bool, int]:
        link = connection.of(SETTINGS)
        return link.producer(time.monotonic() + 5) is not ours, len(ended)

    assert in_a_child(is_its_own) == str((True, 0))
    assert connection.of(SETTINGS) is parent
