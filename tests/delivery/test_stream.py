"""A stream as its description tells it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from local.delivery.stream import Stream

ROLE = "arn:aws:iam::000000000000:role/AcmeTelemetry-Firehose-Role"
DESCRIPTION: dict[str, Any] = {
    "DeliveryStreamName": "AcmeTelemetry-MSK-to-S3",
    "DeliveryStreamARN": "arn:aws:firehose:eu-central-1:000000000000:deliverystream/x",
    "DeliveryStreamStatus": "ACTIVE",
    "VersionId": "1",
    "CreateTimestamp": datetime(2026, 8, 11, 9, 0, 0, 5000, tzinfo=UTC),
    "Source": {
        "MSKSourceDescription": {
            "TopicName": "acme-telemetry",
            "AuthenticationConfiguration": {"RoleARN": ROLE, "Connectivity": "PRIVATE"},
            "DeliveryStartTimestamp": datetime(1970, 1, 1, tzinfo=UTC),
        }
    },
    "Destinations": [
        {
            "ExtendedS3DestinationDescription": {
                "RoleARN": ROLE,
                "BucketARN": "arn:aws:s3:::lake",
                "Prefix": "telemetry/",
                "CompressionFormat": "GZIP",
                "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            }
        }
    ],
}


def _with(**change: Any) -> Stream:
    description = copy.deepcopy(DESCRIPTION)
    description["Destinations"][0]["ExtendedS3DestinationDescription"].update(change)
    stream = Stream.read(description)
    assert stream is not None
    return stream


def test_what_is_told_is_kept() -> None:
    stream = _with()
    assert stream.group == "firehose.AcmeTelemetry-MSK-to-S3.1786438800005"
    assert (stream.topic, stream.bucket, stream.read_from_ms) == ("acme-telemetry", "lake", 0)
    assert (stream.buffer_bytes, stream.buffer_seconds) == (67_108_864, 60)
    assert (stream.extension, stream.delimiter, stream.compressed) == (".gz", b"", True)


@pytest.mark.parametrize(
    ("parameters", "delimiter"),
    [
        ({}, b"\n"),
        ({"Parameters": []}, b"\n"),
        ({"Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}]}, b"\n"),
        ({"Parameters": [{"ParameterName": "Delimiter", "ParameterValue": ";"}]}, b";"),
    ],
)
def test_the_processor_says_the_delimiter(parameters: dict[str, Any], delimiter: bytes) -> None:
    processor = {"Type": "AppendDelimiterToRecord", **parameters}
    for enabled, wanted in ((True, delimiter), (False, b"")):
        stream = _with(ProcessingConfiguration={"Enabled": enabled, "Processors": [processor]})
        assert stream.delimiter == wanted


@pytest.mark.parametrize(
    ("change", "extension"),
    [
        ({"FileExtension": ".json.gz"}, ".json.gz"),
        ({"FileExtension": ""}, ".gz"),
        ({"CompressionFormat": "UNCOMPRESSED"}, ""),
    ],
)
def test_the_extension(change: dict[str, str], extension: str) -> None:
    assert _with(**change).extension == extension


@pytest.mark.parametrize("change", [{"DeliveryStreamStatus": "DELETING"}, {"Source": {}}])
def test_other_streams_are_none_of_ours(change: dict[str, Any]) -> None:
    assert Stream.read({**DESCRIPTION, **change}) is None


def test_without_a_word_there_is_no_key_and_no_log() -> None:
    stream = _with()
    assert (stream.key_arn, stream.log) == (None, None)


def test_key_and_log_are_read() -> None:
    stream = _with(
        EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": "arn:key"}},
        CloudWatchLoggingOptions={"Enabled": True, "LogGroupName": "g", "LogStreamName": "s"},
    )
    assert (stream.key_arn, stream.log) == ("arn:key", ("g", "s"))
    assert _with(CloudWatchLoggingOptions={"Enabled": False}).log is None
