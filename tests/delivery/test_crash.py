"""A worker that dies at any point loses nothing, and leaves no object half or twice."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time

import psutil
import pytest

import local.delivery
from local.delivery import crash
from local.delivery.crash import POINTS, RANDOM_PASSES, STATUS, Crash, CrashPointError
from tests.delivery.pipeline import Pipeline, Stream

KILLS_VARIABLE = "ACME_TEST_DELIVERY_KILLS"
KILLS = int(os.environ.get(KILLS_VARIABLE, "0"))


@pytest.mark.parametrize("text", ["nowhere", "mid_put:0", "mid_put:x", "after_put:-1", "random"])
def test_an_unknown_point_is_refused(text: str) -> None:
    with pytest.raises(CrashPointError, match=r"E_DELIVERY_CRASH_AT: .*; expected .*; fix: "):
        Crash.read({crash.VARIABLE: text})


def test_a_point_ends_the_process_at_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    told = Crash.read({crash.VARIABLE: "after_put:2"})
    for point in (*POINTS, "after_put"):
        assert ended == []
        told.passes(point)
    assert ended == [STATUS]
    Crash.read({}).passes("after_put")
    assert ended == [STATUS]


def test_a_seed_decides_point_and_count() -> None:
    def of(seed: int) -> tuple[str | None, int]:
        told = Crash.read({crash.VARIABLE: f"random:{seed}"})
        return told.point, told._left

    found = {of(seed) for seed in range(200)}
    assert found == {(point, n) for point in POINTS for n in range(1, RANDOM_PASSES + 1)}
    assert [of(seed) for seed in range(20)] == [of(seed) for seed in range(20)]


def test_the_worker_says_what_is_wrong(pipeline: Pipeline) -> None:
    environment = {**local.delivery.part(pipeline.laptop).environment, crash.VARIABLE: "there"}
    command = [sys.executable, "-m", "local.delivery"]
    ended = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("E_DELIVERY_CRASH_AT: ") and ended.stderr.count("\n") == 1


def _values(start: int, count: int) -> list[bytes]:
    return [b'{"n": %d, "x": "%s"}' % (n, b"x" * 200) for n in range(start, start + count)]


def _crash(pipeline: Pipeline, stream: Stream, at: str, start: int, count: int) -> list[bytes]:
    """Send records to a worker that crashes while it stores them."""
    worker = pipeline.restart(at)
    sent: list[bytes] = []
    deadline = time.monotonic() + 30
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"{at}: the worker does not end"
        if len(sent) < count:
            values = _values(start + len(sent), 30)
            stream.send(values)
            sent += values
        time.sleep(0.2)
    assert worker.wait(5) == STATUS
    return sent


def expect_each_once(pipeline: Pipeline, stream: Stream, sent: list[bytes]) -> None:
    """After a last worker each record is in one object once, and each object is whole."""
    pipeline.restart()
    stream.expect_healed(sent)
    for key in stream.objects():
        plain = gzip.decompress(stream.body(key))
        assert plain.endswith(b"\n"), key
        for line in plain.splitlines():
            json.loads(line)


@pytest.mark.stack
def test_crashes_at_every_point_lose_and_double_nothing(pipeline: Pipeline) -> None:
    stream = pipeline.stream(seconds=1)
    sent: list[bytes] = []
    for point in POINTS:
        sent += _crash(pipeline, stream, point, len(sent), 30)
        lines = len(stream.lines())
        if point in {"before_put", "mid_put"}:
            assert lines == 0  # of the first object nothing is seen before it is whole
    expect_each_once(pipeline, stream, sent)


@pytest.mark.stack
@pytest.mark.skipif(KILLS == 0, reason=f"long: asked for by {KILLS_VARIABLE}=100")
def test_kills_at_random_points_lose_and_double_nothing(pipeline: Pipeline) -> None:
    stream = pipeline.stream(seconds=1)
    sent: list[bytes] = []
    for seed in range(KILLS):
        sent += _crash(pipeline, stream, f"random:{seed}", len(sent), 90)
    expect_each_once(pipeline, stream, sent)
