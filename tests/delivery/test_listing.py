"""The list of streams: whatever it says, or if it says nothing, the streams at work go on."""

from __future__ import annotations

import copy
import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import settings
from local.delivery import worker
from local.delivery.account import READ_SECONDS
from local.delivery.crash import Crash
from local.delivery.delivery import BACKOFF_SECONDS
from local.delivery.metrics import Metrics
from local.delivery.part import part
from local.delivery.progress import Progress
from local.delivery.stream import Stream
from local.delivery.worker import Worker
from local.ports import free_ports
from local.settings import Laptop
from tests.conftest import wait_for
from tests.delivery.test_stream import DESCRIPTION


class Idle:
    """A delivery that has nothing to do."""

    def __init__(self, laptop: Laptop, stream: Stream, crash: Crash) -> None:
        self.stream = stream
        self.progress = Progress(stream.topic)

    def start(self) -> None:
        pass

    def is_alive(self) -> bool:
        return True

    def end(self, flush: bool) -> None:
        pass

    def join(self, seconds: float) -> None:
        time.sleep(seconds)  # it does not come to its end


class Firehose:
    """The API: streams by name, or an answer that is none."""

    def __init__(self) -> None:
        self.streams: dict[str, Any] = {}
        self.wait_seconds = 0.0
        self.error: Exception | None = None

    def list_delivery_streams(self) -> dict[str, Any]:
        """All names at once."""
        time.sleep(self.wait_seconds)
        if self.error is not None:
            raise self.error
        return {"DeliveryStreamNames": list(self.streams), "HasMoreDeliveryStreams": False}

    def describe_delivery_stream(self, DeliveryStreamName: str) -> dict[str, Any]:
        """One stream."""
        return {"DeliveryStreamDescription": self.streams[DeliveryStreamName]}


def _described(name: str, hints: dict[str, int]) -> dict[str, Any]:
    found = {**copy.deepcopy(DESCRIPTION), "DeliveryStreamName": name}
    found["Destinations"][0]["ExtendedS3DestinationDescription"]["BufferingHints"] = hints
    return found


GOOD = {"SizeInMBs": 1, "IntervalInSeconds": 1}


@pytest.fixture
def firehose() -> Firehose:
    """The API that the worker asks."""
    return Firehose()


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, firehose: Firehose) -> Worker:
    """A worker that asks this API, without an emulator."""
    monkeypatch.setattr(worker, "Delivery", Idle)
    laptop = dataclasses.replace(settings.load(), state=tmp_path, ports=free_ports())
    made = Worker(laptop, Crash())
    made._firehose = firehose
    return made


def test_a_stream_that_cannot_be_read_stops_no_other(at_work: Worker, firehose: Firehose) -> None:
    firehose.streams = {"odd": _described("odd", {"SizeInMBs": 1}), "s": _described("s", GOOD)}
    at_work._follow()
    assert list(at_work._deliveries) == ["s"]
    assert str(at_work._error).startswith("E_DELIVERY_STREAM: stream odd ")
    assert "; fix: " in str(at_work._error)
    firehose.streams["odd"] = _described("odd", GOOD)
    at_work._follow()
    assert list(at_work._deliveries) == ["s", "odd"] and at_work._error is None


def test_a_stream_at_work_goes_on_as_it_was(at_work: Worker, firehose: Firehose) -> None:
    firehose.streams = {"s": _described("s", GOOD)}
    at_work._follow()
    before = at_work._deliveries["s"]
    firehose.streams = {"s": _described("s", {})}
    at_work._follow()
    assert at_work._deliveries == {"s": before} and before.stream.buffer_seconds == 1
    assert str(at_work._error).startswith("E_DELIVERY_STREAM: stream s ")


@pytest.mark.parametrize("error", [KeyError("DeliveryStreamNames"), TypeError(), OSError()])
def test_without_a_list_every_stream_goes_on(
    at_work: Worker, firehose: Firehose, error: Exception
) -> None:
    firehose.streams = {"s": _described("s", GOOD)}
    at_work._follow()
    before = dict(at_work._deliveries)
    firehose.error = error
    at_work._follow()
    assert at_work._deliveries == before
    assert str(at_work._error).startswith("E_DELIVERY_EMULATOR: ")


def test_the_time_to_end_counts_from_the_word(
    at_work: Worker, firehose: Firehose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "END_SECONDS", 1.0)
    monkeypatch.setattr(worker, "LIST_SECONDS", 0.0)
    monkeypatch.setattr(worker, "STATUS_SECONDS", 0.01)
    firehose.streams = {"s": _described("s", GOOD)}
    thread = threading.Thread(target=at_work.run)
    thread.start()
    wait_for(lambda: at_work._deliveries, 5)
    firehose.wait_seconds = 1.5  # from now on the API is slow
    time.sleep(0.1)
    started = time.monotonic()
    at_work.stop()
    thread.join(5)
    assert time.monotonic() - started < 2.1


@pytest.fixture
def hanging() -> Iterator[Laptop]:
    """A laptop whose emulator takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        ports = dataclasses.replace(free_ports(), emulator=server.getsockname()[1])
        yield dataclasses.replace(settings.load(), ports=ports)


def test_an_emulator_that_hangs_is_not_waited_for(
    hanging: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ANSWER_SECONDS", 0.3)
    at_work = Worker(hanging, Crash())
    started = time.monotonic()
    at_work._follow()
    assert time.monotonic() - started < 2
    assert str(at_work._error).startswith("E_DELIVERY_EMULATOR: ReadTimeoutError: ")


def test_metrics_that_nobody_takes_are_not_waited_for_twice(
    at_work: Worker, firehose: Firehose, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def tell(self: Metrics, stream: str, progress: Progress) -> bool:
        told.append(stream)
        return False

    monkeypatch.setattr(Metrics, "tell", tell)
    firehose.streams = {name: _described(name, GOOD) for name in ("a", "b")}
    at_work._follow()
    at_work._measure()
    assert told == ["a"]


def test_the_waits_fit_into_their_promises() -> None:
    assert worker.ANSWER_SECONDS + worker.STATUS_SECONDS < 15
    laptop = settings.load()
    assert part(laptop).stop_seconds > worker.END_SECONDS + 2  # 2 s: the last metrics
    connect_seconds, metadata_seconds = 3, 8
    assert connect_seconds + READ_SECONDS + BACKOFF_SECONDS[-1] + metadata_seconds < 30
