"""A deleted cluster leaves no topic behind, whether its broker runs or not."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.kafka import topics
from tests.kafka.conftest import CLUSTER, Stream


@pytest.fixture
def ended(stream: Stream) -> Iterator[Any]:
    """The API after the cluster was deleted; another test finds a cluster again."""
    msk = stream.client("kafka")
    stream.ensure_topic("left-over")
    msk.delete_cluster(ClusterArn=stream.cluster_arn)
    yield msk
    for one in msk.list_clusters_v2()["ClusterInfoList"]:
        msk.delete_cluster(ClusterArn=one["ClusterArn"])
    assert msk.create_cluster(**CLUSTER)["ClusterArn"] == stream.cluster_arn


def names(stream: Stream) -> list[str]:
    with contextlib.closing(stream.internal()) as admin:
        return [name for name in admin.list_topics() if not name.startswith("__")]


@pytest.mark.stack
def test_the_topics_go_and_the_arn_stays_the_same(stream: Stream, ended: Any) -> None:
    assert names(stream) == []
    with pytest.raises(ended.exceptions.NotFoundException):
        ended.describe_cluster_v2(ClusterArn=stream.cluster_arn)
    assert ended.create_cluster(**CLUSTER)["ClusterArn"] == stream.cluster_arn


@pytest.mark.stack
def test_without_a_cluster_nobody_connects(stream: Stream, ended: Any, login: Any) -> None:
    from tests.kafka.clients import connects, genuine

    everything = {"Effect": "Allow", "Action": "kafka-cluster:*", "Resource": "*"}
    login(stream.role("everything", [everything]))
    assert not connects(stream.laptop.bootstrap_brokers, genuine)


@pytest.mark.stack
def test_a_serverless_cluster_is_described_as_one(stream: Stream, ended: Any) -> None:
    serverless = {
        "VpcConfigs": [{"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}],
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
    }
    made = ended.create_cluster_v2(ClusterName="acme-telemetry", Serverless=serverless)
    assert made["ClusterType"] == "SERVERLESS"
    found = ended.describe_cluster_v2(ClusterArn=made["ClusterArn"])["ClusterInfo"]
    assert found["Serverless"] == serverless
    brokers = ended.get_bootstrap_brokers(ClusterArn=made["ClusterArn"])
    assert brokers["BootstrapBrokerStringSaslIam"] == stream.laptop.bootstrap_brokers


def test_a_broker_that_does_not_run_owes_the_wipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        monkeypatch.setenv("ACME_KAFKA_INTERNAL_PORT", str(held.getsockname()[1]))
        monkeypatch.setenv("ACME_STATE_DIR", str(tmp_path))
        topics.wipe()
    assert (tmp_path / "kafka" / "wipe-owed").exists()


def test_a_broker_that_hangs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "TIMEOUT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("ACME_KAFKA_INTERNAL_PORT", str(silent.getsockname()[1]))
        monkeypatch.setenv("ACME_STATE_DIR", str(tmp_path))
        with pytest.raises(topics.WipeError, match="KafkaTimeoutError"):
            topics.wipe()
    assert not topics.owed_file().exists()
