"""Firehose's contract for the bytes, the place, the key and the start of what is delivered."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.delivery.pipeline import Pipeline, Stream
from tests.emulator.conftest import wait_for

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


def test_an_object_stands_under_the_hour_in_which_its_first_record_arrived(
    pipeline: Pipeline,
) -> None:
    stream = pipeline.stream(seconds=2)
    late = round(datetime(2026, 1, 31, 23, 59, 59, 999_000, UTC).timestamp() * 1000)
    stream.send([b"first"], partition=1, timestamp_ms=late)
    stream.send([b"second"], partition=1, timestamp_ms=late + 1)
    wait_for(lambda: stream.status().get("records") == 2, 20)
    (key,) = stream.objects()
    assert key.startswith(
        f"in/year=2026/month=01/day=31/hour=23/{stream.name}-2026-01-31-23-59-59-p1-o000000000000-"
    )
    assert stream.lines() == [b"first", b"second"]


@pytest.mark.parametrize("start", ["creation", "timestamp"])
def test_a_stream_begins_where_it_is_told(pipeline: Pipeline, start: str) -> None:
    if start == "creation":
        stream = pipeline.stream(before=[b"old"] * 3, source={"ReadFromTimestamp": None})
        time.sleep(1.1)  # creation times are whole seconds
        stream.send([b"new"] * 3)
    else:
        middle = datetime(2026, 5, 1, tzinfo=UTC)
        stream = pipeline.stream(source={"ReadFromTimestamp": middle})
        at = round(middle.timestamp() * 1000)
        stream.send([b"old"] * 3, timestamp_ms=at - 1)
        stream.send([b"new"] * 3, timestamp_ms=at)
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
