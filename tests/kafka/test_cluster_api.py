"""The MSK API as boto3 and the Pulumi provider use it: one cluster, its policy, its changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.kafka.conftest import CLUSTER, Stream

pytestmark = pytest.mark.stack

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "firehose.amazonaws.com"},
            "Action": "kafka:CreateVpcConnection",
        }
    ],
}

IAM = {"Sasl": {"Iam": {"Enabled": True}}}


@pytest.fixture
def msk(stream: Stream) -> Any:
    return stream.client("kafka")


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_the_cluster_is_described_as_it_was_made(stream: Stream, msk: Any) -> None:
    found = msk.describe_cluster_v2(ClusterArn=stream.cluster_arn)["ClusterInfo"]
    assert (found["ClusterType"], found["State"]) == ("PROVISIONED", "ACTIVE")
    assert found["Tags"] == CLUSTER["Tags"]
    assert found["Provisioned"]["BrokerNodeGroupInfo"] == CLUSTER["BrokerNodeGroupInfo"]
    assert msk.describe_cluster(ClusterArn=stream.cluster_arn)["ClusterInfo"]["StorageMode"] == (
        "LOCAL"
    )
    listed = msk.list_clusters_v2(ClusterNameFilter="acme")["ClusterInfoList"]
    assert [one["ClusterArn"] for one in listed] == [stream.cluster_arn]
    assert msk.list_clusters_v2(ClusterNameFilter="other")["ClusterInfoList"] == []


def test_the_bootstrap_string_leads_to_the_broker_and_nowhere_else(
    stream: Stream, msk: Any
) -> None:
    found = msk.get_bootstrap_brokers(ClusterArn=stream.cluster_arn)
    found.pop("ResponseMetadata")
    iam = stream.laptop.bootstrap_brokers
    assert found.pop("BootstrapBrokerStringSaslIam") == iam
    assert set(found.values()) <= {iam}


def test_a_second_cluster_is_refused_with_the_way_out(stream: Stream, msk: Any) -> None:
    with pytest.raises(ClientError, match="streamMode to existing") as refused:
        msk.create_cluster(**{**CLUSTER, "ClusterName": "second"})
    assert stream.cluster_arn in str(refused.value)
    with pytest.raises(ClientError) as twice:
        msk.create_cluster(**CLUSTER)
    assert code_of(twice) == "ConflictException"


def test_a_cluster_policy_is_kept_and_deleted(stream: Stream, msk: Any) -> None:
    arn = stream.cluster_arn
    with pytest.raises(msk.exceptions.NotFoundException):
        msk.get_cluster_policy(ClusterArn=arn)
    first = msk.put_cluster_policy(ClusterArn=arn, Policy=json.dumps(POLICY))["CurrentVersion"]
    assert json.loads(msk.get_cluster_policy(ClusterArn=arn)["Policy"]) == POLICY
    second = msk.put_cluster_policy(ClusterArn=arn, Policy=json.dumps(POLICY))["CurrentVersion"]
    assert first != second
    msk.delete_cluster_policy(ClusterArn=arn)
    with pytest.raises(msk.exceptions.NotFoundException):
        msk.get_cluster_policy(ClusterArn=arn)


@pytest.mark.parametrize(
    "policy",
    [
        "no JSON",
        "[]",
        json.dumps({"Version": "2012-10-17"}),
        json.dumps({"Statement": [{"Effect": "Allow", "Action": "kafka:*"}]}),
        json.dumps({"Statement": [{"Effect": "Maybe", "Action": "x", "Principal": "*"}]}),
    ],
)
def test_a_malformed_cluster_policy_is_refused(stream: Stream, msk: Any, policy: str) -> None:
    with pytest.raises(msk.exceptions.BadRequestException):
        msk.put_cluster_policy(ClusterArn=stream.cluster_arn, Policy=policy)


@pytest.mark.parametrize(
    ("call", "arguments", "shown"),
    [
        (
            "update_broker_count",
            {"TargetNumberOfBrokerNodes": 4},
            {"NumberOfBrokerNodes": 4},
        ),
        (
            "update_broker_type",
            {"TargetInstanceType": "kafka.m7g.large"},
            {"BrokerNodeGroupInfo.InstanceType": "kafka.m7g.large"},
        ),
        (
            "update_broker_storage",
            {"TargetBrokerEBSVolumeInfo": [{"KafkaBrokerNodeId": "ALL", "VolumeSizeGB": 50}]},
            {"BrokerNodeGroupInfo.StorageInfo.EbsStorageInfo.VolumeSize": 50},
        ),
        (
            "update_monitoring",
            {"EnhancedMonitoring": "PER_BROKER"},
            {"EnhancedMonitoring": "PER_BROKER"},
        ),
        (
            "update_connectivity",
            {"ConnectivityInfo": {"VpcConnectivity": {"ClientAuthentication": IAM}}},
            {"BrokerNodeGroupInfo.ConnectivityInfo.VpcConnectivity.ClientAuthentication": IAM},
        ),
        ("update_security", {"ClientAuthentication": IAM}, {"ClientAuthentication": IAM}),
        (
            "update_cluster_kafka_version",
            {"TargetKafkaVersion": "4.1.x"},
            {"CurrentBrokerSoftwareInfo.KafkaVersion": "4.1.x"},
        ),
    ],
)
def test_a_change_is_described_and_needs_the_current_version(
    stream: Stream, msk: Any, call: str, arguments: dict[str, Any], shown: dict[str, Any]
) -> None:
    arn = stream.cluster_arn
    before = msk.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]
    with pytest.raises(ClientError, match="is not the current version"):
        getattr(msk, call)(ClusterArn=arn, CurrentVersion="KSTALE", **arguments)
    made = getattr(msk, call)(ClusterArn=arn, CurrentVersion=before, **arguments)
    operation = msk.describe_cluster_operation(ClusterOperationArn=made["ClusterOperationArn"])
    assert operation["ClusterOperationInfo"]["OperationState"] == "UPDATE_COMPLETE"
    found = msk.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]
    assert found["CurrentVersion"] != before
    for path, expected in shown.items():
        value = found["Provisioned"]
        for name in path.split("."):
            value = value[name]
        assert value == expected


def test_a_configuration_gets_revisions_and_an_end(stream: Stream, msk: Any) -> None:
    made = msk.create_configuration(Name="c", ServerProperties=b"a=1", KafkaVersions=["3.9.x"])
    arn = made["Arn"]
    updated = msk.update_configuration(Arn=arn, ServerProperties=b"a=2", Description="second")
    assert updated["LatestRevision"]["Revision"] == 2
    found = msk.describe_configuration_revision(Arn=arn, Revision=2)
    assert (found["ServerProperties"], found["Description"]) == (b"a=2", "second")
    assert msk.describe_configuration(Arn=arn)["LatestRevision"]["Revision"] == 2
    version = msk.describe_cluster_v2(ClusterArn=stream.cluster_arn)["ClusterInfo"]
    msk.update_cluster_configuration(
        ClusterArn=stream.cluster_arn,
        CurrentVersion=version["CurrentVersion"],
        ConfigurationInfo={"Arn": arn, "Revision": 2},
    )
    with pytest.raises(ClientError, match="in use"):
        msk.delete_configuration(Arn=arn)


def test_a_role_without_the_right_may_not_describe_the_cluster(stream: Stream) -> None:
    import boto3

    def describe(grant: str) -> None:
        statement = {"Effect": "Allow", "Action": "kafka:DescribeClusterV2", "Resource": grant}
        keys = stream.environment(stream.role("reader", [statement]))
        boto3.client(
            "kafka",
            endpoint_url=stream.laptop.endpoint,
            region_name=keys["AWS_REGION"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["AWS_SESSION_TOKEN"],
        ).describe_cluster_v2(ClusterArn=stream.cluster_arn)

    describe(stream.cluster_arn)
    with pytest.raises(ClientError, match="not authorized"):
        describe(stream.cluster_arn.replace("acme-telemetry", "other"))
