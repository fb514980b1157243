"""Delivery streams that read from MSK: what the API keeps, says and refuses."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator

SERVICE = "firehose.amazonaws.com"
IAM = {"Sasl": {"Iam": {"Enabled": True}}}


def _cluster(aws: Emulator, connectivity: bool = True) -> str:
    """A new cluster in the place of the one before: there is one broker."""
    kafka = aws.client("kafka")
    for one in kafka.list_clusters_v2()["ClusterInfoList"]:
        kafka.delete_cluster(ClusterArn=one["ClusterArn"])
    nodes: dict[str, Any] = {
        "InstanceType": "kafka.m5.large",
        "ClientSubnets": ["subnet-1", "subnet-2"],
    }
    if connectivity:
        nodes["ConnectivityInfo"] = {"VpcConnectivity": {"ClientAuthentication": IAM}}
    made = kafka.create_cluster(
        ClusterName="firehose",
        KafkaVersion="3.9.x",
        NumberOfBrokerNodes=2,
        ClientAuthentication=IAM,
        BrokerNodeGroupInfo=nodes,
    )
    return str(made["ClusterArn"])


def _policy(aws: Emulator, cluster: str, **change: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "kafka:CreateVpcConnection",
        "Resource": cluster,
        **change,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("kafka").put_cluster_policy(ClusterArn=cluster, Policy=policy)


@pytest.fixture(scope="module")
def role(aws: Emulator) -> str:
    """The role of the streams."""
    return aws.role("streams-role", SERVICE)


@pytest.fixture(scope="module")
def cluster(aws: Emulator) -> str:
    """A cluster that a stream can read from."""
    arn = _cluster(aws)
    _policy(aws, arn)
    return arn


def _request(name: str, cluster: str, role: str) -> dict[str, Any]:
    return {
        "DeliveryStreamName": name,
        "DeliveryStreamType": "MSKAsSource",
        "MSKSourceConfiguration": {
            "MSKClusterARN": cluster,
            "TopicName": "acme-telemetry",
            "AuthenticationConfiguration": {"RoleARN": role, "Connectivity": "PRIVATE"},
            "ReadFromTimestamp": datetime(1970, 1, 1, tzinfo=UTC),
        },
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": role,
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": "telemetry/year=!{timestamp:yyyy}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "FileExtension": ".json.gz",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            "CloudWatchLoggingOptions": {
                "Enabled": True,
                "LogGroupName": "/aws/kinesisfirehose/x",
                "LogStreamName": "DestinationDelivery",
            },
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}],
            },
        },
        "Tags": [{"Key": "Project", "Value": "telemetry"}],
    }


def test_a_stream_lives_as_described(aws: Emulator, cluster: str, role: str) -> None:
    firehose, name = aws.client("firehose"), "kept"
    request = _request(name, cluster, role)
    firehose.create_delivery_stream(**request)
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)
    description = described["DeliveryStreamDescription"]
    assert description["DeliveryStreamType"] == "MSKAsSource"
    source = dict(description["Source"]["MSKSourceDescription"])
    assert source.pop("DeliveryStartTimestamp") == datetime(1970, 1, 1, tzinfo=UTC)
    assert source == request["MSKSourceConfiguration"]
    (destination,) = description["Destinations"]
    wanted = request["ExtendedS3DestinationConfiguration"]
    shown = destination["ExtendedS3DestinationDescription"]
    assert {name: shown[name] for name in wanted} == wanted
    assert firehose.list_delivery_streams(DeliveryStreamType="MSKAsSource")[
        "DeliveryStreamNames"
    ] == [name]
    tags = firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]
    assert tags == request["Tags"]
    for call in (
        lambda: firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x"}),
        lambda: firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"x"}]),
        lambda: firehose.start_delivery_stream_encryption(DeliveryStreamName=name),
    ):
        with pytest.raises(ClientError, match="not permitted on MSKAsSource"):
            call()
    change = {
        "DeliveryStreamName": name,
        "CurrentDeliveryStreamVersionId": description["VersionId"],
        "DestinationId": destination["DestinationId"],
    }
    hints = {"SizeInMBs": 1, "IntervalInSeconds": 5}
    with pytest.raises(ClientError, match="between 1 and 128"):
        firehose.update_destination(
            **change, ExtendedS3DestinationUpdate={"BufferingHints": {"SizeInMBs": 129}}
        )
    firehose.update_destination(**change, ExtendedS3DestinationUpdate={"BufferingHints": hints})
    after = firehose.describe_delivery_stream(DeliveryStreamName=name)
    (destination,) = after["DeliveryStreamDescription"]["Destinations"]
    shown = destination["ExtendedS3DestinationDescription"]
    assert shown["BufferingHints"] == hints
    assert shown["FileExtension"] == ".json.gz"
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    with pytest.raises(firehose.exceptions.ResourceNotFoundException):
        firehose.describe_delivery_stream(DeliveryStreamName=name)


def test_without_a_timestamp_it_starts_at_its_creation(
    aws: Emulator, cluster: str, role: str
) -> None:
    firehose, request = aws.client("firehose"), _request("late", cluster, role)
    del request["MSKSourceConfiguration"]["ReadFromTimestamp"]
    firehose.create_delivery_stream(**request)
    described = firehose.describe_delivery_stream(DeliveryStreamName="late")
    description = described["DeliveryStreamDescription"]
    source = description["Source"]["MSKSourceDescription"]
    assert source["DeliveryStartTimestamp"] == description["CreateTimestamp"]
    firehose.delete_delivery_stream(DeliveryStreamName="late")


def test_without_hints_it_has_the_defaults(aws: Emulator, cluster: str, role: str) -> None:
    firehose, request = aws.client("firehose"), _request("hints", cluster, role)
    request["ExtendedS3DestinationConfiguration"]["BufferingHints"] = {}
    firehose.create_delivery_stream(**request)
    described = firehose.describe_delivery_stream(DeliveryStreamName="hints")
    (destination,) = described["DeliveryStreamDescription"]["Destinations"]
    hints = destination["ExtendedS3DestinationDescription"]["BufferingHints"]
    assert hints == {"SizeInMBs": 5, "IntervalInSeconds": 300}
    firehose.delete_delivery_stream(DeliveryStreamName="hints")


@pytest.fixture
def right(cluster: str, role: str) -> dict[str, Any]:
    """A request that is right in everything."""
    return _request("wrong", cluster, role)


SOURCE = ("MSKSourceConfiguration",)
TARGET = ("ExtendedS3DestinationConfiguration",)
AUTHENTICATION = (*SOURCE, "AuthenticationConfiguration")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (SOURCE, None, "MSKSourceConfiguration must be specified"),
        (TARGET, None, "ExtendedS3DestinationConfiguration must be specified"),
        ((*AUTHENTICATION, "RoleARN"), "arn:aws:iam::000000000000:role/none", "unable to assume"),
        ((*TARGET, "RoleARN"), "arn:aws:iam::000000000000:role/none", "unable to assume"),
        ((*TARGET, "BufferingHints", "SizeInMBs"), 129, "between 1 and 128"),
        ((*TARGET, "BufferingHints", "IntervalInSeconds"), 901, "between 0 and 900"),
        ((*TARGET, "BufferingHints", "SizeInMBs"), None, "both SizeInMBs and IntervalInSeconds"),
        ((*TARGET, "BufferingHints", "IntervalInSeconds"), None, "both SizeInMBs and Interval"),
        ((*TARGET, "FileExtension"), "json", "FileExtension"),
        ((*TARGET, "ErrorOutputPrefix"), None, "ErrorOutputPrefix must be specified"),
        ((*TARGET, "ErrorOutputPrefix"), "e/!{timestamp:yyyy}/", "error-output-type"),
        ((*TARGET, "Prefix"), "x/!{partitionKeyFromQuery:a}/", "unknown expression"),
        ((*TARGET, "Prefix"), "x/!{firehose:error-output-type}/", "unknown expression"),
        ((*TARGET, "BucketARN"), "lake", "BucketARN"),
        ((*TARGET, "CompressionFormat"), "ZIP", "GZIP"),
        (
            (*TARGET, "ProcessingConfiguration", "Processors"),
            [{"Type": "Lambda", "Parameters": []}],
            "Processor Lambda",
        ),
    ],
)
def test_wrong_streams_are_refused(
    aws: Emulator, right: dict[str, Any], path: tuple[str, ...], value: Any, message: str
) -> None:
    request = copy.deepcopy(right)
    place = request
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    firehose = aws.client("firehose")
    with pytest.raises(ClientError, match=message) as refused:
        firehose.create_delivery_stream(**request)
    assert refused.value.response["Error"]["Code"] == "InvalidArgumentException"
    with pytest.raises(firehose.exceptions.ResourceNotFoundException):
        firehose.describe_delivery_stream(DeliveryStreamName="wrong")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "must allow kafka:CreateVpcConnection"),
        ({"Principal": {"Service": "glue.amazonaws.com"}}, "must allow kafka:CreateVpcConnection"),
        ({"Action": "kafka:GetBootstrapBrokers"}, "must allow kafka:CreateVpcConnection"),
        ({"Effect": "Deny"}, "must allow kafka:CreateVpcConnection"),
    ],
)
def test_the_clusters_policy_must_admit_firehose(
    aws: Emulator, role: str, change: dict[str, Any] | None, message: str
) -> None:
    arn = _cluster(aws)
    if change is not None:
        _policy(aws, arn, **change)
    with pytest.raises(ClientError, match=message):
        aws.client("firehose").create_delivery_stream(**_request("policy", arn, role))


def test_the_cluster_must_be_open_to_other_networks(aws: Emulator, role: str) -> None:
    arn = _cluster(aws, connectivity=False)
    _policy(aws, arn)
    with pytest.raises(ClientError, match="multi-VPC connectivity"):
        aws.client("firehose").create_delivery_stream(**_request("closed", arn, role))


def test_the_cluster_must_exist(aws: Emulator, role: str) -> None:
    arn = _cluster(aws).replace("cluster/firehose", "cluster/other")
    with pytest.raises(ClientError, match="does not exist"):
        aws.client("firehose").create_delivery_stream(**_request("none", arn, role))
