"""What a fault can be done to: a broker behind lines, rights, the producer, the delivery, S3."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from local import emulator, settings
from local.parts import Part
from local.ports import free_ports
from local.settings import REGION, Laptop
from local.supervisor import Supervisor
from tests.delivery.pipeline import CLUSTER, SERVICE, cluster_policy
from tests.emulator.conftest import Emulator, allow
from tests.faults import parts
from tests.faults.container import Container
from tests.faults.network import Line
from tests.faults.store import Store

TOPIC = "acme-telemetry"
BUCKET = "faults"
PARTITIONS = 3
READER = "reader"
LINES = ("client", "platform", "soak", "delivery", READER)
CLUSTER_RIGHTS = ("Connect", "WriteDataIdempotently")
TOPIC_RIGHTS = ("CreateTopic", "DescribeTopic", "WriteData")
LAMBDA = "lambda.amazonaws.com"


@dataclass
class World:
    """One broker, one emulator, one delivery worker, and lines between them and the clients."""

    laptop: Laptop
    lines: dict[str, Line]
    listeners: dict[str, tuple[int, int]]
    store: Store
    cluster_arn: str = ""
    reader: str = ""
    """The ARN of the delivery's role."""
    broker_pid: int = 0
    roles: dict[str, str] = field(default_factory=dict)
    containers: list[Container] = field(default_factory=list)
    stage: dict[str, Any] = field(default_factory=dict)
    """What rows leave to the next ones: warm containers and functions, by name."""

    def __post_init__(self) -> None:
        self.aws = Emulator(self.laptop)
        self.supervisor = Supervisor(self.laptop)
        self.log: Path = self.laptop.state / "logs" / "container.log"

    @property
    def internal_port(self) -> int:
        """The listener that knows no users."""
        return self.laptop.ports.kafka_internal

    @property
    def broker(self) -> Part:
        """The broker's process."""
        return parts.brokers(self.laptop, self.listeners)

    def worker(self, crash_at: str = "") -> Part:
        """The delivery's process."""
        return parts.worker(self.laptop, self.lines[READER].port, self.store.port, crash_at)

    def signal_broker(self, number: int) -> None:
        """Send the broker's process a signal."""
        os.kill(self.broker_pid, number)

    def kill_broker(self) -> None:
        """kill -9, and wait until it is gone."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.broker_pid)
            process.kill()
            process.wait(10)

    def start_broker(self) -> None:
        """Start it on the data that it left, and wait until it answers."""
        self.supervisor.start(self.broker)
        pid = self.supervisor.status(self.broker).pid
        assert pid is not None
        self.broker_pid = pid

    def worker_process(self) -> psutil.Process:
        """The delivery's process as it is now."""
        pid = self.supervisor.status(self.worker()).pid
        assert pid is not None
        return psutil.Process(pid)

    def grant(
        self,
        role: str,
        topic: str,
        cluster_rights: Sequence[str] = CLUSTER_RIGHTS,
        topic_rights: Sequence[str] = TOPIC_RIGHTS,
    ) -> None:
        """Let a role of the producer do this and no more; the broker may take CACHE_MS to see."""
        topic_arn = f"{self.cluster_arn.replace(':cluster/', ':topic/')}/{topic}"
        statements = [
            allow([f"kafka-cluster:{one}" for one in rights], arn)
            for rights, arn in ((cluster_rights, self.cluster_arn), (topic_rights, topic_arn))
            if rights
        ]
        if role not in self.roles:
            self.roles[role] = self.aws.role(role, LAMBDA, *statements)
            return
        self.aws.client("iam").put_role_policy(
            RoleName=role,
            PolicyName="policy",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )

    def settings(self, line: str, topic: str) -> dict[str, str]:
        """The producer's own variables."""
        return {
            "BOOTSTRAP_BROKERS": f"127.0.0.1:{self.lines[line].port}",
            "TOPIC": topic,
            "TOPIC_PARTITIONS": str(PARTITIONS),
            "METRIC_NAMESPACE": "AcmeTelemetry",
        }

    def container(self, role: str, line: str, topic: str) -> Container:
        """One container more, cold, with the keys of a role."""
        wanted = {"role_arn": self.roles[role], "service": LAMBDA}
        keys = self.aws.hook("role-credentials", wanted)
        made = Container(
            {
                **self.settings(line, topic),
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"],
                "AWS_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "true",
                "SSL_CERT_FILE": str(self.laptop.certificate_authority),
            },
            self.log,
        )
        self.containers.append(made)
        return made

    def function(self, name: str, role: str, line: str, topic: str, seconds: int) -> str:
        """The producer's real package, deployed as a function; its name."""
        from components.packaging import function_archive

        self.aws.client("lambda").create_function(
            FunctionName=name,
            Role=self.roles[role],
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Handler="handlers.msk_producer.handler.handle",
            Code={"ZipFile": function_archive("msk_producer", "host", "host").read_bytes()},
            Timeout=seconds,
            MemorySize=512,
            Environment={"Variables": self.settings(line, topic)},
        )
        return name

    def function_processes(self) -> list[psutil.Process]:
        """The processes in which the emulator runs functions now."""
        pid = self.supervisor.status(emulator.part(self.laptop)).pid
        return psutil.Process(pid).children(recursive=True)

    def admin(self) -> Any:
        """The broker's own user."""
        from kafka import KafkaAdminClient

        return KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{self.internal_port}")

    def make_topic(self, topic: str) -> None:
        """As the producer would."""
        with contextlib.closing(self.admin()) as admin:
            wanted = {"num_partitions": PARTITIONS, "replication_factor": 1}
            admin.create_topics({topic: wanted}, wait_for_metadata=True)

    def delete_topic(self, topic: str) -> None:
        """Delete it, and wait until the broker has."""
        with contextlib.closing(self.admin()) as admin:
            admin.delete_topics([topic])
            end = time.monotonic() + 10
            while topic in admin.list_topics() and time.monotonic() < end:
                time.sleep(0.05)

    def deliver(self, topic: str) -> None:
        """Make a delivery stream for a topic."""
        wanted = parts.stream(self.cluster_arn, topic, self.reader, BUCKET)
        self.aws.client("firehose").create_delivery_stream(**wanted)

    def set_up(self) -> None:
        """The cluster, the bucket, the delivery's role, the topic that most rows use."""
        kafka = self.aws.client("kafka")
        arn = self.cluster_arn = kafka.create_cluster(**CLUSTER)["ClusterArn"]
        kafka.put_cluster_policy(ClusterArn=arn, Policy=cluster_policy(arn))
        self.aws.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        read = ("DescribeTopic", "DescribeTopicDynamicConfiguration", "ReadData")
        self.reader = self.aws.role(
            "reader",
            SERVICE,
            allow("kafka-cluster:Connect", arn),
            allow(
                [f"kafka-cluster:{one}" for one in read],
                f"{arn.replace(':cluster/', ':topic/')}/*",
            ),
            allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"),
        )
        self.make_topic(TOPIC)
        self.deliver(TOPIC)


@contextlib.contextmanager
def made(state: Path) -> Iterator[World]:
    """A world of its own under `state`, gone afterwards."""
    laptop = Laptop(state=state, cache=settings.load().cache, ports=free_ports())
    emulator.fetch(laptop, print)
    with contextlib.ExitStack() as stack:
        spare = vars(free_ports()).values()
        lines = {
            name: stack.enter_context(Line(port)) for name, port in zip(LINES, spare, strict=False)
        }
        listeners = {name.upper(): (line.target, line.port) for name, line in lines.items()}
        store = stack.enter_context(Store(laptop.ports.emulator))
        world = World(laptop, lines, listeners, store)
        wanted = [world.broker, emulator.part(laptop), world.worker()]
        for part in wanted:
            stack.callback(world.supervisor.stop, part)
        for part in wanted:
            world.supervisor.spawn(part)
        for part in wanted:
            world.supervisor.wait(part)
        world.start_broker()
        world.set_up()
        try:
            yield world
        finally:
            for one in world.containers:
                one.kill()
