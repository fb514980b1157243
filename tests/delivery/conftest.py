"""A real emulator, broker and delivery worker, with streams of their own for each test."""

from __future__ import annotations

import contextlib
import gzip
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

import local.delivery
from local import emulator, settings
from local.delivery import crash
from local.delivery.part import status
from local.kafka import broker
from local.settings import Laptop
from local.supervisor import Supervisor
from tests.conftest import free_ports
from tests.emulator.conftest import Emulator, allow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SERVICE = "firehose.amazonaws.com"
IAM = {"sasl": {"iam": {"enabled": True}}}
API_IAM = {"Sasl": {"Iam": {"Enabled": True}}}
CLUSTER = {
    "ClusterName": "acme-telemetry",
    "KafkaVersion": "3.9.x",
    "NumberOfBrokerNodes": 2,
    "ClientAuthentication": API_IAM,
    "BrokerNodeGroupInfo": {
        "InstanceType": "kafka.m5.large",
        "ClientSubnets": ["subnet-1", "subnet-2"],
        "ConnectivityInfo": {"VpcConnectivity": {"ClientAuthentication": API_IAM}},
    },
}


@dataclass
class Pipeline:
    """What stands between a topic and a bucket."""

    aws: Emulator
    cluster_arn: str = ""
    names: list[str] = field(default_factory=list)

    @property
    def laptop(self) -> Laptop:
        """Its settings."""
        return self.aws.laptop

    @property
    def supervisor(self) -> Supervisor:
        """Starts and stops its parts."""
        return Supervisor(self.laptop)

    def stream(self, seconds: int = 1, megabytes: int = 1, **more: Any) -> Stream:
        """A topic with three partitions, a bucket, a role and a delivery stream between them."""
        name = f"test-{uuid.uuid4().hex[:8]}"
        self.aws.client("s3").create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        with self.admin() as admin:
            admin.create_topics([NewTopic(name=name, num_partitions=3, replication_factor=1)])
        topic = f"{self.cluster_arn.replace(':cluster/', ':topic/')}/{name}"
        role = self.aws.role(
            name,
            SERVICE,
            allow("kafka-cluster:Connect", self.cluster_arn),
            allow(
                [
                    "kafka-cluster:DescribeTopic",
                    "kafka-cluster:DescribeTopicDynamicConfiguration",
                    "kafka-cluster:ReadData",
                ],
                topic,
            ),
            allow("s3:PutObject", [f"arn:aws:s3:::{name}/{prefix}/*" for prefix in ("in", "bad")]),
        )
        destination: dict[str, Any] = {
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{name}",
            "Prefix": "in/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
            "hour=!{timestamp:HH}/",
            "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/year=!{timestamp:yyyy}/",
            "FileExtension": ".json.gz",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": megabytes, "IntervalInSeconds": seconds},
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [
                    {
                        "Type": "AppendDelimiterToRecord",
                        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
                    }
                ],
            },
        }
        self.aws.client("firehose").create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="MSKAsSource",
            MSKSourceConfiguration={
                "MSKClusterARN": self.cluster_arn,
                "TopicName": name,
                "AuthenticationConfiguration": {"RoleARN": role, "Connectivity": "PRIVATE"},
                "ReadFromTimestamp": EPOCH,
            },
            ExtendedS3DestinationConfiguration={**destination, **more},
        )
        self.names.append(name)
        return Stream(self, name, role)

    def restart(self, crash_at: str = "") -> psutil.Process:
        """The worker, ended if it runs and begun anew, told where to crash; its process."""
        part = local.delivery.part(self.laptop)
        self.supervisor.stop(part)
        part = replace(part, environment={**part.environment, crash.VARIABLE: crash_at})
        self.supervisor.spawn(part)
        return psutil.Process(self.supervisor.status(part).pid)

    def forget(self) -> None:
        """Delete the streams and the topics of the test that ends."""
        firehose = self.aws.client("firehose")
        with self.admin() as admin:
            there = set(admin.list_topics()) & set(self.names)
            if there:
                admin.delete_topics(list(there))
        while self.names:
            name = self.names.pop()
            with contextlib.suppress(firehose.exceptions.ResourceNotFoundException):
                firehose.delete_delivery_stream(DeliveryStreamName=name)

    def admin(self) -> Any:
        """The broker's own user."""
        return KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{self.laptop.ports.kafka_internal}")


@dataclass
class Stream:
    """One stream: its topic, bucket, role and own name are the same text."""

    pipeline: Pipeline
    name: str
    role: str

    def send(self, values: list[bytes], partition: int | None = None) -> None:
        """Write records to the topic and wait for them."""
        producer = KafkaProducer(
            bootstrap_servers=f"127.0.0.1:{self.pipeline.laptop.ports.kafka_internal}",
            acks="all",
            linger_ms=20,
        )
        for number, value in enumerate(values):
            to = number % 3 if partition is None else partition
            producer.send(self.name, value=value, partition=to)
        producer.flush(60)
        producer.close()

    def objects(self) -> list[str]:
        """The keys of the bucket."""
        pages = self.pipeline.aws.client("s3").get_paginator("list_objects_v2")
        return [
            one["Key"]
            for page in pages.paginate(Bucket=self.name)
            for one in page.get("Contents", [])
        ]

    def body(self, key: str) -> bytes:
        """One object as it is stored."""
        got = self.pipeline.aws.client("s3").get_object(Bucket=self.name, Key=key)
        return bytes(got["Body"].read())

    def lines(self) -> list[bytes]:
        """The records in the bucket, one a line."""
        return [
            line for key in self.objects() for line in gzip.decompress(self.body(key)).splitlines()
        ]

    def status(self) -> dict[str, Any]:
        """What the worker says of this stream; empty before it says anything."""
        said = status(self.pipeline.laptop)
        found: dict[str, Any] = (said or {"streams": {}})["streams"].get(self.name, {})
        return found


def cluster_policy(cluster_arn: str, service: str = SERVICE) -> str:
    """A policy that lets a service connect to the cluster."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "kafka:CreateVpcConnection",
        "Resource": cluster_arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="session")
def shared_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Started once; stopped with everything it started."""
    laptop = Laptop(
        state=tmp_path_factory.mktemp("delivery"), cache=settings.load().cache, ports=free_ports()
    )
    supervisor = Supervisor(laptop)
    broker.fetch(laptop, lambda text: None)
    emulator.fetch(laptop, lambda text: None)
    parts = [broker.part(laptop), emulator.part(laptop), local.delivery.part(laptop)]
    try:
        for part in parts:
            supervisor.spawn(part)
        for part in parts:
            supervisor.wait(part)
        found = Pipeline(Emulator(laptop))
        kafka = found.aws.client("kafka")
        found.cluster_arn = kafka.create_cluster(**CLUSTER)["ClusterArn"]
        kafka.put_cluster_policy(
            ClusterArn=found.cluster_arn, Policy=cluster_policy(found.cluster_arn)
        )
        yield found
    finally:
        for part in reversed(parts):
            supervisor.stop(part)


@pytest.fixture
def pipeline(shared_pipeline: Pipeline) -> Iterator[Pipeline]:
    """The pipeline without streams; what the test makes is deleted after it."""
    yield shared_pipeline
    shared_pipeline.forget()
