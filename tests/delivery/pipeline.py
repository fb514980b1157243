"""What tests of the delivery do to a pipeline: streams, their records, objects and rights."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import psutil
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

import local.delivery
from local.delivery import crash
from local.delivery.checkpoint import Checkpoint
from local.delivery.part import status
from local.delivery.stream import Stream as Described
from local.delivery.worker import Worker
from local.settings import Laptop
from local.supervisor import Supervisor
from tests.conftest import wait_for
from tests.emulator.conftest import Emulator, allow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SERVICE = "firehose.amazonaws.com"
API_IAM = {"Sasl": {"Iam": {"Enabled": True}}}
NEWLINE = {"ParameterName": "Delimiter", "ParameterValue": "\\n"}
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

    def stream(
        self,
        seconds: int = 0,
        megabytes: int = 1,
        without: str = "",
        before: Sequence[tuple[bytes, int | None]] = (),
        source: dict[str, Any] | None = None,
        **more: Any,
    ) -> Stream:
        """A topic with three partitions, a bucket, a role and a delivery stream between them.

        The role lacks the action `without`; `before`, values with their times, is sent first;
        `source` and `more` change what the stream is told of its source and destination.
        """
        name = f"test-{uuid.uuid4().hex[:8]}"
        self.bucket(name)
        group = f"/firehose/{name}"
        logs = self.aws.client("logs")
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="errors")
        with self.admin() as admin:
            admin.create_topics([NewTopic(name=name, num_partitions=3, replication_factor=1)])
        topic = f"{self.cluster_arn.replace(':cluster/', ':topic/')}/{name}"
        statements = [
            allow(["kafka-cluster:Connect"], self.cluster_arn),
            allow(
                [
                    "kafka-cluster:DescribeTopic",
                    "kafka-cluster:DescribeTopicDynamicConfiguration",
                    "kafka-cluster:ReadData",
                ],
                topic,
            ),
            allow(["s3:PutObject"], [f"arn:aws:s3:::{name}/{one}/*" for one in ("in", "bad")]),
            allow(["logs:PutLogEvents"], f"arn:aws:logs:*:*:log-group:/firehose/{name}:*"),
        ]
        role = self.aws.role(name, SERVICE, *statements)
        destination: dict[str, Any] = {
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{name}",
            "Prefix": "in/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
            "hour=!{timestamp:HH}/",
            "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/year=!{timestamp:yyyy}/",
            "FileExtension": ".json.gz",
            "CloudWatchLoggingOptions": {
                "Enabled": True,
                "LogGroupName": group,
                "LogStreamName": "errors",
            },
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": megabytes, "IntervalInSeconds": seconds},
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": [NEWLINE]}],
            },
        }
        from_topic = {
            "MSKClusterARN": self.cluster_arn,
            "TopicName": name,
            "AuthenticationConfiguration": {"RoleARN": role, "Connectivity": "PRIVATE"},
            "ReadFromTimestamp": EPOCH,
            **(source or {}),
        }
        made = Stream(self, name, role, statements)
        self.names.append(name)
        if without:
            made.rights(without)
        for value, timestamp_ms in before:
            made.send([value] * 3, timestamp_ms=timestamp_ms)
        self.aws.client("firehose").create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="MSKAsSource",
            MSKSourceConfiguration={one: it for one, it in from_topic.items() if it is not None},
            ExtendedS3DestinationConfiguration={**destination, **more},
        )
        return made

    def bucket(self, name: str) -> None:
        """Make a bucket."""
        self.aws.client("s3").create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )

    @contextlib.contextmanager
    def worker_here(self, laptop: Laptop | None = None) -> Iterator[Worker]:
        """A worker in this process, for tests that reach into it; the part is to be stopped."""
        worker = Worker(laptop or self.laptop, crash.Crash())
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            yield worker
        finally:
            worker.stop()
            thread.join(15)
            assert not thread.is_alive()

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
    statements: list[dict[str, Any]]

    def send(
        self,
        values: Sequence[bytes | None],
        partition: int | None = None,
        timestamp_ms: int | None = None,
        **writer: Any,
    ) -> None:
        """Write records to the topic, in turn to its partitions, and wait for them."""
        producer = KafkaProducer(
            bootstrap_servers=f"127.0.0.1:{self.pipeline.laptop.ports.kafka_internal}",
            acks="all",
            linger_ms=20,
            **writer,
        )
        for number, value in enumerate(values):
            to = number % 3 if partition is None else partition
            key = b"key" if value is None else None
            producer.send(self.name, value, key, partition=to, timestamp_ms=timestamp_ms)
        producer.flush(60)
        producer.close()

    def rights(self, *without: str) -> None:
        """Give the role its rights, without some actions."""
        left = [
            {**one, "Action": [action for action in one["Action"] if action not in without]}
            for one in self.statements
        ]
        document = {"Version": "2012-10-17", "Statement": [one for one in left if one["Action"]]}
        self.pipeline.aws.client("iam").put_role_policy(
            RoleName=self.name, PolicyName="policy", PolicyDocument=json.dumps(document)
        )

    def expect_failing(self, code: str) -> str:
        """The error, once the stream has it."""
        wait_for(lambda: (self.status().get("error") or "").startswith(f"{code}: "), 30)
        error = str(self.status()["error"])
        assert "; fix: " in error and "\n" not in error and len(error) <= 400
        return error

    def expect_healed(self, sent: list[bytes], copies: int = 1) -> None:
        """Wait until all is stored and the stream says so; each record has 1 to `copies` lines."""
        wait_for(lambda: len(set(self.lines())) >= len(sent), 40)
        wait_for(lambda: self.status().get("lag") == 0 and self.status()["error"] is None, 20)
        found = Counter(self.lines())
        assert found.keys() == set(sent) and max(found.values()) <= copies

    def noted(self) -> dict[int, int]:
        """The offsets that the stream has noted."""
        firehose = self.pipeline.aws.client("firehose")
        described = firehose.describe_delivery_stream(DeliveryStreamName=self.name)
        told = Described.read(described["DeliveryStreamDescription"])
        assert told is not None
        checkpoint = Checkpoint(self.pipeline.laptop, told)
        try:
            return {n: one.offset for n, one in checkpoint.read(checkpoint.look()).items()}
        finally:
            checkpoint.close()

    def logged(self) -> list[dict[str, Any]]:
        """What the stream's log group holds, in the order it came."""
        events = self.pipeline.aws.client("logs").get_log_events(
            logGroupName=f"/firehose/{self.name}", logStreamName="errors", startFromHead=True
        )["events"]
        return [json.loads(one["message"]) for one in events]

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
        return dict(said["streams"].get(self.name, {})) if said else {}


def cluster_policy(cluster_arn: str) -> str:
    """A policy that lets Firehose connect to the cluster."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "kafka:CreateVpcConnection",
        "Resource": cluster_arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def events(count: int, start: int = 0) -> list[bytes]:
    """Records that differ."""
    return [b'{"n": %d}' % number for number in range(start, start + count)]
