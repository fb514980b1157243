"""The processes of the world, as faults need them: listeners behind lines, a worker behind proxies.

The broker's own IAM listener stays as the product has it. Each line gets a listener more, with the
same settings, which tells its clients the line's address, so that none gets past it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import local.delivery
from local.delivery import crash
from local.kafka import broker
from local.parts import Part
from local.settings import Laptop

REAUTH_MS = 5_000
CACHE_MS = 500


def brokers(laptop: Laptop, listeners: Mapping[str, tuple[int, int]]) -> Part:
    """The broker with a listener for each name: its own port, and the port that clients see."""
    plain = broker.part(laptop, reauth_ms=REAUTH_MS, cache_ms=CACHE_MS)

    def prepare(at: Laptop) -> None:
        plain.prepare(at)
        path = at.state / "kafka" / "server.properties"
        path.write_text(_more(path.read_text(), listeners))

    return dataclasses.replace(plain, prepare=prepare)


def _more(properties: str, listeners: Mapping[str, tuple[int, int]]) -> str:
    lines = []
    for line in properties.splitlines():
        name, _, value = line.partition("=")
        for listener, (own, seen) in listeners.items():
            added = {
                "listeners": f"{listener}://127.0.0.1:{own}",
                "advertised.listeners": f"{listener}://127.0.0.1:{seen}",
                "listener.security.protocol.map": f"{listener}:SASL_SSL",
            }.get(name)
            if added:
                value += f",{added}"
            if name.startswith("listener.name.iam."):
                lines.append(line.replace(".iam.", f".{listener.lower()}.", 1))
        lines.append(f"{name}={value}" if value else line)
    return "\n".join(lines) + "\n"


def worker(laptop: Laptop, kafka_port: int, s3_port: int, crash_at: str = "") -> Part:
    """The delivery worker with everything it talks to behind proxies."""
    plain = local.delivery.part(laptop)
    environment = {
        **plain.environment,
        "ACME_KAFKA_PORT": str(kafka_port),
        "ACME_EMULATOR_PORT": str(s3_port),
        crash.VARIABLE: crash_at,
    }
    return dataclasses.replace(plain, environment=environment)


def stream(cluster_arn: str, topic: str, role: str, bucket: str) -> dict[str, Any]:
    """The definition of a delivery stream from a topic, from its beginning, to `raw/` in S3."""
    delimiter = {
        "Type": "AppendDelimiterToRecord",
        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
    }
    return {
        "DeliveryStreamName": topic,
        "DeliveryStreamType": "MSKAsSource",
        "MSKSourceConfiguration": {
            "MSKClusterARN": cluster_arn,
            "TopicName": topic,
            "AuthenticationConfiguration": {"RoleARN": role, "Connectivity": "PRIVATE"},
            "ReadFromTimestamp": 0,
        },
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "Prefix": f"raw/{topic}/hour=!{{timestamp:HH}}/",
            "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
            "FileExtension": ".json.gz",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": 4, "IntervalInSeconds": 1},
            "ProcessingConfiguration": {"Enabled": True, "Processors": [delimiter]},
        },
    }
