"""What a failure of a delivery is called, and what to do about it.

`code` is for people and tests; `log_code` is what Firehose writes as `errorCode` to the stream's
log group, by the words of the service that refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from kafka.errors import (
    CorruptRecordError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)

from local.aws.prefix import PrefixError
from local.delivery.account import KeysError
from local.delivery.checkpoint import TopicMissingError
from local.delivery.source import RoleRefusedError, TopicDeniedError
from local.delivery.stream import Stream

REFUSED_KEYS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
TEXT_LENGTH = 400


@dataclass(frozen=True)
class Failure:
    """One line for people, and the same for the log group."""

    code: str
    log_code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"[:TEXT_LENGTH]


def failure(error: Exception, stream: Stream) -> Failure:
    """The error in the words of the stream's owner."""
    if isinstance(error, ClientError):
        return _refused(error, stream)
    if isinstance(error, BotoCoreError):
        return Failure(
            "E_STORE_UNREACHABLE",
            "S3.Unreachable",
            f"bucket={stream.bucket} does not answer ({type(error).__name__}); records stay in "
            f"the topic and are tried again; fix: start the emulator (make up)",
        )
    if isinstance(error, KeysError):
        return _coded("Role.AssumeFailed", error)
    if isinstance(error, PrefixError):
        return _coded("S3.InvalidPrefix", error)
    return _unread(error, stream)


def _coded(log_code: str, error: Exception) -> Failure:
    """An error of this package, whose text begins with its code."""
    code, _, text = str(error).partition(": ")
    return Failure(code, log_code, text)


def _refused(error: ClientError, stream: Stream) -> Failure:
    code = str(error.response["Error"]["Code"])
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    log_code = f"S3.{code}"
    if code == "NoSuchBucket":
        return Failure(
            "E_STORE_MISSING",
            log_code,
            f"bucket={stream.bucket} does not exist; records stay in the topic; fix: deploy it "
            f"again (make up), or change the stream's bucket",
        )
    if code in REFUSED_KEYS:
        return Failure(
            "E_STORE_KEYS",
            log_code,
            f"role={stream.destination_role} has keys that are not taken any more ({code}); new "
            f"ones are fetched; fix: none, unless this stays",
        )
    if status in (401, 403):
        return Failure(
            "E_STORE_DENIED",
            log_code,
            f"role={stream.destination_role} may not write to bucket={stream.bucket} ({code}); "
            f"records stay in the topic; fix: grant the role s3:PutObject on the prefix, and "
            f"kms:GenerateDataKey on the key",
        )
    return Failure(
        "E_STORE_FAILED",
        log_code,
        f"bucket={stream.bucket} refuses an object ({code}, HTTP {status}); records stay in the "
        f"topic and are tried again; fix: none while it recovers, else see the emulator's log",
    )


def _unread(error: Exception, stream: Stream) -> Failure:
    topic = f"topic={stream.topic[:80]}"
    if isinstance(error, TopicMissingError):
        return Failure(
            "E_TOPIC_MISSING",
            "Kafka.TopicMissing",
            f"{topic} does not exist; delivery waits for it; fix: create it (make up); on AWS "
            f"delete and create the stream too",
        )
    if isinstance(error, TopicDeniedError | TopicAuthorizationFailedError):
        return Failure(
            "E_TOPIC_DENIED",
            "Kafka.TopicDenied",
            f"{topic} may not be read by role={stream.source_role}; offsets are kept; fix: grant "
            f"kafka-cluster:DescribeTopic and kafka-cluster:ReadData on it",
        )
    if isinstance(error, RoleRefusedError):
        return Failure(
            "E_KAFKA_DENIED",
            "Kafka.AccessDenied",
            f"role={stream.source_role} is not let in by the broker; offsets are kept; fix: grant "
            f"kafka-cluster:Connect on the cluster",
        )
    if isinstance(error, UnsupportedCodecError):
        return Failure(
            "E_RECORDS_CODEC",
            "Kafka.UnsupportedCodec",
            f"{topic} has records in a compression that is not known here ({str(error)[:100]}); "
            f"offsets are kept; fix: install requirements/environment.txt again (make up), or let "
            f"the writer use gzip, snappy, lz4 or zstd",
        )
    if isinstance(error, CorruptRecordError):
        return Failure(
            "E_RECORDS_CORRUPT",
            "Kafka.CorruptRecord",
            f"{topic} has records that are not what was written ({str(error)[:100]}); offsets "
            f"are kept; fix: see the broker's disk, then delete the records up to these",
        )
    if isinstance(error, KafkaError | OSError):
        return Failure(
            "E_KAFKA_UNREACHABLE",
            "Kafka.Unreachable",
            f"{topic} cannot be read ({type(error).__name__}); offsets are kept; fix: start the "
            f"broker (make up)",
        )
    return Failure(
        "E_DELIVERY_UNEXPECTED",
        "InternalError",
        f"{topic} is not delivered ({type(error).__name__}); it is tried again; fix: report what "
        f"the delivery log says",
    )


def refuses_keys(error: Exception) -> bool:
    """Whether new keys of the role may help."""
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in REFUSED_KEYS
