"""The stack's life: a second `up`, a changed setting, parts killed, an end that leaves nothing.

Marked `last`: it takes the stack apart.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from local import operations, stack
from local.engine import Engine
from local.settings import REPO
from tests.conftest import LaptopStack

pytestmark = [pytest.mark.stack, pytest.mark.last]


def test_a_second_up_changes_nothing(laptop_stack: LaptopStack) -> None:
    changes = laptop_stack.engine.up().changes
    assert set(changes) == {"same"}


def test_one_changed_setting_updates_one_thing(laptop_stack: LaptopStack, tmp_path: Path) -> None:
    committed = (REPO / "Pulumi.local.yaml").read_text()
    changed = tmp_path / "Pulumi.local.yaml"
    changed.write_text(committed + '  acme-telemetry:queryBytesCutoffMb: "123"\n')
    try:
        changes = Engine(laptop_stack.laptop, stack_file=changed).up().changes
        assert changes.get("update") == 1
        assert set(changes) == {"same", "update"}
        group = laptop_stack.client("athena").get_work_group(
            WorkGroup=laptop_stack.outputs["workgroup"]
        )["WorkGroup"]
        assert group["Configuration"]["BytesScannedCutoffPerQuery"] == 123 * 1024**2
    finally:
        laptop_stack.engine.up()


@pytest.mark.parametrize("name", ["kafka", "emulator", "trino", "provider", "delivery"])
def test_a_killed_part_comes_back(laptop_stack: LaptopStack, name: str) -> None:
    """kill -9, then what `make up` does: everything answers and an event goes through again."""
    supervisor = laptop_stack.supervisor
    part = next(one for one in stack.parts(laptop_stack.laptop) if one.name == name)
    pid = supervisor.status(part).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    lines: list[str] = []
    stack.start(laptop_stack.laptop, supervisor, lines.append)
    assert [line for line in lines if line.startswith(name)], lines
    stack.deploy(laptop_stack.laptop, lines.append)
    reply = operations.generate(
        laptop_stack.laptop, laptop_stack.outputs, {"test": True, "batch_size": 10}
    )
    assert (reply["acked"], reply["unresolved"]) == (10, 0)


def leftovers(laptop_stack: LaptopStack) -> dict[str, list[Any]]:
    """What an account would still be billed for or hold names of."""
    client = laptop_stack.client
    return {
        "buckets": client("s3").list_buckets()["Buckets"],
        "functions": client("lambda").list_functions()["Functions"],
        "roles": client("iam").list_roles()["Roles"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "clusters": client("kafka").list_clusters()["ClusterInfoList"],
        "streams": client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "crawlers": client("glue").get_crawlers()["Crawlers"],
        "databases": client("glue").get_databases()["DatabaseList"],
        "schedules": client("scheduler").list_schedules()["Schedules"],
        "log groups": client("logs").describe_log_groups()["logGroups"],
    }


def test_destroy_leaves_nothing(laptop_stack: LaptopStack) -> None:
    laptop_stack.engine.destroy()
    assert {kind: found for kind, found in leftovers(laptop_stack).items() if found} == {}
