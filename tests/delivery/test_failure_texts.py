"""Each failure has a code, a fix, and the error code of Firehose's log."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from kafka.errors import (
    CorruptRecordError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)

from local.aws.prefix import PrefixError
from local.delivery.account import KeysError
from local.delivery.checkpoint import TopicMissingError
from local.delivery.failures import failure, refuses_keys
from local.delivery.source import RoleRefusedError, TopicDeniedError
from local.delivery.stream import Stream
from tests.delivery.test_stream import DESCRIPTION


def _s3(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")


@pytest.mark.parametrize(
    ("error", "code", "log_code"),
    [
        (_s3("SlowDown", 503), "E_STORE_FAILED", "S3.SlowDown"),
        (_s3("InternalError", 500), "E_STORE_FAILED", "S3.InternalError"),
        (_s3("AccessDenied", 403), "E_STORE_DENIED", "S3.AccessDenied"),
        (_s3("NoSuchBucket", 404), "E_STORE_MISSING", "S3.NoSuchBucket"),
        (_s3("ExpiredToken", 400), "E_STORE_KEYS", "S3.ExpiredToken"),
        (_s3("InvalidAccessKeyId", 403), "E_STORE_KEYS", "S3.InvalidAccessKeyId"),
        (EndpointConnectionError(endpoint_url="x"), "E_STORE_UNREACHABLE", "S3.Unreachable"),
        (KeysError("E_DELIVERY_ROLE: no; fix: x"), "E_DELIVERY_ROLE", "Role.AssumeFailed"),
        (PrefixError("E_DELIVERY_PREFIX: no; fix: x"), "E_DELIVERY_PREFIX", "S3.InvalidPrefix"),
        (TopicMissingError(), "E_TOPIC_MISSING", "Kafka.TopicMissing"),
        (TopicDeniedError(), "E_TOPIC_DENIED", "Kafka.TopicDenied"),
        (TopicAuthorizationFailedError({"t"}), "E_TOPIC_DENIED", "Kafka.TopicDenied"),
        (RoleRefusedError(), "E_KAFKA_DENIED", "Kafka.AccessDenied"),
        (KafkaError("away"), "E_KAFKA_UNREACHABLE", "Kafka.Unreachable"),
        (UnsupportedCodecError("brotli"), "E_RECORDS_CODEC", "Kafka.UnsupportedCodec"),
        (CorruptRecordError("crc"), "E_RECORDS_CORRUPT", "Kafka.CorruptRecord"),
        (ConnectionResetError(), "E_KAFKA_UNREACHABLE", "Kafka.Unreachable"),
        (ZeroDivisionError(), "E_DELIVERY_UNEXPECTED", "InternalError"),
    ],
)
def test_a_failure_is_told(error: Exception, code: str, log_code: str) -> None:
    stream = Stream.read(DESCRIPTION)
    assert stream is not None
    told = failure(error, stream)
    assert (told.code, told.log_code) == (code, log_code)
    text = str(told)
    assert text.startswith(f"{code}: ") and text.count(code) == 1
    assert "\n" not in text and len(text) <= 400
    assert "; fix: " in text


@pytest.mark.parametrize(
    ("error", "expected"),
    [(_s3("ExpiredToken", 400), True), (_s3("AccessDenied", 403), False), (OSError(), False)],
)
def test_new_keys_help_only_where_keys_were_refused(error: Exception, expected: bool) -> None:
    assert refuses_keys(error) is expected
