"""Figures between two states of a stream, by Firehose's names."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from local import settings
from local.delivery.metrics import Metrics, metrics
from local.delivery.progress import Progress
from local.ports import free_ports
from local.settings import Laptop

READ = {"DataReadFromSource.Records": 0, "DataReadFromSource.Bytes": 0}
SOME: dict[str, Any] = {"records": 10, "bytes": 100, "objects": 2, "read_records": 10}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {}, READ),
        ({}, {"kafka_offset_lag": 7}, {**READ, "KafkaOffsetLag": 7}),
        ({}, {"oldest_ms": 95_000}, {**READ, "DeliveryToS3.DataFreshness": 5.0}),
        (
            {"read_records": 5, "read_bytes": 50},
            {"read_records": 8, "read_bytes": 90},
            {"DataReadFromSource.Records": 3, "DataReadFromSource.Bytes": 40},
        ),
        (
            SOME,
            {**SOME, "records": 30, "bytes": 350, "objects": 3, "delivered_age_seconds": 9.0},
            {
                **READ,
                "DeliveryToS3.Records": 20,
                "DeliveryToS3.Bytes": 250,
                "DeliveryToS3.Success": 1.0,
                "DeliveryToS3.DataFreshness": 9.0,
                "DataReadFromSource.Backpressured": 0.0,
            },
        ),
        (
            SOME,
            {**SOME, "refused_objects": 4},
            {**READ, "DeliveryToS3.Success": 0.0, "DataReadFromSource.Backpressured": 1.0},
        ),
        (
            {},
            {"records": 1, "bytes": 2, "objects": 1, "refused_objects": 3},
            {
                **READ,
                "DeliveryToS3.Records": 1,
                "DeliveryToS3.Bytes": 2,
                "DeliveryToS3.Success": 0.25,
                "DataReadFromSource.Backpressured": 1.0,
            },
        ),
    ],
)
def test_figures_between_two_states(
    before: dict[str, Any], now: dict[str, Any], expected: dict[str, float]
) -> None:
    found = metrics(Progress("t", **before), Progress("t", **now), at=100.0)
    assert found == expected


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, float]]:
    """What an emulator was told, report by report."""
    found: list[dict[str, float]] = []

    class Taken:
        def close(self) -> None:
            pass

    def take(request: urllib.request.Request, timeout: float) -> Taken:
        assert isinstance(request.data, bytes)
        found.append(json.loads(request.data)["metrics"])
        return Taken()

    monkeypatch.setattr(urllib.request, "urlopen", take)
    return found


def test_a_stream_that_begins_again_counts_from_nothing(told: list[dict[str, float]]) -> None:
    at_work = Metrics(settings.load())
    first = Progress("t", read_records=100, read_bytes=5000, refused_objects=7)
    at_work.tell("s", first)
    first.read_records = 110
    at_work.tell("s", first)
    again = Progress("t", read_records=5, read_bytes=10, refused_objects=1)
    at_work.tell("s", again)
    assert [one["DataReadFromSource.Records"] for one in told] == [100, 10, 5]
    assert [one["DataReadFromSource.Bytes"] for one in told] == [5000, 0, 10]
    assert [one.get("DeliveryToS3.Success") for one in told] == [0.0, None, 0.0]


@pytest.fixture
def garbled() -> Iterator[Laptop]:
    """A laptop whose emulator answers what is no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"garbage\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        ports = dataclasses.replace(free_ports(), emulator=server.getsockname()[1])
        yield dataclasses.replace(settings.load(), ports=ports)


def test_an_answer_that_is_none_ends_nothing(garbled: Laptop) -> None:
    assert Metrics(garbled).tell("s", Progress("t")) is False
