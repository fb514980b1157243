"""A real broker and the emulator without the rest of the stack: own ports, state and cluster."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from kafka import KafkaAdminClient

from local import emulator, settings
from local.kafka import broker
from local.ports import free_ports
from local.settings import REGION, ROOT_KEY, Laptop
from local.supervisor import Supervisor

REAUTH_MS = 5_000
CACHE_MS = 500
TOPIC = "acme-telemetry"
CLUSTER = {
    "ClusterName": "acme-telemetry",
    "KafkaVersion": "3.9.x",
    "NumberOfBrokerNodes": 2,
    "BrokerNodeGroupInfo": {
        "InstanceType": "kafka.m5.large",
        "ClientSubnets": ["subnet-1", "subnet-2"],
    },
    "Tags": {"Project": "telemetry"},
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclass
class Stream:
    """The broker and the cluster it stands for, with what a test does to them."""

    laptop: Laptop
    supervisor: Supervisor
    cluster_arn: str = ""
    roles: dict[str, str] = field(default_factory=dict)

    @property
    def part(self) -> Any:
        """The broker as the supervisor knows it, with short times for re-authentication."""
        return broker.part(self.laptop, reauth_ms=REAUTH_MS, cache_ms=CACHE_MS)

    def client(self, service: str) -> Any:
        """A client with the root key."""
        return boto3.client(
            service,
            endpoint_url=self.laptop.endpoint,
            region_name=REGION,
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_KEY,
        )

    def topic_arn(self, topic: str) -> str:
        """The ARN of a topic of the cluster."""
        return f"{self.cluster_arn.replace(':cluster/', ':topic/')}/{topic}"

    def statements(
        self, cluster: Sequence[str], topic: Sequence[str], name: str = TOPIC
    ) -> list[dict[str, Any]]:
        """Grants of kafka-cluster actions on the cluster and on one topic."""
        grants = ((cluster, self.cluster_arn), (topic, self.topic_arn(name)))
        return [
            {
                "Effect": "Allow",
                "Action": [f"kafka-cluster:{action}" for action in actions],
                "Resource": arn,
            }
            for actions, arn in grants
            if actions
        ]

    def role(self, name: str, statements: Sequence[dict[str, Any]]) -> str:
        """Make or change a role that anyone may assume; its ARN."""
        iam = self.client("iam")
        if name not in self.roles:
            document = json.dumps(TRUST)
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
            self.roles[name] = made["Role"]["Arn"]
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="kafka", PolicyDocument=json.dumps(policy))
        return self.roles[name]

    def wait_for_policies(self) -> None:
        """Let the broker forget the verdicts that it keeps."""
        time.sleep(CACHE_MS / 1000 + 0.1)

    def internal(self) -> KafkaAdminClient:
        """An admin client on the laptop's own listener, which knows no users."""
        return KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{self.laptop.ports.kafka_internal}")

    def ensure_topic(self, name: str) -> None:
        """Make a topic of one partition unless it is there."""
        with contextlib.closing(self.internal()) as admin:
            if name not in admin.list_topics():
                wanted = {"num_partitions": 1, "replication_factor": 1}
                admin.create_topics({name: wanted}, wait_for_metadata=True)

    def environment(self, role_arn: str) -> dict[str, str]:
        """What a Lambda function with this role finds in its environment."""
        given = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="function")
        keys = given["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SSL_CERT_FILE": str(self.laptop.certificate_authority),
            "BOOTSTRAP_BROKERS": self.laptop.bootstrap_brokers,
            "TOPIC": TOPIC,
            "TOPIC_PARTITIONS": "3",
            "METRIC_NAMESPACE": "AcmeTelemetry",
        }


@pytest.fixture(scope="session")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """Started once; stopped with everything it started."""
    cache = settings.load().cache
    laptop = Laptop(state=tmp_path_factory.mktemp("kafka"), cache=cache, ports=free_ports())
    supervisor = Supervisor(laptop)
    broker.fetch(laptop, print)
    emulator.fetch(laptop, print)
    found = Stream(laptop, supervisor)
    parts = [found.part, emulator.part(laptop)]
    try:
        for part in parts:
            supervisor.spawn(part)
        for part in parts:
            supervisor.wait(part)
        found.cluster_arn = found.client("kafka").create_cluster(**CLUSTER)["ClusterArn"]
        yield found
    finally:
        for part in parts:
            supervisor.stop(part)


@pytest.fixture
def login(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the keys of a role into the environment, as the Lambda service does."""

    def as_role(role_arn: str) -> dict[str, str]:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        given = stream.environment(role_arn)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        return given

    return as_role


@pytest.fixture
def authority(stream: Stream) -> Path:
    """The certificate that clients of the broker trust."""
    return stream.laptop.certificate_authority
