"""Delivery streams that read from MSK; the emulator knows those of other sources only.

Holds the description, as the Firehose API gives it, and refuses what AWS refuses. The delivery
itself is a process of its own, `local.delivery`, which reads the description by this API.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from local.aws import credentials, hooks, seams
from local.aws.prefix import EXPRESSION, PrefixError, expand, zone

SERVICE = "firehose.amazonaws.com"
TYPE = "MSKAsSource"
SEAMS = {
    "ministack.services.firehose:_streams": "AccountRegionScopedDict",
    "ministack.services.firehose:_build_description": "(stream)",
    "ministack.services.firehose:_dest_description": "(dest)",
    "ministack.services.firehose:_stream_arn": "(name)",
    "ministack.services.cloudwatch:record_metric": (
        "(namespace, metric_name, value, unit, dimensions)"
    ),
    "ministack.core.iam_evaluator:_resource_matches": "(resource_arn, resources, not_resources)",
}
DESTINATION_OPTIONS = ("FileExtension", "CustomTimeZone", "S3BackupDescription")
DEFAULT_HINTS = {"SizeInMBs": 5, "IntervalInSeconds": 300}
METRICS = {
    "DataReadFromSource.Backpressured": "None",
    "DataReadFromSource.Bytes": "Bytes",
    "DataReadFromSource.Records": "Count",
    "DeliveryToS3.Bytes": "Bytes",
    "DeliveryToS3.DataFreshness": "Seconds",
    "DeliveryToS3.Records": "Count",
    "DeliveryToS3.Success": "None",
    "KafkaOffsetLag": "Count",
}
EXTENSION = re.compile(r"\.[0-9a-z!\-_.*'()]+")


class Refused(Exception):
    """The request is wrong; the text is what the caller reads."""


def install() -> None:
    """Wrap the Firehose API, and add to its descriptions what they leave out."""
    from ministack.services import firehose

    stock_description = firehose._build_description
    stock_destination = firehose._dest_description

    def describe(stream: dict[str, Any]) -> dict[str, Any]:
        description: dict[str, Any] = stock_description(stream)
        if stream.get("msk_source"):
            description["Source"] = {"MSKSourceDescription": stream["msk_source"]}
        return description

    def describe_destination(destination: dict[str, Any]) -> dict[str, Any]:
        description: dict[str, Any] = stock_destination(destination)
        found = description.get("ExtendedS3DestinationDescription")
        if found is not None:
            config = destination["config"]
            found.update({name: config[name] for name in DESTINATION_OPTIONS if name in config})
            found["BufferingHints"] = found["BufferingHints"] or DEFAULT_HINTS
        return description

    firehose._build_description = describe
    firehose._dest_description = describe_destination
    seams.wrap("firehose", _handle)
    hooks.serve("POST", "/_laptop/delivered", _record)


async def _record(document: dict[str, Any]) -> dict[str, Any]:
    """Metrics of a stream: {"stream": name, "metrics": {name: value}}."""
    from ministack.services import cloudwatch

    dimensions = {"DeliveryStreamName": document["stream"]}
    for name, value in document["metrics"].items():
        if name not in METRICS:
            raise hooks.HookError(400, f"no such metric: {name[:80]}")
        cloudwatch.record_metric("AWS/Firehose", name, value, METRICS[name], dimensions)
    return {}


async def _handle(request: seams.Request, stock: seams.Stock) -> seams.Answer:
    document = request.document
    try:
        if request.action == "CreateDeliveryStream" and document.get("DeliveryStreamType") == TYPE:
            return await _create(request, document, stock)
        stream = _stream(document)
        if stream is not None and stream["type"] == TYPE:
            if request.action in (
                "PutRecord",
                "PutRecordBatch",
                "StartDeliveryStreamEncryption",
                "StopDeliveryStreamEncryption",
            ):
                raise Refused(f"This operation is not permitted on {TYPE} delivery stream type.")
            update = document.get("ExtendedS3DestinationUpdate")
            if request.action == "UpdateDestination" and isinstance(update, dict):
                config = {**stream["destinations"][0]["config"], **update}
                check_destination(config)
                _require_role(config["RoleARN"], stream["arn"])
    except Refused as refused:
        return seams.refuse("InvalidArgumentException", str(refused))
    return await stock(request)


def _stream(document: dict[str, Any]) -> dict[str, Any] | None:
    from ministack.services import firehose

    found: dict[str, Any] | None = firehose._streams.get(document.get("DeliveryStreamName", ""))
    return found


async def _create(
    request: seams.Request, document: dict[str, Any], stock: seams.Stock
) -> seams.Answer:
    source = document.get("MSKSourceConfiguration")
    if not isinstance(source, dict):
        raise Refused(f"MSKSourceConfiguration must be specified for {TYPE} delivery stream type.")
    for name in ("KinesisStreamSourceConfiguration", "DeliveryStreamEncryptionConfigurationInput"):
        if name in document:
            raise Refused(f"{name} is not supported for {TYPE} delivery stream type.")
    destination = document.get("ExtendedS3DestinationConfiguration")
    if not isinstance(destination, dict):
        raise Refused(f"ExtendedS3DestinationConfiguration must be specified for {TYPE}.")
    check_destination(destination)
    role = check_source(source)
    arn = _arn(document.get("DeliveryStreamName", ""))
    _require_role(role, arn)
    _require_role(destination["RoleARN"], arn)
    await _require_cluster(source)
    answer = await stock(request)
    stream = _stream(document)
    if answer[0] == 200 and stream is not None:
        started = source.get("ReadFromTimestamp", stream["created_at"])
        stream["msk_source"] = {**source, "DeliveryStartTimestamp": started}
    return answer


def _arn(name: str) -> str:
    from ministack.services import firehose

    return str(firehose._stream_arn(name))


def check_source(source: dict[str, Any]) -> str:
    """The role of the source; raises Refused for a configuration that AWS refuses."""
    for name in ("MSKClusterARN", "TopicName", "AuthenticationConfiguration"):
        if not source.get(name):
            raise Refused(f"MSKSourceConfiguration.{name} must be specified.")
    authentication = source["AuthenticationConfiguration"]
    role = authentication.get("RoleARN")
    if not role:
        raise Refused("MSKSourceConfiguration.AuthenticationConfiguration.RoleARN is missing.")
    if authentication.get("Connectivity") not in ("PUBLIC", "PRIVATE"):
        raise Refused("Connectivity must be one of: PUBLIC, PRIVATE.")
    return str(role)


def check_destination(config: dict[str, Any]) -> None:
    """Raise Refused for a destination in S3 that AWS refuses."""
    for name in ("RoleARN", "BucketARN"):
        if not config.get(name):
            raise Refused(f"ExtendedS3DestinationConfiguration.{name} must be specified.")
    hints = config.get("BufferingHints") or DEFAULT_HINTS
    if not 1 <= hints.get("SizeInMBs", 5) <= 128:
        raise Refused("BufferingHints.SizeInMBs must be between 1 and 128.")
    if not 0 <= hints.get("IntervalInSeconds", 300) <= 900:
        raise Refused("BufferingHints.IntervalInSeconds must be between 0 and 900.")
    if not DEFAULT_HINTS.keys() <= hints.keys():
        raise Refused("BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither.")
    if config.get("CompressionFormat", "UNCOMPRESSED") not in ("UNCOMPRESSED", "GZIP"):
        raise Refused("CompressionFormat must be UNCOMPRESSED or GZIP here.")
    extension = config.get("FileExtension", "")
    if extension and not EXTENSION.fullmatch(extension):
        raise Refused("FileExtension must match \\.[0-9a-z!\\-_.*'()]+")
    _check_processing(config)
    prefix, error_prefix = config.get("Prefix", ""), config.get("ErrorOutputPrefix", "")
    if EXPRESSION.search(prefix) and not error_prefix:
        raise Refused("ErrorOutputPrefix must be specified when Prefix has expressions.")
    _check_expressions("Prefix", prefix, {"random-string"})
    _check_expressions("ErrorOutputPrefix", error_prefix, {"random-string", "error-output-type"})
    _check_zone(config.get("CustomTimeZone", ""))
    if EXPRESSION.search(error_prefix) and "!{firehose:error-output-type}" not in error_prefix:
        raise Refused("ErrorOutputPrefix must have !{firehose:error-output-type}.")
    if error_prefix and error_prefix == prefix:
        raise Refused("ErrorOutputPrefix must differ from Prefix.")


def _check_processing(config: dict[str, Any]) -> None:
    processing = config.get("ProcessingConfiguration") or {}
    for processor in processing.get("Processors", []) if processing.get("Enabled") else []:
        if processor.get("Type") != "AppendDelimiterToRecord":
            raise Refused(f"Processor {processor.get('Type')} is not known to the laptop.")
    for name in ("DataFormatConversionConfiguration", "DynamicPartitioningConfiguration"):
        if (config.get(name) or {}).get("Enabled"):
            raise Refused(f"{name} is not known to the laptop.")


def _check_expressions(name: str, prefix: str, firehose_values: set[str]) -> None:
    for namespace, value in EXPRESSION.findall(prefix):
        known = namespace == "timestamp" or (namespace == "firehose" and value in firehose_values)
        if not known:
            raise Refused(f"{name} has an unknown expression: !{{{namespace}:{value}}}.")
    try:
        expand(prefix, datetime.now(UTC), "", "processing-failed")
    except PrefixError as error:
        raise Refused(f"{name}: {_without_code(error)}") from error


def _check_zone(name: str) -> None:
    try:
        zone(name)
    except PrefixError as error:
        raise Refused(_without_code(error)) from error


def _without_code(error: PrefixError) -> str:
    return str(error).partition(": ")[2]


def _require_role(role: str, stream_arn: str) -> None:
    try:
        credentials.require_trust(role, SERVICE, stream_arn)
    except credentials.TrustError as error:
        raise Refused(
            f"Firehose is unable to assume role {role}. Please check the role provided."
        ) from error


async def _require_cluster(source: dict[str, Any]) -> None:
    """The cluster is active, takes IAM, and lets Firehose connect: multi-VPC and its policy."""
    arn = source["MSKClusterARN"]
    status, described = await _kafka(f"/api/v2/clusters/{arn}")
    if status != 200:
        raise Refused(f"MSK cluster {arn} does not exist.")
    info = described["clusterInfo"]
    if info.get("state") != "ACTIVE":
        raise Refused(f"MSK cluster {arn} is {info.get('state')}; it must be ACTIVE.")
    if source["AuthenticationConfiguration"]["Connectivity"] == "PUBLIC":
        return
    provisioned = info.get("provisioned")
    if provisioned is not None:
        if not _iam(provisioned.get("clientAuthentication")):
            raise Refused(f"MSK cluster {arn} must have IAM authentication turned on.")
        connectivity = provisioned["brokerNodeGroupInfo"].get("connectivityInfo") or {}
        if not _iam((connectivity.get("vpcConnectivity") or {}).get("clientAuthentication")):
            raise Refused(f"MSK cluster {arn} must have multi-VPC connectivity for IAM turned on.")
    status, policy = await _kafka(f"/v1/clusters/{arn}/policy")
    if status != 200 or not permits(policy.get("policy", "{}"), arn):
        raise Refused(
            f"The policy of MSK cluster {arn} must allow kafka:CreateVpcConnection to {SERVICE}."
        )


def _iam(authentication: dict[str, Any] | None) -> bool:
    sasl = (authentication or {}).get("sasl") or {}
    return bool((sasl.get("iam") or {}).get("enabled"))


def permits(policy: str, cluster_arn: str) -> bool:
    """Whether a cluster policy lets Firehose connect to the cluster."""
    from ministack.core import iam_evaluator as iam

    effects = set()
    for statement in credentials.listed(json.loads(policy).get("Statement")):
        principal = statement.get("Principal") or {}
        named = principal == "*" or SERVICE in credentials.listed(principal.get("Service"))
        actions = credentials.listed(statement.get("Action"))
        resources = credentials.listed(statement.get("Resource"))
        if (
            named
            and iam._action_matches("kafka:CreateVpcConnection", actions, [])
            and iam._resource_matches(cluster_arn, resources, [])
        ):
            effects.add(statement["Effect"])
    return effects == {"Allow"}


async def _kafka(path: str) -> tuple[int, dict[str, Any]]:
    """The answer of the MSK API to a GET."""
    from ministack import app

    status, _, body = await app.SERVICE_HANDLERS["kafka"]("GET", path, {}, b"", {})
    document: dict[str, Any] = json.loads(body) if body else {}
    return status, document
