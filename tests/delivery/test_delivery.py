"""From the broker to S3: Firehose's contract, and that no failure loses a record."""

from __future__ import annotations

import gzip
import os
import re
import signal
import time
from datetime import UTC, datetime

import psutil
import pytest
from kafka import TopicPartition
from kafka.admin import OffsetSpec

import local.delivery
from local import emulator
from local.kafka import broker
from local.parts import Part
from tests.delivery.pipeline import Pipeline, events
from tests.emulator.conftest import wait_for

pytestmark = pytest.mark.stack


def _kill(pipeline: Pipeline, part: Part) -> None:
    process = psutil.Process(pipeline.supervisor.status(part).pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)


def test_objects_have_firehoses_shape(pipeline: Pipeline) -> None:
    before = datetime.now(UTC)
    stream = pipeline.stream(seconds=1)
    stream.send(events(30))
    wait_for(lambda: len(stream.lines()) == 30, 30)
    hours = {at.strftime("year=%Y/month=%m/day=%d/hour=%H") for at in (before, datetime.now(UTC))}
    for key in stream.objects():
        match = re.fullmatch(rf"in/({'|'.join(hours)})/{stream.name}-[^/]+\.json\.gz", key)
        assert match, key
        body = stream.body(key)
        assert body[:2] == b"\x1f\x8b"
        plain = gzip.decompress(body)
        assert plain.endswith(b"}\n") and b"\n\n" not in plain
    assert sorted(stream.lines()) == sorted(events(30))
    wait_for(lambda: stream.status().get("lag") == 0)
    assert stream.status()["records"] == 30


def test_what_was_there_before_is_delivered_too(pipeline: Pipeline) -> None:
    stream = pipeline.stream(seconds=1)
    wait_for(lambda: stream.status().get("lag") == 0, 30)
    firehose = pipeline.aws.client("firehose")
    stream.send(events(9))
    wait_for(lambda: len(stream.lines()) == 9)
    described = firehose.describe_delivery_stream(DeliveryStreamName=stream.name)
    firehose.delete_delivery_stream(DeliveryStreamName=stream.name)
    wait_for(lambda: not stream.status())
    source = described["DeliveryStreamDescription"]["Source"]["MSKSourceDescription"]
    time.sleep(1.1)  # creation times are whole seconds
    firehose.create_delivery_stream(
        DeliveryStreamName=stream.name,
        DeliveryStreamType="MSKAsSource",
        MSKSourceConfiguration={
            name: source[name]
            for name in (
                "MSKClusterARN",
                "TopicName",
                "AuthenticationConfiguration",
                "ReadFromTimestamp",
            )
        },
        ExtendedS3DestinationConfiguration={
            "RoleARN": stream.role,
            "BucketARN": f"arn:aws:s3:::{stream.name}",
            "Prefix": "in/again/!{timestamp:yyyy}/",
            "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
        },
    )

    def again() -> bytes:
        keys = [key for key in stream.objects() if key.startswith("in/again/")]
        return b"".join(stream.body(key) for key in keys)

    wait_for(lambda: len(again()) == len(b"".join(events(9))), 20)
    assert b"\n" not in again()  # no processor, no delimiter


def test_an_object_ends_by_size_before_its_time(pipeline: Pipeline) -> None:
    stream = pipeline.stream(seconds=300, megabytes=1)
    record = b"x" * 1000
    stream.send([record] * 2500, partition=0)
    wait_for(lambda: len(stream.objects()) == 2, 30)
    sizes = [len(gzip.decompress(stream.body(key))) for key in stream.objects()]
    assert all(1_048_576 <= size < 1_048_576 + 1001 for size in sizes)
    left = 2500 - sum(sizes) // 1001
    wait_for(lambda: stream.status()["buffered"] == left)


def test_many_records_arrive_each_once(pipeline: Pipeline) -> None:
    stream = pipeline.stream(seconds=2, megabytes=16)
    values = [b'{"n": %d, "x": "%s"}' % (number, b"x" * 600) for number in range(30_000)]
    stream.send(values)
    wait_for(lambda: stream.status().get("records") == 30_000, 60)
    wait_for(lambda: stream.status()["lag"] == 0)
    with pipeline.admin() as admin:
        places = {TopicPartition(stream.name, n): OffsetSpec.LATEST for n in range(3)}
        ends = {place: one.offset for place, one in admin.list_partition_offsets(places).items()}
    assert stream.noted() == {place.partition: end for place, end in ends.items()}
    assert sum(ends.values()) == len(values)
    assert sorted(stream.lines()) == sorted(values)


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
