"""The cluster is private, encrypted, IAM-only, durable, and open to Firehose alone."""

from __future__ import annotations

import json

import pytest

from components.settings_groups import Stream
from components.stream import server_properties
from tests.components.recording import ACCOUNT_ID, Recording, pipeline


def test_only_iam_gets_in_and_only_over_tls(dev: Recording) -> None:
    inputs = dev.one("msk/cluster").inputs
    assert inputs["clientAuthentication"] == {"sasl": {"iam": True}, "unauthenticated": False}
    assert inputs["encryptionInfo"] == {
        "encryptionAtRestKmsKeyArn": f"arn:aws:kms:eu-central-1:{ACCOUNT_ID}:key/encryption-key",
        "encryptionInTransit": {"clientBroker": "TLS", "inCluster": True},
    }


def test_private_but_reachable_by_firehose(dev: Recording) -> None:
    brokers = dev.one("msk/cluster").inputs["brokerNodeGroupInfo"]
    assert brokers["connectivityInfo"] == {
        "publicAccess": {"type": "DISABLED"},
        "vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": True}}},
    }
    assert brokers["instanceType"] == "kafka.m7g.large"
    policy = json.loads(dev.one("msk/clusterPolicy").inputs["policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert statement["Action"] == ["kafka:CreateVpcConnection"]


def test_a_broker_in_each_zone_watched_and_logged(dev: Recording) -> None:
    inputs = dev.one("msk/cluster").inputs
    assert inputs["numberOfBrokerNodes"] % len(inputs["brokerNodeGroupInfo"]["clientSubnets"]) == 0
    assert inputs["enhancedMonitoring"] == "PER_TOPIC_PER_BROKER"
    logs = inputs["loggingInfo"]["brokerLogs"]["cloudwatchLogs"]
    assert logs == {"enabled": True, "logGroup": "/aws/msk/acme-telemetry"}


def test_no_topic_by_accident_and_no_loss_by_an_unclean_election() -> None:
    wanted = Stream(
        mode="provisioned",
        cluster_arn="",
        subnet_ids=(),
        security_group_ids=(),
        broker_type="kafka.m7g.large",
        brokers=3,
        volume_gib=500,
        partitions=6,
        retention_hours=336,
    )
    properties = dict(line.split("=") for line in server_properties(wanted).splitlines())
    assert properties == {
        "auto.create.topics.enable": "false",
        "default.replication.factor": "3",
        "min.insync.replicas": "2",
        "unclean.leader.election.enable": "false",
        "log.retention.hours": "336",
    }


def test_more_retention_gets_the_disk_that_it_needs() -> None:
    recording = pipeline("dev", streamVolumeGib=500).recording
    brokers = recording.one("msk/cluster").inputs["brokerNodeGroupInfo"]
    assert brokers["storageInfo"] == {"ebsStorageInfo": {"volumeSize": 500}}


@pytest.mark.parametrize("stack", ["dev", "local"])
def test_a_cluster_takes_its_time_and_is_not_lost_by_mistake(
    dev: Recording, local: Recording, stack: str
) -> None:
    request = {"dev": dev, "local": local}[stack].request("stream-cluster", "cluster")
    assert request.protect == (stack == "dev")
    assert request.customTimeouts.create == "4h"
    assert request.deleteBeforeReplace


def test_serverless_has_iam_only_and_no_switch_for_multi_vpc() -> None:
    recording = pipeline("dev", streamMode="serverless").recording
    inputs = recording.one("msk/serverlessCluster").inputs
    assert inputs["clientAuthentication"] == {"sasl": {"iam": {"enabled": True}}}
    assert set(inputs) == {"clusterName", "vpcConfigs", "clientAuthentication", "tags"}
