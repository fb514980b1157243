"""The worker's process and its neighbours, killed and ended."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

import local.delivery
from local import emulator
from local.kafka import broker
from local.parts import Part
from tests.conftest import wait_for
from tests.delivery.pipeline import Pipeline, events

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def running(pipeline: Pipeline) -> None:
    """The worker is a process of its own here."""
    pipeline.supervisor.start(local.delivery.part(pipeline.laptop))


def _kill(pipeline: Pipeline, part: Part) -> None:
    process = psutil.Process(pipeline.supervisor.status(part).pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)


@pytest.mark.parametrize("killed", [("emulator",), ("worker", "emulator", "broker")])
def test_a_kill_loses_nothing(pipeline: Pipeline, killed: tuple[str, ...]) -> None:
    stream = pipeline.stream(seconds=1)
    pipeline.aws.hook("save")
    stream.send(events(300))
    wait_for(lambda: stream.status().get("records"), 30)
    stream.send(events(300, start=300))
    parts = {
        "worker": local.delivery.part(pipeline.laptop),
        "emulator": emulator.part(pipeline.laptop),
        "broker": broker.part(pipeline.laptop),
    }
    for name in killed:
        _kill(pipeline, parts[name])
    for name in reversed(killed):
        pipeline.supervisor.start(parts[name])
    stream.send(events(300, start=600))
    stream.expect_healed(events(900))


def test_an_end_stores_what_is_buffered(pipeline: Pipeline) -> None:
    stream = pipeline.stream(seconds=300)
    stream.send(events(90))
    wait_for(lambda: stream.status().get("buffered") == 90, 30)
    assert stream.objects() == []
    part = local.delivery.part(pipeline.laptop)
    started = time.monotonic()
    pipeline.supervisor.stop(part)
    assert time.monotonic() - started < 10
    assert sorted(stream.lines()) == sorted(events(90))
    pipeline.supervisor.start(part)
    wait_for(lambda: stream.status().get("lag") == 0, 30)
    assert len(stream.lines()) == 90
