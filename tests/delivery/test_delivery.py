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
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

import local.delivery
from local import emulator
from local.delivery.stream import Stream as Described
from local.kafka import broker
from local.parts import Part
from tests.delivery.conftest import Pipeline
from tests.emulator.conftest import wait_for

pytestmark = pytest.mark.stack


def _values(count: int, start: int = 0) -> list[bytes]:
    return [b'{"n": %d}' % number for number in range(start, start + count)]


def _kill(pipeline: Pipeline, part: Part) -> None:
    process = psutil.Process(pipeline.supervisor.status(part).pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)


def test_objects_have_firehoses_shape(pipeline: Pipeline) -> None:
    before = datetime.now(UTC)
    stream = pipeline.stream()
    stream.send(_values(30))
    wait_for(lambda: len(stream.lines()) == 30, 30)
    hours = {at.strftime("year=%Y/month=%m/day=%d/hour=%H") for at in (before, datetime.now(UTC))}
    for key in stream.objects():
        match = re.fullmatch(rf"in/({'|'.join(hours)})/{stream.name}-[^/]+\.json\.gz", key)
        assert match, key
        body = stream.body(key)
        assert body[:2] == b"\x1f\x8b"
        plain = gzip.decompress(body)
        assert plain.endswith(b"}\n") and b"\n\n" not in plain
    assert sorted(stream.lines()) == sorted(_values(30))
    wait_for(lambda: stream.status().get("lag") == 0)
    assert stream.status()["records"] == 30


def test_what_was_there_before_is_delivered_too(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    wait_for(lambda: stream.status().get("lag") == 0, 30)
    firehose = pipeline.aws.client("firehose")
    stream.send(_values(9))
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

    wait_for(lambda: len(again()) == len(b"".join(_values(9))), 20)
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
    assert sorted(stream.lines()) == sorted(values)


@pytest.mark.parametrize("killed", ["worker", "emulator", "broker"])
def test_a_kill_loses_nothing(pipeline: Pipeline, killed: str) -> None:
    stream = pipeline.stream(seconds=1)
    pipeline.aws.hook("save")
    stream.send(_values(300))
    wait_for(lambda: stream.status().get("records"), 30)
    part = {
        "worker": local.delivery.part(pipeline.laptop),
        "emulator": emulator.part(pipeline.laptop),
        "broker": broker.part(pipeline.laptop),
    }[killed]
    if killed != "broker":
        stream.send(_values(300, start=300))
    _kill(pipeline, part)
    pipeline.supervisor.start(part)
    stream.send(_values(300, start=600))
    if killed == "broker":
        stream.send(_values(300, start=300))
    wait_for(lambda: len(stream.lines()) >= 900, 40)
    time.sleep(2)
    assert sorted(stream.lines()) == sorted(_values(900))


def test_a_denied_bucket_is_told_and_healed(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    iam = pipeline.aws.client("iam")
    policy = iam.get_role_policy(RoleName=stream.name, PolicyName="policy")["PolicyDocument"]
    without = {**policy, "Statement": policy["Statement"][:-1]}
    put = {"RoleName": stream.name, "PolicyName": "policy"}
    iam.put_role_policy(**put, PolicyDocument=str(without).replace("'", '"'))
    stream.send(_values(3))
    error = wait_for(lambda: stream.status().get("error"), 20)
    assert error.startswith("E_STORE_DENIED: ") and "AccessDenied" in error
    iam.put_role_policy(**put, PolicyDocument=str(policy).replace("'", '"'))
    wait_for(lambda: len(stream.lines()) == 3, 30)
    wait_for(lambda: stream.status()["error"] is None)


def test_a_missing_topic_is_told_and_waited_for(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    with pipeline.admin() as admin:
        admin.delete_topics([stream.name])
    error = wait_for(lambda: stream.status().get("error"), 30)
    assert "E_TOPIC_MISSING" in error


def test_an_end_stores_what_is_buffered(pipeline: Pipeline) -> None:
    stream = pipeline.stream(seconds=300)
    stream.send(_values(90))
    wait_for(lambda: stream.status().get("buffered") == 90, 30)
    assert stream.objects() == []
    part = local.delivery.part(pipeline.laptop)
    started = time.monotonic()
    pipeline.supervisor.stop(part)
    assert time.monotonic() - started < 10
    assert sorted(stream.lines()) == sorted(_values(90))
    pipeline.supervisor.start(part)
    wait_for(lambda: stream.status().get("lag") == 0, 30)
    assert len(stream.lines()) == 90


def test_cloudwatch_is_told(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    stream.send(_values(12))
    wait_for(lambda: stream.status().get("records") == 12, 30)

    def total() -> float:
        found = pipeline.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName="DeliveryToS3.Records",
            Dimensions=[{"Name": "DeliveryStreamName", "Value": stream.name}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(one["Sum"] for one in found["Datapoints"]))

    assert wait_for(lambda: total() == 12)


def test_a_crash_before_the_offset_is_noted_rewrites_the_same_objects(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    stream.send(_values(90))
    wait_for(lambda: len(stream.lines()) == 90, 30)
    wait_for(lambda: stream.status().get("lag") == 0)
    before = {key: stream.body(key) for key in stream.objects()}
    part = local.delivery.part(pipeline.laptop)
    _kill(pipeline, part)
    described = pipeline.aws.client("firehose").describe_delivery_stream(
        DeliveryStreamName=stream.name
    )
    group = Described.read(described["DeliveryStreamDescription"])
    assert group is not None
    checkpoint = KafkaConsumer(
        bootstrap_servers=f"127.0.0.1:{pipeline.laptop.ports.kafka_internal}",
        group_id=group.group,
        enable_auto_commit=False,
    )
    places = [TopicPartition(stream.name, number) for number in range(3)]
    assert [checkpoint.committed(place) for place in places] == [30, 30, 30]
    checkpoint.commit({place: OffsetAndMetadata(0, "", -1) for place in places})
    checkpoint.close(autocommit=False)
    pipeline.supervisor.start(part)
    wait_for(lambda: stream.status().get("records") == 90, 30)
    assert {key: stream.body(key) for key in stream.objects()} == before
