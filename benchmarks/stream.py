"""The laptop's broker and emulator on free ports and a state of their own, for one measurement."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3

from handlers.msk_producer.settings import Settings
from local import emulator, settings
from local.kafka import broker
from local.ports import free_ports
from local.settings import REGION, ROOT_KEY, Laptop
from local.supervisor import Supervisor

PARTITIONS = 3
TOPIC = "acme-telemetry"
CLUSTER = {
    "ClusterName": "acme-telemetry",
    "KafkaVersion": "3.9.x",
    "NumberOfBrokerNodes": 2,
    "BrokerNodeGroupInfo": {
        "InstanceType": "kafka.m5.large",
        "ClientSubnets": ["subnet-1", "subnet-2"],
    },
}


@contextlib.contextmanager
def started() -> Iterator[Settings]:
    """Start both, make the cluster, give this process the keys of a role; stop what was started."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        laptop = Laptop(state=Path(folder), cache=settings.load().cache, ports=free_ports())
        broker.fetch(laptop, print)
        emulator.fetch(laptop, print)
        supervisor = Supervisor(laptop)
        parts = [broker.part(laptop), emulator.part(laptop)]
        try:
            for part in parts:
                supervisor.spawn(part)
            for part in parts:
                supervisor.wait(part)
            _client(laptop, "kafka").create_cluster(**CLUSTER)
            os.environ.update(_role(laptop), SSL_CERT_FILE=str(laptop.certificate_authority))
            yield Settings(laptop.bootstrap_brokers, TOPIC, PARTITIONS, REGION, "Benchmarks")
        finally:
            for part in parts:
                supervisor.stop(part)


def _role(laptop: Laptop) -> dict[str, str]:
    """The keys of a role that may do everything on the cluster, as a function finds them."""
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    grant = {"Effect": "Allow", "Action": "kafka-cluster:*", "Resource": "*"}
    iam = _client(laptop, "iam")
    role = iam.create_role(RoleName="producer", AssumeRolePolicyDocument=_policy(allow))["Role"]
    iam.put_role_policy(RoleName="producer", PolicyName="kafka", PolicyDocument=_policy(grant))
    assumed = _client(laptop, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="benchmarks")
    keys = assumed["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _client(laptop: Laptop, service: str) -> Any:
    create: Any = boto3.client  # typed for names known while writing
    return create(
        service,
        endpoint_url=laptop.endpoint,
        region_name=REGION,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
    )
