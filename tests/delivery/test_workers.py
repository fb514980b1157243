"""Workers that end, that come back after a while, and that are two."""

from __future__ import annotations

import dataclasses
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition

from tests.conftest import wait_for
from tests.delivery.pipeline import Pipeline, events
from tests.delivery.test_failures import BUSY

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("impatient")]
GONE = {(0, n) for n in range(7)} | {(2, n) for n in range(2)}  # partition, place in the batch


def test_records_that_expired_are_counted_once(pipeline: Pipeline, store: dict[str, Any]) -> None:
    stream = pipeline.stream()
    with pipeline.worker_here():
        stream.send(events(30))
        wait_for(lambda: stream.status().get("records") == 30, 20)
    stream.send(events(60, start=30))
    with pipeline.admin() as admin:
        admin.delete_records({TopicPartition(stream.name, 0): 17})
        admin.delete_records({TopicPartition(stream.name, 2): 12})
    store["error"] = BUSY
    with pipeline.worker_here():
        wait_for(lambda: stream.status().get("expired") == 9, 20)
        stream.expect_failing("E_STORE_FAILED")
    store["error"] = None
    with pipeline.worker_here():
        gone = [value for n, value in enumerate(events(60, start=30)) if (n % 3, n // 3) in GONE]
        assert len(gone) == 9
        stream.expect_healed([one for one in events(90) if one not in gone])
        assert stream.status()["expired"] == 0
    (event,) = [one for one in stream.logged() if one["errorCode"] == "Kafka.RecordsExpired"]
    assert "9 records" in event["message"] and "7 of partition 0, 2 of partition 2" in str(event)


def test_an_end_while_nothing_can_be_stored_loses_nothing(
    pipeline: Pipeline, store: dict[str, Any]
) -> None:
    stream = pipeline.stream()
    store["error"] = BUSY
    with pipeline.worker_here():
        stream.send(events(30))
        stream.expect_failing("E_STORE_FAILED")
        started = time.monotonic()
    assert time.monotonic() - started < 5
    store["error"] = None
    with pipeline.worker_here():
        wait_for(lambda: stream.status().get("records") == 30, 20)
        stream.expect_healed(events(30))


def test_a_second_worker_waits_for_the_first(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    stream = pipeline.stream()
    with pipeline.worker_here() as first, pipeline.worker_here() as second:
        stream.send(events(30))
        wait_for(lambda: stream.status().get("records") == 30, 20)
        working = {id(one) for one in (first, second) if one._deliveries}
        assert working == {id(first)}
        assert "another worker delivers" in caplog.text
        first.stop()
        stream.send(events(30, start=30))
        wait_for(lambda: stream.name in second._deliveries)
        wait_for(lambda: len(stream.lines()) == 60, 20)
        stream.expect_healed(events(60))


def test_two_workers_that_do_not_know_of_each_other_corrupt_nothing(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    laptop = dataclasses.replace(pipeline.laptop, state=tmp_path)
    laptop.certificate_authority.parent.mkdir(parents=True)
    shutil.copy(pipeline.laptop.certificate_authority, laptop.certificate_authority)
    stream = pipeline.stream(seconds=1)
    with pipeline.worker_here(), pipeline.worker_here(laptop) as other:
        wait_for(lambda: stream.status().get("lag") == 0, 20)
        wait_for(lambda: stream.name in other._deliveries, 20)
        wait_for(lambda: other._deliveries[stream.name].progress.lag == 0, 20)
        for start in range(0, 300, 30):
            stream.send(events(30, start=start))
        wait_for(lambda: stream.status().get("lag") == 0, 20)
        wait_for(lambda: other._deliveries[stream.name].progress.lag == 0, 20)
    lines = stream.lines()
    assert set(lines) == set(events(300))
    assert max(lines.count(line) for line in set(lines)) <= 2
