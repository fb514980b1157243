"""A real emulator, broker and delivery worker, with streams of their own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import local.delivery
from local import emulator, settings
from local.delivery import account, delivery, source, worker
from local.delivery.worker import Worker
from local.kafka import broker
from local.ports import free_ports
from local.settings import Laptop
from local.supervisor import Supervisor
from tests.delivery.memory import Memory, in_memory
from tests.delivery.pipeline import CLUSTER, Pipeline, cluster_policy
from tests.emulator.conftest import Emulator


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


@pytest.fixture(scope="module")
def impatient(shared_pipeline: Pipeline) -> Iterator[None]:
    """No worker but those of this process, with short pauses."""
    shared_pipeline.supervisor.stop(local.delivery.part(shared_pipeline.laptop))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delivery, "BACKOFF_SECONDS", (0.2,))
        patched.setattr(delivery, "SOUND_SECONDS", 1.0)
        patched.setattr(source, "LOOK_SECONDS", 0.5)
        patched.setitem(source.CLIENT, "bootstrap_timeout_ms", 3_000)
        patched.setitem(source.CLIENT, "metadata_max_age_ms", 1_000)
        patched.setattr(worker, "STATUS_SECONDS", 0.1)
        patched.setattr(worker, "LIST_SECONDS", 0.3)
        patched.setattr(worker, "METRICS_SECONDS", 0.5)
        yield


@pytest.fixture(scope="module")
def here(shared_pipeline: Pipeline, impatient: None) -> Iterator[Worker]:
    """A worker in this process, for the tests of a module."""
    with shared_pipeline.worker_here() as one:
        yield one


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The way to S3: fails with `error` before, or with `after` once the object is stored."""
    fault: dict[str, Any] = {"error": None, "after": None}
    real = account.Bucket.put

    def put(self: account.Bucket, key: str, body: bytes, metadata: dict[str, str]) -> None:
        if fault["error"] is not None:
            raise fault["error"]
        real(self, key, body, metadata)
        if fault["after"] is not None:
            raise fault["after"]

    monkeypatch.setattr(account.Bucket, "put", put)
    return fault


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A topic and a bucket without a broker or an emulator."""
    return in_memory(monkeypatch)
