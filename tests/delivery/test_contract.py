"""Firehose's contract for the bytes, the place, the key and the start of what is delivered."""

from __future__ import annotations

import gzip
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec

from tests.conftest import wait_for
from tests.delivery.pipeline import Pipeline, Stream, events

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("here")]
STRANGE: tuple[bytes, ...] = (
    b"{",
    b"",
    b"NaN",
    b'{"a": 1}{"b": 2}',
    b'[{"a": 1}]',
    b'\xef\xbb\xbf{"a": 1}',
    b"\xff\xfe\x00\x80",
    bytes(range(256)),
    b'{"a": "two\nlines\ttab\x00nul"}',
    '{"a": "\u2028 \u202e \U0001f4fa"}'.encode(),
    b'{"a": "\\ud800"}',
    b"x" * 900_000,
)


def _plain(stream: Stream) -> bytes:
    return b"".join(gzip.decompress(stream.body(key)) for key in sorted(stream.objects()))


def _key(pipeline: Pipeline) -> str:
    made = pipeline.aws.client("kms").create_key(Description="objects")
    return str(made["KeyMetadata"]["Arn"])


def test_records_are_delivered_as_they_are(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    stream.send([*STRANGE[:6], None, *STRANGE[6:]], partition=0)
    wait_for(lambda: stream.status().get("records") == len(STRANGE), 20)
    assert _plain(stream) == b"".join(one + b"\n" for one in STRANGE)
    wait_for(lambda: stream.status()["lag"] == 0)
    assert not [key for key in stream.objects() if not key.startswith("in/")]


@pytest.mark.parametrize("by", ["stream", "bucket"])
def test_objects_show_the_key_they_are_encrypted_with(pipeline: Pipeline, by: str) -> None:
    key = _key(pipeline)
    more: dict[str, Any] = {}
    if by == "stream":
        more = {"EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}}
    stream = pipeline.stream(**more)
    s3 = pipeline.aws.client("s3")
    if by == "bucket":
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        s3.put_bucket_encryption(
            Bucket=stream.name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]
            },
        )
    stream.send([b"{}"] * 3)
    wait_for(lambda: len(stream.lines()) == 3, 20)
    for name in stream.objects():
        head = s3.head_object(Bucket=stream.name, Key=name)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_an_object_stands_under_the_hour_in_which_its_oldest_record_arrived(
    pipeline: Pipeline,
) -> None:
    stream = pipeline.stream(seconds=2)
    oldest = round(datetime(2026, 1, 31, 23, 59, 59, 999_000, UTC).timestamp() * 1000)
    stream.send([b"first"], partition=1, timestamp_ms=oldest + 1)
    stream.send([b"second"], partition=1, timestamp_ms=oldest)
    wait_for(lambda: stream.status().get("records") == 2, 20)
    (key,) = stream.objects()
    assert key.startswith(
        f"in/year=2026/month=01/day=31/hour=23/{stream.name}-1-2026-01-31-23-59-59-p1-o0000"
    )
    assert stream.lines() == [b"first", b"second"]


@pytest.mark.parametrize("start", ["creation", "timestamp"])
def test_a_stream_begins_where_it_is_told(pipeline: Pipeline, start: str) -> None:
    if start == "creation":
        stream = pipeline.stream(before=[(b"old", None)], source={"ReadFromTimestamp": None})
        time.sleep(1.1)  # creation times are whole seconds
        stream.send([b"new"] * 3)
    else:
        middle = datetime(2026, 5, 1, tzinfo=UTC)
        at = round(middle.timestamp() * 1000)
        stream = pipeline.stream(
            before=[(b"old", at - 1), (b"new", at)], source={"ReadFromTimestamp": middle}
        )
    wait_for(lambda: stream.status().get("records"), 20)
    wait_for(lambda: stream.status()["lag"] == 0)
    assert set(stream.lines()) == {b"new"}


def test_an_update_changes_what_comes_after(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    stream.send([b"one"] * 3)
    wait_for(lambda: stream.status().get("records") == 3, 20)
    firehose = pipeline.aws.client("firehose")
    described = firehose.describe_delivery_stream(DeliveryStreamName=stream.name)
    description = described["DeliveryStreamDescription"]
    firehose.update_destination(
        DeliveryStreamName=stream.name,
        CurrentDeliveryStreamVersionId=description["VersionId"],
        DestinationId=description["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"CompressionFormat": "UNCOMPRESSED", "FileExtension": ".txt"},
    )
    time.sleep(1.5)
    stream.send([b"two"] * 3)
    wait_for(lambda: stream.status()["records"] == 6, 20)
    plain = [key for key in stream.objects() if key.endswith(".txt")]
    assert b"".join(stream.body(key) for key in plain) == b"two\n" * 3
    assert len(stream.objects()) == 2 * len(plain)


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


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_what_another_writer_compressed_is_delivered(pipeline: Pipeline, codec: str) -> None:
    stream = pipeline.stream()
    stream.send(events(30), compression_type=codec)
    stream.expect_healed(events(30))


def test_a_transaction_leaves_no_lag(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    bootstrap = f"127.0.0.1:{pipeline.laptop.ports.kafka_internal}"
    writer = KafkaProducer(bootstrap_servers=bootstrap, transactional_id=stream.name)
    writer.init_transactions()
    writer.begin_transaction()
    for number, value in enumerate(events(30)):
        writer.send(stream.name, value, partition=number % 3)
    writer.commit_transaction()
    writer.close()
    stream.expect_healed(events(30))
    behind_the_marker = {0: 11, 1: 11, 2: 11}  # of ten records each
    assert wait_for(lambda: stream.noted() == behind_the_marker, 20)


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
