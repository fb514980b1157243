"""A right taken from a role: the error that names it is where a user looks; granting it heals.

A few rights of each role, on the running stack; which statement a role has is tests/components'.
"""

from __future__ import annotations

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis import delivered
from local import operations
from local.delivery.part import status as delivery_status
from tests.conftest import LaptopStack
from tests.stack.test_end_to_end import wait_for_delivery

pytestmark = pytest.mark.stack

EVENTS = 10


@contextlib.contextmanager
def without(stack: LaptopStack, role: str, action: str) -> Iterator[None]:
    """The role without one action, in whatever statement; given back at the end."""
    iam = stack.client("iam")
    name = stack.outputs["role_arns"][role].rpartition("/")[2]
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    granted = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    kept = json.loads(json.dumps(granted))
    for statement in kept["Statement"]:
        if statement["Effect"] == "Allow":
            statement["Action"] = [one for one in statement["Action"] if one != action]
    kept["Statement"] = [one for one in kept["Statement"] if one["Action"]]
    assert kept != granted, f"{name} has no right to {action}"
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(kept))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(granted))


def generate(stack: LaptopStack) -> dict[str, Any]:
    return operations.generate(stack.laptop, stack.outputs, {"test": True, "batch_size": EVENTS})


@pytest.mark.parametrize(
    ("role", "action", "said"),
    [
        ("generator", "lambda:InvokeFunction", r"E_RUN_UNRESOLVED.*\(E_CALL_DENIED\).*-Producer"),
        ("generator", "s3:PutObject", "E_S3_DENIED: .*ledger/.*not written"),
        ("generator", "s3:ListBucket", "E_S3_DENIED: .*ledger/.*not listed"),
        ("generator", "s3:GetObject", r"E_S3_DENIED: .*cache/reference-data\.json is not read"),
    ],
)
def test_a_run_names_the_right_that_is_missing(
    laptop_stack: LaptopStack, role: str, action: str, said: str
) -> None:
    generate(laptop_stack)  # the reference data are there
    with (
        without(laptop_stack, role, action),
        pytest.raises(operations.OperationError, match=said),
    ):
        generate(laptop_stack)
    assert generate(laptop_stack)["acked"] == EVENTS


def test_a_broker_that_denies_a_record_is_named(laptop_stack: LaptopStack) -> None:
    """The broker remembers what it has allowed for some seconds."""

    def denied() -> bool:
        try:
            generate(laptop_stack)
        except operations.OperationError as error:
            return "E_KAFKA_DENIED: the broker denies kafka-cluster:WriteData" in str(error)
        return False

    with without(laptop_stack, "producer", "kafka-cluster:WriteData"):
        operations.wait_until(denied, 20, "nobody says that kafka-cluster:WriteData is missing")

    def heals() -> bool:
        with contextlib.suppress(operations.OperationError):
            return bool(generate(laptop_stack)["acked"] == EVENTS)
        return False

    operations.wait_until(heals, 30, "the producer does not recover")
    assert heals()


def test_the_data_loader_names_the_right_that_is_missing(laptop_stack: LaptopStack) -> None:
    """One load at the end shows that all healed: a load takes seconds, a denial does not."""
    for action, said in (
        ("athena:StartQueryExecution", "E_ATHENA_DENIED: .*athena:StartQueryExecution"),
        ("glue:GetTables", "E_GLUE_DENIED: .*glue:GetTables"),
        ("glue:GetTable", "E_QUERY_FAILED: .*glue:GetTable"),
        ("s3:GetObject", "E_QUERY_FAILED: .*s3:GetObject"),
    ):
        with (
            without(laptop_stack, "data_loader", action),
            pytest.raises(operations.OperationError, match=said),
        ):
            operations.load_reference(laptop_stack.laptop, laptop_stack.outputs)
    assert operations.load_reference(laptop_stack.laptop, laptop_stack.outputs)["version"]


@pytest.mark.parametrize("action", ["glue:GetPartitions", "s3:ListBucket"])
def test_a_crawl_names_the_right_that_is_missing(laptop_stack: LaptopStack, action: str) -> None:
    with (
        without(laptop_stack, "glue_crawler", action),
        pytest.raises(operations.OperationError, match=f"E_CRAWL: .*FAILED.*{action}"),
    ):
        operations.crawl(laptop_stack.laptop, laptop_stack.outputs)
    last = operations.crawl(laptop_stack.laptop, laptop_stack.outputs)
    assert last["Status"] == "SUCCEEDED"


def test_a_delivery_that_is_denied_says_so_and_loses_nothing(laptop_stack: LaptopStack) -> None:
    def error() -> str:
        found = delivery_status(laptop_stack.laptop) or {"streams": {}}
        stream = found["streams"].get(laptop_stack.outputs["delivery_stream"], {})
        return stream.get("error") or ""

    with without(laptop_stack, "firehose", "kafka-cluster:ReadData"):
        run = generate(laptop_stack)
        operations.wait_until(lambda: "E_TOPIC_DENIED" in error(), 30, "nobody says it is denied")
    wait_for_delivery(laptop_stack)
    now = datetime.now(UTC)
    s3, bucket = laptop_stack.client("s3"), laptop_stack.outputs["data_bucket"]
    found = delivered.count(s3, bucket, now - timedelta(hours=1), now)
    assert found.lines[run["run_id"]] == EVENTS


def test_a_schedule_that_is_denied_says_so_and_keeps_the_call(laptop_stack: LaptopStack) -> None:
    scheduler, sqs = laptop_stack.client("scheduler"), laptop_stack.client("sqs")
    (made,) = scheduler.list_schedules()["Schedules"]
    group = made["GroupName"]
    target = scheduler.get_schedule(Name=made["Name"], GroupName=group)["Target"]
    (queue,) = [url for url in sqs.list_queues()["QueueUrls"] if "GeneratorSchedule" in url]
    sqs.purge_queue(QueueUrl=queue)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    with without(laptop_stack, "scheduler", "lambda:InvokeFunction"):
        scheduler.create_schedule(
            Name="denied",
            GroupName=group,
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
        try:
            operations.wait_until(
                lambda: "lambda:InvokeFunction" in last_error(laptop_stack, f"{group}/denied"),
                15,
                "the schedule does not say why it cannot call",
            )
        finally:
            scheduler.delete_schedule(Name="denied", GroupName=group)
    kept: list[dict[str, Any]] = []

    def arrived() -> bool:
        kept.extend(
            sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"]).get("Messages", [])
        )
        return bool(kept)

    operations.wait_until(arrived, 10, "the call is not in the dead-letter queue")
    (message,) = kept
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDeniedException"
    assert json.loads(message["Body"])["scheduled_at"] == f"{soon:%Y-%m-%dT%H:%M:%SZ}"


def last_error(stack: LaptopStack, schedule: str) -> str:
    with urllib.request.urlopen(f"{stack.laptop.endpoint}/_laptop/schedules", timeout=5) as reply:
        found = json.load(reply).get(schedule, {})
    return found.get("last_error") or ""
