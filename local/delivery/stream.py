"""What a delivery stream is told to do, read from its description in the Firehose API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Stream:
    """One delivery stream from MSK to S3.

    `created_ms` and `read_from_ms` are milliseconds since the epoch; `buffer_bytes` counts before
    compression; `delimiter` follows each record and may be empty; `key_arn` is the KMS key of the
    objects, None for the bucket's own; `time_zone` is that of names, empty for UTC; `log` is the
    log group and stream for errors; `version` changes with each update of the destination.
    """

    name: str
    arn: str
    version: str
    created_ms: int
    topic: str
    read_from_ms: int
    source_role: str
    destination_role: str
    bucket: str
    prefix: str
    time_zone: str
    extension: str
    buffer_bytes: int
    buffer_seconds: float
    compressed: bool
    delimiter: bytes
    key_arn: str | None
    log: tuple[str, str] | None

    @property
    def group(self) -> str:
        """The consumer group that holds how far the stream is; a recreated stream has a new one."""
        return f"firehose.{self.name}.{self.created_ms}"

    @classmethod
    def read(cls, description: dict[str, Any]) -> Stream | None:
        """The stream that DescribeDeliveryStream describes; None for another kind of source."""
        source = description.get("Source", {}).get("MSKSourceDescription")
        if source is None or description["DeliveryStreamStatus"] != "ACTIVE":
            return None
        destination = description["Destinations"][0]["ExtendedS3DestinationDescription"]
        hints = destination["BufferingHints"]
        processing = destination.get("ProcessingConfiguration", {})
        processors = processing.get("Processors", []) if processing.get("Enabled") else []
        encryption = destination.get("EncryptionConfiguration", {})
        compressed = destination["CompressionFormat"] == "GZIP"
        return cls(
            name=description["DeliveryStreamName"],
            arn=description["DeliveryStreamARN"],
            version=description["VersionId"],
            created_ms=_milliseconds(description["CreateTimestamp"]),
            topic=source["TopicName"],
            read_from_ms=_milliseconds(source["DeliveryStartTimestamp"]),
            source_role=source["AuthenticationConfiguration"]["RoleARN"],
            destination_role=destination["RoleARN"],
            bucket=destination["BucketARN"].rpartition(":::")[2],
            prefix=destination["Prefix"],
            time_zone=destination.get("CustomTimeZone", ""),
            extension=destination.get("FileExtension") or (".gz" if compressed else ""),
            buffer_bytes=hints["SizeInMBs"] * MEBIBYTE,
            buffer_seconds=hints["IntervalInSeconds"],
            compressed=compressed,
            delimiter=b"".join(_delimiter(one) for one in processors),
            key_arn=encryption.get("KMSEncryptionConfig", {}).get("AWSKMSKeyARN"),
            log=_log(destination.get("CloudWatchLoggingOptions", {})),
        )


def _delimiter(processor: dict[str, Any]) -> bytes:
    """What a processor puts after each record; the API writes a newline as `\\n`."""
    if processor["Type"] != "AppendDelimiterToRecord":
        return b""
    given = {one["ParameterName"]: one["ParameterValue"] for one in processor.get("Parameters", [])}
    text: str = given.get("Delimiter", "\\n")
    return text.replace("\\n", "\n").encode()


def _log(options: dict[str, Any]) -> tuple[str, str] | None:
    return (options["LogGroupName"], options["LogStreamName"]) if options.get("Enabled") else None


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
